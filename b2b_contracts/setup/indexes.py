"""Our indexes on ERPNext's tables: open items, open orders and unbilled deliveries of one customer.

They are composite on purpose: Frappe drops a single-column index at its next schema sync.
"""

import frappe

# (doctype, index name, columns)
INDEXES = (
	("Delivery Note", "b2b_unbilled", ("customer", "company", "docstatus", "per_billed")),
	("Payment Ledger Entry", "b2b_party_open", ("party", "company", "delinked", "against_voucher_type")),
	(
		"Sales Invoice",
		"b2b_open_items",
		("customer", "company", "docstatus", "outstanding_amount", "due_date"),
	),
	("Sales Order", "b2b_open_orders", ("customer", "company", "docstatus", "status")),
)


def create() -> None:
	"""Make the indexes that are missing."""
	for doctype, name, columns in INDEXES:
		frappe.db.add_index(doctype, list(columns), name)


def remove() -> None:
	"""Drop our indexes."""
	for doctype, name, _columns in INDEXES:
		if frappe.db.has_index(f"tab{doctype}", name):
			# Both names are our own constants; DDL takes no parameters.
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP INDEX `{name}`")  # nosemgrep
