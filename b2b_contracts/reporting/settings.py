"""What the reports take for granted where their filters say nothing (Report Settings)."""

import frappe

SETTINGS = "Report Settings"


def value(fieldname: str):
	"""Return a setting; its default where nobody has saved one since the field is there."""
	stored = frappe.get_cached_doc(SETTINGS).get(fieldname)
	if stored not in (None, ""):
		return stored
	field = frappe.get_meta(SETTINGS).get_field(fieldname)
	return frappe.utils.cast(field.fieldtype, field.default)
