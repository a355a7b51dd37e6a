"""Views of the worklist that users save under a name, each for themselves (requirements §3)."""

import json

import frappe
from frappe import _

from b2b_contracts.exceptions import WorklistError

FILTER = "Worklist Filter"
NAMES = ("company", "collector", "segment", "risk_class", "situation", "search", "least_amount", "least_days")
LONGEST_NAME, MOST = 60, 30


def saved() -> list[dict]:
	"""Return the session user's saved filters, by name: `[{name, filters, is_default}]`."""
	rows = frappe.get_all(
		FILTER,
		filters={"owner": frappe.session.user},
		fields=["filter_name", "filters", "is_default"],
		order_by="filter_name, name",
	)
	return [
		{"name": row.filter_name, "filters": json.loads(row.filters), "is_default": bool(row.is_default)}
		for row in rows
	]


def save(name: str, filters: dict, is_default: bool) -> None:
	"""Save filters under a name for the session user; what is no filter of the worklist is left out."""
	name = (name or "").strip()
	if not name or len(name) > LONGEST_NAME:
		_refuse(_("Enter a name of {0} letters at most.").format(LONGEST_NAME))
	kept = {key: filters[key] for key in NAMES if filters.get(key)}
	if not all(isinstance(value, str | int | float) for value in kept.values()):
		_refuse(_("A filter is a word or a number."))
	before = _named(name)
	if not before and frappe.db.count(FILTER, {"owner": frappe.session.user}) >= MOST:
		_refuse(_("You have saved {0} filters. Remove one first.").format(MOST))
	if is_default:
		for other in frappe.get_all(FILTER, {"owner": frappe.session.user, "is_default": 1}, pluck="name"):
			frappe.db.set_value(FILTER, other, "is_default", 0)
	doc = frappe.get_doc(FILTER, before) if before else frappe.new_doc(FILTER)
	doc.update({"filter_name": name, "filters": json.dumps(kept), "is_default": int(is_default)})
	doc.save(ignore_permissions=True)


def remove(name: str) -> None:
	"""Remove the session user's filter of a name."""
	found = _named(name)
	if not found:
		_refuse(_("You have no filter called {0}.").format(name))
	frappe.delete_doc(FILTER, found, ignore_permissions=True)


def _named(name: str) -> str | None:
	return frappe.db.get_value(FILTER, {"owner": frappe.session.user, "filter_name": name})


def _refuse(message: str) -> None:
	frappe.throw(message, WorklistError, title=_("Saved filter"))
