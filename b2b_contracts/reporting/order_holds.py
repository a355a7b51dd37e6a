"""Order Holds: what waited, how fast it was answered, by whom and why, and what became of what was let go (requirements §2.4, §5).

Amounts are in the company's currency. A fixed number of queries, however many holds there are.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Max, Sum
from frappe.utils import add_days, get_datetime, getdate
from pypika import CustomFunction, Order
from pypika.terms import ExistsCriterion

from b2b_contracts.credit import book_facts, holds, log, policies
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.subjects import DELIVERY, INVOICE, ORDER
from b2b_contracts.engine import approval, facts, hold_answers, order_outcomes
from b2b_contracts.engine.money import ONE, ZERO
from b2b_contracts.engine.order_outcomes import Became, Settlement
from b2b_contracts.engine.working_hours import WorkingTime, hours_between

PROFILE = holds.PROFILE_DOCTYPE
ORDERS, GOODS, CUSTOMERS = "Orders", "Deliveries and invoices", "Customers"
SUBJECTS = {ORDERS: (ORDER,), GOODS: (DELIVERY, INVOICE), CUSTOMERS: (PROFILE,)}
# What a policy says of a working day where there is none.
DAY = (time(8), time(16))

DateFormat = CustomFunction("DATE_FORMAT", ["day", "format"])

FIELDS = (
	*("name", "customer", "company", "reference_doctype", "reference_name", "status", "action"),
	*("creation", "response_due", "is_premium", "required_role", "escalated_to", "order_amount"),
	*("utilisation", "over_amount", "approved_excess", "cleared_on", "salesperson", "credit_advice"),
	*("against_advice", "released_by", "released_as", "released_on", "release_reason", "valid_until"),
	*("rejected_by", "reject_reason", "minutes"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
	"""Whose holds: opened from a day to a day (both in it), with those that are open still, of a kind of `SUBJECTS`. What is open
	has waited until `now`."""

	company: str
	since: date
	until: date
	now: datetime
	customers: list[str] | None = None
	about: str = ORDERS


@dataclass(frozen=True, slots=True)
class Held:
	"""A hold. `hours` are working hours from when it was opened to its answer (or end, or now), `over` those past its clock,
	negative what was left of it. `became` is of an order that was let go."""

	row: frappe._dict
	segment: str
	customer_name: str
	reasons: tuple[str, ...]
	clock: str
	answered_on: datetime | None
	answered_by: str | None
	in_stead_of: str | None
	hours: Decimal
	over: Decimal | None
	became: Became | None = None

	@property
	def is_open(self) -> bool:
		return self.row.status == holds.OPEN

	@property
	def is_released(self) -> bool:
		"""Whether a person let it go, also where that release has ended since."""
		return bool(self.row.released_on)

	@property
	def is_rejected(self) -> bool:
		return self.row.status == holds.REJECTED

	@property
	def is_answered(self) -> bool:
		return self.is_released or self.is_rejected

	@property
	def month(self) -> str:
		return f"{self.row.creation:%Y-%m}"


@dataclass(slots=True)
class Decided:
	"""How many orders were decided about when they were submitted, and how many of them were held."""

	orders: int = 0
	held: int = 0

	def add(self, other: "Decided") -> None:
		self.orders += other.orders
		self.held += other.held


class Found:
	"""What was found of it."""

	def __init__(self, wanted: Wanted):
		self.wanted = wanted
		self.currency = company_currency(wanted.company)
		self.policy = policies.active(wanted.company)

	@cached_property
	def holds(self) -> list[Held]:
		"""The holds, the newest first."""
		rows = _holds(self.wanted)
		if not rows:
			return []
		reasons, rejected = _reasons(self.wanted), _rejected_on(self.wanted)
		working = _working_time(self.wanted, self.policy, rows)
		deputies = _deputies(rows)
		became = _outcomes(
			[row.reference_name for row in rows if row.released_on and row.reference_doctype == ORDER],
			self.wanted,
		)
		return [
			self._held(row, tuple(reasons.get(row.name, ())), rejected, working, deputies, became)
			for row in rows
		]

	def _held(self, row, reasons, rejected, working, deputies, became) -> Held:
		is_rejected = row.status == holds.REJECTED
		answered = row.released_on or (rejected.get(row.name) if is_rejected else None)
		now = self.wanted.now
		ended = row.cleared_on
		clock = hold_answers.clock(
			hold_answers.Hold(row.creation, row.response_due, answered, ended, row.status == holds.OPEN), now
		)
		until = answered or ended or (now if row.status == holds.OPEN else row.creation)
		return Held(
			row=row,
			segment=row.segment or "",
			customer_name=row.customer_name or row.customer,
			reasons=reasons,
			clock=clock,
			answered_on=answered,
			answered_by=row.released_by if row.released_on else row.rejected_by if is_rejected else None,
			in_stead_of=deputies.get(row.name),
			hours=hours_between(row.creation, until, working),
			over=hours_between(row.response_due, until, working)
			if row.response_due and (answered or row.status == holds.OPEN)
			else None,
			became=became.get(row.reference_name)
			if row.released_on and row.reference_doctype == ORDER
			else None,
		)

	@cached_property
	def decided(self) -> dict[tuple[str, str, str], Decided]:
		"""Orders decided about, by (customer, segment, month of the decision)."""
		return _decided(self.wanted)


# ------------------------------------------------------------------ holds
def _of_wanted(query, hold, wanted: Wanted):
	in_period = (hold.creation >= wanted.since) & (hold.creation < add_days(wanted.until, 1))
	query = (
		query.where(hold.company == wanted.company)
		.where(in_period | (hold.status == holds.OPEN))
		.where(hold.reference_doctype.isin(SUBJECTS[wanted.about]))
	)
	return query if wanted.customers is None else query.where(hold.customer.isin(wanted.customers or [""]))


def _holds(wanted: Wanted) -> list[frappe._dict]:
	hold, profile, customer = (frappe.qb.DocType(d) for d in ("Credit Hold", PROFILE, "Customer"))
	query = (
		frappe.qb.from_(hold)
		.left_join(profile)
		.on((profile.customer == hold.customer) & (profile.company == hold.company))
		.left_join(customer)
		.on(customer.name == hold.customer)
		.select(*(hold[name] for name in FIELDS), profile.segment, customer.customer_name)
		.orderby(hold.creation, order=Order.desc)
		.orderby(hold.name)
	)
	rows = _of_wanted(query, hold, wanted).run(as_dict=True)
	for row in rows:
		for name in ("creation", "response_due", "released_on", "cleared_on"):
			row[name] = get_datetime(row[name]) if row[name] else None
	return rows


def _reasons(wanted: Wanted) -> dict[str, list[str]]:
	hold, reason = frappe.qb.DocType("Credit Hold"), frappe.qb.DocType("Credit Hold Reason")
	query = (
		frappe.qb.from_(reason)
		.join(hold)
		.on((hold.name == reason.parent) & (reason.parenttype == "Credit Hold"))
		.select(hold.name, reason.rule)
		.orderby(hold.name)
		.orderby(reason.idx)
	)
	found: dict[str, list[str]] = defaultdict(list)
	for name, rule in _of_wanted(query, hold, wanted).run():
		if rule not in found[name]:
			found[name].append(rule)
	return found


def _rejected_on(wanted: Wanted) -> dict[str, datetime]:
	"""Return when holds were rejected: the decision log knows, the hold itself does not."""
	hold, decision = frappe.qb.DocType("Credit Hold"), frappe.qb.DocType("Credit Decision")
	query = (
		frappe.qb.from_(decision)
		.join(hold)
		.on(hold.name == decision.credit_hold)
		.select(hold.name, Max(decision.decided_on))
		.where((decision.kind == log.REJECT) & (hold.status == holds.REJECTED))
		.groupby(hold.name)
	)
	return {name: get_datetime(on) for name, on in _of_wanted(query, hold, wanted).run()}


def _working_time(wanted: Wanted, policy, rows) -> WorkingTime:
	"""Return the working time by today's policy, with the days off of the whole time that is looked at."""
	start, end = (policy.workday_start, policy.workday_end) if policy else DAY
	first = min(row.creation for row in rows).date()
	last = max(
		[wanted.now, *(moment for row in rows for moment in (row.response_due, row.released_on) if moment)]
	).date()
	off = days_off(wanted.company, policy.holiday_list if policy else None, first, last)
	return WorkingTime(start, end, off)


