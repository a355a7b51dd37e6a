"""What the desk and other software may call about the letters, the signed copies and the correspondence of a contract. Every method
checks permission first and is typed: reading takes the right to read the contract, everything else the one to write it.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) otherwise.
"""

import json

import frappe

from b2b_contracts.contracts import copies, correspondence, letters, paper_trail
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def letters_of_contract(contract: str) -> dict:
	"""Return what left the house about a contract, and what should have: `{letters, copies, may_write, addresses}` (see
	`contracts/paper_trail.py`)."""
	return paper_trail.of(_readable(contract))


@frappe.whitelist()
def preview_notice(
	contract: str, kind: str, given_on: str, ends_on: str | None = None, cause: str | None = None
) -> str:
	"""Return the letter that `terminate_contract` would write with these arguments, as a page of HTML. Nothing is written."""
	return paper_trail.preview(letters.writable(contract), kind, given_on, ends_on, cause or "")


@frappe.whitelist(methods=["POST"])
def record_dispatch(
	letter: str,
	method: str,
	dispatched_on: str,
	tracking_number: str | None = None,
	proof: str | None = None,
	dispatched_by: str | None = None,
) -> dict:
	"""Write down, once, how a letter left (`Registered Letter`, `Courier`, `Letter`, `Handed Over`, `E-mail`), when, and what proves
	it: the tracking number or a private file. Returns `{name, status, contract}`."""
	doc = letters.record_dispatch(letter, method, dispatched_on, tracking_number, proof, dispatched_by)
	return {"name": doc.name, "status": doc.status, "contract": doc.contract}


@frappe.whitelist(methods=["POST"])
def print_letter(letter: str) -> dict:
	"""Make the PDF of a letter that could not be made when it was written. Returns `{name, file}`."""
	doc = letters.print_again(letter)
	return {"name": doc.name, "file": doc.file}


@frappe.whitelist(methods=["POST"])
def file_letter(
	contract: str,
	direction: str,
	file: str,
	subject: str,
	letter_date: str,
	correspondent: str | None = None,
	note: str | None = None,
) -> dict:
	"""File a letter that came in (`Received`) or went out (`Sent`) on paper with a contract. Returns `{name}`."""
	doc = letters.writable(contract)
	filed = letters.file_by_hand(
		*(doc, direction, file, subject, letter_date), correspondent=correspondent or "", note=note or ""
	)
	return {"name": filed.name}


@frappe.whitelist()
def correspondence_of(contract: str, search: str | None = None, start: int = 0) -> dict:
	"""Return mails and letters of a contract that hold some words, the newest first, fifty from `start` on: `{rows: [{doctype, name,
	kind, direction, on, from_or_to, subject, snippet, files, status}], more}`."""
	return correspondence.entries(_readable(contract), search or "", start)


@frappe.whitelist(methods=["POST"])
def write_to_customer(
	contract: str,
	recipients: str,
	subject: str,
	message: str,
	documents: str | list | None = None,
	file: str | None = None,
) -> dict:
	"""Send a mail about a contract to addresses with commas between, with some of its Contract Documents (names) and a file, and file
	it with the contract. Returns `{name}` of the Communication."""
	names = json.loads(documents) if isinstance(documents, str) and documents else documents or []
	mail = correspondence.write(letters.writable(contract), recipients, subject, message, names, file)
	return {"name": mail.name}


@frappe.whitelist(methods=["POST"])
def send_copy(contract: str, email: str, recipient_name: str | None = None) -> dict:
	"""Send the signed contract to an address, again or for the first time. Returns `{name, status}`."""
	doc = copies.send_again(contract, email, recipient_name or "")
	return {"name": doc.name, "status": doc.status}


def _readable(contract: str):
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("read")
	return doc
