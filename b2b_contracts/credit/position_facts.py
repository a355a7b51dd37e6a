"""What customers owe and have been promised, summed in SQL and bounded by what is open, never by history.

Every query takes members, (customer, company) pairs, and answers for each, in the company's currency: a credit group
costs as many queries as one customer. The indexes they need are in setup/indexes.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Max, Min, Sum
from frappe.utils import add_days, getdate
from pypika import CustomFunction
from pypika.terms import ValueWrapper

from b2b_contracts.engine.exposure import Position
from b2b_contracts.engine.facts import Overdue
from b2b_contracts.engine.money import ZERO

from .account_facts import Member, company_currency, money

Greatest = CustomFunction("GREATEST", ["a", "b"])

GRANTED = ("Clear", "Released", "Not Checked")
WAITING = ("Held", "Stopped", "Rejected")
FINISHED_ORDERS = ("Completed", "Closed", "Cancelled", "Draft")


@dataclass(frozen=True, slots=True)
class Books:
	"""What the books say of one customer in one company.

	`credits` is unallocated money and credit notes (positive), without advances that stand for an open order.
	"""

	position: Position = Position()
	overdue: Overdue = Overdue()
	latest_due_date: date | None = None


@dataclass(frozen=True, slots=True)
class _Open:
	total: Decimal = ZERO
	credits: Decimal = ZERO
	overdue: Decimal = ZERO
	oldest: date | None = None
	latest: date | None = None


def books_of(
	members: Iterable[Member],
	overdue_since: date,
	horizon: date | None = None,
	leave_out: tuple[str, str] | None = None,
) -> dict[Member, Books]:
	"""Return the books of each member.

	Items due on `overdue_since` or before count as overdue. With a `horizon` only order lines promised until then
	count. `leave_out` is the (doctype, name) of the document in hand.
	"""
	members = set(members)
	invoices = _open_invoices(members, overdue_since, leave_out)
	instalments = _overdue_instalments(members, overdue_since, leave_out)
	ledger = _open_ledger(members, overdue_since)
	deliveries = _unbilled_deliveries(members, leave_out)
	orders = _open_orders(members, horizon, leave_out)
	nothing = _Open()
	books = {}
	for member in members:
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
			),
			latest_due_date=invoice.latest,
		)
	return books


def _of_members(query, doc, members: set[Member]):
	"""Keep rows of the members; with several of them the pairs are sorted out by the caller's dict."""
	customers, companies = {m[0] for m in members}, {m[1] for m in members}
	party = doc.party if doc._table_name == "tabPayment Ledger Entry" else doc.customer
	return query.where(party.isin(customers) if len(customers) > 1 else party == next(iter(customers))).where(
		doc.company.isin(companies) if len(companies) > 1 else doc.company == next(iter(companies))
	)


def _without_the_one_in_hand(query, doc, leave_out, doctype: str):
	return query.where(doc.name != leave_out[1]) if leave_out and leave_out[0] == doctype else query


def _base_open(invoice, members: set[Member]):
	"""Outstanding in company currency: the field is in the currency of the receivable account.

	All members' companies must keep their books in one currency (see `_by_currency`).
	"""
	currency = company_currency(next(iter(members))[1])
	return (
		Case()
		.when(Coalesce(invoice.party_account_currency, currency) == currency, invoice.outstanding_amount)
		.else_(invoice.outstanding_amount * invoice.conversion_rate)
	)


def _open_invoices(members, overdue_since, leave_out) -> dict[Member, _Open]:
	result: dict[Member, _Open] = {}
	invoice = frappe.qb.DocType("Sales Invoice")
	for some in _by_currency(members):
		amount = _base_open(invoice, some)
		is_debt = invoice.outstanding_amount > 0
		is_overdue = is_debt & (invoice.due_date <= overdue_since)
		query = (
			frappe.qb.from_(invoice)
			.select(
				invoice.customer,
				invoice.company,
				Sum(amount),
				Sum(Case().when(is_debt, 0).else_(amount)),
				Sum(Case().when(is_overdue, amount).else_(0)),
				Min(Case().when(is_overdue, invoice.due_date)),
				Max(Case().when(is_debt, invoice.due_date)),
			)
			.where(invoice.docstatus == 1)
			.where((invoice.outstanding_amount > 0) | (invoice.outstanding_amount < 0))
			.groupby(invoice.customer, invoice.company)
		)
		query = _without_the_one_in_hand(
			_of_members(query, invoice, some), invoice, leave_out, "Sales Invoice"
		)
		for customer, company, total, credits, overdue, oldest, latest in query.run():
			result[customer, company] = _Open(money(total), -money(credits), money(overdue), oldest, latest)
	return result