def days_off(company: str, holiday_list: str | None, first: date, last: date) -> set[date]:
	"""Return the days off between two days, by the rule of `holds.days_off`, which looks a year ahead."""
	found: set[date] = set()
	day = first
	while day <= last:
		found |= holds.days_off(company, holiday_list, day)
		day = getdate(add_days(day, 366))
	return found


def _deputies(rows) -> dict[str, str]:
	"""Return in whose stead a hold was released, by hold: the log keeps the role, not who lent it.

	It was lent where whoever released it has no such role, nor a higher one, and was somebody's deputy on that day who has.
	"""
	released = [row for row in rows if row.released_on and row.released_by and row.released_as]
	if not released:
		return {}
	deputy, has_role = frappe.qb.DocType("Credit Deputy"), frappe.qb.DocType("Has Role")
	lent = (
		frappe.qb.from_(deputy)
		.select(deputy.deputy, deputy.deputy_for, deputy.from_date, deputy.to_date)
		.where(deputy.deputy.isin(sorted({row.released_by for row in released})))
		.orderby(deputy.creation)
		.run()
	)
	if not lent:
		return {}
	users = {user for one in lent for user in one[:2]}
	roles: dict[str, set[str]] = defaultdict(set)
	query = frappe.qb.from_(has_role).select(has_role.parent, has_role.role)
	for user, role in query.where((has_role.parenttype == "User") & has_role.parent.isin(list(users))).run():
		roles[user].add(role)
	found = {}
	for row in released:
		if approval.may_act_for(roles[row.released_by], row.released_as):
			continue
		on = row.released_on.date()
		for user, absent, since, until in lent:
			is_then = user == row.released_by and getdate(since) <= on <= getdate(until)
			if is_then and row.released_as in roles[absent]:
				found[row.name] = absent
				break
	return found


