"""Credit: the use cases. Each loads facts, asks the engine, and writes documents; nothing here decides by itself."""
