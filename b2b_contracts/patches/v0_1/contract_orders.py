"""What contract managers may read of orders, and the pricing rules of contracts that were signed before orders followed them."""

import frappe

from b2b_contracts.contracts import pricing
from b2b_contracts.setup import core_permissions, custom_fields


def execute():
	# The fields on pricing rules come with the migration's end else, which is after this.
	custom_fields.create()
	core_permissions.create()
	last = ""
	while names := frappe.get_all(
		"B2B Contract",
		filters={"docstatus": 1, "name": [">", last]},
		pluck="name",
		order_by="name",
		limit=500,
	):
		for name in names:
			pricing.follow(name)
		last = names[-1]
