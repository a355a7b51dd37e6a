"""What the standard law says of claims in court, on sites whose jurisdictions were made before it did. Rows that are there stay."""

import frappe

from b2b_contracts.engine.dunning_law import LIMITATION_JUDGMENT, LIMITATION_NO_JUDGMENT
from b2b_contracts.standard_law import JURISDICTIONS

RULES = (LIMITATION_JUDGMENT, LIMITATION_NO_JUDGMENT)


def execute():
	for standard in JURISDICTIONS:
		name = standard["jurisdiction_name"]
		if not frappe.db.exists("Dunning Jurisdiction", name):
			continue
		doc = frappe.get_doc("Dunning Jurisdiction", name)
		there = {row.rule for row in doc.rules}
		new = [row for row in standard["rules"] if row["rule"] in RULES and row["rule"] not in there]
		if new:
			doc.extend("rules", new)
			doc.flags.ignore_permissions = True
			doc.save()
