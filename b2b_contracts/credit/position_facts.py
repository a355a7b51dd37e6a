"""What customers owe and have been promised, summed in SQL and bounded by what is open, never by history.

Every query takes members, (customer, company) pairs, and answers for each, in the company's currency: a credit group
costs as many queries as one customer. The indexes they need are in setup/indexes.py.

A decision runs six of these queries, and the query builder needs longer to write one than the database to answer it. So
a text is written once per `_Shape` and kept; whatever differs from call to call is a parameter.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Max, Min, Sum
from frappe.utils import add_days, getdate
from pypika import CustomFunction
from pypika.terms import Parameter, ValueWrapper

from b2b_contracts.engine.exposure import Position
from b2b_contracts.engine.facts import Overdue, Policy
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.overdue import chased_instalments, latest_due_date_that_counts

from .account_facts import COMPANIES, CUSTOMERS, Member, company_currency, money, names_of

Greatest = CustomFunction("GREATEST", ["a", "b"])

GRANTED = ("Clear", "Released", "Not Checked")
WAITING = ("Held", "Stopped", "Rejected")
FINISHED_ORDERS = ("Completed", "Closed", "Cancelled", "Draft")

HORIZON = Parameter("%(horizon)s")


@dataclass(frozen=True, slots=True)
class Since:
	"""Due dates on or before which items count: as overdue, as late (the deliveries of risky customers stop), as aged."""

	overdue: date
	late: date
	aged: date

	@classmethod
	def of(cls, terms: Policy, today: date) -> "Since":
		"""Return the dates of a policy on a day."""
		return cls(
			overdue=latest_due_date_that_counts(today, terms.overdue_hold_days),
			# From the fifteenth day on, where the others count what is *more than* so many days overdue.
			late=latest_due_date_that_counts(today, terms.delivery_stop_days - 1),
			aged=latest_due_date_that_counts(today, terms.delivery_age_days),
		)

	@property
	def newest(self) -> date:
		return max(self.overdue, self.late, self.aged)

	@property
	def oldest(self) -> date:
		return min(self.overdue, self.late, self.aged)


KINDS = tuple(Since.__dataclass_fields__)
SINCE = {kind: Parameter(f"%({kind}_since)s") for kind in (*KINDS, "newest", "oldest")}


@dataclass(frozen=True, slots=True)
class Books:
	"""What the books say of one customer in one company.

	`credits` is unallocated money and credit notes (positive), without advances that stand for an open order. What is
	disputed, in a payment plan or on its way by a payment slip is in the position, and neither overdue, late nor aged.
	"""

	position: Position = Position()
	overdue: Overdue = Overdue()
	late: Decimal = ZERO
	aged: Decimal = ZERO
	latest_due_date: date | None = None


@dataclass(frozen=True, slots=True)
class _Open:
	total: Decimal = ZERO
	credits: Decimal = ZERO
	overdue: Decimal = ZERO
	late: Decimal = ZERO
	aged: Decimal = ZERO
	oldest: date | None = None
	latest: date | None = None
	awaited: Decimal = ZERO


def books_of(
	members: Iterable[Member],
	since: Since,
	horizon: date | None = None,
	leave_out: Iterable[tuple[str, str]] = (),
) -> dict[Member, Books]:
	"""Return the books of each member.

	`since` says which items count as overdue, late and aged. With a `horizon` only order lines promised until then count.
	`leave_out` are (doctype, name) of documents that the caller counts by itself.
	"""
	asked = _Asked(frozenset(members), since, horizon, tuple(leave_out))
	invoices = _open_invoices(asked)
	instalments = _overdue_instalments(asked)
	ledger = _open_ledger(asked)
	deliveries = _unbilled_deliveries(asked)
	orders = _open_orders(asked)
	nothing = _Open()
	books = {}
	for member in asked.members:
		invoice, other = invoices.get(member, nothing), ledger.get(member, nothing)
		instalment = instalments.get(member, nothing)
		order = orders.get(member, (ZERO, ZERO, ZERO))
		dues = [d for d in (invoice.oldest, other.oldest, instalment.oldest) if d]
		books[member] = Books(
			position=Position(
				receivables=invoice.total + other.total,
				delivered_not_billed=deliveries.get(member, ZERO),
				granted_orders=order[0],
				waiting_orders=order[1],
			),
			overdue=Overdue(
				amount=invoice.overdue + instalment.overdue + other.overdue,
				credits=max(ZERO, invoice.credits + other.credits - order[2]),
				oldest_due_date=min(dues, default=None),
				awaited=invoice.awaited + instalment.awaited,
			),
			late=invoice.late + instalment.late + other.late,
			aged=invoice.aged + instalment.aged + other.aged,
			latest_due_date=invoice.latest,
		)
	return books


def _left_out(doctype: str) -> str:
	"""Return the name of the parameter with the documents of a doctype that are left out."""
	return f"left_out_{frappe.scrub(doctype)}"


@dataclass(frozen=True, slots=True)
class _Shape:
	"""What the text of a query depends on. `currencies` are those of the companies, `leave_out` are doctypes."""

	several_customers: bool
	several_companies: bool
	currencies: tuple[str, ...]
	has_horizon: bool
	leave_out: tuple[str, ...]

	def of_members(self, query, doc, party: str = "customer"):
		"""Keep rows of the members; with several of them the pairs are sorted out by the caller's dict."""
		customer, company = doc[party], doc.company
		query = query.where(customer.isin(CUSTOMERS) if self.several_customers else customer == CUSTOMERS)
		return query.where(company.isin(COMPANIES) if self.several_companies else company == COMPANIES)

	def bounded(self, query, doc, doctype: str):
		"""Keep rows of the members, but for the documents to leave out."""
		query = self.of_members(query, doc)
		return (
			query.where(doc.name.notin(Parameter(f"%({_left_out(doctype)})s")))
			if doctype in self.leave_out
			else query
		)


