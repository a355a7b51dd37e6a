"""What months come to, for the key figures: receivables, sales and payments by segment, salesperson or customer (requirements §5).

The payment ledger is read once for all months together. An entry moves what is open of its invoice from its day on, and the invoice
moves from bucket to bucket on days that are known; so what is owed at the end of every month is a sum over entries, made by the
database. That holds while an invoice has one due date and is not overpaid. Those that are not so are few, and are told one by one
(kpi_singles.py).

Nothing here asks who may see it: whoever calls gives the customers.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Sum
from pypika import CustomFunction
from pypika.queries import QueryBuilder
from pypika.terms import Term, ValueWrapper

from b2b_contracts.collections.payments import MONEY_JOURNALS
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.position_facts import counts_as_due
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.kpi import Facts
from b2b_contracts.engine.money import ZERO
from b2b_contracts.setup import indexes

from . import receivables

COMPANY, SEGMENT, SALESPERSON, CUSTOMER = "", "Segment", "Salesperson", "Customer"
INVOICE, LEDGER, JOURNAL = "Sales Invoice", "Payment Ledger Entry", "Journal Entry"
# Of what nobody has: customers without a segment, invoices without a salesperson.
NOBODY = ""
# The month of what has not happened on the last day that is read.
LATER = 999_999
BUCKETS = ("overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")
# What happens in a month, other than what is owed at its end.
HAPPENED = ("sales", "paid", "paid_times_days", "paid_times_late", "paid_late")
# The first days overdue of each bucket.
STEPS = (1, 31, 61, 91)

AddDate = CustomFunction("ADDDATE", ["day", "days"])
DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])
Greatest = CustomFunction("GREATEST", ["one", "other"])
MonthOf = CustomFunction("MONTH", ["day"])
YearOf = CustomFunction("YEAR", ["day"])


@dataclass(frozen=True)
class Wanted:
	"""Which months of a company: figures are made of those from `first` to `last` (first days of months), things that happened are
	read from `since`, sales and receivables from `history`. `until` is the last day that is read. `customers` None is every one."""

	company: str
	first: date
	last: date
	since: date
	history: date
	until: date
	by: str = COMPANY
	customers: Collection[str] | None = None
	# Sums are of what invoices say is open (kpi_now.py), and not of entries.
	is_now: bool = False

	@property
	def months(self) -> list[date]:
		"""All months that are read, by their first days."""
		return rules.months_between(self.history, self.last)

	@property
	def asked(self) -> list[date]:
		return rules.months_between(self.first, self.last)

	@property
	def stocked(self) -> list[date]:
		"""The months of which it matters what is owed at their end: those asked for, and those that their figures begin with."""
		return rules.months_between(max(self.history, rules.months_later(self.since, -1)), self.last)

	@cached_property
	def accounts(self) -> dict[str, receivables.Account]:
		return receivables.accounts_of((self.company,))

	@cached_property
	def owed(self) -> dict[str, Decimal]:
		"""What customers owe on the last day, by the payment ledger. It is asked once."""
		entry = frappe.qb.DocType(LEDGER)
		query = indexes.through(entries(self, entry), LEDGER, "b2b_ageing")
		# In the order of the index, so that MariaDB sums while it reads.
		query = query.groupby(entry.account, entry.party).select(entry.party, Sum(entry.amount))
		found: dict[str, Decimal] = defaultdict(lambda: ZERO)
		for customer, amount in query.run():
			found[customer] += money(amount)
		return dict(found)

	def end_of(self, month: date) -> date:
		return min(rules.last_day(month), self.until)


class Books:
	"""The facts of months by key (a segment, a salesperson, a customer; NOBODY for those without, and of a whole company).

	`others` is what of each customer is open on the last day in documents that are no invoices; `owed` all that they owe then, where
	it is known without the ledger (else `Wanted.owed` reads it there).
	"""

	def __init__(self, wanted: Wanted):
		self.wanted = wanted
		self.others: dict[str, Decimal] = defaultdict(lambda: ZERO)
		self.owed: dict[str, Decimal] | None = None
		self.facts: dict[str, dict[date, Facts]] = defaultdict(
			lambda: {month: Facts() for month in wanted.months}
		)

	def add(self, key: str | None, month: date, name: str, value: Decimal) -> None:
		self.facts[key or NOBODY][month].add(name, value)

	def add_numbered(self, key: str | None, month: int, name: str, value) -> None:
		"""Add to a month given by its number, as the database tells it (`number_of`)."""
		month = date(month // 12, month % 12 + 1, 1)
		if month in self.facts[key or NOBODY]:
			self.add(key, month, name, money(value))


def read(wanted: Wanted) -> Books:
	"""Return the facts of months. As many queries whatever is in the books."""
	from . import kpi_events, kpi_singles

	books = Books(wanted)
	read_ledger(books)
	kpi_singles.read(books)
	kpi_events.read(books)
	if wanted.by == SALESPERSON:
		leave_the_rest_to_nobody(books, read(replace(wanted, by=COMPANY)))
	return books


def read_receivables(wanted: Wanted) -> Books:
	"""Return what is owed at the end of months, and nothing else."""
	from . import kpi_singles

	books = Books(wanted)
	read_ledger(books)
	kpi_singles.read(books)
	return books


def leave_the_rest_to_nobody(books: Books, whole: Books) -> None:
	"""Give nobody what the shares of salespersons leave of the whole: shares add up to it exactly."""
	for month in books.wanted.months:
		for name in rules.FACTS:
			if name in rules.CONCENTRATIONS:
				continue
			given = sum((getattr(of_key[month], name) for of_key in books.facts.values()), ZERO)
			rest = getattr(whole.facts[NOBODY][month], name) - given
			# Percentages such as 33.333333 leave less than a cent of nothing.
			if abs(rest) >= Decimal("0.005"):
				books.add(NOBODY, month, name, rest)


# ------------------------------------------------------------------ parts of queries
def number_of(day: Term, wanted: Wanted) -> Term:
	"""The number of a day's month: of what was before the history its first month, LATER of what is after the last day."""
	clamped = Greatest(day, wanted.history)
	# A moment of the last day is not after it.
	later = wanted.until + timedelta(days=1)
	return Case().when(day >= later, LATER).else_(YearOf(clamped) * 12 + MonthOf(clamped) - 1)


