"""The mails that remind of securities which expire."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
