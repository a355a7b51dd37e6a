"""Where disputes come from and how long they take: by cause, customer, item, salesperson, warehouse, price list or month, or one by
one (requirements §5). Four queries at most, whatever the number of disputes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import mean

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import disputes as engine
from b2b_contracts.engine.money import HUNDRED, ZERO, to_cents

CAUSE, CUSTOMER, ITEM, SALESPERSON = "Root cause", "Customer", "Item", "Salesperson"
WAREHOUSE, PRICE_LIST, MONTH, DISPUTE = "Warehouse", "Price list", "Month", "Dispute"
BY = (CAUSE, CUSTOMER, ITEM, SALESPERSON, WAREHOUSE, PRICE_LIST, MONTH, DISPUTE)
# What a key of a grouping opens.
DOCTYPES = {
	CUSTOMER: "Customer",
	ITEM: "Item",
	SALESPERSON: "Sales Person",
	WAREHOUSE: "Warehouse",
	PRICE_LIST: "Price List",
	DISPUTE: "Dispute",
}
WHOLE = Fraction(1)
UNKNOWN = ""


@dataclass(slots=True)
class Group:
	"""The disputes that share a key. Amounts in the company's currency at the rates of the disputed invoices; days from registration
	to resolution, or until today; hours from registration to the first entry of ours."""

	key: str
	label: str
	disputes: int = 0
	running: int = 0
	accepted: int = 0
	rejected: int = 0
	disputed: Fraction = Fraction(0)
	credited: Fraction = Fraction(0)
	days: list[int] = field(default_factory=list)
	hours: list[float] = field(default_factory=list)

	def add(self, dispute, share: Fraction = WHOLE) -> None:
		"""Add a dispute, or the `share` (0 to 1) of it that has this key."""
		self.disputes += 1
		self.running += dispute.status in engine.RUNNING
		self.accepted += dispute.status == engine.ACCEPTED
		self.rejected += dispute.status == engine.REJECTED
		self.disputed += Fraction(dispute.disputed) * share
		self.credited += Fraction(dispute.credited) * share
		self.days.append(dispute.days)
		if dispute.response_hours is not None:
			self.hours.append(dispute.response_hours)

	@property
	def accepted_percent(self) -> float | None:
		"""How many in a hundred of those that have ended were right; None while none has."""
		ended = self.accepted + self.rejected
		return 100 * self.accepted / ended if ended else None

	@property
	def average_days(self) -> float | None:
		return mean(self.days) if self.days else None

	@property
	def response_hours(self) -> float | None:
		return mean(self.hours) if self.hours else None


@dataclass(frozen=True, slots=True)
class Found:
	"""The disputes of a company, grouped, the most disputed first; and all of them as one group."""

	currency: str
	groups: tuple[Group, ...]
	total: Group


def analysed(company: str, since: date, until: date, by: str, customers: list[str] | None = None) -> Found:
	"""Return the disputes opened from one day to another (both included) that the session user may see.

	A dispute about several items, warehouses or salespeople counts in each, its amounts in proportion.
	"""
	found = _disputes(company, since, until, customers)
	groups: dict[str, Group] = {}
	total = Group("", _("Total"))
	keys = _keys(found, by)
	for dispute in found:
		total.add(dispute)
		for key, share in keys[dispute.name].items():
			group = groups.setdefault(key, Group(key, _label(dispute, by, key)))
			group.add(dispute, share)
	shown = sorted(groups.values(), key=lambda group: (-group.disputed, group.label))
	return Found(company_currency(company), tuple(shown), total)


def cents(amount: Fraction) -> Decimal:
	"""Return a shared amount to the cent."""
	return to_cents(Decimal(amount.numerator) / amount.denominator)


def _disputes(company: str, since: date, until: date, customers: list[str] | None) -> list[frappe._dict]:
	filters = {"company": company, "docstatus": 1, "opened_on": ["between", (since, until)]}
	if customers is not None:
		filters["customer"] = ["in", customers or [""]]
	found = frappe.get_list(
		"Dispute",
		filters=filters,
		fields=[
			*("name", "customer", "customer_name", "status", "root_cause", "price_list"),
			*("opened_on", "resolved_on", "first_response_on", "creation"),
		],
		order_by="opened_on, name",
		limit=0,
	)
	invoices = _invoices([row.name for row in found])
	for row in found:
		row.invoices = invoices[row.name]
		row.disputed = to_cents(sum((money(line.disputed_amount) * line.rate for line in row.invoices), ZERO))
		row.credited = to_cents(sum((money(line.credited_amount) * line.rate for line in row.invoices), ZERO))
		resolved = row.resolved_on and getdate(row.resolved_on)
		row.days = engine.days_in_dispute(getdate(row.opened_on), resolved, getdate())
		row.response_hours = _hours(row.creation, row.first_response_on)
	return found


def _hours(registered, answered) -> float | None:
	if not answered:
		return None
	return max(0.0, (get_datetime(answered) - get_datetime(registered)).total_seconds() / 3600)


def _invoices(names: list[str]) -> dict[str, list[frappe._dict]]:
	"""Return the disputed invoices by dispute, each with the rate at which its amounts stand in the company's books."""
	row, invoice = frappe.qb.DocType("Dispute Invoice"), frappe.qb.DocType("Sales Invoice")
	company = frappe.qb.DocType("Company")
	found = (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.sales_invoice)
		.join(company)
		.on(company.name == invoice.company)
		.where((row.parenttype == "Dispute") & row.parent.isin(names or [""]))
		.select(row.parent, row.sales_invoice, row.disputed_amount, row.credited_amount)
		.select(invoice.selling_price_list, invoice.conversion_rate, invoice.party_account_currency)
		.select(company.default_currency)
		.orderby(row.parent, row.idx)
		.run(as_dict=True)
	)
	by_dispute: dict[str, list[frappe._dict]] = defaultdict(list)
	for line in found:
		own = line.party_account_currency in (None, "", line.default_currency)
		line.rate = Decimal(1) if own else money(line.conversion_rate)
		by_dispute[line.parent].append(line)
	return by_dispute


