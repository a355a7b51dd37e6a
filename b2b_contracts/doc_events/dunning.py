"""Dunning: asks for nothing that is disputed, planned, promised or on its way, and for nothing of an insolvent customer."""

from b2b_contracts.collections import chasing, dunning_charges


def before_validate(doc, method=None):
	chasing.bring_in_step(doc)


def validate(doc, method=None):
	dunning_charges.keep_interest(doc)
