"""What a dunning run would send: for each customer the step, the items, what may be charged, and what is left out and why
(requirements §3, §3.1). The dry run and the real one plan by this alone.

A plan is made of the facts as they are; the day that steps count from is the run's, the day that the law counts from is
the day on which the notice leaves.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate

from b2b_contracts.credit import contacts
from b2b_contracts.engine import dunning as engine
from b2b_contracts.engine import dunning_law
from b2b_contracts.engine.interest import Statement
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import DunningError

from . import (
	dunning_facts,
	dunning_flows,
	dunning_reasons,
	dunning_steps,
	dunning_tests,
	dunning_wording,
	interest_statements,
)
from .dunning_facts import Facts

# Why a whole notice waits, beside the engine's reasons.
QUIET, LAW, PROBLEM = "Quiet Day", "The Law", "Problem"
CHARGED_INTEREST = (dunning_flows.ANNOUNCE, dunning_flows.CLAIM)


@dataclass(slots=True)
class Notice:
	"""What a customer would get, in the currency of the receivable account; with a `reason` it gets nothing.

	`interest_of` is the interest of each item by its key, of which the rate is confirmed or not.
	"""

	facts: Facts
	chosen: dunning_flows.Chosen | None
	planned: engine.Planned
	step: engine.Step | None = None
	terms: dunning_flows.Terms | None = None
	law: dunning_law.Law | None = None
	judged: dunning_law.Judged | None = None
	interest_of: dict[str, Decimal] = field(default_factory=dict)
	addresses: list[contacts.Address] = field(default_factory=list)
	reason: str = ""
	reason_text: str = ""
	taken: dunning_tests.Taken | None = None
	email_account: str = ""

	@property
	def interest(self) -> Decimal:
		return sum(self.interest_of.values(), ZERO)

	@property
	def claims_interest(self) -> bool:
		return bool(self.terms and self.terms.interest == dunning_flows.CLAIM)

	@property
	def fee(self) -> Decimal:
		return self.judged.fee if self.judged else ZERO

	@property
	def compensation(self) -> Decimal:
		return self.judged.compensation if self.judged else ZERO

	@property
	def claimed_interest(self) -> Decimal:
		return self.interest if self.claims_interest else ZERO

	@property
	def earlier_charges(self) -> Decimal:
		"""Fees and compensation of earlier notices that are open: a written notice asks for them again."""
		return self.facts.charged.open if self.planned.step else ZERO

	@property
	def grand_total(self) -> Decimal:
		new = self.fee + self.compensation + self.claimed_interest
		return self.planned.amount + self.earlier_charges + new


class Planner:
	"""Plans for a company on a day: what all its customers share is read once.

	`leaves_on` is the day on which the notices leave, `run_date` the one that steps count from.
	"""

	def __init__(
		self, company: str, run_date: date, leaves_on: date | None = None, only_flow: str | None = None
	):
		self.company, self.run_date = company, run_date
		self.leaves_on = leaves_on or run_date
		self.only_flow = only_flow
		self.steps = dunning_steps.StepBook(company, run_date, self.leaves_on)
		self.warnings: set[str] = set()

	@property
	def due_until(self) -> date:
		"""The last due date that a step could be about on the day."""
		return self.run_date + timedelta(days=self.steps.flows.earliest_day)

	def plan(self, customers: Collection[str], leave_out: Collection[str] = ()) -> list[Notice]:
		"""Return what customers would get; those that get nothing and miss nothing are not in it.

		`leave_out` are keys of items that a person has excluded.
		"""
		every = dunning_facts.of(self.company, customers, self.run_date)
		for facts in every if leave_out else ():
			facts.account = _without(facts.account, leave_out)
		self.steps.hold(every)
		found = list(filter(None, map(self._looked_at, every)))
		charged = [notice for notice in found if not notice.reason and notice.planned.step]
		interest = self._interest(charged)
		for notice in charged:
			try:
				self._charge(notice, interest)
			except frappe.ValidationError as problem:
				_note_problem(notice, problem)
		self._address([notice for notice in charged if not notice.reason])
		return found

	def _looked_at(self, facts: Facts) -> Notice | None:
		"""Return a customer's notice; what is wrong with one customer (a rate that is missing) keeps no other waiting."""
		try:
			if facts.problem:
				raise DunningError(facts.problem)
			return self._notice(facts)
		except frappe.ValidationError as problem:
			due = tuple(part for part in engine.chased(facts.account, self.run_date) if part.days >= 0)
			notice = Notice(facts, None, engine.Planned((), kept_back=due))
			_note_problem(notice, problem)
			return notice if due else None

	def _notice(self, facts: Facts) -> Notice | None:
		chosen = self.steps.chosen(facts)
		if self.only_flow and (not chosen or chosen.flow.name != self.only_flow):
			return None
		planned, taken = self.steps.planned(facts, chosen)
		if not planned:
			return None
		notice = Notice(facts, chosen, planned, reason=planned.reason, taken=taken)
		if planned.reason:
			notice.reason_text = dunning_reasons.text_of(planned, facts.account)
			return notice
		notice.step = planned.step or planned.contact
		notice.terms = chosen.terms[notice.step.code]
		if taken:
			taken.shape(notice)
		if chosen.quiet_reason:
			notice.reason, notice.reason_text = QUIET, chosen.quiet_reason
		return notice

	# -------------------------------------------------------------- what it costs
	def _interest(self, notices: Iterable[Notice]) -> dict[tuple[str, str], Statement]:
		"""Return the interest on the items of those notices whose step has any, by as many queries as for one."""
		parts = [
			part
			for notice in notices
			if notice.terms.interest in CHARGED_INTEREST
			for part in notice.planned.parts
			if part.days > 0
		]
		if not parts:
			return {}
		left_out = {(part.item.invoice, part.item.key): set_aside(part) for part in parts}
		return interest_statements.statements_of(
			{invoice for invoice, _key in left_out}, self.leaves_on, left_out
		)

	def _charge(self, notice: Notice, interest: dict[tuple[str, str], Statement]) -> None:
		"""Let the law judge what the flow wants to charge, and note what it says."""
		law = self._in_currency(self.steps.law(notice.facts, self.leaves_on), notice.facts)
		notice.law, terms = law, notice.terms
		is_legal = notice.step.channel == engine.LEGAL_NOTICE
		parts = [part for part in notice.planned.parts if part.days > 0]
		confirmed = True
		if terms.interest in CHARGED_INTEREST:
			for part in parts:
				statement = interest.get((part.item.invoice, part.item.key))
				asked = statement and notice.facts.charged.still_asked(part.item.key, statement.total)
				if asked:
					notice.interest_of[part.item.key] = asked
					confirmed = confirmed and statement.is_confirmed
		asked = dunning_law.Asked(
			claims=tuple(self.steps.claim(notice.facts, part) for part in parts),
			kind=dunning_law.COLLECTION_NOTICE if is_legal else dunning_law.REMINDER,
			fee=self._fee(terms, law, is_legal),
			compensation=law.compensation if terms.claim_compensation else ZERO,
			interest=notice.claimed_interest,
			is_interest_confirmed=confirmed,
			deadline=self.leaves_on + timedelta(days=terms.deadline_days) if terms.deadline_days else None,
			is_written=notice.step.is_written,
			is_public_sector=notice.facts.account.is_public_sector,
			arrears_since=notice.facts.arrears_since,
		)
		notice.judged = dunning_law.judge(law, asked, notice.facts.letters, self.leaves_on)
		if not confirmed:
			self.warnings.add(
				_("A rate of interest is not confirmed. Check the reference rates before you claim interest.")
			)
		for figure in law.unconfirmed:
			if figure.rule in dunning_law.OF_LIMITATION:
				# No reminder rests on them; the limitation watch says so itself.
				continue
			self.warnings.add(
				_("{0} of {1} is not confirmed: {2}.").format(
					_(figure.rule), _(law.jurisdiction), figure.source or _("no source")
				)
			)
		if not notice.judged.may_go(self.leaves_on):
			notice.reason = LAW
			day = notice.judged.earliest_day
			notice.reason_text = (
				_("May go on {0} at the earliest.").format(formatdate(day))
				if day
				else _("Something else has to come first.")
			)

	def _fee(self, terms: dunning_flows.Terms, law: dunning_law.Law, is_legal: bool) -> Decimal:
		if terms.fee_basis == dunning_flows.FIXED:
			return to_cents(terms.fee_amount)
		if terms.fee_basis == dunning_flows.STATUTORY:
			return law.demand_fee if is_legal and law.demand_fee is not None else law.reminder_fee
		return ZERO

	def _in_currency(self, law: dunning_law.Law, facts: Facts) -> dunning_law.Law:
		if law.currency == facts.currency:
			return law
		return dunning_law.converted(law, facts.currency, self.steps.rate(law.currency, facts))

	# -------------------------------------------------------------- to whom
	def _address(self, going: list[Notice]) -> None:
		"""Find out where the notices go; one without any address goes as a letter (dunning_channels.py)."""
		for role, some in (
			(contacts.LEGAL_NOTICES, [n for n in going if n.step.channel == engine.LEGAL_NOTICE]),
			(contacts.ACCOUNTS_PAYABLE, [n for n in going if n.step.channel != engine.LEGAL_NOTICE]),
		):
			if some:
				found = contacts.addresses_for_many({n.facts.customer for n in some}, role, self.company)
				for notice in some:
					notice.addresses = found[notice.facts.customer]


