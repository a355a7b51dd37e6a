"""What the desk and other software may call about reports. Every method checks permission first, is typed, and only reads: from the
database's replica, where one is configured.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe
from frappe import _

from b2b_contracts.reporting import desk_figures, exporting, workbook


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


@frappe.whitelist()
@frappe.read_only()
def desk_figure(filters: str | dict | list | None = None) -> str:
	"""Return a figure of a workspace as its number card shows it (HTML: the figure with its light, a link to the report behind it).
	`filters` of the card: `{figure, code}`, figure being one of `reporting/desk_figures`, code that of a key figure. It is of the
	session user's own company, and of the customers and contracts that they may see. Who may not see the report behind it gets a
	dash: a workspace is for several roles, and one of its cards is not a reason to be told off."""
	asked = _object(filters if not isinstance(filters, list) else None, "filters")
	figure = asked.get("figure")
	if figure not in desk_figures.FIGURES:
		frappe.throw(
			_("{0} is not offered here. Choose one of {1}.").format(
				frappe.bold(frappe.utils.escape_html(str(figure))), ", ".join(desk_figures.FIGURES)
			),
			title=_("Filter"),
		)
	report = frappe.get_cached_doc("Report", desk_figures.report_behind(figure))
	if not report.is_permitted() or not frappe.has_permission(report.ref_doctype, "report"):
		return desk_figures.UNKNOWN
	return desk_figures.read(figure, desk_figures.company_of_user(), str(asked.get("code") or "")).html


def _object(value: str | dict | None, name: str) -> dict:
	found = frappe.parse_json(value) if value else {}
	if not isinstance(found, dict):
		frappe.throw(_("{0} has to be a JSON object.").format(name), title=_("Filter"))
	return found
