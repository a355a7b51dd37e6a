"""Sanctions lists: the empty list of embargoed countries, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_sanctions_list()
