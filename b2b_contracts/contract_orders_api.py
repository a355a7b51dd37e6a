"""What the desk and other software may call about quotations, orders and invoices that follow contracts. Every method checks
permission first and is typed.

Amounts are texts as people here write them; numbers in `call_offs` are in the unit that was agreed.
"""

import json

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.contracts import following_documents, order_check
from b2b_contracts.credit import releasing
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def follows(doctype: str, name: str) -> dict:
	"""Return how a saved Quotation, Sales Order or Sales Invoice stands to the contracts in force on its day: `{action, contracts:
	[{name, title, is_own}], differences: [{kind, row, about, agreed, actual, percent, contract, field, rate}], call_offs: [{contract, about,
	unit, agreed, called, wanted, left, is_exceeded}], hold}`. `hold` is the open credit hold that waits for whoever answers for the
	contract, `{name, may_let_go, why_not}`, or None. Reads only."""
	_need_kind(doctype)
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return order_check.shown(doc) | {"hold": following_documents.hold_of(doc)}


@frappe.whitelist(methods=["POST"])
def follows_draft(doc: str | dict) -> dict:
	"""Return the same for a document as it stands on a form that is not saved."""
	values = json.loads(doc) if isinstance(doc, str) else doc
	_need_kind(values.get("doctype"))
	frappe.has_permission(values["doctype"], "create", throw=True)
	draft = frappe.get_doc(values)
	customer = order_check.customer_of(draft)
	if not customer or not draft.get("company"):
		return order_check.NOTHING_SHOWN
	frappe.has_permission("Customer", "read", customer, throw=True)
	return order_check.shown(draft)


@frappe.whitelist()
def agreed_terms(customer: str, company: str, on: str | None = None) -> dict:
	"""Return what a new document of a customer starts with on a day (today where none is given): `{contract, payment_terms,
	incoterm, place, currency, price_list, usual_terms}`; empty where nothing was agreed. `usual_terms` are those that ERPNext fills
	in by itself."""
	frappe.has_permission("Customer", "read", customer, throw=True)
	frappe.has_permission("Company", "read", company, throw=True)
	return order_check.start_with(customer, company, getdate(on))


@frappe.whitelist(methods=["POST"])
def let_go(hold: str, reason: str) -> dict:
	"""Let go how a held document differs from its contract: for the contract's owner and contract managers, and not for who sells on
	it. Where nothing else holds it, it goes on. Returns `{name, status}`."""
	frappe.has_permission("Credit Hold", "read", hold, throw=True)
	following_documents.need_contract_hold(hold)
	answered = releasing.release(hold, reason)
	return {"name": answered.name, "status": answered.status}


@frappe.whitelist()
def documents(contract: str) -> list[dict]:
	"""Return the newest documents that follow a contract and that the session user may read: `[{doctype, name, date, status, total,
	currency, hold}]`."""
	frappe.has_permission(CONTRACT, "read", contract, throw=True)
	return following_documents.of_contract(contract)


def _need_kind(doctype: str | None) -> None:
	if doctype not in order_check.FOLLOWING:
		frappe.throw(_("{0} follows no contract.").format(doctype))