@dataclass(frozen=True, slots=True)
class _Asked:
	"""Whose books, as of when and without which document."""

	members: frozenset[Member]
	since: Since
	horizon: date | None
	leave_out: tuple[tuple[str, str], ...]

	def run(self, text_for: Callable[[_Shape], str]) -> tuple:
		"""Run a query, given the function that writes it."""
		customers, companies = names_of(self.members)
		doctypes = tuple(sorted({doctype for doctype, _name in self.leave_out}))
		shape = _Shape(
			several_customers=len(customers) > 1,
			several_companies=len(companies) > 1,
			currencies=tuple(sorted({company_currency(company) for company in companies})),
			has_horizon=self.horizon is not None,
			leave_out=doctypes,
		)
		values = {
			"customers": customers if shape.several_customers else customers[0],
			"companies": companies if shape.several_companies else companies[0],
			**{f"{kind}_since": getattr(self.since, kind) for kind in SINCE},
			"horizon": self.horizon,
		}
		for wanted in doctypes:
			values[_left_out(wanted)] = tuple(name for doctype, name in self.leave_out if doctype == wanted)
		return frappe.db.sql(text_for(shape), values)

	def by_currency(self) -> list["_Asked"]:
		"""Split by company currency, as an outstanding amount is compared with it."""
		by_currency: dict[str, set[Member]] = {}
		for member in self.members:
			by_currency.setdefault(company_currency(member[1]), set()).add(member)
		return [replace(self, members=frozenset(some)) for some in by_currency.values()]


def _base_open(invoice, currency: str):
	"""Outstanding in company currency: the field is in the currency of the receivable account."""
	return (
		Case()
		.when(Coalesce(invoice.party_account_currency, currency) == currency, invoice.outstanding_amount)
		.else_(invoice.outstanding_amount * invoice.conversion_rate)
	)


def _paid_to_bank(invoice):
	"""What was paid of an invoice while a bank had it (Invoice Discounting), in company currency: that is booked on another
	receivable account, and ERPNext leaves the outstanding as it was."""
	entry = frappe.qb.DocType("Payment Ledger Entry").as_("elsewhere")
	paid = (
		frappe.qb.from_(entry)
		.select(Sum(-entry.amount))
		.where((entry.against_voucher_no == invoice.name) & (entry.against_voucher_type == "Sales Invoice"))
		.where((entry.account != invoice.debit_to) & (entry.voucher_type != "Invoice Discounting"))
		.where(entry.delinked == 0)
	)
	return Case().when(invoice.is_discounted == 1, Coalesce(paid, 0)).else_(0)


