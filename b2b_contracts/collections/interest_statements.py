"""Interest on an invoice that is paid late, from the books: what was owed when, by which rate, agreed or statutory
(requirements §3.1).

Amounts are in the currency of the receivable account. Money counts from its value date, the earlier of when it was booked
and its reference date. What was credited was never owed. Unallocated money is set against the customer's oldest items
first, as everywhere. An insolvent customer's interest ends on the day of its insolvency.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import getdate

from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.contract_rates import late_rates_of
from b2b_contracts.engine import dunning_law, insolvency, interest
from b2b_contracts.engine.dunning_law import Check
from b2b_contracts.engine.interest import Paid, Rate, Statement
from b2b_contracts.engine.money import ZERO

from . import acceptance, jurisdictions, unallocated
from .invoices import INVOICE, currency_of
from .unallocated import Account

Key = tuple[str, str]
"""An invoice and the row of its payment schedule; the invoice's name again where it has none."""
LeftOut = Mapping[str, Decimal] | Mapping[Key, Decimal]
"""An amount of an invoice, of which it is the earliest, or of one instalment."""


@dataclass(slots=True)
class Debt:
	"""What one instalment of an invoice came to, when it is due, and the money that went to it."""

	invoice: str
	row: str
	customer: str
	company: str
	currency: str
	invoiced_on: date
	due: date
	amount: Decimal
	paid: list[Paid] = field(default_factory=list)

	@property
	def key(self) -> Key:
		return self.invoice, self.row

	@property
	def account(self) -> Account:
		return self.customer, self.company, self.currency

	@property
	def open(self) -> Decimal:
		return max(ZERO, self.amount - sum((p.amount for p in self.paid), ZERO))


@dataclass(frozen=True, slots=True)
class Explained:
	"""A debt with its interest, and why it is what it is: from when on, by which law, at which rate.

	`ground` names the contract or the terms of an agreed rate, "" for the statutory one; `demanded_on` is the day of the
	invoice where interest runs so many days (`days_to_interest`) after a demand, None where the due date was agreed. `checks` is what the law says
	of an agreed rate, of terms that are too long and of a procedure of acceptance: for us, not for the customer. `accepted_on`
	is the day on which that procedure ended and the time to pay began, None without one.
	"""

	debt: Debt
	statement: Statement
	jurisdiction: str
	agreed_percent: Decimal | None
	ground: str
	demanded_on: date | None
	days_to_interest: int
	checks: tuple[Check, ...] = ()
	accepted_on: date | None = None


# ------------------------------------------------------------------ asked by others
def statement_of(invoice: str, row: str | None, until: date, left_out: Decimal = ZERO) -> Statement | None:
	"""Return the interest on an invoice, or on one instalment of it, from its first day to `until` (exclusive).

	`row` is a row of the payment schedule, the invoice's own name where it has none, None for all of it. `left_out` is what
	nobody asks interest for, such as a disputed part. None for a draft, a credit note and an unknown row.
	"""
	found = [e for e in explained([invoice], until, {invoice: left_out}) if row in (None, e.debt.row)]
	return interest.together(e.statement for e in found)


def statements_of(
	invoices: Collection[str], until: date, left_out: LeftOut | None = None
) -> dict[Key, Statement]:
	"""Return the interest on every instalment of some invoices until a day: a fixed number of queries however many they are."""
	return {e.debt.key: e.statement for e in explained(invoices, until, left_out)}


def explained(invoices: Collection[str], until: date, left_out: LeftOut | None = None) -> list[Explained]:
	"""Return the instalments of some invoices with their interest until a day, the oldest first. `left_out` is what nobody
	asks interest for."""
	debts = _debts(invoices)
	_set_credits_against(debts)
	wanted = set(invoices)
	debts = sorted((d for d in debts if d.invoice in wanted), key=lambda d: (d.due, d.invoice, d.row))
	_leave_out(debts, left_out or {})
	customers = {debt.customer for debt in debts}
	jurisdictions.read_terms(customers)
	ends = _ends_of(customers)
	accepted = acceptance.of_invoices({d.invoice: (d.company, d.customer, d.invoiced_on) for d in debts})
	agreed = late_rates_of({d.invoice: (d.customer, d.company, d.invoiced_on) for d in debts})
	return [
		_explained(
			debt,
			min(until, ends.get(debt.customer, until)),
			accepted.get(debt.invoice),
			agreed.get(debt.invoice),
		)
		for debt in debts
	]


