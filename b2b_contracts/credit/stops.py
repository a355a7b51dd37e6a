"""Stops and holds of a whole customer: one Credit Hold on the profile, and the profile's status in step with it."""

import frappe
from frappe.utils import getdate

from b2b_contracts.engine import facts, rules
from b2b_contracts.engine.gate import requirement_of
from b2b_contracts.engine.rules import Finding

from . import holds, log, wording
from .account_facts import company_currency
from .cases import Standing
from .gates import Gate

STOP_RULES = (rules.STOP_BY_BALANCE, rules.STOP_BY_RATING)


def stops_in(findings) -> list[Finding]:
	"""Return the findings that stop a whole customer."""
	return [f for f in findings if f.rule in STOP_RULES and f.fired]


def open_hold_of(profile: str, rule_names=None):
	"""Return the open hold on a profile (the one for some rules, where given), None when there is none."""
	for name in frappe.get_all(
		"Credit Hold",
		filters={"reference_doctype": holds.PROFILE_DOCTYPE, "reference_name": profile, "status": holds.OPEN},
		order_by="creation",
		pluck="name",
	):
		hold = frappe.get_doc("Credit Hold", name)
		if rule_names is None or {row.rule for row in hold.reasons} & set(rule_names):
			return hold
	return None


def sync(standing: Standing, case: facts.Case, findings, gate: Gate) -> bool:
	"""Open or lift the automatic stop of a customer by what the stop rules see. Returns whether anything changed.

	`findings` are those of the stop rules, not waived by a prepaid order. The gate must be held; a stop that a
	person set is left alone.
	"""
	if not standing.profile:
		return False
	profile = standing.profile.name
	firing = stops_in(findings)
	hold = open_hold_of(profile, STOP_RULES)
	if firing and not hold:
		requirement = requirement_of(case, tuple(firing))
		currency = company_currency(standing.member[1])
		message = " ".join(wording.reason(f, currency) for f in firing)
		hold = holds.open_customer_hold(standing, facts.STOP, firing[0].rule, message, requirement.role)
		_log(standing, gate, log.FORCE, "Stopped", hold.name, firing)
	elif hold and not firing:
		holds.close(hold, holds.CLEARED)
		_log(standing, gate, log.CLEAR, "Clear", hold.name, findings)
	else:
		return False
	refresh_status(profile)
	return True


def refresh_status(profile: str) -> None:
	"""Write a profile's status from its open holds: Stop, Hold or Open. Takes the profile row: the gate comes first."""
	rows = frappe.get_all(
		"Credit Hold",
		filters={"reference_doctype": holds.PROFILE_DOCTYPE, "reference_name": profile, "status": holds.OPEN},
		fields=["name", "action"],
		order_by="creation",
	)
	actions = {row.action for row in rows}
	status = facts.STOP if facts.STOP in actions else facts.HOLD if actions else "Open"
	messages = frappe.get_all(
		"Credit Hold Reason",
		filters={"parent": ["in", [row.name for row in rows] or [""]], "parenttype": "Credit Hold"},
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
