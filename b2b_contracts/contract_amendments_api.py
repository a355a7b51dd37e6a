"""What the desk and other software may call about amendments of contracts, their state on a day, reviews, and terms that credit
agrees to. Every method checks permission first and is typed.

Errors are Frappe's: `PermissionError` without the right or the mandate, `ValidationError` (with a sentence that says what to do)
for everything else.
"""

import frappe
from frappe.utils import getdate

from b2b_contracts.contracts import amendments, amendments_shown, credit_terms, reviews
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist(methods=["POST"])
def amend_contract(
	contract: str, effective_from: str, need: str | None = None, withdraws_notice: bool = False
) -> dict:
	"""Enter an amendment of what is in force of a contract on a day, from that day on: a draft with all that is agreed there.
	`need` says why. Returns `{name}`."""
	_readable(contract)
	frappe.has_permission(CONTRACT, "create", throw=True)
	return {"name": amendments.amend(contract, effective_from, need or "", withdraws_notice).name}


@frappe.whitelist()
def contract_changes(contract: str) -> dict:
	"""Return what an amendment changes: `{base, base_title, effective_from, other_base, values, rows, text}`."""
	return amendments_shown.changes_of(_readable(contract))


@frappe.whitelist(methods=["POST"])
def take_over_base(contract: str) -> dict:
	"""Base a drafted amendment on what takes effect before it by now; what it changes itself is kept. Returns `{name, conflicts}`,
	the labels of what both changed."""
	_readable(contract).check_permission("write")
	doc, conflicts = amendments.rebase(contract)
	return {"name": doc.name, "conflicts": conflicts}


@frappe.whitelist()
def contract_state(contract: str, on: str | None = None) -> dict:
	"""Return how a contract stands with its amendments on a day, today where none is given: `{on, text, contract, title, chain,
	values, tables}`; `contract` is empty where nothing is in force."""
	_readable(contract)
	return amendments_shown.state_of(contract, getdate(on))


@frappe.whitelist()
def contract_questions(contract: str) -> dict:
	"""Return what of a contract waits for the session user: `{reviews: [{row, review_function, due_date, outcome}], terms: {text,
	role, why_not} or None}`."""
	doc = _readable(contract)
	return {"reviews": reviews.possible(doc), "terms": credit_terms.possible(doc)}


@frappe.whitelist(methods=["POST"])
def answer_review(contract: str, row: str, outcome: str, remark: str | None = None) -> dict:
	"""Answer a review of a contract: `Agreed`, `Agreed with Remarks` or `Changes Wanted` (both with a remark). Returns `{name}`."""
	_readable(contract)
	return {"name": reviews.answer(contract, row, outcome, remark).name}


@frappe.whitelist(methods=["POST"])
def give_review(contract: str, row: str, reviewer: str) -> dict:
	"""Give a review of a contract to somebody else. Returns `{name}`."""
	_readable(contract)
	return {"name": reviews.give(contract, row, reviewer).name}


@frappe.whitelist(methods=["POST"])
def agree_to_terms(contract: str, remark: str | None = None) -> dict:
	"""Agree, for credit, to payment terms of a contract beyond its customer's segment. Returns `{name}`."""
	_readable(contract)
	return {"name": credit_terms.agree(contract, remark).name}


def _readable(contract: str):
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("read")
	return doc
