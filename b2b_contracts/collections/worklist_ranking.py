"""The order of the collections worklist in one query, however many customers there are: what is overdue and really chased of
each, and the priority that comes of it (requirements §3).

It says in SQL what `engine/dunning.py` (`instalments`, `chased`) and `engine/worklist.py` (`debt_of`, `priority`) say of one
customer: tests compare the two. Amounts are in the company's currency, at the rate of each invoice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Count, Min, Sum
from pypika import Case, CustomFunction, Order
from pypika import analytics as window
from pypika.queries import QueryBuilder, Selectable
from pypika.terms import Criterion, LiteralValue, Term

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.position_facts import FINISHED_ORDERS
from b2b_contracts.engine import collection_tasks, disputes, dunning
from b2b_contracts.engine import promises as promise_rules
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.worklist import HIGH, LOW, MEDIUM, Weights

from . import dunning_flows, plan_facts
from .invoices import INVOICE
from .plan_facts import DateDiff

Least = CustomFunction("LEAST", ["one", "other"])
Greatest = CustomFunction("GREATEST", ["one", "other"])
Left = CustomFunction("LEFT", ["text", "width"])
# As much of a currency, and of an invoice's name, as tells two of a customer apart.
CURRENCY_WIDTH, NAME_WIDTH = 10, 50

# Filters by what there is to do.
CHASED, BROKEN, TASK_DUE, DISPUTED, UNTOUCHED = (
	"Can Be Asked For",
	"Broken Promise",
	"Task Due",
	"Open Dispute",
	"Nothing to Ask For",
)
SITUATIONS = (CHASED, BROKEN, TASK_DUE, DISPUTED, UNTOUCHED)
# The portfolio of nobody
NOBODY = "-"
# A promise that was broken longer ago says little of today.
BROKEN_WITHIN_DAYS = 180
OPEN_DISPUTES = (disputes.DRAFT, *disputes.RUNNING)


@dataclass(frozen=True, slots=True)
class Filters:
	"""Which customers of a company are listed; what is empty does not count. `collector` "-" is nobody's portfolio.

	`names` are the only customers that the user may see, None for all.
	"""

	company: str
	collector: str = ""
	segment: str = ""
	risk_class: str = ""
	situation: str = ""
	search: str = ""
	least_amount: Decimal = ZERO
	least_days: int = 0
	names: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
	"""A customer's place in the list."""

	customer: str
	value: Decimal
	chased: Decimal
	disputed: Decimal
	money_days: Decimal
	overdue: Decimal
	risk_class: str
	broken: int
	dispute_days: int


@dataclass(frozen=True, slots=True)
class Page:
	"""A page of the list, how many customers it is out of, and what can be asked for of all of them."""

	rows: tuple[Ranked, ...]
	total: int
	chased: Decimal


def page(filters: Filters, on: date, weights: Weights, start: int = 0, length: int = 50) -> Page:
	"""Return a page of the worklist, the most urgent first. Three queries, whatever there is."""
	query = _ranked(filters, on, weights, _terms(filters.company, on))
	rows = query.limit(length).offset(start).run(as_dict=True)
	found = tuple(
		Ranked(
			row.customer,
			money(row.value),
			money(row.chased),
			money(row.disputed),
			money(row.money_days),
			money(row.overdue),
			row.risk_class or "",
			int(row.broken),
			int(row.dispute_days),
		)
		for row in rows
	)
	return Page(found, int(rows[0].total) if rows else 0, money(rows[0].total_chased) if rows else ZERO)


# ------------------------------------------------------------------ who pays when, who has credits
@dataclass(frozen=True, slots=True)
class Terms:
	"""What the query is made for: `cut_offs` are the first due dates that are not late by payment days, `in_order` the
	customers whose debts have to be gone through one after the other."""

	cut_offs: dict[str, date]
	in_order: list[str]


