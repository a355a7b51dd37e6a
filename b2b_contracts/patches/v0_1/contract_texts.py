"""Clauses and contract templates, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_contract_texts()
