"""What the desk and other software may call about contracts. Every method checks permission first and is typed.

Amounts are numbers in the contract's currency. Errors are Frappe's: `PermissionError` without the right or the mandate,
`ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe

from b2b_contracts.contracts import life_cycle, renewals, signing, takeover
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def contract_steps(contract: str) -> dict:
	"""Return what the session user can do with a contract: `{steps: [{step, label, why_not}], outlook}`. `why_not` is empty for
	what they may; `outlook` says what a notice given today brings, None where there is nothing to give notice of."""
	doc = _readable(contract)
	steps = life_cycle.possible(doc)
	is_running = any(row["step"] == "terminate" for row in steps)
	return {"steps": steps, "outlook": renewals.outlook(doc) if is_running else None}


@frappe.whitelist(methods=["POST"])
def take_step(contract: str, step: str, reason: str | None = None, provider: str | None = None) -> dict:
	"""Take a step of a contract's life: take_up, send_for_review, send_back, approve, send_for_signature (by a signature provider,
	on record where none is named), reject or reopen. The mandate is the step's own. Returns `{name, status, docstatus}`."""
	_readable(contract)
	return _answer(life_cycle.take(contract, step, reason, provider))


@frappe.whitelist(methods=["POST"])
def record_signing(
	contract: str, signed_on: str, signed_file: str, signatories: str | list | None = None
) -> dict:
	"""Write down that a contract was signed, by whom (`[{signatory_name, signs_for, position, email}]` beside those it has) and in
	which private file. Returns `{name, status, docstatus}`."""
	_readable(contract)
	rows = json.loads(signatories) if isinstance(signatories, str) and signatories else signatories or None
	given = {"signed_on": signed_on, "signed_file": signed_file, "signatories": rows}
	return _answer(signing.record(contract, given))


@frappe.whitelist(methods=["POST"])
def decide_renewal(contract: str, decision: str, reason: str, new_end: str | None = None) -> dict:
	"""Decide that a contract is renewed (`Renew`; a fixed one until `new_end`) or renegotiated (`Renegotiate`). Returns `{name,
	status, docstatus}`."""
	_readable(contract)
	return _answer(renewals.decide(contract, decision, reason, new_end))


@frappe.whitelist(methods=["POST"])
def end_renegotiation(contract: str, reason: str) -> dict:
	"""Let a contract that was renegotiated go on as it is. Returns `{name, status, docstatus}`."""
	_readable(contract)
	return _answer(renewals.end_renegotiation(contract, reason))


@frappe.whitelist(methods=["POST"])
def terminate_contract(
	contract: str,
	kind: str,
	given_on: str,
	reason: str,
	ends_on: str | None = None,
	document: str | None = None,
	cause: str | None = None,
) -> dict:
	"""Write down notice of a contract: `For Convenience`, `For Cause` (with the day it ends, and the cause as the letter names it) or
	`Received from Customer`. Returns `{name, status, docstatus, letter}`, the last being the Contract Letter that was written."""
	_readable(contract)
	doc = renewals.terminate(contract, kind, given_on, reason, ends_on, document, cause)
	return {**_answer(doc), "letter": doc.flags.letter}


@frappe.whitelist()
def make_contract(source_name: str, target_doc: str | None = None) -> dict:
	"""Return a contract with what an ERPNext Contract says, not saved yet, for a form."""
	frappe.has_permission(CONTRACT, "create", throw=True)
	frappe.has_permission("Contract", "read", source_name, throw=True)
	return takeover.draft_from(source_name).as_dict()


def _readable(contract: str):
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("read")
	return doc


def _answer(doc) -> dict:
	return {"name": doc.name, "status": doc.status, "docstatus": doc.docstatus}
