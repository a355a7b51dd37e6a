"""Letters about a contract: the notice or the acknowledgement that a termination prints, the proof that it left, which is asked for
until it is there, and letters that were filed by hand (requirements §6).

What a letter says is settled when it is written, and its file is kept. The proof is written down once and never changed.
"""

from datetime import date

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate, get_url_to_form, getdate, now_datetime, strip_html

from b2b_contracts.credit import (
	clearing,
	contacts,
	letter_pages,
	letters,
	locking,
	notices,
	people,
	private_files,
)
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import dispatch

from . import correspondence, documents, events, facts, in_force, letter_wording, life_cycle, watching
from .contracts import refuse
from .facts import CONTRACT
from .letter_wording import Words

LETTER = "Contract Letter"
NOTICE, ACKNOWLEDGEMENT, RECEIVED, SENT = "Notice", "Acknowledgement", "Received", "Sent"
TO_BE_SENT, LEFT, FILED = "To Be Sent", "Sent", "Filed"
MESSAGE = "b2b_contracts/templates/contract_letter.html"
PROOF_TEMPLATE = "Contract: proof of dispatch"
# Characters of a filed letter that are searched.
MOST_WORDS = 200_000
# The languages that letters are written in; in any other one, English is.
LANGUAGES = ("da", "nb", "no", "sv", "en")


# ------------------------------------------------------------------ written
def of_termination(doc, outcome: terms.Outcome, cause: str = "", document: str | None = None):
	"""Write the letter that a termination needs: our notice, or the acknowledgement of the customer's, which is filed with it. A
	`document` is the notice as somebody wrote it: then none is printed. Returns the Contract Letter."""
	if doc.termination_kind == terms.RECEIVED:
		if document:
			file_by_hand(
				*(doc, RECEIVED, document, _("Notice of termination"), outcome.given_on),
				correspondent=doc.customer_name or doc.customer,
			)
	elif document:
		return _keep_theirs(doc, outcome, document)
	composed = _composed(doc, outcome, cause)
	dated = composed["letter_date"]
	letter = _insert(
		doc, **composed, status=TO_BE_SENT, next_reminder_on=dispatch.next_reminder(dated, dated)
	)
	_keep_file(doc, letter)
	return letter


def preview(doc, outcome: terms.Outcome, cause: str = "") -> str:
	"""Return the letter that a termination would write as a page of HTML, for the screen. The kind stands on the document."""
	letter = frappe._dict(_composed(doc, outcome, cause))
	with notices.writing_in(letter.language):
		return letter_pages.page(html_of(doc, letter), letters.styles(), 1.0)


def need_cause(kind: str, cause: str | None, document: str | None) -> str:
	"""Return the cause as a letter says it. Refuses a termination for cause whose letter would name none."""
	cause = (cause or "").strip()
	if kind == terms.CAUSE and not cause and not document:
		refuse(
			_("Write down the cause as the letter to the customer names it, or attach the letter."),
			_("Cause missing"),
		)
	return cause


def _composed(doc, outcome: terms.Outcome, cause: str) -> dict:
	"""Return what a letter says, to whom and in which language, as fields of a Contract Letter."""
	is_answer = doc.termination_kind == terms.RECEIVED
	kind = ACKNOWLEDGEMENT if is_answer else NOTICE
	language = language_of(doc)
	with notices.writing_in(language):
		words = (
			letter_wording.acknowledgement(doc, outcome)
			if is_answer
			else letter_wording.notice(doc, outcome, cause)
		)
		message = _message(doc, kind, words)
		receiver = _receiver(doc)
	return {
		"kind": kind,
		"title": words.subject,
		"letter_date": getdate() if is_answer else outcome.given_on,
		"language": language,
		"receiver": "\n".join(receiver),
		"correspondent": doc.customer_name or doc.customer,
		"message": message,
		"content": _plain(message),
	}


def _insert(doc, **fields):
	letter = frappe.get_doc(
		{
			"doctype": LETTER,
			"contract": doc.name,
			"customer": doc.customer,
			"company": doc.company,
			**fields,
			"title": fields["title"][:255],
		}
	)
	letter.flags.contract_service = True
	return letter.insert(ignore_permissions=True)


