"""Approval requests: asked, approved within a mandate and carried out at once, rejected, withdrawn (requirements §2.2).

What is within the mandate of whoever asks is approved as it is asked. Everything else waits for somebody else with the
role that it takes. The request is measured anew when it is approved: the invoice may have changed meanwhile.

Lock order: the request, the document it is about, the gate, then what carrying out writes. All in one transaction.
"""

from decimal import Decimal
from hashlib import sha256

import frappe
from frappe import _
from frappe.utils import get_fullname, now_datetime

from b2b_contracts.credit import (
	cases,
	clearing,
	gates,
	holds,
	locking,
	log,
	mandates,
	notices,
	people,
	policies,
)
from b2b_contracts.credit import minutes as board_minutes
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import mandates as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import ApprovalError, NotYourMandateError

from . import concessions
from .concessions import APPROVED, REQUEST

OPEN, REJECTED, WITHDRAWN, LAPSED = "Open", "Rejected", "Withdrawn", "Lapsed"
DECIDED = (
	*("decided_by", "decided_as", "in_stead_of", "decided_on", "remark", "minutes"),
	*("result_doctype", "result_name", "decision", "escalated_to", "escalated_on"),
)

WRITTEN = (
	*("status", "open_key", "decided_by", "decided_as", "in_stead_of", "decided_on", "remark", "minutes"),
	*("decision", "result_doctype", "result_name"),
)
MEASURED = ("amount", "base_amount", "measure", "interest_cost", "old_due_date", "required_role")


# ------------------------------------------------------------------ asked
def complete(request) -> None:
	"""Complete a request that is asked: what it is about, how much it is, which role it takes. Sent values are ignored."""
	request.update(dict.fromkeys(DECIDED) | {"interest_cost": 0})
	concessions.of(request.action, request.reference_doctype).measure(request)
	policy = _policy(request)
	request.update(
		{
			"status": OPEN,
			"customer_name": frappe.db.get_value("Customer", request.customer, "customer_name"),
			"required_role": required_role(request, policy),
			"response_due": holds.response_due(policy, now_datetime()),
			"requested_by": frappe.session.user,
			"open_key": _open_key(request),
		}
	)
	_refuse_second(request)


def customer_of(action: str, doctype: str, name: str) -> str | None:
	"""Return whose document something is asked for; refuses what cannot be asked for such a document."""
	concessions.of(action, doctype)
	return frappe.db.get_value(doctype, name, "customer")


def _open_key(request) -> str:
	"""Return what an open request is known by: unique, so that nobody is asked the same twice at once."""
	key = "|".join((request.action, request.reference_doctype, request.reference_name))
	return sha256(key.encode()).hexdigest()


def _refuse_second(request) -> None:
	other = frappe.db.get_value(REQUEST, {"open_key": request.open_key}, ["name", "requested_by"])
	if other:
		_refuse(
			_(
				"{0} has asked for this already ({1}). Wait for the answer, or have it withdrawn first."
			).format(get_fullname(other[1]), other[0])
		)


def required_role(request, policy: policies.ActivePolicy) -> str:
	"""Return the role that approving a request takes, as it is measured now."""
	return engine.required_role(policy.mandates, request.action, money(request.measure))


def asked(request) -> None:
	"""Approve a new request at once where whoever asks may do so by their own role; else tell those who may."""
	if _may_at_once(request):
		concessions.of(request.action, request.reference_doctype).measure(request, lock=True)
		acting = mandates.acting_as(required_role(request, _policy(request)))
		if acting and not acting.in_stead_of:
			_approve(request, acting, remark="", minutes=None)
			return
	tell_who_may(request, request.required_role)


def _may_at_once(request) -> bool:
	if concessions.of(request.action, request.reference_doctype).takes_two:
		return False
	acting = mandates.acting_as(request.required_role)
	return bool(acting) and not acting.in_stead_of


def tell_who_may(request, role: str) -> None:
	"""Put a request behind the bell of those who may approve it; what is the Board's, of those who minute it too."""
	text = _("{0} asks for approval of {1}: {2}, {3} ({4}).").format(
		get_fullname(request.requested_by),
		_(request.action, context=REQUEST),
		request.reference_name,
		measured(request),
		request.customer_name,
	)
	users = mandates.who_could(role)[1]
	if role == mandates.BOARD:
		users = [*users, *people.users_with(mandates.MINUTES_BY)]
	notices.bell(REQUEST, request.name, users, text)


def measured(request) -> str:
	"""Return how much a request is, in the unit of its action."""
	return mandates.measure_text(request.action, Decimal(str(request.measure)), request.company)


