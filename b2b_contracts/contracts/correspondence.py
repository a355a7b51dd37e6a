"""What was written to and by a customer about a contract: mails, and letters that were filed, in one list (requirements §6).

A mail that answers one about a contract is filed by Frappe; one that names the contract in its subject, by us, if it comes from
somebody whom the contract or its customer knows.
"""

import re

import frappe
from frappe import _
from frappe.email.email_body import get_message_id
from frappe.query_builder import Order
from frappe.utils import (
	cint,
	escape_html,
	get_datetime,
	get_string_between,
	parse_addr,
	strip_html,
	validate_email_address,
)
from frappe.utils.html_utils import sanitize_html
from pypika.functions import Substring

from b2b_contracts.credit import contacts, notices, private_files
from b2b_contracts.exceptions import EvidenceError

from .contracts import refuse
from .facts import CONTRACT

DOCUMENT = "Contract Document"
MAIL, LETTER = "Communication", "Contract Letter"
# What is a conversation with the customer. What the app tells our own people is not.
CONVERSATION, TO_OURSELVES = "Communication", "Automated Message"
# What Frappe says of a mail that the other server has taken.
ARRIVED = ("Sent", "Delivered", "Opened", "Clicked", "Read")
CAME_IN, WENT_OUT = "Received", "Sent"
NUMBER = re.compile(r"\bCTR-\d{4}-\d{5,}\b", re.IGNORECASE)
PAGE = 50
SNIPPET = 240


# ------------------------------------------------------------------ out
def write(doc, recipients: str, subject: str, message: str, enclosed: list[str], file_url: str | None = None):
	"""Send the customer a mail about a contract, with documents of it and a file, and file it. Returns the Communication."""
	addresses = [part.strip() for part in recipients.replace(";", ",").split(",") if part.strip()]
	wrong = [part for part in addresses if not validate_email_address(part)]
	if wrong or not addresses:
		refuse(_("{0} is no e-mail address.").format(escape_html(", ".join(wrong)) or "–"), _("To"))
	if not (subject or "").strip() or not strip_html(message or "").strip():
		refuse(_("Write a subject and a text."), _("Mail"))
	fids = [_file_of(doc, name) for name in enclosed]
	if file_url:
		file = private_files.readable(file_url)
		if file is None:
			refuse(_("The file that you named is not there, or not open to you. Attach it again."), _("File"))
		fids.append(file.name)
	mail = mail_out(
		*(doc, ", ".join(dict.fromkeys(addresses)), subject.strip(), sanitize_html(message), fids),
		sender=frappe.db.get_value("User", frappe.session.user, "email"),
	)
	if mail is None:
		refuse(
			_("No mail could be queued. See that the outgoing e-mail account works, then send it again."),
			_("Not sent"),
		)
	return mail


def _file_of(doc, document: str) -> str:
	"""Return the File of a document that is filed with a contract; refuses one of another."""
	found = frappe.db.get_value(DOCUMENT, {"name": document, "contract": doc.name}, "file")
	name = found and frappe.db.get_value("File", {"file_url": found})
	if not name:
		refuse(_("Document {0} is none of contract {1}.").format(document, doc.name), _("File"))
	return name


def mail_out(
	doc,
	recipients: str,
	subject: str,
	message: str,
	fids: list[str],
	*,
	sender: str | None = None,
	to_ourselves: bool = False,
):
	"""Queue a mail about a contract, to addresses with commas between, and file it there. Returns the Communication, None where the
	mail could not be queued: then nothing is filed."""
	frappe.db.savepoint("b2b_contract_mail")
	try:
		mail = frappe.get_doc(
			{
				"doctype": MAIL,
				"communication_type": TO_OURSELVES if to_ourselves else CONVERSATION,
				"communication_medium": "Email",
				"sent_or_received": WENT_OUT,
				"reference_doctype": CONTRACT,
				"reference_name": doc.name,
				"subject": subject,
				"content": message,
				"sender": sender,
				"recipients": recipients,
				"message_id": get_string_between("<", get_message_id(), ">"),
				"has_attachment": int(bool(fids)),
			}
		)
		mail.flags.skip_add_signature = True
		mail.insert(ignore_permissions=True)
		for fid in fids:
			private_files.hang_on(fid, MAIL, mail.name)
		queued = frappe.sendmail(
			recipients=recipients.split(", "),
			subject=subject,
			message=message,
			reference_doctype=CONTRACT,
			reference_name=doc.name,
			attachments=[{"fid": fid} for fid in fids],
			communication=mail.name,
			message_id=mail.message_id,
			add_unsubscribe_link=0,
		)
	except Exception:
		frappe.db.rollback(save_point="b2b_contract_mail")
		if not frappe.are_emails_muted():
			frappe.log_error(
				title=f"No mail could be sent: {subject}"[:140],
				reference_doctype=CONTRACT,
				reference_name=doc.name,
			)
		return None
	if queued == []:
		frappe.db.rollback(save_point="b2b_contract_mail")
		return None
	return mail


