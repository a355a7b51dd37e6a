"""A sales order's way through the gate: submitted, changed, closed and re-opened, cancelled."""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts.engine import release as engine_release
from b2b_contracts.exceptions import CreditHoldError

from . import checking, holds, log, notices, parking, policies, stops, subjects
from .account_facts import money
from .cases import holding_key
from .checking import NOT_CHECKED, Verdict


def submit(order) -> None:
	"""Decide about an order that is being submitted, whatever a client sent in our fields."""
	verdict = checking.decide(order, log.SUBMIT)
	parking.write_on_draft(order, verdict)
	if not verdict.is_parked:
		_reserve_nothing_while_stopped(order)
	order.flags.b2b_verdict = verdict
	if verdict.is_parked:
		notices.parked(order, verdict)


def _reserve_nothing_while_stopped(order) -> None:
	"""An order goes ahead while deliveries are stopped, but no stock is kept for it: that would fail its submit."""
	if cint(order.get("reserve_stock")) and stops.keep_goods_of(order.customer, order.company):
		order.reserve_stock = 0
		frappe.msgprint(
			_(
				"No stock is reserved for {0}: deliveries to {1} are stopped. Reserve it when they go on."
			).format(order.name, order.customer_name),
			indicator="orange",
		)


def make_sure_decided(order) -> None:
	"""Refuse an order that reached its submit without a decision: `ignore_validate` skips the event that decides."""
	if order.flags.b2b_verdict is None and checking.standing_of(order):
		frappe.throw(
			_(
				"Order {0} was submitted without a credit decision. Submit it through the usual way, with validation."
			).format(order.name),
			CreditHoldError,
			title=_("Not decided"),
		)


def change(order) -> None:
	"""Decide again about a submitted order that is being changed, where the change matters.

	Runs before the order is written; the credit fields are what the database says, not what a form sent.
	"""
	before = order.get_doc_before_save()
	for field in (*parking.CREDIT_FIELDS, parking.SLIP_FIELD, "status"):
		order.set(field, before.get(field))
	if before.status == "Closed" or not _matters(order, before):
		return
	current = holds.open_for("Sales Order", order.name)
	if order.b2b_credit_status == parking.RELEASED and not why_release_ended(order):
		return
	verdict = checking.decide(order, log.CHANGE, current.name if current else None)
	if verdict.outcome == NOT_CHECKED:
		return
	order.b2b_credit_status = verdict.outcome
	order.b2b_credit_hold = verdict.hold.name if verdict.is_parked else None
	order.b2b_payment_slip = verdict.payment_slip
	order.flags.b2b_changed = verdict
	if verdict.is_parked and not current:
		notices.parked(order, verdict)


def after_change(order) -> None:
	"""Move a changed order on or park it, once it is written."""
	verdict: Verdict | None = order.flags.b2b_changed
	if verdict is None:
		return
	order.flags.b2b_changed = None
	parking.write_on_submitted(order, verdict)


def status_changed(order) -> None:
	"""Follow a change of an order's status by hand: Hold, Resume, Close, Re-open (requirements §2.4).

	ERPNext writes the status straight to the database and asks no permission for it, so this is where Resume on a
	held order is refused and a re-opened one is decided again.
	"""
	before = order.get_doc_before_save()
	if before is None or before.status == order.status:
		return
	if order.status == "Closed":
		_closed(order)
	elif before.status == "Closed":
		_reopened(order)
	elif before.status == parking.ON_HOLD and order.status not in (parking.ON_HOLD, "Cancelled"):
		_refuse_resume(order)


def cancelled(order) -> None:
	"""End the hold of a cancelled order."""
	_end_hold(order, _("The order was cancelled."))


def expire(order) -> Verdict:
	"""Decide again about a released order whose release no longer covers it. The order row must be locked."""
	hold = order.b2b_credit_hold
	if hold and frappe.db.get_value("Credit Hold", hold, "status") == holds.RELEASED:
		holds.close(holds.newest(hold), holds.EXPIRED, excess_active=0)
	verdict = checking.decide(order, log.EXPIRE)
	if verdict.is_parked:
		parking.park(order, verdict)
		notices.parked(order, verdict)
	else:
		parking.go_on(order, verdict.outcome, None, verdict.payment_slip)
	return verdict