def preview(request) -> dict:
	"""Return what asking would come to, and whether it would be approved at once. Reads only."""
	complete(request)
	fields = (
		"customer",
		"amount",
		"base_amount",
		"currency",
		"measure",
		"unit",
		"interest_cost",
		"required_role",
	)
	return {field: request.get(field) for field in fields} | {
		"measured": measured(request),
		"at_once": _may_at_once(request),
		"whom_to_ask": mandates.whom_to_ask(request.required_role),
	}


# ------------------------------------------------------------------ decided
def approve(name: str, remark: str = "", minutes: str | None = None):
	"""Approve an open request and carry it out. `minutes` is the file with which a Finance Director minutes the Board."""
	request = _open(name)
	concessions.of(request.action, request.reference_doctype).measure(request, lock=True)
	request.required_role = required_role(request, _policy(request))
	acting = _check(request, minutes)
	_approve(request, acting, (remark or "").strip(), minutes)
	_tell_whoever_asked(request)
	return request


def _approve(request, acting: mandates.Acting, remark: str, minutes: str | None) -> None:
	request.update(_decided(APPROVED, acting, remark, minutes))
	gate = _lock_gate(request)
	_refuse_after_unseen(request, gate)
	gate.remember(REQUEST, request.name, request.customer, request.company, ZERO, now_datetime())
	decision = _log(request, gate, log.APPROVE, "Approved")
	made = concessions.of(request.action, request.reference_doctype).carry_out(request)
	request.update(
		{"decision": decision, "result_doctype": made and made[0], "result_name": made and made[1]}
	)
	locking.write(request, {field: request.get(field) for field in (*WRITTEN, *MEASURED)})
	if minutes:
		board_minutes.attach(minutes, REQUEST, request.name)
	_note_on_reference(request)


def reject(name: str, remark: str, minutes: str | None = None):
	"""Reject an open request, with a reason. Whoever may approve it may reject it."""
	request = _open(name)
	acting = _check(request, minutes)
	request.update(_decided(REJECTED, acting, _written(remark), minutes))
	request.decision = _log(request, _lock_gate(request), log.REJECT, "Rejected")
	locking.write(request, {field: request.get(field) for field in WRITTEN})
	if minutes:
		board_minutes.attach(minutes, REQUEST, request.name)
	_tell_whoever_asked(request)
	return request


def withdraw(name: str):
	"""Withdraw what one has asked for and nobody has decided yet."""
	request = _open(name)
	if request.requested_by != frappe.session.user:
		_refuse(
			_("{0} has asked for this; nobody else can withdraw it.").format(
				get_fullname(request.requested_by)
			)
		)
	locking.write(request, {"status": WITHDRAWN, "open_key": None})
	return request


def why_not_approve(request) -> str | None:
	"""Return why the session user may not approve or reject an open request; None when they may. Reads only."""
	return _why_not(request, None)[1]


def may_minute(request) -> bool:
	"""Whether the session user may enter what the Board has decided about an open request."""
	return request.required_role == mandates.BOARD and not _why_not(request, "minutes")[1]


def _check(request, minutes: str | None) -> mandates.Acting:
	acting, why_not, title = _why_not(request, minutes)
	if why_not:
		frappe.throw(why_not, NotYourMandateError, title=title)
	return acting


def _why_not(request, minutes: str | None) -> tuple[mandates.Acting | None, str | None, str | None]:
	own = _own_people(request)
	acting = mandates.acting_as(request.required_role, own, has_minutes=bool(minutes))
	if not acting:
		why_not = "{} {}".format(
			_("Approving {0} takes the role {1} or higher.").format(request.name, _(request.required_role)),
			mandates.whom_to_ask(request.required_role),
		)
		return None, why_not, _("Not within your mandate")
	if frappe.session.user in own:
		why_not = "{} {}".format(
			_("You have asked for {0}, or it is your own document: somebody else must decide.").format(
				request.name
			),
			mandates.whom_to_ask(request.required_role),
		)
		return None, why_not, _("Four eyes")
	return acting, None, None


def _own_people(request) -> set[str]:
	"""Return who asked, and whose document or customer it is: none of them may decide."""
	seller = frappe.db.get_value("Customer", request.customer, "account_manager")
	own = {
		request.requested_by,
		seller,
		*people.sellers_of(request.reference_doctype, request.reference_name),
	}
	return {user for user in own if user}


