"""Collections: what is disputed, promised and paid by a plan. Use cases; they read facts, call the engine, write documents."""