def _still_open(invoice, currency: str):
	"""What is open of an invoice, in company currency, without what was paid while a bank had it."""
	return _base_open(invoice, currency) - _paid_to_bank(invoice)


def _set_aside(invoice, currency: str, with_awaited: bool = True):
	"""What of an invoice is disputed, in a payment plan or (`with_awaited`) on its way by a payment slip, in company
	currency: not more than is open of it."""
	aside = Coalesce(invoice.b2b_disputed_amount, 0) + Coalesce(invoice.b2b_planned_amount, 0)
	if with_awaited:
		aside = aside + Coalesce(invoice.b2b_awaited_amount, 0)
	aside = Case().when(aside < invoice.outstanding_amount, aside).else_(invoice.outstanding_amount)
	return (
		Case()
		.when(Coalesce(invoice.party_account_currency, currency) == currency, aside)
		.else_(aside * invoice.conversion_rate)
	)


def counts_as_due(invoice):
	"""The date since when an invoice counts as due: the original one where it was re-aged (original_due_dates.py)."""
	return Coalesce(invoice.b2b_original_due_date, invoice.due_date)


def _open_invoices(asked: _Asked) -> dict[Member, _Open]:
	found: dict[Member, _Open] = {}
	discounted = 0
	for some in asked.by_currency():
		for row in some.run(_open_invoices_text):
			customer, company, total, credits, *sums, oldest, latest, awaited, is_discounted = row
			found[customer, company] = _Open(
				money(total), -money(credits), *map(money, sums), oldest, latest, money(awaited)
			)
			discounted = max(discounted, is_discounted or 0)
	return _less_paid_to_bank(asked, found) if discounted else found


def _less_paid_to_bank(asked: _Asked, found: dict[Member, _Open]) -> dict[Member, _Open]:
	"""Take off what was paid of discounted invoices. Few customers have any: the others need no such query."""
	found = dict(found)
	for some in asked.by_currency():
		for customer, company, due, chased, paid in some.run(_discounted_text):
			of, paid = found[customer, company], money(paid)
			off = {
				kind: getattr(of, kind) - min(paid, max(ZERO, money(chased)))
				for kind in KINDS
				if due <= getattr(asked.since, kind)
			}
			of = replace(of, total=of.total - paid, **off)
			found[customer, company] = of if of.overdue else replace(of, oldest=None)
	return found


@lru_cache
def _discounted_text(shape: _Shape) -> str:
	invoice = frappe.qb.DocType("Sales Invoice")
	currency, paid = *shape.currencies, _paid_to_bank(invoice)
	query = (
		frappe.qb.from_(invoice)
		.select(
			invoice.customer,
			invoice.company,
			counts_as_due(invoice),
			_base_open(invoice, currency) - _set_aside(invoice, currency),
			paid,
		)
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.where((invoice.is_discounted == 1) & (paid > 0))
	)
	return shape.bounded(query, invoice, "Sales Invoice").get_sql()


@lru_cache
def _open_invoices_text(shape: _Shape) -> str:
	invoice = frappe.qb.DocType("Sales Invoice")
	amount = _base_open(invoice, *shape.currencies)
	is_debt = invoice.outstanding_amount > 0
	due = counts_as_due(invoice)
	aside = _set_aside(invoice, *shape.currencies)
	awaited = aside - _set_aside(invoice, *shape.currencies, with_awaited=False)
	chased = amount - aside
	is_chased = is_debt & (chased > 0)
	query = (
		frappe.qb.from_(invoice)
		.select(
			invoice.customer,
			invoice.company,
			Sum(amount),
			Sum(Case().when(is_debt, 0).else_(amount)),
			*_sums_since(is_chased, due, chased),
			Min(Case().when(is_chased & (due <= SINCE["overdue"]), due)),
			Max(Case().when(is_debt, invoice.due_date)),
			Sum(Case().when(is_debt & (due <= SINCE["overdue"]), awaited).else_(0)),
			Max(invoice.is_discounted),
		)
		.where(invoice.docstatus == 1)
		.where((invoice.outstanding_amount > 0) | (invoice.outstanding_amount < 0))
		.groupby(invoice.customer, invoice.company)
	)
	return shape.bounded(query, invoice, "Sales Invoice").get_sql()