def _decided(status: str, acting: mandates.Acting, remark: str, minutes: str | None) -> dict:
	return {
		"status": status,
		"open_key": None,
		"decided_by": frappe.session.user,
		"decided_as": acting.role,
		"in_stead_of": acting.in_stead_of,
		"decided_on": now_datetime(),
		"remark": remark or None,
		"minutes": minutes,
	}


def _lock_gate(request) -> gates.Gate:
	return gates.lock(*cases.standing_of(_policy(request), request.customer, request.company).gate_key)


def _refuse_after_unseen(request, gate: gates.Gate) -> None:
	"""Refuse when another request of the customer was approved since this transaction began: its snapshot does not show what
	that one gave away."""
	approved = {
		grant.name
		for grant in gate.grants
		if (grant.doctype, grant.customer, grant.company) == (REQUEST, request.customer, request.company)
	}
	seen = frappe.get_all(
		REQUEST, filters={"name": ["in", list(approved) or [""]], "status": APPROVED}, pluck="name"
	)
	if approved - set(seen) - {request.name}:
		_refuse(
			_("Something else of {0} was approved at the same moment. Try again.").format(
				request.customer_name
			)
		)


def _log(request, gate: gates.Gate, kind: str, outcome: str) -> str:
	"""Write the decision behind the gate of the customer, and save the gate; returns the decision's name."""
	decision = log.append(
		gate,
		log.Entry(
			kind=kind,
			outcome=outcome,
			customer=request.customer,
			company=request.company,
			policy=_policy(request),
			reference_doctype=REQUEST,
			reference_name=request.name,
			amount=money(request.base_amount),
			payload={
				"action": request.action,
				"measure": log.plain(money(request.measure)),
				"unit": request.unit,
				"required_role": request.required_role,
				"acted_as": request.decided_as,
				"as_deputy": bool(request.in_stead_of),
				"minutes": board_minutes.hash_of(request.minutes),
			},
			links={
				"about": [request.reference_doctype, request.reference_name],
				"reason": request.reason,
				"remark": request.remark,
				"requested_by": request.requested_by,
				"in_stead_of": request.in_stead_of,
			},
		),
	)
	gate.save()
	return decision


# ------------------------------------------------------------------ told
def _tell_whoever_asked(request) -> None:
	text = _("{0} of {1}: {2} by {3}. {4}").format(
		_(request.action, context=REQUEST),
		request.reference_name,
		_(request.status, context=REQUEST),
		get_fullname(request.decided_by),
		request.remark or "",
	)
	notices.bell(REQUEST, request.name, [request.requested_by], text)


def _note_on_reference(request) -> None:
	"""Leave on the document what was approved of it, by whom and in which role."""
	text = _("{0}, {1}: approved by {2} as {3} ({4}).").format(
		_(request.action, context=REQUEST),
		measured(request),
		get_fullname(request.decided_by),
		_(request.decided_as),
		request.name,
	)
	frappe.get_doc(request.reference_doctype, request.reference_name).add_comment("Info", text)


# ------------------------------------------------------------------ what has no object any more
def daily() -> None:
	"""End open requests that nothing can come of any more: paid, cancelled, in the past. May be killed and run again."""
	for name in frappe.get_all(REQUEST, filters={"status": OPEN}, pluck="name", order_by="creation"):
		clearing.in_own_transaction(lapse_if_past, name)


def lapse_if_past(name: str) -> bool:
	"""End an open request that can no longer be carried out, with the sentence that says why; returns whether it was."""
	request = locking.locked_doc(REQUEST, name)
	if request.status != OPEN:
		return False
	try:
		concessions.of(request.action, request.reference_doctype).measure(request)
	except ApprovalError as past:
		frappe.clear_last_message()
		locking.write(request, {"status": LAPSED, "open_key": None, "remark": str(past)})
		notices.bell(REQUEST, request.name, [request.requested_by], str(past))
		return True
	return False


# ------------------------------------------------------------------ helpers
def _open(name: str):
	request = locking.locked_doc(REQUEST, name)
	if request.status != OPEN:
		_refuse(
			_("{0} is {1} already; nothing is left to decide.").format(
				name, _(request.status, context=REQUEST)
			)
		)
	return request


def _policy(request) -> policies.ActivePolicy:
	policy = policies.active(request.company)
	if policy is None:
		_refuse(
			_("Company {0} has no active credit policy, which says who may approve.").format(request.company)
		)
	return policy


def _written(remark: str | None) -> str:
	remark = (remark or "").strip()
	if not remark:
		_refuse(_("Write down a reason; it is kept with the decision."))
	return remark


def _refuse(message: str) -> None:
	frappe.throw(message, ApprovalError, title=_("Approval request"))