def set_aside(part: engine.Part) -> Decimal:
	"""Return what of an item no interest is asked of: what is left out, but for what unallocated money covers, which the
	statement of interest counts itself, from its value date."""
	return sum((left.amount for left in part.left_out if left.reason != engine.COVERED), ZERO)


def _note_problem(notice: Notice, problem: Exception) -> None:
	"""Let a notice say why nothing can be sent."""
	frappe.clear_last_message()
	notice.reason, notice.reason_text, notice.judged = PROBLEM, str(problem), None


def customers_of(planner: Planner, filters: dict, first: str = "", last: str = "") -> list[str]:
	"""Return whom a run looks at: everybody with something due that a step could be about, between two names where given."""
	return dunning_facts.customers_due(planner.company, planner.due_until, first, last, **filters)


def is_quiet(company: str, on: date) -> bool:
	"""Whether every flow of a company rests on a day."""
	book = dunning_flows.FlowBook(company, on)
	return all(book.chosen(name).quiet_reason for name in book.names)


def _without(account: engine.Account, keys: Collection[str]) -> engine.Account:
	by_hand = _("Left out by hand")
	return replace(
		account,
		items=tuple(
			replace(item, excluded=item.excluded or by_hand) if item.key in keys else item
			for item in account.items
		),
	)


