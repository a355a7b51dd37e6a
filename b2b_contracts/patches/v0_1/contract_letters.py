"""The mails with signed copies of contracts, and about letters of which nothing shows that they left."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
