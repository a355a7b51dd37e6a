"""What the desk and other software may call about higher credit limits and the credit lists. Typed, permission first.

Amounts are numbers in the company's currency, gross. Errors are Frappe's: `PermissionError` without the right or the
mandate, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe

from b2b_contracts.credit import credit_lists, limit_requests
from b2b_contracts.permissions import need_customer


@frappe.whitelist()
def limit_request_terms(customer: str, company: str, sales_order: str | None = None) -> dict:
	"""Return what a dialog that asks for a higher limit starts with: `{currency, current_limit, is_unlimited, needed,
	open_request, orders: [{order, amount, promised_date}]}`. `needed` is the limit that would free the order, or all that
	wait; 0 when none does."""
	frappe.has_permission("Limit Request", "create", throw=True)
	need_customer(customer)
	return limit_requests.terms_for(customer, company, sales_order or None)


@frappe.whitelist(methods=["POST"])
def request_limit(
	customer: str,
	company: str,
	requested_limit: float,
	reason: str,
	valid_until: str | None = None,
	sales_order: str | None = None,
) -> dict:
	"""Ask for a higher limit, until a day (included) or lasting. Returns `{name, status, required_role, response_due}`."""
	frappe.has_permission("Limit Request", "create", throw=True)
	need_customer(customer)
	doc = frappe.get_doc(
		{
			"doctype": "Limit Request",
			"customer": customer,
			"company": company,
			"requested_limit": requested_limit,
			"reason": reason,
			"valid_until": valid_until or None,
			"sales_order": sales_order or None,
		}
	).insert()
	return {
		"name": doc.name,
		"status": doc.status,
		"required_role": doc.required_role,
		"response_due": str(doc.response_due),
	}


@frappe.whitelist()
def limit_request_state(request: str) -> dict:
	"""Return how a request stands now: `{required_role, may_decide, may_reject, why_not, may_withdraw, currency, current_limit,
	over_percent, minutes_left, orders: [{order, amount, promised_date, goes_on, still: [sentence]}]}`. Takes no lock."""
	return limit_requests.state_of(_request(request))


@frappe.whitelist(methods=["POST"])
def approve_limit(
	request: str, remark: str, granted_limit: float | None = None, valid_until: str | None = None
) -> dict:
	"""Grant what was asked for, or less money or fewer days, within the mandate of the user. Returns `{name, status}`."""
	_request(request)
	return _answer(limit_requests.approve(request, remark, granted_limit, valid_until))


@frappe.whitelist(methods=["POST"])
def reject_limit(request: str, remark: str) -> dict:
	"""Turn a request down with a written remark, as a credit controller or higher. Returns `{name, status}`."""
	_request(request)
	return _answer(limit_requests.reject(request, remark))


@frappe.whitelist(methods=["POST"])
def withdraw_limit(request: str, reason: str) -> dict:
	"""Take back a request that nobody has answered. Returns `{name, status}`."""
	_request(request)
	return _answer(limit_requests.withdraw(request, reason))


@frappe.whitelist(methods=["POST"])
def end_list_entry(entry: str, reason: str) -> dict:
	"""End an entry of the negative or premium list before its last day. Returns `{name, status}`."""
	frappe.has_permission("Credit List Entry", "read", entry, throw=True)
	return _answer(credit_lists.end(entry, reason))


def _request(name: str):
	doc = frappe.get_doc("Limit Request", name)
	doc.check_permission("read")
	return doc


def _answer(doc) -> dict:
	return {"name": doc.name, "status": doc.status}