def _overdue_instalments(members, overdue_since, leave_out) -> dict[Member, _Open]:
	"""Return overdue instalments of invoices whose last instalment is not overdue yet.

	Payments go to the earliest instalment first, so what is still open beyond the later instalments is overdue.
	"""
	result: dict[Member, _Open] = {}
	invoice, row = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Payment Schedule")
	later = frappe.qb.DocType("Payment Schedule").as_("later")
	for some in _by_currency(members):
		# Few invoices have such an instalment: the later ones are added up for those alone.
		still_due = (
			frappe.qb.from_(later)
			.select(Sum(later.base_payment_amount))
			.where((later.parent == invoice.name) & (later.parenttype == "Sales Invoice"))
			.where(later.due_date > overdue_since)
		)
		query = (
			frappe.qb.from_(invoice)
			.join(row)
			.on((row.parent == invoice.name) & (row.parenttype == "Sales Invoice"))
			.select(
				invoice.customer,
				invoice.company,
				Max(_base_open(invoice, some)) - Coalesce(still_due, 0),
				Min(row.due_date),
			)
			.where(invoice.docstatus == 1)
			.where((invoice.outstanding_amount > 0) & (invoice.due_date > overdue_since))
			.where(row.due_date <= overdue_since)
			.groupby(invoice.name)
		)
		query = _without_the_one_in_hand(
			_of_members(query, invoice, some), invoice, leave_out, "Sales Invoice"
		)
		for customer, company, overdue, oldest in query.run():
			if overdue <= 0:
				continue
			so_far = result.get((customer, company), _Open())
			result[customer, company] = replace(
				so_far,
				overdue=so_far.overdue + money(overdue),
				oldest=min(d for d in (so_far.oldest, oldest) if d),
			)
	return result


def _open_ledger(members, overdue_since) -> dict[Member, _Open]:
	"""Return journal entries, advances and unallocated payments: what the ledger knows and no invoice stores.

	An advance booked on a separate account is in the payment ledger too, and so is counted once.
	"""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	amount = Sum(entry.amount).as_("amount")
	due = Min(Coalesce(entry.due_date, entry.posting_date)).as_("due")
	per_voucher = _of_members(
		frappe.qb.from_(entry)
		.select(entry.party, entry.company, amount, due)
		.where((entry.delinked == 0) & (entry.party_type == "Customer"))
		.where(
			(entry.against_voucher_type < "Sales Invoice") | (entry.against_voucher_type > "Sales Invoice")
		)
		.groupby(entry.party, entry.company, entry.against_voucher_type, entry.against_voucher_no)
		.having(Sum(entry.amount) != 0),
		entry,
		members,
	).as_("vouchers")
	is_overdue = (per_voucher.amount > 0) & (per_voucher.due <= overdue_since)
	rows = (
		frappe.qb.from_(per_voucher)
		.select(
			per_voucher.party,
			per_voucher.company,
			Sum(per_voucher.amount),
			Sum(Case().when(per_voucher.amount < 0, per_voucher.amount).else_(0)),
			Sum(Case().when(is_overdue, per_voucher.amount).else_(0)),
			Min(Case().when(is_overdue, per_voucher.due)),
		)
		.groupby(per_voucher.party, per_voucher.company)
		.run()
	)
	return {
		(customer, company): _Open(money(total), -money(credits), money(overdue), oldest)
		for customer, company, total, credits, overdue, oldest in rows
	}


def _unbilled_deliveries(members, leave_out) -> dict[Member, Decimal]:
	"""Return goods delivered and neither billed nor returned, gross."""
	note, item = frappe.qb.DocType("Delivery Note"), frappe.qb.DocType("Delivery Note Item")
	kept_share = (
		Case()
		.when(item.stock_qty == 0, 1)
		.else_((item.stock_qty - Coalesce(item.returned_qty, 0)) / item.stock_qty)
	)
	unbilled = Greatest(
		0, item.base_net_amount * kept_share - Coalesce(item.billed_amt, 0) * note.conversion_rate
	)
	query = (
		frappe.qb.from_(note)
		.join(item)
		.on(item.parent == note.name)
		.select(note.customer, note.company, Sum(unbilled * _gross(note)))
		.where(
			(note.docstatus == 1)
			& (note.per_billed < 100)
			& (note.is_return == 0)
			& (note.status != "Closed")
		)
		.where(note.is_internal_customer == 0)
		.groupby(note.customer, note.company)
	)
	query = _without_the_one_in_hand(_of_members(query, note, members), note, leave_out, "Delivery Note")
	return {(customer, company): money(amount) for customer, company, amount in query.run()}