def _terms(company: str, on: date) -> Terms:
	"""Find out who has credits or promises in general, which go to the oldest debts first, or an invoice that something is known of
	beside what stands on it: promised, on its way, in a collection case, excluded."""
	credit, promise, slip = (
		_credits(company),
		frappe.qb.DocType("Promise to Pay"),
		frappe.qb.DocType("Payment Slip"),
	)
	case, entry = frappe.qb.DocType("Collection Case"), frappe.qb.DocType("Dunning Exclusion")
	row = frappe.qb.DocType("Collection Case Item")
	in_case = frappe.qb.from_(row).join(case).on(case.name == row.parent).select(case.customer)
	names = (
		frappe.qb.from_(credit)
		.select(credit.customer)
		.where(credit.amount > 0)
		.union(
			frappe.qb.from_(promise)
			.select(promise.customer)
			.where((promise.company == company) & (promise.status == promise_rules.OPEN))
			.where(promise.promised_date >= on)
		)
		.union(
			frappe.qb.from_(slip)
			.select(slip.customer)
			.where((slip.company == company) & (slip.status == "Accepted") & (slip.value_date >= on))
		)
		.union(_waiting_customers(company))
		.union(in_case.where((case.company == company) & row.open_key.isnotnull()))
		.union(
			_exclusions(entry, company, on)
			.select(entry.customer)
			.where(Coalesce(entry.sales_invoice, "") != "")
		)
		.run()
	)
	return Terms(_cut_offs(on), sorted(name for (name,) in names))


def _cut_offs(on: date) -> dict[str, date]:
	"""Return the first due date that is not late, by the payment days that customers have (as they are written)."""
	customer = frappe.qb.DocType("Customer")
	texts = (
		frappe.qb.from_(customer)
		.select(customer.b2b_payment_days)
		.distinct()
		.where(customer.b2b_payment_days.isnotnull() & (customer.b2b_payment_days != ""))
		.run(pluck=True)
	)
	found = {}
	for text in texts:
		days = dunning_flows.payment_days(text, text)
		if days:
			found[text] = _first_not_late(days, on)
	return found


def _first_not_late(days: tuple[int, ...], on: date) -> date:
	"""Return the day after the last payment day before `on`: what is due until that payment day was paid on it, or is late."""
	# A month has at most 31 days, so one of the last 31 is a payment day.
	for ago in range(1, 32):
		day = on - timedelta(days=ago)
		if dunning.payment_day(day, days) == day:
			return day + timedelta(days=1)
	return on


# ------------------------------------------------------------------ what is open, and late
def _quick(amount: Term) -> Term:
	"""Return an amount as a floating-point number: MariaDB calculates with those several times faster, and they are exact enough
	for an order. What is shown of a page is calculated exactly."""
	return amount * LiteralValue("1e0")


def _clip(amount: Term, most: Term) -> Term:
	return Greatest(0, Least(amount, most))


def _late_items(filters: Filters, on: date, terms: Terms) -> QueryBuilder:
	"""A query of the items that are late, each with what of it is `chased` and what is `disputed`.

	The debts of some customers have to be gone through one after the other (`Terms.in_order`); those of everybody else, who are
	most, need not.
	"""
	if not terms.in_order:
		return _without_order(filters, on, terms)
	return _without_order(filters, on, terms).union_all(_in_order(filters, on, terms))


SHOWN = ("customer", "due", "rate", "open_amount", "disputed")


def _without_order(filters: Filters, on: date, terms: Terms) -> QueryBuilder:
	part = _aside_of_parts(filters, on, terms, in_order=False)
	return frappe.qb.from_(part).select(
		*(part[c] for c in SHOWN), (part.open_amount - part.set_aside).as_("chased")
	)


