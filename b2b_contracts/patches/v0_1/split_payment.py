"""The standard flow for medium risk offers to pay in instalments, on sites of before it could; who has changed its texts decides."""

import frappe

from b2b_contracts.standard_dunning import MEDIUM_EMAIL, MEDIUM_FLOW, MEDIUM_LETTER


def execute():
	step = {
		"parent": MEDIUM_FLOW,
		"parenttype": "Dunning Flow",
		"template": ["in", (MEDIUM_EMAIL, MEDIUM_LETTER)],
	}
	for name in frappe.get_all("Dunning Flow Step", step, pluck="name"):
		frappe.db.set_value("Dunning Flow Step", name, "offers_split", 1, update_modified=False)
