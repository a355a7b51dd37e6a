"""What the agreement to a payment plan says beside the plan itself: who its parties are, and what secures it."""

import frappe
from frappe import _
from frappe.contacts.doctype.address.address import get_address_display, get_default_address


def printed(plan) -> dict:
	"""Return for the print of a plan `{creditor, debtor: {name, tax_id, address}, invoiced_on: {invoice: date}, security}`.

	`address` is HTML by the site's address templates; `security` is empty without one.
	"""
	names = [row.sales_invoice for row in plan.invoices]
	dates = frappe.get_all(
		"Sales Invoice", filters={"name": ["in", names]}, fields=["name", "posting_date"], as_list=True
	)
	return {
		"creditor": party("Company", plan.company, plan.company),
		"debtor": party("Customer", plan.customer, plan.customer_name or plan.customer),
		"invoiced_on": dict(dates),
		"security": _security(plan.security),
	}


def party(doctype: str, name: str, shown: str) -> dict:
	"""Return who somebody is on paper: `{name, tax_id, address}`, the address as HTML by the site's templates."""
	# Whoever may print the plan may see who its parties are.
	address = get_default_address(doctype, name)
	display = get_address_display(frappe.get_doc("Address", address).as_dict()) if address else ""
	return {
		"name": shown,
		"tax_id": frappe.db.get_value(doctype, name, "tax_id") or "",
		"address": display or "",
	}


def _security(name: str | None) -> str:
	if not name:
		return ""
	security = frappe.get_doc("Security Instrument", name)
	kind = _(security.instrument_type, context="Security Instrument")
	return f"{kind}, {security.get_formatted('amount')}"
