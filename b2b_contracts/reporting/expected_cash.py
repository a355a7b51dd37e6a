"""What customers owe, how far it is chased, and when it is expected (requirements §5): the open items of the ledger, as the ageing
has them, with what reminders know of each and what was agreed. As of today; amounts in the company's currency.

The number of queries does not depend on what they find.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import frappe

from b2b_contracts.collections import dunning_facts, plan_facts, promises, unallocated, worklist
from b2b_contracts.collections.invoices import INVOICE
from b2b_contracts.collections.worklist_ranking import OPEN_DISPUTES
from b2b_contracts.credit import coverage_facts, people
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import ageing, cash_forecast, dunning
from b2b_contracts.engine.ageing import Row
from b2b_contracts.engine.cash_forecast import Account, Forecast, Habit, Sums
from b2b_contracts.engine.money import ONE, ZERO, to_cents
from b2b_contracts.engine.plans import Instalment
from b2b_contracts.engine.worklist import Weights

from . import receivables

# How far back somebody's payments say how they pay.
DAYS_OF_HABIT = 365


@dataclass(frozen=True, slots=True)
class Wanted:
	"""Whose debts are asked for: those of some customers of a company (None: of all), of one `collector` ("": of all).

	`with_actions` finds the next action of each customer, of those that owe most overdue where there are more than so many;
	`with_secured` what securities cover.
	"""

	company: str
	today: date
	customers: list[str] | None = None
	collector: str = ""
	with_actions: int = 0
	with_secured: bool = False


@dataclass(slots=True)
class Document:
	"""An open document: what is owed, what of it is overdue and since when, which step it has had, and when it is expected."""

	row: Row
	sums: Sums
	overdue: Decimal = ZERO
	days: int = 0
	had: dunning.Had | None = None
	next_day: date | None = None
	promise: str = ""
	plan: str = ""
	dispute: str = ""


@dataclass(slots=True)
class Debtor:
	"""A customer: the documents, what they come to, how the customer pays, and what was agreed next: a promise, an instalment (its
	day and its plan)."""

	name: str
	shown: str
	collector: str
	sums: Sums
	habit: Habit
	documents: list[Document] = field(default_factory=list)
	is_insolvent: bool = False
	promise: frappe._dict | None = None
	instalment: tuple[date, str] | None = None
	entry: worklist.Entry | None = None

	@property
	def owed(self) -> Decimal:
		return self.sums.total

	@property
	def overdue(self) -> Decimal:
		return sum((document.overdue for document in self.documents), ZERO)

	@property
	def days(self) -> int:
		return max((document.days for document in self.documents), default=0)

	@property
	def had(self) -> dunning.Had | None:
		"""The last step that any item has had."""
		return _last(document.had for document in self.documents if document.had)

	@property
	def dispute(self) -> str:
		return next((document.dispute for document in self.documents if document.dispute), "")


@dataclass(slots=True)
class Found:
	"""Who owes what, the totals of the ledger, what people are called, and how everybody pays whom the reader may see."""

	wanted: Wanted
	currency: str
	first: date
	debtors: list[Debtor]
	books: receivables.Found
	everybody: Habit
	people: dict[str, str]
	without_action: int = 0

	def sums(self) -> Sums:
		total = Sums(self.first)
		for debtor in self.debtors:
			total.merge(debtor.sums)
		return total


def read(wanted: Wanted, seen: list[str] | None = None) -> Found:
	"""Return what is owed. `seen` are the customers whose behaviour stands in for who has none (None: all)."""
	customers = _of_collector(wanted)
	books = receivables.read(
		receivables.Wanted(
			(wanted.company,),
			wanted.today,
			customers=customers,
			with_aside=False,
			with_secured=wanted.with_secured,
		)
	)
	names = sorted({item.customer for item in books.items})
	every = dunning_facts.of(wanted.company, names, wanted.today)
	habits = coverage_facts.habits(wanted.company, wanted.today - timedelta(days=DAYS_OF_HABIT), seen)
	about = _customers(names)
	agreed = _Agreed(wanted, names, books.items, every)
	first = cash_forecast.monday_of(wanted.today)
	found = Found(wanted, books.currency(wanted.company), first, [], books, _together(habits.values()), {})
	items: dict[str, list[Row]] = defaultdict(list)
	for item in books.items:
		items[item.customer].append(item)
	for name in names:
		who = about[name]
		debtor = Debtor(
			name,
			who.customer_name or name,
			who.b2b_collector or "",
			Sums(first),
			habits.get(name) or Habit(),
			is_insolvent=name in agreed.insolvent,
			promise=agreed.next_promise.get(name),
		)
		_fill(debtor, items[name], agreed, found)
		found.debtors.append(debtor)
	found.debtors.sort(key=lambda debtor: (-debtor.overdue, -debtor.owed, debtor.name))
	if wanted.with_actions:
		_find_actions(found, every, worklist.weights())
	found.people = people.full_names({debtor.collector for debtor in found.debtors})
	return found


def _of_collector(wanted: Wanted) -> list[str] | None:
	if not wanted.collector:
		return wanted.customers
	mine = frappe.get_all("Customer", filters={"b2b_collector": wanted.collector}, pluck="name")
	return mine if wanted.customers is None else sorted({*mine} & {*wanted.customers})


def _customers(names: Sequence[str]) -> dict[str, frappe._dict]:
	rows = frappe.get_all(
		"Customer",
		filters={"name": ["in", [*names, ""]]},
		fields=["name", "customer_name", "b2b_collector"],
	)
	found = {row.name: row for row in rows}
	return {name: found.get(name) or frappe._dict() for name in names}


def _together(habits: Iterable[Habit]) -> Habit:
	paid: dict[int, Decimal] = defaultdict(lambda: ZERO)
	payments = 0
	for habit in habits:
		payments += habit.payments
		for week, amount in habit.paid.items():
			paid[week] += amount
	return Habit(dict(paid), payments)


def _find_actions(found: Found, every: list[dunning_facts.Facts], weights: Weights) -> None:
	"""Find what to do next, by the worklist's own rules, of the customers that owe most overdue."""
	asked = found.debtors[: found.wanted.with_actions]
	names = {debtor.name for debtor in asked}
	entries = worklist.entries(
		found.wanted.company,
		[debtor.name for debtor in asked],
		found.wanted.today,
		weights,
		[facts for facts in every if facts.customer in names],
	)
	for debtor, entry in zip(asked, entries, strict=True):
		debtor.entry = entry
	found.without_action = len(found.debtors) - len(asked)


