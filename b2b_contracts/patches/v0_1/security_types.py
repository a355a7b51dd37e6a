"""Security types as data: a site of before gets the standard ones, under the names that its securities have."""

from b2b_contracts.setup import defaults


def execute():
	defaults.create_security_types()
