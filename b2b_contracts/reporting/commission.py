"""What salespeople earn on their invoices: read from the sales team of the invoices, the payment ledger, credit notes and credit holds
(rules: engine/commission.py; requirements §5). The number of queries depends on neither invoices, people nor payments.

What settles an invoice is measured in the currency of its receivable account, so exchange differences earn and cost nothing. A
payment counts as such whatever made it: a bank entry, an advance, another customer's credit that was set off, a cash discount or bank
fee that a payment took along. A write-off does not, and neither does a journal entry that moves the claim to another account.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Sum
from frappe.utils import cint, flt, getdate
from pypika import CustomFunction

from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.position_facts import counts_as_due
from b2b_contracts.engine import commission as rules
from b2b_contracts.engine import disputes
from b2b_contracts.engine.commission import CREDITED, PAID, WRITTEN_OFF, Event, Move, Plan
from b2b_contracts.engine.money import CENT, ZERO, to_cents

INVOICE, PAYMENT, JOURNAL, HOLD = "Sales Invoice", "Payment Entry", "Journal Entry", "Credit Hold"
# Accounts on the other side of a journal entry where value has come in, or a debt of ours has gone.
OF_VALUE = ("Bank", "Cash", "Payable")
NOTHING, WHOLE = Fraction(0), Fraction(1)
DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])


@dataclass(frozen=True, slots=True)
class Wanted:
	"""Whose commission, on which invoices: those on which something happened from one day to another (both included), and `also`. None
	is every person and every customer."""

	company: str
	since: date
	until: date
	persons: list[str] | None = None
	customers: list[str] | None = None
	also: tuple[str, ...] = ()


@dataclass(slots=True)
class Earning:
	"""One person's part of one invoice, all its life until the last day wanted. Amounts in the company's currency."""

	sales_person: str
	invoice: frappe._dict
	base: Decimal
	rate: Decimal
	commission: Decimal
	moves: list[Move]
	still_to_come: Decimal
	paid_percent: float
	hold: str | None = None

	def total(self, kind: str | None = None, since: date | None = None) -> Decimal:
		"""Return what was earned, of one kind or of all, from a day on or ever."""
		moved = self.moves if since is None else [move for move in self.moves if move.day >= since]
		return rules.total(moved, kind)


@dataclass(frozen=True, slots=True)
class Push:
	"""Invoices of an order that was released against advice, the Sales Persons who pushed it, and since when it is so."""

	hold: str
	customer: str
	persons: frozenset[str]
	since: date
	invoices: frozenset[str]


@dataclass(slots=True)
class _Settled:
	"""What has happened to the invoices read, by invoice."""

	events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

	def add(self, invoice: str, day, kind: str, share: Fraction, of_base: Fraction | None = None) -> None:
		if share or of_base:
			self.events[invoice].append(Event(getdate(day), kind, share, of_base))


def read(wanted: Wanted) -> list[Earning]:
	"""Return what people have earned, by person, day and invoice. The caller has asked who may see whom."""
	if wanted.persons == [] or wanted.customers == []:
		return []
	plans = _plans()
	pushes = _pushes(wanted)
	rows = _team_rows(wanted, {name for push in pushes for name in push.invoices})
	invoices = {row.name: row for row in rows}
	settled = _settled(invoices, wanted)
	late = _late_days(wanted, pushes, {plan.late_days for _company, _since, plan in plans})
	found = []
	for row in rows:
		plan = plan_of(plans, wanted.company, getdate(row.posting_date))
		if plan is not None:
			found.append(_earning(row, plan, settled.events[row.name], pushes, late, wanted))
	return sorted(found, key=lambda one: (one.sales_person, one.invoice.posting_date, one.invoice.name))


def _earning(row, plan: Plan, events: list[Event], pushes: list[Push], late, wanted: Wanted) -> Earning:
	commission, posted = to_cents(money(row.incentives)), getdate(row.posting_date)
	if row.is_return:
		# A credit note about no invoice of ours takes back all at once.
		moved, to_come, hold = [Move(posted, rules.REVERSED, commission)], ZERO, None
	else:
		malus_from, hold = _malus(row, plan, events, pushes, late, wanted)
		moved = rules.moves(commission, posted, events, plan, malus_from)
		to_come = rules.still_to_come(commission, events, plan)
		if malus_from:
			to_come -= to_cents(to_come * plan.malus_percent / 100)
	return Earning(
		row.sales_person,
		row,
		to_cents(money(row.allocated_amount)),
		money(flt(row.commission_rate)),
		commission,
		moved,
		to_come,
		100 * float(rules.paid_share(events)),
		hold,
	)


# ------------------------------------------------------------------ plans
def _plans() -> list[tuple[str, date, Plan]]:
	rows = frappe.get_all(
		"Commission Plan",
		fields=[
			*("for_company", "valid_from", "invoiced_percent", "malus_percent", "late_invoices"),
			*("late_days", "within_days", "reverses_written_off"),
		],
	)
	return [
		(
			row.for_company or "",
			getdate(row.valid_from),
			Plan(
				money(row.invoiced_percent),
				money(row.malus_percent),
				cint(row.late_invoices),
				cint(row.late_days),
				cint(row.within_days),
				bool(row.reverses_written_off),
			),
		)
		for row in rows
	]


def plan_of(plans: list[tuple[str, date, Plan]], company: str, posted: date) -> Plan | None:
	"""Return the plan of an invoice: the newest of its day, a company's own before the general one. None before the first."""
	valid = [
		(bool(own), since, plan) for own, since, plan in plans if own in ("", company) and since <= posted
	]
	return max(valid, key=lambda one: one[:2])[2] if valid else None


