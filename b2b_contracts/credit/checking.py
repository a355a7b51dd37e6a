"""The check: decides about a document from live facts behind its gate, logs it, and opens or ends its hold.

Everything that decides comes through `decide`: submitting, changing, re-opening, clearing, releasing. It never touches
the document itself; `parking.py` does that.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

import frappe

from b2b_contracts.engine import facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine.demands import percent_demanded
from b2b_contracts.engine.gate import HELD, STOPPED, Decision
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.rules import OVERDUE_ITEMS

from . import (
	account_facts,
	cases,
	contract_terms,
	gates,
	holds,
	log,
	native_limit,
	policies,
	position_facts,
	stops,
	subjects,
)
from .cases import Loaded, Standing
from .gates import Gate
from .subjects import Subject

NOT_CHECKED = facts.NOT_CHECKED


@dataclass(frozen=True, slots=True)
class Verdict:
	"""What a check came to: the outcome for the document, its open hold when there is one, and why.

	`payment_slip` is the slip without whose money it would not have been clear; `demanded_percent` the share of the order
	that the policy demands security for.
	"""

	outcome: str
	hold: object | None = None
	decision: Decision | None = None
	standing: Standing | None = None
	logged_as: str | None = None
	payment_slip: str | None = None
	demanded_percent: Decimal = ZERO

	@property
	def is_parked(self) -> bool:
		return self.outcome in (HELD, STOPPED)


UNCHECKED = Verdict(NOT_CHECKED)


def standing_of(doc) -> Standing | None:
	"""Return where the customer of a document stands, None when nothing checks it."""
	is_exempt = subjects.is_exempt(doc)
	if is_exempt and not subjects.is_sold_for_cash(doc):
		return None
	policy = policies.active(doc.company)
	if policy is None or not policy.is_on:
		return None
	standing = cases.standing_of(policy, doc.customer, doc.company, doc.get("shipping_address_name"))
	# What is paid on the spot is no matter of credit, and of compliance all the same.
	if is_exempt and not standing.listing.compliance_stop:
		return None
	if not standing.is_checked and policy.is_enforced and _departs(policy, doc):
		standing = replace(standing, is_bound=True)
	return standing if standing.is_checked else None


def _departs(policy: policies.ActivePolicy, doc) -> bool:
	"""Whether a document of a customer whom nobody checks has to wait for a contract all the same."""
	if not policy.looks_at_contracts or doc.doctype not in subjects.CHECKED_DOCTYPES:
		return False
	state = contract_terms.state_of(doc, policy.contract_tolerance_percent)
	if state is None:
		return False
	return (policy.contract_required and not state.contract) or bool(state.differences)


def preview(doc) -> tuple[Standing, Loaded, Decision] | None:
	"""Decide about a document as it stands, without lock, log or effect: for banners and drafts."""
	standing = standing_of(doc)
	if not standing:
		return None
	subject = subjects.of(doc)
	loaded = cases.load(standing, subject, None, doc.get("b2b_credit_hold"))
	return standing, loaded, engine_gate.decide(loaded.case)


def decide(doc, kind: str, current_hold: str | None = None) -> Verdict:
	"""Decide about a document behind its gate and log it.

	`current_hold` is its open Credit Hold, which is brought up to date, or cleared. In mode Observe the decision is
	logged and nothing else happens.
	"""
	standing = standing_of(doc)
	if not standing:
		return UNCHECKED
	subject = subjects.of(doc)
	gate = gates.lock(*standing.gate_key)
	loaded = cases.load(standing, subject, gate, current_hold)
	decision = engine_gate.decide(loaded.case)
	if standing.policy.is_enforced:
		verdict = _enforce(standing, subject, gate, loaded, decision, kind, current_hold)
	else:
		name = log_decision(standing, subject, gate, loaded, decision, log.OBSERVE, None)
		verdict = Verdict(NOT_CHECKED, decision=decision, standing=standing, logged_as=name)
	gate.save()
	return verdict


def _enforce(standing, subject, gate, loaded, decision, kind, current_hold) -> Verdict:
	if standing.decides_credit:
		native_limit.take_over(subject.customer, subject.company)
	stops.sync(standing, loaded.case, stops.stop_findings(loaded.case), gate)
	hold = None
	if decision.is_clear:
		gate.remember(
			subject.doctype,
			subject.name,
			subject.customer,
			subject.company,
			subject.amount,
			frappe.utils.now_datetime(),
		)
		if current_hold:
			holds.close(holds.newest(current_hold), holds.CLEARED)
	else:
		gate.forget(subject.doctype, subject.name)
		hold = holds.open_hold(subject, standing, decision, current_hold)
	name = log_decision(standing, subject, gate, loaded, decision, kind, hold.name if hold else current_hold)
	if hold:
		frappe.db.set_value("Credit Hold", hold.name, "decision", name, update_modified=False)
		hold.decision = name
	slip = _slip(standing, loaded, decision)
	demanded = percent_demanded(loaded.case.order.demands)
	return Verdict(decision.outcome, hold, decision, standing, name, slip, demanded)


def _slip(standing: Standing, loaded: Loaded, decision: Decision) -> str | None:
	"""Return the payment slip that a clear decision rests on, None for one that needs none."""
	rests = decision.is_clear and rules.rests_on_slip(loaded.case)
	return account_facts.slip_awaited(standing.member) if rests else None


def slip_of(doc) -> str | None:
	"""Return the payment slip that a document would rest on were it decided about now. Reads only."""
	seen = preview(doc)
	return _slip(*seen) if seen else None


def log_decision(standing, subject, gate: Gate, loaded: Loaded, decision, kind: str, hold: str | None) -> str:
	"""Append a decision to the chain of the gate that this transaction holds; returns its name."""
	return log.append(
		gate,
		log.Entry(
			kind=kind,
			outcome=decision.outcome,
			customer=subject.customer,
			company=subject.company,
			policy=standing.policy,
			reference_doctype=subject.doctype,
			reference_name=subject.name,
			amount=subject.amount,
			credit_hold=hold or "",
			payload=log.payload_of(decision),
			links=links_of(standing, subject, loaded, decision),
		),
	)


def links_of(standing: Standing, subject: Subject, loaded: Loaded, decision: Decision) -> dict:
	"""Return the documents worth a link beside a decision: overdue invoices, security and why some does not count."""
	links: dict = {}
	if standing.profile:
		links["Credit Profile"] = standing.profile.name
	if standing.group:
		links["Credit Group"] = standing.group
	if loaded.securities:
		links["Security Instrument"] = [
			[s.instrument.name, s.why_not] for s in loaded.securities if s.member == standing.member
		]
	slip = _slip(standing, loaded, decision)
	if slip:
		links["Payment Slip"] = slip
	if any(f.rule == OVERDUE_ITEMS and f.fired for f in decision.findings):
		items = position_facts.oldest_items(standing.member, loaded.overdue_since)
		links["Sales Invoice"] = [[row.name, str(row.due_date), str(row.open)] for row in items]
	return links
