"""Call scripts of the collections worklist, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_call_scripts()
