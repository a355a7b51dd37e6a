"""The rules, and nothing else.

Pure functions over frozen dataclasses: no frappe, no database, no clock, no global state. Money is
`Decimal` in one currency per call, dates are arguments, and every module imports the standard library
only (checked by import-linter and by `tests/test_engine_isolation.py`).
"""
