"""What customers have promised and agreed to pay, whether they did, and what comes next: promises to pay and payment plans
(requirements §3, §5). Four queries, however many there are.

Amounts are in the currency of the receivable account, as they stand on the promise or the plan.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe.utils import getdate

from b2b_contracts.collections import plan_facts
from b2b_contracts.collections.promises import PROMISE
from b2b_contracts.credit import people as people_of
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import plans as plan_rules
from b2b_contracts.engine import promises as promise_rules
from b2b_contracts.engine.agreements import Tally
from b2b_contracts.engine.money import ZERO

INSTALMENT = "Instalment"
# When a plan of a status came to its end.
ENDED = {plan_facts.COMPLETED: "completed_on", plan_facts.BROKEN: "broken_on"}
JUDGED = (promise_rules.KEPT, promise_rules.PARTLY, promise_rules.BROKEN, promise_rules.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Wanted:
	"""What is asked for: a company's, of some customers (None: all), what came to an end from one day to another and what has
	not yet; of one `collector` ("": of all)."""

	company: str
	since: date
	until: date
	customers: list[str] | None = None
	collector: str = ""


@dataclass(frozen=True, slots=True)
class Part:
	"""An instalment of a plan."""

	number: int
	due: date
	amount: Decimal
	paid: Decimal
	status: str

	@property
	def unpaid(self) -> Decimal:
		return max(ZERO, self.amount - self.paid)


@dataclass(slots=True)
class Agreement:
	"""A promise or a plan. `due` is the day that was promised, of a plan its next unpaid instalment (None: none), `ended` the day
	on which it was judged, completed or broken. `made` is when it was made, or approved."""

	doctype: str
	name: str
	customer: str
	customer_name: str
	collector: str
	currency: str
	status: str
	amount: Decimal
	paid: Decimal
	made: date | None
	due: date | None
	ended: date | None
	by: str = ""
	invoice: str = ""
	parts: tuple[Part, ...] = ()

	@property
	def is_plan(self) -> bool:
		return self.doctype == plan_facts.PLAN

	@property
	def is_live(self) -> bool:
		return self.status in plan_facts.LIVE if self.is_plan else self.status == promise_rules.OPEN

	@property
	def missing(self) -> Decimal:
		return max(ZERO, self.amount - self.paid)


@dataclass(frozen=True, slots=True)
class Due:
	"""Money that is to come on a day: an instalment, or what is promised. `number` counts the instalments from 1."""

	agreement: Agreement
	day: date
	amount: Decimal
	number: int = 0


@dataclass(slots=True)
class Found:
	"""The promises and plans, the names of people in them, and when the report is made."""

	promises: list[Agreement]
	plans: list[Agreement]
	people: dict[str, str]
	since: date
	until: date
	today: date = field(default_factory=getdate)

	def dues(self, within: int) -> list[Due]:
		"""Return what is to come within so many days, and what should have come already, the earliest first."""
		last = self.today + timedelta(days=within)
		found = [Due(one, one.due, one.missing) for one in self.promises if one.is_live]
		found += [
			Due(plan, part.due, part.unpaid, part.number)
			for plan in self.plans
			if plan.is_live
			for part in plan.parts
			if part.unpaid
		]
		due = [one for one in found if one.day <= last and one.amount]
		return sorted(due, key=lambda one: (one.day, one.agreement.customer_name, one.agreement.name))

	def tally(self) -> Tally:
		"""Return what became of all, whatever the currency: its amounts mean nothing where there are several."""
		return self._tallied(lambda one, day: ("",)).get(("",)) or Tally()

	def by_collector(self) -> dict[tuple[str, str], Tally]:
		"""Return what became of them by the customer's collector ("" for none) and currency."""
		return self._tallied(lambda one, day: (one.collector, one.currency))

	def by_month(self) -> dict[tuple[str, str], Tally]:
		"""Return what became of them by the month in which that was known ("2026-03") and currency."""
		return self._tallied(lambda one, day: (day.strftime("%Y-%m"), one.currency))

	def _tallied(self, key_of) -> dict[tuple, Tally]:
		found: dict[tuple, Tally] = defaultdict(Tally)
		for one in self.promises:
			if one.ended and one.status != promise_rules.WITHDRAWN:
				found[key_of(one, one.ended)].add_promise(one.status, one.amount, one.paid)
		for plan in self.plans:
			if plan.ended:
				found[key_of(plan, plan.ended)].add_plan(plan.status)
			for part in plan.parts:
				is_paid, is_missed = part.status == plan_rules.PAID, part.status == plan_rules.MISSED
				if self.since <= part.due <= self.until and (is_paid or is_missed):
					found[key_of(plan, part.due)].add_instalment(is_paid, is_missed)
		return dict(sorted(found.items()))


