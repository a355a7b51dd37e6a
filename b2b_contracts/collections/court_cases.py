"""A suit over what is in a collection case: when and where it was filed, and how it ended (requirements §3).

Filed in time it interrupts the limitation of every claim that the case hands over or was to; a judgment lets the time run anew
(collections/limitation.py). Nothing else of the case changes by it: whether reminders stop is a matter of its status.
"""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.credit import locking, notices, people
from b2b_contracts.engine.collection_cases import BEFORE_HAND_OVER, HANDED_OVER, RETURNED, WITH_AGENCY
from b2b_contracts.engine.limitation import JUDGMENT, OUTCOMES, PENDING, Suit
from b2b_contracts.exceptions import CollectionCaseError

CASE, ITEM = "Collection Case", "Collection Case Item"
# What an agency gave back may be taken to court by ourselves; what is paid, written off or withdrawn is nobody's suit.
MAY_BE_SUED = (*BEFORE_HAND_OVER, HANDED_OVER, WITH_AGENCY, RETURNED)


# ------------------------------------------------------------------ noted
def file_suit(name: str, filed_on: date, court: str, reference: str = ""):
	"""Note that a suit over a case was filed on a day at a court; what was noted of a pending one before is put right. Returns
	the case."""
	case = locking.locked_doc(CASE, name)
	court, reference = (court or "").strip(), (reference or "").strip()
	if case.status not in MAY_BE_SUED:
		_refuse(
			_("Collection case {0} is {1}: no suit can be noted of it.").format(
				case.name, _(case.status, context=CASE)
			)
		)
	if case.court_outcome and case.court_outcome != PENDING:
		_refuse(
			_("The suit of collection case {0} was decided on {1} already.").format(
				case.name, formatdate(case.court_ended_on)
			)
		)
	if not court:
		_refuse(_("Enter the court at which the suit was filed."))
	first = max(getdate(row.posting_date) for row in case.items if row.posting_date)
	if not first <= filed_on <= getdate():
		_refuse(
			_(
				"The suit was filed on {0}? Enter a day from {1}, when the last of its invoices was made, until today."
			).format(formatdate(filed_on), formatdate(first))
		)
	values = {
		"suit_filed_on": filed_on,
		"court": court,
		"court_reference": reference or None,
		"court_outcome": PENDING,
	}
	locking.write(case, values)
	_note(case, _("Suit filed on {0} at {1} ({2}).").format(formatdate(filed_on), court, reference or "–"))
	return case


def decide(name: str, outcome: str, decided_on: date, note: str):
	"""Note how a suit ended: by a judgment (or a settlement in court), or without one. Returns the case."""
	case = locking.locked_doc(CASE, name)
	note = (note or "").strip()
	if case.court_outcome != PENDING:
		_refuse(_("No suit of collection case {0} is pending.").format(case.name))
	if outcome not in OUTCOMES:
		_refuse(_("Choose how the suit ended: {0}.").format(", ".join(_(o, context=CASE) for o in OUTCOMES)))
	if not getdate(case.suit_filed_on) <= decided_on <= getdate():
		_refuse(
			_("Enter a day from {0}, on which the suit was filed, until today.").format(
				formatdate(case.suit_filed_on)
			)
		)
	if not note:
		_refuse(_("Write down what was decided."))
	locking.write(case, {"court_outcome": outcome, "court_ended_on": decided_on, "court_note": note})
	said = (
		_("Judgment of {0}: {1}")
		if outcome == JUDGMENT
		else _("The suit ended on {0} without a judgment: {1}")
	)
	_note(case, said.format(formatdate(decided_on), note))
	return case


def _note(case, text: str) -> None:
	case.add_comment("Info", text)
	case.notify_update()
	recipients = [case.collector, *people.controllers("Credit Manager")]
	notices.bell(CASE, case.name, recipients, f"{case.name}, {case.customer_name}: {text}")


def _refuse(message: str) -> None:
	frappe.throw(message, CollectionCaseError, title=_("Court"))


# ------------------------------------------------------------------ counted
def suits_of(documents: Iterable[str]) -> dict[str, tuple[Suit, ...]]:
	"""Return the suits over some invoices. A case that was withdrawn stays a suit, once it was filed."""
	case, row = frappe.qb.DocType(CASE), frappe.qb.DocType(ITEM)
	rows = (
		frappe.qb.from_(row)
		.join(case)
		.on((case.name == row.parent) & (row.parenttype == CASE))
		.select(row.sales_invoice, case.suit_filed_on, case.court_outcome, case.court_ended_on)
		.where(row.sales_invoice.isin(list(documents) or [""]) & (row.principal > 0))
		.where(case.suit_filed_on.isnotnull())
		.orderby(case.suit_filed_on)
		.orderby(case.name)
		.run()
	)
	found: dict[str, tuple[Suit, ...]] = {}
	for name, filed, outcome, ended in rows:
		suit = Suit(getdate(filed), outcome or PENDING, getdate(ended) if ended else None)
		found[name] = (*found.get(name, ()), suit)
	return found


def pending_at(documents: Iterable[str]) -> dict[str, str]:
	"""Return at which court, and under which reference, a suit over some invoices is pending."""
	case, row = frappe.qb.DocType(CASE), frappe.qb.DocType(ITEM)
	rows = (
		frappe.qb.from_(row)
		.join(case)
		.on((case.name == row.parent) & (row.parenttype == CASE))
		.select(row.sales_invoice, case.court, case.court_reference)
		.where(row.sales_invoice.isin(list(documents) or [""]) & (case.court_outcome == PENDING))
		.orderby(case.suit_filed_on)
		.run()
	)
	return {name: " ".join(filter(None, (court, reference))) for name, court, reference in rows}
