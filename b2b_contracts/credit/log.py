"""The decision log: append-only, one hash chain per gate (requirements §8).

What is hashed holds no document names and no personal values in clear: links live in columns of their own (a customer
may be renamed), people are there as salted digests (their names may be erased with the salt). What that means for
what `verify` can find is said in docs/policy.md.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import frappe
from frappe.utils import now_datetime

from b2b_contracts.engine import chain
from b2b_contracts.engine.gate import Decision
from b2b_contracts.engine.rules import Finding

from .gates import Gate
from .policies import ActivePolicy

SUBMIT, CHANGE, REOPEN, RELEASE, REJECT = "Submit", "Change", "Reopen", "Release", "Reject"
CLEAR, EXPIRE, FORCE, LIFT, OBSERVE = "Clear", "Expire", "Force", "Lift", "Observe"
REFUSE, APPROVE = "Refuse", "Approve"


@dataclass(frozen=True, slots=True)
class Entry:
	"""What is to be logged. `payload` is hashed and must be plain JSON; `links` are not hashed."""

	kind: str
	outcome: str
	customer: str
	company: str
	policy: ActivePolicy
	reference_doctype: str = ""
	reference_name: str = ""
	amount: Decimal = Decimal(0)
	credit_hold: str = ""
	payload: dict = field(default_factory=dict)
	links: dict = field(default_factory=dict)


def append(gate: Gate, entry: Entry) -> str:
	"""Write a decision behind a gate that this transaction holds; returns its name. The gate is saved by the caller."""
	sequence = gate.sequence + 1
	salt = secrets.token_hex(16)
	decided_on = now_datetime()
	text = chain.canonical(
		{
			"kind": entry.kind,
			"outcome": entry.outcome,
			"mode": entry.policy.mode,
			"policy_version": entry.policy.version,
			"amount": plain(entry.amount),
			"decided_on": decided_on.isoformat(),
			"decided_by": chain.digest(frappe.session.user, salt),
			**entry.payload,
		}
	)
	link = chain.link_hash(sequence, gate.head_hash, text)
	doc = frappe.new_doc("Credit Decision")
	doc.update(
		{
			"gate": gate.name,
			"sequence": sequence,
			"kind": entry.kind,
			"reference_doctype": entry.reference_doctype or None,
			"reference_name": entry.reference_name or None,
			"customer": entry.customer,
			"company": entry.company,
			"outcome": entry.outcome,
			"mode": entry.policy.mode,
			"policy": entry.policy.name,
			"policy_version": entry.policy.version,
			"credit_hold": entry.credit_hold or None,
			"amount": float(entry.amount),
			"decided_by": frappe.session.user,
			"decided_on": decided_on,
			"salt": salt,
			"previous_hash": gate.head_hash,
			"hash": link,
			"payload": text,
			"links": json.dumps(entry.links, default=str) if entry.links else None,
		}
	)
	doc.set_new_name()
	doc.creation = doc.modified = decided_on
	doc.owner = doc.modified_by = frappe.session.user
	# A plain row insert: the log has no hooks, and a decision is written inside every order's submit.
	doc.db_insert()
	gate.sequence, gate.head_hash = sequence, link
	return doc.name


def payload_of(decision: Decision) -> dict:
	"""Return a decision as plain JSON: every rule with inputs, threshold, outcome, and the ways out."""
	return {
		"exposure_before": plain(decision.exposure_before),
		"exposure_after": plain(decision.exposure_after),
		"secured": plain(decision.secured),
		"net_exposure": plain(decision.net_exposure),
		"utilisation_before": plain(decision.utilisation_before),
		"utilisation_after": plain(decision.utilisation_after),
		"overshoot": plain(decision.overshoot),
		"over_amount": plain(decision.over_amount),
		"required_role": decision.requirement.role,
		"security_required": plain(decision.requirement.security_amount)
		if decision.requirement.security_required
		else None,
		**({"then_role": decision.requirement.then} if decision.requirement.then else {}),
		"rules": [rule_payload(finding) for finding in decision.findings],
		"ways_out": [way_payload(way) for way in decision.ways_out],
	}


def way_payload(way) -> dict:
	"""Return a way out as plain JSON."""
	return {
		"kind": way.kind,
		"resolves": list(way.resolves),
		"amount": plain(way.amount),
		"remaining": plain(way.remaining),
		"until": plain(way.until),
		"is_enough": way.is_enough,
	}


def rule_payload(finding: Finding) -> dict:
	"""Return what a rule saw as plain JSON."""
	is_text = finding.unit == "text"
	return {
		"rule": finding.rule,
		"action": finding.action,
		# Free text (a reason, a PO number) may name a person: it stays out of what can never be erased.
		"measured": bool(finding.measured) if is_text else plain(finding.measured),
		"threshold": None if is_text else plain(finding.threshold),
		"unit": finding.unit,
		"over": plain(finding.over),
		"waived": finding.waived,
	}


def plain(value):
	"""Return a value as JSON can keep it exactly: money and ratios as text, infinity by its name."""
	if isinstance(value, Decimal):
		return format(value.normalize(), "f") if value.is_finite() else "infinite"
	if isinstance(value, datetime | date):
		return value.isoformat()
	return value


@dataclass(frozen=True, slots=True)
class GateReport:
	"""What `verify` found for one gate."""

	gate: str
	decisions: int
	problems: list[chain.Problem]


def verify(exported: dict[str, list] | None = None) -> list[GateReport]:
	"""Check every chain against its gate's head and the last export; returns the gates with problems.

	`exported` is what `heads()` returned when it was last kept outside the database.
	"""
	exported = exported or {}
	decision = frappe.qb.DocType("Credit Decision")
	reports = []
	gates = {
		row.name: row
		for row in frappe.get_all("Credit Gate", fields=["name", "sequence", "head_hash"], order_by="name")
	}
	with_decisions = frappe.qb.from_(decision).select(decision.gate).distinct().run(pluck=True)
	for name in sorted({*gates, *with_decisions, *exported}):
		rows = (
			frappe.qb.from_(decision)
			.select(decision.name, decision.sequence, decision.previous_hash, decision.hash, decision.payload)
			.select(decision.kind, decision.outcome, decision.mode, decision.policy_version)
			.where(decision.gate == name)
			.orderby(decision.sequence)
			.run()
		)
		links = [chain.Link(*row[:5]) for row in rows]
		head = gates.get(name)
		sequence, head_hash = (head.sequence, head.head_hash) if head else (0, chain.GENESIS)
		known = exported.get(name)
		problems = chain.verify(links, sequence, head_hash, tuple(known) if known else None)
		broken = {problem.sequence for problem in problems}
		problems += [
			chain.Problem(chain.CHANGED, row[1], row[0])
			for row in rows
			if row[1] not in broken and not _says_what_it_hashed(row[4], row[5:])
		]
		if problems:
			reports.append(GateReport(name, len(links), problems))
	return reports


def _says_what_it_hashed(payload: str, shown: tuple) -> bool:
	"""Whether the columns that people read say what the hashed payload says."""
	try:
		hashed = json.loads(payload)
	except ValueError:
		return True  # changed, and found by its hash
	return shown == tuple(hashed.get(key) for key in ("kind", "outcome", "mode", "policy_version"))


def heads() -> dict[str, list]:
	"""Return every gate's (sequence, hash), to be kept outside the database and given to `verify` later."""
	rows = frappe.get_all("Credit Gate", fields=["name", "sequence", "head_hash"], order_by="name")
	return {row.name: [row.sequence, row.head_hash] for row in rows}
