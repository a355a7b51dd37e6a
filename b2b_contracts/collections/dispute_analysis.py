"""Where disputes come from and how long they take: by cause, customer, item, salesperson, warehouse, price list or month
(requirements §5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from statistics import mean

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from b2b_contracts.credit.account_facts import company_currency, rate_to
from b2b_contracts.engine import disputes as engine

BY = ("Root cause", "Customer", "Item", "Salesperson", "Warehouse", "Price list", "Month")
# How a dispute's invoices say it: the field of an invoice line, or of the invoice.
_OF_LINES = {"Item": "item_code", "Warehouse": "warehouse"}


@dataclass
class Group:
	"""The disputes that share a key. Amounts in the company's currency; days from registration to resolution, or until
	today; hours from registration to the first entry of ours."""

	key: str
	disputes: int = 0
	running: int = 0
	accepted: int = 0
	rejected: int = 0
	disputed: float = 0
	credited: float = 0
	days: list[int] = field(default_factory=list)
	response_hours: list[float] = field(default_factory=list)

	def add(self, dispute, share: float) -> None:
		"""Add a dispute, or the `share` (0 to 1) of it that has this key."""
		self.disputes += 1
		self.running += dispute.status in engine.RUNNING
		self.accepted += dispute.status == engine.ACCEPTED
		self.rejected += dispute.status == engine.REJECTED
		self.disputed += dispute.base_disputed * share
		self.credited += dispute.base_credited * share
		self.days.append(dispute.days)
		if dispute.response_hours is not None:
			self.response_hours.append(dispute.response_hours)

	@property
	def row(self) -> dict:
		ended = self.accepted + self.rejected
		return {
			"key": self.key,
			"disputes": self.disputes,
			"running": self.running,
			"disputed": self.disputed,
			"credited": self.credited,
			"accepted_percent": 100 * self.accepted / ended if ended else None,
			"average_days": mean(self.days),
			"longest_days": max(self.days),
			"response_hours": mean(self.response_hours) if self.response_hours else None,
		}


def analysed(company: str, from_date: date, to_date: date, by: str) -> list[dict]:
	"""Return the disputes opened from one day to another, grouped, the most disputed first.

	A dispute about several items, warehouses or salespeople counts in each, its amounts in proportion. The user's
	permissions apply.
	"""
	if by not in BY:
		frappe.throw(_("Disputes are grouped by one of {0}, not {1}.").format(", ".join(BY), by))
	groups: dict[str, Group] = {}
	for dispute in _disputes(company, getdate(from_date), getdate(to_date)):
		for key, share in _keys(dispute, by).items():
			groups.setdefault(key, Group(key)).add(dispute, share)
	return sorted((group.row for group in groups.values()), key=lambda row: (-row["disputed"], row["key"]))


def _disputes(company: str, from_date: date, to_date: date) -> list[frappe._dict]:
	found = frappe.get_list(
		"Dispute",
		filters={"company": company, "docstatus": 1, "opened_on": ["between", (from_date, to_date)]},
		fields=[
			*("name", "customer", "customer_name", "status", "root_cause", "price_list", "currency"),
			*("disputed_amount", "opened_on", "resolved_on", "first_response_on", "creation"),
		],
		order_by="opened_on, name",
		limit=0,
	)
	credited = _credited([row.name for row in found])
	for row in found:
		rate = float(rate_to(row.currency, company_currency(company), row.opened_on, f"Dispute {row.name}"))
		row.base_disputed = row.disputed_amount * rate
		row.base_credited = credited.get(row.name, 0) * rate
		resolved = row.resolved_on and getdate(row.resolved_on)
		row.days = engine.days_in_dispute(getdate(row.opened_on), resolved, getdate())
		row.response_hours = _hours(row.creation, row.first_response_on)
	return found


def _hours(registered, answered) -> float | None:
	if not answered:
		return None
	return max(0.0, (get_datetime(answered) - get_datetime(registered)).total_seconds() / 3600)


def _credited(names: list[str]) -> dict[str, float]:
	rows = frappe.get_all(
		"Dispute Invoice",
		filters={"parent": ["in", names or [""]], "parenttype": "Dispute"},
		fields=["parent", "credited_amount"],
	)
	found: dict[str, float] = {}
	for row in rows:
		found[row.parent] = found.get(row.parent, 0) + (row.credited_amount or 0)
	return found


def _keys(dispute, by: str) -> dict[str, float]:
	"""Return what a dispute counts under, and with which share of it."""
	if by == "Root cause":
		return {_(dispute.root_cause, context="Dispute"): 1}
	if by == "Customer":
		return {dispute.customer_name or dispute.customer: 1}
	if by == "Month":
		return {getdate(dispute.opened_on).strftime("%Y-%m"): 1}
	return _shares(_of_invoices(dispute, by)) or {_("Not known"): 1}


def _of_invoices(dispute, by: str) -> Iterable[tuple[str, float]]:
	"""Return (key, weight) of what stands on a dispute's invoices."""
	invoices = frappe.get_all(
		"Dispute Invoice", filters={"parent": dispute.name, "parenttype": "Dispute"}, pluck="sales_invoice"
	)
	if by in _OF_LINES:
		fieldname = _OF_LINES[by]
		lines = frappe.get_all(
			"Sales Invoice Item",
			filters={"parent": ["in", invoices], "parenttype": "Sales Invoice"},
			fields=[f"{fieldname} as found", "base_net_amount as weight"],
		)
		return [(line.found, line.weight) for line in lines]
	if by == "Salesperson":
		team = frappe.get_all(
			"Sales Team",
			filters={"parent": ["in", invoices], "parenttype": "Sales Invoice"},
			fields=["sales_person", "allocated_percentage"],
		)
		return [(row.sales_person, row.allocated_percentage) for row in team]
	if dispute.price_list:
		return [(dispute.price_list, 1)]
	lists = frappe.get_all("Sales Invoice", filters={"name": ["in", invoices]}, pluck="selling_price_list")
	return [(name, 1) for name in lists]


def _shares(weighted: Iterable[tuple[str, float]]) -> dict[str, float]:
	"""Return the share of each key, together 1; keys that are empty are left out."""
	sums: dict[str, float] = {}
	for key, weight in weighted:
		if key:
			sums[key] = sums.get(key, 0) + abs(weight or 0)
	total = sum(sums.values())
	if not total:
		return {key: 1 / len(sums) for key in sums}
	return {key: amount / total for key, amount in sums.items()}
