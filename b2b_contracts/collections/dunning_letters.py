"""Dunning notices on paper: one letter, or a pile of them as one file to print, and that they were printed (requirements §3).

A letter that is printed later than its notice was made gives the same time to pay: its date and its deadline move along,
and the law counts from the day it left. What was printed is kept on the notice, and is what is printed again.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate, now_datetime

from b2b_contracts.credit import jobs, letter_pages, letters, locking, notices, private_files
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.letters import day_text
from b2b_contracts.engine import collection_tasks as task_rules
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError

from . import (
	collection_tasks,
	dunning_channels,
	dunning_templates,
	interest_statements,
	jurisdictions,
	statement_letters,
)
from .dunning_notices import LOG, NOTICE, QUEUED, SENT, save

# So many at once while the user waits; more are made by a job.
AT_ONCE = 25
MOST = 2_000


# ------------------------------------------------------------------ one letter
def pdf_of(notice, day: date | None = None) -> bytes:
	"""Return the letter of a notice (a document or its name) as PDF, with the date `day`: the day it was printed, else today."""
	doc = frappe.get_doc(NOTICE, notice) if isinstance(notice, str) else notice
	kept = _kept(doc)
	if kept is not None:
		return kept
	return _made(doc, day)


def _made(doc, day: date | None = None) -> bytes:
	html = html_of(doc, day)
	with notices.writing_in(dunning_templates.language_of(doc.template, doc.language)):
		return letter_pages.pdf(html, letters.styles(), doc.name)


def html_of(doc, day: date | None = None) -> str:
	"""Return the letter of a notice as HTML, without a page around it; `letter_pages` and the print format have that."""
	day = day or (getdate(doc.printed_on) if doc.printed_on else getdate())
	with notices.writing_in(dunning_templates.language_of(doc.template, doc.language)):
		subject, message = _words(doc, day)
		return frappe.render_template(letters.TEMPLATE, _context(doc, day, subject, message))


def b2b_dunning_letter(name: str) -> str:
	"""Return the letter of a notice as HTML with its styles, for the print format. Empty for whom may not read the notice."""
	if not frappe.db.exists(NOTICE, name) or not frappe.has_permission(NOTICE, "read", name):
		return ""
	return f"<style>{letters.styles()}</style>{html_of(frappe.get_doc(NOTICE, name))}"


def file_name(doc) -> str:
	return f"{doc.name}.pdf"


def _words(doc, day: date) -> tuple[str, str]:
	"""Return subject and message of a letter: as they went out where they have, else with the day of the letter."""
	if doc.printed_on or (doc.status == SENT and doc.message) or not doc.template:
		return doc.subject or "", doc.message or ""
	# Nobody clicks on paper: the links are for the messages.
	links = {"pay_link": "", "split_link": ""}
	context = {**dunning_templates.context_of(doc), "today": day_text(day), **links}
	statements = dunning_channels.statements_of(doc)
	rendered = dunning_templates.render(doc.template, doc.language, context, statements)
	return rendered.subject, rendered.message


def _context(doc, day: date, subject: str, message: str) -> dict:
	claimed = dunning_templates.claimed_interest(doc)
	annex = _interest(doc) if claimed else []
	return {
		"lang": frappe.local.lang,
		"letter_head": letters.letter_head(doc.company, {"doc": doc.as_dict()}),
		"sender": {"name": doc.company, "lines": letters.address_lines("Company", doc.company)},
		"receiver": [
			doc.customer_name or doc.customer,
			*letters.address_lines(
				"Customer", doc.customer, frappe.get_cached_value("Company", doc.company, "country")
			),
		],
		"sent_as": _sent_as(doc),
		"facts": _facts(doc, day),
		"subject": subject,
		"message": message,
		"notice": doc.name or "",
		"day": day_text(day),
		"currency": doc.currency,
		"interest": annex,
		"interest_total": dunning_templates.figure(claimed),
		"has_unconfirmed": any(not row["is_confirmed"] for part in annex for row in part["rows"]),
	}


def _sent_as(doc) -> str:
	if (doc.sent_by_channel or doc.channel) == engine.REGISTERED_LETTER:
		return _("Registered letter")
	return ""


def _facts(doc, day: date) -> list[tuple[str, str]]:
	contact = dunning_templates.contact_of(doc.customer, doc.company)
	rows = [
		(_("Date"), day_text(day)),
		(_("Our reference"), doc.name),
		(_("Customer"), doc.customer if doc.customer != doc.customer_name else ""),
		(_("Contact"), contact["contact_name"]),
		(_("Phone"), contact["contact_phone"]),
		(_("E-mail"), contact["contact_email"]),
		(_("To be paid by"), day_text(doc.deadline) if doc.deadline else ""),
	]
	return [(label, value) for label, value in rows if value]


# ------------------------------------------------------------------ the statement of interest
def _interest(doc) -> list[dict]:
	"""Return how the interest of each item was calculated, until the day on which the notice was made."""
	rows = {
		row.item_key: row
		for row in doc.items
		if dunning_templates.is_asked_for(row) and money(row.interest) > 0
	}
	until = getdate(doc.sent_on or doc.run_date)
	# Of what is left out of the letter no interest is claimed, and none is shown.
	left_out = {(row.sales_invoice, key): money(row.set_aside) for key, row in rows.items()}
	invoices = {row.sales_invoice for row in rows.values()}
	found = []
	for explained in interest_statements.explained(invoices, until, left_out):
		row = rows.get(explained.debt.row) or rows.get(f"{explained.debt.invoice}:{explained.debt.row}")
		if row is None:
			continue
		total, claimed = explained.statement.total, money(row.interest)
		found.append(
			{
				"invoice": explained.debt.invoice,
				"due": day_text(explained.debt.due),
				"basis": _basis(explained),
				"rows": [_segment(segment) for segment in explained.statement.segments],
				"not_claimed": dunning_templates.figure(claimed - total) if claimed != total else "",
				"total": dunning_templates.figure(claimed),
			}
		)
	return found


def _segment(segment) -> dict:
	return {
		"first": day_text(segment.first, "medium"),
		"until": day_text(segment.until - timedelta(days=1), "medium"),
		"days": segment.days,
		"principal": dunning_templates.figure(segment.principal),
		"percent": dunning_templates.figure(segment.percent),
		"amount": dunning_templates.figure(segment.amount),
		"is_confirmed": segment.is_confirmed,
	}


def _basis(explained: interest_statements.Explained) -> str:
	"""Return from when on and by which rate interest runs."""
	start = (
		_("Interest runs from the agreed due date.")
		if explained.demanded_on is None
		else _("Interest runs from the day that the law allows after the invoice of {0}.").format(
			day_text(explained.demanded_on)
		)
	)
	rate = (
		_("The rate is the one agreed in {0}.").format(explained.ground)
		if explained.ground
		else _("The rate is the statutory one: the reference rate and what the law adds to it.")
	)
	if explained.accepted_on:
		start = _(
			"Interest runs from {0}: the time to pay began on {1}, when the procedure for accepting the goods was over."
		).format(day_text(explained.statement.first), day_text(explained.accepted_on))
	return " ".join((start, rate, _("Days are counted by {0}.").format(explained.statement.day_count)))


# ------------------------------------------------------------------ printed
def print_letters(names: Iterable[str], two_sided: bool = False) -> dict:
	"""Make the letters of some notices ready to print, in the order of their addresses. Returns `{file_url, count}`, or
	`{count}` alone where a job makes them and tells the user when they are there."""
	names = list(dict.fromkeys(names))
	if not names:
		_refuse(_("Choose the notices whose letters are to be printed."))
	if len(names) > MOST:
		_refuse(_("{0} letters are too many for one file. Choose {1} at most.").format(len(names), MOST))
	for name in names:
		_check_printable(frappe.get_doc(NOTICE, name))
	if len(names) > AT_ONCE:
		jobs.after_commit(
			"b2b_contracts.collections.dunning_letters.print_in_background",
			queue="long",
			timeout=3600,
			names=names,
			two_sided=two_sided,
			user=frappe.session.user,
		)
		return {"count": len(names)}
	return {"file_url": _keep_pile(names, two_sided, frappe.session.user), "count": len(names)}


def print_in_background(names: list[str], two_sided: bool, user: str) -> None:
	"""Make a pile of letters and tell the user that it is there, or why it is not."""
	try:
		url = _keep_pile(names, two_sided, user)
		text = _("{0} letters are ready to print: {1}").format(len(names), url)
	except DunningError as refused:
		frappe.db.rollback()
		url, text = "", _("The letters could not be made: {0}").format(str(refused))
	_tell(names[0], user, text)
	frappe.publish_realtime("b2b_letters", {"file_url": url, "message": text}, user=user, after_commit=True)


def _tell(name: str, user: str, text: str) -> None:
	frappe.get_doc(
		{
			"doctype": "Notification Log",
			"for_user": user,
			"type": "Alert",
			"document_type": NOTICE,
			"document_name": name,
			"subject": text,
		}
	).insert(ignore_permissions=True)


def batch_pdf(names: Iterable[str], two_sided: bool = False) -> bytes:
	"""Return the letters of some notices as one PDF; each begins on a new page, and on a new sheet when `two_sided`."""
	pdfs = [pdf_of(name) for name in names]
	return (
		statement_letters.joined(letter_pages.on_whole_sheets(pdf) for pdf in pdfs)
		if two_sided
		else (statement_letters.joined(pdfs))
	)


def _keep_pile(names: list[str], two_sided: bool, user: str) -> str:
	"""Bring letters up to date, make the pile, and keep it as a file of the user's; returns its address."""
	for name in sorted(names):
		_bring_up_to_date(name)
	content = batch_pdf(names, two_sided)
	title = f"letters-{now_datetime():%Y-%m-%d-%H%M%S}.pdf"
	return private_files.keep(letter_pages.as_file(content), title, user)


