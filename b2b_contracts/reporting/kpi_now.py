"""The running month as it is now, where the months before are closed: without reading the whole ledger again (requirements §5).

What was sold and owed before stands in the snapshots. What is open now, ERPNext keeps on the invoices, where a narrow index has it; in
another currency than the company's it comes from the entries of the invoices that are open. The payment ledger says whether that is
all of it: where it is not, the ledger is read.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Sum
from frappe.utils import getdate
from pypika.terms import Term, ValueWrapper

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.position_facts import counts_as_due
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.money import ZERO

from . import kpi_events, kpi_facts, kpi_singles
from .kpi_facts import BUCKETS, INVOICE, LEDGER, STEPS, Books, Wanted

CENT = Decimal("0.01")
PLACES = ("not_due", *BUCKETS, "credits")


def read(wanted: Wanted, past: dict[str, dict[date, rules.Facts]]) -> Books | None:
	"""Return the facts of the running month with those of the closed months before it (`past`, by key), None where only the ledger
	can say them. `wanted` is of the running month alone, of every customer."""
	now = replace(wanted, history=wanted.first, since=wanted.first, is_now=True)
	if _has_later_entries(now):
		return None
	books = Books(now)
	for row in (*_in_own_currency(now), *_in_others(now)):
		_write(books, row)
	kpi_facts.read_month(books)
	kpi_singles.read(books)
	if wanted.by == kpi_facts.SALESPERSON:
		whole = read(replace(wanted, by=kpi_facts.COMPANY), {})
		if whole is None:
			return None
		kpi_events.read(books)
		kpi_facts.leave_the_rest_to_nobody(books, whole)
	else:
		if not _is_all(books, past):
			return None
		if wanted.by == kpi_facts.COMPANY:
			books.owed = _owed(books)
		kpi_events.read(books)
	return _with_past(wanted, books, past)


def _with_past(wanted: Wanted, now: Books, past: dict[str, dict[date, rules.Facts]]) -> Books:
	books = Books(wanted)
	for key, months in past.items():
		for month, facts in months.items():
			if month in books.facts[key]:
				books.facts[key][month] = facts
	for key, months in now.facts.items():
		books.facts[key][wanted.first] = months[wanted.first]
	return books


def _sum(books: Books, name: str) -> Decimal:
	month = books.wanted.first
	return sum((getattr(months[month], name) for months in books.facts.values()), ZERO)


def _is_all(books: Books, past: dict[str, dict[date, rules.Facts]]) -> bool:
	"""Whether what documents say is open is what the ledger says: what it had when the last month was closed with what has moved since,
	else, where something was booked into that month later, the whole of it."""
	now, said = books.wanted, _sum(books, "receivables")
	before = rules.months_later(now.first, -1)
	closed = [months[before].receivables for months in past.values() if before in months]
	if closed and abs(sum(closed, ZERO) + _moved(now) - said) < CENT:
		return True
	return abs(sum(now.owed.values(), ZERO) - said) < CENT


def _moved(wanted: Wanted) -> Decimal:
	entry = frappe.qb.DocType(LEDGER)
	query = kpi_facts.entries(wanted, entry).where(entry.posting_date >= wanted.first)
	((moved,),) = query.select(Sum(entry.amount)).run()
	return money(moved)


def _owed(books: Books) -> dict[str, Decimal]:
	"""What customers owe by what documents say is open."""
	wanted, invoice = books.wanted, frappe.qb.DocType(INVOICE)
	own = _open(wanted, invoice).where(invoice.party_account_currency == company_currency(wanted.company))
	rows = own.groupby(invoice.customer).select(invoice.customer, Sum(invoice.outstanding_amount)).run()
	others = _in_others(replace(wanted, by=kpi_facts.CUSTOMER))
	found = dict(books.others)
	for customer, amount in (*rows, *((customer, amount) for customer, _place, amount in others)):
		found[customer] = found.get(customer, ZERO) + money(amount)
	return found


def _has_later_entries(wanted: Wanted) -> bool:
	"""Whether something is dated after today: what invoices say is open counts it already."""
	entry = frappe.qb.DocType(LEDGER)
	query = frappe.qb.from_(entry).select(entry.name).where(entry.posting_date > wanted.until)
	return bool(query.where((entry.company == wanted.company) & (entry.delinked == 0)).limit(1).run())


# ------------------------------------------------------------------ open invoices
def _open(wanted: Wanted, invoice):
	return (
		frappe.qb.from_(invoice)
		.where((invoice.company == wanted.company) & (invoice.docstatus == 1))
		.where((invoice.outstanding_amount > 0) | (invoice.outstanding_amount < 0))
	)


def _in_own_currency(wanted: Wanted) -> list[tuple]:
	"""Return (key, bucket, amount) of the open invoices in the company's currency."""
	invoice = frappe.qb.DocType(INVOICE)
	query = _open(wanted, invoice)
	query = query.where(invoice.party_account_currency == company_currency(wanted.company))
	query, key, share = kpi_facts.keyed(query, wanted, invoice.customer, (INVOICE, invoice.name))
	return _summed(query, key, share, invoice.outstanding_amount, counts_as_due(invoice), wanted)


def _in_others(wanted: Wanted) -> list[tuple]:
	"""Return the same of those in other currencies, as the ledger has them in the company's."""
	invoice, entry = frappe.qb.DocType(INVOICE), frappe.qb.DocType(LEDGER)
	foreign = (
		_open(wanted, invoice)
		.where(invoice.party_account_currency != company_currency(wanted.company))
		.join(entry)
		.on((entry.against_voucher_no == invoice.name) & (entry.against_voucher_type == INVOICE))
		.where(entry.delinked == 0)
		.select(
			invoice.name, invoice.customer, counts_as_due(invoice).as_("due"), Sum(entry.amount).as_("open")
		)
		.groupby(invoice.name)
	).as_("foreign")
	query = frappe.qb.from_(foreign)
	query, key, share = kpi_facts.keyed(query, wanted, foreign.customer, (INVOICE, foreign.name))
	return _summed(query, key, share, foreign.open, foreign.due, wanted)


def _summed(query, key: Term, share: Term, amount: Term, due: Term, wanted: Wanted) -> list[tuple]:
	bucket, field = frappe.qb.Field("bucket"), frappe.qb.Field
	rows = query.select(key.as_("of"), _bucket(amount, due, wanted.until).as_("bucket"), Sum(amount * share))
	return rows.groupby(field("of"), bucket).run()


def _bucket(amount: Term, due: Term, today: date) -> Term:
	"""The place of an amount in PLACES."""
	late = kpi_facts.DateDiff(ValueWrapper(str(today)), due)
	case = Case().when(amount < 0, PLACES.index("credits")).when(late < STEPS[0], 0)
	for place, step in enumerate(STEPS[1:], 1):
		case = case.when(late < step, place)
	return case.else_(len(STEPS))


def _write(books: Books, row: tuple) -> None:
	key, bucket, amount = row
	month = books.wanted.first
	books.add(key, month, PLACES[bucket], money(amount))
	books.add(key, month, "receivables", money(amount))


def is_complete(months: set[date], began: date | None, running: date) -> bool:
	"""Whether the closed months are all that there are before the running one, or as many as any figure looks at."""
	first = rules.months_later(running, 1 - rules.MOST_MONTHS_BACK)
	if began:
		first = max(first, rules.month_of(getdate(began)))
	needed = rules.months_between(first, rules.months_later(running, -1))
	return set(needed) <= months
