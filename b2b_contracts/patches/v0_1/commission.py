"""The standard plan of commission, on sites of before there was any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_commission_plan()