def language_of(doc) -> str:
	"""Return the language in which we write to a contract's customer: that of who gets legal notices, else the customer's own."""
	found = contacts.addresses_for(doc.customer, contacts.LEGAL_NOTICES, doc.company)
	wanted = next((row.language for row in found if row.has_role and row.language), None)
	wanted = wanted or frappe.db.get_value("Customer", doc.customer, "language")
	code = (wanted or frappe.db.get_default("lang") or "en").split("-")[0]
	return code if code in LANGUAGES else "en"


def _receiver(doc) -> list[str]:
	"""Return where a letter goes, line by line: where the contract says, else the customer's address."""
	home = frappe.get_cached_value("Company", doc.company, "country")
	party = next((row for row in doc.parties if row.party_role == "Customer" and row.address), None)
	found = contacts.addresses_for(doc.customer, contacts.LEGAL_NOTICES, doc.company)
	person = next((row.contact for row in found if row.has_role and row.contact), None)
	name = person and frappe.db.get_value("Contact", person, "full_name")
	lines = party.address.splitlines() if party else letters.address_lines("Customer", doc.customer, home)
	attention = [_("Attn. {0}").format(name)] if name else []
	return [doc.customer_name or doc.customer, *attention, *(line.strip() for line in lines if line.strip())]


def _message(doc, kind: str, words: Words) -> str:
	return frappe.render_template(
		MESSAGE,
		{
			"paragraphs": words.paragraphs,
			"company": doc.company,
			"customer_name": doc.customer_name or doc.customer,
			"signed_by": frappe.utils.get_fullname(doc.decided_by or frappe.session.user),
			"asks_for_receipt": kind == NOTICE,
		},
	)


def html_of(doc, letter) -> str:
	"""Return a letter as HTML, without a page around it, in the language of the moment."""
	owner = frappe.db.get_value(
		"User", doc.contract_owner, ["full_name", "email", "phone", "mobile_no"], as_dict=True
	)
	rows = [
		(_("Date"), letters.day_text(letter.letter_date)),
		(_("Our reference"), doc.name),
		(_("Your reference"), doc.external_reference),
		(_("Your contact"), owner and owner.full_name),
		(_("Phone"), owner and (owner.phone or owner.mobile_no)),
		(_("E-mail"), owner and owner.email),
	]
	return frappe.render_template(
		letters.TEMPLATE,
		{
			"letter_head": letters.letter_head(doc.company, {"doc": doc.as_dict()}),
			"sender": {"name": doc.company, "lines": letters.address_lines("Company", doc.company)},
			"receiver": (letter.receiver or "").splitlines(),
			"sent_as": "",
			"facts": [(label, value) for label, value in rows if value],
			"subject": letter.title,
			"message": letter.message,
			"interest": [],
		},
	)


def _keep_file(doc, letter) -> None:
	"""Make the PDF of a letter and file it with the contract. Without a printer of PDFs the letter stands all the same, and is
	printed later."""
	try:
		with notices.writing_in(letter.language):
			content = letter_pages.pdf(html_of(doc, letter), letters.styles(), letter.name)
	except Exception:
		frappe.log_error(
			title=f"Letter {letter.name} could not be printed",
			reference_doctype=LETTER,
			reference_name=letter.name,
		)
		return
	url = private_files.keep(
		*(letter_pages.as_file(content), f"{letter.name}.pdf", frappe.session.user),
		attached_to_doctype=CONTRACT,
		attached_to_name=doc.name,
	)
	_file(doc, letter, url, documents.NOTICE)


def _file(doc, letter, url: str, kind: str) -> None:
	filed = documents.file_document(
		doc.name, kind, url, title=letter.title, text=letter.content or None, language=letter.language or ""
	)
	locking.write(
		letter,
		{
			"file": url,
			"file_hash": filed.file_hash,
			"content": (letter.content or filed.text or "")[:MOST_WORDS],
		},
	)


def print_again(name: str):
	"""Make the PDF of a letter that could not be printed when it was written. Returns the letter."""
	letter = locking.locked_doc(LETTER, name)
	doc = writable(letter.contract)
	if letter.file:
		refuse(_("Letter {0} is printed already.").format(name), _("Printed"))
	_keep_file(doc, letter)
	if not letter.file:
		refuse(
			_(
				"The letter could not be made as a PDF. Ask whoever looks after the system to see the error log."
			),
			_("Not printed"),
		)
	return letter


