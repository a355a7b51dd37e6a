"""What an export of the book reads of the site: its queries, each for some thousand documents at a time.

First the documents of the book are chosen (`orders_from` … `vouchers_from`, read as streams), then what is to be known
of them is read in batches of their names. Nothing here depends on how many documents there are but the number of batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import frappe
from frappe.query_builder import Case, Order
from frappe.query_builder.functions import Coalesce, Count, Max, Min, Sum
from pypika.functions import Date
from pypika.terms import ValueWrapper

from b2b_contracts.engine import rules, security
from b2b_contracts.engine import security_life as life

from . import log, security_facts
from .account_facts import PROFILE_FIELDS
from .position_facts import FINISHED_ORDERS
from .security_facts import INSTRUMENT

ORDER, DELIVERY, INVOICE = "Sales Order", "Delivery Note", "Sales Invoice"
PAYMENT, JOURNAL = "Payment Entry", "Journal Entry"
CLOSED = ("Closed", "Cancelled")


@dataclass(frozen=True, slots=True)
class Scope:
	"""Which trade is exported: that of companies from one day to another, both included."""

	companies: tuple[str, ...]
	from_date: date
	to_date: date
	batch: int = 1000

	@property
	def day_after(self) -> date:
		return self.to_date + timedelta(1)


def _stream(query) -> Iterator[str]:
	"""Yield the names that a query finds, never all of them in memory. Nothing else may be asked meanwhile."""
	with frappe.db.unbuffered_cursor():
		for row in query.run(as_list=True, as_iterator=True):
			yield row[0]


# ------------------------------------------------------------------ which documents
def orders_from(scope: Scope) -> Iterator[str]:
	"""Yield the orders of the period, and those from before it that were not finished when it began."""
	order = frappe.qb.DocType(ORDER)
	unfinished = order.status.notin(FINISHED_ORDERS) | (
		order.status.isin(CLOSED) & (order.modified >= scope.from_date)
	)
	query = _counting(order, scope).where(order.transaction_date <= scope.to_date)
	yield from _stream(
		query.where((order.transaction_date >= scope.from_date) | unfinished).select(order.name)
	)
	# What is finished by now and was not then was delivered or billed since.
	for doctype, field in ((DELIVERY, "against_sales_order"), (INVOICE, "sales_order")):
		doc, item = frappe.qb.DocType(doctype), frappe.qb.DocType(f"{doctype} Item")
		yield from _stream(
			frappe.qb.from_(doc)
			.join(item)
			.on(item.parent == doc.name)
			.where(doc.company.isin(scope.companies) & (doc.docstatus == 1))
			.where((doc.posting_date >= scope.from_date) & (item[field] != ""))
			.select(item[field])
			.distinct()
		)


def deliveries_from(scope: Scope) -> Iterator[str]:
	"""Yield the deliveries of the period, and those from before it that were not billed in full when it began."""
	note, item, bill = (
		frappe.qb.DocType(DELIVERY),
		frappe.qb.DocType("Sales Invoice Item"),
		frappe.qb.DocType(INVOICE),
	)
	unbilled = (note.per_billed < 100) & (note.status != "Closed")
	still_open = unbilled | (note.status.isin(CLOSED) & (note.modified >= scope.from_date))
	query = _counting(note, scope).where((note.is_return == 0) & (note.posting_date <= scope.to_date))
	yield from _stream(query.where((note.posting_date >= scope.from_date) | still_open).select(note.name))
	yield from _stream(
		frappe.qb.from_(bill)
		.join(item)
		.on(item.parent == bill.name)
		.where(bill.company.isin(scope.companies) & (bill.docstatus == 1))
		.where((bill.posting_date >= scope.from_date) & (item.delivery_note != ""))
		.select(item.delivery_note)
		.distinct()
	)
	yield from _stream(
		frappe.qb.from_(note)
		.where(note.company.isin(scope.companies) & (note.docstatus == 1) & (note.is_return == 1))
		.where((note.posting_date >= scope.from_date) & (note.return_against != ""))
		.select(note.return_against)
		.distinct()
	)


def deliveries_of_orders(orders: list[str], scope: Scope) -> list[str]:
	"""Return the deliveries that fulfil some orders."""
	return _documents_with(DELIVERY, "against_sales_order", orders, scope)


def invoices_of_orders(orders: list[str], scope: Scope) -> list[str]:
	"""Return the invoices that bill some orders."""
	return _documents_with(INVOICE, "sales_order", orders, scope)


def invoices_of_deliveries(deliveries: list[str], scope: Scope) -> list[str]:
	"""Return the invoices that bill some deliveries."""
	return _documents_with(INVOICE, "delivery_note", deliveries, scope)


def _documents_with(doctype: str, field: str, names: list[str], scope: Scope) -> list[str]:
	doc, item = frappe.qb.DocType(doctype), frappe.qb.DocType(f"{doctype} Item")
	return (
		frappe.qb.from_(item)
		.join(doc)
		.on(doc.name == item.parent)
		.where(item[field].isin(names) & doc.company.isin(scope.companies))
		.where((doc.docstatus == 1) & (doc.is_return == 0) & (doc.posting_date <= scope.to_date))
		.select(doc.name)
		.distinct()
		.run(pluck=True)
	)


def vouchers_from(scope: Scope) -> Iterator[str]:
	"""Yield whatever the ledger of the period is booked against, and what was not even when it began."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	is_before = (entry.delinked == 0) & (entry.posting_date < scope.from_date)
	since = Max(Case().when(entry.delinked == 0, entry.posting_date).else_(Date(entry.modified)))
	return _stream(
		_ledger(scope)
		.groupby(entry.company, entry.party, entry.against_voucher_type, entry.against_voucher_no)
		.having((Sum(Case().when(is_before, entry.amount).else_(0)) != 0) | (since >= scope.from_date))
		.select(entry.against_voucher_no)
	)