def _in_order(filters: Filters, on: date, terms: Terms) -> QueryBuilder:
	# Level by level, as the engine does it: what credits cover, what is promised of the item, what is promised in general, what
	# is left to others.
	part = _aside_of_parts(filters, on, terms, in_order=True)
	credit, general = _credits(filters.company), _promised_in_general(filters.company, on)
	account, order = ("customer", "currency"), ("due", "invoice", "position")
	amounts = ("rate", "open_amount", "disputed", "is_out")
	free = part.open_amount - part.set_aside
	covered = (
		frappe.qb.from_(part)
		.left_join(credit)
		.on((credit.customer == part.customer) & (credit.currency == part.currency))
		.select(
			*(part[c] for c in (*account, *order, *amounts, "set_aside", "with_promised")),
			_clip(Coalesce(credit.amount, 0) - _earlier(free, part, account, order), free).as_("covered"),
		)
	).as_("covered_items")
	rest = covered.open_amount - covered.set_aside - covered.covered
	without_own = (
		frappe.qb.from_(covered).select(
			*(covered[c] for c in (*account, *order, *amounts)),
			(rest - Least(rest, covered.with_promised - covered.set_aside)).as_("rest"),
		)
	).as_("without_own")
	kept = _clip(
		Coalesce(general.amount, 0) - _earlier(without_own.rest, without_own, account, order),
		without_own.rest,
	)
	return (
		frappe.qb.from_(without_own)
		.left_join(general)
		.on((general.customer == without_own.customer) & (general.currency == without_own.currency))
		.select(
			*(without_own[c] for c in SHOWN),
			Case().when(without_own.is_out == 1, 0).else_(without_own.rest - kept).as_("chased"),
		)
	)


def _earlier(amount: Term, table: Selectable, account: tuple[str, ...], order: tuple[str, ...]) -> Term:
	"""Return a running total of what comes before a row, in the order in which money goes to the debts of an account."""
	total = window.Sum(amount).over(*(table[c] for c in account))
	for column in order:
		total = total.orderby(table[column])
	return Coalesce(total.rows(window.Preceding(), window.Preceding(1)), 0)


def _aside_of_parts(filters: Filters, on: date, terms: Terms, in_order: bool) -> Selectable:
	"""A query of the late instalments: what is open of each, how much of that is disputed, set aside for good, and set aside
	or promised. What is set aside of an invoice is of its earliest instalments."""
	part = _open_parts(filters, on, terms, in_order).as_("open_parts")
	customer = frappe.qb.DocType("Customer")
	late = Case()
	for text, first_not_late in terms.cut_offs.items():
		late = late.when(customer.b2b_payment_days == text, first_not_late)
	is_late = part.due < (late.else_(on) if terms.cut_offs else on)

	def first(amount: Term) -> Term:
		return _clip(amount - part.before, part.open_amount)

	query = frappe.qb.from_(part)
	if terms.cut_offs:
		query = query.join(customer).on(customer.name == part.customer)
	query = query.select(
		*(part[c] for c in ("customer", "due", "rate", "open_amount")),
		first(part.disputed).as_("disputed"),
		first(part.aside).as_("set_aside"),
	)
	if in_order:
		query = query.select(
			*(part[c] for c in ("currency", "invoice", "position", "is_out")),
			first(part.aside + part.promised).as_("with_promised"),
		)
	return query.where((part.open_amount > 0) & is_late).as_("late_parts")


def _open_parts(filters: Filters, on: date, terms: Terms, in_order: bool) -> QueryBuilder:
	"""A query of what is open of each instalment: money went to the earliest, so what is open is of the latest, and what
	rounding leaves is of the first. `before` is what is open of the earlier ones."""
	row = _instalments(filters, on, terms, in_order).as_("instalments")
	left = row.outstanding - row.later
	open_amount = Case().when(row.position == row.parts, left).else_(_clip(left, row.amount))
	passed = ["customer", "rate", "due", "disputed", "aside"]
	if in_order:
		passed += ["currency", "invoice", "position", "promised", "is_out"]
	return frappe.qb.from_(row).select(
		*(row[c] for c in passed),
		open_amount.as_("open_amount"),
		(Greatest(0, left) - open_amount).as_("before"),
	)


