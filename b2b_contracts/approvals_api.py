"""What the desk and other software may call about approvals. Every method checks permission first and is typed.

Measures are per cent, days or amounts in the company's currency, by action. Errors are Frappe's: `PermissionError`
without the right or the mandate, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe

from b2b_contracts.collections import approvals, board
from b2b_contracts.exceptions import ApprovalError
from b2b_contracts.permissions import need_customer

ASKED = ("discount_percent", "new_due_date", "loss_ground", "reclaim_vat", "reason")


@frappe.whitelist()
def preview_request(
	action: str, reference_doctype: str, reference_name: str, values: str | dict | None = None
) -> dict:
	"""Return what asking for something would come to: `{customer, amount, base_amount, currency, measure, unit, measured,
	interest_cost, required_role, at_once, whom_to_ask}`. `at_once`: within the user's own mandate, so it would be approved
	and carried out as it is asked. `{why_not}` when it cannot be asked for. `values` are the fields of the request, as for
	`ask`. Nothing is kept.
	"""
	frappe.has_permission(approvals.REQUEST, "create", throw=True)
	request = _request(action, reference_doctype, reference_name, values)
	try:
		return approvals.preview(request)
	except ApprovalError as refused:
		frappe.clear_last_message()
		return {"why_not": str(refused)}


@frappe.whitelist(methods=["POST"])
def ask(
	action: str, reference_doctype: str, reference_name: str, reason: str, values: str | dict | None = None
) -> dict:
	"""Ask for something: `action` is Cash Discount, Due Date Change or Write-off of a Sales Invoice, Fee Waiver or Interest
	Waiver of a Dunning. `values`: `discount_percent`, `new_due_date`, or `loss_ground` and `reclaim_vat`. What is within
	the user's own mandate is approved and carried out at once. Returns `{name, status, required_role, response_due,
	result_doctype, result_name}`.
	"""
	frappe.has_permission(approvals.REQUEST, "create", throw=True)
	request = _request(action, reference_doctype, reference_name, values)
	request.reason = reason
	request.insert()
	return _answer(request)


@frappe.whitelist(methods=["POST"])
def approve(request: str, remark: str = "", minutes: str | None = None) -> dict:
	"""Approve a request within one's mandate and carry it out. `minutes` is the address of the file with which a Finance
	Director minutes what the Board has decided. Returns the shape of `ask`."""
	frappe.has_permission(approvals.REQUEST, "read", request, throw=True)
	return _answer(approvals.approve(request, remark, minutes))


@frappe.whitelist(methods=["POST"])
def reject(request: str, remark: str, minutes: str | None = None) -> dict:
	"""Reject a request, with a reason; who may approve it may. Returns the shape of `ask`."""
	frappe.has_permission(approvals.REQUEST, "read", request, throw=True)
	return _answer(approvals.reject(request, remark, minutes))


@frappe.whitelist(methods=["POST"])
def withdraw(request: str) -> dict:
	"""Withdraw one's own open request. Returns the shape of `ask`."""
	frappe.has_permission(approvals.REQUEST, "read", request, throw=True)
	return _answer(approvals.withdraw(request))


@frappe.whitelist(methods=["POST"])
def ask_the_board(doctype: str, name: str) -> list[str]:
	"""Mail the members of the Board a link each to decide a Credit Hold or Approval Request that takes the Board: good for
	7 days and one answer. Takes a Credit Manager or higher. Returns who was written to."""
	frappe.has_permission(doctype, "read", name, throw=True)
	return board.send(doctype, name)


def _request(action: str, doctype: str, name: str, values: str | dict | None):
	customer = approvals.customer_of(action, doctype, name)
	if customer:
		need_customer(customer)
	given = json.loads(values) if isinstance(values, str) else values or {}
	request = frappe.new_doc(approvals.REQUEST)
	request.update({"action": action, "reference_doctype": doctype, "reference_name": name})
	request.update({field: given[field] for field in ASKED if field in given})
	return request


def _answer(request) -> dict:
	fields = ("name", "status", "required_role", "response_due", "result_doctype", "result_name")
	return {field: request.get(field) for field in fields}
