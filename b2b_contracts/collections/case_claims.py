"""What a collection case demands of each invoice: principal, interest, reminder fees, compensation; and what the law says of
notice and hand-over (requirements §3, §3.1). Reads only.

Amounts are in the currency of the invoices' receivable account.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder.functions import Sum

from b2b_contracts.credit.account_facts import company_currency, money, rate_to
from b2b_contracts.engine import dunning_law
from b2b_contracts.engine.collection_cases import SHORTEST_NOTICE, Claim
from b2b_contracts.engine.money import ZERO, to_cents

from . import interest_statements, jurisdictions
from .invoices import currency_of

LOG, DUNNING = "Dunning Log", "Dunning"


@dataclass(frozen=True, slots=True)
class Terms:
	"""What the law says of a case: the days to pay of its notice, and what its hand-over adds, in the case's currency."""

	jurisdiction: str
	notice_days: int
	hand_over_fee: Decimal


def terms_of(company: str, customer: str, currency: str, on: date) -> Terms:
	"""Return what the law that applies to a customer says on a day; where it says nothing of a notice, our own minimum."""
	law = jurisdictions.law_of(jurisdictions.jurisdiction_of(company, customer), on)
	rate = (
		rate_to(law.currency, currency, on, _("The fee for handing over"))
		if law.hand_over_fee
		else Decimal(1)
	)
	days = max(law.days_before_collection, SHORTEST_NOTICE)
	return Terms(law.jurisdiction, days, dunning_law.converted(law, currency, rate).hand_over_fee)


def claims_of(principals: Mapping[str, tuple[Decimal, Decimal]], until: date) -> dict[str, Claim]:
	"""Return what is demanded of each invoice, by name: `principals` are what of it is handed over and what is outstanding.

	Interest is for the part that is handed over; an invoice of which nothing is has no claim.
	"""
	wanted = {name: parts for name, parts in principals.items() if parts[0] > 0}
	fees, compensation = _charged(wanted)
	interest = _interest(wanted, until)
	return {
		name: Claim(principal, interest.get(name, ZERO), fees.get(name, ZERO), compensation.get(name, ZERO))
		for name, (principal, _outstanding) in wanted.items()
	}


def _interest(wanted: Mapping[str, tuple[Decimal, Decimal]], until: date) -> dict[str, Decimal]:
	left_out = {name: outstanding - principal for name, (principal, outstanding) in wanted.items()}
	found: dict[str, Decimal] = defaultdict(Decimal)
	for (name, _row), statement in interest_statements.statements_of(list(wanted), until, left_out).items():
		found[name] += statement.total
	return found


# ------------------------------------------------------------------ what reminders have charged
def _charged(names: Iterable[str]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
	"""Return the fees and the compensation that reminders have claimed of invoices: those of our notices, and the fees of
	ERPNext's reminders that no notice of ours has booked."""
	names = list(names) or [""]
	fees: dict[str, Decimal] = defaultdict(Decimal)
	compensation: dict[str, Decimal] = defaultdict(Decimal)
	log = frappe.qb.DocType(LOG)
	rows = (
		frappe.qb.from_(log)
		.select(log.sales_invoice, Sum(log.fee), Sum(log.compensation))
		.where(log.sales_invoice.isin(names) & (log.status == "Sent"))
		.groupby(log.sales_invoice)
		.run()
	)
	for name, fee, compensated in rows:
		fees[name] += to_cents(money(fee))
		compensation[name] += to_cents(money(compensated))
	for name, fee in _fees_of_erpnext(names):
		fees[name] += fee
	return fees, compensation


def _fees_of_erpnext(names: list[str]) -> list[tuple[str, Decimal]]:
	"""Return the fees of ERPNext's open reminders, each on the first of its invoices."""
	row, dunning, notice = (frappe.qb.DocType(d) for d in ("Overdue Payment", DUNNING, "Dunning Notice"))
	rows = (
		frappe.qb.from_(row)
		.join(dunning)
		.on((dunning.name == row.parent) & (row.parenttype == DUNNING))
		.left_join(notice)
		.on(notice.dunning == dunning.name)
		.select(dunning.name, row.sales_invoice, dunning.dunning_fee)
		.where((dunning.docstatus == 1) & (dunning.status == "Unresolved") & (dunning.dunning_fee > 0))
		.where(notice.name.isnull() & row.sales_invoice.isin(names))
		.orderby(dunning.name)
		.orderby(row.idx)
		.run()
	)
	first: dict[str, tuple[str, Decimal]] = {}
	for reminder, name, fee in rows:
		first.setdefault(reminder, (name, to_cents(money(fee))))
	return list(first.values())


# ------------------------------------------------------------------ currencies
def in_company_currency(company: str, rows: Iterable[tuple[Decimal, frappe._dict]]) -> Decimal:
	"""Return what principals of invoices come to in the company's currency: `(principal, invoice)` each."""
	own = company_currency(company)
	total = ZERO
	for principal, invoice in rows:
		is_own = currency_of(invoice) == own
		total += principal if is_own else principal * money(invoice.conversion_rate)
	return to_cents(total)
