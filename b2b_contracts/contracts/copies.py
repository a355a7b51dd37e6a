"""Signed copies: to all parties, to those who signed and to those of us who are named, each once (requirements §6).

Who gets one is written down in the transaction that records the signing. Each copy is then sent in a transaction of its own,
which also says that it was: the work can be killed anywhere and done again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import add_days, cint, escape_html, get_url_to_form, now_datetime

from b2b_contracts.credit import clearing, contacts, jobs, locking, notices, people

from . import correspondence, documents, events, letters
from .contracts import refuse
from .facts import CONTRACT

COPY = "Contract Copy"
PLANNED, QUEUED, SENT, FAILED, NO_ADDRESS = "Planned", "Queued", "Sent", "Failed", "No Address"
TEMPLATE = "Contract: signed copy"
BATCH = 500
# After that the queue has forgotten the mail.
FOLLOWED_DAYS = 14


@dataclass(frozen=True, slots=True)
class Recipient:
	"""Who gets a copy, in which language; without an address where none is known."""

	name: str
	email: str = ""
	is_internal: bool = False
	language: str = ""


# ------------------------------------------------------------------ to whom
def recipients_of(doc) -> list[Recipient]:
	"""Return who gets a signed copy of a contract, each address once; last the parties of whom no address is known."""
	found: dict[str, Recipient] = {}
	nowhere: list[Recipient] = []
	for recipient in (*_our_own(doc), *_parties(doc), *_signatories(doc)):
		if recipient.email:
			found.setdefault(recipient.email.strip().lower(), recipient)
		else:
			nowhere.append(recipient)
	return [*found.values(), *nowhere]


def _our_own(doc) -> Iterator[Recipient]:
	named = [row.user for row in doc.get("copy_recipients") or ()]
	users = [user for user in (doc.contract_owner, doc.account_manager, *named) if user]
	for user in dict.fromkeys(users):
		if people.is_desk_user(user):
			full_name, email, language = frappe.db.get_value("User", user, ["full_name", "email", "language"])
			yield Recipient(full_name, email, True, language or "")


def _parties(doc) -> Iterator[Recipient]:
	language = letters.language_of(doc)
	for row in doc.parties:
		if row.party_role == "Us":
			if row.email:
				yield Recipient(row.party_name, row.email, True)
			continue
		if row.email:
			yield Recipient(row.party_name, row.email, False, language)
			continue
		customer = row.customer or (doc.customer if row.party_role == "Customer" else None)
		reached = customer and contacts.addresses_for(customer, contacts.LEGAL_NOTICES, doc.company)
		if reached:
			yield from (Recipient(row.party_name, a.email, False, a.language or language) for a in reached)
		else:
			yield Recipient(row.party_name)


def _signatories(doc) -> Iterator[Recipient]:
	language = letters.language_of(doc)
	for row in doc.signatories:
		if row.email:
			ours = row.signs_for == "Us"
			yield Recipient(row.signatory_name, row.email, ours, "" if ours else language)


# ------------------------------------------------------------------ planned and sent
def plan(doc) -> None:
	"""Write down who gets a copy of a contract that is signed now, and have the copies sent once this transaction is through."""
	for recipient in recipients_of(doc):
		key = ("copy", recipient.email.strip().lower() or f"\n{recipient.name}")
		_insert(doc, recipient, PLANNED if recipient.email else NO_ADDRESS, events.effect_key(doc.name, *key))
	jobs.after_commit("b2b_contracts.contracts.copies.send_planned", contract=doc.name)


def _insert(doc, recipient: Recipient, status: str, key: str):
	copy = frappe.get_doc(
		{
			"doctype": COPY,
			"contract": doc.name,
			"customer": doc.customer,
			"company": doc.company,
			"status": status,
			"recipient_name": recipient.name[:140],
			"email": recipient.email or None,
			"is_internal": int(recipient.is_internal),
			"language": recipient.language or None,
			"asked_by": frappe.session.user,
			"file": doc.signed_file,
			"copy_key": key,
		}
	)
	copy.flags.contract_service = True
	return copy.insert(ignore_permissions=True)


def send_planned(contract: str | None = None) -> None:
	"""Send every copy that is planned, of one contract or of all; each in a transaction of its own."""
	of = {"contract": contract} if contract else {}
	for name in frappe.get_all(
		COPY, {"status": PLANNED, **of}, pluck="name", order_by="creation", limit=BATCH
	):
		clearing.in_own_transaction(send, name)


def sweep() -> None:
	"""Send what a lost job has left, and see what became of the mails that went. Every quarter of an hour."""
	send_planned()
	queued = {"status": QUEUED, "sent_on": [">=", add_days(now_datetime(), -FOLLOWED_DAYS)]}
	for name in frappe.get_all(COPY, queued, pluck="name", order_by="modified", limit=BATCH):
		clearing.in_own_transaction(follow, name)


def send(name: str) -> bool:
	"""Queue the mail of a planned copy and say so, in one transaction. Returns whether it was queued now."""
	copy = locking.locked_doc(COPY, name)
	if copy.status != PLANNED:
		return False
	doc = frappe.get_doc(CONTRACT, copy.contract)
	file = _file_of(doc)
	mail = file and _mail(doc, copy, file)
	if not mail:
		_fail(
			*(doc, copy),
			_("No mail could be queued. See that the outgoing e-mail account works, then send it again."),
		)
		return False
	locking.write(
		copy, {"status": QUEUED, "sent_on": now_datetime(), "communication": mail.name, "reason": None}
	)
	events.write(
		*(doc, events.COPY_SENT, _("Signed copy to {0} ({1}).").format(copy.recipient_name, copy.email)),
		events.effect_key(copy.name, "sent"),
		reference=copy.name,
		told=copy.email,
	)
	return True


def _file_of(doc) -> str | None:
	"""Return the File of what was signed: the filed one, whose content is the one of the hash."""
	filed = {"file_url": doc.signed_file, "attached_to_doctype": documents.DOCUMENT}
	return frappe.db.get_value("File", filed) or frappe.db.get_value("File", {"file_url": doc.signed_file})


def _mail(doc, copy, file: str):
	template = notices.template_in(TEMPLATE, copy.language)
	if not template:
		return None
	context = {
		"contract": doc,
		"recipient_name": copy.recipient_name,
		"customer_name": doc.customer_name or doc.customer,
		"company": doc.company,
		"link": get_url_to_form(CONTRACT, doc.name) if cint(copy.is_internal) else "",
	}
	with notices.writing_in(copy.language):
		written = frappe.get_doc("Email Template", template).get_formatted_email(context)
	return correspondence.mail_out(
		*(doc, copy.email, written["subject"], written["message"], [file]),
		to_ourselves=bool(cint(copy.is_internal)),
	)


def follow(name: str) -> bool:
	"""See what became of the mail of a copy. Returns whether that is known now."""
	copy = locking.locked_doc(COPY, name)
	if copy.status != QUEUED:
		return False
	state = copy.communication and frappe.db.get_value("Communication", copy.communication, "delivery_status")
	if state in correspondence.ARRIVED:
		locking.write(copy, {"status": SENT})
		return True
	if state in ("Error", "Bounced", "Expired", "Rejected", "Soft-Bounced", "Recipient Unsubscribed"):
		_fail(
			*(frappe.get_doc(CONTRACT, copy.contract), copy),
			_("The mail could not be delivered. Check the address, then send it again."),
		)
		return True
	return False


def _fail(doc, copy, reason: str) -> None:
	locking.write(copy, {"status": FAILED, "reason": reason})
	text = _("Contract {0}: the signed copy to {1} did not arrive. {2}").format(
		doc.title, copy.recipient_name, reason
	)
	notices.bell(CONTRACT, doc.name, [doc.contract_owner, doc.account_manager], text)


# ------------------------------------------------------------------ by a person
def send_again(contract: str, email: str, recipient_name: str = ""):
	"""Send a signed copy to an address, again or for the first time. Returns the Contract Copy."""
	held = locking.locked_doc(CONTRACT, contract)
	doc = letters.writable(held.name)
	if not doc.signed_on or not doc.signed_file:
		refuse(
			_("Contract {0} is not signed yet: there is no copy to send.").format(doc.name), _("Not signed")
		)
	email = (email or "").strip()
	if not frappe.utils.validate_email_address(email):
		refuse(_("{0} is no e-mail address.").format(escape_html(email) or "–"), _("E-mail"))
	before = frappe.get_all(
		COPY,
		filters={"contract": doc.name, "email": email},
		fields=["status", "recipient_name", "is_internal", "language"],
		order_by="creation desc",
	)
	if before and before[0].status in (PLANNED, QUEUED):
		refuse(_("A copy to {0} is on its way already.").format(email), _("Signed copy"))
	known = before[0] if before else None
	recipient = Recipient(
		recipient_name or (known.recipient_name if known else email),
		email,
		bool(known and known.is_internal),
		(known.language if known else "") or letters.language_of(doc),
	)
	key = events.effect_key(doc.name, "copy again", email.lower(), len(before))
	copy = _insert(doc, recipient, PLANNED, key)
	jobs.after_commit("b2b_contracts.contracts.copies.send_planned", contract=doc.name)
	return copy
