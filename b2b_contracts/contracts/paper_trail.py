"""What left the house about a contract, and what should have left: its letters with their proof, and who got a signed copy."""

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import contract_terms as terms

from . import correspondence, facts, letters, renewals
from .contracts import refuse
from .copies import COPY, FAILED, NO_ADDRESS
from .letters import ACKNOWLEDGEMENT, LETTER, NOTICE, TO_BE_SENT

SHOWN = 200


def of(doc) -> dict:
	"""Return `{letters: [{name, kind, status, title, letter_date, file, dispatch, is_missing}], copies: [{name, status, reason,
	recipient_name, email, is_internal, sent_on, is_missing}], may_write, addresses}` of a contract.

	`dispatch` says in words how a letter left; `addresses` is whom a mail to the customer goes to. Of each address there is the
	latest copy alone.
	"""
	return {
		"letters": _letters(doc.name),
		"copies": _copies(doc.name),
		"may_write": bool(frappe.has_permission(doc.doctype, "write", doc)),
		"addresses": correspondence.addresses_of(doc),
	}


def preview(doc, kind: str, given_on: str, ends_on: str | None = None, cause: str = "") -> str:
	"""Return the letter that a notice would write, as a page of HTML. Nothing is written."""
	if kind not in terms.TERMINATIONS or not doc.signed_on:
		refuse(_("There is no letter to show yet."), _("Letter"))
	outcome = renewals.outcome_of(facts.term_of(doc), kind, getdate(given_on), ends_on)
	doc.update({"termination_kind": kind, "decided_by": frappe.session.user})
	return letters.preview(doc, outcome, cause or "")


def _letters(name: str) -> list[dict]:
	rows = frappe.get_all(
		LETTER,
		filters={"contract": name, "kind": ["in", (NOTICE, ACKNOWLEDGEMENT)]},
		fields=[
			*("name", "kind", "status", "title", "letter_date", "file", "dispatch_method", "dispatched_on"),
			*("dispatched_by", "tracking_number", "proof"),
		],
		order_by="letter_date desc, creation desc",
		limit=SHOWN,
	)
	return [
		{
			**row,
			"letter_date": str(row.letter_date),
			"is_missing": row.status == TO_BE_SENT,
			"dispatch": _dispatch(row),
		}
		for row in rows
	]


def _dispatch(row) -> str:
	if row.status == TO_BE_SENT:
		return ""
	text = _("{0}, {1}, by {2}").format(
		frappe.utils.formatdate(row.dispatched_on), _(row.dispatch_method, context=LETTER), row.dispatched_by
	)
	return f"{text} ({row.tracking_number})" if row.tracking_number else text


def _copies(name: str) -> list[dict]:
	rows = frappe.get_all(
		COPY,
		filters={"contract": name},
		fields=["name", "status", "reason", "recipient_name", "email", "is_internal", "sent_on", "creation"],
		order_by="creation desc, name",
		limit=SHOWN,
	)
	latest: dict[str, dict] = {}
	for row in rows:
		latest.setdefault((row.email or f"\n{row.recipient_name}").lower(), row)
	reached = {row.recipient_name for row in latest.values() if row.email and row.status != FAILED}
	return [
		{
			**row,
			"sent_on": str(row.sent_on) if row.sent_on else "",
			"is_missing": row.status in (FAILED, NO_ADDRESS),
		}
		for row in latest.values()
		if row.status != NO_ADDRESS or row.recipient_name not in reached
	]
