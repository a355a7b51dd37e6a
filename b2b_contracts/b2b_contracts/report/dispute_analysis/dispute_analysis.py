"""Dispute Analysis: where disputes come from, how they end and how long they take."""

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from b2b_contracts.collections import dispute_analysis
from b2b_contracts.credit.account_facts import company_currency

MONTHS = 12
# Days from registration to resolution above which a group is red (requirements §5).
RED_DAYS = 14


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, dict | None]:
	"""Return columns, rows, no message and a chart. A seller sees disputes of the own portfolio."""
	filters = frappe._dict(filters or {})
	company = filters.company or frappe.defaults.get_user_default("Company")
	if not company:
		frappe.throw(_("Choose a company."))
	to_date = getdate(filters.to_date)
	from_date = getdate(filters.from_date or add_months(to_date, -MONTHS))
	by = filters.by or dispute_analysis.BY[0]
	rows = dispute_analysis.analysed(company, from_date, to_date, by)
	for row in rows:
		row["currency"] = company_currency(company)
		row["is_red"] = row["average_days"] > RED_DAYS
	return _columns(by), rows, None, _chart(rows)


def _columns(by: str) -> list[dict]:
	def column(fieldname: str, label: str, fieldtype: str, width: int, **more) -> dict:
		return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}

	return [
		column("key", _(by), "Data", 220),
		column("disputes", _("Disputes"), "Int", 90),
		column("running", _("Still running"), "Int", 100),
		column("disputed", _("Disputed"), "Currency", 130, options="currency"),
		column("credited", _("Credited"), "Currency", 130, options="currency"),
		column("accepted_percent", _("Accepted"), "Percent", 100),
		column("average_days", _("Days in dispute, average"), "Float", 150, precision=1),
		column("longest_days", _("Longest"), "Int", 90),
		column("response_hours", _("Hours to the first response"), "Float", 160, precision=1),
		column("currency", _("Currency"), "Data", 0, hidden=1),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	shown = rows[:10]
	return {
		"data": {
			"labels": [row["key"] for row in shown],
			"datasets": [{"name": _("Disputed"), "values": [row["disputed"] for row in shown]}],
		},
		"type": "bar",
		"fieldtype": "Currency",
	}
