"""What a customer has bought and how late it was, kept on its profile: a decision must not read history (requirements §2.6)."""

from decimal import Decimal

import frappe
from frappe.query_builder.functions import Max, Sum
from frappe.utils import add_days, getdate
from pypika import CustomFunction

from b2b_contracts.engine import demands
from b2b_contracts.engine.money import ZERO

from . import clearing, policies
from .account_facts import money
from .position_facts import counts_as_due

DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])

PROFILE = "Credit Profile"
DAYS = 365
BATCH = 500


def daily() -> None:
	"""Bring every profile of a company with a policy up to date, a transaction for some hundred. May be run again."""
	for company in frappe.get_all("Credit Policy", {"is_active": 1}, pluck="company", order_by="company"):
		names = frappe.get_all(PROFILE, {"company": company}, pluck="customer", order_by="name")
		for start in range(0, len(names), BATCH):
			clearing.in_own_transaction(refresh, company, names[start : start + BATCH])


def refresh(company: str, customers: list[str]) -> bool:
	"""Write what some customers of a company have been billed in a year and when they were last in default."""
	policy = policies.active(company)
	days = next((int(t.threshold) for t in policy.demands if t.what == demands.DEFAULT), 30) if policy else 30
	spend = annual_spend(company, customers)
	defaults = last_defaults(company, customers, days)
	profiles = frappe.get_all(
		PROFILE,
		filters={"company": company, "customer": ["in", customers]},
		fields=["name", "customer", "annual_spend", "last_default_on"],
	)
	for row in profiles:
		values = {
			"annual_spend": float(spend.get(row.customer, ZERO)),
			"last_default_on": defaults.get(row.customer),
		}
		former = row.last_default_on and getdate(row.last_default_on)
		if (money(row.annual_spend), former) != (spend.get(row.customer, ZERO), values["last_default_on"]):
			frappe.db.set_value(PROFILE, row.name, values, update_modified=False)
	return True


def annual_spend(company: str, customers: list[str]) -> dict[str, Decimal]:
	"""Return what customers were billed in the last 12 months less credit notes, gross in the company's currency."""
	invoice = frappe.qb.DocType("Sales Invoice")
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.customer, Sum(invoice.base_grand_total))
		.where((invoice.company == company) & invoice.customer.isin(customers) & (invoice.docstatus == 1))
		.where(invoice.posting_date > add_days(getdate(), -DAYS))
		.groupby(invoice.customer)
		.run()
	)
	return {customer: max(ZERO, money(amount)) for customer, amount in rows}


def last_defaults(company: str, customers: list[str], days: int) -> dict[str, object]:
	"""Return the last day within a year on which an item of each customer was more than so many days late: today where one
	still is, else the day on which it was paid. Disputed items and those of a plan in good standing are none."""
	found: dict[str, object] = {}
	for customer, day in [*_paid_late(company, customers, days), *_still_late(company, customers, days)]:
		found[customer] = max(found.get(customer) or getdate(day), getdate(day))
	return found


def _still_late(company: str, customers: list[str], days: int) -> list[tuple]:
	invoice = frappe.qb.DocType("Sales Invoice")
	aside = invoice.b2b_disputed_amount + invoice.b2b_planned_amount
	late = (
		frappe.qb.from_(invoice)
		.select(invoice.customer)
		.distinct()
		.where((invoice.company == company) & invoice.customer.isin(customers) & (invoice.docstatus == 1))
		.where((invoice.outstanding_amount > aside) & (invoice.outstanding_amount > 0))
		.where(counts_as_due(invoice) < add_days(getdate(), -days))
		.run(pluck=True)
	)
	return [(customer, getdate()) for customer in late]


def _paid_late(company: str, customers: list[str], days: int) -> list[tuple]:
	entry, invoice = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType("Sales Invoice")
	return (
		frappe.qb.from_(entry)
		.join(invoice)
		.on(invoice.name == entry.against_voucher_no)
		.select(entry.party, Max(entry.posting_date))
		.where((entry.party_type == "Customer") & entry.party.isin(customers) & (entry.company == company))
		.where((entry.against_voucher_type == "Sales Invoice") & (entry.delinked == 0) & (entry.amount < 0))
		.where(entry.voucher_type.isin(("Payment Entry", "Journal Entry")))
		.where(entry.posting_date > add_days(getdate(), -DAYS))
		.where(DateDiff(entry.posting_date, counts_as_due(invoice)) > days)
		.groupby(entry.party)
		.run()
	)