def current_plan(company: str, on: date) -> Plan | None:
	"""Return the plan of the invoices of a day."""
	return plan_of(_plans(), company, on)


# ------------------------------------------------------------------ invoices
def _team_rows(wanted: Wanted, pushed: set[str]) -> list[frappe._dict]:
	team, invoice = frappe.qb.DocType("Sales Team"), frappe.qb.DocType(INVOICE)
	company = frappe.qb.DocType("Company")
	touched = (
		invoice.posting_date[wanted.since : wanted.until]
		| invoice.name.isin(_with_movement(wanted))
		| invoice.name.isin(_with_credit_notes(wanted))
	)
	also = sorted(pushed | set(wanted.also))
	if also:
		touched = touched | invoice.name.isin(also)
	query = (
		frappe.qb.from_(team)
		.join(invoice)
		.on((invoice.name == team.parent) & (team.parenttype == INVOICE))
		.join(company)
		.on(company.name == invoice.company)
		.where((invoice.company == wanted.company) & (invoice.docstatus == 1) & (team.incentives != 0))
		.where((invoice.posting_date <= wanted.until) & touched)
		# Credit notes of an invoice are read with it.
		.where((invoice.is_return == 0) | invoice.return_against.isnull() | (invoice.return_against == ""))
		.select(team.sales_person, team.allocated_amount, team.incentives, team.commission_rate)
		.select(
			invoice.name, invoice.customer, invoice.customer_name, invoice.posting_date, invoice.is_return
		)
		.select(invoice.currency, invoice.party_account_currency, company.default_currency)
		.select(invoice.grand_total, invoice.rounded_total, invoice.write_off_amount)
		.select(invoice.base_grand_total, invoice.base_rounded_total, invoice.base_write_off_amount)
		.select(invoice.base_net_total, invoice.amount_eligible_for_commission, invoice.is_pos)
	)
	if wanted.persons is not None:
		query = query.where(team.sales_person.isin(wanted.persons))
	if wanted.customers is not None:
		query = query.where(invoice.customer.isin(wanted.customers))
	return query.run(as_dict=True)


def _with_movement(wanted: Wanted):
	entry = frappe.qb.DocType("Payment Ledger Entry")
	return (
		frappe.qb.from_(entry)
		.where((entry.company == wanted.company) & (entry.against_voucher_type == INVOICE))
		.where((entry.delinked == 0) & entry.posting_date[wanted.since : wanted.until])
		.select(entry.against_voucher_no)
	)