def _instalments(filters: Filters, on: date, terms: Terms, in_order: bool) -> QueryBuilder:
	"""A query of the instalments of what is open, each with what the later ones of its invoice come to.

	It reads nothing that the indexes `b2b_open_items` and `b2b_instalments` lack, and carries no more than it must: MariaDB
	writes a table of it, with every name at its full width.
	"""
	invoice, row = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Schedule")
	own = company_currency(filters.company)
	is_own = (Coalesce(invoice.party_account_currency, "") == "") | (invoice.party_account_currency == own)
	# An account that is not in the company's currency is in the invoice's.
	amount = _quick(
		Case()
		.when(row.name.isnull(), invoice.outstanding_amount)
		.when(is_own, row.base_payment_amount)
		.else_(row.payment_amount)
	)
	due = Coalesce(row.due_date, invoice.due_date)
	disputed = Greatest(0, _quick(Coalesce(invoice.b2b_disputed_amount, 0)))
	aside = disputed + Greatest(0, _quick(Coalesce(invoice.b2b_planned_amount, 0)))

	def latest_first(function):
		return function.over(invoice.name).orderby(due, order=Order.desc).orderby(row.idx, order=Order.desc)

	query = (
		frappe.qb.from_(invoice)
		.left_join(row)
		.on((row.parent == invoice.name) & (row.parenttype == INVOICE))
		.select(
			invoice.customer,
			_quick(Case().when(is_own, 1).else_(invoice.conversion_rate)).as_("rate"),
			due.as_("due"),
			amount.as_("amount"),
			_quick(invoice.outstanding_amount).as_("outstanding"),
			disputed.as_("disputed"),
			Coalesce(latest_first(window.Sum(amount)).rows(window.Preceding(), window.Preceding(1)), 0).as_(
				"later"
			),
			latest_first(window.RowNumber()).as_("position"),
			window.Count("*").over(invoice.name).as_("parts"),
		)
		.where(_is_open(invoice, filters, terms, in_order))
	)
	if not in_order:
		return query.select(aside.as_("aside"))
	promised, awaited = _promised_of_invoices(filters.company, on), _awaited(filters.company, on)
	waiting = _waiting(filters.company)
	in_case, excluded = _in_cases(filters.company), _excluded_invoices(filters.company, on)
	is_out = in_case.invoice.isnotnull() | excluded.invoice.isnotnull()
	return (
		query.left_join(promised)
		.on(promised.invoice == invoice.name)
		.left_join(awaited)
		.on(awaited.invoice == invoice.name)
		.left_join(waiting)
		.on(waiting.invoice == invoice.name)
		.left_join(in_case)
		.on(in_case.invoice == invoice.name)
		.left_join(excluded)
		.on(excluded.invoice == invoice.name)
		.select(
			_currency(invoice.party_account_currency, own).as_("currency"),
			Left(invoice.name, NAME_WIDTH).as_("invoice"),
			(aside + Coalesce(waiting.amount, 0) + Coalesce(awaited.amount, 0)).as_("aside"),
			Coalesce(promised.amount, 0).as_("promised"),
			Case().when(is_out, 1).else_(0).as_("is_out"),
		)
	)


def _is_open(invoice, filters: Filters, terms: Terms, in_order: bool) -> Criterion:
	found = (invoice.company == filters.company) & (invoice.docstatus == 1) & (invoice.outstanding_amount > 0)
	if in_order:
		found &= invoice.customer.isin(terms.in_order)
	elif terms.in_order:
		found &= invoice.customer.notin(terms.in_order)
	customer = frappe.qb.DocType("Customer")
	whose = _whose(filters, customer)
	if whose:
		# A portfolio is looked up by customer, everything is read through.
		mine = frappe.qb.from_(customer).select(customer.name).where(Criterion.all(whose))
		found &= invoice.customer.isin(mine)
	return found


def _whose(filters: Filters, customer) -> list[Criterion]:
	"""Return what the filters ask of the customer itself."""
	found = []
	if filters.names is not None:
		found.append(customer.name.isin(list(filters.names) or [""]))
	if filters.collector == NOBODY:
		found.append(Coalesce(customer.b2b_collector, "") == "")
	elif filters.collector:
		found.append(customer.b2b_collector == filters.collector)
	if filters.search:
		like = "%" + filters.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
		found.append(customer.name.like(like) | customer.customer_name.like(like))
	return found


