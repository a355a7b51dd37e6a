"""What customers owe as of a day, document by document, tied to the general ledger (requirements §5).

Open items come from the payment ledger, which knows what settles what. The general ledger says what the total has to be: entries of
receivable accounts with a customer, not cancelled, posted on the day or before. What the documents do not explain of it is an item
of its own, so that the items always add up to the general ledger.

The number of queries does not depend on what they find. Items are read one after the other into slots, never as dicts.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Max, Min, Sum
from pypika import CustomFunction

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine.ageing import DUE_DATE, Instalment, Row
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.setup import indexes

from . import secured, set_aside

INVOICE, CUSTOMER, RECEIVABLE = "Sales Invoice", "Customer", "Receivable"
LEDGER, GENERAL_LEDGER, SCHEDULE = "Payment Ledger Entry", "GL Entry", "Payment Schedule"
# So many invoices with instalments are read whole, open or not, before an open one of many is looked up.
FEW = 50_000
LATEST = "9999-12-31"
# Between what is read as one text: columns of an item, of an instalment, and instalments.
COLUMN, FIELD, RECORD = "\x1f", "|", ","

GroupConcat = CustomFunction("GROUP_CONCAT", ["value"])
JsonArray = CustomFunction("JSON_ARRAY", ["first", "second"])


@dataclass(frozen=True, slots=True)
class Wanted:
	"""What of whose receivables is wanted. `customers` None is every one.

	`with_aside` reads what is disputed, in a payment plan and promised, `with_secured` what securities cover, all as of the day;
	`with_teams` the sales team of each item. Without `with_posted` an item that has a due date is not asked when its document was
	posted: it says the day of its first entry, which may be an advance.
	"""

	companies: tuple[str, ...]
	as_of: date
	basis: str = DUE_DATE
	customers: Collection[str] | None = None
	with_aside: bool = True
	with_secured: bool = False
	with_teams: bool = False
	with_posted: bool = True


@dataclass(slots=True)
class Found:
	"""Open items, and by company what they come to, what the general ledger has, and what of that they do not explain, in its
	currency. `items` has a row for each unexplained difference, and adds up to the ledger."""

	wanted: Wanted
	currencies: dict[str, str]
	items: list[Row] = field(default_factory=list)
	total: dict[str, Decimal] = field(default_factory=dict)
	ledger: dict[str, Decimal] = field(default_factory=dict)
	unexplained: dict[str, Decimal] = field(default_factory=dict)

	def currency(self, company: str) -> str:
		return self.currencies[company]


@dataclass(frozen=True, slots=True)
class Account:
	name: str
	company: str
	currency: str
	# Whether it is in another currency than its company.
	is_foreign: bool


def read(wanted: Wanted) -> Found:
	"""Return what is open. Amounts are in the companies' currencies and in those of the receivable accounts."""
	found = Found(wanted, currencies_of(wanted.companies))
	accounts = accounts_of(wanted.companies)
	found.items = _open_items(wanted, accounts)
	_tie_to_ledger(found, accounts)
	if wanted.with_teams:
		_teams_of_customers(found.items)
	if wanted.with_aside:
		set_aside.apply(found.items, wanted.as_of)
	if wanted.with_secured:
		secured.apply(
			found.items,
			wanted.companies,
			wanted.as_of,
			None if wanted.customers is None else lambda names: _items_of(names, wanted, accounts),
		)
	return found


def _items_of(names: Collection[str], wanted: Wanted, accounts: dict[str, Account]) -> list[Row]:
	"""Read the items of further customers, whose security theirs is shared with."""
	items = _open_items(replace(wanted, customers=names, with_teams=False), accounts)
	set_aside.apply(items, wanted.as_of)
	return items


def currencies_of(companies: Collection[str]) -> dict[str, str]:
	"""Return the currencies of companies."""
	return {company: company_currency(company) for company in companies}


