"""Decisions of the Board by link: the mail that brings it."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
