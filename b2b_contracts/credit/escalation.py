"""What nobody answers in time goes to the next role up: holds, approval and limit requests (requirements §2.2, §2.4).

One step each time the clock runs out, told once: the step stands on the document, under its lock. After a step the
clock runs anew. Whoever could answer before still can.
"""

from datetime import datetime

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from b2b_contracts.engine import approval

from . import clearing, holds, locking, notices, people, policies

DOCTYPES = ("Credit Hold", "Approval Request", "Limit Request")
OPEN = "Open"
TOP = approval.ROLE_RANK[-1]


def sweep() -> None:
	"""Pass on what was not answered in time. Run every few minutes; may be killed and run again."""
	for doctype in DOCTYPES:
		overdue = frappe.get_all(
			doctype,
			filters={"status": OPEN, "response_due": ["<=", now_datetime()], "escalated_to": ["!=", TOP]},
			order_by="response_due",
			pluck="name",
		)
		for name in overdue:
			clearing.in_own_transaction(pass_on, doctype, name)


def pass_on(doctype: str, name: str) -> bool:
	"""Pass one document on to the next role up when its clock has run out; returns whether it was."""
	doc = locking.locked_doc(doctype, name)
	due = _due(doc)
	if doc.status != OPEN or due is None or due > now_datetime():
		return False
	if doc.required_role == approval.COMPLIANCE:
		return False  # nobody stands above it
	at = doc.escalated_to or doc.required_role or "Credit Controller"
	role = approval.next_role_up(at, [r for r in approval.ROLE_RANK if people.users_with(r)])
	if role is None:
		return False
	locking.write(doc, {"escalated_to": role, "escalated_on": now_datetime()})
	text = _("{0} of {1} was not answered in time. It goes to {2}, who may answer it too.").format(
		doc.get("reference_name") or doc.name, doc.customer_name or doc.customer, _(role)
	)
	doc.add_comment("Info", text)
	notices.bell(doctype, name, people.users_with(role), text)
	return True


def _due(doc) -> datetime | None:
	"""Return when the clock of a document runs out: the answer's, or after a step that of the step. None without one."""
	if not doc.escalated_on:
		return get_datetime(doc.response_due) if doc.response_due else None
	policy = policies.active(doc.company)
	if not policy:
		return None
	return holds.response_due(policy, get_datetime(doc.escalated_on), bool(doc.get("is_premium")))
