"""The mail with which an invoice is sent, and in it the link by which the customer may dispute it."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