def _open_orders(members, horizon, leave_out) -> dict[Member, tuple[Decimal, Decimal, Decimal]]:
	"""Return per member what granted orders and waiting orders still promise, and the advances paid for them."""
	order, item = frappe.qb.DocType("Sales Order"), frappe.qb.DocType("Sales Order Item")
	status = Coalesce(order.b2b_credit_status, "Not Checked")
	whole = Case().when(order.base_rounded_total > 0, order.base_rounded_total).else_(order.base_grand_total)
	is_untouched = (order.per_delivered == 0) & (order.per_billed == 0)

	def sums(amount, advance):
		return (
			Sum(Case().when(status.isin(GRANTED), amount).else_(0)),
			Sum(Case().when(status.isin(WAITING), amount).else_(0)),
			Sum(advance),
		)

	def bounded(query):
		query = (
			query.where(order.docstatus == 1)
			.where(order.status.notin(FINISHED_ORDERS))
			.where(order.is_internal_customer == 0)
			.groupby(order.customer, order.company)
		)
		return _without_the_one_in_hand(_of_members(query, order, members), order, leave_out, "Sales Order")

	done = Greatest(
		Case().when(item.qty == 0, 0).else_(item.delivered_qty / item.qty * item.base_net_amount),
		item.billed_amt * order.conversion_rate,
	)
	rest = Greatest(0, item.base_net_amount - done) * _gross(order)
	advance = _advance(order, members)
	header = frappe.qb.from_(order).select(
		order.customer, order.company, *sums(Case().when(is_untouched, whole).else_(0), advance)
	)
	lines = (
		frappe.qb.from_(order)
		.join(item)
		.on(item.parent == order.name)
		.select(order.customer, order.company, *sums(rest, ValueWrapper(0)))
	)
	if horizon is None:
		queries = [bounded(header), bounded(lines.where((order.per_delivered > 0) | (order.per_billed > 0)))]
	else:
		advances = frappe.qb.from_(order).select(
			order.customer, order.company, *sums(ValueWrapper(0), advance)
		)
		queries = [bounded(advances), bounded(lines.where(Coalesce(item.delivery_date, horizon) <= horizon))]
	result: dict[Member, tuple[Decimal, Decimal, Decimal]] = {}
	for query in queries:
		for customer, company, *amounts in query.run():
			so_far = result.get((customer, company), (ZERO, ZERO, ZERO))
			result[customer, company] = tuple(a + money(b) for a, b in zip(so_far, amounts, strict=True))
	return result


def _advance(order, members: Iterable[Member]):
	"""The advance paid for an order, in company currency: ERPNext keeps it in the receivable account's."""
	currencies = {company_currency(company) for _customer, company in members}
	is_foreign = Coalesce(order.party_account_currency, "").notin({"", *currencies})
	return order.advance_paid * Case().when(is_foreign, order.conversion_rate).else_(1)


def granted_orders_seen(grants) -> set[tuple[str, str]]:
	"""Return which recent grants this transaction's snapshot shows as submitted (or cancelled since)."""
	seen: set[tuple[str, str]] = set()
	for doctype in {grant.doctype for grant in grants}:
		doc = frappe.qb.DocType(doctype)
		names = [grant.name for grant in grants if grant.doctype == doctype]
		rows = frappe.qb.from_(doc).select(doc.name).where(doc.name.isin(names) & (doc.docstatus > 0)).run()
		seen |= {(doctype, name) for (name,) in rows}
	return seen


def oldest_items(member: Member, due_until: date, limit: int = 10) -> list[dict]:
	"""Return the oldest open invoices of a customer, due on a day or before: what to pay first."""
	invoice = frappe.qb.DocType("Sales Invoice")
	return (
		_of_members(
			frappe.qb.from_(invoice)
			.select(invoice.name, invoice.due_date, _base_open(invoice, {member}).as_("open"))
			.where(
				(invoice.docstatus == 1) & (invoice.outstanding_amount > 0) & (invoice.due_date <= due_until)
			)
			.orderby(invoice.due_date, invoice.name)
			.limit(limit),
			invoice,
			{member},
		)
	).run(as_dict=True)


def _gross(doc):
	"""Turn net amounts of a document's lines into gross ones."""
	return Case().when(doc.base_net_total == 0, 1).else_(doc.base_grand_total / doc.base_net_total)


def _by_currency(members: Iterable[Member]) -> list[set[Member]]:
	"""Split members by company currency, as an outstanding amount is compared with it."""
	by_currency: dict[str, set[Member]] = {}
	for member in members:
		by_currency.setdefault(company_currency(member[1]), set()).add(member)
	return list(by_currency.values())


def horizon_of(days: int, today: date) -> date | None:
	"""Return the last promised date that counts, None for all."""
	return getdate(add_days(today, days)) if days else None
