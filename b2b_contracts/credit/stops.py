"""Stops and holds of a whole customer: one Credit Hold on the profile for each kind, and the profile's status in step.

A credit stop keeps new orders and deliveries back, a delivery stop deliveries alone. Both open and lift themselves as
their cause comes and goes; what a person has put on hold is left to people.
"""

import frappe
from frappe.utils import getdate

from b2b_contracts.engine import delivery, facts, rules
from b2b_contracts.engine.gate import requirement_of
from b2b_contracts.engine.rules import Finding

from . import holds, log, notices, policies
from .account_facts import company_currency
from .cases import Standing
from .gates import Gate

STOP_RULES = (rules.STOP_BY_BALANCE, rules.STOP_BY_RATING)
DELIVERY_RULES = tuple(rule.name for rule in delivery.RULES)
# Which rules open and lift which kind of hold by themselves.
AUTOMATIC = {facts.STOP: STOP_RULES, facts.DELIVERY_STOP: DELIVERY_RULES}
# What keeps goods back.
KEEP_GOODS = (facts.STOP, facts.DELIVERY_STOP)


def stop_findings(case: facts.Case) -> list[Finding]:
	"""Return what the stop rules see of a customer, whatever the order in hand."""
	return [f for f in (rules.stop_by_balance(case), rules.stop_by_rating(case)) if f]


def looked_at(case: facts.Case) -> dict[str, tuple[Finding, ...]]:
	"""Return what stops a customer by itself, by kind: `case` is the customer's, without an order in hand."""
	return {
		facts.STOP: tuple(f for f in stop_findings(case) if f.fired),
		facts.DELIVERY_STOP: delivery.firing(case),
	}


def open_hold_of(profile: str, rule_names=None):
	"""Return the open hold on a profile (the one for some rules, where given), None when there is none."""
	for name in _open_holds(profile):
		hold = frappe.get_doc("Credit Hold", name)
		if rule_names is None or {row.rule for row in hold.reasons} & set(rule_names):
			return hold
	return None


def _open_holds(profile: str, **filters) -> list[str]:
	return frappe.get_all(
		"Credit Hold",
		filters={
			"reference_doctype": holds.PROFILE_DOCTYPE,
			"reference_name": profile,
			"status": holds.OPEN,
			**filters,
		},
		order_by="creation",
		pluck="name",
	)


def keeping_goods(profile: str) -> list:
	"""Return the open holds of a customer that keep goods back, the oldest first."""
	return [frappe.get_doc("Credit Hold", n) for n in _open_holds(profile, action=["in", KEEP_GOODS])]


def keep_goods_of(customer: str, company: str) -> bool:
	"""Whether an open stop keeps a customer's goods back. Cheap, and without the goods in hand."""
	status = frappe.db.get_value(holds.PROFILE_DOCTYPE, {"customer": customer, "company": company}, "status")
	if status not in KEEP_GOODS:
		return False
	policy = policies.active(company)
	return bool(policy and policy.is_enforced)


def is_in_step(standing: Standing, case: facts.Case) -> bool:
	"""Whether the automatic stops of a customer say what its books say. Reads only."""
	return all(
		_rules_of(open_hold_of(standing.profile.name, AUTOMATIC[action])) == {f.rule for f in firing}
		for action, firing in looked_at(case).items()
	)


def _rules_of(hold) -> set[str]:
	return {row.rule for row in hold.reasons} if hold else set()


def sync_all(standing: Standing, case: facts.Case, gate: Gate) -> bool:
	"""Open, lift and bring up to date the automatic stops of a customer; returns whether anything changed."""
	changed = [sync(standing, case, firing, gate, action) for action, firing in looked_at(case).items()]
	return any(changed)


def sync(standing: Standing, case: facts.Case, findings, gate: Gate, action: str = facts.STOP) -> bool:
	"""Open or lift the automatic stop of a customer by what its rules see. Returns whether anything changed.

	`findings` are not waived by a prepaid order. The gate must be held; a stop that a person set is left alone.
	"""
	if not standing.profile:
		return False
	profile = standing.profile.name
	firing = tuple(f for f in findings if f.rule in AUTOMATIC[action] and f.fired)
	hold = open_hold_of(profile, AUTOMATIC[action])
	if not firing and not hold:
		return False
	if hold and _rules_of(hold) == {f.rule for f in firing}:
		return False
	if not hold:
		hold = _open(standing, case, firing, action)
		_log(standing, gate, log.FORCE, "Stopped", hold.name, firing)
		notices.stopped(hold)
	elif firing:
		holds.replace_reasons(hold, firing, requirement_of(case, firing).role)
		_log(standing, gate, log.CHANGE, "Stopped", hold.name, firing)
	else:
		holds.close(hold, holds.CLEARED)
		_log(standing, gate, log.CLEAR, "Clear", hold.name, findings)
		notices.stop_lifted(hold)
	refresh_status(profile)
	return True


def _open(standing: Standing, case: facts.Case, firing: tuple[Finding, ...], action: str):
	role = requirement_of(case, firing).role
	return holds.open_customer_hold(
		standing, action, holds.reason_rows(firing, company_currency(standing.member[1])), role
	)


def end_all(profile: str, why: str) -> bool:
	"""End the automatic stops of a customer; returns whether there was one."""
	found = [hold for names in AUTOMATIC.values() if (hold := open_hold_of(profile, names))]
	for hold in found:
		holds.close(hold, holds.CANCELLED, comment=why)
	if found:
		refresh_status(profile)
	return bool(found)


def refresh_status(profile: str) -> None:
	"""Write a profile's status from its open holds: Stop, Delivery Stop, Hold or Open. Takes the profile row: the gate
	comes first."""
	names = _open_holds(profile)
	actions = set(frappe.get_all("Credit Hold", filters={"name": ["in", names or [""]]}, pluck="action"))
	strictest = (facts.STOP, facts.DELIVERY_STOP, facts.HOLD)
	status = next((action for action in strictest if action in actions), "Open")
	messages = frappe.get_all(
		"Credit Hold Reason",
		filters={"parent": ["in", names or [""]], "parenttype": "Credit Hold"},
		pluck="message",
	)
	values = {"status": status, "stop_reason": " ".join(messages)[:1000]}
	frappe.db.set_value(holds.PROFILE_DOCTYPE, profile, values, update_modified=False)


def _log(standing: Standing, gate: Gate, kind: str, outcome: str, hold: str, findings) -> None:
	customer, company = standing.member
	log.append(
		gate,
		log.Entry(
			kind=kind,
			outcome=outcome,
			customer=customer,
			company=company,
			policy=standing.policy,
			reference_doctype=holds.PROFILE_DOCTYPE,
			reference_name=standing.profile.name,
			credit_hold=hold,
			payload={"rules": [log.rule_payload(f) for f in findings], "on": getdate().isoformat()},
		),
	)
