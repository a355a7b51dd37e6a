"""What customers have to their credit that is set against nothing: payments, journal entries and credit notes, but for what
was paid for goods to come (requirements §3). One reading for whoever sets it against the oldest debts.

Amounts are positive, in the currency of the receivable account.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Min, Sum
from frappe.utils import getdate
from pypika.queries import Selectable

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.position_facts import FINISHED_ORDERS
from b2b_contracts.engine.money import ZERO

from .invoices import INVOICE

Account = tuple[str, str, str]
"""A customer in a company and a currency."""


@dataclass(frozen=True, slots=True)
class Credit:
	"""A voucher that is in a customer's favour. `is_note`: a credit note; else money of the day on which it was booked, with the
	reference date that a payment has."""

	account: Account
	amount: Decimal
	is_note: bool = False
	posted_on: date | None = None
	reference_date: date | None = None


def credits(company: str, customers: Iterable[str]) -> dict[tuple[str, str], Decimal]:
	"""Return what some customers have to their credit without their advances for open orders, by customer and currency."""
	names = list(customers) or [""]
	found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
	for (customer, _company, currency), amount in (*_notes([company], names), *_sums([company], names)):
		found[customer, currency] += amount
	for (customer, _company, currency), amount in advances([company], names).items():
		found[customer, currency] = max(ZERO, found[customer, currency] - amount)
	return found


def dated(companies: Iterable[str], customers: Iterable[str]) -> list[Credit]:
	"""Return each voucher that is in the favour of some customers, with its days; what of all of them is for goods to come says
	`advances`."""
	companies, customers = list(companies) or [""], list(customers) or [""]
	voucher, payment = _below_zero(companies, customers), frappe.qb.DocType("Payment Entry")
	rows = (
		frappe.qb.from_(voucher)
		.left_join(payment)
		.on((voucher.against_voucher_type == "Payment Entry") & (payment.name == voucher.against_voucher_no))
		.select(voucher.party, voucher.company, voucher.account_currency)
		.select(voucher.amount, voucher.posting_date, payment.reference_date)
		.run()
	)
	return [
		*(
			Credit(
				_account(customer, company, currency),
				-money(amount),
				posted_on=getdate(posted),
				reference_date=reference and getdate(reference),
			)
			for customer, company, currency, amount, posted, reference in rows
		),
		*(Credit(account, amount, is_note=True) for account, amount in _notes(companies, customers)),
	]


def advances(companies: Iterable[str], customers: Iterable[str]) -> dict[Account, Decimal]:
	"""Return what customers have paid for open orders: that is for goods to come, and not for old invoices."""
	order = frappe.qb.DocType("Sales Order")
	rows = (
		frappe.qb.from_(order)
		.select(order.customer, order.company, order.party_account_currency, Sum(order.advance_paid))
		.where(order.customer.isin(list(customers) or [""]) & order.company.isin(list(companies) or [""]))
		.where((order.docstatus == 1) & order.status.notin(FINISHED_ORDERS) & (order.advance_paid > 0))
		.groupby(order.customer, order.company, order.party_account_currency)
		.run()
	)
	found: dict[Account, Decimal] = defaultdict(lambda: ZERO)
	for customer, company, currency, amount in rows:
		found[_account(customer, company, currency)] += money(amount)
	return found


def _account(customer: str, company: str, currency: str | None) -> Account:
	return customer, company, currency or company_currency(company)


def _notes(companies: Collection[str], customers: Collection[str]) -> list[tuple[Account, Decimal]]:
	invoice = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.customer, invoice.company, invoice.party_account_currency)
		.select(Sum(invoice.outstanding_amount))
		.where(invoice.company.isin(companies) & invoice.customer.isin(customers))
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount < 0))
		.groupby(invoice.customer, invoice.company, invoice.party_account_currency)
		.run()
	)
	return [(_account(*account), -money(amount)) for *account, amount in rows]


def _sums(companies: Collection[str], customers: Collection[str]) -> list[tuple[Account, Decimal]]:
	voucher = _below_zero(companies, customers)
	rows = (
		frappe.qb.from_(voucher)
		.select(voucher.party, voucher.company, voucher.account_currency, Sum(voucher.amount))
		.groupby(voucher.party, voucher.company, voucher.account_currency)
		.run()
	)
	return [(_account(*account), -money(amount)) for *account, amount in rows]


def _below_zero(companies: Collection[str], customers: Collection[str]) -> Selectable:
	"""A query of the payments and journal entries that leave something in the customer's favour: the ledger knows, no document
	stores it. `amount` is below zero."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	amount = Sum(entry.amount_in_account_currency)
	account = (entry.party, entry.company, entry.account_currency)
	against = (entry.against_voucher_type, entry.against_voucher_no)
	return (
		frappe.qb.from_(entry)
		.select(*account, *against, amount.as_("amount"), Min(entry.posting_date).as_("posting_date"))
		.where(entry.party.isin(customers) & entry.company.isin(companies) & (entry.delinked == 0))
		.where((entry.party_type == "Customer") & (entry.against_voucher_type != INVOICE))
		.groupby(*account, *against)
		.having(amount < 0)
	).as_("vouchers")
