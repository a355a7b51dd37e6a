"""Which contracts the session user may see, as a part of a query: whatever is counted, grouped or searched is cut down to them
before anything is left out for length."""

import frappe
from pypika.terms import ContainsCriterion, LiteralValue, Term

from b2b_contracts.permissions import CONTRACT


def among(field: Term, filters: list | dict | None = None) -> ContainsCriterion:
	"""Return the criterion that a field names a contract that the session user may see and that meets `filters`, which are
	Frappe's and may be about rows of its tables. Raises `PermissionError` for who may read none at all."""
	# `get_list` knows roles, portfolios, User Permissions and what was shared.
	query = frappe.get_list(
		CONTRACT,
		filters=filters,
		fields=["name"],
		order_by=None,
		limit_page_length=0,
		distinct=True,
		run=False,
	)
	# The query that this becomes a part of has its own parameters filled in.
	return ContainsCriterion(field, LiteralValue("({})".format(query.replace("%", "%%"))))


def loaded(names: list[str]) -> list:
	"""Return contracts with all their rows, in the order of their names given, by as many queries for many as for one. Whoever
	calls has asked who may see them."""
	if not names:
		return []
	found = {
		row.name: {**row, "doctype": CONTRACT}
		for row in frappe.get_all(CONTRACT, filters={"name": ["in", names]}, fields=["*"])
	}
	for table in frappe.get_meta(CONTRACT).get_table_fields():
		rows = frappe.get_all(
			table.options,
			filters={"parenttype": CONTRACT, "parentfield": table.fieldname, "parent": ["in", names]},
			fields=["*"],
			order_by="parent, idx",
		)
		for row in rows:
			found[row.parent].setdefault(table.fieldname, []).append({**row, "doctype": table.options})
	return [frappe.get_doc(found[name]) for name in names if name in found]