def _with_credit_notes(wanted: Wanted):
	note = frappe.qb.DocType(INVOICE)
	return (
		frappe.qb.from_(note)
		.where((note.company == wanted.company) & (note.docstatus == 1) & (note.is_return == 1))
		.where(note.posting_date[wanted.since : wanted.until] & note.return_against.isnotnull())
		.select(note.return_against)
	)


def _amount(row, name: str) -> Decimal:
	"""Return an amount of an invoice in the currency of its receivable account."""
	in_base = row.party_account_currency not in (None, "", row.currency)
	return money(row[f"base_{name}"] if in_base else row[name])


def _total(row) -> Fraction:
	return Fraction(_amount(row, "rounded_total") or _amount(row, "grand_total"))


# ------------------------------------------------------------------ what happened to them
def _settled(invoices: dict[str, frappe._dict], wanted: Wanted) -> _Settled:
	settled = _Settled()
	names = [name for name, row in invoices.items() if not row.is_return and _total(row) > 0]
	if not names:
		return settled
	lines = _settlements(names, wanted.until)
	written = _written_off_by_payments({row.voucher_no for row in lines if row.voucher_type == PAYMENT})
	journals = _journals({row.voucher_no for row in lines if row.voucher_type == JOURNAL})
	wholes = _wholes(invoices, lines)
	for line in lines:
		row = invoices[line.against_voucher_no]
		whole, amount = wholes[row.name], -Fraction(money(line.amount))
		off = NOTHING
		if line.voucher_no == row.name:
			# What an invoice has settled of itself: paid at the till, or written off there.
			amount += whole
			off = min(amount, Fraction(_amount(row, "write_off_amount")))
		elif line.return_against == row.name:
			continue
		elif line.voucher_type == PAYMENT:
			off = amount * written.get(line.voucher_no, NOTHING)
		elif line.voucher_type == JOURNAL:
			journal = journals[line.voucher_no]
			amount -= journal.credited_of.get(row.name, NOTHING)
			off = amount * journal.written_off
			amount = amount * (journal.written_off + journal.paid)
		settled.add(row.name, line.posting_date, PAID, (amount - off) / whole)
		settled.add(row.name, line.posting_date, WRITTEN_OFF, off / whole)
	_add_credit_notes(settled, invoices, wholes, names, wanted.until)
	return settled


def _wholes(invoices: dict[str, frappe._dict], lines: list[frappe._dict]) -> dict[str, Fraction]:
	"""Return the totals of invoices as the ledger has them, so that what is settled in full is exactly that."""
	booked = {
		line.against_voucher_no: line.amount for line in lines if line.voucher_no == line.against_voucher_no
	}
	return {
		name: _total(row) if row.is_pos or not booked.get(name) else Fraction(money(booked[name]))
		for name, row in invoices.items()
	}


def _settlements(names: list[str], until: date) -> list[frappe._dict]:
	entry, note = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE)
	return (
		frappe.qb.from_(entry)
		.left_join(note)
		.on((entry.voucher_type == INVOICE) & (note.name == entry.voucher_no))
		.where((entry.against_voucher_type == INVOICE) & entry.against_voucher_no.isin(names))
		.where((entry.delinked == 0) & (entry.posting_date <= until))
		.groupby(entry.against_voucher_no, entry.voucher_type, entry.voucher_no, entry.posting_date)
		.groupby(note.return_against)
		.select(entry.against_voucher_no, entry.voucher_type, entry.voucher_no, entry.posting_date)
		.select(note.return_against, Sum(entry.amount_in_account_currency).as_("amount"))
		.orderby(entry.posting_date, entry.voucher_no)
		.run(as_dict=True)
	)


