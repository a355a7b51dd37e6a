"""Limitation Watch: claims that can soon no longer be enforced, and those that are lost already, the worst first."""

from collections import defaultdict

import frappe
from frappe import _
from frappe.utils import cint, formatdate

from b2b_contracts.collections import limitation
from b2b_contracts.credit.account_facts import company_currency, total_of

SOON = 90


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], str | None, None, list[dict]]:
	"""Return columns, rows, a message where the law is not confirmed, no chart and the summary. A seller sees the own portfolio."""
	filters = frappe._dict(filters or {})
	if not filters.company:
		return _columns(), [], None, None, []
	frappe.has_permission(limitation.WARNING, "read", throw=True)
	within = cint(filters.within) or limitation.WARNED_AHEAD
	rows = limitation.listed(filters.company, within, filters.customer, filters.collector)
	return _columns(), rows, _message(rows), None, _summary(rows, filters.company)


def _columns() -> list[dict]:
	"""The customer is no Link column: Frappe would refuse the report to whoever may not read all customers, and the rows are
	filtered by what the user may see already."""

	def column(fieldname: str, label: str, fieldtype: str, width: int, options: str | None = None) -> dict:
		return {
			"fieldname": fieldname,
			"label": label,
			"fieldtype": fieldtype,
			"width": width,
			"options": options,
		}

	return [
		column("expires_on", _("Last day"), "Date", 110),
		column("days_left", _("Days left"), "Int", 90),
		column("amount", _("Amount"), "Currency", 140, "currency"),
		column("customer_name", _("Customer"), "Data", 190),
		column("voucher_no", _("Document"), "Dynamic Link", 190, "voucher_type"),
		column("due_date", _("Due date"), "Date", 110),
		column("acknowledged_on", _("Counts from"), "Date", 130),
		column("suit_filed_on", _("Suit filed on"), "Date", 110),
		column("collector", _("Collector"), "Data", 160),
		column("remark", _("Remark"), "Data", 260),
		{"fieldname": "voucher_type", "label": _("Document type"), "fieldtype": "Data", "hidden": 1},
		{"fieldname": "currency", "label": _("Currency"), "fieldtype": "Data", "hidden": 1},
	]


def _message(rows: list[dict]) -> str | None:
	for row in rows:
		texts = [
			_in_court(row),
			_("In insolvency proceedings: the claim lodged there counts.") if row["insolvent"] else "",
			"" if row["is_confirmed"] else _("The years are not confirmed by anybody."),
		]
		row["remark"] = " ".join(filter(None, texts))
	if all(row["is_confirmed"] for row in rows):
		return None
	return _(
		"For some of these customers nobody has confirmed how many years the law gives. See the Dunning Jurisdiction."
	)


def _in_court(row: dict) -> str:
	if row["suit_filed_on"]:
		return _("Suit filed on {0} at {1}: limitation is interrupted.").format(
			formatdate(row["suit_filed_on"]), row["court"]
		)
	if row["judged_on"]:
		return _("Decided by a court on {0}.").format(formatdate(row["judged_on"]))
	return ""


def _summary(rows: list[dict], company: str) -> list[dict]:
	sums: dict[str, list[float]] = defaultdict(list)
	for row in rows:
		left = row["days_left"]
		by_time = "lost" if left < 0 else "soon" if left <= SOON else "later"
		sums["court" if row["suit_filed_on"] else by_time].append(row["base_amount"])
	labels = (
		("lost", _("Lost"), "Red"),
		("soon", _("Within {0} days").format(SOON), "Orange"),
		("later", _("Later"), "Blue"),
		("court", _("Before a court"), "Grey"),
	)
	return [
		{
			"label": label,
			"value": total_of(sums[part]),
			"datatype": "Currency",
			"currency": company_currency(company),
			"indicator": colour,
		}
		for part, label, colour in labels
	]