def _ledger(scope: Scope):
	"""What customers owe, with the entries of cancelled documents, until the end of the period."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	query = _of_customers(frappe.qb.from_(entry), entry, entry.party, scope)
	return query.where(
		(entry.party_type == "Customer")
		& (entry.account_type == "Receivable")
		& (entry.posting_date <= scope.to_date)
	)


def _of_customers(query, doc, party, scope: Scope):
	"""Keep what concerns customers of the companies who are not companies of our own (subjects.is_exempt)."""
	customer = frappe.qb.DocType("Customer")
	query = query.join(customer).on(customer.name == party)
	return query.where(doc.company.isin(scope.companies) & (customer.is_internal_customer == 0))


def _counting(doc, scope: Scope):
	"""Orders or deliveries that are submitted, and cancelled ones that stood over a night and in the period.

	What was cancelled on the day it was entered was corrected: dated back, it would stand in the book for days on which
	nobody knew of it.
	"""
	stood = (Date(doc.modified) > Date(doc.creation)) & (doc.modified >= scope.from_date)
	query = _of_customers(frappe.qb.from_(doc), doc, doc.customer, scope).where(doc.is_internal_customer == 0)
	return query.where((doc.docstatus == 1) | ((doc.docstatus == 2) & stood))


# ------------------------------------------------------------------ orders
def orders(names: list[str], scope: Scope) -> list[frappe._dict]:
	"""Return the orders of some names that are in the book, with their due and promised dates."""
	order, row, item = (frappe.qb.DocType(d) for d in (ORDER, "Payment Schedule", "Sales Order Item"))
	due = frappe.qb.from_(row).where((row.parenttype == ORDER) & row.parent.isin(names)).groupby(row.parent)
	due = dict(due.select(row.parent, Max(row.due_date)).run())
	promised = frappe.qb.from_(item).where(item.parent.isin(names)).groupby(item.parent)
	promised = {
		name: dates
		for name, *dates in promised.select(
			item.parent, Min(item.delivery_date), Max(item.delivery_date)
		).run()
	}
	found = (
		_counting(order, scope)
		.where(order.name.isin(names) & (order.transaction_date <= scope.to_date))
		.select(
			*(order[f] for f in ("name", "customer", "company", "transaction_date", "docstatus", "status")),
			*(
				order[f]
				for f in ("base_rounded_total", "base_grand_total", "po_no", "per_delivered", "per_billed")
			),
			*(
				order[f]
				for f in (
					"b2b_security_required_percent",
					"b2b_security_demanded_percent",
					"creation",
					"modified",
				)
			),
		)
		.orderby(order.name)
		.run(as_dict=True)
	)
	for doc in found:
		doc.due_date = due.get(doc.name)
		doc.promised, doc.last_promised = promised.get(doc.name, (None, None))
	return found


def decisions(names: list[str]) -> dict[str, list[frappe._dict]]:
	"""Return what was decided about some orders, oldest first."""
	decision = frappe.qb.DocType("Credit Decision")
	kinds = (log.SUBMIT, log.CHANGE, log.RELEASE, log.REJECT)
	rows = (
		frappe.qb.from_(decision)
		.where((decision.reference_doctype == ORDER) & decision.reference_name.isin(names))
		.where(decision.kind.isin(kinds))
		.select(decision.reference_name, decision.kind, decision.amount, decision.decided_on)
		.orderby(decision.decided_on)
		.run(as_dict=True)
	)
	return _by(rows, "reference_name")


def goods_moved(names: list[str], scope: Scope) -> dict[str, tuple]:
	"""Return when the first delivery or invoice of some orders was entered, and whether there are any after the period."""
	moved: dict[str, tuple] = {}
	for doctype, field in ((DELIVERY, "against_sales_order"), (INVOICE, "sales_order")):
		doc, item = frappe.qb.DocType(doctype), frappe.qb.DocType(f"{doctype} Item")
		rows = (
			frappe.qb.from_(item)
			.join(doc)
			.on(doc.name == item.parent)
			.where(item[field].isin(names) & (doc.docstatus == 1))
			.groupby(item[field])
			.select(item[field], Min(doc.creation), Max(doc.posting_date))
			.run()
		)
		for name, first, last in rows:
			former = moved.get(name, (first, False))
			moved[name] = (min(first, former[0]), former[1] or last > scope.to_date)
	return moved


# ------------------------------------------------------------------ deliveries
def deliveries(names: list[str], scope: Scope) -> list[frappe._dict]:
	"""Return the deliveries of some names that are in the book, each with its parts [(order, billed before, net)]."""
	note, item, of_order = (
		frappe.qb.DocType(d) for d in (DELIVERY, "Delivery Note Item", "Sales Order Item")
	)
	is_billed = Case().when(Coalesce(item.si_detail, "") != "", 1).else_(0)
	rows = (
		frappe.qb.from_(item)
		.left_join(of_order)
		.on((of_order.name == item.so_detail) & (of_order.parent == item.against_sales_order))
		.where(item.parent.isin(names))
		.groupby(item.parent, of_order.parent, is_billed)
		.select(item.parent, Coalesce(of_order.parent, ""), is_billed, Sum(item.base_net_amount))
		.run()
	)
	parts = _lists(rows)
	found = (
		_counting(note, scope)
		.where(note.name.isin(names) & (note.is_return == 0) & (note.posting_date <= scope.to_date))
		.select(
			*(note[f] for f in ("name", "customer", "company", "posting_date", "docstatus", "status")),
			*(note[f] for f in ("base_grand_total", "per_billed", "creation", "modified")),
		)
		.orderby(note.name)
		.run(as_dict=True)
	)
	for doc in found:
		doc.parts = parts.get(doc.name, [])
	return found


def returns_of(names: list[str], scope: Scope) -> list[frappe._dict]:
	"""Return what came back of some deliveries until the end of the period, by order; amounts are negative."""
	note, item, of_order = (
		frappe.qb.DocType(d) for d in (DELIVERY, "Delivery Note Item", "Sales Order Item")
	)
	return (
		frappe.qb.from_(note)
		.join(item)
		.on(item.parent == note.name)
		.left_join(of_order)
		.on((of_order.name == item.so_detail) & (of_order.parent == item.against_sales_order))
		.where(note.return_against.isin(names) & (note.docstatus == 1) & (note.is_return == 1))
		.where(note.posting_date <= scope.to_date)
		.groupby(note.name, of_order.parent)
		.select(note.name, note.customer, note.company, note.return_against, note.posting_date, note.creation)
		.select(Coalesce(of_order.parent, "").as_("order_name"), Sum(item.base_net_amount).as_("net"))
		.select(note.base_grand_total, note.base_net_total)
		.orderby(note.name)
		.run(as_dict=True)
	)


# ------------------------------------------------------------------ the ledger
def entries(names: list[str], scope: Scope) -> list[frappe._dict]:
	"""Return the ledger of some vouchers: every entry against them until the end of the period."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	fields = (
		*("company", "party", "voucher_type", "voucher_no", "against_voucher_type", "against_voucher_no"),
		*("posting_date", "due_date", "amount", "amount_in_account_currency", "delinked", "creation"),
	)
	return (
		_ledger(scope)
		.where(entry.against_voucher_no.isin(names))
		.select(*(entry[field] for field in fields))
		.orderby(entry.against_voucher_no)
		.orderby(entry.creation)
		.run(as_dict=True)
	)