def _add_credit_notes(settled: _Settled, invoices, wholes, names: list[str], until: date) -> None:
	"""Add what was credited of invoices: of the commission, as much as of what earns it. A note over an amount, without items, credits
	all that was invoiced in proportion."""
	note, item = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Invoice Item")
	has_item = item.item_code.isnotnull() & (item.item_code != "")
	rows = (
		frappe.qb.from_(note)
		.join(item)
		.on((item.parent == note.name) & (item.parenttype == INVOICE))
		.where((note.docstatus == 1) & (note.is_return == 1) & note.return_against.isin(names))
		.where(note.posting_date <= until)
		.groupby(note.name)
		.select(note.return_against, note.posting_date, note.currency, note.party_account_currency)
		.select(note.grand_total, note.rounded_total, note.base_grand_total, note.base_rounded_total)
		.select(
			Sum(Case().when(has_item & (item.grant_commission == 1), item.base_net_amount).else_(0)).as_(
				"of_items"
			)
		)
		.select(Sum(Case().when(has_item, 0).else_(item.base_net_amount)).as_("of_all"))
		.orderby(note.posting_date, note.name)
		.run(as_dict=True)
	)
	credited: dict[str, list[Fraction]] = defaultdict(lambda: [NOTHING, NOTHING])
	for row in rows:
		invoice, so_far = invoices[row.return_against], credited[row.return_against]
		share = -_total(row) / wholes[row.return_against]
		so_far[0] += share
		if so_far[0] >= WHOLE:
			# To the last cent, whatever the lines were rounded to.
			of_base = max(NOTHING, WHOLE - so_far[1])
		else:
			of_base = _part(row.of_items, invoice.amount_eligible_for_commission)
			of_base += _part(row.of_all, invoice.base_net_total)
		so_far[1] += of_base
		settled.add(row.return_against, row.posting_date, CREDITED, share, of_base)


def _part(credited, whole) -> Fraction:
	return -Fraction(money(credited)) / Fraction(money(whole)) if money(whole) else NOTHING


def _written_off_by_payments(names: set[str]) -> dict[str, Fraction]:
	"""Return how much of what payments have settled they have written off: their deductions on the write-off account."""
	payment, row = frappe.qb.DocType(PAYMENT), frappe.qb.DocType("Payment Entry Deduction")
	company = frappe.qb.DocType("Company")
	rows = (
		frappe.qb.from_(row)
		.join(payment)
		.on(payment.name == row.parent)
		.join(company)
		.on((company.name == payment.company) & (company.write_off_account == row.account))
		.where((row.parenttype == PAYMENT) & row.parent.isin(sorted(names) or [""]))
		.groupby(payment.name, payment.base_total_allocated_amount)
		.select(payment.name, payment.base_total_allocated_amount, Sum(row.amount))
		.run()
	)
	return {
		name: min(WHOLE, Fraction(money(amount)) / Fraction(money(allocated)))
		for name, allocated, amount in rows
		if money(amount) > 0 and money(allocated) > 0
	}


@dataclass(slots=True)
class _Journal:
	"""What a journal entry settles claims with: shares of it that are as good as money, and written off; and what it only sets an
	invoice's own credit notes against, in the currency of the account."""

	paid: Fraction = WHOLE
	written_off: Fraction = NOTHING
	credited_of: dict[str, Fraction] = field(default_factory=dict)


def _journals(names: set[str]) -> dict[str, _Journal]:
	claims, others = _claims_of_journals(names), _others_of_journals(names)
	return {name: _journal(claims[name], *others.get(name, (NOTHING, False))) for name in names}


def _journal(claims: list[frappe._dict], value: Fraction, is_write_off: bool) -> _Journal:
	"""Return how a journal entry settles the claims it credits: by its own rows on them, what has come in, and whether it writes off."""
	settled = {row.against_voucher_no for row in claims if row.amount < 0}
	settles = -sum((Fraction(money(row.amount)) for row in claims if row.amount < 0), NOTHING)
	set_off = moved_on = own = NOTHING
	credited_of: dict[str, Fraction] = defaultdict(Fraction)
	for row in claims:
		amount = Fraction(money(row.amount))
		if amount <= 0:
			continue
		if row.is_return and row.return_against in settled:
			# The invoice's own credit note: nobody has paid anything.
			own += amount
			credited_of[row.return_against] += Fraction(money(row.in_account))
		elif row.is_return or row.against_voucher_type == PAYMENT:
			set_off += amount
		else:
			moved_on += amount
	rest = settles - own
	if rest <= 0:
		return _Journal(credited_of=credited_of)
	moved_on = min(rest, moved_on)
	as_money = rest - moved_on
	if is_write_off:
		as_money = min(as_money, value + set_off)
	return _Journal(as_money / rest, (rest - moved_on - as_money) / rest, credited_of)