def _sums_since(is_chased, due, amount) -> list:
	"""What is overdue, late and aged, in the order of KINDS."""
	return [Sum(Case().when(is_chased & (due <= SINCE[kind]), amount).else_(0)) for kind in KINDS]


def _overdue_instalments(asked: _Asked) -> dict[Member, _Open]:
	"""Return instalments that are overdue (late, aged) of invoices that are not, as their last instalment is younger."""
	result: dict[Member, _Open] = {}
	for some in asked.by_currency():
		for (customer, company, _name), rows in _by_invoice(some.run(_overdue_instalments_text)).items():
			invoice_due, still_open, aside, not_awaited = rows[0][:4]
			instalments = [(due, money(amount)) for *_invoice, due, amount in rows]
			chased = chased_instalments(instalments, money(still_open), money(aside))
			so_far = result.get((customer, company), _Open())
			now = _plus(so_far, chased, invoice_due, asked.since)
			if not_awaited != aside:
				without_slip = chased_instalments(instalments, money(still_open), money(not_awaited))
				overdue = _plus(so_far, without_slip, invoice_due, asked.since).overdue
				now = replace(now, awaited=so_far.awaited + overdue - now.overdue)
			result[customer, company] = now
	return result


def _plus(so_far: _Open, chased: list[tuple[date, Decimal]], invoice_due: date, since: Since) -> _Open:
	"""Add the chased instalments of an invoice that count although the invoice as a whole is too young to."""
	counting = {
		kind: [(due, amount) for due, amount in chased if due <= getattr(since, kind) < invoice_due]
		for kind in KINDS
	}
	dues = [so_far.oldest, *(due for due, _amount in counting["overdue"])]
	return replace(
		so_far,
		**{
			kind: getattr(so_far, kind) + sum((amount for _due, amount in items), ZERO)
			for kind, items in counting.items()
		},
		oldest=min((due for due in dues if due), default=None),
	)


def _by_invoice(rows) -> dict[tuple, list[tuple]]:
	"""Sort rows (customer, company, invoice, …) by invoice."""
	found: dict[tuple, list[tuple]] = {}
	for customer, company, invoice, *values in rows:
		found.setdefault((customer, company, invoice), []).append(tuple(values))
	return found


@lru_cache
def _overdue_instalments_text(shape: _Shape) -> str:
	"""Per instalment that may count: when its invoice is due, what is open of all such instalments of it, what of the
	invoice is set aside, with and without what is on its way, its own due date and amount."""
	invoice, row = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Payment Schedule")
	later = frappe.qb.DocType("Payment Schedule").as_("later")
	# Few invoices have such an instalment: the later ones are added up for those alone.
	still_due = (
		frappe.qb.from_(later)
		.select(Sum(later.base_payment_amount))
		.where((later.parent == invoice.name) & (later.parenttype == "Sales Invoice"))
		.where(later.due_date > SINCE["newest"])
	)
	query = (
		frappe.qb.from_(invoice)
		.join(row)
		.on((row.parent == invoice.name) & (row.parenttype == "Sales Invoice"))
		.select(
			invoice.customer,
			invoice.company,
			invoice.name,
			counts_as_due(invoice),
			_still_open(invoice, *shape.currencies) - Coalesce(still_due, 0),
			_set_aside(invoice, *shape.currencies),
			_set_aside(invoice, *shape.currencies, with_awaited=False),
			row.due_date,
			row.base_payment_amount,
		)
		.where(invoice.docstatus == 1)
		.where((invoice.outstanding_amount > 0) & (counts_as_due(invoice) > SINCE["oldest"]))
		.where(row.due_date <= SINCE["newest"])
		.orderby(invoice.name, row.due_date)
	)
	return shape.bounded(query, invoice, "Sales Invoice").get_sql()


