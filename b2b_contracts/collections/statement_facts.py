"""What the ledger says of a customer's account: what is open of each document as of a day, and what moved between two.

Open items come from the payment ledger, which knows what settles what; movements and every total from the general ledger.
Where the two do not agree the difference is a line of its own, so that a statement always ties to the general ledger.
Amounts are in the currency of the receivable account; a customer may have one for each currency.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Min, Sum
from frappe.utils import add_days, cint, getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import statements as engine
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.engine.statements import Aside, Entry, Voucher

from . import promises
from .invoices import INVOICE

PAYMENT, JOURNAL = "Payment Entry", "Journal Entry"
RECEIVABLE = "Receivable"


# ------------------------------------------------------------------ open items
def open_vouchers(customer: str, company: str, as_of: date) -> dict[str, list[Voucher]]:
	"""Return what is not settled of a customer's account as of a day, by currency, the company's own first.

	What is set aside is known as of today alone, so an earlier day shows none of it.
	"""
	found: dict[str, list[Voucher]] = defaultdict(list)
	rows = _open_rows(customer, company, as_of)
	names = [row.name for row in rows if row.doctype == INVOICE]
	invoices, schedules = _invoices(names), schedules_of(names)
	promised = _promised(customer, company) if as_of >= getdate() else {}
	for row in rows:
		invoice = invoices.get(row.name) if row.doctype == INVOICE else None
		found[row.currency].append(
			_voucher(row, invoice, schedules.get(row.name, ()), promised, as_of >= getdate())
		)
	totals = balances(customer, company, as_of)
	for currency, total in totals.items():
		missing = total - sum((voucher.open for voucher in found[currency]), ZERO)
		if missing:
			found[currency].append(Voucher(engine.UNEXPLAINED, "", "", as_of, as_of, missing))
	return {currency: found[currency] for currency in _own_first(company, totals)}


def _open_rows(customer: str, company: str, as_of: date) -> list[frappe._dict]:
	entry = frappe.qb.DocType("Payment Ledger Entry")
	amount = Sum(entry.amount_in_account_currency)
	rows = (
		frappe.qb.from_(entry)
		.select(
			entry.against_voucher_type.as_("doctype"),
			entry.against_voucher_no.as_("name"),
			entry.account_currency.as_("currency"),
			amount.as_("amount"),
			Min(entry.posting_date).as_("posted"),
			Min(entry.due_date).as_("due"),
		)
		.where((entry.party == customer) & (entry.company == company) & (entry.delinked == 0))
		.where((entry.party_type == "Customer") & (entry.account_type == RECEIVABLE))
		.where(entry.posting_date <= as_of)
		.groupby(entry.account_currency, entry.against_voucher_type, entry.against_voucher_no)
		.having(amount != 0)
		.run(as_dict=True)
	)
	return [row for row in rows if to_cents(money(row.amount))]


def _voucher(
	row, invoice, schedule: Iterable, promised: dict[str, tuple[Decimal, date]], is_now: bool
) -> Voucher:
	amount = to_cents(money(row.amount))
	posted = getdate(invoice.posting_date if invoice else row.posted)
	due = getdate(invoice.due_date if invoice else row.due or row.posted)
	aside = _aside(invoice, promised.get(row.name)) if invoice and is_now else engine.NOTHING_ASIDE
	in_account = bool(invoice) and row.currency == invoice.currency
	rows = tuple(
		(
			getdate(part.due_date),
			to_cents(money(part.payment_amount if in_account else part.base_payment_amount)),
		)
		for part in schedule
	)
	return Voucher(
		_kind(row.doctype, amount, invoice), row.doctype, row.name, posted, due, amount, rows, aside
	)


def _kind(doctype: str, amount: Decimal, invoice) -> str:
	if doctype == PAYMENT:
		return engine.PAYMENT
	if amount > 0:
		return engine.INVOICE if doctype == INVOICE else engine.ENTRY
	return engine.CREDIT_NOTE if invoice and cint(invoice.is_return) else engine.CREDIT


def _aside(invoice, promised: tuple[Decimal, date] | None) -> Aside:
	amount, until = promised or (ZERO, None)
	return Aside(
		disputed=to_cents(money(invoice.b2b_disputed_amount)),
		planned=to_cents(money(invoice.b2b_planned_amount)),
		awaited=to_cents(money(invoice.b2b_awaited_amount)),
		promised=amount,
		promised_until=until,
	)


def _invoices(names: list[str]) -> dict[str, frappe._dict]:
	fields = ["name", "posting_date", "due_date", "is_return", "currency"]
	aside = ["b2b_disputed_amount", "b2b_planned_amount", "b2b_awaited_amount"]
	rows = frappe.get_all(INVOICE, filters={"name": ["in", names or [""]]}, fields=[*fields, *aside])
	return {row.name: row for row in rows}


def schedules_of(names: list[str]) -> dict[str, list[frappe._dict]]:
	"""Return the payment schedules of invoices, by due date: amounts in the currency of the invoice and of the company."""
	found: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in frappe.get_all(
		"Payment Schedule",
		filters={"parent": ["in", names or [""]], "parenttype": INVOICE},
		fields=["parent", "due_date", "payment_amount", "base_payment_amount"],
		order_by="parent, due_date, idx",
	):
		found[row.parent].append(row)
	return found


def _promised(customer: str, company: str) -> dict[str, tuple[Decimal, date]]:
	"""Return what is promised of single invoices and not paid yet, and until when."""
	return {
		row.sales_invoice: (to_cents(row.missing), getdate(row.promised_date))
		for row in promises.waited_for(company, [customer], getdate())
		if row.sales_invoice
	}


# ------------------------------------------------------------------ the general ledger
def _of_account(query, entry, customer: str, company: str):
	account = frappe.qb.DocType("Account")
	return (
		query.join(account)
		.on((account.name == entry.account) & (account.account_type == RECEIVABLE))
		.where((entry.party_type == "Customer") & (entry.party == customer) & (entry.company == company))
		.where(entry.is_cancelled == 0)
	)


def balances(customer: str, company: str, until: date) -> dict[str, Decimal]:
	"""Return what the general ledger has on a customer's receivable accounts at the end of a day, by currency."""
	entry = frappe.qb.DocType("GL Entry")
	amount = Sum(entry.debit_in_account_currency - entry.credit_in_account_currency)
	query = frappe.qb.from_(entry).select(entry.account_currency, amount)
	rows = (
		_of_account(query, entry, customer, company)
		.where(entry.posting_date <= until)
		.groupby(entry.account_currency)
		.run()
	)
	return {currency: to_cents(money(total)) for currency, total in rows}


