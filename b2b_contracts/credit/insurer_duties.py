"""What insurers want by a day, or they do not pay: made, closed, missed and escalated night by night (requirements §2.6).

A duty is made once: policy, kind and what it is about are unique in the database. Each policy, and each duty that somebody
is told of, is a transaction of its own, and what was killed is found again by state and date.
"""

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.engine import insolvency
from b2b_contracts.engine import insurance as engine
from b2b_contracts.engine.insurance import (
	DONE,
	IN_FORCE,
	NOT_NEEDED,
	OPEN,
	REPORT_INSOLVENCY,
	STILL_TO_DO,
	Duty,
)
from b2b_contracts.exceptions import InsuranceError

from . import account_facts, clearing, insurance, insurance_facts, locking, notices, people
from .account_facts import Member
from .insurance import POLICY
from .security_facts import INSTRUMENT

DUTY = "Insurer Duty"


# ------------------------------------------------------------------ made
def daily() -> None:
	"""End policies, make and close duties, and tell people. May be killed and run again."""
	insurance.end_due()
	for policy in _policies_with_duties():
		clearing.in_own_transaction(look_at, policy)
	for name in _to_tell():
		clearing.in_own_transaction(tell, name)


def _policies_with_duties() -> list[str]:
	"""Return the policies that ask for something: one that has ended still does, for what was invoiced under it."""
	filters = {"duties_on": 1, "status": ["in", (IN_FORCE, engine.ENDED)]}
	return frappe.get_all(POLICY, filters=filters, order_by="name", pluck="name")


def look_at(policy_name: str) -> bool:
	"""Make the duties that a policy asks for by now, and close those that are no longer needed; returns whether any was."""
	policy = locking.locked_doc(POLICY, policy_name)
	today, terms = getdate(), _terms_of(policy)
	items = _insured_items(policy)
	made = [_make(policy, duty) for duty in engine.duties_of_policy(terms, today)]
	for member, of_member in items.items():
		made += [_make(policy, duty, member) for duty in engine.duties_of_items(terms, of_member, today)]
	closed = [_close_if_paid(row, items) for row in _open_of_items(policy_name)]
	return any([*made, *closed])


def _terms_of(policy) -> engine.Terms:
	return engine.Terms(
		period_from=getdate(policy.period_from),
		period_to=getdate(policy.period_to),
		duties_from=getdate(policy.duties_from or policy.creation),
		maximum_extension_days=policy.maximum_extension_days or 0,
		reporting_days=policy.reporting_days or 0,
		hand_over_days=policy.hand_over_days or 0,
		declares=policy.declares_turnover or "",
		declaration_days=policy.declaration_days or 0,
		renewal_days=policy.renewal_days or 0,
	)


def _insured_items(policy) -> dict[Member, list[engine.Item]]:
	"""Return what the customers of a policy have open and overdue, or disputed, of invoices dated within its period."""
	found = insurance_facts.open_items(insurance.insured_by(policy.name), getdate())
	begins, ends = getdate(policy.period_from), getdate(policy.period_to)
	return {
		member: [of.item for of in items if begins <= of.dated <= ends] for member, items in found.items()
	}


def _make(policy, duty: Duty, member: Member | None = None) -> bool:
	key = {"insurance_policy": policy.name, "duty": duty.kind, "reference": duty.reference}
	if frappe.db.exists(DUTY, key):
		return False
	customer = member[0] if member else None
	doc = frappe.get_doc(
		{
			"doctype": DUTY,
			**key,
			"title": _whom(customer) or policy.insurer,
			"customer": customer,
			"company": policy.company,
			"sales_invoice": duty.invoice or None,
			"due_date": duty.due,
			"status": OPEN,
			"security_instrument": _limit_of(policy.name, customer) if customer else None,
		}
	)
	doc.flags.credit_service = True
	doc.insert(ignore_permissions=True)
	return True


def _whom(customer: str | None) -> str | None:
	return frappe.db.get_value("Customer", customer, "customer_name") if customer else None


def _limit_of(policy: str, customer: str) -> str | None:
	filters = {"insurance_policy": policy, "customer": customer, "docstatus": 1}
	return frappe.db.get_value(INSTRUMENT, filters, order_by="creation desc")


def report_insolvency(customer: str, company: str) -> list[str]:
	"""Have the insolvency of a customer reported to each insurer who has covered it; returns the duties, old and new.

	Asked again for the same case it makes none twice. For `collections/insolvency.py`; no permission is asked.
	"""
	case = account_facts.insolvency_of(customer) or f"{customer} {getdate().isoformat()}"[:140]
	duty = Duty(REPORT_INSOLVENCY, insolvency.insurer_to_be_told_by(getdate()), case)
	names = []
	for name in _policies_of(customer, company):
		_make(frappe.get_doc(POLICY, name), duty, (customer, company))
		key = {"insurance_policy": name, "duty": duty.kind, "reference": duty.reference}
		names.append(frappe.db.get_value(DUTY, key))
	return names


def _policies_of(customer: str, company: str) -> list[str]:
	"""Return the policies in force, or ended, under which a customer has had a buyer limit: an ended one covers what was
	invoiced under it."""
	filters = {"customer": customer, "company": company, "docstatus": 1, "insurance_policy": ["is", "set"]}
	found = frappe.get_all(INSTRUMENT, filters=filters, pluck="insurance_policy", distinct=True)
	return frappe.get_all(
		POLICY,
		filters={"name": ["in", found or [""]], "status": ["!=", engine.DRAFT], "duties_on": 1},
		order_by="name",
		pluck="name",
	)


