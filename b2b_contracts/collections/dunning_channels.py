"""How a notice leaves the house: by e-mail, SMS or letter, and what happens when it does not arrive (requirements §3)."""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import dunning as engine

from . import collection_cases, collection_tasks, dunning_templates
from .dunning_notices import NOTICE, QUEUED, SENT, mark_log, save

LETTERS = (engine.LETTER, engine.REGISTERED_LETTER, engine.LEGAL_NOTICE)


def dispatch(doc) -> Callable[[], None] | None:
	"""Hand a notice to its channel, within its transaction. Returns what is to be done once that is committed."""
	render(doc)
	if doc.channel in LETTERS:
		return to_letter(doc)
	if not doc.recipients:
		return fall_back(doc, _("Nobody of the customer has an e-mail address."))
	return by_email(doc)


def render(doc) -> None:
	"""Write the words of a notice on it, as they go out."""
	rendered = dunning_templates.render(
		doc.template, doc.language, dunning_templates.context_of(doc), statements_of(doc)
	)
	doc.update({"subject": rendered.subject, "message": rendered.message, "language": rendered.language})


def message_of(name: str) -> dict:
	"""Return the words of a notice: as they went out, or as they would by now where they have not."""
	doc = frappe.get_doc(NOTICE, name)
	if not doc.message and doc.template:
		render(doc)
	return {"subject": doc.subject or "", "message": doc.message or "", "language": doc.language or ""}


def statements_of(doc) -> list[str]:
	"""Return what a notice announces, of whatever step of its items."""
	return [what for what in (doc.announces or "").split(", ") if what]


def by_email(doc) -> None:
	"""Queue a notice as one mail. It is a row of the same transaction: sent once, or never begun."""
	account = frappe.db.get_value("Dunning Flow", doc.flow, "email_account")
	sender = account and frappe.db.get_value("Email Account", account, "email_id")
	queued = frappe.sendmail(
		recipients=doc.recipients.split(", "),
		sender=sender or "",
		subject=doc.subject,
		message=doc.message,
		reference_doctype=NOTICE,
		reference_name=doc.name,
		# It is a legal notice: nobody can unsubscribe from it, and it is no answer to be answered by a machine.
		add_unsubscribe_link=0,
		expose_recipients="header",
		email_headers={"Auto-Response-Suppress": "OOF, AutoReply"},
	)
	doc.update({"status": QUEUED, "email_queue": queued and queued.name})
	save(doc)
	mark_log(doc.name, SENT)


def to_letter(doc, channel: str = "") -> None:
	"""Put a notice on the pile of letters to print; it counts as sent on the day it is printed."""
	doc.update({"status": QUEUED, "sent_by_channel": channel or doc.channel})
	save(doc)
	mark_log(doc.name, SENT)
	collection_tasks.open_task(
		"Send Letter",
		doc.customer,
		doc.company,
		about=collection_tasks.About(NOTICE, doc.name, doc.step_code),
		due=getdate(),
		reason=_("Print and send {0} of {1}.").format(doc.name, doc.customer_name),
	)


def fall_back(doc, why: str) -> None:
	"""Let the next channel do what one could not: a letter, and somebody who finds out the right address."""
	doc.delivery_error = why
	to_letter(doc, engine.LETTER)
	collection_tasks.open_task(
		"Find Address",
		doc.customer,
		doc.company,
		about=collection_tasks.About(NOTICE, doc.name, doc.step_code),
		due=getdate(),
		reason=why,
	)


def propose_case(doc) -> None:
	"""Propose the hand-over of what a notice is about to collection."""
	names = list(dict.fromkeys(row.sales_invoice for row in doc.items if row.step_code))
	collection_cases.propose(
		doc.customer, doc.company, _("Step {0} of {1}").format(doc.step_code, doc.flow), names
	)


def follow() -> None:
	"""Look at what became of what was handed over."""
