"""What happened in months, for the key figures: revenue and losses, disputes, held orders, reminders, payment plans, deliveries,
contracts; and what of the receivables is insured, and how much hangs on few (requirements §5)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Date, Min, Sum
from frappe.utils import get_datetime, getdate
from pypika.queries import QueryBuilder
from pypika.terms import Term, ValueWrapper

from b2b_contracts.collections import dunning_statistics
from b2b_contracts.collections.dunning_notices import NOTICE, QUEUED, SENDING, SENT, UNCLEAR
from b2b_contracts.collections.dunning_payments import HALF_A_CENT, asked_and_paid, paid_within
from b2b_contracts.credit import holds, policies
from b2b_contracts.credit.account_facts import company_currency, money, rate_to
from b2b_contracts.credit.log import REJECT, RELEASE
from b2b_contracts.engine import disputes as dispute_rules
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.engine.working_hours import WorkingTime, hours_between

from . import exposure, kpi_facts
from .kpi_facts import CUSTOMER, INVOICE, JOURNAL, NOBODY, SALESPERSON, SEGMENT, Books, Wanted, number_of

OF, MONTH = "of", "month"
TEN = 10
DateDiff = kpi_facts.DateDiff
# Each row counts as one.
ONE_EACH = ValueWrapper(1)


def read(books: Books) -> None:
	"""Add what happened in the months, and what is insured at their end. A fixed number of queries."""
	for one in (
		_revenue,
		_losses,
		_disputes,
		_orders,
		_answers,
		_reminders,
		_plans,
		_deliveries,
		_contracts,
		_insured,
	):
		one(books)
	if books.wanted.by == kpi_facts.COMPANY:
		_concentration(books)


class _Counted:
	"""A query of rows that each belong to a month and to somebody."""

	def __init__(
		self,
		books: Books,
		query: QueryBuilder,
		customer: Term,
		day: Term,
		document: tuple[str, Term] | None = None,
	):
		wanted = self.wanted = books.wanted
		self.books = books
		query = kpi_facts.of_customers(query, wanted, customer)
		query, self.key, self.share = kpi_facts.keyed(query, wanted, customer, document)
		last = wanted.until + timedelta(days=1)
		self.query = query.where((day >= wanted.since) & (day < last)).select(
			self.key.as_(OF), number_of(day, wanted).as_(MONTH)
		)

	def sum(self, **terms: Term) -> None:
		"""Add up one term for each fact, weighed by whose share it is."""
		query = self.query.select(*(Sum(term * self.share) for term in terms.values()))
		for key, month, *values in query.groupby(frappe.qb.Field(OF), frappe.qb.Field(MONTH)).run():
			for name, value in zip(terms, values, strict=True):
				self.books.add_numbered(key, month, name, value)

	def each(self, *terms: Term) -> list[tuple]:
		"""Return (key, month, share, …) of every row."""
		return self.query.select(self.share, *terms).run()


# ------------------------------------------------------------------ money
def _revenue(books: Books) -> None:
	invoice = frappe.qb.DocType(INVOICE)
	query = (
		frappe.qb.from_(invoice)
		.where((invoice.company == books.wanted.company) & (invoice.docstatus == 1))
		.where(invoice.is_opening != "Yes")
	)
	counted = _Counted(books, query, invoice.customer, invoice.posting_date, (INVOICE, invoice.name))
	counted.sum(revenue=invoice.base_net_total)


def _losses(books: Books) -> None:
	"""Add what was written off: what the customers no longer owe, less the VAT that is taken back with it."""
	entry, row, account = (frappe.qb.DocType(d) for d in (JOURNAL, "Journal Entry Account", "Account"))
	is_tax = Case().when(
		(account.account_type == "Tax") & (Coalesce(row.party, "") == ""), row.debit - row.credit
	)
	of_customers = Case().when(row.party_type == "Customer", row.credit - row.debit)
	each = (
		frappe.qb.from_(entry)
		.join(row)
		.on((row.parent == entry.name) & (row.parenttype == JOURNAL))
		.join(account)
		.on(account.name == row.account)
		.select(entry.name, Sum(is_tax.else_(0)).as_("tax"), Sum(of_customers.else_(0)).as_("lost"))
		.where((entry.company == books.wanted.company) & (entry.docstatus == 1))
		.where(entry.voucher_type == "Write Off Entry")
		.groupby(entry.name)
		.having(Sum(of_customers.else_(0)) != 0)
	).as_("losses")
	query = (
		frappe.qb.from_(each)
		.join(entry)
		.on(entry.name == each.name)
		.join(row)
		.on((row.parent == entry.name) & (row.parenttype == JOURNAL) & (row.party_type == "Customer"))
	)
	net = (row.credit - row.debit) * (1 - each.tax / each.lost)
	counted = _Counted(books, query, row.party, entry.posting_date, (INVOICE, row.reference_name))
	counted.sum(written_off=net)


# ------------------------------------------------------------------ disputes, orders, holds
def _disputes(books: Books) -> None:
	"""Add the disputes that were settled in the months, with the days since they were registered."""
	dispute = frappe.qb.DocType("Dispute")
	query = (
		frappe.qb.from_(dispute)
		.where((dispute.company == books.wanted.company) & (dispute.docstatus == 1))
		.where(dispute.status.isin((dispute_rules.ACCEPTED, dispute_rules.REJECTED)))
	)
	days = kpi_facts.Greatest(0, DateDiff(dispute.resolved_on, dispute.opened_on))
	counted = _Counted(books, query, dispute.customer, dispute.resolved_on)
	counted.sum(disputes=ONE_EACH, dispute_days=days)


def _orders(books: Books) -> None:
	"""Add the submitted orders of the months, and those of them that a credit check has ever held."""
	order, hold = frappe.qb.DocType("Sales Order"), frappe.qb.DocType("Credit Hold")
	held = (
		frappe.qb.from_(hold)
		.select(hold.reference_name)
		.distinct()
		.where((hold.company == books.wanted.company) & (hold.reference_doctype == "Sales Order"))
	).as_("held")
	query = (
		frappe.qb.from_(order)
		.left_join(held)
		.on(held.reference_name == order.name)
		.where((order.company == books.wanted.company) & (order.docstatus == 1))
	)
	counted = _Counted(books, query, order.customer, order.transaction_date, ("Sales Order", order.name))
	counted.sum(orders=ONE_EACH, orders_held=Case().when(held.reference_name.isnotnull(), 1).else_(0))


def _answers(books: Books) -> None:
	"""Add the holds that a person first answered in the months, with the working hours that it took."""
	wanted = books.wanted
	hold, decision = frappe.qb.DocType("Credit Hold"), frappe.qb.DocType("Credit Decision")
	first = (
		frappe.qb.from_(decision)
		.select(decision.credit_hold, Min(decision.decided_on).as_("answered"))
		.where((decision.company == wanted.company) & decision.kind.isin((RELEASE, REJECT)))
		.where(decision.credit_hold.isnotnull() & (decision.credit_hold != ""))
		.groupby(decision.credit_hold)
	).as_("first_answer")
	query = frappe.qb.from_(hold).join(first).on(first.credit_hold == hold.name)
	document = ("Sales Order", hold.reference_name)
	counted = _Counted(books, query, hold.customer, first.answered, document)
	rows = counted.each(hold.creation, first.answered)
	if not rows:
		return
	working = _working_time(wanted.company, min(getdate(row[3]) for row in rows), wanted.until)
	for key, month, share, opened, answered in rows:
		hours = hours_between(get_datetime(opened), get_datetime(answered), working)
		books.add_numbered(key, month, "answers", share)
		books.add_numbered(key, month, "answer_hours", money(share) * max(ZERO, hours))


def _working_time(company: str, first: date, last: date) -> WorkingTime:
	"""Return who works when, as the clocks of holds have it: by the active policy, else from eight to four."""
	policy = policies.active(company)
	off: set[date] = set()
	for year in range(first.year, last.year + 1):
		off |= holds.days_off(company, policy and policy.holiday_list, date(year, 1, 1))
	if policy is None:
		return WorkingTime(time(8), time(16), off)
	return WorkingTime(policy.workday_start, policy.workday_end, off)


# ------------------------------------------------------------------ collections
def _reminders(books: Books) -> None:
	"""Add the first reminders of the months whose days to pay are over, and those of them that were paid within them."""
	wanted, notice = books.wanted, frappe.qb.DocType(NOTICE)
	notices = (
		frappe.qb.from_(notice)
		.select(notice.name, Date(notice.sent_on).as_("day"), notice.sent_on.as_("seen"))
		.where((notice.company == wanted.company) & notice.status.isin((SENDING, QUEUED, SENT, UNCLEAR)))
		.where(notice.sent_on >= wanted.since)
	)
	days = dunning_statistics.HIT_DAYS
	each = asked_and_paid(notices, (days,), wanted.until, dunning_statistics.is_first_reminder()).as_("each")
	query = frappe.qb.from_(each).join(notice).on(notice.name == each.name)
	query = query.where(each.day < getdate() - timedelta(days=days))
	is_paid = each.asked - each[paid_within(days)] < HALF_A_CENT
	counted = _Counted(books, query, notice.customer, each.day, (INVOICE, each.invoice))
	counted.sum(reminded=ONE_EACH, reminded_and_paid=Case().when(is_paid, 1).else_(0))


def _plans(books: Books) -> None:
	"""Add the payment plans that ended in the months: kept to the end, or broken."""
	plan = frappe.qb.DocType("Payment Plan")
	for name, status, day in (
		("plans_kept", "Completed", plan.completed_on),
		("plans_broken", "Broken", plan.broken_on),
	):
		query = frappe.qb.from_(plan).where(plan.company == books.wanted.company)
		query = query.where((plan.docstatus == 1) & (plan.status == status))
		_Counted(books, query, plan.customer, day).sum(**{name: ONE_EACH})


# ------------------------------------------------------------------ deliveries, contracts
def _deliveries(books: Books) -> None:
	"""Add the deliveries that were invoiced in the months, each once for each of its invoices, with the days that it took."""
	invoice, row, note = (frappe.qb.DocType(d) for d in (INVOICE, "Sales Invoice Item", "Delivery Note"))
	wanted = books.wanted
	billed = (
		frappe.qb.from_(invoice)
		.join(row)
		.on((row.parent == invoice.name) & (row.parenttype == INVOICE))
		.select(invoice.name, invoice.customer, invoice.posting_date, row.delivery_note)
		.distinct()
		.where((invoice.company == wanted.company) & (invoice.docstatus == 1) & (invoice.is_return == 0))
		.where((invoice.posting_date >= wanted.since) & (invoice.posting_date <= wanted.until))
		.where(row.delivery_note.isnotnull() & (row.delivery_note != ""))
	).as_("billed")
	query = frappe.qb.from_(billed).join(note).on(note.name == billed.delivery_note)
	days = kpi_facts.Greatest(0, DateDiff(billed.posting_date, note.posting_date))
	counted = _Counted(books, query, billed.customer, billed.posting_date, (INVOICE, billed.name))
	counted.sum(billed_deliveries=ONE_EACH, billing_days=days)


def _contracts(books: Books) -> None:
	"""Add the contracts that were signed in the months, with the days since their request; those that were signed before they
	were entered here are left out, and for whoever sees some customers only, confidential ones."""
	contract = frappe.qb.DocType("B2B Contract")
	query = (
		frappe.qb.from_(contract)
		.where((contract.company == books.wanted.company) & (contract.docstatus == 1))
		.where(contract.taken_over_on.isnull() & (Coalesce(contract.contract_import, "") == ""))
		.where(contract.signed_on >= Date(contract.creation))
	)
	if books.wanted.customers is not None:
		query = query.where(contract.confidentiality != "Confidential")
	days = DateDiff(contract.signed_on, contract.creation)
	counted = _Counted(books, query, contract.customer, contract.signed_on)
	counted.sum(contracts=ONE_EACH, contract_days=days)


# ------------------------------------------------------------------ insured
def _insured(books: Books) -> None:
	"""Add what of the debts is insured at the end of the months that are asked for: up to the buyer limits of that day, by their
	cover; first losses are not taken off."""
	wanted = books.wanted
	limits = _buyer_limits(wanted)
	if not limits:
		return
	of_customers = books
	if wanted.by != CUSTOMER:
		insured = sorted({row.customer for row in limits})
		of_customers = kpi_facts.read_receivables(replace(wanted, by=CUSTOMER, customers=insured))
	shares = _shares_of(wanted, {row.customer for row in limits})
	for month in wanted.asked:
		left = {}
		for row in limits:
			if not row.counts_on(wanted.end_of(month)):
				continue
			facts = of_customers.facts.get(row.customer)
			debts = left.setdefault(row.customer, facts[month].debts if facts else ZERO)
			insured = min(max(ZERO, debts), row.limit)
			left[row.customer] = debts - insured
			for key, share in shares[row.customer]:
				books.add(key, month, "insured", insured * row.cover * share)


class _BuyerLimit:
	"""What an insurer covers of a customer, in the company's currency, and since and until when."""

	def __init__(self, row, rate: Decimal):
		self.customer, self.limit = row.customer, money(row.amount) * rate
		self.cover = money(row.cover_percent) / HUNDRED
		self.since = max(getdate(day) for day in (row.in_force_on, row.valid_from) if day)
		self.until = min((getdate(day) for day in (row.ended_on, row.expiry_date) if day), default=date.max)

	def counts_on(self, day: date) -> bool:
		return self.since <= day <= self.until