def delivered_with(contract: str, file_url: str | None) -> str | None:
	"""Return the message ID of a mail about a contract that left with a file, None where none has (yet)."""
	if not file_url:
		return None
	mail, file = frappe.qb.DocType(MAIL), frappe.qb.DocType("File")
	found = (
		frappe.qb.from_(mail)
		.join(file)
		.on((file.attached_to_doctype == MAIL) & (file.attached_to_name == mail.name))
		.select(mail.message_id)
		.where((mail.reference_doctype == CONTRACT) & (mail.reference_name == contract))
		.where((mail.sent_or_received == WENT_OUT) & (mail.communication_type == CONVERSATION))
		.where((file.file_url == file_url) & mail.delivery_status.isin(ARRIVED))
		.orderby(mail.creation)
		.limit(1)
		.run(pluck=True)
	)
	return found[0] if found else None


def addresses_of(doc) -> list[str]:
	"""Return whom at the customer a mail about a contract goes to at first: who gets legal notices, else the parties' addresses."""
	found = [row.email for row in contacts.addresses_for(doc.customer, contacts.LEGAL_NOTICES, doc.company)]
	found += [row.email for row in doc.parties if row.party_role != "Us" and row.email]
	return list(dict.fromkeys(found))[:3]


# ------------------------------------------------------------------ in
def take(mail) -> None:
	"""File a mail that came in with the contract that its subject names, and tell those who answer for the contract."""
	if mail.sent_or_received != CAME_IN or mail.communication_type != CONVERSATION:
		return
	name = mail.reference_name if mail.reference_doctype == CONTRACT else None
	if not name and not mail.reference_doctype:
		name = _named_in(mail)
		if name:
			mail.db_set({"reference_doctype": CONTRACT, "reference_name": name}, update_modified=False)
	if not name:
		return
	title, owner, manager = frappe.db.get_value(
		CONTRACT, name, ["title", "contract_owner", "account_manager"]
	) or ("", None, None)
	text = _("{0} wrote about contract {1}: {2}").format(
		mail.sender_full_name or mail.sender, title, mail.subject or ""
	)
	notices.bell(CONTRACT, name, [owner, manager], text)


def _named_in(mail) -> str | None:
	found = NUMBER.search(mail.subject or "")
	if not found or not frappe.db.exists(CONTRACT, found[0].upper()):
		return None
	doc = frappe.get_doc(CONTRACT, found[0].upper())
	return doc.name if _knows(doc, parse_addr(mail.sender or "")[1]) else None


def _knows(doc, email: str) -> bool:
	"""Whether an address is one of the contract's or its customer's: anybody may write a number into a subject."""
	if not email:
		return False
	email = email.lower()
	named = {(row.email or "").lower() for table in (doc.parties, doc.signatories) for row in table}
	if email in named or email == (frappe.db.get_value("Customer", doc.customer, "email_id") or "").lower():
		return True
	address, link = frappe.qb.DocType("Contact Email"), frappe.qb.DocType("Dynamic Link")
	return bool(
		frappe.qb.from_(address)
		.join(link)
		.on((link.parent == address.parent) & (link.parenttype == "Contact"))
		.select(address.name)
		.where((address.email_id == email) & (link.link_doctype == "Customer"))
		.where(link.link_name == doc.customer)
		.limit(1)
		.run()
	)


def refuse_deletion(mail) -> None:
	"""Keep what was written about a contract, even from whoever wrote it."""
	if mail.reference_doctype != CONTRACT or mail.communication_type != CONVERSATION:
		return
	if frappe.flags.in_uninstall or "System Manager" in frappe.get_roles():
		return
	frappe.throw(
		_(
			"This mail is filed with contract {0} and stays there. Ask a System Manager if it is none of its."
		).format(mail.reference_name),
		EvidenceError,
		title=_("Correspondence"),
	)