def movements(customer: str, company: str, first: date, last: date) -> dict[str, tuple[Decimal, list[Entry]]]:
	"""Return the balance before a day, and what each document moved until another, by currency, the company's own first."""
	opening = balances(customer, company, getdate(add_days(first, -1)))
	found: dict[str, list[Entry]] = defaultdict(list)
	entry = frappe.qb.DocType("GL Entry")
	query = frappe.qb.from_(entry).select(
		entry.account_currency,
		entry.posting_date,
		entry.voucher_type,
		entry.voucher_no,
		Sum(entry.debit_in_account_currency),
		Sum(entry.credit_in_account_currency),
	)
	rows = (
		_of_account(query, entry, customer, company)
		.where((entry.posting_date >= first) & (entry.posting_date <= last))
		.groupby(entry.account_currency, entry.posting_date, entry.voucher_type, entry.voucher_no)
		.run()
	)
	for currency, day, doctype, name, debit, credit in rows:
		moved = Entry(getdate(day), doctype, name, to_cents(money(debit)), to_cents(money(credit)))
		if moved.debit or moved.credit:
			found[currency].append(moved)
	return {
		currency: (opening.get(currency, ZERO), found.get(currency, []))
		for currency in _own_first(company, {*opening, *found})
	}


def _own_first(company: str, currencies: Iterable[str]) -> list[str]:
	own = company_currency(company)
	return sorted(currencies, key=lambda currency: (currency != own, currency))


# ------------------------------------------------------------------ what a customer knows a document by
def known_by(documents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
	"""Return what a customer knows documents (doctype, name) by: its own order, the reference at the bank; "" without."""
	by_doctype: dict[str, set[str]] = defaultdict(set)
	for doctype, name in documents:
		by_doctype[doctype].add(name)
	found: dict[tuple[str, str], str] = {}
	for doctype, field in ((INVOICE, "po_no"), (PAYMENT, "reference_no"), (JOURNAL, "cheque_no")):
		names = by_doctype.get(doctype)
		for name, value in (
			frappe.get_all(
				doctype, filters={"name": ["in", list(names)]}, fields=["name", field], as_list=True
			)
			if names
			else ()
		):
			found[doctype, name] = value or ""
	return found


def references_of(names: Iterable[str]) -> dict[str, str]:
	"""Return the payment references that are printed on invoices, of those that have one."""
	rows = frappe.get_all(
		INVOICE,
		filters={"name": ["in", list(names) or [""]], "b2b_payment_reference_printed": ["is", "set"]},
		fields=["name", "b2b_payment_reference_printed"],
		as_list=True,
	)
	return dict(rows)


def returns_among(names: Iterable[str]) -> set[str]:
	"""Return which of some invoices are credit notes."""
	filters = {"name": ["in", list(names) or [""]], "is_return": 1}
	return set(frappe.get_all(INVOICE, filters=filters, pluck="name"))
