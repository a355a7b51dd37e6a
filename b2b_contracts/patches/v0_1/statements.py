"""Statements of account, balances to confirm and claims about to expire: the mails that bring them."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
