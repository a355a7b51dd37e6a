"""What the desk and other software may call about reports. Every method checks permission first, is typed, and only reads: from the
database's replica, where one is configured.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe
from frappe import _

from b2b_contracts.reporting import exporting, workbook


@frappe.whitelist()
@frappe.read_only()
def export(report_name: str, filters: str | dict | None = None, labels: str | dict | None = None) -> None:
	"""Answer with one of our reports as a workbook (XLSX): what the session user sees of it with these filters. `labels` are the words
	of the filters by field name, which the workbook repeats. Who may see the report may take it along."""
	name, file = exporting.export(report_name, _object(filters, "filters"), _object(labels, "labels"))
	with file:
		frappe.response["filecontent"] = file.read()
	frappe.response["filename"] = name
	frappe.response["type"] = "binary"
	frappe.response["content_type"] = workbook.MIME


def _object(value: str | dict | None, name: str) -> dict:
	found = frappe.parse_json(value) if value else {}
	if not isinstance(found, dict):
		frappe.throw(_("{0} has to be a JSON object.").format(name), title=_("Filter"))
	return found
