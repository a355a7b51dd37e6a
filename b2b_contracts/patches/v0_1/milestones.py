"""Milestone plans: the template that they start with, on a site that was installed before there were any."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_milestone_template()