DOCUMENT_FIELDS = {
	INVOICE: (
		*("name", "docstatus", "creation", "modified", "posting_date", "due_date", "is_return", "is_opening"),
		*(
			"is_pos",
			"paid_amount",
			"write_off_amount",
			"base_write_off_amount",
			"rounded_total",
			"grand_total",
		),
		*("is_internal_customer", "b2b_original_due_date", "update_stock"),
	),
	PAYMENT: (
		*("name", "docstatus", "creation", "modified", "payment_type"),
		"book_advance_payments_in_separate_party_account",
	),
	JOURNAL: ("name", "docstatus", "creation", "modified", "voucher_type"),
}


def documents(doctype: str, names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Return what is to be known of some invoices, payments or journals."""
	names = list(names)
	if not names or doctype not in DOCUMENT_FIELDS:
		return {}
	doc = frappe.qb.DocType(doctype)
	rows = (
		frappe.qb.from_(doc)
		.where(doc.name.isin(names))
		.select(*(doc[f] for f in DOCUMENT_FIELDS[doctype]))
		.run(as_dict=True)
	)
	return {row.name: row for row in rows}


def instalments(names: list[str]) -> dict[str, list[tuple]]:
	"""Return (due date, amount in company currency) of some invoices, the earliest first."""
	row = frappe.qb.DocType("Payment Schedule")
	return _lists(
		frappe.qb.from_(row)
		.where((row.parenttype == INVOICE) & row.parent.isin(names))
		.groupby(row.parent, row.due_date)
		.select(row.parent, row.due_date, Sum(row.base_payment_amount))
		.orderby(row.parent)
		.orderby(row.due_date)
		.run()
	)


def invoice_parts(names: list[str]) -> dict[str, list[tuple]]:
	"""Return what some invoices bill: (order, delivery, net). A row that only names an order, or names a row of another
	one, bills none (as in subjects.py)."""
	item, of_order, of_delivery = (
		frappe.qb.DocType(d) for d in ("Sales Invoice Item", "Sales Order Item", "Delivery Note Item")
	)
	order = Coalesce(
		of_order.parent, Case().when(of_delivery.so_detail != "", of_delivery.against_sales_order), ""
	)
	return _lists(
		frappe.qb.from_(item)
		.left_join(of_order)
		.on((of_order.name == item.so_detail) & (of_order.parent == item.sales_order))
		.left_join(of_delivery)
		.on((of_delivery.name == item.dn_detail) & (of_delivery.parent == item.delivery_note))
		.where(item.parent.isin(names))
		.groupby(item.parent, order, of_delivery.parent)
		.select(item.parent, order, Coalesce(of_delivery.parent, ""), Sum(item.base_net_amount))
		.orderby(item.parent)
		.run()
	)


def payment_references(names: list[str]) -> dict[str, list[tuple]]:
	"""Return what some payments are set against: (doctype, name, amount in the account's currency, order that it was an
	advance for)."""
	row = frappe.qb.DocType("Payment Entry Reference")
	return _lists(
		frappe.qb.from_(row)
		.where((row.parenttype == PAYMENT) & row.parent.isin(names))
		.select(
			row.parent, row.reference_doctype, row.reference_name, row.allocated_amount, _advance_for(row)
		)
		.run()
	)


def journal_references(names: list[str]) -> dict[str, list[tuple]]:
	"""Return the same of the rows of some journals that credit a customer."""
	row = frappe.qb.DocType("Journal Entry Account")
	return _lists(
		frappe.qb.from_(row)
		.where(row.parent.isin(names) & (row.party_type == "Customer") & (row.credit_in_account_currency > 0))
		.select(row.parent, row.reference_type, row.reference_name)
		.select(row.credit_in_account_currency, _advance_for(row))
		.run()
	)


def _advance_for(row):
	"""The order that money was an advance for before it was set against an invoice; ERPNext keeps it since 2025."""
	if not frappe.get_meta(row._table_name.removeprefix("tab")).has_field("advance_voucher_no"):
		return ValueWrapper("")
	return Case().when(row.advance_voucher_type == ORDER, row.advance_voucher_no).else_("")


def advances_taken(names: list[str]) -> dict[tuple[str, str], float]:
	"""Return by (invoice, payment) what an invoice took of an advance for an order, where ERPNext keeps no more."""
	if frappe.get_meta("Payment Entry Reference").has_field("advance_voucher_no"):
		return {}
	row = frappe.qb.DocType("Sales Invoice Advance")
	rows = (
		frappe.qb.from_(row)
		.where(row.parent.isin(names) & (row.reference_type == PAYMENT) & (row.reference_row != ""))
		.groupby(row.parent, row.reference_name)
		.select(row.parent, row.reference_name, Sum(row.allocated_amount))
		.run()
	)
	return {(invoice, payment): amount for invoice, payment, amount in rows}


def written_off(names: list[str], accounts: list[str]) -> dict[str, tuple]:
	"""Return what some payments deduct to an account for losses, and what they are set against in all."""
	row, entry = frappe.qb.DocType("Payment Entry Deduction"), frappe.qb.DocType("Payment Ledger Entry")
	if not accounts:
		return {}
	losses = (
		frappe.qb.from_(row)
		.where(row.parent.isin(names) & row.account.isin(accounts) & (row.amount > 0))
		.groupby(row.parent)
		.select(row.parent, Sum(row.amount))
		.run()
	)
	totals = (
		frappe.qb.from_(entry)
		.where(entry.voucher_no.isin(names) & (entry.voucher_type == PAYMENT) & (entry.delinked == 0))
		.where(entry.against_voucher_no != entry.voucher_no)
		.groupby(entry.voucher_no)
		.select(entry.voucher_no, -Sum(entry.amount))
		.run()
	)
	totals = dict(totals)
	return {name: (loss, totals.get(name, 0)) for name, loss in losses}


def loss_accounts(scope: Scope) -> list[str]:
	"""Return the companies' accounts for write-offs."""
	company = frappe.qb.DocType("Company")
	query = frappe.qb.from_(company).where(company.name.isin(scope.companies))
	return [name for name in query.select(company.write_off_account).run(pluck=True) if name]


def journals_on(names: list[str], accounts: list[str]) -> set[str]:
	"""Return the journals with a row on one of some accounts."""
	row = frappe.qb.DocType("Journal Entry Account")
	if not accounts:
		return set()
	query = frappe.qb.from_(row).where(row.parent.isin(names) & row.account.isin(accounts))
	return set(query.select(row.parent).distinct().run(pluck=True))


def parties_of_journals(names: list[str]) -> dict[str, int]:
	"""Return how many customers some journals are about."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	return dict(
		frappe.qb.from_(entry)
		.where(
			entry.voucher_no.isin(names) & (entry.voucher_type == JOURNAL) & (entry.party_type == "Customer")
		)
		.groupby(entry.voucher_no)
		.select(entry.voucher_no, Count(entry.party).distinct())
		.run()
	)


def moving_journals(names: list[str]) -> set[str]:
	"""Return the journals that only set credit notes on account, or payments, against something else of the customer."""
	entry, note = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE)
	from_credit = (entry.against_voucher_type == PAYMENT) | (note.is_return == 1)
	takes = (entry.amount > 0) & (entry.against_voucher_no != entry.voucher_no) & from_credit
	sets = (entry.amount < 0) & (entry.against_voucher_no != entry.voucher_no)
	rows = (
		frappe.qb.from_(entry)
		.left_join(note)
		.on((note.name == entry.against_voucher_no) & (entry.against_voucher_type == INVOICE))
		.where(entry.voucher_no.isin(names) & (entry.voucher_type == JOURNAL) & (entry.delinked == 0))
		.groupby(entry.voucher_no)
		.having((Sum(entry.amount) == 0) & (Count(entry.party).distinct() == 1))
		.having(Min(Case().when(takes | sets, 1).else_(0)) == 1)
		.select(entry.voucher_no)
	)
	return set(rows.run(pluck=True))


# ------------------------------------------------------------------ who the customers are
def profiles(after: str, scope: Scope) -> list[frappe._dict]:
	"""Return some profiles in the order of their names, with their history and their holds."""
	profile, change, hold, reason = (
		frappe.qb.DocType(d)
		for d in ("Credit Profile", "Credit Profile Change", "Credit Hold", "Credit Hold Reason")
	)
	query = _of_customers(frappe.qb.from_(profile), profile, profile.customer, scope)
	found = (
		query.where((profile.name > after) & (profile.creation < scope.day_after))
		.select(*(profile[f] for f in PROFILE_FIELDS))
		.select(
			*(profile[f] for f in ("level", "expected_annual_revenue", "gross_net_ratio", "granted_limit"))
		)
		.select(profile.creation, profile.currency)
		.orderby(profile.name)
		.limit(scope.batch)
		.run(as_dict=True)
	)
	names = [row.name for row in found]
	if not names:
		return []
	history = _by(
		frappe.qb.from_(change)
		.where((change.parenttype == "Credit Profile") & change.parent.isin(names))
		.select(change.parent, change.changed_on, change.field_label, change.before, change.after)
		.orderby(change.changed_on)
		.orderby(change.idx)
		.run(as_dict=True),
		"parent",
	)
	holds = _by(
		frappe.qb.from_(hold)
		.join(reason)
		.on(reason.parent == hold.name)
		.where((hold.reference_doctype == "Credit Profile") & hold.reference_name.isin(names))
		.where(reason.rule.isin((rules.FORCED_HOLD, rules.STOP_BY_RATING)))
		.select(hold.reference_name, hold.status, hold.action, hold.released_on, hold.creation, hold.modified)
		.select(reason.rule, reason.message)
		.orderby(hold.creation)
		.run(as_dict=True),
		"reference_name",
	)
	for row in found:
		row.history, row.holds = history.get(row.name, []), holds.get(row.name, [])
	return found


def segments() -> dict[str, str]:
	"""Return what each segment's limit is calculated from."""
	segment = frappe.qb.DocType("Credit Segment")
	return dict(frappe.qb.from_(segment).select(segment.name, segment.limit_basis).run())


def segment_terms() -> dict[str, list[frappe._dict]]:
	"""Return the rows of each segment's payment terms."""
	segment, row = frappe.qb.DocType("Credit Segment"), frappe.qb.DocType("Payment Terms Template Detail")
	rows = (
		frappe.qb.from_(segment)
		.join(row)
		.on((row.parent == segment.payment_terms_template) & (row.parenttype == "Payment Terms Template"))
		.select(segment.name, row.due_date_based_on, row.credit_days, row.credit_months)
		.run(as_dict=True)
	)
	return _by([r for r in rows if r.due_date_based_on], "name")


def groups(names: Iterable[str]) -> list[frappe._dict]:
	"""Return some credit groups with the versions of their terms, newest first."""
	names = list(names)
	if not names:
		return []
	group, version = frappe.qb.DocType("Credit Group"), frappe.qb.DocType("Version")
	found = (
		frappe.qb.from_(group)
		.where(group.name.isin(names))
		.select(group.name, group.currency, group.group_limit, group.creation)
		.orderby(group.name)
		.run(as_dict=True)
	)
	versions = _by(
		frappe.qb.from_(version)
		.where((version.ref_doctype == "Credit Group") & version.docname.isin(names))
		.select(version.docname, version.creation, version.data)
		.orderby(version.creation, order=Order.desc)
		.run(as_dict=True),
		"docname",
	)
	for row in found:
		row.versions = versions.get(row.name, [])
	return found


ENDED_SECURITIES = (life.CLAIMED, life.RELEASED, life.EXPIRED, life.REPLACED)


def securities(after: str, scope: Scope) -> list[frappe._dict]:
	"""Return some securities that were in force in the period, in the order of their names; `of` is a customer whom each
	covers, for those of a credit group the first of its members."""
	doc, hold = frappe.qb.DocType(INSTRUMENT), frappe.qb.DocType("Credit Hold")
	kind, profile = frappe.qb.DocType("Security Type"), frappe.qb.DocType("Credit Profile")
	policy = frappe.qb.DocType("Insurance Policy")
	customer = frappe.qb.DocType("Customer")
	ended = (doc.docstatus == 2) | doc.status.isin(ENDED_SECURITIES)
	order = Case().when(hold.reference_doctype == ORDER, hold.reference_name).else_("")
	member = (
		frappe.qb.from_(profile)
		.select(Min(profile.customer))
		.where((profile.credit_group == doc.credit_group) & (profile.company == doc.company))
	)
	return (
		frappe.qb.from_(doc)
		.left_join(customer)
		.on(customer.name == doc.customer)
		.left_join(hold)
		.on(hold.name == doc.credit_hold)
		.left_join(kind)
		.on(kind.name == doc.instrument_type)
		.left_join(policy)
		.on(policy.name == doc.insurance_policy)
		.where(doc.company.isin(scope.companies) & (Coalesce(customer.is_internal_customer, 0) == 0))
		.where((doc.name > after) & (doc.docstatus > 0) & (doc.creation < scope.day_after))
		.where(ended | (doc.status == security.IN_FORCE))
		.where((doc.modified >= scope.from_date) | (ended == 0))
		.select(*(doc[f] for f in security_facts.FIELDS), *(kind[f] for f in security_facts.TYPE_FIELDS))
		.select(*(policy[f].as_(name) for name, f in security_facts.POLICY_FIELDS.items()))
		.select(policy.ended_on.as_("policy_ended"))
		.select(doc.creation, doc.modified, Case().when(ended, 1).else_(0).as_("has_ended"))
		.select(order.as_("order_name"), Coalesce(doc.customer, member).as_("of"))
		.orderby(doc.name)
		.limit(scope.batch)
		.run(as_dict=True)
	)


# ------------------------------------------------------------------ what was set aside
def disputes(after: str, scope: Scope) -> list[frappe._dict]:
	"""Return some disputes that were taken up, in the order of their names: with their invoices, when an answer was noted,
	and the credit notes that were made from them. Left out are those that ended before the period, and those that were
	cancelled on the day they were entered."""
	doc, step = frappe.qb.DocType("Dispute"), frappe.qb.DocType("Dispute Progress")
	stood = (Date(doc.modified) > Date(doc.creation)) & (doc.modified >= scope.from_date)
	running = doc.resolved_on.isnull() | (doc.resolved_on >= scope.from_date)
	found = (
		_of_customers(frappe.qb.from_(doc), doc, doc.customer, scope)
		.where((doc.name > after) & (doc.opened_on <= scope.to_date))
		.where(((doc.docstatus == 1) & running) | ((doc.docstatus == 2) & stood))
		.select(*(doc[f] for f in ("name", "customer", "company", "currency", "docstatus", "status")))
		.select(*(doc[f] for f in ("opened_on", "resolved_on", "creation", "modified")))
		.orderby(doc.name)
		.limit(scope.batch)
		.run(as_dict=True)
	)
	names = [row.name for row in found]
	if not names:
		return []
	invoices = _invoices_of("Dispute", names, "disputed_amount", "credited_amount")
	noted = _lists(
		frappe.qb.from_(step)
		.where((step.parenttype == "Dispute") & step.parent.isin(names))
		.select(step.parent, step.noted_on)
		.run()
	)
	credit_notes = _credit_notes_of(names, {row.sales_invoice for rows in invoices.values() for row in rows})
	for row in found:
		row.invoices, row.credit_notes = invoices.get(row.name, []), credit_notes.get(row.name, [])
		row.noted = [at for (at,) in noted.get(row.name, ())]
	return found


def _credit_notes_of(disputes: list[str], invoices: set[str]) -> dict[str, list[frappe._dict]]:
	"""Return the credit notes that were made from some disputes about some invoices, the oldest first."""
	note = frappe.qb.DocType(INVOICE)
	if not invoices:
		return {}
	return _by(
		frappe.qb.from_(note)
		.where(note.return_against.isin(sorted(invoices)) & note.b2b_dispute.isin(disputes))
		.where((note.docstatus == 1) & (note.is_return == 1))
		.select(*(note[f] for f in ("b2b_dispute", "return_against", "posting_date", "creation", "currency")))
		.select(
			*(note[f] for f in ("grand_total", "rounded_total", "base_grand_total", "base_rounded_total"))
		)
		.orderby(note.creation)
		.run(as_dict=True),
		"b2b_dispute",
	)


def plans(after: str, scope: Scope) -> list[frappe._dict]:
	"""Return some payment plans that became active, in the order of their names: with their invoices, and when they noted
	something about themselves. Left out are those that ended before the period."""
	doc, comment = frappe.qb.DocType("Payment Plan"), frappe.qb.DocType("Comment")
	ended = Coalesce(doc.completed_on, doc.broken_on, Case().when(doc.docstatus == 2, Date(doc.modified)))
	found = (
		_of_customers(frappe.qb.from_(doc), doc, doc.customer, scope)
		.where((doc.name > after) & (doc.docstatus > 0) & (doc.activated_on <= scope.to_date))
		.where((doc.status != "Approved") & (ended.isnull() | (ended >= scope.from_date)))
		.select(*(doc[f] for f in ("name", "customer", "company", "currency", "docstatus", "status")))
		.select(*(doc[f] for f in ("activated_on", "completed_on", "broken_on", "modified")))
		.orderby(doc.name)
		.limit(scope.batch)
		.run(as_dict=True)
	)
	names = [row.name for row in found]
	if not names:
		return []
	invoices = _invoices_of("Payment Plan", names, "amount")
	noted = _lists(
		frappe.qb.from_(comment)
		.where((comment.reference_doctype == "Payment Plan") & comment.reference_name.isin(names))
		.where(comment.comment_type == "Info")
		.select(comment.reference_name, comment.creation)
		.orderby(comment.creation)
		.run()
	)
	for row in found:
		row.invoices = invoices.get(row.name, [])
		row.noted = [at for (at,) in noted.get(row.name, ())]
	return found


def _invoices_of(doctype: str, names: list[str], *fields: str) -> dict[str, list[frappe._dict]]:
	"""Return the rows of some disputes or plans with what their invoices are worth in the company's currency."""
	row, invoice = frappe.qb.DocType(f"{doctype} Invoice"), frappe.qb.DocType(INVOICE)
	return _by(
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.sales_invoice)
		.where((row.parenttype == doctype) & row.parent.isin(names))
		.select(row.parent, row.sales_invoice, invoice.conversion_rate, *(row[f] for f in fields))
		.orderby(row.parent)
		.orderby(row.idx)
		.run(as_dict=True),
		"parent",
	)