# ------------------------------------------------------------------ what was agreed
class _Agreed:
	"""What was agreed with some customers, and what reminders know of their invoices."""

	def __init__(self, wanted: Wanted, names: list[str], items: list[Row], every: list[dunning_facts.Facts]):
		company, today = wanted.company, wanted.today
		self.today = today
		self.facts = {(facts.customer, facts.currency): facts for facts in every}
		self.insolvent = dunning_facts.insolvent_among(names)
		invoices = {item.voucher for item in items if item.doctype == INVOICE and item.open > 0}
		self.announced = {
			name: day for name, (_amount, day) in dunning_facts.awaited(company, names, today).items()
		}
		self.plan_of = plan_facts.live_plans_over(sorted(invoices), None)
		parts = plan_facts.instalments_of(sorted(set(self.plan_of.values())))
		self.instalments = {
			plan: tuple(
				Instalment(row.due_date, max(ZERO, money(row.amount) - money(row.paid_amount)))
				for row in rows
			)
			for plan, rows in parts.items()
		}
		self.dispute_of = _disputes(sorted(invoices))
		# Of whom no invoice is open, reminders know nothing.
		unknown = {item.customer for item in items} - {facts.customer for facts in every}
		self.credits = unallocated.credits(company, sorted(unknown))
		self.next_promise: dict[str, frappe._dict] = {}
		self.promise_of: dict[str, frappe._dict] = {}
		self.promises: dict[tuple[str, str], list[frappe._dict]] = defaultdict(list)
		for row in promises.waited_for(company, names, today):
			self.next_promise.setdefault(row.customer, row)
			if row.sales_invoice:
				self.promise_of.setdefault(row.sales_invoice, row)
			else:
				self.promises[row.customer, row.currency].append(row)

	def next_day_of(self, plan: str) -> date:
		"""Return when the next unpaid instalment of a plan is due; today where all are paid and nobody has looked yet."""
		unpaid = [one.due for one in self.instalments.get(plan, ()) if one.amount]
		return min(unpaid, default=self.today)

	def usable_credits(self, customer: str, currency: str) -> Decimal:
		"""Return what is to a customer's credit and not for goods to come, in the currency of the account."""
		facts = self.facts.get((customer, currency))
		return facts.account.credits if facts else self.credits.get((customer, currency), ZERO)