def why_release_ended(order) -> str | None:
	"""Return why the release of an order no longer covers it, None while it does."""
	hold = frappe.db.get_value(
		"Credit Hold",
		order.b2b_credit_hold,
		[
			*("status", "order_amount", "latest_due_date", "rating", "valid_until", "customer", "company"),
			*("contract_signature",),
		],
		as_dict=True,
	)
	if not hold or hold.status != holds.RELEASED:
		return engine_release.EXPIRED
	rating = frappe.db.get_value(
		"Credit Profile", {"customer": hold.customer, "company": hold.company}, "external_rating"
	)
	subject = subjects.of(order)
	if departs_anew(subject, hold.contract_signature):
		return engine_release.DEPARTED
	return engine_release.why_not_covered(
		engine_release.Terms(money(hold.order_amount), _date(hold.latest_due_date), hold.rating or ""),
		engine_release.Terms(subject.whole_amount, subject.latest_due_date, rating or ""),
		_date(hold.valid_until),
		getdate(),
	)


def departs_anew(subject: subjects.Subject, let_go: str | None) -> bool:
	"""Whether a subject differs from its contracts otherwise than what stands for the differences that were let go with it."""
	policy = policies.active(subject.company)
	if policy is None or not policy.looks_at_contracts:
		return False
	state = subject.contract(policy.contract_tolerance_percent)
	return state is not None and bool(state.differences) and state.signature != let_go


def _date(value):
	return getdate(value) if value else None


def _matters(order, before) -> bool:
	"""Whether a change touches what was decided about. A parked order is looked at whenever anything changed."""
	now, then = subjects.of(order), subjects.of(before)
	if _stands_otherwise(order, before):
		return True
	if parking.is_waiting(before.b2b_credit_status):
		return (now.whole_amount, now.latest_due_date, now.po_number) != (
			then.whole_amount,
			then.latest_due_date,
			then.po_number,
		)
	longer = bool(now.latest_due_date and then.latest_due_date and now.latest_due_date > then.latest_due_date)
	return now.whole_amount > then.whole_amount or longer or (bool(then.po_number) and not now.po_number)


def _stands_otherwise(order, before) -> bool:
	"""Whether an order stands otherwise to its contracts than when it was decided about: cheaper is no less credit, and another
	price all the same."""
	policy = policies.active(order.company)
	if policy is None or not policy.looks_at_contracts:
		return False
	subject = subjects.of(order)
	hold = before.b2b_credit_hold
	if not hold:
		return departs_anew(subject, None)
	state = subject.contract(policy.contract_tolerance_percent)
	decided = frappe.db.get_value("Credit Hold", hold, "contract_signature")
	return state is not None and bool(decided or state.differences) and holding_key(state) != decided


def _closed(order) -> None:
	"""A closed order asks for no credit: its hold ends, and nothing of its decision outlives it."""
	_end_hold(order, _("The order was closed."))
	if order.get("b2b_credit_status") not in (None, NOT_CHECKED):
		parking.set_fields(order, {"b2b_credit_status": NOT_CHECKED, "b2b_credit_hold": None})


def _reopened(order) -> None:
	"""A re-opened order is decided about like a new one. ERPNext writes the status in two steps; once is enough."""
	if order.flags.b2b_reopened:
		return
	order.flags.b2b_reopened = True
	verdict = checking.decide(order, log.REOPEN)
	parking.set_fields(
		order,
		{
			"b2b_credit_status": verdict.outcome,
			"b2b_credit_hold": verdict.hold.name if verdict.is_parked else None,
			parking.SLIP_FIELD: verdict.payment_slip,
		},
	)
	if verdict.is_parked:
		if parking.keeps_erpnext_status(order):
			parking.set_fields(order, {"status": parking.ON_HOLD})
		notices.parked(order, verdict)


def _refuse_resume(order) -> None:
	status, hold = frappe.db.get_value("Sales Order", order.name, parking.CREDIT_FIELDS)
	if not parking.is_waiting(status):
		return
	frappe.throw(
		_(
			"Order {0} is on hold for credit ({1}), so it cannot be resumed. Ask for its release on credit hold {2}, or close the order."
		).format(order.name, _(status, context="Sales Order"), hold),
		CreditHoldError,
		title=_("On hold for credit"),
	)


def _end_hold(order, comment: str) -> None:
	for hold in (holds.open_for("Sales Order", order.name), _released_hold(order)):
		if hold:
			holds.close(hold, holds.CANCELLED, comment=comment, excess_active=0)


def _released_hold(order):
	name = order.get("b2b_credit_hold")
	if name and frappe.db.get_value("Credit Hold", name, "status") in (holds.RELEASED, holds.REJECTED):
		return holds.newest(name)
	return None