def _label(dispute, by: str, key: str) -> str:
	if by == CUSTOMER:
		return dispute.customer_name or key
	if by == CAUSE:
		return _(key, context="Dispute")
	return key or _("Not known")


def _keys(found: list[frappe._dict], by: str) -> dict[str, dict[str, Fraction]]:
	"""Return by dispute what it counts under, and with which share of it."""
	if by in (CAUSE, CUSTOMER, MONTH, DISPUTE):
		return {row.name: {_own_key(row, by): WHOLE} for row in found}
	if by == PRICE_LIST:
		return {row.name: shares(_price_lists(row)) for row in found}
	invoices = sorted({line.sales_invoice for row in found for line in row.invoices})
	weights = _weights(invoices, by)
	return {
		row.name: shares(pair for line in row.invoices for pair in weights[line.sales_invoice])
		for row in found
	}


def _own_key(row, by: str) -> str:
	own = {CAUSE: row.root_cause, CUSTOMER: row.customer, DISPUTE: row.name}
	return own[by] if by in own else getdate(row.opened_on).strftime("%Y-%m")


def _price_lists(row) -> Iterable[tuple[str, Decimal]]:
	if row.price_list:
		return [(row.price_list, HUNDRED)]
	return [(line.selling_price_list, HUNDRED) for line in row.invoices]


def _weights(invoices: list[str], by: str) -> dict[str, list[tuple[str, Decimal]]]:
	"""Return by invoice (key, weight) of its lines or its sales team."""
	doctype, key, weight = {
		ITEM: ("Sales Invoice Item", "item_code", "base_net_amount"),
		WAREHOUSE: ("Sales Invoice Item", "warehouse", "base_net_amount"),
		SALESPERSON: ("Sales Team", "sales_person", "allocated_percentage"),
	}[by]
	table = frappe.qb.DocType(doctype)
	rows = (
		frappe.qb.from_(table)
		.where((table.parenttype == "Sales Invoice") & table.parent.isin(invoices or [""]))
		.select(table.parent, table[key], table[weight])
		.orderby(table.parent, table.idx)
		.run()
	)
	found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
	for invoice, name, amount in rows:
		found[invoice].append((name, money(amount)))
	return found


def shares(weighted: Iterable[tuple[str | None, Decimal]]) -> dict[str, Fraction]:
	"""Return the share of each key, together exactly 1. Keys that are empty are left out; without any, all is UNKNOWN."""
	sums: dict[str, Fraction] = {}
	for key, weight in weighted:
		if key:
			sums[key] = sums.get(key, Fraction(0)) + abs(Fraction(weight))
	total = sum(sums.values())
	if not sums:
		return {UNKNOWN: WHOLE}
	if not total:
		return {key: WHOLE / len(sums) for key in sums}
	return {key: amount / total for key, amount in sums.items()}