def names_of(customers: Iterable[str]) -> dict[str, str]:
	"""Return what customers are called."""
	customer = frappe.qb.DocType("Customer")
	query = frappe.qb.from_(customer).select(customer.name, customer.customer_name)
	called = dict(query.where(customer.name.isin(list(customers) or [""])).run())
	return {name: called.get(name) or name for name in customers}


# ------------------------------------------------------------------ of how many
def _decided(wanted: Wanted) -> dict[tuple[str, str, str], Decided]:
	"""Return how many orders were decided about at their submit under an enforced policy, and how many of them have been held
	since then, be it at once or by a later change."""
	decision, profile = frappe.qb.DocType("Credit Decision"), frappe.qb.DocType(PROFILE)
	hold = frappe.qb.DocType("Credit Hold")
	was_held = ExistsCriterion(
		frappe.qb.from_(hold)
		.select(hold.name)
		.where((hold.reference_doctype == ORDER) & (hold.reference_name == decision.reference_name))
	)
	month = DateFormat(decision.decided_on, "%Y-%m")
	segment = Coalesce(profile.segment, "")
	query = (
		frappe.qb.from_(decision)
		.left_join(profile)
		.on((profile.customer == decision.customer) & (profile.company == decision.company))
		.select(
			decision.customer,
			segment,
			month,
			Count(decision.reference_name).distinct(),
			Count(Case().when(was_held, decision.reference_name)).distinct(),
		)
		.where((decision.company == wanted.company) & (decision.reference_doctype == ORDER))
		.where((decision.kind == log.SUBMIT) & (decision.mode == facts.ENFORCE))
		.where((decision.decided_on >= wanted.since) & (decision.decided_on < add_days(wanted.until, 1)))
		.groupby(decision.customer, segment, month)
	)
	if wanted.customers is not None:
		query = query.where(decision.customer.isin(wanted.customers or [""]))
	return {(customer, of, on): Decided(orders, held) for customer, of, on, orders, held in query.run()}


# ------------------------------------------------------------------ what became of it
def _outcomes(orders: Iterable[str], wanted: Wanted) -> dict[str, Became]:
	"""Return what became of orders, by today."""
	orders = sorted(set(orders))
	if not orders:
		return {}
	order = frappe.qb.DocType(ORDER)
	states = (
		frappe.qb.from_(order)
		.select(order.name, order.docstatus, order.status, order.per_billed)
		.where(order.name.isin(orders))
		.run()
	)
	of_order = _invoices_of(orders)
	invoices = _invoices({name for names in of_order.values() for name in names}, wanted)
	today = wanted.now.date()
	return {
		name: order_outcomes.became(
			[invoices[invoice] for invoice in of_order.get(name, ())],
			is_over=docstatus == 2 or status == "Closed",
			is_billed=money(billed) >= 100,
			today=today,
		)
		for name, docstatus, status, billed in states
	}


def _invoices_of(orders: list[str]) -> dict[str, list[str]]:
	item, invoice = frappe.qb.DocType("Sales Invoice Item"), frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(item)
		.join(invoice)
		.on(invoice.name == item.parent)
		.select(item.sales_order, invoice.name)
		.distinct()
		.where(item.sales_order.isin(orders) & (invoice.docstatus == 1) & (invoice.is_return == 0))
		.orderby(invoice.name)
		.run()
	)
	found: dict[str, list[str]] = defaultdict(list)
	for order, name in rows:
		found[order].append(name)
	return found


