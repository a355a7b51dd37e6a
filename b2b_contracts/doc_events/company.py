"""Company: the gate for customers without profile follows a rename; what is agreed about paying late is lawful."""

import frappe

from b2b_contracts.collections import jurisdictions
from b2b_contracts.credit import gates


def validate(doc, method=None):
	jurisdictions.check_late_terms(doc)


def on_update(doc, method=None):
	jurisdictions.forget()


def after_rename(doc, method, old, new, merge=False):
	if not merge and frappe.db.exists("Credit Gate", gates.name_of(gates.COMPANY, old)):
		gates.rename(gates.COMPANY, old, new)
