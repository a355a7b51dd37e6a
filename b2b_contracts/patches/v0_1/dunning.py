"""Dunning templates and flows, on sites of before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_dunning()
