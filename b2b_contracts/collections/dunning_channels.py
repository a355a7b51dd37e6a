"""How a notice leaves the house, and what happens when it does not arrive: SMS, then e-mail, then a letter (requirements §3).

An e-mail leaves through Frappe's queue, which sends it later and tries again; an SMS leaves at once, after it was noted that
it will. What Frappe's queue or the gateway does not answer is unclear, and a person says whether it went.
"""

import re
from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import add_days, add_to_date, getdate, now_datetime

from b2b_contracts.credit import clearing, contacts, locking, notices
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError

from . import collection_cases, collection_tasks, dunning_templates, printed_pdfs
from .dunning_notices import FAILED, NOTICE, QUEUED, RESERVED, SENDING, SENT, UNCLEAR, mark_log, save
from .invoices import INVOICE

LETTERS = (engine.LETTER, engine.REGISTERED_LETTER, engine.LEGAL_NOTICE)
QUEUE = "Email Queue"
MOST_INVOICE_COPIES = 20
# So long Frappe's queue may be at a mail, and we at an SMS, before nobody knows.
MINUTES_UNTIL_UNCLEAR = 60
MINUTES_OF_AN_SMS = 10
DAYS_OF_BOUNCES = 14
# Who writes when a mail could not be delivered, and what it says.
_POSTMASTERS = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon)@", re.IGNORECASE)
_FAILURE = re.compile(
	r"undeliver|delivery (status|failure)|returned mail|failure notice|mail delivery failed|could not be delivered"
	r"|kunne ikke leveres|ikke levert|kunde inte levereras",
	re.IGNORECASE,
)
_REFERENCE = re.compile(r"DRUN-\d{4}-\d+-\d{3}-\d{3}")


# ------------------------------------------------------------------ handed over
def dispatch(doc) -> Callable[[], None] | None:
	"""Hand a notice to its channel, within its transaction. Returns what is to be done once that is committed."""
	render(doc)
	if doc.channel in LETTERS:
		return to_letter(doc, doc.channel)
	if doc.channel == engine.SMS:
		return by_sms(doc)
	return by_email(doc)


def render(doc):
	"""Write the words of a notice on it, as they go out. Returns them, the SMS among them."""
	rendered = dunning_templates.render(
		doc.template, doc.language, dunning_templates.context_of(doc), statements_of(doc)
	)
	doc.update({"subject": rendered.subject, "message": rendered.message, "language": rendered.language})
	return rendered


def message_of(name: str) -> dict:
	"""Return the words of a notice: as they went out, or as they would by now where they have not."""
	doc = frappe.get_doc(NOTICE, name)
	if not doc.message and doc.template:
		render(doc)
	return {"subject": doc.subject or "", "message": doc.message or "", "language": doc.language or ""}


def statements_of(doc) -> list[str]:
	"""Return what a notice announces, of whatever step of its items."""
	return [what for what in (doc.announces or "").split(", ") if what]


# ------------------------------------------------------------------ e-mail
def by_email(doc) -> None:
	"""Queue a notice as one mail. It is a row of the same transaction: sent once, or never begun."""
	if not doc.recipients:
		return fall_back(doc, _("Nobody of the customer has an e-mail address."))
	account = doc.email_account or frappe.db.get_value("Dunning Flow", doc.flow, "email_account")
	sender = account and frappe.db.get_value("Email Account", account, "email_id")
	frappe.db.savepoint("b2b_notice_mail")
	try:
		queued = frappe.sendmail(
			recipients=doc.recipients.split(", "),
			sender=sender or "",
			reply_to=frappe.db.get_value("Customer", doc.customer, "b2b_collector"),
			subject=doc.subject,
			# A mail that comes back is known by this, whatever of it comes back.
			message=f"{doc.message}<p style='color: #888'>{_('Our reference: {0}').format(doc.name)}</p>",
			attachments=_attachments(doc),
			reference_doctype=NOTICE,
			reference_name=doc.name,
			# A legal notice: nobody can unsubscribe from it.
			add_unsubscribe_link=0,
			expose_recipients="header",
			email_headers={"Auto-Response-Suppress": "OOF, AutoReply", "Dunning-Notice": doc.name},
		)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		# Frappe raises more than one error of its own where no usable outgoing account is set up.
		frappe.db.rollback(save_point="b2b_notice_mail")
		frappe.log_error(
			title=f"Dunning: no mail for {doc.name}", reference_doctype=NOTICE, reference_name=doc.name
		)
		return fall_back(doc, _("No mail could be queued. Look at the outgoing email account."))
	doc.update({"status": QUEUED, "sent_by_channel": engine.EMAIL, "email_queue": queued and queued.name})
	save(doc)
	mark_log(doc.name, SENT)