def _keep_theirs(doc, outcome: terms.Outcome, document: str):
	"""Keep a notice that somebody wrote without us: its proof is asked for like that of any other."""
	with notices.writing_in(language_of(doc)):
		subject = letter_wording.notice(doc, outcome).subject
	letter = _insert(
		doc,
		kind=NOTICE,
		status=TO_BE_SENT,
		title=subject,
		letter_date=outcome.given_on,
		language=language_of(doc),
		correspondent=doc.customer_name or doc.customer,
		next_reminder_on=dispatch.next_reminder(outcome.given_on, outcome.given_on),
	)
	_file(doc, letter, document, documents.NOTICE)
	return letter


def _plain(message: str) -> str:
	return " ".join(strip_html(message.replace("<", " <")).split())


def writable(contract: str):
	"""Return a contract for whoever may write it; refuses everybody else."""
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("write")
	return doc


# ------------------------------------------------------------------ the proof that it left
def record_dispatch(
	name: str,
	method: str,
	dispatched_on: str,
	tracking_number: str | None = None,
	proof: str | None = None,
	dispatched_by: str | None = None,
):
	"""Write down how and when a letter left, and what proves it; once. Where a notice left later than it was dated, the contract
	ends when that day brings it. Returns the letter."""
	letter = locking.locked_doc(LETTER, name)
	doc = writable(letter.contract)
	if letter.status != TO_BE_SENT:
		refuse(
			_("How letter {0} left is written down already, and stays as it is.").format(name),
			_("Proof of dispatch"),
		)
	day = getdate(dispatched_on)
	file = private_files.readable(proof) if proof else None
	if proof and file is None:
		refuse(_("The file of the proof is not there, or not open to you."), _("File"))
	number = (tracking_number or "").strip()
	mail = method == dispatch.EMAIL and correspondence.delivered_with(doc.name, letter.file)
	if mail:
		number = mail[:140]
	proven = dispatch.Proof(method, day, number, file is not None or bool(mail))
	found = dispatch.obstacles(proven, getdate(letter.letter_date), getdate())
	if found:
		sentences = [_why_no_proof(what, letter, day) for what in found]
		refuse("<br>".join(map(escape_html, sentences)), _("Proof of dispatch"))
	values = {
		"status": LEFT,
		"dispatch_method": method,
		"dispatched_on": day,
		"dispatched_by": (dispatched_by or "").strip()[:140] or frappe.utils.get_fullname(),
		"tracking_number": number or None,
		"dispatch_recorded_by": frappe.session.user,
		"dispatch_recorded_on": now_datetime(),
		"next_reminder_on": None,
	}
	if file is not None:
		title = _("Proof of dispatch: {0}").format(letter.title)
		filed = documents.file_document(doc.name, documents.NOTICE, proof, title=title)
		values |= {"proof": filed.file, "proof_hash": filed.file_hash}
	locking.write(letter, values)
	events.write(
		doc,
		events.DISPATCHED,
		_dispatch_text(letter),
		events.effect_key(letter.name, "dispatched"),
		reference=letter.name,
	)
	if letter.kind == NOTICE and day > getdate(letter.letter_date):
		_end_by_the_day_it_left(doc.name, day)
	return letter


def _dispatch_text(letter) -> str:
	text = _("{0} left on {1}: {2}, taken there by {3}.").format(
		letter.title,
		formatdate(letter.dispatched_on),
		_(letter.dispatch_method, context=LETTER),
		letter.dispatched_by,
	)
	if letter.tracking_number:
		text += " " + _("Tracking number: {0}.").format(letter.tracking_number)
	if letter.proof_hash:
		text += " " + _("SHA-256 of the proof: {0}").format(letter.proof_hash)
	return text


def _why_no_proof(what: str, letter, day: date) -> str:
	if what == dispatch.DAY_AHEAD:
		return _("{0} is still to come. Enter the day on which the letter left.").format(formatdate(day))
	if what == dispatch.DAY_BEFORE:
		return _(
			"The letter is dated {0}: it cannot have left on {1}. Enter that day or a later one."
		).format(formatdate(letter.letter_date), formatdate(day))
	if what == dispatch.NUMBER:
		return _("Enter the tracking number, or attach the receipt.")
	if what == dispatch.FILE:
		return _(
			"Attach what proves it: a certificate of posting, the signed copy, or the mail as it was sent."
		)
	return _("Say how the letter was sent.")


