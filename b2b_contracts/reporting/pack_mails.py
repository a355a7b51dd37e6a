"""A pack by mail: to those who may see it, each once, after the pack is committed.

Who gets one is written down with the pack. Each mail is queued in a transaction of its own that also says so: the work can be
killed anywhere and done again.
"""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import cint, formatdate, get_url_to_form, now_datetime

from b2b_contracts.credit import clearing, jobs, notices, people

DOCTYPE, MAIL = "Monthly Pack", "Monthly Pack Mail"
PLANNED, QUEUED, NOT_ALLOWED, FAILED = "Planned", "Queued", "Not Allowed", "Failed"
TEMPLATE = "Monthly pack"
BATCH = 500


def plan(pack: str, users: Iterable[str]) -> int:
	"""Write down who gets a pack; whom it went to already, or is to go to, is left out. Returns how many are new."""
	rows = frappe.get_all(MAIL, {"parent": pack}, ["user", "status", "idx"])
	known = {row.user for row in rows if row.status in (PLANNED, QUEUED)}
	place = max((cint(row.idx) for row in rows), default=0)
	new = [user for user in dict.fromkeys(users) if user and user not in known]
	for number, user in enumerate(new, place + 1):
		row = frappe.get_doc(
			{
				"doctype": MAIL,
				"parent": pack,
				"parenttype": DOCTYPE,
				"parentfield": "mails",
				"idx": number,
				"user": user,
				"status": PLANNED,
			}
		)
		row.db_insert()
	return len(new)


def send_later(pack: str) -> None:
	jobs.after_commit("b2b_contracts.reporting.pack_mails.send_planned", pack=pack)


def sweep() -> None:
	"""Send what a lost job has left."""
	rows = frappe.get_all(MAIL, {"status": PLANNED, "parenttype": DOCTYPE}, pluck="parent", limit=BATCH)
	for pack in dict.fromkeys(rows):
		send_planned(pack)


def send_planned(pack: str) -> None:
	"""Send a pack to everybody it is to go to, each in a transaction of its own."""
	planned = {"parent": pack, "status": PLANNED}
	for row in frappe.get_all(MAIL, planned, pluck="name", order_by="idx", limit=BATCH):
		clearing.in_own_transaction(_send, pack, row)


def _send(pack: str, row: str) -> bool:
	"""Queue one mail and say so. Returns whether it was queued now."""
	status, user = frappe.db.get_value(MAIL, row, ["status", "user"], for_update=True)
	if status != PLANNED:
		return False
	doc = frappe.get_doc(DOCTYPE, pack)
	why_not = _why_not(doc, user)
	if why_not:
		status, reason = why_not
		frappe.db.set_value(MAIL, row, {"status": status, "reason": reason}, update_modified=False)
		return False
	try:
		_queue(doc, user)
	except frappe.OutgoingEmailError:
		frappe.clear_last_message()
		reason = _("No mail could be queued. See that the outgoing e-mail account works, then send it again.")
		frappe.db.set_value(MAIL, row, {"status": FAILED, "reason": reason}, update_modified=False)
		return False
	frappe.db.set_value(
		MAIL, row, {"status": QUEUED, "sent_on": now_datetime(), "reason": None}, update_modified=False
	)
	return True


def _why_not(doc, user: str) -> tuple[str, str] | None:
	enabled, email = frappe.db.get_value("User", user, ["enabled", "email"]) or (0, None)
	if not enabled:
		return NOT_ALLOWED, _("The user is disabled.")
	if not frappe.has_permission(DOCTYPE, "read", doc, user=user):
		return NOT_ALLOWED, _("The user may not see packs of {0}.").format(doc.company)
	if not email or not doc.file:
		return FAILED, _("There is no address, or no workbook.")
	if not notices.template_in(TEMPLATE, None):
		return FAILED, _("There is no Email Template {0}.").format(TEMPLATE)
	return None


def _queue(doc, user: str) -> None:
	name, email, language = frappe.db.get_value("User", user, ["full_name", "email", "language"])
	file = frappe.db.get_value("File", {"file_url": doc.file, "attached_to_doctype": DOCTYPE})
	with notices.writing_in(language):
		template = frappe.get_doc("Email Template", notices.template_in(TEMPLATE, language))
		written = template.get_formatted_email(
			{
				"pack": doc,
				"company": doc.company,
				"recipient_name": name or user,
				"audience": _(doc.audience, context=DOCTYPE),
				"from_date": formatdate(doc.from_date),
				"to_date": formatdate(doc.to_date),
				"version": cint(doc.version),
				"link": get_url_to_form(DOCTYPE, doc.name) if people.is_desk_user(user) else "",
			}
		)
		frappe.sendmail(
			recipients=[email],
			subject=written["subject"],
			message=written["message"],
			attachments=[{"fid": file}],
			reference_doctype=DOCTYPE,
			reference_name=doc.name,
			expose_recipients="header",
		)
