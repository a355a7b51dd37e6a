"""Differences between Frappe and ERPNext 15 and 16. The only module that may look at what is there."""

import frappe


def has_overdue_billing_threshold() -> bool:
	"""Whether ERPNext blocks invoices of overdue customers by itself (added in 2026)."""
	return frappe.get_meta("Customer Credit Limit").has_field("overdue_billing_threshold")
