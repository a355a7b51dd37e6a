"""What a page of the worklist must know of its customers beside what they owe: promises, plans, disputes, slips, tasks,
contacts and addresses. A query for each, however many customers there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Max, Min
from frappe.utils import getdate
from pypika import Order

from b2b_contracts.credit import contacts
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import collection_tasks, disputes, worklist
from b2b_contracts.engine import promises as promise_rules
from b2b_contracts.engine.money import ONE

from . import plan_facts
from .invoices import INVOICE
from .worklist_ranking import BROKEN_WITHIN_DAYS, OPEN_DISPUTES


@dataclass(slots=True)
class Unkept:
	"""A promise that was not kept, or in part only."""

	name: str
	invoice: str
	until: date
	amount: Decimal
	currency: str


@dataclass(frozen=True, slots=True)
class Contact:
	"""The last time that somebody tried to reach a customer."""

	on: datetime
	outcome: str
	by: str


@dataclass(slots=True)
class Known:
	"""What is known of a customer."""

	customer_name: str = ""
	collector: str = ""
	segment: str = ""
	risk_class: str = ""
	credit_status: str = ""
	unkept: list[Unkept] = field(default_factory=list)
	promised_until: date | None = None
	missed_on: date | None = None
	instalment_on: date | None = None
	unanswered_since: date | None = None
	dispute_days: int = 0
	dispute: str = ""
	awaited_until: date | None = None
	tasks: list[worklist.Task] = field(default_factory=list)
	last_contact: Contact | None = None
	can_be_written_to: bool = False
	language: str = ""


def of(company: str, customers: Collection[str], on: date) -> dict[str, Known]:
	"""Return what is known of some customers, by name."""
	names = list(customers)
	if not names:
		return {}
	found = _customers(company, names)
	_promises(found, company, on)
	_plans(found, company, on)
	_disputes(found, company, on)
	_slips(found, company, on)
	_tasks(found, company)
	_contacts(found, company)
	_addresses(found, company)
	return found


def rates(company: str, invoices: Iterable[str]) -> dict[str, Decimal]:
	"""Return the rates of some invoices whose account is not in the company's currency."""
	invoice = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.name, invoice.conversion_rate)
		.where(invoice.name.isin(list(invoices) or [""]))
		.where(invoice.party_account_currency != company_currency(company))
		.run()
	)
	return {name: money(rate) or ONE for name, rate in rows}


def _customers(company: str, names: list[str]) -> dict[str, Known]:
	customer, profile = frappe.qb.DocType("Customer"), frappe.qb.DocType("Credit Profile")
	rows = (
		frappe.qb.from_(customer)
		.left_join(profile)
		.on((profile.customer == customer.name) & (profile.company == company))
		.select(customer.name, customer.customer_name, customer.b2b_collector, customer.language)
		.select(profile.segment, profile.risk_class, profile.status)
		.where(customer.name.isin(names))
		.run(as_dict=True)
	)
	return {
		row.name: Known(
			customer_name=row.customer_name or row.name,
			collector=row.b2b_collector or "",
			segment=row.segment or "",
			risk_class=row.risk_class or "",
			credit_status=row.status or "",
			language=row.language or "",
		)
		for row in rows
	}


def _promises(found: Mapping[str, Known], company: str, on: date) -> None:
	promise = frappe.qb.DocType("Promise to Pay")
	unkept = (promise_rules.BROKEN, promise_rules.PARTLY)
	rows = (
		frappe.qb.from_(promise)
		.select(promise.name, promise.customer, promise.sales_invoice, promise.promised_date)
		.select(promise.amount, promise.paid_amount, promise.currency, promise.status)
		.where(promise.customer.isin(list(found)) & (promise.company == company))
		.where(
			((promise.status == promise_rules.OPEN) & (promise.promised_date >= on))
			| (
				promise.status.isin(unkept)
				& (promise.promised_date >= on - timedelta(days=BROKEN_WITHIN_DAYS))
			)
		)
		.orderby(promise.promised_date)
		.orderby(promise.name)
		.run(as_dict=True)
	)
	for row in rows:
		known, until = found[row.customer], getdate(row.promised_date)
		if row.status == promise_rules.OPEN:
			known.promised_until = known.promised_until or until
		else:
			missing = money(row.amount) - money(row.paid_amount)
			known.unkept.append(Unkept(row.name, row.sales_invoice or "", until, missing, row.currency))


