"""The mails that came later: customers put on hold by hand, and what customers read in Danish, Norwegian and Swedish."""

from b2b_contracts.setup import texts


def execute():
	texts.create()
