"""What security covers, and what is open with its due dates, for many customers at once: a fixed number of queries, bounded
by what is open."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Sum
from frappe.utils import getdate
from pypika import CustomFunction

from b2b_contracts.engine.cash_forecast import MOST_WEEKS, Habit
from b2b_contracts.engine.coverage import ONE_DAY

from . import position_facts
from .account_facts import Member, money, names_of
from .security_facts import GROUP_SCOPE, INSTRUMENT

DateDiff = CustomFunction("DATEDIFF", ["later", "earlier"])
Least = CustomFunction("LEAST", ["one", "other"])
Ceil = CustomFunction("CEIL", ["number"])


@dataclass(frozen=True, slots=True)
class Due:
	"""An open document: what is open of it, in its company's currency, when that is due, and for an order the day from which
	it will be owed."""

	name: str
	amount: Decimal
	due: date
	owed_from: date | None = None


# ------------------------------------------------------------------ who is covered
def securities_in_force(company: str) -> list[frappe._dict]:
	"""Return the securities in force of a company that the user may see."""
	return frappe.get_list(
		INSTRUMENT,
		filters={"company": company, "docstatus": 1, "status": "In Force"},
		fields=[
			*("name", "scope", "customer", "credit_group", "instrument_type", "instrument_number", "issuer"),
			*("amount", "currency", "expiry_date"),
		],
		order_by="expiry_date, name",
		limit=0,
	)


def groups_with_security(company: str) -> set[str]:
	"""Return the credit groups that a security in force covers together in a company, whoever asks."""
	filters = {"company": company, "docstatus": 1, "status": "In Force", "scope": GROUP_SCOPE}
	return set(frappe.get_all(INSTRUMENT, filters=filters, pluck="credit_group"))


def members_seen(company: str, groups: Iterable[str]) -> set[Member]:
	"""Return the members of credit groups in a company that the user may see."""
	groups = list(groups)
	if not groups:
		return set()
	filters = {"company": company, "credit_group": ["in", groups]}
	found = frappe.get_list("Credit Profile", filters=filters, pluck="customer", limit=0)
	return {(name, company) for name in found}


def members_of_groups(groups: Iterable[str]) -> dict[str, list[Member]]:
	"""Return all members of credit groups, in all their companies."""
	rows = frappe.get_all(
		"Credit Profile",
		filters={"credit_group": ["in", list(groups) or [""]]},
		fields=["credit_group", "customer", "company"],
		order_by="customer, company",
	)
	found: dict[str, list[Member]] = defaultdict(list)
	for row in rows:
		found[row.credit_group].append((row.customer, row.company))
	return found


def names_of_customers(customers: Iterable[str]) -> dict[str, str]:
	rows = frappe.get_all(
		"Customer", filters={"name": ["in", list(customers) or [""]]}, fields=["name", "customer_name"]
	)
	return {row.name: row.customer_name for row in rows}


# ------------------------------------------------------------------ what is open
def open_invoices(members: Iterable[Member]) -> dict[Member, list[Due]]:
	"""Return the open invoices of customers."""
	invoice = frappe.qb.DocType("Sales Invoice")
	rows = _of(frappe.qb.from_(invoice), invoice, members).where(invoice.outstanding_amount > 0)
	found: dict[Member, list[Due]] = defaultdict(list)
	for company, names in _by_company(rows.select(invoice.name, invoice.customer, invoice.company)).items():
		for name, (amount, due) in position_facts.owed_of_invoices(names, company).items():
			found[names[name], company].append(Due(name, amount, getdate(due)))
	return found


def open_orders(members: Iterable[Member], horizon: date | None, today: date) -> dict[Member, list[Due]]:
	"""Return what granted orders still promise customers, taken to be delivered on the last promised day.

	Due as long after it as the order's payment schedule is after the order.
	"""
	order = frappe.qb.DocType("Sales Order")
	query = (
		_of(frappe.qb.from_(order), order, members)
		.where(order.status.notin(position_facts.FINISHED_ORDERS) & (order.is_internal_customer == 0))
		.where(Coalesce(order.b2b_credit_status, "Not Checked").isin(position_facts.GRANTED))
		.select(order.name, order.customer, order.company, order.transaction_date, order.delivery_date)
	)
	rows = query.run()
	if not rows:
		return {}
	names = [row[0] for row in rows]
	promised = position_facts.promised_of_orders(names, horizon)
	dues = position_facts.latest_due_of_orders(names)
	found: dict[Member, list[Due]] = defaultdict(list)
	for name, customer, company, ordered, delivery in rows:
		if not promised.get(name):
			continue
		owed_from = max(getdate(delivery or today), today + ONE_DAY)
		terms = max(timedelta(), getdate(dues.get(name) or ordered) - getdate(ordered))
		found[customer, company].append(Due(name, promised[name], owed_from + terms, owed_from))
	return found


def _of(query, doc, members: Iterable[Member]):
	customers, companies = names_of(members)
	return query.where(
		doc.customer.isin(customers or ("",)) & doc.company.isin(companies or ("",)) & (doc.docstatus == 1)
	)


def _by_company(query) -> dict[str, dict[str, str]]:
	found: dict[str, dict[str, str]] = defaultdict(dict)
	for name, customer, company in query.run():
		found[company][name] = customer
	return found


# ------------------------------------------------------------------ how late they pay
def days_late(members: Iterable[Member], since: date) -> Mapping[Member, int]:
	"""Return how many days after the due date customers have paid on average since a day, weighted by amount, in full days.

	What was paid early counts as on time. Who has paid nothing is not in it.
	"""
	customers, companies = names_of(members)
	query, entry, days = _paid_since(companies or ("",), since)
	rows = (
		query.select(entry.party, entry.company, Sum(_paid(entry)), Sum(_paid(entry) * _late(days)))
		.where(entry.party.isin(customers or ("",)))
		.groupby(entry.party, entry.company)
		.run()
	)
	return {
		(customer, company): int((money(late) / money(total)).to_integral_value(ROUND_CEILING))
		for customer, company, total, late in rows
		if money(total) > 0
	}


def habits(company: str, since: date, customers: list[str] | None = None) -> dict[str, Habit]:
	"""Return how late each of some customers (None: of all) has paid since a day, week by week after the due date."""
	query, entry, days = _paid_since((company,), since)
	week = Least(MOST_WEEKS, Ceil(_late(days) / 7))
	query = query.select(entry.party, week.as_("week"), Sum(_paid(entry)), Count("*"))
	if customers is not None:
		query = query.where(entry.party.isin(customers or [""]))
	paid: dict[str, dict[int, Decimal]] = defaultdict(dict)
	payments: dict[str, int] = defaultdict(int)
	for customer, weeks, amount, count in query.groupby(entry.party, week).run():
		# What was paid back is no habit.
		if money(amount) > 0:
			paid[customer][int(weeks)] = money(amount)
			payments[customer] += count
	return {customer: Habit(weeks, payments[customer]) for customer, weeks in paid.items()}


def _paid_since(companies: Collection[str], since: date):
	"""A query of the money that came for invoices of companies since a day, its table, and how many days after the due date it
	came (negative: before)."""
	entry, invoice = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType("Sales Invoice")
	query = (
		frappe.qb.from_(entry)
		.join(invoice)
		.on(invoice.name == entry.against_voucher_no)
		.where(entry.company.isin(companies) & (entry.delinked == 0) & (entry.party_type == "Customer"))
		.where((entry.against_voucher_type == "Sales Invoice") & (entry.posting_date >= since))
		.where(entry.voucher_type.isin(("Payment Entry", "Journal Entry")))
	)
	return query, entry, DateDiff(entry.posting_date, invoice.due_date)


def _paid(entry):
	return -entry.amount


def _late(days):
	return Case().when(days > 0, days).else_(0)
