"""Who is stopped, why, since when, what would lift it, and what waits behind it (requirements §2.4)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import frappe
from frappe.query_builder.functions import Count, Min, Sum
from frappe.utils import getdate

from b2b_contracts.engine import delivery, facts
from b2b_contracts.engine.rules import FORCED_HOLD

from . import account_facts, cases, many_cases, position_facts, stops, wording
from .account_facts import Member, company_currency, names_of

AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
	"""What a customer has ordered and not got yet: orders, their undelivered part in company currency, gross, and the
	earliest promise."""

	orders: int = 0
	amount: float = 0
	promised: date | None = None


def listed(companies: Iterable[str], action: str = "", customers: list[str] | None = None) -> list[dict]:
	"""Return the stopped customers of some companies that the user may see (of them some `customers`), by as many queries for one
	as for many; those with the most waiting behind them first."""
	filters: dict = {
		"reference_doctype": "Credit Profile",
		"status": "Open",
		"action": action or ["in", stops.KEEP_GOODS],
		"company": ["in", [*companies, ""]],
	}
	if customers is not None:
		filters["customer"] = ["in", [*customers, ""]]
	holds = frappe.get_list(
		"Credit Hold",
		filters=filters,
		fields=["name", "customer", "customer_name", "company", "currency", "action", "creation"],
		order_by="creation",
		limit=AT_MOST,
	)
	members = {(row.customer, row.company) for row in holds}
	waiting = _waiting_of(members)
	managers = _account_managers([row.customer for row in holds])
	reasons = _reasons_of([row.name for row in holds])
	cases_of = _cases_of(members)
	rows = [
		_row(
			hold,
			reasons.get(hold.name, []),
			waiting.get((hold.customer, hold.company), Waiting()),
			managers,
			cases_of.get((hold.customer, hold.company)),
		)
		for hold in holds
	]
	return sorted(rows, key=lambda row: (-row["waiting_amount"], row["since"]))


def _row(hold, reasons: list, waiting: Waiting, managers: dict[str, str], case: facts.Case | None) -> dict:
	since = getdate(hold.creation)
	lifts = what_lifts(hold, {row.rule for row in reasons}, case) if case else []
	return {
		"customer": hold.customer,
		"customer_name": hold.customer_name,
		"company": hold.company,
		"currency": hold.currency,
		"action": hold.action,
		"reasons": " ".join(row.message for row in reasons),
		"since": since,
		"days": (getdate() - since).days,
		"lifted_by": " ".join(lifts),
		"waiting_orders": waiting.orders,
		"waiting_amount": waiting.amount,
		"promised": waiting.promised,
		"account_manager": managers.get(hold.customer),
		"credit_hold": hold.name,
	}


def _reasons_of(holds: list[str]) -> dict[str, list[frappe._dict]]:
	rows = frappe.get_all(
		"Credit Hold Reason",
		filters={"parent": ["in", holds or [""]], "parenttype": "Credit Hold"},
		fields=["parent", "rule", "message"],
		order_by="parent, idx",
	)
	found: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in rows:
		found[row.parent].append(row)
	return found


def _cases_of(members: Iterable[Member]) -> dict[Member, facts.Case]:
	"""Return the cases of stopped customers by their books now, of companies whose policy is in force."""
	of_company: dict[str, list[str]] = defaultdict(list)
	for customer, company in sorted(members):
		of_company[company].append(customer)
	found: dict[Member, facts.Case] = {}
	for company, customers in of_company.items():
		loaded = many_cases.of_company(company, customers, getdate())
		if loaded.policy and loaded.policy.is_enforced:
			found |= _with_arrears(loaded)
	return found


def _with_arrears(loaded: many_cases.Company) -> dict[Member, facts.Case]:
	"""Add what stops deliveries beside the balance, as `cases.load` has it of one customer."""
	profiles = [one.profile.name for one in loaded.customers.values() if one.profile]
	waiting = account_facts.disputes_waiting_for(loaded.customers, loaded.terms.dispute_standstill_days)
	planned = account_facts.with_active_plan(loaded.customers)
	lifted = account_facts.lifted_delivery_rules_of(profiles)
	found = {}
	for member, one in loaded.customers.items():
		arrears = cases.arrears_of(
			one.books,
			one.held.uninsured(member),
			waiting.get(member, ("", 0)),
			member in planned,
			lifted.get(one.profile.name, frozenset()) if one.profile else frozenset(),
		)
		found[member] = replace(one.case, arrears=arrears)
	return found


def what_lifts(hold, by: set[str], case: facts.Case) -> list[str]:
	"""Return the sentences that say what would lift the stop of a customer (`by` some rules), by its `case` as the books are now,
	without an order in hand."""
	if case.policy.mode != facts.ENFORCE:
		return []
	findings = () if FORCED_HOLD in by else stops.looked_at(case)[hold.action]
	currency = company_currency(hold.company)
	return [wording.lift(lift, currency) for lift in delivery.what_lifts(case, findings)]


def _waiting_of(members: set[Member]) -> dict[Member, Waiting]:
	if not members:
		return {}
	customers, companies = names_of(members)
	order = frappe.qb.DocType("Sales Order")
	amount = order.base_grand_total * (100 - order.per_delivered) / 100
	rows = (
		frappe.qb.from_(order)
		.select(order.customer, order.company, Count(order.name), Sum(amount), Min(order.delivery_date))
		.where(order.customer.isin(customers) & order.company.isin(companies))
		.where((order.docstatus == 1) & (order.per_delivered < 100))
		.where(order.status.notin(position_facts.FINISHED_ORDERS))
		.groupby(order.customer, order.company)
		.run()
	)
	return {(customer, company): Waiting(*values) for customer, company, *values in rows}


def _account_managers(customers: list[str]) -> dict[str, str]:
	rows = frappe.get_all(
		"Customer", filters={"name": ["in", customers or [""]]}, fields=["name", "account_manager"]
	)
	return {row.name: row.account_manager for row in rows}