def rates(currencies: Iterable[str], main: str, scope: Scope) -> list[frappe._dict]:
	"""Return the exchange rates between some currencies and the main one until the end of the period."""
	rate, others = frappe.qb.DocType("Currency Exchange"), [c for c in currencies if c != main]
	into = rate.from_currency.isin(others) & (rate.to_currency == main)
	out_of = (rate.from_currency == main) & rate.to_currency.isin(others)
	return (
		frappe.qb.from_(rate)
		.where((into | out_of) & (rate.date <= scope.to_date) & (rate.exchange_rate > 0))
		.select(rate.date, rate.from_currency, rate.to_currency, rate.exchange_rate)
		.orderby(rate.date)
		.run(as_dict=True)
	)


def customer_names(customers: list[str]) -> dict[str, str]:
	"""Return what people call some customers."""
	customer = frappe.qb.DocType("Customer")
	query = frappe.qb.from_(customer).where(customer.name.isin(customers))
	return dict(query.select(customer.name, customer.customer_name).run())


# ------------------------------------------------------------------ helpers
def _by(rows: list[frappe._dict], field: str) -> dict[str, list[frappe._dict]]:
	found = defaultdict(list)
	for row in rows:
		found[row[field]].append(row)
	return found


def _lists(rows: Iterable[tuple]) -> dict[str, list[tuple]]:
	"""Return rows by their first value."""
	found = defaultdict(list)
	for first, *rest in rows:
		found[first].append(tuple(rest))
	return found