def _disputes(invoices: list[str]) -> dict[str, str]:
	"""Return the oldest open dispute over each of some invoices."""
	row, dispute = frappe.qb.DocType("Dispute Invoice"), frappe.qb.DocType("Dispute")
	rows = (
		frappe.qb.from_(row)
		.join(dispute)
		.on((dispute.name == row.parent) & (row.parenttype == "Dispute"))
		.select(row.sales_invoice, dispute.name)
		.where(row.sales_invoice.isin(invoices or [""]) & dispute.status.isin(OPEN_DISPUTES))
		.orderby(dispute.opened_on, dispute.creation, dispute.name)
		.run()
	)
	found: dict[str, str] = {}
	for invoice, name in rows:
		found.setdefault(invoice, name)
	return found


# ------------------------------------------------------------------ one customer
def _fill(debtor: Debtor, rows: list[Row], agreed: _Agreed, found: Found) -> None:
	"""Add what a customer owes, account by account: credits in one currency cover nothing in another."""
	accounts: dict[str, list[Row]] = defaultdict(list)
	for row in rows:
		accounts[row.currency].append(row)
	for currency, of_account in sorted(accounts.items()):
		documents = _documents(debtor, currency, of_account, agreed, found)
		debtor.documents += documents
		for document in documents:
			debtor.sums.merge(document.sums)
	plans = {document.plan for document in debtor.documents if document.plan}
	debtor.instalment = min(((agreed.next_day_of(plan), plan) for plan in plans), default=None)
	debtor.documents.sort(key=lambda document: (document.row.due, document.row.voucher))


def _documents(
	debtor: Debtor, currency: str, rows: list[Row], agreed: _Agreed, found: Found
) -> list[Document]:
	facts = agreed.facts.get((debtor.name, currency))
	known: dict[str, list[dunning.Item]] = defaultdict(list)
	for item in facts.account.items if facts else ():
		known[item.invoice].append(item)
	of_key: dict[str, Document] = {}
	made, items = [], []
	for row in rows:
		document = Document(row, Sums(found.first))
		made.append(document)
		if row.is_unexplained:
			document.sums.unexplained += row.open
		elif row.open <= 0:
			document.sums.credits += row.open
		else:
			of_row = _items(row, known[row.voucher] if row.doctype == INVOICE else [])
			of_key |= {item.key: document for item in of_row}
			items += of_row
			_describe(document, of_row, agreed, agreed.today)
	account = _account(debtor, currency, rows, items, facts, agreed)
	for forecast in cash_forecast.forecast(account, debtor.habit, found.everybody, agreed.today):
		document = of_key[forecast.item.key]
		document.sums.add([forecast])
		document.next_day = _earlier(document.next_day, forecast)
	return made


def _earlier(day: date | None, forecast: Forecast) -> date | None:
	return min(filter(None, (day, forecast.next_day)), default=None)