def _attachments(doc) -> list[dict]:
	"""Return what goes with a mail, as the step has it: the letter and copies of the invoices, as PDF.

	They are printed here: Frappe's queue would fetch their style sheet from the site, which a job may not reach.
	"""
	# They know the channels.
	from . import dunning_letters

	step = frappe.db.get_value(
		"Dunning Flow Step",
		{"parent": doc.flow, "step_code": doc.step_code},
		["attach_letter", "attach_invoices"],
		as_dict=True,
	)
	if not step:
		return []
	found = []
	if step.attach_letter:
		found.append(_attached(doc.name, dunning_letters.pdf_of(doc)))
	if step.attach_invoices:
		names = list(dict.fromkeys(row.sales_invoice for row in doc.items if row.chased_amount))
		with notices.writing_in(doc.language):
			found += [
				_attached(name, printed_pdfs.pdf_of(INVOICE, name)) for name in names[:MOST_INVOICE_COPIES]
			]
	return found


def _attached(name: str, content: bytes) -> dict:
	return {"fname": f"{name.replace('/', '-')}.pdf", "fcontent": content}


# ------------------------------------------------------------------ SMS
def by_sms(doc) -> Callable[[], None] | None:
	"""Note that an SMS is about to leave. Returns what sends it once that is committed."""
	text = render(doc).sms
	number = mobile_of(doc.customer, doc.company)
	why = None
	if not text:
		why = _("The template {0} has no text for SMS in this language.").format(doc.template)
	elif not number:
		why = _("Nobody of the customer has a mobile number.")
	elif not frappe.db.get_single_value("SMS Settings", "sms_gateway_url"):
		why = _("No SMS gateway is set up.")
	if why:
		return fall_back(doc, why)
	doc.update({"status": SENDING, "sent_by_channel": engine.SMS, "recipients": number, "message": text})
	save(doc)
	return lambda: _send_sms(doc.name, number, text)


def _send_sms(name: str, number: str, text: str) -> None:
	"""Send an SMS, and write down what the gateway said. What it did not say is unclear."""
	import requests
	from frappe.core.doctype.sms_settings.sms_settings import send_via_gateway

	try:
		send_via_gateway({"receiver_list": [number], "message": text.encode(), "success_msg": False})
	except (requests.HTTPError, requests.ConnectTimeout) as refusal:
		frappe.db.rollback()
		return clearing.in_own_transaction(_did_not_go, name, str(refusal))
	except Exception as unknown:
		frappe.db.rollback()
		return clearing.in_own_transaction(_is_unclear, name, str(unknown))
	clearing.in_own_transaction(_went, name)


def mobile_of(customer: str, company: str) -> str:
	"""Return the mobile number that reminders go to, without blanks: of whoever pays invoices, else of the customer; empty
	without one."""
	numbers = [
		frappe.db.get_value("Contact", address.contact, "mobile_no")
		for address in contacts.addresses_for(customer, contacts.ACCOUNTS_PAYABLE, company)
		if address.contact
	]
	primary, own = frappe.db.get_value("Customer", customer, ["customer_primary_contact", "mobile_no"])
	if primary:
		numbers.append(frappe.db.get_value("Contact", primary, "mobile_no"))
	return re.sub(r"[ ()-]", "", next(filter(None, [*numbers, own]), ""))


