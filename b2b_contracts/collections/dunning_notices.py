"""Dunning notices as documents: their states, what a user may change on one, and how the rest is written (requirements §3)."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from b2b_contracts.credit import locking
from b2b_contracts.exceptions import DunningError

NOTICE, LOG, RUN = "Dunning Notice", "Dunning Log", "Dunning Run"
PLANNED, SKIPPED, SENDING, QUEUED = "Planned", "Skipped", "Sending", "Queued"
SENT, FAILED, UNCLEAR = "Sent", "Failed", "Unclear"
# Of a step in the log: taken by a notice that has not been handed over yet.
RESERVED = "Reserved"

EDITABLE = ("excluded", "exclude_reason", "tracking_number")


def save(doc) -> None:
	"""Save a notice as the run writes it."""
	doc.flags.by_run = doc.flags.ignore_permissions = doc.flags.ignore_links = doc.flags.ignore_version = True
	doc.save()


def mark_log(notice: str, status: str) -> None:
	"""Write to the log what became of the steps of a notice."""
	log = frappe.qb.DocType(LOG)
	(
		frappe.qb.update(log)
		.set(log.status, status)
		.set(log.modified, now_datetime())
		.where(log.notice == notice)
		.run()
	)


# ------------------------------------------------------------------ by hand
def check_edit(notice) -> None:
	"""Put back whatever a user changed but what is left out, and refuse that once the notice is on its way."""
	if notice.flags.by_run:
		return
	before = notice.get_doc_before_save()
	if before is None:
		_refuse(_("A notice is made by a dunning run. Start one for the customer."))
	changed = _changed(notice, before)
	for field in notice.meta.fields:
		if field.fieldname not in EDITABLE and field.fieldtype not in (
			"Table",
			"Section Break",
			"Column Break",
		):
			notice.set(field.fieldname, before.get(field.fieldname))
	kept = {row.name: cint(row.exclude) for row in notice.items}
	for fieldname in ("items", "checks"):
		notice.set(fieldname, before.get(fieldname))
	for row in notice.items:
		row.exclude = kept.get(row.name, cint(row.exclude))
	if changed and notice.status != PLANNED:
		_refuse(
			_("{0} is {1}: what is left out is chosen while its run is planned.").format(
				notice.name, _(notice.status, context=NOTICE)
			)
		)
	if notice.excluded and not (notice.exclude_reason or "").strip():
		_refuse(_("Say why {0} is left out.").format(notice.customer_name))
	if not notice.excluded:
		notice.exclude_reason = ""


def _changed(notice, before) -> bool:
	rows = {row.name: cint(row.exclude) for row in before.items}
	return cint(notice.excluded) != cint(before.excluded) or any(
		cint(row.exclude) != rows.get(row.name, 0) for row in notice.items
	)


def leave_out(names: Iterable[str], reason: str) -> int:
	"""Leave notices out of their run; returns how many. An empty reason takes them in again."""
	reason, done = (reason or "").strip(), 0
	for name in names:
		doc = locking.locked_doc(NOTICE, name)
		doc.check_permission("write")
		doc.update({"excluded": int(bool(reason)), "exclude_reason": reason})
		doc.save()
		done += 1
	return done


def _refuse(message: str) -> None:
	frappe.throw(message, DunningError, title=_("Dunning notice"))
