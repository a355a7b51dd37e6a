"""The collections worklist: whom to call first and why, what to do next, and what a collector needs in front of them
(requirements §3). Reads only.

The order is made in SQL (`worklist_ranking.py`); what is shown of the customers of a page is exact, by the same rules as a
dunning run. The two agree: tests compare them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import dunning
from b2b_contracts.engine import worklist as engine
from b2b_contracts.engine.money import ONE, ZERO

from . import dunning_facts, dunning_steps, worklist_facts
from .worklist_facts import Known
from .worklist_ranking import Filters, Page, page

SETTINGS = "Worklist Settings"
LENGTH = 50


@dataclass(frozen=True, slots=True)
class Entry:
	"""A customer of the worklist. Amounts are in the company's currency; `left_out` is what of the overdue is not chased,
	`held` why a run gives them no step although one is reached."""

	customer: str
	known: Known
	accounts: tuple[dunning_facts.Facts, ...]
	parts: tuple[tuple[dunning.Part, Decimal], ...]
	debt: engine.Debt
	priority: engine.Priority
	action: engine.Action
	overdue: Decimal
	left_out: Mapping[str, Decimal]
	held: str = ""

	@property
	def days(self) -> int:
		"""How many days the oldest item is late that can be asked for, else the oldest that is late at all."""
		late = [part for part, _rate in self.parts if part.days > 0]
		return max(
			(part.days for part in late if part.chased), default=max((p.days for p in late), default=0)
		)

	@property
	def unkept(self) -> worklist_facts.Unkept | None:
		return unkept_of(self.known, self.parts)


# ------------------------------------------------------------------ the list
def weights() -> engine.Weights:
	"""Return what the factors weigh."""
	settings = frappe.get_cached_doc(SETTINGS)
	whole = ("age_days", "age_most", "broken_most", "dispute_days", "dispute_most")
	return engine.Weights(
		**{
			name: int(settings.get(name) or 0) if name in whole else money(settings.get(name))
			for name in engine.Weights.__dataclass_fields__
		}
	)


def listed(filters: Filters, start: int = 0, on: date | None = None) -> tuple[Page, list[Entry]]:
	"""Return a page of the list and its customers as they stand, by as many queries for one as for fifty."""
	on = on or getdate()
	weighed = weights()
	found = page(filters, on, weighed, max(0, start), LENGTH)
	return found, entries(filters.company, [row.customer for row in found.rows], on, weighed)


def entry(company: str, customer: str, on: date | None = None) -> Entry:
	"""Return one customer as they stand, whether they are on the list or not."""
	return entries(company, [customer], on or getdate(), weights())[0]


def entries(
	company: str,
	customers: list[str],
	on: date,
	weighed: engine.Weights,
	every: list[dunning_facts.Facts] | None = None,
) -> list[Entry]:
	"""Return customers as they stand, in the order given. `every` are the facts of their accounts where they are read already."""
	if not customers:
		return []
	known = worklist_facts.of(company, customers, on)
	every = dunning_facts.of(company, customers, on) if every is None else every
	steps = dunning_steps.StepBook(company, on)
	steps.hold(every)
	accounts = worklist_facts.by_customer(every)
	foreign = _foreign_rates(company, accounts)
	return [
		_entry(customer, known[customer], tuple(accounts.get(customer, ())), foreign, steps, on, weighed)
		for customer in customers
	]


def _foreign_rates(company: str, accounts: Mapping[str, list]) -> dict[str, Decimal]:
	own = company_currency(company)
	names = [
		item.invoice
		for of_customer in accounts.values()
		for account in of_customer
		if account.currency != own
		for item in account.account.items
	]
	return worklist_facts.rates(company, names)


def _entry(
	customer: str,
	known: Known,
	accounts: tuple[dunning_facts.Facts, ...],
	foreign: Mapping[str, Decimal],
	steps: dunning_steps.StepBook,
	on: date,
	weighed: engine.Weights,
) -> Entry:
	parts = tuple(
		(part, foreign.get(part.item.invoice, ONE))
		for account in accounts
		for part in dunning.chased(account.account, on)
	)
	debt = engine.debt_of(parts, on, weighed, known.risk_class, len(known.unkept), known.dispute_days)
	is_insolvent = any(account.account.is_insolvent for account in accounts)
	excluded = next((a.account.excluded for a in accounts if a.account.excluded), "")
	if is_insolvent or excluded:
		# Nothing is asked of whom dunning leaves alone.
		debt = replace(debt, chased=ZERO, disputed=ZERO, money_days=ZERO)
	left_out = _left_out(parts)
	found = [steps.coming(account) for account in accounts]
	unkept = unkept_of(known, parts)
	seen = engine.Situation(
		chased=debt.chased,
		left_out=left_out,
		is_insolvent=is_insolvent,
		excluded=excluded,
		broken_on=unkept.until if unkept else None,
		missed_on=known.missed_on,
		unanswered_since=known.unanswered_since,
		promised_until=known.promised_until,
		awaited_until=known.awaited_until,
		instalment_on=known.instalment_on,
		tasks=tuple(known.tasks),
		last_contact=known.last_contact and getdate(known.last_contact.on),
		can_be_written_to=known.can_be_written_to,
		has_flow=any(steps.has_flow(account) for account in accounts),
		coming=min((coming for coming, _why in found if coming), key=lambda one: one.day, default=None),
		held=" ".join(dict.fromkeys(why for _coming, why in found if why)),
	)
	return Entry(
		customer=customer,
		known=known,
		accounts=accounts,
		parts=parts,
		debt=debt,
		priority=engine.priority(debt, weighed),
		action=engine.next_best(seen, on),
		overdue=sum((part.item.open_amount * rate for part, rate in parts if part.days > 0), ZERO),
		left_out=left_out,
		held=seen.held,
	)


def unkept_of(known: Known, parts: Iterable[tuple[dunning.Part, Decimal]]) -> worklist_facts.Unkept | None:
	"""Return the newest promise that was not kept and whose money can still be asked for."""
	chased = {part.item.invoice for part, _rate in parts if part.chased}
	found = [promise for promise in known.unkept if not promise.invoice or promise.invoice in chased]
	return found[-1] if found else None


def _left_out(parts: Iterable[tuple[dunning.Part, Decimal]]) -> dict[str, Decimal]:
	found: dict[str, Decimal] = {}
	for part, rate in parts:
		for left in part.left_out if part.days > 0 else ():
			found[left.reason] = found.get(left.reason, ZERO) + left.amount * rate
	return found


# ------------------------------------------------------------------ whose
def collectors() -> list[str]:
	"""Return whose portfolios there are: everybody who is the collector of a customer."""
	customer = frappe.qb.DocType("Customer")
	return (
		frappe.qb.from_(customer)
		.select(customer.b2b_collector)
		.distinct()
		.where(customer.b2b_collector.isnotnull() & (customer.b2b_collector != ""))
		.orderby(customer.b2b_collector)
		.run(pluck=True)
	)
