"""The jurisdictions that reminders are judged by, and their reference rates, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_dunning_law()