# ------------------------------------------------------------------ what goes against it
def _currency(column: Term, own: str) -> Term:
	"""Return the currency of an account. No wider than it must be: at their full widths a name and a currency make no key."""
	return Left(Case().when(Coalesce(column, "") == "", own).else_(column), CURRENCY_WIDTH)


def _credits(company: str) -> Selectable:
	"""A query of unallocated money and credit notes (positive) by customer and currency, without advances for open orders."""
	own = company_currency(company)
	invoice, entry, order = (frappe.qb.DocType(d) for d in (INVOICE, "Payment Ledger Entry", "Sales Order"))

	def currency(column: Term) -> Term:
		return _currency(column, own).as_("currency")

	notes = (
		frappe.qb.from_(invoice)
		.select(
			invoice.customer,
			currency(invoice.party_account_currency),
			(invoice.outstanding_amount * -1).as_("amount"),
		)
		.where((invoice.company == company) & (invoice.docstatus == 1) & (invoice.outstanding_amount < 0))
	)
	vouchers = (
		frappe.qb.from_(entry)
		.select(
			entry.party.as_("customer"),
			currency(entry.account_currency),
			(Sum(entry.amount_in_account_currency) * -1).as_("amount"),
		)
		.where((entry.company == company) & (entry.delinked == 0) & (entry.party_type == "Customer"))
		.where(entry.against_voucher_type != INVOICE)
		.groupby(entry.party, entry.account_currency, entry.against_voucher_type, entry.against_voucher_no)
		.having(Sum(entry.amount_in_account_currency) < 0)
	)
	advances = (
		frappe.qb.from_(order)
		.select(
			order.customer, currency(order.party_account_currency), (order.advance_paid * -1).as_("amount")
		)
		.where((order.company == company) & (order.docstatus == 1) & (order.advance_paid > 0))
		.where(order.status.notin(FINISHED_ORDERS))
	)
	every = notes.union_all(vouchers).union_all(advances).as_("every_credit")
	return (
		frappe.qb.from_(every)
		.select(every.customer, every.currency, _quick(Greatest(0, Sum(every.amount))).as_("amount"))
		.groupby(every.customer, every.currency)
	).as_("credits")


def _open_promises(company: str, on: date):
	promise = frappe.qb.DocType("Promise to Pay")
	missing = Greatest(0, Coalesce(promise.amount, 0) - Coalesce(promise.paid_amount, 0))
	query = frappe.qb.from_(promise).where(
		(promise.company == company) & (promise.status == promise_rules.OPEN) & (promise.promised_date >= on)
	)
	return promise, query, _quick(Sum(missing)).as_("amount")


def _promised_of_invoices(company: str, on: date) -> Selectable:
	promise, query, amount = _open_promises(company, on)
	return (
		query.select(promise.sales_invoice.as_("invoice"), amount)
		.where(Coalesce(promise.sales_invoice, "") != "")
		.groupby(promise.sales_invoice)
	).as_("promised_invoices")


def _promised_in_general(company: str, on: date) -> Selectable:
	promise, query, amount = _open_promises(company, on)
	return (
		query.select(promise.customer, _currency(promise.currency, "").as_("currency"), amount)
		.where(Coalesce(promise.sales_invoice, "") == "")
		.groupby(promise.customer, promise.currency)
	).as_("promised_in_general")


def _waiting(company: str) -> Selectable:
	"""A query of what stands in plans that wait for their first instalment."""
	rows = plan_facts.waiting_rows(company).as_("rows")
	return (
		frappe.qb.from_(rows)
		.select(rows.invoice, _quick(Sum(rows.amount)).as_("amount"))
		.groupby(rows.invoice)
		.as_("waiting_plans")
	)


def _waiting_customers(company: str) -> QueryBuilder:
	plan = frappe.qb.DocType(plan_facts.PLAN)
	return (
		frappe.qb.from_(plan)
		.select(plan.customer)
		.where((plan.company == company) & (plan.status == plan_facts.APPROVED))
	)