# ------------------------------------------------------------------ by law and by agreement
def _explained(
	debt: Debt, until: date, accepted: acceptance.Agreed | None, agreed_rate: tuple[Decimal, str] | None
) -> Explained:
	name = jurisdictions.jurisdiction_of(debt.company, debt.customer)
	law = jurisdictions.law_of(name, until)
	terms = jurisdictions.late_terms_of(debt.company, debt.customer)
	if not terms.cover(debt.invoiced_on):
		terms = jurisdictions.NOTHING_AGREED
	if agreed_rate:
		# What a contract in force on the day of the invoice says wins over what is usual with the customer.
		terms = replace(terms, percent=agreed_rate[0], ground=agreed_rate[1])
	payable = (
		dunning_law.payable(law, debt.due, debt.invoiced_on, accepted.received_on, accepted.acceptance)
		if accepted
		else dunning_law.Payable(debt.due)
	)
	# The invoice is the demand: it asks for the money, and says where to pay.
	demanded_on = None if terms.is_due_date_agreed else debt.invoiced_on
	asked_on = demanded_on and max(demanded_on, payable.accepted_on or demanded_on)
	first = dunning_law.interest_from(law, payable.due, terms.is_due_date_agreed, asked_on)
	rates = statutory = jurisdictions.rates_of(name)
	if terms.percent is not None:
		rates = interest.with_agreed(rates, terms.percent, bool(terms.ground), terms.ground)
	day_count = jurisdictions.day_count_of(name) or interest.ACTUAL_365
	checks = dunning_law.terms_checks(law, (debt.due - debt.invoiced_on).days, terms.is_due_date_agreed)
	by_law = [rate.percent for rate in statutory if rate.valid_from <= debt.due]
	agreed = dunning_law.rate_check(by_law[-1], terms.percent, bool(terms.ground)) if by_law else None
	return Explained(
		debt,
		interest.statement(debt.amount, first or until, debt.paid, until, rates, day_count),
		name,
		terms.percent,
		terms.ground if terms.percent is not None else "",
		demanded_on,
		law.days_to_interest,
		(*filter(None, (agreed,)), *checks, *payable.checks),
		payable.accepted_on,
	)


def rate_on(company: str, customer: str, on: date) -> Rate | None:
	"""Return the rate of interest, in per cent p.a., that a customer's debts of a day carry; None where none is known."""
	rates = jurisdictions.rates_of(jurisdictions.jurisdiction_of(company, customer))
	terms = jurisdictions.late_terms_of(company, customer)
	agreed = late_rates_of({customer: (customer, company, on)}).get(customer)
	if agreed:
		rates = interest.with_agreed(rates, agreed[0], True, agreed[1])
	elif terms.percent is not None and terms.cover(on):
		rates = interest.with_agreed(rates, terms.percent, bool(terms.ground), terms.ground)
	in_force = [rate for rate in rates if rate.valid_from <= on]
	return in_force[-1] if in_force else None


def _ends_of(customers: Collection[str]) -> dict[str, date]:
	"""Return the day of their insolvency of the customers that are insolvent."""
	rows = frappe.get_all(
		"Insolvency Case",
		filters={"customer": ["in", list(customers) or [""]], "status": insolvency.OPEN},
		fields=["customer", "insolvent_on"],
	)
	return {row.customer: row.insolvent_on for row in rows}


# ------------------------------------------------------------------ what was owed, and what came
def _debts(names: Iterable[str]) -> list[Debt]:
	"""Return the instalments of submitted invoices with the money that was set against them."""
	names = sorted(set(names)) or [""]
	invoices = frappe.get_all(
		INVOICE,
		filters={"name": ["in", names], "docstatus": 1, "is_return": 0},
		fields=[
			*("name", "customer", "company", "posting_date", "due_date", "currency"),
			"party_account_currency",
		],
	)
	schedules: dict[str, list] = defaultdict(list)
	for row in frappe.get_all(
		"Payment Schedule",
		filters={"parent": ["in", names], "parenttype": INVOICE},
		fields=["parent", "name", "due_date", "payment_amount", "base_payment_amount"],
		order_by="due_date, idx",
	):
		schedules[row.parent].append(row)
	owed, paid = _ledger(names)
	found = []
	for invoice in invoices:
		debts = _instalments(invoice, schedules[invoice.name], owed[invoice.name])
		_give(debts, paid[invoice.name])
		found += debts
	return found


