"""What the desk and other software may call about looking for contracts. Every method checks permission first and is typed.

Filters are Frappe's: a list of `[doctype, field, operator, value]`, where the doctype is `B2B Contract` or one of its tables
(`["Contract Price", "item_code", "=", "X"]`). Words are found by their beginning, in every field, every row and the text of the
documents; all of them have to be there. A phrase stands in quotation marks.
"""

import json

import frappe

from b2b_contracts.contracts import search_views, searching
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def search(text: str = "", filters: str | list | None = None, start: int = 0) -> dict:
	"""Return contracts that the session user may see: `{total, start, length, rows: [{name, title, contract_type, status, company,
	customer, customer_name, start_date, end_date, last_date_to_act, terminated_on, annual_value, currency, contract_owner,
	confidentiality, signed_on, found: [{where, document, file, parts: [[text, is_hit]]}]}]}`."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	return searching.search(text or "", _list(filters), start)


@frappe.whitelist()
def views() -> dict:
	"""Return the saved and the ready-made views: `{views: [{name, text, filters, kind, may_remove}], may_share}`."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	return {"views": search_views.listed(), "may_share": search_views.may_share()}


@frappe.whitelist(methods=["POST"])
def save_view(name: str, text: str = "", filters: str | list | None = None, is_shared: bool = False) -> dict:
	"""Save a view for the session user, or for everybody. Returns what `views` does."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	search_views.save(name, text, _list(filters), is_shared)
	return views()


@frappe.whitelist(methods=["POST"])
def remove_view(name: str, is_shared: bool = False) -> dict:
	"""Remove a view. Returns what `views` does."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	search_views.remove(name, is_shared)
	return views()


def _list(filters: str | list | None) -> list:
	return (json.loads(filters) if isinstance(filters, str) and filters else filters) or []
