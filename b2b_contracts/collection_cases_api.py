"""What the desk and other software may call about hand-over to a collection agency. Every method checks permission first and
is typed.

Amounts are numbers in the currency of the invoices' receivable account, days are written as 2026-07-27. Errors are Frappe's:
`PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json
from decimal import Decimal

import frappe
from frappe.utils import getdate, nowdate

from b2b_contracts.collections import (
	agency_export,
	agency_statuses,
	case_files,
	case_notices,
	case_payments,
	collection_cases,
	court_cases,
)
from b2b_contracts.permissions import need_customer

CASE = collection_cases.CASE


@frappe.whitelist()
def preview_case(customer: str, company: str) -> list[dict]:
	"""Return what a case of everything overdue would be about: `[{sales_invoice, due_date, outstanding, principal, left_out,
	currency}]`; `left_out` says why what is not in `principal` must not be handed over."""
	frappe.has_permission(CASE, "create", throw=True)
	need_customer(customer)
	return collection_cases.preview(customer, company)


@frappe.whitelist(methods=["POST"])
def propose_case(customer: str, company: str, reason: str, invoices: str | list | None = None) -> dict:
	"""Propose to hand over invoices of a customer, or everything that is overdue. Returns `{name, status, total_amount,
	open_amount, hand_over_from}`."""
	frappe.has_permission(CASE, "create", throw=True)
	need_customer(customer)
	names = json.loads(invoices) if isinstance(invoices, str) else invoices
	return _answer(collection_cases.propose(customer, company, reason, names or []))


@frappe.whitelist(methods=["POST"])
def send_notice(case: str, channel: str, sent_on: str | None = None, proof: str | None = None) -> dict:
	"""Send the last notice of a case by `E-mail`, `Letter` or `Registered Letter`: it is printed, and its days begin. With
	`proof` (the address of a file) it is noted that it went out on a day before. Returns the shape of `propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(case_notices.send(case, channel, getdate(sent_on) if sent_on else None, proof))


@frappe.whitelist()
def why_not_hand_over(case: str) -> str | None:
	"""Return why the user may not hand a case over now, None when they may."""
	doc = frappe.get_doc(CASE, case)
	doc.check_permission("read")
	return collection_cases.why_not_hand_over(doc)


@frappe.whitelist(methods=["POST"])
def hand_over(case: str, agency_name: str | None = None, agency_email: str | None = None) -> dict:
	"""Approve and hand a case over to an agency, within the mandate. Returns the shape of `propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(collection_cases.hand_over(case, agency_name, agency_email))


@frappe.whitelist(methods=["POST"])
def withdraw_case(case: str, reason: str) -> dict:
	"""Take a case back, with a written reason; one that is with an agency is returned. Returns the shape of
	`propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(collection_cases.withdraw(case, reason))


@frappe.whitelist(methods=["POST"])
def report_status(
	case: str, status: str, agency_reference: str | None = None, note: str = "", on: str | None = None
) -> dict:
	"""Note what an agency says of a case: `With Agency`, `Paid` or `Returned`. Returns the shape of `propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(collection_cases.report(case, status, agency_reference, note, getdate(on) if on else None))


@frappe.whitelist(methods=["POST"])
def record_suit(case: str, filed_on: str, court: str, court_reference: str = "") -> dict:
	"""Note that a suit over a case was filed on a day at a court: that interrupts limitation. Returns the shape of
	`propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(court_cases.file_suit(case, getdate(filed_on), court, court_reference))


@frappe.whitelist(methods=["POST"])
def record_court_outcome(case: str, outcome: str, decided_on: str, note: str) -> dict:
	"""Note how the suit over a case ended on a day: `Judgment` (a settlement in court too) or `No Judgment`, and what was
	decided. Returns the shape of `propose_case`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	return _answer(court_cases.decide(case, outcome, getdate(decided_on), note))


@frappe.whitelist(methods=["POST"])
def record_payment(case: str, paid_on: str, amount: str | float, reference: str) -> dict:
	"""Note a payment at the agency and draft its Payment Entry; a reference is noted once. Returns `{payment_entry}`."""
	frappe.has_permission(CASE, "write", case, throw=True)
	entry = case_payments.record(case, getdate(paid_on), Decimal(str(amount)), reference)
	return {"payment_entry": entry.name}


@frappe.whitelist(methods=["POST"])
def make_bundle(case: str) -> dict:
	"""Have the ZIP of everything that proves a case made anew, in a job. Returns `{enqueued: True}`."""
	doc = frappe.get_doc(CASE, case)
	doc.check_permission("write")
	case_files.ask_for_bundle(doc)
	return {"enqueued": True}


@frappe.whitelist()
def export_cases(cases: str | list, file_type: str = "CSV") -> None:
	"""Download cases for an agency as `CSV` or `Excel`, a row an invoice; the columns are in docs/dunning.md."""
	names = json.loads(cases) if isinstance(cases, str) else cases
	frappe.has_permission(CASE, "export", throw=True)
	for name in names:
		frappe.has_permission(CASE, "read", name, throw=True)
	is_sheet = file_type == "Excel"
	content = agency_export.xlsx_of(names) if is_sheet else agency_export.csv_of(names).encode()
	frappe.response["filename"] = f"collection-cases-{nowdate()}.{'xlsx' if is_sheet else 'csv'}"
	frappe.response["filecontent"] = content
	frappe.response["type"] = "binary"


@frappe.whitelist()
def check_status_file(content: str) -> dict:
	"""Return what a CSV of an agency would do and what is wrong with it, without doing it: `{rows, will: [{row, case,
	text}], problems: [{row, column, value, problem}]}`. The columns are in docs/dunning.md."""
	frappe.has_permission(CASE, "write", throw=True)
	return agency_statuses.check(content)


@frappe.whitelist(methods=["POST"])
def apply_status_file(content: str) -> dict:
	"""Do what a CSV of an agency says, all of it or, with a bad row, nothing. Returns the shape of `check_status_file`."""
	frappe.has_permission(CASE, "write", throw=True)
	return agency_statuses.carry_out(content)


def _answer(case) -> dict:
	return {
		"name": case.name,
		"status": case.status,
		"total_amount": case.total_amount,
		"open_amount": case.open_amount,
		"hand_over_from": str(case.hand_over_from) if case.hand_over_from else None,
	}