def _awaited(company: str, on: date) -> Selectable:
	slip, row = frappe.qb.DocType("Payment Slip"), frappe.qb.DocType("Payment Slip Invoice")
	return (
		frappe.qb.from_(slip)
		.join(row)
		.on(row.parent == slip.name)
		.select(row.sales_invoice.as_("invoice"), _quick(Sum(row.awaited_amount)).as_("amount"))
		.where((slip.company == company) & (slip.status == "Accepted") & (slip.value_date >= on))
		.groupby(row.sales_invoice)
	).as_("awaited")


# ------------------------------------------------------------------ customers, the most urgent first
def _ranked(filters: Filters, on: date, weights: Weights, terms: Terms) -> QueryBuilder:
	debt = _debts(filters, on, weights, terms).as_("debts")
	broken, dispute = _broken(filters.company, on), _disputes(filters.company, on)
	task, stopped = _tasks(filters.company), _stopped(filters.company, on)
	customer, profile = frappe.qb.DocType("Customer"), frappe.qb.DocType("Credit Profile")
	is_stopped = stopped.customer.isnotnull()

	def owed(column: str) -> Term:
		return Coalesce(debt[column], 0)

	def asked(column: str) -> Term:
		# Nothing is asked of whom dunning leaves alone.
		return Case().when(is_stopped, 0).else_(owed(column))

	broken_count, dispute_days = Coalesce(broken.number, 0), Coalesce(dispute.days, 0)
	chased = asked("chased")
	value = _value(
		chased,
		asked("disputed"),
		asked("money_days"),
		profile.risk_class,
		broken_count,
		dispute_days,
		weights,
	)
	query = (
		frappe.qb.from_(customer)
		.left_join(debt)
		.on(debt.customer == customer.name)
		.left_join(profile)
		.on((profile.customer == customer.name) & (profile.company == filters.company))
		.left_join(broken)
		.on(broken.customer == customer.name)
		.left_join(dispute)
		.on(dispute.customer == customer.name)
		.left_join(task)
		.on(task.customer == customer.name)
		.left_join(stopped)
		.on(stopped.customer == customer.name)
		.select(
			customer.name.as_("customer"),
			value.as_("value"),
			chased.as_("chased"),
			asked("disputed").as_("disputed"),
			asked("money_days").as_("money_days"),
			owed("overdue").as_("overdue"),
			profile.risk_class,
			broken_count.as_("broken"),
			dispute_days.as_("dispute_days"),
			window.Count("*").over().as_("total"),
			window.Sum(chased).over().as_("total_chased"),
		)
		.where(debt.customer.isnotnull() | task.due.isnotnull() | dispute.customer.isnotnull())
		.orderby(value, order=Order.desc)
		.orderby(owed("overdue"), order=Order.desc)
		.orderby(customer.name)
	)
	for condition in _whose(filters, customer):
		query = query.where(condition)
	if filters.segment:
		query = query.where(profile.segment == filters.segment)
	if filters.risk_class:
		query = query.where(profile.risk_class == filters.risk_class)
	if filters.least_amount:
		query = query.where(chased >= filters.least_amount)
	if filters.least_days:
		query = query.where(debt.oldest <= on - timedelta(days=filters.least_days))
	situation = {
		CHASED: chased > 0,
		BROKEN: broken_count > 0,
		TASK_DUE: task.due <= on,
		DISPUTED: dispute.customer.isnotnull(),
		UNTOUCHED: chased == 0,
	}.get(filters.situation)
	return query.where(situation) if situation is not None else query


def _debts(filters: Filters, on: date, weights: Weights, terms: Terms) -> QueryBuilder:
	"""A query of what counts of each customer, in the company's currency."""
	item = _late_items(filters, on, terms).as_("late_items")
	chased, disputed = item.chased * item.rate, item.disputed * item.rate
	counts = chased + disputed * weights.disputed_percent / 100
	return (
		frappe.qb.from_(item)
		.select(
			item.customer,
			Sum(chased).as_("chased"),
			Sum(disputed).as_("disputed"),
			Sum(counts * DateDiff(on, item.due)).as_("money_days"),
			Sum(item.open_amount * item.rate).as_("overdue"),
			Min(item.due).as_("oldest"),
		)
		.groupby(item.customer)
	)