def _open_ledger(asked: _Asked) -> dict[Member, _Open]:
	"""Return journal entries, advances and unallocated payments: what the ledger knows and no invoice stores.

	An advance booked on a separate account is in the payment ledger too, and so is counted once.
	"""
	return {
		(customer, company): _Open(money(total), -money(credits), *map(money, sums), oldest)
		for customer, company, total, credits, *sums, oldest in asked.run(_open_ledger_text)
	}


@lru_cache
def _open_ledger_text(shape: _Shape) -> str:
	entry = frappe.qb.DocType("Payment Ledger Entry")
	per_voucher = shape.of_members(
		frappe.qb.from_(entry)
		.select(
			entry.party,
			entry.company,
			Sum(entry.amount).as_("amount"),
			Min(Coalesce(entry.due_date, entry.posting_date)).as_("due"),
		)
		.where((entry.delinked == 0) & (entry.party_type == "Customer"))
		.where(
			(entry.against_voucher_type < "Sales Invoice") | (entry.against_voucher_type > "Sales Invoice")
		)
		.groupby(entry.party, entry.company, entry.against_voucher_type, entry.against_voucher_no)
		.having(Sum(entry.amount) != 0),
		entry,
		"party",
	).as_("vouchers")
	is_debt = per_voucher.amount > 0
	return (
		frappe.qb.from_(per_voucher)
		.select(
			per_voucher.party,
			per_voucher.company,
			Sum(per_voucher.amount),
			Sum(Case().when(per_voucher.amount < 0, per_voucher.amount).else_(0)),
			*_sums_since(is_debt, per_voucher.due, per_voucher.amount),
			Min(Case().when(is_debt & (per_voucher.due <= SINCE["overdue"]), per_voucher.due)),
		)
		.groupby(per_voucher.party, per_voucher.company)
		.get_sql()
	)


def _unbilled_deliveries(asked: _Asked) -> dict[Member, Decimal]:
	"""Return goods delivered and neither billed nor returned, gross."""
	rows = asked.run(_unbilled_deliveries_text)
	return {(customer, company): money(amount) for customer, company, amount in rows}


def _unbilled(note, item):
	"""What of a row of a delivery note is neither billed nor returned, gross."""
	kept_share = (
		Case()
		.when(item.stock_qty == 0, 1)
		.else_((item.stock_qty - Coalesce(item.returned_qty, 0)) / item.stock_qty)
	)
	unbilled = Greatest(
		0, item.base_net_amount * kept_share - Coalesce(item.billed_amt, 0) * note.conversion_rate
	)
	return unbilled * gross_of_net(note)


def _of_unbilled_notes(query, note, item):
	"""Keep rows of delivery notes that are not billed in full."""
	return (
		query.join(item)
		.on(item.parent == note.name)
		.where(
			(note.docstatus == 1)
			& (note.per_billed < 100)
			& (note.is_return == 0)
			& (note.status != "Closed")
		)
		.where(note.is_internal_customer == 0)
	)


@lru_cache
def _unbilled_deliveries_text(shape: _Shape) -> str:
	note, item = frappe.qb.DocType("Delivery Note"), frappe.qb.DocType("Delivery Note Item")
	query = (
		_of_unbilled_notes(frappe.qb.from_(note), note, item)
		.select(note.customer, note.company, Sum(_unbilled(note, item)))
		.groupby(note.customer, note.company)
	)
	return shape.bounded(query, note, "Delivery Note").get_sql()


def unbilled_notes(member: Member) -> list[tuple[str, date, float]]:
	"""Return the delivery notes of a customer with goods neither billed nor returned: (note, its date, gross)."""
	customer, company = member
	note, item = frappe.qb.DocType("Delivery Note"), frappe.qb.DocType("Delivery Note Item")
	amount = Sum(_unbilled(note, item))
	return (
		_of_unbilled_notes(frappe.qb.from_(note), note, item)
		.select(note.name, note.posting_date, amount)
		.where((note.customer == customer) & (note.company == company))
		.groupby(note.name, note.posting_date)
		.having(amount != 0)
		.orderby(note.posting_date, note.name)
		.run()
	)


