"""What the desk and other software may call about importing existing contracts: template, dry run, import. Typed, permission
first."""

import frappe

from b2b_contracts.contracts import import_workbook, importing


@frappe.whitelist(methods=["GET"])
def template() -> None:
	"""Answer with the workbook to fill in (XLSX): its sheets, and one that explains the columns."""
	frappe.has_permission(importing.DOCTYPE, "create", throw=True)
	frappe.response.filename = "contracts.xlsx"
	frappe.response.filecontent = import_workbook.template()
	frappe.response.type = "binary"


@frappe.whitelist(methods=["POST"])
def check(name: str) -> dict:
	"""Look at every cell of the workbook and import nothing. Returns `{name, status, contracts, problems: number}`."""
	frappe.has_permission(importing.DOCTYPE, "write", name, throw=True)
	return _answer(importing.SERVICE.check(name))


@frappe.whitelist(methods=["POST"])
def start(name: str) -> dict:
	"""Import a workbook without problems in a job. Returns `{name, status, contracts, problems}`; the realtime event
	`b2b_contract_import` tells how far it is."""
	frappe.has_permission(importing.DOCTYPE, "write", name, throw=True)
	return _answer(importing.SERVICE.start(name))


def _answer(doc) -> dict:
	return {
		"name": doc.name,
		"status": doc.status,
		"contracts": doc.contracts,
		"problems": len(doc.problems),
	}