def _value(
	chased: Term,
	disputed: Term,
	money_days: Term,
	risk_class: Term,
	broken: Term,
	dispute_days: Term,
	weights: Weights,
) -> Term:
	"""Return the priority (engine/worklist.py) as SQL."""
	amount = chased + disputed * weights.disputed_percent / 100
	age = Case().when(amount > 0, money_days / amount).else_(0)
	risk = (
		Case()
		.when(risk_class == LOW, weights.risk_low)
		.when(risk_class == MEDIUM, weights.risk_medium)
		.when(risk_class == HIGH, weights.risk_high)
		.else_(weights.risk_unknown)
	)
	return (
		(amount / weights.amount_unit)
		* (Least(age, weights.age_most) * weights.age_weight / weights.age_days + 1)
		* risk
		* (Least(broken, weights.broken_most) * weights.broken_weight + 1)
		* (Least(dispute_days, weights.dispute_most) * weights.dispute_weight / weights.dispute_days + 1)
	)


# ------------------------------------------------------------------ what else is known
def _broken(company: str, on: date) -> Selectable:
	promise = frappe.qb.DocType("Promise to Pay")
	return (
		frappe.qb.from_(promise)
		.select(promise.customer, Count("*").as_("number"))
		.where(
			(promise.company == company) & promise.status.isin((promise_rules.BROKEN, promise_rules.PARTLY))
		)
		.where(promise.promised_date >= on - timedelta(days=BROKEN_WITHIN_DAYS))
		.groupby(promise.customer)
	).as_("broken_promises")


def _disputes(company: str, on: date) -> Selectable:
	dispute = frappe.qb.DocType("Dispute")
	return (
		frappe.qb.from_(dispute)
		.select(dispute.customer, Greatest(0, DateDiff(on, Min(dispute.opened_on))).as_("days"))
		.where((dispute.company == company) & dispute.status.isin(OPEN_DISPUTES))
		.groupby(dispute.customer)
	).as_("open_disputes")


def _tasks(company: str) -> Selectable:
	task = frappe.qb.DocType("Collection Task")
	return (
		frappe.qb.from_(task)
		.select(task.customer, Min(task.due_date).as_("due"))
		.where((task.company == company) & (task.status == collection_tasks.OPEN))
		.groupby(task.customer)
	).as_("open_tasks")


def _stopped(company: str, on: date) -> Selectable:
	"""A query of the customers whom dunning leaves alone: the insolvent, and those that somebody has excluded."""
	case = frappe.qb.DocType("Insolvency Case")
	insolvent = frappe.qb.from_(case).select(case.customer).where(case.status == "Open")
	entry = frappe.qb.DocType("Dunning Exclusion")
	excluded = _exclusions(entry, company, on).where(Coalesce(entry.sales_invoice, "") == "")
	# Whoever is both stands there once.
	every = insolvent.union(excluded.select(entry.customer)).as_("every_stop")
	return frappe.qb.from_(every).select(every.customer).as_("stopped")


def _excluded_invoices(company: str, on: date) -> Selectable:
	entry = frappe.qb.DocType("Dunning Exclusion")
	return (
		_exclusions(entry, company, on)
		.select(entry.sales_invoice.as_("invoice"))
		.distinct()
		.where(Coalesce(entry.sales_invoice, "") != "")
	).as_("excluded_invoices")


def _exclusions(entry, company: str, on: date) -> QueryBuilder:
	return (
		frappe.qb.from_(entry)
		.where((entry.valid_from <= on) & (entry.valid_until >= on) & (Coalesce(entry.ended_by, "") == ""))
		.where(Coalesce(entry.for_company, "").isin(("", company)))
	)


def _in_cases(company: str) -> Selectable:
	case, row = frappe.qb.DocType("Collection Case"), frappe.qb.DocType("Collection Case Item")
	return (
		frappe.qb.from_(row)
		.join(case)
		.on(case.name == row.parent)
		.select(row.open_key.as_("invoice"))
		.where((case.company == company) & row.open_key.isnotnull())
	).as_("in_cases")