def accounts_of(companies: Collection[str]) -> dict[str, Account]:
	"""Return the receivable accounts of companies, with the currency of each."""
	currencies = currencies_of(companies)
	rows = frappe.get_all(
		"Account",
		filters={"company": ["in", list(companies) or [""]], "account_type": RECEIVABLE, "is_group": 0},
		fields=["name", "company", "account_currency"],
	)
	found = {}
	for row in rows:
		own = currencies[row.company]
		currency = row.account_currency or own
		found[row.name] = Account(row.name, row.company, currency, currency != own)
	return found


def _in_two_currencies(accounts: dict[str, Account]) -> bool:
	"""Whether amounts have to be summed in the accounts' currencies beside the companies'."""
	return any(account.is_foreign for account in accounts.values())


# ------------------------------------------------------------------ open items
def _open_items(wanted: Wanted, accounts: dict[str, Account]) -> list[Row]:
	"""Read the open items.

	Where everybody's are wanted, few invoices have instalments, and nothing else has to be looked up of each item, those few are read
	beforehand and the items as MariaDB groups them: it need not keep them before it tells the first one, and works while we read.
	"""
	looks_up = wanted.with_teams or wanted.customers is not None
	schedules = None if looks_up else _schedules_if_few()
	reader = _Reader(accounts, _original_due_dates(wanted.companies), schedules or {})
	query = _looked_up(wanted, accounts) if schedules is None else _as_grouped(wanted, accounts)
	with frappe.db.unbuffered_cursor():
		# Nothing else can be asked of the database until they are read to the end.
		items = [reader.row(text) for (text,) in query.run(as_list=True, as_iterator=True)]
	_date(reader.undated)
	return items


def _as_grouped(wanted: Wanted, accounts: dict[str, Account]):
	"""The open items, each as one text (see `_looked_up`), with nothing that is looked up."""
	entry = frappe.qb.DocType(LEDGER)
	columns = [
		*_key(entry),
		Sum(entry.amount),
		Sum(entry.amount_in_account_currency) if _in_two_currencies(accounts) else "",
		Coalesce(_posted_with(entry), "") if wanted.with_posted else Min(entry.posting_date),
		Coalesce(_due_of(entry), ""),
		"",
	]
	return _open(wanted, accounts, entry).select(_joined(COLUMN, *columns))


def _looked_up(wanted: Wanted, accounts: dict[str, Account]):
	"""The open items, each as one text: the driver takes three times as long for ten columns."""
	items = _grouped(wanted, accounts).as_("open_items")
	columns = [
		items.account,
		items.customer,
		items.doctype,
		items.voucher,
		items.amount,
		items.amount_in_account if _in_two_currencies(accounts) else "",
		Coalesce(_posted_of(items, wanted), items.posted),
		Coalesce(items.due, ""),
		Coalesce(_schedule_of(items), ""),
	]
	if wanted.with_teams:
		columns.append(Coalesce(_team_of(items), ""))
	return frappe.qb.from_(items).select(_joined(COLUMN, *columns))


def _joined(separator: str, *columns):
	"""Columns as one text. One that is null would be left out without a trace."""
	names = ["separator", *(f"column_{place}" for place in range(len(columns)))]
	return CustomFunction("CONCAT_WS", names)(separator, *columns)


def _grouped(wanted: Wanted, accounts: dict[str, Account]):
	"""What the payment ledger has open, by customer, account and document: a journal entry may be of several customers, and two
	kinds of documents may share a number.

	What has a due date is the entry of a claim itself: when it was posted and is due is in the index with it. To look a hundred
	thousand up among a million invoices takes longer than everything else together.
	"""
	entry = frappe.qb.DocType(LEDGER)
	account, party, doctype, voucher = _key(entry)
	query = _open(wanted, accounts, entry).select(
		account,
		party.as_("customer"),
		doctype.as_("doctype"),
		voucher.as_("voucher"),
		Sum(entry.amount).as_("amount"),
		Min(entry.posting_date).as_("posted"),
		_due_of(entry).as_("due"),
	)
	if wanted.with_posted:
		query = query.select(_claimed_on(entry).as_("claim_posted"))
	if _in_two_currencies(accounts):
		query = query.select(Sum(entry.amount_in_account_currency).as_("amount_in_account"))
	return query


