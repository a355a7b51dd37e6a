"""Communication: a mail that came in may say that a notice could not be delivered."""

from b2b_contracts.collections import dunning_channels


def after_insert(doc, method=None):
	dunning_channels.take_bounce(doc)