def _buyer_limits(wanted: Wanted) -> list[_BuyerLimit]:
	doc, own = frappe.qb.DocType("Security Instrument"), company_currency(wanted.company)
	query = (
		frappe.qb.from_(doc)
		.select(doc.customer, doc.amount, doc.currency, doc.cover_percent)
		.select(doc.in_force_on, doc.valid_from, doc.ended_on, doc.expiry_date)
		.where((doc.company == wanted.company) & (doc.insures == 1) & (doc.docstatus == 1))
		.where((doc.scope == "Customer") & (doc.in_force_on <= wanted.until))
		.where(doc.ended_on.isnull() | (doc.ended_on >= wanted.first))
		.orderby(doc.cover_percent, order=frappe.qb.desc)
		.orderby(doc.name)
	)
	rows = kpi_facts.of_customers(query, wanted, doc.customer).run(as_dict=True)
	rates = {
		currency: rate_to(currency, own, wanted.until, "Credit KPIs")
		for currency in sorted({row.currency for row in rows})
	}
	return [_BuyerLimit(row, rates[row.currency]) for row in rows]


def _shares_of(wanted: Wanted, customers: Collection[str]) -> dict[str, list[tuple[str, Decimal]]]:
	"""Return whose some customers are, and to which share."""
	found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
	customer = frappe.qb.DocType("Customer")
	if wanted.by not in (SEGMENT, SALESPERSON):
		return {name: [(name if wanted.by == CUSTOMER else NOBODY, Decimal(1))] for name in customers}
	query = frappe.qb.from_(customer).where(customer.name.isin(sorted(customers) or [""]))
	query, key, share = kpi_facts.keyed(query, wanted, customer.name)
	for name, of, part in query.select(customer.name, key, share).run():
		found[name].append((of or NOBODY, money(part)))
	return found


