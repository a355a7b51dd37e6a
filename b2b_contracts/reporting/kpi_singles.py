"""Open items that the key figures tell one by one: invoices with instalments, credited, overpaid or disputed ones, payments and journal
entries (requirements §5). For those the sums of kpi_facts.py are put right by what the ageing says of them (engine/ageing.py)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Sum
from frappe.utils import getdate
from pypika.queries import QueryBuilder
from pypika.terms import ValueWrapper

from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.position_facts import counts_as_due
from b2b_contracts.engine import ageing
from b2b_contracts.engine.money import ZERO

from . import kpi_facts, set_aside
from .kpi_facts import BUCKETS, INVOICE, JOURNAL, LEDGER, Books, Wanted

BOUNDS = ageing.Bounds()
PLACES = ("not_due", *BUCKETS)


@dataclass(slots=True)
class Single:
	"""A document with its entries, oldest first: (day, whether it is money, amount, amount in the currency of the account)."""

	row: ageing.Row
	shares: list[tuple[str, Decimal]]
	entries: list[tuple[date, bool, Decimal, Decimal]] = field(default_factory=list)

	def is_settled_by(self, day: date) -> bool:
		"""Whether nothing of it is open from a day on, nor ever will be again."""
		return (
			day >= max(self.row.posted, self.entries[-1][0])
			and not sum((amount for _day, _is_money, amount, _mine in self.entries), ZERO)
			and not sum((in_account for *_others, in_account in self.entries), ZERO)
		)

	def as_of(self, day: date) -> ageing.Row | None:
		"""Return what is open on a day, None where nothing is."""
		open_now = in_account = ZERO
		for posted, _is_money, amount, amount_in_account in self.entries:
			if posted <= day:
				open_now += amount
				in_account += amount_in_account
		if not open_now and not in_account:
			return None
		row = self.row
		return ageing.Row(
			row.company,
			row.customer,
			row.account,
			row.doctype,
			row.voucher,
			row.posted,
			row.due,
			open_now,
			row.currency,
			in_account,
			row.schedule,
		)


def read(books: Books) -> None:
	"""Put the facts right for what has to be told one by one."""
	invoices: dict[tuple, Single] = {}
	for which in (_with_instalments, _credited, _overpaid, _disputed):
		found = _invoices(books.wanted, which(books.wanted))
		invoices.update({key: one for key, one in found.items() if key not in invoices})
	schedules = _schedules(books.wanted)
	for one in invoices.values():
		one.row.schedule = schedules.get(one.row.voucher, ())
	disputed = {row[0] for row in _disputed(books.wanted).run()}
	_write_invoices(books, invoices.values())
	_write_disputed(books, [one for one in invoices.values() if one.row.voucher in disputed])
	_write_others(books)


# ------------------------------------------------------------------ which invoices
def _with_instalments(wanted: Wanted) -> QueryBuilder:
	row = frappe.qb.DocType("Payment Schedule")
	return (
		frappe.qb.from_(row)
		.select(row.parent.as_("name"))
		.where((row.idx == 2) & (row.parenttype == INVOICE))
	)


def _credited(wanted: Wanted) -> QueryBuilder:
	note = frappe.qb.DocType(INVOICE)
	return (
		frappe.qb.from_(note)
		.select(note.return_against.as_("name"))
		.distinct()
		.where((note.company == wanted.company) & (note.docstatus == 1) & (note.is_return == 1))
		.where(note.return_against.isnotnull() & (note.return_against != ""))
	)


def _overpaid(wanted: Wanted) -> QueryBuilder:
	invoice = frappe.qb.DocType(INVOICE)
	return (
		frappe.qb.from_(invoice)
		.select(invoice.name)
		.where((invoice.company == wanted.company) & (invoice.docstatus == 1))
		.where((invoice.outstanding_amount < 0) & (invoice.is_return == 0))
	)


def _disputed(wanted: Wanted) -> QueryBuilder:
	dispute, row = frappe.qb.DocType("Dispute"), frappe.qb.DocType("Dispute Invoice")
	return (
		frappe.qb.from_(dispute)
		.join(row)
		.on((row.parent == dispute.name) & (row.parenttype == "Dispute"))
		.select(row.sales_invoice.as_("name"))
		.distinct()
		.where((dispute.company == wanted.company) & (dispute.docstatus == 1))
		.where(dispute.opened_on <= wanted.until)
		.where(dispute.resolved_on.isnull() | (dispute.resolved_on > wanted.first))
	)


def _invoices(wanted: Wanted, names: QueryBuilder) -> dict[tuple, Single]:
	names = names.as_("told_apart")
	entry, invoice, journal = (frappe.qb.DocType(d) for d in (LEDGER, INVOICE, JOURNAL))
	query = kpi_facts.entries(wanted, entry).join(names).on(names.name == entry.against_voucher_no)
	query = query.join(invoice).on(invoice.name == entry.against_voucher_no)
	query = kpi_facts.with_journal(query, entry, journal)
	query, key, share = kpi_facts.keyed(query, wanted, entry.party, (INVOICE, entry.against_voucher_no))
	is_money = Case().when(kpi_facts.is_money(entry, journal), 1).else_(0)
	rows = (
		query.where((entry.against_voucher_type == INVOICE) & (invoice.is_return == 0))
		.select(
			*(entry.account, entry.party, entry.against_voucher_type, entry.against_voucher_no),
			*(invoice.posting_date.as_("posted"), counts_as_due(invoice).as_("due")),
			*(key.as_("of"), share.as_("share"), entry.posting_date, is_money.as_("is_money")),
			Sum(entry.amount),
			Sum(entry.amount_in_account_currency),
		)
		.groupby(
			*(entry.account, entry.party, entry.against_voucher_no, invoice.posting_date),
			*(frappe.qb.Field(name) for name in ("due", "of", "share")),
			*(entry.posting_date, frappe.qb.Field("is_money")),
		)
		.orderby(entry.posting_date)
		.orderby(frappe.qb.Field("is_money"))
		.run()
	)
	return _singles(wanted, rows)


def _singles(wanted: Wanted, rows: Iterable[tuple]) -> dict[tuple, Single]:
	found: dict[tuple, Single] = {}
	entries: dict[tuple, dict[tuple[date, bool], tuple[Decimal, Decimal]]] = defaultdict(dict)
	for account, customer, doctype, name, posted, due, key, share, day, is_money, amount, in_account in rows:
		which = (account, customer, doctype, name)
		if which not in found:
			posted = getdate(posted)
			row = ageing.Row(
				*(wanted.company, customer, account, doctype, name, posted, getdate(due) if due else posted),
				*(ZERO, wanted.accounts[account].currency, ZERO),
			)
			found[which] = Single(row, [])
		one, share = found[which], money(share)
		if (key or "", share) not in one.shares:
			one.shares.append((key or "", share))
		# The same entry once for each salesperson.
		entries[which][getdate(day), bool(is_money)] = (money(amount), money(in_account))
	for which, by_day in entries.items():
		found[which].entries = [(*of, *amounts) for of, amounts in sorted(by_day.items())]
	return found


def _schedules(wanted: Wanted) -> dict[str, tuple[ageing.Instalment, ...]]:
	names, row = _with_instalments(wanted).as_("several"), frappe.qb.DocType("Payment Schedule")
	invoice = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(names)
		.join(row)
		.on((row.parent == names.name) & (row.parenttype == INVOICE))
		.join(invoice)
		.on(invoice.name == names.name)
		.select(row.parent, row.due_date, row.base_payment_amount)
		.where((invoice.company == wanted.company) & (invoice.docstatus == 1))
		.run()
	)
	found: dict[str, list[ageing.Instalment]] = defaultdict(list)
	for name, due, amount in rows:
		if due:
			found[name].append((getdate(due), money(amount)))
	return {name: tuple(sorted(of)) for name, of in found.items() if len(of) > 1}


# ------------------------------------------------------------------ invoices
def _write_invoices(books: Books, singles: Iterable[Single]) -> None:
	"""Replace what the sums say of some invoices by what the ageing says of them."""
	wanted = books.wanted
	for one in singles:
		for month in wanted.stocked:
			day = wanted.end_of(month)
			if one.is_settled_by(day):
				break
			row = one.as_of(day)
			facts = _aged(row, day) if row else defaultdict(lambda: ZERO)
			for name, amount in _summed(one, day, wanted.is_now).items():
				facts[name] -= amount
			_share_out(books, one, month, facts)
		if one.row.schedule:
			_write_lateness(books, one)


def _share_out(books: Books, one: Single, month: date, facts: dict[str, Decimal]) -> None:
	for name, amount in facts.items():
		if amount:
			for key, share in one.shares:
				books.add(key, month, name, amount * share)


def _aged(row: ageing.Row, day: date) -> dict[str, Decimal]:
	"""Return what is open on a day by bucket, as the ageing has it; of what is disputed how much, and how old."""
	facts: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for part in ageing.parts_of(row):
		if part.open < 0:
			facts["credits"] += part.open
			continue
		age = (day - part.day).days
		facts[PLACES[BOUNDS.bucket(age)]] += part.open
		facts["disputed"] += part.disputed
		if age > 60:
			facts["disputed_over_60"] += part.disputed
	return facts


def _summed(one: Single, day: date, is_now: bool) -> dict[str, Decimal]:
	"""Return what the sums of kpi_facts.py, or of kpi_now.py, say of an invoice on a day."""
	facts: dict[str, Decimal] = defaultdict(lambda: ZERO)
	if is_now:
		amount = sum((amount for _day, _is_money, amount, _in_account in one.entries), ZERO)
		late = (day - one.row.due).days
		facts["credits" if amount < 0 else PLACES[BOUNDS.bucket(late)]] += amount
		return facts
	for posted, _is_money, amount, _in_account in one.entries:
		if posted > day:
			continue
		if one.row.posted > day:
			facts["credits"] += amount
		else:
			facts[PLACES[BOUNDS.bucket((day - one.row.due).days)]] += amount
	return facts


def _write_lateness(books: Books, one: Single) -> None:
	"""Put right how late the money for instalments was: each is late by its own due date."""
	wanted, row = books.wanted, one.row
	before = {day: ZERO for day, _amount in row.schedule}
	open_now = ZERO
	for posted, is_money, amount, in_account in one.entries:
		open_now += amount
		after: dict[date, Decimal] = defaultdict(lambda: ZERO)
		for part in ageing.parts_of(_open(row, open_now)) if open_now > 0 else ():
			after[part.day] += part.open
		if is_money and amount < 0 and in_account and posted >= wanted.since:
			month = posted.replace(day=1)
			facts = _late(before, after, posted, -amount, row.due)
			_share_out(books, one, month, facts)
		before = after


def _open(row: ageing.Row, amount: Decimal) -> ageing.Row:
	return ageing.Row(
		*(row.company, row.customer, row.account, row.doctype, row.voucher, row.posted, row.due),
		*(amount, row.currency, amount, row.schedule),
	)


def _late(before: dict, after: dict, posted: date, paid: Decimal, due: date) -> dict[str, Decimal]:
	"""Return how what was paid on a day differs from what the due date of the whole invoice says of it."""
	late = ZERO, ZERO
	for day, amount in before.items():
		part = max(ZERO, amount - after.get(day, ZERO))
		days = max(0, (posted - day).days)
		late = late[0] + part * days, late[1] + (part if days else ZERO)
	days = max(0, (posted - due).days)
	return {"paid_times_late": late[0] - paid * days, "paid_late": late[1] - (paid if days else ZERO)}


def _write_disputed(books: Books, singles: list[Single]) -> None:
	"""Write what is disputed at the end of the months that are asked for."""
	wanted = books.wanted
	for month in wanted.asked if singles else ():
		day = wanted.end_of(month)
		rows = [(one, row) for one in singles if (row := one.as_of(day)) and row.open > 0]
		set_aside.apply([row for _one, row in rows], day)
		for one, row in rows:
			facts = {name: amount for name, amount in _aged(row, day).items() if name.startswith("disputed")}
			_share_out(books, one, month, facts)


# ------------------------------------------------------------------ payments and journal entries
def _write_others(books: Books) -> None:
	"""Write what is open of documents that are no invoices: a credit, or a debt since its due date."""
	wanted = books.wanted
	for one in _others(wanted).values():
		for month in wanted.stocked:
			if one.is_settled_by(wanted.end_of(month)):
				break
			row = one.as_of(wanted.end_of(month))
			if row and row.open:
				if month == wanted.last:
					books.others[row.customer] += row.open
				facts = _aged(row, wanted.end_of(month))
				facts["receivables"] = row.open
				_share_out(books, one, month, facts)


def _others(wanted: Wanted) -> dict[tuple, Single]:
	entry, journal = frappe.qb.DocType(LEDGER), frappe.qb.DocType(JOURNAL)
	query = (
		kpi_facts.entries(wanted, entry)
		.left_join(journal)
		.on((entry.against_voucher_type == JOURNAL) & (journal.name == entry.against_voucher_no))
	)
	query, key, share = kpi_facts.keyed(query, wanted, entry.party)
	due = Coalesce(journal.due_date, entry.due_date, entry.posting_date)
	rows = (
		query.where(entry.against_voucher_type != INVOICE)
		.select(
			*(entry.account, entry.party, entry.against_voucher_type, entry.against_voucher_no),
			*(Coalesce(journal.posting_date, entry.posting_date).as_("posted"), due.as_("due")),
			*(key.as_("of"), share.as_("share"), entry.posting_date, ValueWrapper(0)),
			Sum(entry.amount),
			Sum(entry.amount_in_account_currency),
		)
		.groupby(
			*(entry.account, entry.party, entry.against_voucher_type, entry.against_voucher_no),
			*(frappe.qb.Field(name) for name in ("posted", "due", "of", "share")),
			entry.posting_date,
		)
		.orderby(entry.posting_date)
		.run()
	)
	return _singles(wanted, rows)
