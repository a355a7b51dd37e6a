"""The same examples on every run, as for the engine."""

from tests.engine import conftest  # noqa: F401 - loads hypothesis' profile