# ------------------------------------------------------------------ how much hangs on few
def _concentration(books: Books) -> None:
	"""Write what the largest customers, industry and country owe at the end of the months that are asked for."""
	wanted = books.wanted
	if wanted.first == wanted.last and wanted.until <= rules.last_day(wanted.last):
		now = wanted.owed if books.owed is None else books.owed
		_write_concentration(books, wanted.first, now, exposure.places_of(set(now)))
		return
	# What was before the first month that is asked for counts together.
	from_first = replace(wanted, history=wanted.first)
	entry = frappe.qb.DocType(kpi_facts.LEDGER)
	rows = (
		kpi_facts.entries(wanted, entry)
		.select(entry.party, number_of(entry.posting_date, from_first).as_(MONTH), Sum(entry.amount))
		.groupby(entry.party, frappe.qb.Field(MONTH))
		.run()
	)
	moves: dict[int, dict[str, Decimal]] = defaultdict(dict)
	for customer, month, amount in rows:
		moves[month][customer] = money(amount)
	places = exposure.places_of({customer for customer, _month, _amount in rows})
	owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for month in wanted.asked:
		for customer, amount in moves.get(kpi_facts.number(month), {}).items():
			owed[customer] += amount
		_write_concentration(books, month, owed, places)


def _write_concentration(books: Books, month: date, owed: dict, places: dict) -> None:
	largest = sorted((amount for amount in owed.values() if amount > 0), reverse=True)
	books.add(NOBODY, month, "largest", sum(largest[:1], ZERO))
	books.add(NOBODY, month, "largest_ten", sum(largest[:TEN], ZERO))
	for place, name in enumerate(("largest_industry", "largest_country")):
		sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
		for customer, amount in owed.items():
			known = places.get(customer, (exposure.NOT_KNOWN, exposure.NOT_KNOWN))[place]
			# What nobody has entered is no industry, and no country.
			if amount > 0 and known != exposure.NOT_KNOWN:
				sums[known] += amount
		books.add(NOBODY, month, name, max(sums.values(), default=ZERO))
