"""What people see of a customer's credit: the panel on orders and customers. Reads only, no lock, no log."""

from decimal import Decimal

import frappe

from b2b_contracts.engine import facts
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine.gate import Decision
from b2b_contracts.engine.money import HUNDRED

from . import (
	cases,
	checking,
	contacts,
	holds,
	milestones,
	policies,
	position_facts,
	releasing,
	stopped_customers,
	stops,
	subjects,
	wording,
)
from .account_facts import company_currency
from .cases import Loaded, Standing

UNCHECKED = {"checked": False}


def of_customer(customer: str, company: str) -> dict:
	"""Return how a customer stands in a company. See `api.credit_status` for the shape."""
	shape, case = _standing_of_customer(customer, company)
	if case is None:
		return shape
	return shape | {
		"open_holds": _open_holds(customer, company, case),
		"contacts": contacts.listed(customer, company),
	}


def figures_of_customer(customer: str, company: str) -> dict:
	"""Return how a customer stands, like `of_customer`, without its holds and contacts: as many queries for every customer."""
	return _standing_of_customer(customer, company)[0]


def _standing_of_customer(customer: str, company: str) -> tuple[dict, facts.Case | None]:
	policy = policies.active(company)
	if policy is None or not policy.is_on:
		return UNCHECKED | {"mode": policy.mode if policy else "Off"}, None
	standing = cases.standing_of(policy, customer, company)
	if not standing.is_checked:
		return UNCHECKED | {"mode": policy.mode}, None
	loaded = cases.load(standing, cases.subject_of_customer(customer, company), None)
	return _shape(standing, loaded, engine_gate.decide(loaded.case)), loaded.case


def unseen(company: str | None) -> dict:
	"""Return what is shown where nothing is checked, or to whom a customer's credit is not shown: the mode alone."""
	policy = policies.active(company) if company else None
	return UNCHECKED | {"mode": policy.mode if policy else "Off"}


def of_document(doc) -> dict:
	"""Return what the gate would say of a document as it stands. See `api.evaluate` for the shape."""
	seen = checking.preview(doc)
	if seen is None:
		return unseen(doc.get("company"))
	standing, loaded, decision = seen
	shape = _shape(standing, loaded, decision)
	shape["credit_status"] = doc.get("b2b_credit_status")
	shape["hold"] = _hold_of_document(doc, decision)
	if doc.doctype == subjects.ORDER and doc.docstatus == 1:
		shape["milestones"] = milestones.shown(doc.name)
	return shape


def _shape(standing: Standing, loaded: Loaded, decision: Decision) -> dict:
	case = loaded.case
	currency = company_currency(standing.member[1])
	limit = case.account.limit
	position = case.position
	return {
		"checked": True,
		"mode": standing.policy.mode,
		"outcome": decision.outcome,
		"is_premium": standing.listing.is_premium,
		"currency": currency,
		"profile": standing.profile.name if standing.profile else None,
		"segment": case.account.segment,
		"risk_class": case.account.risk_class,
		"limit_type": limit.kind,
		"granted_limit": float(limit.ceiling),
		"receivables": float(position.receivables),
		"delivered_not_billed": float(position.delivered_not_billed),
		"granted_orders": float(position.granted_orders),
		"waiting_orders": float(position.waiting_orders),
		"order_amount": float(case.order.amount),
		"exposure_before": float(decision.exposure_before),
		"exposure_after": float(decision.exposure_after),
		"secured": float(decision.secured),
		"net_exposure": float(decision.net_exposure),
		"utilisation_before": _percent(decision.utilisation_before),
		"utilisation_after": _percent(decision.utilisation_after),
		"hold_percent": float(case.policy.hold_utilisation_percent),
		"headroom": None if limit.is_unlimited else float(limit.ceiling - decision.net_exposure),
		"group": {"name": case.group.name, "utilisation_after": _percent(decision.group_utilisation_after)}
		if case.group
		else None,
		"required_role": decision.requirement.role,
		"reasons": [
			{"rule": f.rule, "action": f.action, "message": wording.reason(f, currency)}
			for f in decision.fired
		],
		"ways_out": [
			{
				"kind": way.kind,
				"is_enough": way.is_enough,
				"amount": float(way.amount) if way.amount is not None else None,
				"text": wording.way_out(way, decision, currency),
			}
			for way in decision.ways_out
		],
		"overdue_items": _items_to_pay(standing, loaded, decision),
		"not_counted": [
			{"name": s.instrument.name, "message": wording.why_not_counted(s.why_not)}
			for s in loaded.securities
			if s.why_not and (s.member == standing.member or s.credit_group)
		],
	}


def _items_to_pay(standing: Standing, loaded: Loaded, decision: Decision) -> list[dict]:
	if not any(way.kind == "pay" for way in decision.ways_out):
		return []
	items = position_facts.oldest_items(standing.member, limit=20)
	return [{"name": row.name, "due_date": str(row.due_date), "open": float(row.open)} for row in items]


def _percent(ratio: Decimal | None) -> float | None:
	"""Return a ratio as per cent; None when unlimited, and a number no bar can show over a limit of nothing."""
	if ratio is None:
		return None
	return float(ratio * HUNDRED) if ratio.is_finite() else holds.NO_PERCENTAGE


def _open_holds(customer: str, company: str, case: facts.Case) -> list[dict]:
	names = frappe.get_list(
		"Credit Hold",
		filters={"customer": customer, "company": company, "status": holds.OPEN},
		order_by="response_due",
		pluck="name",
		limit=20,
	)
	found = [frappe.get_doc("Credit Hold", name) for name in names]
	return [
		_hold_of_customer(hold, case) if _is_of_customer(hold) else _hold(hold, hold.required_role)
		for hold in found
	]


def _hold_of_customer(hold, case: facts.Case) -> dict:
	shape = _hold(hold, releasing.role_to_lift(hold, case))
	by = {row.rule for row in hold.reasons}
	kept = hold.action in stops.KEEP_GOODS
	return shape | {"lifted_by": stopped_customers.what_lifts(hold, by, case) if kept else []}


def _is_of_customer(hold) -> bool:
	return hold.reference_doctype == holds.PROFILE_DOCTYPE


def _hold_of_document(doc, decision: Decision) -> dict | None:
	name = doc.get("b2b_credit_hold")
	if not name or not frappe.db.exists("Credit Hold", name):
		return None
	hold = frappe.get_doc("Credit Hold", name)
	return _hold(hold, decision.requirement.role or hold.required_role)


def _hold(hold, role: str | None) -> dict:
	why_not = releasing.why_not_release(hold, role)
	return {
		"name": hold.name,
		"reference_doctype": hold.reference_doctype,
		"reference_name": hold.reference_name,
		"status": hold.status,
		"action": hold.action,
		"is_premium": bool(hold.is_premium),
		"required_role": hold.required_role,
		"response_due": str(hold.response_due) if hold.response_due else None,
		"minutes_left": holds.minutes_left(hold),
		"may_release": why_not is None,
		"why_not_release": why_not,
		"may_advise": hold.status == holds.OPEN and releasing.may_advise(),
		"requested_by": hold.requested_by,
		"request_reason": hold.request_reason,
		"credit_advice": hold.credit_advice,
		"advised_by": hold.advised_by,
		"advice_reason": hold.advice_reason,
		"release_reason": hold.release_reason,
		"released_by": hold.released_by,
		"reject_reason": hold.reject_reason,
		"rejected_by": hold.rejected_by,
		"valid_until": str(hold.valid_until) if hold.valid_until else None,
		"reasons": [{"rule": row.rule, "message": row.message} for row in hold.reasons],
	}
