"""The sentences about a decision (`sentences.py`) as people on this site read them: translated, in their formats."""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import fmt_money, formatdate

from b2b_contracts.engine.gate import Decision
from b2b_contracts.engine.rules import Finding
from b2b_contracts.engine.ways_out import WayOut
from b2b_contracts.sentences import Speaker


def money_text(amount: Decimal, currency: str) -> str:
	"""Return an amount as people here write it."""
	return fmt_money(float(amount), currency=currency)


def _number(value: Decimal, places: int) -> str:
	return fmt_money(float(value), precision=places)


_here = Speaker(_, money_text, _number, formatdate)
percent_text = _here.percent
reason = _here.reason
measured_text = _here.measured
why_not_counted = _here.why_not_counted
lift = _here.lift
demand = _here.demand


def way_out(way: WayOut, decision: Decision, currency: str) -> str:
	"""Return one sentence that says what somebody can do."""
	return _here.way_out(way, decision.requirement, _over(decision.fired), currency)


def approval(decision: Decision, currency: str) -> str:
	"""Return who may release the order, and what it takes."""
	return _here.approval(decision.requirement, _over(decision.fired), currency)


def _over(fired: tuple[Finding, ...]) -> Decimal:
	return max((finding.over for finding in fired), default=Decimal(0))


def list_of(doctype: str, names) -> str:
	"""Return links to documents, for a message on the desk."""
	return ", ".join(frappe.utils.get_link_to_form(doctype, name) for name in names)
