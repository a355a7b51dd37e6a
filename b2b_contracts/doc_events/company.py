"""Company: the gate for customers without profile follows a rename."""

import frappe

from b2b_contracts.credit import gates


def after_rename(doc, method, old, new, merge=False):
	if not merge and frappe.db.exists("Credit Gate", gates.name_of(gates.COMPANY, old)):
		gates.rename(gates.COMPANY, old, new)