def _due_of(entry):
	"""The due date that the entries of a document say; of an invoice none where they say several: a journal entry about it, such as one
	for a rate of exchange, has a due date of its own."""
	due = Min(entry.due_date)
	return Case().when((entry.against_voucher_type != INVOICE) | (due == Max(entry.due_date)), due)


def _claimed_on(entry):
	"""When the entry of a claim itself was posted: it is the one with a due date."""
	return Min(Case().when(entry.due_date.isnotnull(), entry.posting_date))


def _posted_with(entry):
	"""When a document was posted, as far as its entries say it (`_posted_of`)."""
	posted = Min(entry.posting_date)
	return Case().when((entry.against_voucher_type != INVOICE) | (_claimed_on(entry) <= posted), posted)


def _key(entry) -> tuple:
	"""What an open item is told from others by."""
	return entry.account, entry.party, entry.against_voucher_type, entry.against_voucher_no


def _open(wanted: Wanted, accounts: dict[str, Account], entry):
	"""A query of what is open, item by item, before anything is selected."""
	is_open = Sum(entry.amount) != 0
	if _in_two_currencies(accounts):
		is_open = is_open | (Sum(entry.amount_in_account_currency) != 0)
	query = (
		indexes.through(frappe.qb.from_(entry), LEDGER, "b2b_ageing")
		.where(entry.account.isin(list(accounts) or [""]) & (entry.party_type == CUSTOMER))
		.where((entry.delinked == 0) & (entry.posting_date <= wanted.as_of))
		# In the order of the index, so that MariaDB groups while it reads.
		.groupby(*_key(entry))
		.having(is_open)
	)
	return _of_customers(query, entry, wanted)


def _of_customers(query, entry, wanted: Wanted):
	if wanted.customers is None:
		return query
	return query.where(entry.party.isin(sorted(wanted.customers) or [""]))


def _posted_of(items, wanted: Wanted):
	"""When an invoice was posted: it is looked up where something else came first, an advance, or where it says no due date, as
	credit notes do."""
	came_first = items.due.isnull()
	if wanted.with_posted:
		came_first = came_first | (items.claim_posted > items.posted)
	invoice = frappe.qb.DocType(INVOICE)
	posted = frappe.qb.from_(invoice).select(invoice.posting_date).where(invoice.name == items.voucher)
	return Case().when((items.doctype == INVOICE) & came_first, posted)


def _schedule_of(items):
	"""The instalments of an invoice as one text: most have one, so a row for each would be many."""
	row = frappe.qb.DocType(SCHEDULE)
	return (
		frappe.qb.from_(row)
		.select(_as_text(row))
		.where((row.parent == items.voucher) & (row.parenttype == items.doctype))
		.where(items.doctype == INVOICE)
	)


def _as_text(row):
	return GroupConcat(_joined(FIELD, row.due_date, row.base_payment_amount))


def _schedules_if_few() -> dict[str, str] | None:
	"""Return the instalments of invoices that have several, as texts, None where those are many."""
	row = frappe.qb.DocType(SCHEDULE)
	several = (
		indexes.through(frappe.qb.from_(row), SCHEDULE, "b2b_several")
		.select(row.parent)
		.distinct()
		.where((row.idx == 2) & (row.parenttype == INVOICE))
		.limit(FEW + 1)
	).as_("several")
	rows = (
		frappe.qb.from_(several)
		.join(row)
		.on((row.parent == several.parent) & (row.parenttype == INVOICE))
		.groupby(row.parent)
		.select(row.parent, _as_text(row))
		.run()
	)
	return dict(rows) if len(rows) <= FEW else None