def _open_orders(asked: _Asked) -> dict[Member, tuple[Decimal, Decimal, Decimal]]:
	"""Return per member what granted orders and waiting orders still promise, and the advances paid for them."""
	result: dict[Member, tuple[Decimal, Decimal, Decimal]] = {}
	for text in (_order_headers_text, _order_lines_text):
		for customer, company, *amounts in asked.run(text):
			so_far = result.get((customer, company), (ZERO, ZERO, ZERO))
			result[customer, company] = tuple(a + money(b) for a, b in zip(so_far, amounts, strict=True))
	return result


@lru_cache
def _order_headers_text(shape: _Shape) -> str:
	"""The advances of open orders, and the totals of those that count as a whole: untouched ones, without a horizon."""
	order = frappe.qb.DocType("Sales Order")
	whole = _whole_order(order)
	is_untouched = (order.per_delivered == 0) & (order.per_billed == 0)
	amount = ValueWrapper(0) if shape.has_horizon else Case().when(is_untouched, whole).else_(0)
	query = frappe.qb.from_(order).select(
		order.customer, order.company, *_order_sums(order, amount, _advance(order, shape.currencies))
	)
	return _of_open_orders(query, order, shape)


@lru_cache
def _order_lines_text(shape: _Shape) -> str:
	"""What is left of the lines of open orders: promised until the horizon, or else of those that are under way."""
	order, item = frappe.qb.DocType("Sales Order"), frappe.qb.DocType("Sales Order Item")
	rest = _rest_of_line(order, item)
	query = (
		frappe.qb.from_(order)
		.join(item)
		.on(item.parent == order.name)
		.select(order.customer, order.company, *_order_sums(order, rest, ValueWrapper(0)))
	)
	if shape.has_horizon:
		query = query.where(Coalesce(item.delivery_date, HORIZON) <= HORIZON)
	else:
		query = query.where((order.per_delivered > 0) | (order.per_billed > 0))
	return _of_open_orders(query, order, shape)


def _whole_order(order):
	"""What the customer owes for a whole order, in company currency."""
	return Case().when(order.base_rounded_total > 0, order.base_rounded_total).else_(order.base_grand_total)


def _rest_of_line(order, item):
	"""What of a line of an order is neither delivered nor billed, gross."""
	done = Greatest(
		Case().when(item.qty == 0, 0).else_(item.delivered_qty / item.qty * item.base_net_amount),
		item.billed_amt * order.conversion_rate,
	)
	return Greatest(0, item.base_net_amount - done) * gross_of_net(order)


def _order_sums(order, amount, advance) -> tuple:
	status = Coalesce(order.b2b_credit_status, "Not Checked")
	return (
		Sum(Case().when(status.isin(GRANTED), amount).else_(0)),
		Sum(Case().when(status.isin(WAITING), amount).else_(0)),
		Sum(advance),
	)


def _of_open_orders(query, order, shape: _Shape) -> str:
	query = (
		query.where(order.docstatus == 1)
		.where(order.status.notin(FINISHED_ORDERS))
		.where(order.is_internal_customer == 0)
		.groupby(order.customer, order.company)
	)
	return shape.bounded(query, order, "Sales Order").get_sql()


def _advance(order, currencies: Iterable[str]):
	"""The advance paid for an order, in company currency: ERPNext keeps it in the receivable account's."""
	is_foreign = Coalesce(order.party_account_currency, "").notin(["", *currencies])
	return order.advance_paid * Case().when(is_foreign, order.conversion_rate).else_(1)


def oldest_items(member: Member, due_until: date | None = None, limit: int = 10) -> list[dict]:
	"""Return the oldest open invoices of a customer, due on a day or before (None: all): what to pay first.

	`open` is without what is disputed, in a payment plan or on its way."""
	customer, company = member
	invoice = frappe.qb.DocType("Sales Invoice")
	currency, due = company_currency(company), counts_as_due(invoice)
	amount = _still_open(invoice, currency) - _set_aside(invoice, currency)
	query = (
		frappe.qb.from_(invoice)
		.select(invoice.name, due.as_("due_date"), amount.as_("open"))
		.where((invoice.customer == customer) & (invoice.company == company) & (invoice.docstatus == 1))
		.where((invoice.outstanding_amount > 0) & (amount > 0))
		.orderby(due, invoice.name)
		.limit(limit)
	)
	if due_until:
		query = query.where(due <= due_until)
	return query.run(as_dict=True)


