"""Money that came in from a customer, as the payment ledger knows it: for promises and payment slips."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce
from frappe.utils import get_datetime, getdate

from b2b_contracts.credit.account_facts import money

from .invoices import INVOICE

# Journal entries that are money, and not a correction or transfer.
MONEY_JOURNALS = ("Bank Entry", "Cash Entry", "Credit Card Entry")


@dataclass(frozen=True, slots=True)
class Payment:
	"""Money of a customer on a day, in the currency of the receivable account: when it was booked, its reference at the
	bank, and the invoice that it was set against ("" = none)."""

	day: date
	amount: Decimal
	booked_at: datetime
	reference: str
	invoice: str


def since(customer: str, company: str, first_day: date) -> list[Payment]:
	"""Return the money that came in from a customer since a day, by what it was set against, the earliest first."""
	entry, payment, journal = (
		frappe.qb.DocType(d) for d in ("Payment Ledger Entry", "Payment Entry", "Journal Entry")
	)
	rows = (
		frappe.qb.from_(entry)
		.left_join(payment)
		.on((entry.voucher_type == "Payment Entry") & (payment.name == entry.voucher_no))
		.left_join(journal)
		.on((entry.voucher_type == "Journal Entry") & (journal.name == entry.voucher_no))
		.select(
			entry.posting_date,
			entry.amount_in_account_currency,
			entry.creation,
			Coalesce(payment.reference_no, journal.cheque_no, ""),
			entry.against_voucher_type,
			entry.against_voucher_no,
		)
		.where((entry.party_type == "Customer") & (entry.party == customer) & (entry.company == company))
		.where((entry.delinked == 0) & (entry.amount < 0) & (entry.posting_date >= first_day))
		.where((entry.voucher_type == "Payment Entry") | journal.voucher_type.isin(MONEY_JOURNALS))
		.orderby(entry.posting_date, entry.name)
		.run()
	)
	return [
		Payment(
			getdate(day),
			-money(amount),
			get_datetime(booked),
			reference,
			against if kind == INVOICE else "",
		)
		for day, amount, booked, reference, kind, against in rows
	]