# ------------------------------------------------------------------ letters
def to_letter(doc, channel: str) -> None:
	"""Put a notice on the pile of letters to print; printing it is what sends it."""
	doc.update({"status": QUEUED, "sent_by_channel": channel, "email_queue": None})
	save(doc)
	mark_log(doc.name, SENT)


def fall_back(doc, why: str) -> None:
	"""Let the next channel do what one could not, and somebody find out how the customer is reached."""
	doc.delivery_error = "\n".join(filter(None, (doc.delivery_error, why)))
	if doc.channel == engine.SMS and doc.sent_by_channel in (None, "", engine.SMS):
		doc.sent_by_channel = engine.EMAIL
		addresses = contacts.addresses_for(doc.customer, contacts.ACCOUNTS_PAYABLE, doc.company)
		doc.recipients = ", ".join(address.email for address in addresses)
		render(doc)
		return by_email(doc)
	to_letter(doc, engine.LETTER)
	collection_tasks.open_task(
		"Find Address",
		doc.customer,
		doc.company,
		about=collection_tasks.About(NOTICE, doc.name, doc.step_code),
		due=getdate(),
		reason=_("{0} goes as a letter. {1}").format(doc.name, why),
	)


def propose_case(doc) -> None:
	"""Propose the hand-over of those items of a notice to collection that have come to it."""
	step_code = doc.contact_step or doc.step_code
	names = list(dict.fromkeys(row.sales_invoice for row in doc.items if row.step_code == step_code))
	collection_cases.propose(
		doc.customer, doc.company, _("Step {0} of {1}").format(step_code, doc.flow), names
	)


# ------------------------------------------------------------------ what became of it
def follow() -> None:
	"""Look at what became of mails that were queued, and at SMS that were begun and not ended. May be run again at any time."""
	notice, queue = frappe.qb.DocType(NOTICE), frappe.qb.DocType(QUEUE)
	rows = (
		frappe.qb.from_(notice)
		.left_join(queue)
		.on(queue.name == notice.email_queue)
		.select(notice.name, queue.status, queue.modified, queue.error)
		.where((notice.status == QUEUED) & (notice.sent_by_channel == engine.EMAIL))
		.where(queue.status.isnull() | (queue.status != "Not Sent"))
		.orderby(notice.name)
		.run()
	)
	late = add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_UNCLEAR)
	for name, status, touched, error in rows:
		if status == "Error":
			clearing.in_own_transaction(_did_not_go, name, _last_line(error))
		elif status in ("Sent", None):
			# A queue that is cleaned up forgets what it has sent.
			clearing.in_own_transaction(_went, name)
		elif status == "Sending" and touched < late:
			clearing.in_own_transaction(_look_at_recipients, name)
	begun = add_to_date(now_datetime(), minutes=-MINUTES_OF_AN_SMS)
	for name in frappe.get_all(NOTICE, {"status": SENDING, "modified": ["<", begun]}, pluck="name"):
		clearing.in_own_transaction(_is_unclear, name, _("The sending was interrupted."))


def _look_at_recipients(name: str) -> bool:
	"""Decide about a mail that the queue began and did not end: what it noted of every recipient is known."""
	queue = frappe.db.get_value(NOTICE, name, "email_queue")
	states = set(frappe.get_all("Email Queue Recipient", {"parent": queue}, pluck="status"))
	if states == {"Sent"}:
		return _went(name)
	return _is_unclear(name, _("The mail server was reached, and its answer was not noted."))


def _went(name: str) -> bool:
	doc = locking.locked_doc(NOTICE, name)
	if doc.status not in (QUEUED, SENDING, UNCLEAR):
		return False
	doc.status = SENT
	save(doc)
	mark_log(name, SENT)
	return True


