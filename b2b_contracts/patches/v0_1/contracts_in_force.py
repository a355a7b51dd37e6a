"""When contracts are in force, and what they amend, on sites of before amendments took effect by themselves."""

import json

import frappe

from b2b_contracts.contracts import amendments, in_force
from b2b_contracts.contracts.facts import CONTRACT

BATCH = 1000


def execute():
	_place_amendments()
	_store_days()


def _place_amendments() -> None:
	"""The older they are the sooner, so that what is amended has its own place already."""
	rows = frappe.get_all(
		CONTRACT,
		filters={"parent_contract": ["is", "set"], "original_contract": ["is", "not set"]},
		fields=["name", "parent_contract", "start_date"],
		order_by="creation",
	)
	for row in rows:
		parent = frappe.get_doc(CONTRACT, row.parent_contract)
		original = parent.original_contract or parent.name
		values = {
			"original_contract": original,
			"amendment_number": amendments.next_number(original),
			"effective_from": row.start_date,
			"inherited_values": json.dumps(amendments.values_of(parent), default=str),
		}
		frappe.db.set_value(CONTRACT, row.name, values, update_modified=False)


def _store_days() -> None:
	last = ""
	while rows := frappe.get_all(
		CONTRACT,
		filters={"docstatus": in_force.SIGNED, "name": [">", last], "original_contract": ["is", "not set"]},
		fields=list(in_force.FIELDS),
		order_by="name",
		limit=BATCH,
	):
		amending = frappe.get_all(
			CONTRACT,
			filters={
				"original_contract": ["in", [row.name for row in rows]],
				"docstatus": in_force.SIGNED,
			},
			fields=list(in_force.FIELDS),
		)
		for row in rows:
			chain = [row, *(other for other in amending if other.original_contract == row.name)]
			for name, days in in_force.days_of(chain).items():
				frappe.db.set_value(CONTRACT, name, days, update_modified=False)
		last = rows[-1].name
