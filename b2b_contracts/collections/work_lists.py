"""Whose work something is: on somebody's list of ToDos, and off it again. For disputes, calls and hand-overs."""

from collections.abc import Collection
from datetime import date

import frappe

from b2b_contracts.credit import notices


def give(doc, user: str | None, text: str, due: date | str | None, priority: str) -> None:
	"""Put a document on somebody's list and tell them. Frappe's own way to assign fails where no mail can be sent."""
	if not user:
		return
	frappe.get_doc(
		{
			"doctype": "ToDo",
			"allocated_to": user,
			"reference_type": doc.doctype,
			"reference_name": doc.name,
			"description": text,
			"date": due,
			"priority": {"Urgent": "High"}.get(priority, priority),
			"assigned_by": frappe.session.user,
		}
	).insert(ignore_permissions=True)
	notices.bell(doc.doctype, doc.name, [user], text)


def take_off(doc) -> None:
	"""Take a document off the lists that it is on."""
	for name in open_on(doc, "name"):
		task = frappe.get_doc("ToDo", name)
		task.status = "Closed"
		task.save(ignore_permissions=True)


def open_on(doc, field: str) -> list[str]:
	"""Return a field of the open ToDos of a document."""
	filters = {"reference_type": doc.doctype, "reference_name": doc.name, "status": "Open"}
	return frappe.get_all("ToDo", filters=filters, pluck=field)


def has_assignment_rule(doctype: str) -> bool:
	"""Whether the site gives documents of a type to people by a rule of its own."""
	return bool(frappe.db.exists("Assignment Rule", {"document_type": doctype, "disabled": 0}))


def least_busy(doctype: str, candidates: Collection[str], **running) -> str | None:
	"""Return who of some people has the fewest documents that are `running` (filters); the first by name of equals."""
	given = frappe.get_all(
		doctype, filters={**running, "assigned_to": ["in", list(candidates) or [""]]}, pluck="assigned_to"
	)
	return min(candidates, key=lambda user: (given.count(user), user), default=None)
