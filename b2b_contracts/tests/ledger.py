"""What the books say, read entry by entry in Python: the oracle of reports. It shares no code with `reporting/`."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import getdate

ZERO = Decimal(0)


def exact(value) -> Decimal:
	return Decimal(str(value or 0))


def receivable_accounts(company: str) -> set[str]:
	"""Return the accounts of a company that what customers owe is booked on."""
	accounts = frappe.get_all("Account", filters={"company": company}, fields=["name", "account_type"])
	return {row.name for row in accounts if row.account_type == "Receivable"}


def entries(company: str, as_of: date | str) -> Iterator[frappe._dict]:
	"""Return the general ledger's entries of a company on receivable accounts with a customer, not cancelled, until a day."""
	accounts, until = receivable_accounts(company), getdate(as_of)
	for row in frappe.get_all(
		"GL Entry",
		filters={"company": company},
		fields=[
			*("name", "posting_date", "account", "party_type", "party", "debit", "credit", "is_cancelled"),
			*("debit_in_account_currency", "credit_in_account_currency", "account_currency"),
			*("voucher_type", "voucher_no"),
		],
		limit=0,
	):
		if row.account not in accounts or row.party_type != "Customer" or not row.party or row.is_cancelled:
			continue
		if getdate(row.posting_date) <= until:
			yield row


def balance(company: str, as_of: date | str, customer: str | None = None) -> Decimal:
	"""Return what the general ledger says that customers (or one of them) owe a company at the end of a day, in its currency."""
	found = balances(company, as_of)
	return found.get(customer, ZERO) if customer else sum(found.values(), ZERO)


def balances(company: str, as_of: date | str) -> dict[str, Decimal]:
	"""Return the same by customer, those that owe nothing left out."""
	found: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for row in entries(company, as_of):
		found[row.party] += exact(row.debit) - exact(row.credit)
	return {customer: amount for customer, amount in found.items() if amount}


def balances_by_currency(company: str, as_of: date | str) -> dict[str, tuple[Decimal, Decimal]]:
	"""Return what is owed by currency of the accounts: in that currency, and in the company's."""
	found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
	for row in entries(company, as_of):
		found[row.account_currency][0] += exact(row.debit_in_account_currency)
		found[row.account_currency][0] -= exact(row.credit_in_account_currency)
		found[row.account_currency][1] += exact(row.debit) - exact(row.credit)
	return {currency: (mine, company) for currency, (mine, company) in found.items()}


def open_documents(company: str, as_of: date | str) -> dict[tuple[str, str, str], Decimal]:
	"""Return what the payment ledger has open by (customer, doctype, name), in the company's currency, settled ones left out."""
	until = getdate(as_of)
	found: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
	for row in frappe.get_all(
		"Payment Ledger Entry",
		filters={"company": company},
		fields=[
			*("posting_date", "account_type", "party_type", "party", "delinked", "amount"),
			*("against_voucher_type", "against_voucher_no"),
		],
		limit=0,
	):
		if row.delinked or row.party_type != "Customer" or row.account_type != "Receivable":
			continue
		if getdate(row.posting_date) <= until:
			found[row.party, row.against_voucher_type, row.against_voucher_no] += exact(row.amount)
	return {key: amount for key, amount in found.items() if amount}


def payments(invoice: str) -> list[tuple[date, Decimal]]:
	"""Return the money that was set against an invoice, by day, in the currency of its account, the earliest first."""
	found = []
	for row in frappe.get_all(
		"Payment Ledger Entry",
		filters={"against_voucher_type": "Sales Invoice", "against_voucher_no": invoice},
		fields=["posting_date", "amount_in_account_currency", "voucher_type", "voucher_no", "delinked"],
		limit=0,
	):
		if not row.delinked and row.voucher_type == "Payment Entry":
			found.append((getdate(row.posting_date), -exact(row.amount_in_account_currency)))
	return sorted(found)


def erpnext_receivables(company: str, as_of: date | str, **filters) -> list[frappe._dict]:
	"""Return the rows of ERPNext's own Accounts Receivable as of a day."""
	from erpnext.accounts.report.accounts_receivable.accounts_receivable import execute

	asked = {
		"company": company,
		"report_date": str(as_of),
		"party_type": "Customer",
		"ageing_based_on": "Due Date",
		"calculate_ageing_with": "Report Date",
		"range": "30, 60, 90",
		**filters,
	}
	return execute(frappe._dict(asked))[1]