# ------------------------------------------------------------------ as documents
def notice_values(notice: Notice, run: str, run_date: date, company: str) -> dict:
	"""Return the fields of a Dunning Notice."""
	planned, judged = notice.planned, notice.judged
	shown = (*planned.parts, *planned.kept_back)
	left_out = sum((left.amount for part in shown for left in part.left_out), ZERO)
	return {
		"run": run,
		"company": company,
		"customer": notice.facts.customer,
		"customer_name": notice.facts.customer_name,
		"run_date": run_date,
		"status": "Skipped" if notice.reason else "Planned",
		"reason": notice.reason,
		"reason_text": notice.reason_text,
		"flow": notice.chosen.flow.name if notice.chosen else None,
		"step_code": notice.step.code if notice.step else "",
		"channel": notice.step.channel if notice.step else "",
		"contact_channel": planned.contact.channel if planned.step and planned.contact else "",
		"contact_step": planned.contact.code if planned.contact else "",
		"template": notice.terms.template or None if notice.terms else None,
		"test": notice.taken.test if notice.taken else None,
		"variant": notice.taken.label if notice.taken else "",
		"email_account": notice.email_account or None,
		"language": next((a.language for a in notice.addresses if a.language), notice.facts.language) or None,
		"recipients": ", ".join(address.email for address in notice.addresses),
		"deadline": judged.deadline if judged else None,
		"announces": ", ".join(sorted(planned.announces)),
		"acts": ", ".join(sorted(planned.acts)),
		"escalate_to": notice.terms.escalate_to if notice.terms else "",
		"offers_split": int(bool(notice.terms and notice.terms.offers_split)),
		"currency": notice.facts.currency,
		"amount_due": float(planned.amount),
		"left_out_amount": float(left_out),
		"fee": float(notice.fee),
		"interest": float(notice.interest),
		"claimed_interest": float(notice.claimed_interest),
		"compensation": float(notice.compensation),
		"earlier_charges": float(notice.earlier_charges),
		"grand_total": float(notice.grand_total),
	}


def item_values(notice: Notice) -> list[dict]:
	"""Return the rows of a notice's items: first those that are in the message, then those that are kept back."""
	compensated = notice.judged.compensation_claims if notice.judged else ()
	each = notice.compensation / len(compensated) if compensated else ZERO
	rows = []
	for part in (*notice.planned.parts, *notice.planned.kept_back):
		item = part.item
		rows.append(
			{
				"sales_invoice": item.invoice,
				"item_key": item.key,
				"due_date": item.due,
				"days": part.days,
				"step_code": part.step.code if part.step else "",
				"currency": notice.facts.currency,
				"open_amount": float(item.open_amount),
				"chased_amount": float(part.chased),
				"set_aside": float(set_aside(part)),
				"left_out": dunning_reasons.left_out(part, notice.facts.currency) if part.left_out else "",
				"interest": float(notice.interest_of.get(item.key, ZERO)),
				"compensation": float(each) if item.key in compensated else 0.0,
			}
		)
	return rows


def check_values(notice: Notice) -> list[dict]:
	"""Return the rows of a notice's legal checks, in words; what a step may not do is among them."""
	rows = [
		{
			"rule": _("Announced beforehand")
			if dropped.reason == engine.NOT_ANNOUNCED
			else _("Public sector"),
			"outcome": dunning_law.DROPPED,
			"explanation": dunning_reasons.dropped(dropped),
			"is_confirmed": 1,
			"source": "",
		}
		for dropped in notice.planned.dropped
	]
	if not notice.reason and notice.planned.held:
		rows.append(
			{
				"rule": _("Hand-over to collection"),
				"outcome": dunning_law.DROPPED,
				"explanation": " ".join(dunning_reasons.held(notice.planned)),
				"is_confirmed": 1,
				"source": "",
			}
		)
	for check in notice.judged.checks if notice.judged else ():
		rows.append(
			{
				"rule": check.rule,
				"outcome": check.outcome,
				"explanation": dunning_wording.check_text(check, notice.facts.currency),
				"is_confirmed": int(check.is_confirmed),
				"source": check.source,
			}
		)
	return rows
