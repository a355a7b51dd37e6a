"""What the desk and other software may call about commission. Every method checks permission first and is typed."""

import frappe
from frappe.utils import getdate

from b2b_contracts.permissions import need_company
from b2b_contracts.reporting import commission_statements


@frappe.whitelist(methods=["POST"])
def make_statements(company: str, month: str) -> list[str]:
	"""Make a draft statement of the month that a day is in, for everybody of a company who has earned something in it and has none.
	Returns their names."""
	frappe.has_permission(commission_statements.STATEMENT, "create", throw=True)
	need_company(company)
	return commission_statements.make(company, getdate(month))
