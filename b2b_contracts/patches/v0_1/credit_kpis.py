"""The key figures, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_credit_kpis()