# ------------------------------------------------------------------ one list
def entries(doc, search: str = "", start: int = 0) -> dict:
	"""Return what was written about a contract, the newest first: `{rows: [{doctype, name, kind, direction, on, from_or_to, subject,
	snippet, files: [{name, url}], status}], more}`. Whoever may read the contract may read all of it."""
	wanted = cint(start) + PAGE + 1
	found = [*_mails(doc.name, search, wanted), *_letters(doc.name, search, wanted)]
	found.sort(key=lambda row: (row["on"], row["name"]), reverse=True)
	page = found[cint(start) : cint(start) + PAGE]
	_add_files(page)
	return {"rows": page, "more": len(found) > cint(start) + PAGE}


def _pattern(search: str) -> str:
	escaped = re.sub(r"([\\%_])", r"\\\1", search.strip())
	return f"%{escaped}%"


def _mails(name: str, search: str, wanted: int) -> list[dict]:
	mail = frappe.qb.DocType(MAIL)
	query = (
		frappe.qb.from_(mail)
		.select(
			*(mail.name, mail.sent_or_received, mail.communication_date, mail.creation, mail.sender),
			*(mail.sender_full_name, mail.recipients, mail.subject, mail.content, mail.delivery_status),
		)
		.where((mail.reference_doctype == CONTRACT) & (mail.reference_name == name))
		.where(mail.communication_type == CONVERSATION)
		.orderby(mail.communication_date, order=Order.desc)
		.limit(wanted)
	)
	if (search or "").strip():
		like = _pattern(search)
		query = query.where(
			mail.subject.like(like)
			| mail.content.like(like)
			| mail.sender.like(like)
			| mail.sender_full_name.like(like)
			| mail.recipients.like(like)
		)
	rows = []
	for row in query.run(as_dict=True):
		came_in = row.sent_or_received == CAME_IN
		rows.append(
			{
				"doctype": MAIL,
				"name": row.name,
				"kind": "E-mail",
				"direction": row.sent_or_received,
				"on": str(get_datetime(row.communication_date or row.creation)),
				"from_or_to": (row.sender_full_name or row.sender) if came_in else row.recipients or "",
				"subject": row.subject or "",
				"snippet": _snippet(row.content),
				"status": "" if came_in else row.delivery_status or "",
			}
		)
	return rows


def _letters(name: str, search: str, wanted: int) -> list[dict]:
	letter = frappe.qb.DocType(LETTER)
	query = (
		frappe.qb.from_(letter)
		.select(
			*(letter.name, letter.kind, letter.status, letter.letter_date, letter.correspondent),
			*(letter.title, Substring(letter.content, 1, SNIPPET).as_("snippet"), letter.file),
		)
		.where(letter.contract == name)
		.orderby(letter.letter_date, order=Order.desc)
		.limit(wanted)
	)
	if (search or "").strip():
		like = _pattern(search)
		query = query.where(
			letter.title.like(like) | letter.content.like(like) | letter.correspondent.like(like)
		)
	return [
		{
			"doctype": LETTER,
			"name": row.name,
			"kind": row.kind,
			"direction": CAME_IN if row.kind == CAME_IN else WENT_OUT,
			"on": str(get_datetime(row.letter_date)),
			"from_or_to": row.correspondent or "",
			"subject": row.title,
			"snippet": row.snippet or "",
			"status": row.status,
			"file": row.file,
		}
		for row in query.run(as_dict=True)
	]


def _snippet(content: str | None) -> str:
	return " ".join(strip_html((content or "").replace("<", " <")).split())[:SNIPPET]


def _add_files(rows: list[dict]) -> None:
	mails = [row["name"] for row in rows if row["doctype"] == MAIL]
	attached: dict[str, list[dict]] = {}
	for file in frappe.get_all(
		"File",
		filters={"attached_to_doctype": MAIL, "attached_to_name": ["in", mails or [""]]},
		fields=["attached_to_name", "file_name", "file_url"],
	):
		attached.setdefault(file.attached_to_name, []).append({"name": file.file_name, "url": file.file_url})
	for row in rows:
		url = row.pop("file", None)
		own = [{"name": url.rsplit("/", 1)[-1], "url": url}] if url else []
		row["files"] = own or attached.get(row["name"], [])
