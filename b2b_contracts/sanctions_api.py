"""What the desk and other software may call about sanctions lists and the matches with them. Typed, permission first."""

import frappe

from b2b_contracts.credit import sanctions_lists, screening


@frappe.whitelist(methods=["POST"])
def check_list(name: str) -> dict:
	"""Look at every cell of a Sanctions List's CSV file and import nothing. Returns `{entries, added, changed, removed: number,
	problems: [{row, column, message}]}`."""
	frappe.has_permission("Sanctions List", "write", name, throw=True)
	return _answer(sanctions_lists.check(name))


@frappe.whitelist(methods=["POST"])
def import_list(name: str) -> dict:
	"""Replace a Sanctions List by its CSV file, all of it or nothing; every customer is screened again afterwards. Returns the
	shape of `check_list`."""
	frappe.has_permission("Sanctions List", "write", name, throw=True)
	return _answer(sanctions_lists.import_file(name))


@frappe.whitelist()
def screening_progress() -> dict:
	"""Return how many customers are screened since any list changed: `{customers, screened}`."""
	frappe.has_permission("Sanctions List", "read", throw=True)
	return screening.how_far()


@frappe.whitelist(methods=["POST"])
def clear_match(match: str, reason: str) -> dict:
	"""Say that a customer is not who is listed, as a Compliance Officer; its orders go on. Returns `{name, status}`."""
	frappe.has_permission("Screening Match", "read", match, throw=True)
	return _state(screening.clear(match, reason))


@frappe.whitelist(methods=["POST"])
def confirm_match(match: str, reason: str) -> dict:
	"""Say that a customer is who is listed, as a Compliance Officer; it stays stopped. Returns `{name, status}`."""
	frappe.has_permission("Screening Match", "read", match, throw=True)
	return _state(screening.confirm(match, reason))


def _answer(found: sanctions_lists.Found) -> dict:
	return {
		"entries": len(found.entries),
		"added": len(found.added),
		"changed": len(found.changed),
		"removed": len(found.removed),
		"problems": [
			{"row": problem.row, "column": problem.column, "message": problem.message}
			for problem in found.problems
		],
	}


def _state(doc) -> dict:
	return {"name": doc.name, "status": doc.status}
