"""Searches of contracts under a name: those that come with the app, those that somebody saved for themselves, and those that
were saved for everybody. A view holds words and filters and no data: whoever opens it finds what they may see."""

import json

import frappe
from frappe import _
from frappe.utils import add_days, nowdate

from b2b_contracts.contracts import searching
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.permissions import CONTRACT

from .contracts import refuse

VIEW = "Contract Search View"
LONGEST_NAME, MOST = 60, 50
# Who may save a view for everybody, and remove one of somebody else.
KEEPERS = frozenset(("Contract Manager", "Compliance Officer", "System Manager"))
RUNNING = [CONTRACT, "status", "in", list(life.RUNNING)]


def listed() -> list[dict]:
	"""Return the views of the session user: `[{name, text, filters, kind, may_remove}]`, the kind being `Own`, `Shared` or
	`Ready-made`."""
	rows = frappe.get_all(
		VIEW,
		or_filters={"owner": frappe.session.user, "is_shared": 1},
		fields=["view_name", "search_text", "filters", "is_shared", "owner"],
		order_by="is_shared, view_name, name",
	)
	saved = [
		{
			"name": row.view_name,
			"text": row.search_text or "",
			"filters": json.loads(row.filters or "[]"),
			"kind": "Shared" if row.is_shared else "Own",
			"may_remove": row.owner == frappe.session.user or may_share(),
		}
		for row in rows
	]
	return [*saved, *({**view, "kind": "Ready-made", "may_remove": False} for view in ready_made())]


def ready_made() -> list[dict]:
	"""Return the views that come with the app, as of today."""
	today = nowdate()
	untied = [CONTRACT, "terminated_on", "is", "not set"]

	def view(name: str, *filters: list) -> dict:
		return {"name": name, "text": "", "filters": list(filters)}

	return [
		view(
			_("To act on within 30 days"),
			*(RUNNING, untied),
			[CONTRACT, "last_date_to_act", "between", [today, add_days(today, 30)]],
		),
		view(_("Too late to act"), RUNNING, untied, [CONTRACT, "last_date_to_act", "<", today]),
		view(
			_("Ending within 90 days"),
			RUNNING,
			[CONTRACT, "end_date", "between", [today, add_days(today, 90)]],
		),
		view(_("Under notice"), RUNNING, [CONTRACT, "terminated_on", "is", "set"]),
		view(
			_("Waiting for approval or signature"),
			[CONTRACT, "status", "in", [life.IN_REVIEW, life.APPROVED, life.OUT_FOR_SIGNATURE]],
		),
		view(
			_("Running without a cap on liability"),
			*(RUNNING, [CONTRACT, "liability_cap_amount", "=", 0]),
			[CONTRACT, "liability_cap_percent", "=", 0],
		),
		view(
			_("Data processing agreement missing"),
			*(RUNNING, [CONTRACT, "data_processing_agreement", "=", "Needed"]),
		),
		view(
			_("Insurance certificates that expire within 60 days"),
			*(RUNNING, ["Contract Insurance Certificate", "expiry_date", "<=", add_days(today, 60)]),
		),
		view(
			_("Obligations overdue"),
			*(RUNNING, ["Contract Obligation", "due_date", "<", today]),
			["Contract Obligation", "is_done", "=", 0],
		),
		view(_("Mine"), [CONTRACT, "contract_owner", "=", frappe.session.user]),
	]


def save(name: str, text: str, filters: list, is_shared: bool) -> None:
	"""Save a search under a name, for the session user or for everybody; one of the same name is replaced."""
	name, text = (name or "").strip(), (text or "").strip()
	if not name or len(name) > LONGEST_NAME:
		refuse(_("Enter a name of {0} letters at most.").format(LONGEST_NAME), _("Saved view"))
	if len(text) > searching.LONGEST_QUERY:
		refuse(_("Enter {0} letters at most.").format(searching.LONGEST_QUERY), _("Search"))
	if is_shared and not may_share():
		frappe.throw(
			_("Views for everybody are saved by a {0}.").format(_("Contract Manager")), frappe.PermissionError
		)
	kept = searching.checked(filters)
	before = _named(name, is_shared)
	if not before and frappe.db.count(VIEW, {"owner": frappe.session.user}) >= MOST:
		refuse(_("You have saved {0} views. Remove one first.").format(MOST), _("Saved view"))
	doc = frappe.get_doc(VIEW, before) if before else frappe.new_doc(VIEW)
	doc.update(
		{"view_name": name, "search_text": text, "filters": json.dumps(kept), "is_shared": int(is_shared)}
	)
	doc.save(ignore_permissions=True)


def remove(name: str, is_shared: bool) -> None:
	"""Remove a view of the session user, or one of everybody's by whoever may save those."""
	found = _named(name, is_shared)
	if not found:
		refuse(_("There is no view called {0}.").format(name), _("Saved view"))
	if is_shared and not may_share() and frappe.db.get_value(VIEW, found, "owner") != frappe.session.user:
		frappe.throw(
			_("Views for everybody are removed by a {0}.").format(_("Contract Manager")),
			frappe.PermissionError,
		)
	frappe.delete_doc(VIEW, found, ignore_permissions=True)


def may_share() -> bool:
	user = frappe.session.user
	return user == "Administrator" or not KEEPERS.isdisjoint(frappe.get_roles(user))


def _named(name: str, is_shared: bool) -> str | None:
	whose = {"is_shared": 1} if is_shared else {"is_shared": 0, "owner": frappe.session.user}
	return frappe.db.get_value(VIEW, {"view_name": name, **whose})
