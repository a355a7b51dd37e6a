"""What collectors may read of ERPNext's documents, on sites of before they were given it."""

from b2b_contracts.setup import core_permissions


def execute():
	core_permissions.create()
