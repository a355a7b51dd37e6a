"""What the desk may ask about key figures. Every method checks permission first, is typed, and only reads: from the database's replica,
where one is configured."""

import frappe
from frappe.desk.query_report import get_report_doc

from b2b_contracts.b2b_contracts.report.credit_kpis.credit_kpis import REPORT, CreditKPIs


@frappe.whitelist()
@frappe.read_only()
def explained(filters: str | dict, code: str, key: str = "") -> dict:
	"""Return how a figure of the report Credit KPIs comes about, with the same filters and for the same user: its formula, where its
	numbers come from, and month by month (newest first) what it is and what it is made from.

	Raises `PermissionError` without the right to the report, or to what the filters ask for.
	"""
	get_report_doc(REPORT)
	return CreditKPIs(frappe.parse_json(filters)).explained(code, key)
