"""What the books say of payment plans: their invoices, who pays how fast, which plans are live."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Count, Sum
from frappe.utils import getdate
from pypika import Case, CustomFunction, Order

from b2b_contracts.credit import position_facts
from b2b_contracts.credit.account_facts import money

from .invoices import INVOICE, currency_of

PLAN = "Payment Plan"
DRAFT, APPROVED, ACTIVE = "Draft", "Approved", "Active"
COMPLETED, BROKEN, CANCELLED = "Completed", "Broken", "Cancelled"
LIVE = (APPROVED, ACTIVE)

DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])


# ------------------------------------------------------------------ invoices
def overdue_invoices(customer: str, company: str, on: date) -> list[str]:
	"""Return the overdue invoices of a customer, the oldest first, in the currency of the oldest: those that no live plan
	holds and that are not disputed in full.
	"""
	invoice, row = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Plan Invoice")
	plan = frappe.qb.DocType(PLAN)
	due = position_facts.counts_as_due(invoice)
	planned = (
		frappe.qb.from_(row)
		.join(plan)
		.on((plan.name == row.parent) & (row.parenttype == PLAN))
		.select(row.sales_invoice)
		.where((plan.customer == customer) & (plan.company == company) & plan.status.isin(LIVE))
	)
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.name, invoice.party_account_currency, invoice.currency)
		.where((invoice.customer == customer) & (invoice.company == company) & (invoice.docstatus == 1))
		.where(invoice.outstanding_amount > Coalesce(invoice.b2b_disputed_amount, 0))
		.where((due < on) & invoice.name.notin(planned))
		.orderby(due, invoice.name)
		.run(as_dict=True)
	)
	return [row.name for row in rows if currency_of(row) == currency_of(rows[0])]


def credited_for_disputes(names: Iterable[str], since: datetime) -> dict[str, Decimal]:
	"""Return what credit notes of disputes have taken off invoices since a moment, in the currency of their accounts."""
	entry, note = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE).as_("note")
	rows = (
		frappe.qb.from_(entry)
		.join(note)
		.on(note.name == entry.voucher_no)
		.select(entry.against_voucher_no, Sum(entry.amount_in_account_currency))
		.where((entry.against_voucher_type == INVOICE) & entry.against_voucher_no.isin(list(names) or [""]))
		.where((entry.voucher_type == INVOICE) & (entry.delinked == 0) & (entry.creation >= since))
		.where((note.docstatus == 1) & (note.is_return == 1) & (Coalesce(note.b2b_dispute, "") != ""))
		.groupby(entry.against_voucher_no)
		.run()
	)
	return {name: -money(amount) for name, amount in rows}


# ------------------------------------------------------------------ the customer
def average_days_to_pay(customer: str, company: str, since: date) -> Decimal | None:
	"""Return how many days after its date a customer has paid an invoice on average since a day, weighted by amount.

	Credit notes are no payments, and an advance is paid on the invoice's day. None when nothing was paid.
	"""
	entry, invoice = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE)
	days = DateDiff(entry.posting_date, invoice.posting_date)
	paid = -entry.amount
	rows = (
		frappe.qb.from_(entry)
		.join(invoice)
		.on(invoice.name == entry.against_voucher_no)
		.select(Sum(paid), Sum(paid * Case().when(days > 0, days).else_(0)))
		.where((entry.party == customer) & (entry.company == company) & (entry.delinked == 0))
		.where((entry.against_voucher_type == INVOICE) & (entry.party_type == "Customer"))
		.where(entry.voucher_type.isin(("Payment Entry", "Journal Entry")) & (entry.posting_date >= since))
		.run()
	)
	total, weighted = map(money, rows[0])
	return weighted / total if total > 0 else None


def rating_of(customer: str, company: str) -> str:
	"""Return the bureau rating of a customer, empty without one."""
	profile = {"customer": customer, "company": company}
	return frappe.db.get_value("Credit Profile", profile, "external_rating") or ""


# ------------------------------------------------------------------ plans
def has_live_plan(customer: str, company: str) -> bool:
	return bool(frappe.db.exists(PLAN, {"customer": customer, "company": company, "status": ["in", LIVE]}))


def live_plans(customer: str | None = None, company: str | None = None) -> list[str]:
	"""Return the plans that wait for money (of a customer in a company), the earliest first."""
	filters: dict = {"status": ["in", LIVE]}
	if customer:
		filters |= {"customer": customer, "company": company}
	return frappe.get_all(PLAN, filters=filters, pluck="name", order_by="creation, name")


def live_plans_over(names: Iterable[str], but: str | None) -> dict[str, str]:
	"""Return which invoices stand in another live plan, and in which."""
	row, plan = frappe.qb.DocType("Payment Plan Invoice"), frappe.qb.DocType(PLAN)
	rows = (
		frappe.qb.from_(row)
		.join(plan)
		.on((plan.name == row.parent) & (row.parenttype == PLAN))
		.select(row.sales_invoice, plan.name)
		.where(row.sales_invoice.isin(list(names) or [""]) & plan.status.isin(LIVE))
		.where(plan.name != (but or ""))
		.orderby(plan.name, order=Order.desc)
		.run()
	)
	return dict(rows)


def instalments_of(plans: Iterable[str]) -> dict[str, list[frappe._dict]]:
	"""Return the instalments of some plans, by plan, the earliest first: `{idx, due_date, amount, paid_amount, status}`."""
	row = frappe.qb.DocType("Payment Plan Instalment")
	found: dict[str, list[frappe._dict]] = {}
	rows = (
		frappe.qb.from_(row)
		.select(row.parent, row.idx, row.due_date, row.amount, row.paid_amount, row.status)
		.where(row.parent.isin(list(plans) or [""]) & (row.parenttype == PLAN))
		.orderby(row.parent)
		.orderby(row.idx)
		.run(as_dict=True)
	)
	for part in rows:
		found.setdefault(part.parent, []).append(part)
	return found


def waiting_for_first(company: str, customers: Iterable[str]) -> dict[str, Decimal]:
	"""Return what of each invoice stands in a plan that waits for its first instalment, in the currency of its account.

	Nothing is written on the invoice yet: it is overdue, and orders wait. But nobody is reminded of what was agreed, until that
	instalment is missed and the plan is broken (§3: items under a kept plan).
	"""
	plan = frappe.qb.DocType(PLAN)
	rows = (
		waiting_rows(company).select(plan.customer).where(plan.customer.isin(list(customers) or [""])).run()
	)
	return {invoice: money(amount) for invoice, amount, _customer in rows}


def waiting_rows(company: str):
	"""A query of invoice and `amount` of the plans of a company that wait for their first instalment."""
	row, plan = frappe.qb.DocType("Payment Plan Invoice"), frappe.qb.DocType(PLAN)
	return (
		frappe.qb.from_(row)
		.join(plan)
		.on((plan.name == row.parent) & (row.parenttype == PLAN))
		.select(row.sales_invoice.as_("invoice"), row.open_amount.as_("amount"))
		.where((plan.company == company) & (plan.status == APPROVED))
	)


def broken_plans_over(names: Iterable[str]) -> dict[str, str]:
	"""Return which invoices stood in a plan that was broken, and in which (the last one)."""
	row, plan = frappe.qb.DocType("Payment Plan Invoice"), frappe.qb.DocType(PLAN)
	rows = (
		frappe.qb.from_(row)
		.join(plan)
		.on((plan.name == row.parent) & (row.parenttype == PLAN))
		.select(row.sales_invoice, plan.name)
		.where(row.sales_invoice.isin(list(names) or [""]) & (plan.status == BROKEN))
		.orderby(plan.name)
		.run()
	)
	return dict(rows)


def unseen(names: Iterable[str]) -> set[str]:
	"""Return those of some approved plans that this transaction's snapshot does not show as approved."""
	names = set(names)
	seen = frappe.get_all(PLAN, filters={"name": ["in", [*names, ""]], "docstatus": [">", 0]}, pluck="name")
	return names - set(seen)


def ended(company: str, status: str, from_date: date, to_date: date) -> int:
	"""Return how many plans of a company were completed or broken from one day to another."""
	plan = frappe.qb.DocType(PLAN)
	ended_on = {COMPLETED: plan.completed_on, BROKEN: plan.broken_on}[status]
	rows = (
		frappe.qb.from_(plan)
		.select(Count("*"))
		.where((plan.company == company) & (plan.status == status))
		.where((ended_on >= getdate(from_date)) & (ended_on <= getdate(to_date)))
		.run()
	)
	return rows[0][0]
