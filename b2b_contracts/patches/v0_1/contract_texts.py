"""Clauses and contract templates, on sites of before there were any; the types that were made then send a deviation from a
must-clause to whom the new ones do."""

import frappe

from b2b_contracts.setup import defaults

ROW = "Contract Type Approval"
DIRECTOR, MUST = "Finance Director", "Must"


def execute():
	defaults.create_contract_texts()
	asked = set(frappe.get_all(ROW, filters={"on_deviation": ["is", "set"]}, pluck="parent"))
	for row in frappe.get_all(
		ROW,
		filters={"role": DIRECTOR},
		fields=["name", "parent", "over_value", "over_months"],
		order_by="idx",
	):
		# A row that asks for nothing is for all contracts: it stays so.
		if row.parent not in asked and (row.over_value or row.over_months):
			frappe.db.set_value(ROW, row.name, "on_deviation", MUST)
			asked.add(row.parent)