def read(wanted: Wanted) -> Found:
	"""Return the promises and plans of a company that are open, and those that came to an end in the time asked for."""
	promises, plans = _promises(wanted), _plans(wanted)
	users = {one.collector for one in (*promises, *plans)} | {one.by for one in (*promises, *plans)}
	return Found(promises, plans, people_of.full_names(users), wanted.since, wanted.until)


def _of(query, doc, customer, wanted: Wanted):
	query = (
		query.join(customer)
		.on(customer.name == doc.customer)
		.select(doc.name, doc.customer, doc.currency, doc.status, customer.customer_name)
		.select(customer.b2b_collector)
		.where(doc.company == wanted.company)
	)
	if wanted.customers is not None:
		query = query.where(doc.customer.isin(wanted.customers or [""]))
	if wanted.collector:
		query = query.where(customer.b2b_collector == wanted.collector)
	return query.orderby(doc.name)


def _promises(wanted: Wanted) -> list[Agreement]:
	promise, customer = frappe.qb.DocType(PROMISE), frappe.qb.DocType("Customer")
	rows = (
		_of(frappe.qb.from_(promise), promise, customer, wanted)
		.select(promise.amount, promise.paid_amount, promise.made_on, promise.promised_date)
		.select(promise.judged_on, promise.owner, promise.sales_invoice)
		.where(
			(promise.status == promise_rules.OPEN)
			| (promise.status.isin(JUDGED) & promise.judged_on[wanted.since : wanted.until])
		)
		.run(as_dict=True)
	)
	return [
		Agreement(
			doctype=PROMISE,
			**_who(row),
			amount=money(row.amount),
			paid=money(row.paid_amount),
			made=_day(row.made_on),
			due=_day(row.promised_date),
			ended=_day(row.judged_on) if row.status != promise_rules.OPEN else None,
			by=row.owner,
			invoice=row.sales_invoice or "",
		)
		for row in rows
	]


def _plans(wanted: Wanted) -> list[Agreement]:
	plan, customer = frappe.qb.DocType(plan_facts.PLAN), frappe.qb.DocType("Customer")
	is_wanted = plan.status.isin(plan_facts.LIVE)
	for status, ended_on in ENDED.items():
		is_wanted |= (plan.status == status) & plan[ended_on][wanted.since : wanted.until]
	query = _of(frappe.qb.from_(plan), plan, customer, wanted).where((plan.docstatus == 1) & is_wanted)
	rows = query.select(
		plan.total_amount, plan.approved_on, plan.approved_by, plan.completed_on, plan.broken_on
	).run(as_dict=True)
	parts = plan_facts.instalments_of([row.name for row in rows])
	return [_plan(row, tuple(map(_part, parts.get(row.name, ())))) for row in rows]


def _plan(row: frappe._dict, parts: tuple[Part, ...]) -> Agreement:
	return Agreement(
		doctype=plan_facts.PLAN,
		**_who(row),
		amount=money(row.total_amount),
		paid=sum((part.paid for part in parts), ZERO),
		made=_day(row.approved_on),
		due=min((part.due for part in parts if part.unpaid), default=None)
		if row.status in plan_facts.LIVE
		else None,
		ended=_day(row[ENDED[row.status]]) if row.status in ENDED else None,
		by=row.approved_by or "",
		parts=parts,
	)


def _part(row: frappe._dict) -> Part:
	return Part(row.idx, getdate(row.due_date), money(row.amount), money(row.paid_amount), row.status)


def _who(row: frappe._dict) -> dict:
	return {
		"name": row.name,
		"customer": row.customer,
		"customer_name": row.customer_name or row.customer,
		"collector": row.b2b_collector or "",
		"currency": row.currency,
		"status": row.status,
	}


def _day(value) -> date | None:
	return getdate(value) if value else None
