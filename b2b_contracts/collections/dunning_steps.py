"""Which step a customer gets on a day, and which one comes next: by its flow, the variant that it has of a test, what may not go
to collection, and the quiet days (requirements §3). Runs plan by this and the worklist shows it: there is no second answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _

from b2b_contracts.credit.account_facts import rate_to
from b2b_contracts.engine import dunning as engine
from b2b_contracts.engine import dunning_law
from b2b_contracts.engine.worklist import Coming, days_of_change, first_step
from b2b_contracts.exceptions import DunningError

from . import dunning_flows, dunning_reasons, dunning_tests, jurisdictions, standings
from .dunning_facts import Facts


class StepBook:
	"""The steps of a company's customers on a day: what they share is read once. `leaves_on` is the day of the rates."""

	def __init__(self, company: str, on: date, leaves_on: date | None = None):
		self.company, self.on = company, on
		self.leaves_on = leaves_on or on
		self.flows = dunning_flows.FlowBook(company, on)
		self.tests = dunning_tests.TestBook(on)
		self._rates: dict[tuple[str, str], Decimal] = {}

	# -------------------------------------------------------------- of a day
	def has_flow(self, facts: Facts) -> bool:
		"""Whether any flow is for a customer."""
		return bool(self.flows.of(facts.customer, facts.own_flow, facts.account.segment, facts.risk_class))

	def chosen(self, facts: Facts) -> dunning_flows.Chosen | None:
		"""Return a customer's flow in the currency of its account, None where no flow is for it."""
		found = self.flows.of(facts.customer, facts.own_flow, facts.account.segment, facts.risk_class)
		if found and found.currency != facts.currency:
			return found.in_currency(self.rate(found.currency, facts))
		return found

	def rate(self, source: str, facts: Facts) -> Decimal:
		"""Return what a unit of a currency is worth in that of a customer's account; raises where nobody knows."""
		key = source, facts.currency
		if key not in self._rates:
			what = _("The reminder of {0}").format(facts.customer_name)
			self._rates[key] = rate_to(*key, self.leaves_on, what)
		return self._rates[key]

	def planned(
		self, facts: Facts, chosen: dunning_flows.Chosen | None, on: date | None = None
	) -> tuple[engine.Planned | None, dunning_tests.Taken | None]:
		"""Return what a customer gets on a day (else the book's own), and by which variant of a test."""
		on = on or self.on
		planned = engine.plan(chosen and chosen.flow, facts.account, on)
		taken = self.tests.taken(chosen, facts.customer, planned, on)
		return (taken.planned(facts.account, on) if taken else planned), taken

	def hold(self, some: Iterable[Facts]) -> None:
		"""Write on the items that have reached a hand-over why they may not go to collection: as many queries for one customer
		as for many, and none where nobody has come so far."""
		reaching = [(facts, names) for facts in some if (names := self._reaching_collection(facts))]
		if not reaching:
			return
		names_of: dict[str, set[str]] = {}
		for facts, names in reaching:
			names_of.setdefault(facts.customer, set()).update(names)
		why = standings.why_they_stay(self.company, names_of, self.leaves_on)
		for facts, names in reaching:
			items = (
				replace(item, stays=why.get(item.invoice, "")) if item.invoice in names else item
				for item in facts.account.items
			)
			facts.account = replace(facts.account, items=tuple(items))

	def _reaching_collection(self, facts: Facts) -> set[str]:
		"""Return the invoices of a customer that a run would hand over on the book's day."""
		try:
			chosen = None if facts.problem else self.chosen(facts)
		except frappe.ValidationError:
			# Whoever plans for the customer says so.
			frappe.clear_last_message()
			return set()
		if not chosen or all(step.channel != engine.AGENCY for step in chosen.flow.steps):
			return set()
		planned = engine.plan(chosen.flow, facts.account, self.on)
		parts = planned.parts if planned else ()
		return {part.item.invoice for part in parts if part.step and part.step.channel == engine.AGENCY}

	# -------------------------------------------------------------- by law
	def law(self, facts: Facts, on: date) -> dunning_law.Law:
		"""Return the law that a customer is dunned by on a day, in its own currency."""
		return jurisdictions.law_of(jurisdictions.jurisdiction_of(self.company, facts.customer), on)

	def claim(self, facts: Facts, part: engine.Part) -> dunning_law.Claim:
		"""Return what the law wants to know of an item."""
		name, terms = part.item.invoice, jurisdictions.late_terms_of(self.company, facts.customer)
		invoiced_on, agreed = facts.invoiced.get(name), facts.accepted.get(name)
		return dunning_law.Claim(
			key=part.item.key,
			due=part.item.due,
			is_fee_agreed=jurisdictions.is_fee_agreed(facts.customer, self.company, invoiced_on),
			had_broken_plan=name in facts.broken_plans,
			invoiced=invoiced_on,
			received=agreed.received_on if agreed else None,
			acceptance=agreed.acceptance if agreed else None,
			are_terms_agreed=terms.is_due_date_agreed and terms.cover(invoiced_on),
		)

	def _overdue_from(self, facts: Facts, parts: Iterable[engine.Part], on: date) -> date:
		"""Return from when on a notice about some items may go, as far as procedures of acceptance put that off."""
		claims = [self.claim(facts, part) for part in parts if part.days > 0] if facts.accepted else []
		return (claims and dunning_law.overdue_from(self.law(facts, on), claims)) or on

	# -------------------------------------------------------------- of the days to come
	def coming(self, facts: Facts) -> tuple[Coming | None, str]:
		"""Return the step that a run gives a customer now or first, by what is known today; and why none comes although one is
		reached, empty where that is not so.

		What is set aside until a day is not foreseen, nor what the law will say of a fee.
		"""
		try:
			if facts.problem:
				raise DunningError(facts.problem)
			chosen = self.chosen(facts)
			payable = self._payable_days(facts)
		except frappe.ValidationError as problem:
			frappe.clear_last_message()
			return None, str(problem)
		if not chosen:
			return None, ""
		flows = [chosen.flow, *self.tests.shifted(chosen.flow, facts.customer)]
		days = (
			*days_of_change(flows, facts.account, self.on),
			*self.tests.turns(chosen.flow.name),
			*(day for day in payable if day > self.on),
		)

		def quiet(day: date) -> str:
			return self.flows.quiet_reason(chosen.flow.name, day)

		def planned_on(day: date) -> engine.Planned | None:
			planned, _taken = self.planned(facts, replace(chosen, quiet_reason=quiet(day)), day)
			is_written = planned and not planned.reason and planned.step
			if is_written and self._overdue_from(facts, planned.parts, day) > day:
				return None
			return planned

		coming = first_step(planned_on, days, lambda day: bool(quiet(day)))
		if coming:
			return coming, ""
		planned, _taken = self.planned(facts, chosen)
		reason = planned.reason if planned else ""
		return None, reason and dunning_reasons.text_of(planned, facts.account)

	def _payable_days(self, facts: Facts) -> set[date]:
		"""Return the days on which a customer's items become overdue that a procedure of acceptance puts off."""
		if not facts.accepted:
			return set()
		parts = [
			part for part in engine.chased(facts.account, self.on) if part.item.invoice in facts.accepted
		]
		law = self.law(facts, self.on)
		return set(filter(None, (dunning_law.overdue_from(law, [self.claim(facts, part)]) for part in parts)))