def keyed(
	query: QueryBuilder, wanted: Wanted, customer: Term, document: tuple[str, Term] | None = None
) -> tuple[QueryBuilder, Term, Term]:
	"""Return a query joined with whose its rows are, the key, and which share of a row is that key's (0 to 1).

	A salesperson's is what the sales team of a document says, without one that of the customer.
	"""
	if wanted.by == CUSTOMER:
		return query, customer, ValueWrapper(1)
	if wanted.by == SEGMENT:
		profile = frappe.qb.DocType("Credit Profile").as_("of_segment")
		query = query.left_join(profile).on(
			(profile.customer == customer) & (profile.company == wanted.company)
		)
		return query, Coalesce(profile.segment, NOBODY), ValueWrapper(1)
	if wanted.by == SALESPERSON:
		return _of_teams(query, customer, document)
	return query, ValueWrapper(NOBODY), ValueWrapper(1)


def _of_teams(query: QueryBuilder, customer: Term, document: tuple[str, Term] | None):
	own = frappe.qb.DocType("Sales Team").as_("own_team")
	of_customer = frappe.qb.DocType("Sales Team").as_("customer_team")
	matches = (of_customer.parent == customer) & (of_customer.parenttype == "Customer")
	if document is None:
		query = query.join(of_customer).on(matches)
		return query, of_customer.sales_person, of_customer.allocated_percentage / 100
	doctype, name = document
	query = query.left_join(own).on((own.parent == name) & (own.parenttype == doctype))
	query = query.left_join(of_customer).on(matches & own.name.isnull())
	query = query.where(own.name.isnotnull() | of_customer.name.isnotnull())
	share = Coalesce(own.allocated_percentage, of_customer.allocated_percentage) / 100
	return query, Coalesce(own.sales_person, of_customer.sales_person), share


def of_customers(query: QueryBuilder, wanted: Wanted, customer: Term) -> QueryBuilder:
	if wanted.customers is None:
		return query
	return query.where(customer.isin(sorted(wanted.customers) or [""]))


def entries(wanted: Wanted, entry) -> QueryBuilder:
	"""The entries of the payment ledger that tell what customers owe."""
	query = (
		frappe.qb.from_(entry)
		.where(entry.account.isin(sorted(wanted.accounts) or [""]) & (entry.party_type == "Customer"))
		.where((entry.delinked == 0) & (entry.posting_date <= wanted.until))
	)
	return of_customers(query, wanted, entry.party)


def is_money(entry, journal) -> Term:
	"""Whether an entry is money that came in: what no credit note or write-off is."""
	return (entry.voucher_type == "Payment Entry") | journal.voucher_type.isin(MONEY_JOURNALS)


def with_journal(query: QueryBuilder, entry, journal) -> QueryBuilder:
	return query.left_join(journal).on((entry.voucher_type == JOURNAL) & (journal.name == entry.voucher_no))