def _date(undated: list[tuple[Row, bool]]) -> None:
	"""Date invoices whose entries do not say when they were posted or, where that lacks (the second of each), are due: by their one
	instalment, else as they say themselves. They are few."""
	if not undated:
		return
	invoice, row = frappe.qb.DocType(INVOICE), frappe.qb.DocType(SCHEDULE)
	first = frappe.qb.from_(row).select(Min(row.due_date)).where(row.parent == invoice.name)
	rows = (
		frappe.qb.from_(invoice)
		.where(invoice.name.isin(sorted({item.voucher for item, _lacks in undated})))
		.select(invoice.name, invoice.posting_date, first.where(row.parenttype == INVOICE), invoice.due_date)
		.run()
	)
	days = {name: (posted, instalment or due or posted) for name, posted, instalment, due in rows}
	for item, lacks_due in undated:
		item.posted, due = days.get(item.voucher, (item.posted, item.due))
		if lacks_due:
			item.due = due if item.open > 0 else item.posted


def _team_of(items):
	"""The sales team of an invoice as one text."""
	row = frappe.qb.DocType("Sales Team")
	return (
		frappe.qb.from_(row)
		.select(GroupConcat(JsonArray(row.sales_person, row.allocated_percentage)))
		.where((row.parent == items.voucher) & (row.parenttype == items.doctype))
		.where(items.doctype == INVOICE)
	)


class _Reader:
	"""Makes items of their texts. Days and names are kept once, however many items have them."""

	def __init__(
		self, accounts: dict[str, Account], original_due_dates: dict[str, date], schedules: dict[str, str]
	):
		self.accounts, self.original_due_dates, self.schedules = accounts, original_due_dates, schedules
		# Invoices of which the text does not say when they were posted or are due, and whether it is that.
		self.undated: list[tuple[Row, bool]] = []
		self.days: dict[str, date] = {}
		self.names: dict[str, str] = {}

	def row(self, text: str) -> Row:
		name, customer, doctype, voucher, amount, in_account, posted, due, schedule, *team = text.split(
			COLUMN
		)
		account = self.accounts[name]
		# What says no day of its own gets one of `_date`.
		day, is_open = self.day(posted or due or LATEST), Decimal(amount)
		if doctype == INVOICE:
			schedule = schedule or self.schedules.get(voucher, "")
		row = Row(
			account.company,
			self.names.setdefault(customer, customer),
			account.name,
			self.names.setdefault(doctype, doctype),
			voucher,
			day,
			self.due(doctype, voucher, schedule, due) or day,
			is_open,
			account.currency,
			Decimal(in_account) if in_account else is_open,
			_instalments(schedule) if RECORD in schedule else (),
			_team(team[0]) if team else (),
		)
		if doctype == INVOICE and not (posted and due):
			lacks_due = not due and not schedule and voucher not in self.original_due_dates
			if not posted or (lacks_due and is_open > 0):
				self.undated.append((row, lacks_due))
		return row

	def due(self, doctype: str, voucher: str, schedule: str, of_entry: str) -> date | None:
		"""Return since when an item counts as due: as it was first, by its last instalment, by its entry."""
		if doctype == INVOICE:
			original = self.original_due_dates.get(voucher)
			if original:
				return original
			if schedule:
				return self.day(max(record.partition(FIELD)[0] for record in schedule.split(RECORD)))
		return self.day(of_entry) if of_entry else None

	def day(self, text: str) -> date:
		found = self.days.get(text)
		if found is None:
			found = self.days[text] = date.fromisoformat(text)
		return found


def _original_due_dates(companies: Collection[str]) -> dict[str, date]:
	"""Return since when invoices count as due that were billed again or re-dated: they are few."""
	invoice = frappe.qb.DocType(INVOICE)
	query = frappe.qb.from_(invoice).select(invoice.name, invoice.b2b_original_due_date)
	return dict(
		query.where(invoice.b2b_original_due_date.isnotnull())
		.where(invoice.company.isin(list(companies) or [""]))
		.run()
	)


def _instalments(text: str) -> tuple[Instalment, ...]:
	"""Return the instalments of a document that has several, the earliest first."""
	found = []
	for record in text.split(RECORD):
		due, _separator, amount = record.partition(FIELD)
		if amount:
			found.append((date.fromisoformat(due), Decimal(amount)))
	return tuple(sorted(found)) if len(found) > 1 else ()


