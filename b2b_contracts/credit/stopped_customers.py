"""Who is stopped, why, since when, what would lift it, and what waits behind it (requirements §2.4)."""

from dataclasses import dataclass
from datetime import date

import frappe
from frappe.query_builder.functions import Count, Min, Sum
from frappe.utils import getdate

from b2b_contracts.engine import delivery, facts
from b2b_contracts.engine.rules import FORCED_HOLD

from . import cases, policies, position_facts, stops, wording
from .account_facts import Member, company_currency, names_of

AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
	"""What a customer has ordered and not got yet: orders, their undelivered part in company currency, gross, and the
	earliest promise."""

	orders: int = 0
	amount: float = 0
	promised: date | None = None


def listed(company: str | None = None, action: str | None = None, customer: str | None = None) -> list[dict]:
	"""Return the stopped customers that the user may see, those with the most waiting behind them first."""
	filters: dict = {
		"reference_doctype": "Credit Profile",
		"status": "Open",
		"action": ["in", stops.KEEP_GOODS],
	}
	given = {"company": company, "action": action, "customer": customer}
	filters |= {field: value for field, value in given.items() if value}
	holds = frappe.get_list(
		"Credit Hold",
		filters=filters,
		fields=["name", "customer", "customer_name", "company", "currency", "action", "creation"],
		order_by="creation",
		limit=AT_MOST,
	)
	waiting = _waiting_of({(row.customer, row.company) for row in holds})
	managers = _account_managers([row.customer for row in holds])
	rows = [_row(hold, waiting.get((hold.customer, hold.company), Waiting()), managers) for hold in holds]
	return sorted(rows, key=lambda row: (-row["waiting_amount"], row["since"]))


def _row(hold, waiting: Waiting, managers: dict[str, str]) -> dict:
	reasons = frappe.get_all(
		"Credit Hold Reason", filters={"parent": hold.name}, fields=["rule", "message"], order_by="idx"
	)
	since = getdate(hold.creation)
	return {
		"customer": hold.customer,
		"customer_name": hold.customer_name,
		"company": hold.company,
		"currency": hold.currency,
		"action": hold.action,
		"reasons": " ".join(row.message for row in reasons),
		"since": since,
		"days": (getdate() - since).days,
		"lifted_by": " ".join(what_lifts(hold, {row.rule for row in reasons})),
		"waiting_orders": waiting.orders,
		"waiting_amount": waiting.amount,
		"promised": waiting.promised,
		"account_manager": managers.get(hold.customer),
		"credit_hold": hold.name,
	}


def what_lifts(hold, by: set[str], case: facts.Case | None = None) -> list[str]:
	"""Return the sentences that say what would lift the stop of a customer (`by` some rules), by its books now, or by a
	`case` that was loaded already."""
	policy = policies.active(hold.company)
	if policy is None or not policy.is_enforced:
		return []
	if case is None:
		standing = cases.standing_of(policy, hold.customer, hold.company)
		case = cases.load(standing, cases.subject_of_customer(hold.customer, hold.company), None).case
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