def gross_of_net(doc):
	"""Turn net amounts of a document's lines into gross ones."""
	return Case().when(doc.base_net_total == 0, 1).else_(doc.base_grand_total / doc.base_net_total)


def horizon_of(days: int, today: date) -> date | None:
	"""Return the last promised date that counts, None for all."""
	return getdate(add_days(today, days)) if days else None


# ------------------------------------------------------------------ of single documents
def promised_of_orders(names: Iterable[str], horizon: date | None) -> dict[str, Decimal]:
	"""Return what is neither delivered nor billed of some granted orders, in their company's currency."""
	order, item = frappe.qb.DocType("Sales Order"), frappe.qb.DocType("Sales Order Item")
	rest = Sum(_rest_of_line(order, item))
	untouched = (order.per_delivered == 0) & (order.per_billed == 0)
	amount = rest if horizon else Case().when(untouched, _whole_order(order)).else_(rest)
	query = (
		frappe.qb.from_(order)
		.join(item)
		.on(item.parent == order.name)
		.select(order.name, amount)
		.where(order.name.isin(list(names)) & (order.docstatus == 1))
		.where(order.status.notin(FINISHED_ORDERS))
		.where(Coalesce(order.b2b_credit_status, "Not Checked").isin(GRANTED))
		.groupby(order.name)
	)
	if horizon:
		query = query.where(Coalesce(item.delivery_date, horizon) <= horizon)
	return {name: money(value) for name, value in query.run()}


def unbilled_of_orders(names: Iterable[str]) -> dict[str, Decimal]:
	"""Return what was delivered of some orders and is neither billed nor returned, in their company's currency."""
	note, item = frappe.qb.DocType("Delivery Note"), frappe.qb.DocType("Delivery Note Item")
	rows = (
		_of_unbilled_notes(frappe.qb.from_(note), note, item)
		.select(item.against_sales_order, Sum(_unbilled(note, item)))
		.where(item.against_sales_order.isin(list(names)))
		.groupby(item.against_sales_order)
		.run()
	)
	return {name: money(value) for name, value in rows}


def owed_of_orders(
	names: Iterable[str], company: str, but: Iterable[str] = ()
) -> dict[str, tuple[Decimal, date]]:
	"""Return what is open of the invoices of some orders, in the company's currency, and when the last of it is due.

	Of an invoice that bills other things too, the share of the order's lines. Invoices `but` are left out.
	"""
	invoice, item = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Sales Invoice Item")
	share = Case().when(invoice.base_net_total == 0, 1).else_(item.base_net_amount / invoice.base_net_total)
	rows = (
		frappe.qb.from_(item)
		.join(invoice)
		.on(item.parent == invoice.name)
		.select(
			item.sales_order,
			Sum(_still_open(invoice, company_currency(company)) * share),
			Max(invoice.due_date),
		)
		.where(item.sales_order.isin(list(names)) & invoice.name.notin(list(but) or [""]))
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.groupby(item.sales_order)
		.run()
	)
	return {name: (money(value), due) for name, value, due in rows}


def owed_of_invoices(names: Iterable[str], company: str) -> dict[str, tuple[Decimal, date]]:
	"""Return what is open of some invoices, in the company's currency, and when it is due at the latest."""
	invoice = frappe.qb.DocType("Sales Invoice")
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.name, _still_open(invoice, company_currency(company)), invoice.due_date)
		.where(invoice.name.isin(list(names)) & (invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.run()
	)
	return {name: (money(value), due) for name, value, due in rows}


def latest_due_of_orders(names: Iterable[str]) -> dict[str, date]:
	"""Return the last due date of the payment schedules of some orders."""
	row = frappe.qb.DocType("Payment Schedule")
	return dict(
		frappe.qb.from_(row)
		.select(row.parent, Max(row.due_date))
		.where(row.parent.isin(list(names)) & (row.parenttype == "Sales Order"))
		.groupby(row.parent)
		.run()
	)