def _claims_of_journals(names: set[str]) -> dict[str, list[frappe._dict]]:
	entry, against = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(entry)
		.left_join(against)
		.on((entry.against_voucher_type == INVOICE) & (against.name == entry.against_voucher_no))
		.where((entry.voucher_type == JOURNAL) & entry.voucher_no.isin(sorted(names) or [""]))
		.where((entry.delinked == 0) & (entry.account_type == "Receivable"))
		.select(entry.voucher_no, entry.against_voucher_type, entry.against_voucher_no)
		.select(against.is_return, against.return_against, entry.amount)
		.select(entry.amount_in_account_currency.as_("in_account"))
		.run(as_dict=True)
	)
	found: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in rows:
		found[row.voucher_no].append(row)
	return found


def _others_of_journals(names: set[str]) -> dict[str, tuple[Fraction, bool]]:
	"""Return by journal entry what came in on the accounts of value, and whether it writes something off."""
	entry, account = frappe.qb.DocType("GL Entry"), frappe.qb.DocType("Account")
	company, journal = frappe.qb.DocType("Company"), frappe.qb.DocType(JOURNAL)
	debit = entry.debit - entry.credit
	rows = (
		frappe.qb.from_(entry)
		.join(account)
		.on(account.name == entry.account)
		.join(company)
		.on(company.name == entry.company)
		.join(journal)
		.on(journal.name == entry.voucher_no)
		.where((entry.voucher_type == JOURNAL) & entry.voucher_no.isin(sorted(names) or [""]))
		.where(entry.is_cancelled == 0)
		.groupby(entry.voucher_no, journal.voucher_type)
		.select(entry.voucher_no, journal.voucher_type)
		.select(Sum(Case().when(account.account_type.isin(OF_VALUE), debit).else_(0)).as_("value"))
		.select(Sum(Case().when(entry.account == company.write_off_account, debit).else_(0)).as_("off"))
		.run(as_dict=True)
	)
	return {
		row.voucher_no: (
			max(NOTHING, Fraction(money(row.value))),
			money(row.off) > 0 or row.voucher_type == "Write Off Entry",
		)
		for row in rows
	}


# ------------------------------------------------------------------ malus
def _malus(row, plan: Plan, events: list[Event], pushes: list[Push], late, wanted: Wanted):
	"""Return the day from which the malus applies to a person's part of an invoice, and the hold that says so."""
	mine = [push for push in pushes if row.name in push.invoices and row.sales_person in push.persons]
	if not mine or not plan.malus_percent:
		return None, None
	push = min(mine, key=lambda one: (one.since, one.hold))
	until = rules.settled_on(events) or wanted.until
	day = rules.late_payer_from(late[push.customer, plan.late_days], push.since, until, plan)
	return day, push.hold if day else None


