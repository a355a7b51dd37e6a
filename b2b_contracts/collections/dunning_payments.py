"""What was paid of what notices asked for: the money of the payment ledger that is dated after a notice (requirements §3).

One row for each notice and invoice, grouped in SQL. Money is what a payment or a bank entry set against the invoice; a credit
note or a write-off pays nothing. What was booked on the notice's own day before it does not count.
"""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Date, Sum
from pypika import CustomFunction
from pypika import analytics as window
from pypika.queries import QueryBuilder, Table
from pypika.terms import Criterion

from .dunning_notices import NOTICE
from .invoices import INVOICE
from .payments import MONEY_JOURNALS

DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])
Least = CustomFunction("LEAST", ["one", "other"])
ITEM = "Dunning Notice Item"
# Amounts that differ by less are the same.
HALF_A_CENT = 0.005
MOST_DAYS = 30
"""So long after a notice money counts as collected by it, at most."""


def paid_within(days: int) -> str:
	"""Return the name of the column with what was paid within so many days."""
	return f"paid_{days}"


def asked_and_paid(
	notices: QueryBuilder, windows: Iterable[int], until: date, items: Criterion | None = None
) -> QueryBuilder:
	"""Return a query of (name, day, invoice, asked, collected, paid_7 …): what each notice asked for of an invoice, what of that
	was paid within each of the `windows` (days), and what came in before the next of the notices asked for it again.

	`notices` is a query of (name, day, seen): the day from which days count, and the moment that money of that day must be
	later than. Those after `until` only end what earlier ones collect. `items` narrows the rows of the notices (table ITEM).
	"""
	entry, journal = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType("Journal Entry")
	asked = _asked(notices, items).as_("asked")
	is_later = (entry.posting_date > asked.day) | (
		(entry.posting_date == asked.day) & (entry.creation > asked.seen)
	)
	query = (
		frappe.qb.from_(asked)
		.left_join(entry)
		.on(
			(entry.against_voucher_no == asked.invoice)
			& (entry.against_voucher_type == INVOICE)
			& (entry.delinked == 0)
			& (entry.amount < 0)
			& is_later
		)
		.left_join(journal)
		.on((entry.voucher_type == "Journal Entry") & (journal.name == entry.voucher_no))
		.select(asked.name, asked.day, asked.invoice, asked.asked)
		.where(asked.day <= until)
		.groupby(asked.name, asked.invoice)
	)
	is_money = (entry.voucher_type == "Payment Entry") | journal.voucher_type.isin(MONEY_JOURNALS)
	days = DateDiff(entry.posting_date, asked.day)
	query = query.select(
		_sum(asked, entry, is_money & (days <= MOST_DAYS) & _before_next(asked, entry)).as_("collected")
	)
	for number in sorted(windows):
		query = query.select(_sum(asked, entry, is_money & (days <= number)).as_(paid_within(number)))
	return query


def _asked(notices: QueryBuilder, items: Criterion | None) -> QueryBuilder:
	notice, item = notices.as_("notices"), frappe.qb.DocType(ITEM)
	query = (
		frappe.qb.from_(notice)
		.join(item)
		.on((item.parent == notice.name) & (item.parenttype == NOTICE))
		.select(
			notice.name,
			notice.day,
			notice.seen,
			item.sales_invoice.as_("invoice"),
			Sum(item.chased_amount).as_("asked"),
			window.Lead(notice.seen).over(item.sales_invoice).orderby(notice.seen).as_("next_seen"),
		)
		.where(item.chased_amount > 0)
		.groupby(notice.name, item.sales_invoice)
	)
	return query if items is None else query.where(items)


def _before_next(asked: Table, entry: Table) -> Criterion:
	next_day = Date(asked.next_seen)
	return (
		asked.next_seen.isnull()
		| (entry.posting_date < next_day)
		| ((entry.posting_date == next_day) & (entry.creation <= asked.next_seen))
	)


def _sum(asked: Table, entry: Table, which: Criterion):
	"""What of the money counts, at most what was asked for."""
	paid = Case().when(which, -entry.amount_in_account_currency).else_(0)
	return Least(asked.asked, Coalesce(Sum(paid), 0))