def _end_by_the_day_it_left(name: str, day: date) -> None:
	"""Let a contract end when its notice ends it, given on the day on which it left and not on the one that it is dated."""
	doc = in_force.locked_doc(name)
	term, wanted = facts.term_of(doc), getdate(doc.terminated_on)
	if doc.termination_kind == terms.CAUSE:
		outcome = terms.for_cause(term, day, max(wanted, day))
	else:
		outcome = terms.notice_given(term, day)
	if outcome.effective <= wanted:
		return
	text = _("The notice left on {0}: it ends the contract on {1} instead of {2}.").format(
		formatdate(day), formatdate(outcome.effective), formatdate(wanted)
	)
	if doc.status not in life.RUNNING:
		text = _(
			"The notice left on {0}, after the contract was ended here on {1}. Ask legal what counts."
		).format(formatdate(day), formatdate(wanted))
		events.write(doc, events.TERMINATION, text)
	else:
		values = {
			"notice_given_on": day,
			"notice_in_time": int(outcome.in_time),
			"terminated_on": outcome.effective,
		}
		life_cycle.move(doc, values, events.TERMINATION, said=text)
	frappe.msgprint(escape_html(text), title=_("The notice left later"), indicator="orange")


def daily() -> None:
	"""Ask for every proof of dispatch that is missing and due to be asked for."""
	for name in frappe.get_all(
		LETTER, filters={"status": TO_BE_SENT, "next_reminder_on": ["<=", getdate()]}, pluck="name"
	):
		clearing.in_own_transaction(ask_for_proof, name)


def ask_for_proof(name: str) -> bool:
	"""Ask those who answer for a contract for the proof that its letter left, once for each day on which it is due. Returns whether
	anybody was asked."""
	letter = locking.locked_doc(LETTER, name)
	today, dated = getdate(), getdate(letter.letter_date)
	rung = dispatch.rung_on(dated, today)
	if letter.status != TO_BE_SENT or rung is None or getdate(letter.next_reminder_on) > today:
		return False
	doc = frappe.get_doc(CONTRACT, letter.contract)
	told = watching.recipients_of(doc, letter.owner, dispatch.escalates(rung))
	text = _("{0} of {1}: nothing shows yet that it left.").format(letter.title, formatdate(dated))
	events.write(
		*(doc, events.REMINDER, text, events.effect_key(letter.name, "proof", rung)),
		key_date_kind=dispatch.PROOF,
		key_date=dated,
		rung=rung,
		reference=letter.name,
		told=", ".join(told),
	)
	locking.write(letter, {"next_reminder_on": dispatch.next_reminder(dated, today)})
	for language, users in people.by_language(told).items():
		with notices.writing_in(language or None):
			what = _("{0} of {1}: nothing shows yet that it left.").format(letter.title, formatdate(dated))
			notices.bell(CONTRACT, doc.name, users, what)
			context = {
				"letter": letter,
				"contract": doc,
				"customer_name": doc.customer_name or doc.customer,
				"days": (today - dated).days,
				"link": get_url_to_form(CONTRACT, doc.name),
			}
			notices.mail(users, PROOF_TEMPLATE, context, CONTRACT, doc.name, language or None)
	return True


# ------------------------------------------------------------------ filed by hand
def file_by_hand(doc, kind: str, file_url: str, title: str, day, *, correspondent: str = "", note: str = ""):
	"""File a letter that came or went on paper with a contract, with its text. Returns the Contract Letter."""
	if kind not in (RECEIVED, SENT):
		refuse(_("Say whether the letter came in or went out."), _("Letter"))
	day = getdate(day)
	if day > getdate():
		refuse(
			_("{0} is still to come. Enter the date of the letter.").format(formatdate(day)),
			_("Date of the letter"),
		)
	title = (title or "").strip()
	if not title:
		refuse(_("Say what the letter is about."), _("Subject missing"))
	letter = _insert(
		doc,
		kind=kind,
		status=FILED,
		title=title,
		letter_date=day,
		correspondent=(correspondent or doc.customer_name or doc.customer)[:140],
		message=f"<p>{escape_html(note.strip())}</p>" if note.strip() else None,
	)
	filed = documents.file_document(doc.name, documents.CORRESPONDENCE, file_url, title=title)
	text = " ".join(filter(None, (note.strip(), filed.text)))
	locking.write(letter, {"file": filed.file, "file_hash": filed.file_hash, "content": text[:MOST_WORDS]})
	return letter