# ------------------------------------------------------------------ closed
def _open_of_items(policy: str) -> list[frappe._dict]:
	return frappe.get_all(
		DUTY,
		filters={
			"insurance_policy": policy,
			"duty": ["in", engine.OF_ITEMS],
			"status": ["in", STILL_TO_DO],
		},
		fields=["name", "customer", "company", "duty", "due_date", "reference"],
		order_by="name",
	)


def _close_if_paid(row, items: dict[Member, list[engine.Item]]) -> bool:
	"""Close a duty whose item is paid, credited or disputed: the insurer wants nothing any more."""
	of_customer = items.get((row.customer, row.company), ())
	duty = Duty(row.duty, getdate(row.due_date), row.reference)
	if engine.is_asked_for(duty, of_customer, getdate()):
		return False
	doc = locking.locked_doc(DUTY, row.name)
	if doc.status not in STILL_TO_DO:
		return False
	locking.write(doc, {"status": NOT_NEEDED, "note": _("Nothing of it is open and undisputed any more.")})
	return True


def done(name: str, note: str | None = None, evidence: str | None = None):
	"""Note that a duty is done, by the session user, today; late is better than never. Returns it."""
	frappe.has_permission(DUTY, "write", name, throw=True)
	duty = _locked_to_do(name)
	note = (note or "").strip()
	if not note and not evidence:
		_refuse(_("Write down what was done, or attach the evidence."))
	locking.write(
		duty,
		{
			"status": DONE,
			"done_on": getdate(),
			"done_by": frappe.session.user,
			"note": note or None,
			"evidence": evidence or None,
		},
	)
	duty.add_comment("Info", _("Done: {0}").format(note or evidence))
	return duty


def not_needed(name: str, reason: str):
	"""Close a duty that the insurer does not ask for, with a reason. Returns it."""
	frappe.has_permission(DUTY, "write", name, throw=True)
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the insurer does not ask for it."))
	duty = _locked_to_do(name)
	locking.write(
		duty,
		{
			"status": NOT_NEEDED,
			"done_on": getdate(),
			"done_by": frappe.session.user,
			"note": reason,
		},
	)
	duty.add_comment("Info", _("Not needed: {0}").format(reason))
	return duty


def _locked_to_do(name: str):
	duty = locking.locked_doc(DUTY, name)
	if duty.status not in STILL_TO_DO:
		_refuse(
			_("{0} is closed already: {1}.").format(label(duty), _(duty.status, context=DUTY)),
		)
	return duty


# ------------------------------------------------------------------ people are told
def _to_tell() -> list[str]:
	"""Return the duties of which somebody is to be told today: due soon, or missed."""
	rows = frappe.get_all(
		DUTY,
		filters={"status": ["in", STILL_TO_DO], "escalated_on": ["is", "not set"]},
		fields=["name", "due_date", "warned_on"],
		order_by="due_date, name",
	)
	today = getdate()
	return [
		row.name
		for row in rows
		if engine.status_on(getdate(row.due_date), today) == engine.MISSED
		or (not row.warned_on and engine.is_near(getdate(row.due_date), today))
	]


def tell(name: str) -> bool:
	"""Tell the credit managers of a duty that is due soon, those above them of one that was missed: once each."""
	duty = locking.locked_doc(DUTY, name)
	if duty.status not in STILL_TO_DO:
		return False
	due, today = getdate(duty.due_date), getdate()
	if engine.status_on(due, today) == engine.MISSED:
		return _escalate(duty)
	if duty.warned_on or not engine.is_near(due, today):
		return False
	text = _("Due to the insurer {0} by {1}: {2}.").format(duty.insurer, formatdate(due), label(duty))
	notices.bell(DUTY, name, people.controllers("Credit Manager"), text)
	locking.write(duty, {"warned_on": today})
	return True


def _escalate(duty) -> bool:
	if duty.escalated_on:
		return False
	users = [*people.users_with("Finance Director"), *people.users_with("CFO")]
	users = list(dict.fromkeys(users)) or people.controllers("Finance Director")
	text = _("Missed: {0} was due to the insurer {1} by {2}. Cover may be lost.").format(
		label(duty), duty.insurer, formatdate(duty.due_date)
	)
	notices.bell(DUTY, duty.name, users, text)
	locking.write(
		duty,
		{"status": engine.MISSED, "escalated_on": getdate(), "escalated_to": ", ".join(users)},
	)
	return True


def label(duty) -> str:
	"""Return a duty as people say it: what, for whom, about which document."""
	parts = [duty.customer_name or duty.customer, duty.sales_invoice or duty.reference]
	about = ", ".join(part for part in parts if part)
	return _("{0} ({1})").format(_(duty.duty, context=DUTY), about)


COLOURS = {OPEN: "#318AD8", engine.MISSED: "#E03636", DONE: "#30A66D", NOT_NEEDED: "#999999"}


def calendar(start: date, end: date, policy: str | None = None) -> list[dict]:
	"""Return the duties that the user may see, due from one day to another, as the calendar shows them: `[{name, start, end,
	title, color, all_day}]`."""
	filters = {"due_date": ["between", (start, end)]}
	if policy:
		filters["insurance_policy"] = policy
	rows = frappe.get_list(
		DUTY,
		filters=filters,
		fields=["name", "duty", "title", "due_date", "status"],
		order_by="due_date, name",
		limit_page_length=0,
	)
	return [
		{
			"name": row.name,
			"start": str(row.due_date),
			"end": str(row.due_date),
			"title": _("{0}: {1}").format(_(row.duty, context=DUTY), row.title),
			"color": COLOURS[row.status],
			"all_day": 1,
		}
		for row in rows
	]


def _refuse(message: str) -> None:
	frappe.throw(message, InsuranceError, title=_("Duty to the insurer"))