def _instalments(invoice, schedule: list, owed: Decimal) -> list[Debt]:
	"""Return what an invoice came to in the ledger, by its due dates; what rounding leaves is the last one's."""
	currency = currency_of(invoice)
	amount_of = "payment_amount" if currency == invoice.currency else "base_payment_amount"
	rows = [(row.name, row.due_date, money(row[amount_of])) for row in schedule]
	if len(rows) < 2:
		# As everywhere, a single row is the invoice itself.
		row, due = (rows[0][0], rows[0][1]) if rows else (invoice.name, invoice.due_date)
		rows = [(row, due or invoice.due_date, owed)]
	else:
		row, due, amount = rows[-1]
		rows[-1] = row, due, amount + owed - sum((r[2] for r in rows), ZERO)
	return [
		Debt(
			invoice.name,
			row,
			invoice.customer,
			invoice.company,
			currency,
			getdate(invoice.posting_date),
			getdate(due),
			max(ZERO, amount),
		)
		for row, due, amount in rows
	]


def _ledger(names: list[str]) -> tuple[dict[str, Decimal], dict[str, list[Paid]]]:
	"""Return what invoices came to, and what was set against them since, by name."""
	entry, payment, note = (frappe.qb.DocType(d) for d in ("Payment Ledger Entry", "Payment Entry", INVOICE))
	rows = (
		frappe.qb.from_(entry)
		.left_join(payment)
		.on((entry.voucher_type == "Payment Entry") & (payment.name == entry.voucher_no))
		.left_join(note)
		.on((entry.voucher_type == INVOICE) & (note.name == entry.voucher_no))
		.select(
			entry.against_voucher_no,
			entry.voucher_no,
			entry.posting_date,
			entry.amount_in_account_currency,
			payment.reference_date,
			note.is_return,
		)
		.where((entry.against_voucher_type == INVOICE) & entry.against_voucher_no.isin(names))
		.where(entry.delinked == 0)
		.run()
	)
	owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
	paid: dict[str, list[Paid]] = defaultdict(list)
	for name, voucher, posted, amount, reference_date, is_return in rows:
		amount = money(amount)
		if voucher == name:
			owed[name] += amount
		elif amount:
			paid[name].append(Paid(_value_date(posted, reference_date, is_return), -amount))
	return owed, paid


def _value_date(posted, reference_date, is_credited) -> date:
	"""Return from when on money counts; what was credited counts from the very beginning."""
	if is_credited:
		return date.min
	return min(getdate(posted), getdate(reference_date)) if reference_date else getdate(posted)


def _leave_out(debts: list[Debt], left_out: LeftOut) -> None:
	by_name: dict[str | Key, list[Debt]] = defaultdict(list)
	for debt in debts:
		by_name[debt.invoice].append(debt)
		by_name[debt.key].append(debt)
	for name, amount in left_out.items():
		_give(by_name[name], [Paid(date.min, amount)])


def _give(debts: list[Debt], money_of: list[Paid], beside: Decimal = ZERO) -> None:
	"""Set some money against debts, the first before the second; the last of it, `beside`, is for something else."""
	parts = interest.allotted([debt.open for debt in debts], money_of, beside)
	for debt, part in zip(debts, parts, strict=True):
		debt.paid.extend(part)


# ------------------------------------------------------------------ unallocated money
def _set_credits_against(debts: list[Debt]) -> None:
	"""Set customers' unallocated money against their oldest open items; loads those of them that are not there."""
	accounts = {debt.account for debt in debts}
	credits = _credits(accounts)
	if not credits:
		return
	known = {debt.invoice for debt in debts}
	debts += _debts(_open_invoices(credits) - known)
	by_account: dict[Account, list[Debt]] = defaultdict(list)
	for debt in sorted(debts, key=lambda d: (d.due, d.invoice, d.row)):
		by_account[debt.account].append(debt)
	customers, companies = (sorted({account[i] for account in credits}) for i in (0, 1))
	beside = unallocated.advances(companies, customers)
	for account, money_of in credits.items():
		_give(by_account[account], money_of, beside.get(account, ZERO))


def _credits(accounts: Collection[Account]) -> dict[Account, list[Paid]]:
	"""Return the unallocated money and credit notes of some accounts with their value dates, of those that have any."""
	customers, companies = (sorted({account[i] for account in accounts}) for i in (0, 1))
	found: dict[Account, list[Paid]] = defaultdict(list)
	for credit in unallocated.dated(companies, customers):
		if credit.account in accounts:
			day = _value_date(credit.posted_on, credit.reference_date, credit.is_note)
			found[credit.account].append(Paid(day, credit.amount))
	return found


def _open_invoices(accounts: Iterable[Account]) -> set[str]:
	customers, companies = ({account[i] for account in accounts} for i in (0, 1))
	return set(
		frappe.get_all(
			INVOICE,
			filters={
				"customer": ["in", sorted(customers)],
				"company": ["in", sorted(companies)],
				"docstatus": 1,
				"outstanding_amount": [">", 0],
			},
			pluck="name",
		)
	)
