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
from .dunning_charges import CHARGE, CLAIMED, COMPENSATION, FEE, INTEREST
from .invoices import currency_of

DUNNING = "Dunning"


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
	fees, compensation = charged(wanted)
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
	for name, settled in _settled_interest(wanted).items():
		found[name] = max(ZERO, found[name] - settled)
	return found


# ------------------------------------------------------------------ what reminders have charged
def charged(names: Iterable[str]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
	"""Return the fees and the compensation that reminders have claimed of invoices and that are neither waived nor paid: those
	of our notices, and the fees of ERPNext's reminders that no notice of ours has booked."""
	names = list(names) or [""]
	fees: dict[str, Decimal] = defaultdict(Decimal)
	for name, fee in (*_fees_of_notices(names), *_fees_of_erpnext(names)):
		fees[name] += fee
	charge = frappe.qb.DocType(CHARGE)
	compensation = (
		frappe.qb.from_(charge)
		.select(charge.sales_invoice, Sum(charge.open_amount))
		.where(charge.sales_invoice.isin(names) & (charge.kind == COMPENSATION) & (charge.state == CLAIMED))
		.groupby(charge.sales_invoice)
		.run()
	)
	return fees, {name: to_cents(money(amount)) for name, amount in compensation}


def _fees_of_notices(names: list[str]) -> list[tuple[str, Decimal]]:
	"""Return what is open of the fees of notices, each on the oldest of the invoices: a letter has one, however many it is about.

	A fee of which an invoice is in somebody's open case already is claimed there.
	"""
	charge, item = frappe.qb.DocType(CHARGE), frappe.qb.DocType("Dunning Notice Item")
	case_item = frappe.qb.DocType("Collection Case Item")
	elsewhere = (
		frappe.qb.from_(item)
		.join(case_item)
		.on(case_item.open_key == item.sales_invoice)
		.select(item.parent)
		.where(item.sales_invoice.notin(names) & (item.chased_amount > 0))
	)
	rows = (
		frappe.qb.from_(charge)
		.join(item)
		.on(item.parent == charge.notice)
		.select(charge.name, item.sales_invoice, charge.open_amount)
		.where((charge.kind == FEE) & (charge.state == CLAIMED) & (charge.open_amount > 0))
		.where(item.sales_invoice.isin(names) & (item.chased_amount > 0) & charge.notice.notin(elsewhere))
		.orderby(charge.name)
		.orderby(item.due_date)
		.orderby(item.sales_invoice)
		.run()
	)
	return _on_the_first(rows)


def _settled_interest(names: Iterable[str]) -> dict[str, Decimal]:
	"""Return what was waived or paid of the interest that reminders have claimed, by invoice."""
	charge = frappe.qb.DocType(CHARGE)
	rows = (
		frappe.qb.from_(charge)
		.select(charge.sales_invoice, Sum(charge.waived_amount + charge.paid_amount))
		.where(charge.sales_invoice.isin(list(names) or [""]) & (charge.kind == INTEREST))
		.groupby(charge.sales_invoice)
		.run()
	)
	return {name: to_cents(money(amount)) for name, amount in rows}


def _fees_of_erpnext(names: list[str]) -> list[tuple[str, Decimal]]:
	"""Return the fees of ERPNext's open reminders, each on the first of its invoices."""
	row, dunning = (frappe.qb.DocType(d) for d in ("Overdue Payment", DUNNING))
	rows = (
		frappe.qb.from_(row)
		.join(dunning)
		.on((dunning.name == row.parent) & (row.parenttype == DUNNING))
		.select(dunning.name, row.sales_invoice, dunning.dunning_fee)
		.where((dunning.docstatus == 1) & (dunning.status == "Unresolved") & (dunning.dunning_fee > 0))
		.where(dunning.b2b_dunning_notice.isnull() | (dunning.b2b_dunning_notice == ""))
		.where(row.sales_invoice.isin(names))
		.orderby(dunning.name)
		.orderby(row.idx)
		.run()
	)
	return _on_the_first(rows)


def _on_the_first(rows: Iterable[tuple[str, str, float]]) -> list[tuple[str, Decimal]]:
	"""Return each fee once, on the first of its invoices: rows are what has it, the invoice and the fee."""
	first: dict[str, tuple[str, Decimal]] = {}
	for charged, name, fee in rows:
		first.setdefault(charged, (name, to_cents(money(fee))))
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