def _did_not_go(name: str, why: str) -> bool:
	doc = locking.locked_doc(NOTICE, name)
	if doc.status not in (QUEUED, SENDING, SENT, UNCLEAR):
		return False
	fall_back(doc, why)
	return True


def _is_unclear(name: str, why: str) -> bool:
	doc = locking.locked_doc(NOTICE, name)
	if doc.status not in (QUEUED, SENDING):
		return False
	doc.update({"status": UNCLEAR, "delivery_error": why})
	save(doc)
	mark_log(name, UNCLEAR)
	collection_tasks.open_task(
		"Decide Unclear",
		doc.customer,
		doc.company,
		about=collection_tasks.About(NOTICE, name, doc.step_code),
		due=getdate(),
		reason=_("Nobody knows whether {0} went. {1} Say whether it did.").format(name, why),
	)
	return True


def _last_line(error: str | None) -> str:
	lines = [line.strip() for line in (error or "").splitlines() if line.strip()]
	return lines[-1][:300] if lines else _("The mail server refused it.")


def decide(name: str, did_go: bool):
	"""Let a person say whether a notice went whose fate nobody knows; one that did not goes by the next channel. Returns it."""
	doc = locking.locked_doc(NOTICE, name)
	if doc.status not in (UNCLEAR, FAILED):
		frappe.throw(
			_("{0} is {1}: there is nothing to decide.").format(name, _(doc.status, context=NOTICE)),
			DunningError,
			title=_("Dunning notice"),
		)
	if did_go:
		_went(name)
	elif doc.status == UNCLEAR:
		mark_log(name, RESERVED)
		_did_not_go(name, _("Did not go, says {0}.").format(frappe.session.user))
	for task in frappe.get_all(
		collection_tasks.TASK,
		{"reference_doctype": NOTICE, "reference_name": name, "kind": "Decide Unclear", "status": "Open"},
		pluck="name",
	):
		collection_tasks.end(task, _("Decided"))
	return frappe.get_doc(NOTICE, name)


# ------------------------------------------------------------------ mails that come back
def take_bounce(communication) -> str | None:
	"""Look whether a mail that came in says that a notice could not be delivered; if so the next channel has it. Returns the
	notice."""
	if communication.sent_or_received != "Received" or not _is_failure(communication):
		return None
	name = _bounced_notice(communication)
	if not name:
		return None
	doc = locking.locked_doc(NOTICE, name)
	if doc.sent_by_channel != engine.EMAIL or doc.status not in (QUEUED, SENT):
		return None
	frappe.db.set_value(
		"Communication",
		communication.name,
		{"reference_doctype": NOTICE, "reference_name": name},
		update_modified=False,
	)
	fall_back(doc, _("The mail came back: {0}").format((communication.subject or "")[:200]))
	return name


def _is_failure(communication) -> bool:
	return bool(
		_POSTMASTERS.match(communication.sender or "") or _FAILURE.search(communication.subject or "")
	)


def _bounced_notice(communication) -> str | None:
	"""Return the notice that came back: by its reference in what came back, else the newest to an address that it names."""
	text = f"{communication.subject or ''} {communication.content or ''}"
	for name in _REFERENCE.findall(text):
		if frappe.db.exists(NOTICE, name):
			return name
	addresses = sorted(set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+\w", text)))
	for address in addresses[:20]:
		found = frappe.get_all(
			NOTICE,
			{
				"status": ["in", (QUEUED, SENT)],
				"sent_by_channel": engine.EMAIL,
				"recipients": ["like", f"%{address}%"],
				"run_date": [">=", add_days(getdate(), -DAYS_OF_BOUNCES)],
			},
			pluck="name",
			order_by="creation desc",
			limit=1,
		)
		if found:
			return found[0]
	return None
