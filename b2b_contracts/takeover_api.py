"""What the desk and other software may call about a take-over: template, dry run, import. Typed, permission first."""

import frappe

from b2b_contracts.credit import takeover, takeover_workbook


@frappe.whitelist(methods=["GET"])
def template() -> None:
	"""Answer with the workbook to fill in (XLSX)."""
	frappe.has_permission("Take-over Import", "create", throw=True)
	frappe.response.filename = "take-over.xlsx"
	frappe.response.filecontent = takeover_workbook.template()
	frappe.response.type = "binary"


@frappe.whitelist(methods=["POST"])
def check(name: str) -> dict:
	"""Look at every cell of a take-over's workbook and import nothing. Returns `{name, status, customers, problems: number}`."""
	frappe.has_permission("Take-over Import", "write", name, throw=True)
	return _answer(takeover.check(name))


@frappe.whitelist(methods=["POST"])
def start(name: str) -> dict:
	"""Import a workbook without problems in a job. Returns `{name, status, customers, problems}`; the realtime event `b2b_takeover`
	tells how far it is."""
	frappe.has_permission("Take-over Import", "write", name, throw=True)
	return _answer(takeover.start(name))


def _answer(doc) -> dict:
	return {
		"name": doc.name,
		"status": doc.status,
		"customers": doc.customers,
		"problems": len(doc.problems),
	}
