"""Contracts that were there before the search was get their words."""

from b2b_contracts.contracts import search_texts


def execute():
	search_texts.keep_all()
