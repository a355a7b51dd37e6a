"""Delivery Stops: who is stopped, why, since when, what would lift it, and what waits behind it."""

import frappe
from frappe import _

from b2b_contracts.credit import stopped_customers
from b2b_contracts.credit.account_facts import total_of


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, None, list[dict]]:
	"""Return columns, rows, no message, no chart and the summary. A seller sees the own portfolio."""
	filters = frappe._dict(filters or {})
	rows = stopped_customers.listed(filters.company, filters.action, filters.customer)
	for row in rows:
		action = row["action"]
		row["action_shown"] = _(action, context="Credit Hold")
	return _columns(), rows, None, None, _summary(rows)


def _columns() -> list[dict]:
	"""Customer and company are no Link columns: Frappe would refuse the report to whoever may not read all customers, and the
	list of holds is filtered by what the user may see already."""

	def column(fieldname: str, label: str, fieldtype: str, width: int, options: str | None = None) -> dict:
		return {
			"fieldname": fieldname,
			"label": label,
			"fieldtype": fieldtype,
			"width": width,
			"options": options,
		}

	return [
		column("customer_name", _("Customer"), "Data", 190),
		column("action_shown", _("Stop"), "Data", 120),
		column("reasons", _("Why"), "Data", 330),
		column("lifted_by", _("What would lift it"), "Data", 290),
		column("since", _("Since"), "Date", 110),
		column("days", _("Days"), "Int", 60),
		column("waiting_orders", _("Orders behind it"), "Int", 130),
		column("waiting_amount", _("Amount behind it"), "Currency", 140, "currency"),
		column("promised", _("Earliest promise"), "Date", 130),
		column("account_manager", _("Account manager"), "Data", 160),
		column("company", _("Company"), "Data", 140),
		column("credit_hold", _("Credit hold"), "Link", 150, "Credit Hold"),
		{
			"fieldname": "currency",
			"label": _("Currency"),
			"fieldtype": "Data",
			"hidden": 1,
		},
	]


def _summary(rows: list[dict]) -> list[dict]:
	"""Return the totals. A customer may stand under a credit stop and a delivery stop: what waits is counted once."""
	customers = {(row["customer"], row["company"]): row for row in rows}.values()
	cards = [
		{"label": _("Customers stopped"), "value": len(customers), "datatype": "Int"},
		{
			"label": _("Orders behind it"),
			"value": sum(row["waiting_orders"] for row in customers),
			"datatype": "Int",
		},
	]
	for currency in sorted({row["currency"] for row in customers}):
		total = total_of(row["waiting_amount"] for row in customers if row["currency"] == currency)
		cards.append(
			{"label": _("Amount behind it"), "value": total, "datatype": "Currency", "currency": currency}
		)
	return cards
