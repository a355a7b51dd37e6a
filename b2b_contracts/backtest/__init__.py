"""Replays a credit policy over a book of past trade: what would it have done to us? (`docs/backtest.md`)

Runs without a site: the standard library, openpyxl and the engine that decides live orders, nothing of Frappe
(checked by import-linter). `b2b_contracts.backtest.command` is the command `b2b-contracts`.
"""