def _items(row: Row, known: list[dunning.Item]) -> list[dunning.Item]:
	"""Return what is open of a document as reminders see it (`known`), in the company's currency: together what the ledger says."""
	if not known:
		name = f"{row.account} {row.doctype} {row.voucher}"
		return [
			dunning.Item(f"{name} {number}", row.voucher, part.day, part.open)
			for number, part in enumerate(ageing.parts_of(row))
			if part.open > 0
		]
	opens = ageing.split_by_share(row.open, [item.open_amount for item in known])
	return [_scaled(item, amount) for item, amount in zip(known, opens, strict=True) if amount > 0]


def _scaled(item: dunning.Item, amount: Decimal) -> dunning.Item:
	"""Return an item of which so much is open, with the same share of it set aside."""
	if amount == item.open_amount:
		return item
	ratio = amount / item.open_amount
	names = ("disputed", "planned", "awaited", "promised")
	aside = {name: to_cents(getattr(item, name) * ratio) for name in names if getattr(item, name)}
	return replace(item, open_amount=amount, **aside)


def _account(
	debtor: Debtor,
	currency: str,
	rows: list[Row],
	items: list[dunning.Item],
	facts: dunning_facts.Facts | None,
	agreed: _Agreed,
) -> Account:
	"""Return what the forecast needs of an account. What credits there are says the ledger, what of them is not for goods to come
	and what was promised is known in the currency of the account."""
	owed, owed_there = _total(row for row in rows if row.open > 0 and not row.is_unexplained)
	had, had_there = _total(row for row in rows if row.open <= 0 and not row.is_unexplained)
	rate = owed / owed_there if owed_there > 0 else ONE
	usable = agreed.usable_credits(debtor.name, currency) * (had / had_there if had_there < 0 else ONE)
	general = tuple(
		(row.promised_date, to_cents(row.missing * rate))
		for row in agreed.promises.get((debtor.name, currency), ())
	)
	base = facts.account if facts else dunning.Account(())
	chased = dunning.chased(
		replace(
			base,
			items=tuple(items),
			credits=min(-had, max(ZERO, to_cents(usable))),
			promised=sum((amount for _day, amount in general), ZERO),
		),
		agreed.today,
	)
	invoices = {item.invoice for item in items}
	return Account(
		parts=chased,
		plans={
			name: agreed.instalments.get(agreed.plan_of[name], ())
			for name in invoices & agreed.plan_of.keys()
		},
		promises={
			name: agreed.promise_of[name].promised_date for name in invoices & agreed.promise_of.keys()
		},
		announced={name: agreed.announced[name] for name in invoices & agreed.announced.keys()},
		promised=general,
		is_insolvent=debtor.is_insolvent,
	)


def _total(rows: Iterable[Row]) -> tuple[Decimal, Decimal]:
	total, there = ZERO, ZERO
	for row in rows:
		total += row.open
		there += row.open_in_account
	return total, there


def _describe(document: Document, items: list[dunning.Item], agreed: _Agreed, today: date) -> None:
	"""Write on a document how late it is, which step it has had, and what is known of it."""
	row = document.row
	for part in ageing.parts_of(row):
		late = (today - part.day).days
		if late > 0 and part.open > 0:
			document.overdue += part.open
			document.days = max(document.days, late)
	document.had = _last(had for item in items for had in item.had)
	if row.doctype != INVOICE:
		return
	promise = agreed.promise_of.get(row.voucher)
	document.promise = promise.name if promise else ""
	document.plan = agreed.plan_of.get(row.voucher, "")
	document.dispute = agreed.dispute_of.get(row.voucher, "")


def _last(steps: Iterable[dunning.Had]) -> dunning.Had | None:
	return max(steps, key=lambda had: (had.on, had.day), default=None)


# ------------------------------------------------------------------ by collector
def by_collector(debtors: Iterable[Debtor]) -> Mapping[str, list[Debtor]]:
	found: dict[str, list[Debtor]] = defaultdict(list)
	for debtor in debtors:
		found[debtor.collector].append(debtor)
	return dict(sorted(found.items(), key=lambda pair: (not pair[0], pair[0])))