def _check_printable(doc) -> None:
	doc.check_permission("write")
	if doc.status == QUEUED and (doc.sent_by_channel in dunning_channels.LETTERS):
		return
	if doc.template and (doc.printed_on or doc.status == SENT):
		return
	_refuse(
		_("{0} is {1} and goes by {2}: it is no letter that waits to be printed.").format(
			doc.name, _(doc.status, context=NOTICE), _(doc.sent_by_channel or doc.channel or "")
		)
	)


def _bring_up_to_date(name: str) -> None:
	"""Give a letter that has not been printed yet the date of today, and as much time to pay as it gave when it was made."""
	doc = locking.locked_doc(NOTICE, name)
	if doc.printed_on or doc.status != QUEUED:
		return
	today = getdate()
	made_on = _dated(doc)
	if made_on < today and doc.deadline:
		doc.deadline = getdate(doc.deadline) + (today - made_on)
	subject, message = _words(doc, today)
	doc.update({"subject": subject, "message": message})
	save(doc)
	_write_log(doc, today)


def _dated(doc) -> date:
	"""Return the date that a notice has: the day on which its steps count as sent."""
	found = frappe.db.get_value(LOG, {"notice": doc.name}, "sent_on", order_by="sent_on desc")
	return getdate(found or doc.sent_on or doc.run_date)