def _plans(found: Mapping[str, Known], company: str, on: date) -> None:
	plan, row = frappe.qb.DocType(plan_facts.PLAN), frappe.qb.DocType("Payment Plan Instalment")
	rows = (
		frappe.qb.from_(plan)
		.join(row)
		.on((row.parent == plan.name) & (row.parenttype == plan_facts.PLAN))
		.select(
			plan.customer, plan.status, row.status, Min(row.due_date), Max(row.due_date), Max(plan.broken_on)
		)
		.where(plan.customer.isin(list(found)) & (plan.company == company))
		.where(
			plan.status.isin(plan_facts.LIVE)
			| (
				(plan.status == plan_facts.BROKEN)
				& (plan.broken_on >= on - timedelta(days=BROKEN_WITHIN_DAYS))
			)
		)
		.where(row.status != "Paid")
		.groupby(plan.customer, plan.status, row.status)
		.run()
	)
	for customer, status, instalment, first, last, broken_on in rows:
		known = found[customer]
		if status == plan_facts.BROKEN:
			known.missed_on = _latest(known.missed_on, broken_on)
		elif instalment == "Missed":
			known.missed_on = _latest(known.missed_on, last)
		else:
			known.instalment_on = min(filter(None, (known.instalment_on, getdate(first))))


def _latest(one: date | None, other: date | str | None) -> date | None:
	return max(filter(None, (one, other and getdate(other))), default=None)


def _disputes(found: Mapping[str, Known], company: str, on: date) -> None:
	dispute = frappe.qb.DocType("Dispute")
	rows = (
		frappe.qb.from_(dispute)
		.select(dispute.name, dispute.customer, dispute.opened_on, dispute.status, dispute.first_response_on)
		.where(dispute.customer.isin(list(found)) & (dispute.company == company))
		.where(dispute.status.isin(OPEN_DISPUTES))
		.orderby(dispute.opened_on)
		.orderby(dispute.name)
		.run(as_dict=True)
	)
	for row in rows:
		known, opened = found[row.customer], getdate(row.opened_on)
		known.dispute_days = known.dispute_days or max(0, (on - opened).days)
		known.dispute = known.dispute or row.name
		is_unanswered = row.status == disputes.DRAFT or not row.first_response_on
		if is_unanswered and not known.unanswered_since:
			known.unanswered_since, known.dispute = opened, row.name


def _slips(found: Mapping[str, Known], company: str, on: date) -> None:
	slip = frappe.qb.DocType("Payment Slip")
	rows = (
		frappe.qb.from_(slip)
		.select(slip.customer, Max(slip.value_date))
		.where(slip.customer.isin(list(found)) & (slip.company == company))
		.where((slip.status == "Accepted") & (slip.value_date >= on))
		.groupby(slip.customer)
		.run()
	)
	for customer, until in rows:
		found[customer].awaited_until = getdate(until)


def _tasks(found: Mapping[str, Known], company: str) -> None:
	task = frappe.qb.DocType("Collection Task")
	rows = (
		frappe.qb.from_(task)
		.select(task.name, task.customer, task.kind, task.due_date)
		.where(task.customer.isin(list(found)) & (task.company == company))
		.where(task.status == collection_tasks.OPEN)
		.orderby(task.due_date)
		.orderby(task.name)
		.run(as_dict=True)
	)
	for row in rows:
		found[row.customer].tasks.append(worklist.Task(row.name, row.kind, getdate(row.due_date)))


def _contacts(found: Mapping[str, Known], company: str) -> None:
	task, row = frappe.qb.DocType("Collection Task"), frappe.qb.DocType("Collection Contact")
	last = (
		frappe.qb.from_(row)
		.join(task)
		.on(task.name == row.parent)
		.select(task.customer, Max(row.contacted_on).as_("moment"))
		.where(task.customer.isin(list(found)) & (task.company == company))
		.groupby(task.customer)
	).as_("last_contacts")
	rows = (
		frappe.qb.from_(row)
		.join(task)
		.on(task.name == row.parent)
		.join(last)
		.on((last.customer == task.customer) & (last.moment == row.contacted_on))
		.select(task.customer, row.contacted_on, row.outcome, row.contacted_by)
		.where(task.company == company)
		.orderby(row.idx, order=Order.asc)
		.run()
	)
	for customer, moment, outcome, user in rows:
		found[customer].last_contact = Contact(moment, outcome or "", user or "")


def _addresses(found: Mapping[str, Known], company: str) -> None:
	"""Whether a written step could reach them: by mail, or as a letter."""
	by_mail = contacts.addresses_for_many(list(found), contacts.ACCOUNTS_PAYABLE, company)
	link = frappe.qb.DocType("Dynamic Link")
	by_post = set(
		frappe.qb.from_(link)
		.select(link.link_name)
		.distinct()
		.where((link.parenttype == "Address") & (link.link_doctype == "Customer"))
		.where(link.link_name.isin(list(found)))
		.run(pluck=True)
	)
	for customer, known in found.items():
		known.can_be_written_to = bool(by_mail.get(customer)) or customer in by_post


def by_customer(facts: Iterable) -> dict[str, list]:
	"""Return facts of accounts by their customer: who owes in two currencies has two."""
	found: dict[str, list] = defaultdict(list)
	for account in facts:
		found[account.customer].append(account)
	return found