def _invoices(names: set[str], wanted: Wanted) -> dict[str, order_outcomes.Invoice]:
	"""Return invoices as the ledger has them, in the currency of their receivable account."""
	if not names:
		return {}
	invoice = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(invoice)
		.select(
			invoice.name,
			invoice.due_date,
			invoice.b2b_original_due_date,
			invoice.party_account_currency,
			invoice.conversion_rate,
		)
		.where(invoice.name.isin(list(names)))
		.run(as_dict=True)
	)
	own = company_currency(wanted.company)
	foreign = {row.name for row in rows if (row.party_account_currency or own) != own}
	amounts, settlements = _settlements(names, wanted.company)
	schedule = _schedule(names, foreign)
	found = {}
	for row in rows:
		amount, due = amounts.get(row.name, ZERO), getdate(row.b2b_original_due_date or row.due_date)
		parts = schedule.get(row.name, ())
		found[row.name] = order_outcomes.Invoice(
			amount=amount,
			# Of an invoice that was given a later due date, the original one counts.
			dues=parts if len(parts) > 1 and not row.b2b_original_due_date else [(due, amount)],
			settlements=tuple(settlements.get(row.name, ())),
			rate=money(row.conversion_rate) if row.name in foreign else ONE,
		)
	return found


def _schedule(names: set[str], foreign: set[str]) -> dict[str, list[tuple[date, Decimal]]]:
	row = frappe.qb.DocType("Payment Schedule")
	rows = (
		frappe.qb.from_(row)
		.select(row.parent, row.due_date, row.payment_amount, row.base_payment_amount)
		.where((row.parenttype == INVOICE) & row.parent.isin(list(names)))
		.orderby(row.parent)
		.orderby(row.idx)
		.run()
	)
	found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
	for name, due, amount, base in rows:
		found[name].append((getdate(due), money(amount if name in foreign else base)))
	return found


def _settlements(names: set[str], company: str) -> tuple[dict[str, Decimal], dict[str, list[Settlement]]]:
	"""Return what invoices are over by the payment ledger, and what was set against each, by day and kind."""
	entry, journal = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType("Journal Entry")
	rows = (
		frappe.qb.from_(entry)
		.left_join(journal)
		.on((journal.name == entry.voucher_no) & (entry.voucher_type == "Journal Entry"))
		.select(
			entry.against_voucher_no,
			entry.voucher_type,
			entry.voucher_no,
			entry.posting_date,
			journal.voucher_type,
			Sum(entry.amount_in_account_currency),
		)
		.where((entry.against_voucher_type == INVOICE) & entry.against_voucher_no.isin(list(names)))
		.where((entry.delinked == 0) & (entry.party_type == "Customer"))
		.groupby(
			entry.against_voucher_no,
			entry.voucher_type,
			entry.voucher_no,
			entry.posting_date,
			journal.voucher_type,
		)
		.run()
	)
	write_off = frappe.get_cached_value("Company", company, "write_off_account")
	accounts = [write_off] if write_off else []
	lost_journals = book_facts.journals_on(
		[row[2] for row in rows if row[1] == "Journal Entry"] or [""], accounts
	)
	losses = book_facts.written_off([row[2] for row in rows if row[1] == "Payment Entry"] or [""], accounts)
	amounts: dict[str, Decimal] = defaultdict(Decimal)
	found: dict[str, list[Settlement]] = defaultdict(list)
	for invoice, doctype, voucher, on, kind, amount in rows:
		if (doctype, voucher) == (INVOICE, invoice):
			amounts[invoice] += money(amount)
			continue
		for of_kind, part in _kinds(doctype, voucher, kind, -money(amount), lost_journals, losses):
			found[invoice].append(Settlement(getdate(on), part, of_kind))
	return amounts, found


def _kinds(doctype: str, voucher: str, kind: str | None, amount: Decimal, lost_journals, losses):
	"""Split what was set against an invoice into money, credit and loss, as the book of a back-test has it (book_export.py)."""
	if doctype == INVOICE:
		return [(order_outcomes.CREDIT, amount)]
	if doctype == "Journal Entry" and (kind == "Write Off Entry" or voucher in lost_journals):
		return [(order_outcomes.LOSS, amount)]
	lost, whole = map(money, losses.get(voucher, (0, 0)))
	if doctype == "Payment Entry" and lost > 0 and whole > 0:
		loss = amount * lost / whole
		return [(order_outcomes.LOSS, loss), (order_outcomes.PAID, amount - loss)]
	return [(order_outcomes.PAID, amount)]