def _write_log(doc, sent_on: date) -> None:
	log = frappe.qb.DocType(LOG)
	(
		frappe.qb.update(log)
		.set(log.sent_on, sent_on)
		.set(log.deadline, doc.deadline)
		.set(log.modified, now_datetime())
		.where(log.notice == doc.name)
		.run()
	)


def mark_printed(
	names: Iterable[str], printed_on: date | None = None, tracking: Mapping[str, str] | None = None
) -> int:
	"""Note that letters have left the house on a day, registered ones with the tracking number; returns how many.

	A letter that was marked before gets its tracking number alone.
	"""
	tracking = tracking or {}
	printed_on = getdate(printed_on)
	if printed_on > getdate():
		_refuse(
			_("A letter cannot have left on {0}, a day that is still to come.").format(day_text(printed_on))
		)
	names = list(dict.fromkeys(names))
	for name in sorted(names):
		doc = locking.locked_doc(NOTICE, name)
		_check_printable(doc)
		number = (tracking.get(name) or "").strip()
		if doc.printed_on or doc.status == SENT:
			if number:
				_write_tracking(doc, number)
			continue
		_leave(doc, printed_on, number)
	return len(names)


def _leave(doc, printed_on: date, number: str) -> None:
	made_on = _dated(doc)
	if printed_on < made_on:
		_refuse(
			_("{0} is dated {1}: it cannot have left on {2}. Enter that day or a later one.").format(
				doc.name, day_text(made_on), day_text(printed_on)
			)
		)
	_refuse_too_little_time(doc, printed_on)
	content = _made(doc, made_on)
	doc.update(
		{
			"status": SENT,
			"printed_on": get_datetime(printed_on) if printed_on < getdate() else now_datetime(),
			"letter": _keep_letter(doc, content),
			"tracking_number": number or doc.tracking_number,
		}
	)
	save(doc)
	_write_log(doc, printed_on)
	_close_task(doc)
	doc.add_comment("Info", _("Left the house as a letter on {0}.").format(day_text(printed_on)))