def _pushes(wanted: Wanted) -> list[Push]:
	"""Return what was released against the advice of credit control, on whose asking."""
	hold = frappe.qb.DocType(HOLD)
	query = (
		frappe.qb.from_(hold)
		.where((hold.company == wanted.company) & (hold.against_advice == 1) & hold.released_on.isnotnull())
		.select(hold.name, hold.customer, hold.reference_doctype, hold.reference_name)
		.select(hold.requested_by, hold.released_on)
	)
	# Who sold is asked by the document, which is one of three.
	for number, doctype in enumerate(("Sales Order", "Delivery Note", INVOICE)):
		held = frappe.qb.DocType(doctype).as_(f"held{number}")
		query = query.left_join(held).on(
			(hold.reference_doctype == doctype) & (held.name == hold.reference_name)
		)
		query = query.select(held.owner.as_(f"owner{number}"))
	if wanted.customers is not None:
		query = query.where(hold.customer.isin(wanted.customers))
	holds = [row for row in query.run(as_dict=True) if getdate(row.released_on) <= wanted.until]
	for row in holds:
		row.pusher = row.requested_by or row.owner0 or row.owner1 or row.owner2
	if not holds:
		return []
	persons = _persons_of({row.pusher for row in holds})
	invoices = _invoices_of({row.reference_name for row in holds})
	return [
		Push(
			row.name,
			row.customer,
			frozenset(persons[row.pusher]),
			getdate(row.released_on),
			frozenset(invoices[row.reference_name]),
		)
		for row in holds
	]


def _persons_of(users: set[str]) -> dict[str, set[str]]:
	person, employee = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Employee")
	rows = (
		frappe.qb.from_(person)
		.join(employee)
		.on(employee.name == person.employee)
		.where(employee.user_id.isin(sorted(filter(None, users)) or [""]))
		.select(employee.user_id, person.name)
		.run()
	)
	found: dict[str, set[str]] = defaultdict(set)
	for user, name in rows:
		found[user].add(name)
	return found


def _invoices_of(held: set[str]) -> dict[str, set[str]]:
	"""Return the submitted invoices of orders, deliveries and invoices that were held, by the name of what was held."""
	item = frappe.qb.DocType("Sales Invoice Item")
	names = sorted(held)
	rows = (
		frappe.qb.from_(item)
		.where((item.parenttype == INVOICE) & (item.docstatus == 1))
		.where(item.sales_order.isin(names) | item.delivery_note.isin(names) | item.parent.isin(names))
		.select(item.parent, item.sales_order, item.delivery_note)
		.distinct()
		.run()
	)
	found: dict[str, set[str]] = defaultdict(set)
	for invoice, order, delivery in rows:
		for name in {invoice, order, delivery} & held:
			found[name].add(invoice)
	return found


def _late_days(
	wanted: Wanted, pushes: list[Push], all_late_days: set[int]
) -> dict[tuple[str, int], list[date]]:
	"""Return by (customer, days) the days on which invoices of customers with pushed orders became so late: those that were still open
	by then. What is or was rightly disputed, and credit notes, are none. A query for each number of days that plans name."""
	found: dict[tuple[str, int], list[date]] = defaultdict(list)
	customers = sorted({push.customer for push in pushes})
	for days in sorted(all_late_days) if customers else ():
		for customer, due in _late_invoices(wanted, customers, days):
			found[customer, days].append(getdate(due) + timedelta(days=days + 1))
	return found


def _late_invoices(wanted: Wanted, customers: list[str], days: int) -> list[tuple]:
	invoice, entry = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Ledger Entry")
	row, dispute = frappe.qb.DocType("Dispute Invoice"), frappe.qb.DocType("Dispute")
	disputed = (
		frappe.qb.from_(row)
		.join(dispute)
		.on(dispute.name == row.parent)
		.where((dispute.docstatus == 1) & dispute.status.notin((disputes.REJECTED, disputes.CANCELLED)))
		.select(row.sales_invoice)
	)
	due = counts_as_due(invoice)
	is_open = Sum(entry.amount_in_account_currency)
	return (
		frappe.qb.from_(invoice)
		.join(entry)
		.on((entry.against_voucher_no == invoice.name) & (entry.against_voucher_type == INVOICE))
		.where((invoice.company == wanted.company) & invoice.customer.isin(customers))
		.where((invoice.docstatus == 1) & (invoice.is_return == 0) & invoice.name.notin(disputed))
		.where(DateDiff(wanted.until, due) > days)
		.where((entry.delinked == 0) & (DateDiff(entry.posting_date, due) <= days))
		.groupby(invoice.name, invoice.customer, due)
		.having(is_open > CENT)
		.select(invoice.customer, due)
		.run()
	)