# ------------------------------------------------------------------ receivables and sales
def read_ledger(books: Books) -> None:
	"""Sum the entries of invoices by the months in which they move something."""
	wanted = books.wanted
	entry, invoice, journal = (frappe.qb.DocType(d) for d in (LEDGER, INVOICE, JOURNAL))
	query = entries(wanted, entry).join(invoice).on(invoice.name == entry.against_voucher_no)
	query = with_journal(query, entry, journal)
	query, key, share = keyed(query, wanted, entry.party, (INVOICE, entry.against_voucher_no))
	due = counts_as_due(invoice)
	# Money that came before its invoice is a credit until then.
	begins = Greatest(entry.posting_date, invoice.posting_date)
	days = [entry.posting_date, begins, *(Greatest(begins, AddDate(due, step)) for step in STEPS)]
	months = [number_of(day, wanted).as_(f"month_{place}") for place, day in enumerate(days)]
	query = query.where(entry.against_voucher_type == INVOICE).select(
		key.as_("of"),
		invoice.is_return,
		*months,
		Sum(entry.amount * share),
		*_happened(wanted, entry, invoice, journal, share),
	)
	groups = [frappe.qb.Field("of"), invoice.is_return]
	rows = query.groupby(*groups, *(frappe.qb.Field(f"month_{place}") for place in range(len(days)))).run()
	moves = _Moves(books)
	for key, is_return, posted, begins, *steps, amount, sales, paid, by_days, by_late, late in rows:
		amount, key = money(amount), key or NOBODY
		for name, value in zip(HAPPENED, (sales, paid, by_days, by_late, late), strict=True):
			moves.add(key, name, posted, money(value))
		moves.add(key, "receivables", posted, amount)
		if is_return:
			moves.add(key, "credits", posted, amount)
			continue
		moves.move(key, "credits", posted, begins, amount)
		places = [begins, *steps]
		for name, since, until in zip(("not_due", *BUCKETS), places, (*steps, LATER), strict=True):
			moves.move(key, name, since, until, amount)
	moves.finish()


def _happened(wanted: Wanted, entry, invoice, journal, share: Term) -> list[Term]:
	"""What happened (HAPPENED): what was sold; and what was paid of an invoice, as it is, times the days since the invoice, times the
	days late, and what of it was late."""
	sold = (entry.voucher_type == INVOICE) & (invoice.is_opening != "Yes")
	sold = sold & (entry.posting_date >= wanted.history)
	counts = (entry.posting_date >= wanted.since) & (entry.amount < 0) & (invoice.is_return == 0)
	counts = counts & (entry.amount_in_account_currency != 0) & is_money(entry, journal)
	paid = Case().when(counts, -entry.amount * share).else_(0)
	late = Greatest(0, DateDiff(entry.posting_date, counts_as_due(invoice)))
	return [
		Sum(Case().when(sold, entry.amount * share).else_(0)),
		Sum(paid),
		Sum(paid * Greatest(0, DateDiff(entry.posting_date, invoice.posting_date))),
		Sum(paid * late),
		Sum(Case().when(late > 0, paid).else_(0)),
	]


def read_month(books: Books) -> None:
	"""Read what happened in one month alone: few entries, found by their day."""
	wanted = books.wanted
	entry, invoice, journal = (frappe.qb.DocType(d) for d in (LEDGER, INVOICE, JOURNAL))
	query = entries(wanted, entry).join(invoice).on(invoice.name == entry.against_voucher_no)
	query = with_journal(query, entry, journal)
	query, key, share = keyed(query, wanted, entry.party, (INVOICE, entry.against_voucher_no))
	query = query.where((entry.against_voucher_type == INVOICE) & (entry.posting_date >= wanted.first))
	query = query.select(key.as_("of"), *_happened(wanted, entry, invoice, journal, share))
	for key, *values in query.groupby(frappe.qb.Field("of")).run():
		for name, value in zip(HAPPENED, values, strict=True):
			books.add(key, wanted.first, name, money(value))


def number(month: date) -> int:
	return month.year * 12 + month.month - 1


class _Moves:
	"""What comes and goes by month, added up to what is there at the end of each. What happened in a month is left as it came."""

	def __init__(self, books: Books):
		self.books = books
		self.moves: dict[tuple[str, str], dict[int, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))

	def add(self, key: str, name: str, month: int, amount: Decimal) -> None:
		if month != LATER and amount:
			self.moves[key, name][month] += amount

	def move(self, key: str, name: str, since: int, until: int, amount: Decimal) -> None:
		if since != until:
			self.add(key, name, since, amount)
			self.add(key, name, until, -amount)

	def finish(self) -> None:
		for (key, name), by_month in self.moves.items():
			there = ZERO
			for month in self.books.wanted.months:
				came = by_month.get(number(month), ZERO)
				there += came
				value = came if name in HAPPENED else there
				if value:
					self.books.add(key, month, name, value)


def history_of(books: Books, key: str, month: date) -> list[rules.Month]:
	"""Return the months until one, as the formulas want them."""
	of_key = books.facts.get(key) or {}
	return [
		rules.Month(first, books.wanted.end_of(first), of_key.get(first) or Facts())
		for first in books.wanted.months
		if first <= month
	]


def keys_of(books: Books) -> Sequence[str]:
	"""Return the keys of which anything is known, by name; nobody comes last."""
	return sorted((key for key in books.facts), key=lambda key: (key == NOBODY, key))