def _refuse_too_little_time(doc, printed_on: date) -> None:
	"""Refuse a notice before collection, or a reminder with a fee, that left so late that its deadline is too near (§3.1)."""
	if not doc.deadline:
		return
	law = jurisdictions.law_of(jurisdictions.jurisdiction_of(doc.company, doc.customer), printed_on)
	is_legal = doc.channel == engine.LEGAL_NOTICE
	days = law.days_before_collection if is_legal else law.days_to_pay if money(doc.fee) else 0
	if getdate(doc.deadline) < printed_on + timedelta(days=days):
		_refuse(
			_(
				"{0} gives time until {1}; the law wants {2} days from the day it leaves. Print it again: its deadline moves along."
			).format(doc.name, day_text(doc.deadline), days)
		)


def _keep_letter(doc, content: bytes) -> str:
	return private_files.keep(
		letter_pages.as_file(content),
		file_name(doc),
		frappe.session.user,
		attached_to_doctype=NOTICE,
		attached_to_name=doc.name,
		attached_to_field="letter",
	)


def _kept(doc) -> bytes | None:
	"""Return the letter as it was printed, None for one that was not or whose file is gone."""
	name = doc.letter and frappe.db.get_value(
		"File", {"file_url": doc.letter, "attached_to_doctype": NOTICE, "attached_to_name": doc.name}
	)
	if not name:
		return None
	content = frappe.get_doc("File", name).get_content()
	return content if isinstance(content, bytes) else content.encode()


def _write_tracking(doc, number: str) -> None:
	before = doc.tracking_number or _("none")
	doc.db_set("tracking_number", number)
	doc.add_comment("Info", _("Tracking number: {0}, before that {1}.").format(number, before))


def _close_task(doc) -> None:
	"""End the task of whoever was to send the letter."""
	waiting = {
		"reference_doctype": NOTICE,
		"reference_name": doc.name,
		"kind": task_rules.SEND_LETTER,
		"status": task_rules.OPEN,
	}
	for task in frappe.get_all(collection_tasks.TASK, waiting, pluck="name"):
		collection_tasks.log(task, task_rules.CARRIED_OUT)


def _refuse(message: str) -> None:
	frappe.throw(message, DunningError, title=_("Letters"))