def _team(text: str | None) -> tuple[tuple[str, Decimal], ...]:
	if not text:
		return ()
	return tuple((person, money(percent)) for person, percent in frappe.parse_json(f"[{text}]") if person)


def _teams_of_customers(items: list[Row]) -> None:
	"""Give what has no sales team of its own (payments, journal entries) the customer's."""
	team = frappe.qb.DocType("Sales Team")
	rows = (
		frappe.qb.from_(team)
		.select(team.parent, team.sales_person, team.allocated_percentage)
		.where((team.parenttype == CUSTOMER) & team.sales_person.isnotnull())
		.orderby(team.parent, team.idx)
		.run()
	)
	teams: dict[str, tuple[tuple[str, Decimal], ...]] = defaultdict(tuple)
	for customer, person, percent in rows:
		teams[customer] += ((person, money(percent)),)
	for item in items:
		item.team = item.team or teams.get(item.customer, ())


# ------------------------------------------------------------------ the general ledger
def _tie_to_ledger(found: Found, accounts: dict[str, Account]) -> None:
	"""Compare with the general ledger, customer by customer and account by account, and add what is not explained."""
	wanted = found.wanted
	open_by: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
	total = dict.fromkeys(wanted.companies, ZERO)
	for item in found.items:
		key = (item.account, item.customer)
		amount, in_account = open_by.get(key, (ZERO, ZERO))
		open_by[key] = (amount + item.open, in_account + item.open_in_account)
		total[item.company] += item.open
	found.total, found.ledger = total, dict.fromkeys(wanted.companies, ZERO)
	found.unexplained = dict.fromkeys(wanted.companies, ZERO)
	ledger = _ledger(wanted, accounts)
	# What is less than a cent is carried over to the next, so that the whole is right to the cent.
	carried = dict.fromkeys(wanted.companies, ZERO)
	for key in sorted({*ledger, *open_by}):
		account, (balance, balance_in_account) = accounts[key[0]], ledger.get(key, (ZERO, ZERO))
		amount, in_account = open_by.get(key, (ZERO, ZERO))
		found.ledger[account.company] += balance
		exact = balance - amount + carried[account.company]
		missing, missing_in_account = to_cents(exact), to_cents(balance_in_account - in_account)
		carried[account.company] = exact - missing
		if missing or missing_in_account:
			found.unexplained[account.company] += missing
			found.items.append(_unexplained(account, key[1], wanted.as_of, missing, missing_in_account))


def _unexplained(account: Account, customer: str, as_of: date, amount: Decimal, in_account: Decimal) -> Row:
	return Row(
		company=account.company,
		customer=customer,
		account=account.name,
		doctype="",
		voucher="",
		posted=as_of,
		due=as_of,
		open=amount,
		currency=account.currency,
		open_in_account=in_account,
	)


def _ledger(wanted: Wanted, accounts: dict[str, Account]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
	"""Return what the general ledger has by account and customer, in the company's and the account's currency."""
	entry = frappe.qb.DocType(GENERAL_LEDGER)
	query = (
		indexes.through(frappe.qb.from_(entry), GENERAL_LEDGER, "b2b_balances")
		.select(
			entry.account,
			entry.party,
			Sum(entry.debit - entry.credit),
		)
		.where(entry.account.isin(list(accounts) or [""]) & (entry.party_type == CUSTOMER))
		.where((entry.party != "") & (entry.is_cancelled == 0) & (entry.posting_date <= wanted.as_of))
		.groupby(entry.account, entry.party)
	)
	if _in_two_currencies(accounts):
		query = query.select(Sum(entry.debit_in_account_currency - entry.credit_in_account_currency))
	rows = _of_customers(query, entry, wanted).run()
	# The last two amounts are one where there is one currency.
	return {(account, party): (money(amounts[0]), money(amounts[-1])) for account, party, *amounts in rows}
