"""Securities: how they come into force, what becomes of them, and who may give one back (requirements §2.2, §2.6).

Every step is taken on the locked document, behind the gate of its customer or group, and is logged there: what counts
tomorrow decides about orders. What waits for it is looked at after the transaction.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import flt, formatdate, getdate, now_datetime, nowdate

from b2b_contracts.engine import mandates as engine_mandates
from b2b_contracts.engine import security
from b2b_contracts.engine import security_life as life
from b2b_contracts.exceptions import SecurityInstrumentError

from . import (
	cases,
	clearing,
	gates,
	locking,
	log,
	mandates,
	notices,
	people,
	policies,
	position_facts,
	profiles,
	security_facts,
	wording,
)
from .account_facts import company_currency, money, rate_to
from .security_facts import GROUP_SCOPE, INSTRUMENT, NAMED_SCOPE


# ------------------------------------------------------------------ into force
def refuse_twice(doc) -> None:
	"""Refuse a security that is registered already: the same paper would be counted twice."""
	if not doc.instrument_number or doc.direction != "Received":
		return
	twin = frappe.db.get_value(
		INSTRUMENT,
		{
			"name": ["not in", [doc.name or "", doc.replaces or ""]],
			"company": doc.company,
			"instrument_type": doc.instrument_type,
			"instrument_number": doc.instrument_number,
			"issuer": doc.issuer or "",
			"docstatus": 1,
			"status": ["in", (life.IN_FORCE, life.CLAIMED)],
		},
	)
	if twin:
		frappe.throw(
			_(
				"{0} {1} of {2} is registered as {3} and would count twice. For one that takes its place choose that one under {4}; one that covers several customers of a credit group is registered once, for the group."
			).format(
				_(doc.instrument_type),
				frappe.bold(doc.instrument_number),
				doc.issuer or _("this issuer"),
				frappe.utils.get_link_to_form(INSTRUMENT, twin),
				frappe.bold(_(doc.meta.get_label("replaces"))),
			),
			SecurityInstrumentError,
			title=_("Registered already"),
		)


def came_into_force(doc) -> None:
	"""Follow a security that was submitted: the one whose place it takes ends, and what waits for security is looked at."""
	if doc.replaces:
		former = locking.locked_doc(INSTRUMENT, doc.replaces)
		_require_mandate_to_replace(former, doc)
		_end(
			former,
			life.REPLACE,
			_("Replaced by {0}.").format(doc.name),
			replaced_by=doc.name,
		)
	follow(doc)


def _require_mandate_to_replace(former, doc) -> None:
	"""Refuse to put a lesser security in the place of one in force without the mandate to release that: it would be given up by
	another name. What an insurer covers is for the insurer to say."""
	if former.status != life.IN_FORCE or former.is_insurance():
		return
	latest_due = _latest_due(former)
	old, new = (_seen(one, latest_due) for one in (former, doc))
	counts_as_well = new.counts or new.why_not == old.why_not
	if security.gives_up(old.instrument, new.instrument, counts_as_well):
		_require_mandate(former)


def _seen(doc, latest_due: date) -> security_facts.Lodged:
	"""Return a security as the engine sees it for debts due by a day, with the documents that it names."""
	found = security_facts.named(doc.name, getdate(), latest_due)
	covers = tuple(row.reference_name for row in doc.documents)
	return replace(found, instrument=replace(found.instrument, covers=covers))


def require_mandate_to_cancel(doc) -> None:
	"""Refuse to cancel a security in force without the mandate to release it: either way it is given up (requirements §2.2)."""
	if doc.status in (life.IN_FORCE, life.CLAIMED):
		_require_mandate(doc)


def cancelled(doc) -> None:
	"""Follow a security that was cancelled: one whose place it took is in force again."""
	if doc.replaces:
		former = locking.locked_doc(INSTRUMENT, doc.replaces)
		if former.status == life.REPLACED and former.replaced_by == doc.name:
			locking.write(
				former,
				{
					"status": life.IN_FORCE,
					"replaced_by": None,
					"ended_on": None,
					"end_reason": None,
					"ended_by": None,
				},
			)
			former.add_comment(
				"Info", _("In force again: {0}, which had taken its place, is cancelled.").format(doc.name)
			)
	_log_cancelled(doc)
	follow(doc)


def _log_cancelled(doc) -> None:
	gate, standing = _gate_of(doc)
	if gate:
		_log(doc, gate, standing, doc.status, "Cancelled")
		gate.save()


def follow(doc) -> None:
	"""Have what waits for security looked at, of all whom it covers."""
	if doc.scope == GROUP_SCOPE:
		profiles.group_changed(members_of(doc))
	else:
		profiles.security_changed(doc.customer, doc.company)


def members_of(doc) -> list[tuple[str, str]]:
	"""Return the customers whom a security covers: of a group those with a profile in its company."""
	if doc.scope != GROUP_SCOPE:
		return [(doc.customer, doc.company)]
	filters = {"credit_group": doc.credit_group, "company": doc.company}
	return [
		(customer, doc.company)
		for customer in frappe.get_all("Credit Profile", filters=filters, pluck="customer", order_by="name")
	]


# ------------------------------------------------------------------ what becomes of it
def claim(name: str, amount: float, reason: str) -> None:
	"""Note that a security is called upon. It counts no more: what it owes us now is money to come."""
	doc = _locked(name)
	_need(reason)
	if not 0 < flt(amount) <= flt(doc.amount):
		frappe.throw(
			_("Of {0} at most {1} can be claimed, and more than nothing.").format(
				doc.name, doc.get_formatted("amount")
			),
			SecurityInstrumentError,
			title=_("Claim"),
		)
	text = _("Claimed: {0}. {1}").format(wording.money_text(money(amount), doc.currency), reason)
	_move(
		doc,
		life.CLAIM,
		text,
		claimed_on=nowdate(),
		claimed_amount=flt(amount),
		claim_reason=reason,
	)


def withdraw_claim(name: str, reason: str) -> None:
	"""Take a claim back: the security is in force as before."""
	doc = _locked(name)
	_need(reason)
	_refuse_past(doc)
	_move(
		doc,
		life.WITHDRAW_CLAIM,
		_("The claim is withdrawn: {0}").format(reason),
		claimed_on=None,
		claimed_amount=0,
		claim_reason=None,
	)


def release(name: str, reason: str) -> None:
	"""Give a security back. That takes the mandate of the policy; the sentence says who has it (requirements §2.2)."""
	doc = _locked(name)
	_need(reason)
	role = _require_mandate(doc)
	_end(doc, life.RELEASE, _("Released by {0} as {1}: {2}").format(_me(), _(role), reason))


def take_back(name: str, reason: str) -> None:
	"""Take the release of a security back: the same mandate as for giving it back."""
	doc = _locked(name)
	_need(reason)
	_refuse_past(doc)
	role = _require_mandate(doc)
	_move(
		doc,
		life.TAKE_BACK,
		_("The release was taken back by {0} as {1}: {2}").format(_me(), _(role), reason),
		ended_on=None,
		end_reason=None,
		ended_by=None,
	)


def extend(name: str, expiry_date: str, document: str | None = None) -> None:
	"""Move the end of a security to a later day, by the document that says so."""
	doc = _locked(name)
	new = getdate(expiry_date)
	former = doc.expiry_date and getdate(doc.expiry_date)
	if former is None or new <= max(former, getdate()):
		frappe.throw(
			_("An extension ends later than {0} and later than today; {1} does not.").format(
				formatdate(former) if former else _("never"), formatdate(new)
			),
			SecurityInstrumentError,
			title=_("Extension"),
		)
	values = {"expiry_date": new, "ended_on": None, "end_reason": None, "ended_by": None}
	if document:
		values["document"] = document
	_move(
		doc, life.EXTEND, _("Extended from {0} to {1}.").format(formatdate(former), formatdate(new)), **values
	)


def expire_due() -> None:
	"""End securities that are past their last day. Daily; may be killed and run again."""
	due = frappe.get_all(
		INSTRUMENT,
		filters={"docstatus": 1, "status": life.IN_FORCE, "expiry_date": ["<", nowdate()]},
		order_by="expiry_date, name",
		pluck="name",
	)
	for name in due:
		clearing.in_own_transaction(_expire, name)


def _expire(name: str) -> bool:
	doc = locking.locked_doc(INSTRUMENT, name)
	expiry = doc.expiry_date and getdate(doc.expiry_date)
	if doc.docstatus != 1 or doc.status != life.IN_FORCE or not life.has_ended(expiry, getdate()):
		return False
	text = _("Expired: its last day was {0}.").format(formatdate(expiry))
	_end(doc, life.EXPIRE, text, on=expiry)
	tell(
		doc,
		_("{0} of {1} has expired: it was good until {2}.").format(
			doc.label(), whom(doc), formatdate(expiry)
		),
	)
	return True


def run_out(name: str, text: str) -> bool:
	"""End a security in force whose ground has gone before its last day, and say why; returns whether it was in force."""
	doc = locking.locked_doc(INSTRUMENT, name)
	if doc.docstatus != 1 or doc.status != life.IN_FORCE:
		return False
	_end(doc, life.EXPIRE, text)
	tell(doc, _("{0} of {1} covers nothing any more. {2}").format(doc.label(), whom(doc), text))
	return True


def _locked(name: str):
	"""Return an instrument for a step, once the user may write it."""
	frappe.has_permission(INSTRUMENT, "write", name, throw=True)
	doc = locking.locked_doc(INSTRUMENT, name)
	if doc.docstatus != 1:
		frappe.throw(
			_("{0} is not submitted: it has no force that could change.").format(doc.name),
			SecurityInstrumentError,
			title=_("Not in force"),
		)
	return doc


def _end(doc, step: str, text: str, on: date | None = None, **values) -> None:
	_move(doc, step, text, ended_on=on or nowdate(), end_reason=text, ended_by=frappe.session.user, **values)


def _move(doc, step: str, text: str, **values) -> None:
	"""Take a step behind the gate: written, logged, and followed by whoever waits."""
	former = doc.status
	try:
		status = life.after(former, step)
	except ValueError:
		frappe.throw(
			_("{0} is {1}: this cannot be done with it.").format(
				doc.name, _(former, context="Security Instrument")
			),
			SecurityInstrumentError,
			title=_("Not possible now"),
		)
	gate, standing = _gate_of(doc)
	changed = {"modified": now_datetime(), "modified_by": frappe.session.user}
	locking.write(doc, {"status": status, **values, **changed})
	if gate:
		_log(doc, gate, standing, former, status)
		gate.save()
	doc.add_comment("Info", text)
	doc.notify_update()
	follow(doc)


def _gate_of(doc):
	"""Take the gate of whom a security covers; None where no policy decides about them."""
	policy = policies.active(doc.company)
	if policy is None:
		return None, None
	customer = doc.customer or next((customer for customer, _company in members_of(doc)), None)
	if customer is None:
		return None, None
	standing = cases.standing_of(policy, customer, doc.company)
	key = (gates.GROUP, doc.credit_group) if doc.scope == GROUP_SCOPE else standing.gate_key
	return gates.lock(*key), standing


def _log(doc, gate, standing, former: str, status: str) -> None:
	customer, company = standing.member
	log.append(
		gate,
		log.Entry(
			kind=log.RELEASE if status == life.RELEASED else log.CHANGE,
			outcome="Released" if status == life.RELEASED else "Clear",
			customer=customer,
			company=company,
			policy=standing.policy,
			reference_doctype=INSTRUMENT,
			reference_name=doc.name,
			amount=_in_company_currency(doc),
			payload={"from": former, "to": status, "on": getdate().isoformat()},
		),
	)


def _require_mandate(doc) -> str:
	return mandates.require(
		engine_mandates.SECURITY_RELEASE,
		_in_company_currency(doc),
		doc.company,
		subject=(INSTRUMENT, doc.name),
		kind=doc.instrument_type,
	)


def _in_company_currency(doc) -> Decimal:
	return money(doc.amount) * rate_to(doc.currency, company_currency(doc.company), getdate(), doc.label())


def _refuse_past(doc) -> None:
	if life.has_ended(doc.expiry_date and getdate(doc.expiry_date), getdate()):
		frappe.throw(
			_("{0} was good until {1}. Extend it instead.").format(
				doc.name, doc.get_formatted("expiry_date")
			),
			SecurityInstrumentError,
			title=_("Expired"),
		)


def _need(reason: str | None) -> None:
	if not (reason or "").strip():
		frappe.throw(_("Say why."), SecurityInstrumentError, title=_("Reason missing"))


def _me() -> str:
	return frappe.utils.get_fullname(frappe.session.user)


# ------------------------------------------------------------------ shown
def status_of(name: str) -> dict:
	"""Return whether a security counts today and why not, which steps it can take, and whether the user may release it.

	`{counts, why_not, latest_due, covers_until, steps, may_write, may_release, why_not_release}`; dates as text.
	"""
	doc = frappe.get_doc(INSTRUMENT, name)
	doc.check_permission("read")
	latest = _latest_due(doc)
	found = security_facts.named(name, getdate(), latest)
	answer = mandates.ask(
		engine_mandates.SECURITY_RELEASE,
		_in_company_currency(doc),
		doc.company,
		subject=(INSTRUMENT, name),
		kind=doc.instrument_type,
	)
	return {
		"counts": found.counts and doc.docstatus == 1,
		"why_not": wording.why_not_counted(found.why_not) if found.why_not else None,
		"latest_due": str(latest),
		"steps": list(life.possible(doc.status)) if doc.docstatus == 1 else [],
		"may_write": bool(doc.has_permission("write")),
		"may_release": answer.acting is not None,
		"why_not_release": answer.why_not,
	}


def _latest_due(doc) -> date:
	"""Return the last due date of what a security has to cover, today where nothing is open."""
	if doc.scope == NAMED_SCOPE:
		orders = [row.reference_name for row in doc.documents if row.reference_doctype == "Sales Order"]
		invoices = [row.reference_name for row in doc.documents if row.reference_doctype == "Sales Invoice"]
		dues = list(position_facts.latest_due_of_orders(orders).values()) if orders else []
		if invoices:
			dues += [due for _open, due in position_facts.owed_of_invoices(invoices, doc.company).values()]
		return max((getdate(due) for due in dues if due), default=getdate())
	members = members_of(doc)
	if not members:
		return getdate()
	policy = policies.active(doc.company)
	terms = policy.for_engine() if policy else None
	if terms is None:
		return getdate()
	books = position_facts.books_of(members, position_facts.Since.of(terms, getdate()))
	return max((getdate(b.latest_due_date) for b in books.values() if b.latest_due_date), default=getdate())


def whom(doc) -> str:
	"""Return whom a security covers, as people say it."""
	return doc.credit_group if doc.scope == GROUP_SCOPE else (doc.customer_name or doc.customer)


def tell(doc, text: str) -> None:
	"""Tell the credit managers and whoever registered a security."""
	notices.bell(INSTRUMENT, doc.name, [doc.owner, *people.controllers("Credit Manager")], text)


# ------------------------------------------------------------------ from ERPNext's documents
def from_bank_guarantee(source: str):
	"""Return a security that is not saved yet, made of a Bank Guarantee that we received from a customer."""
	guarantee = frappe.get_doc("Bank Guarantee", source)
	if guarantee.bg_type != "Receiving" or not guarantee.customer:
		frappe.throw(
			_("{0} is not received from a customer: it covers nothing that a customer owes.").format(source),
			SecurityInstrumentError,
			title=_("Bank guarantee"),
		)
	made = frappe.db.get_value(INSTRUMENT, {"bank_guarantee": source, "docstatus": ["<", 2]})
	if made:
		frappe.throw(
			_("{0} is registered already, as {1}.").format(
				source, frappe.utils.get_link_to_form(INSTRUMENT, made)
			),
			SecurityInstrumentError,
			title=_("Registered already"),
		)
	is_order = guarantee.reference_doctype == "Sales Order" and guarantee.reference_docname
	company = (
		frappe.db.get_value("Sales Order", guarantee.reference_docname, "company")
		if is_order
		else frappe.defaults.get_user_default("Company")
	)
	doc = frappe.new_doc(INSTRUMENT)
	kind = frappe.get_cached_doc("Security Type", "Bank Guarantee")
	doc.update(
		{
			"cover_percent": kind.cover_percent,
			"haircut_percent": kind.haircut_percent,
			"claim_period_days": kind.claim_period_days,
			"scope": NAMED_SCOPE if is_order else security_facts.CUSTOMER_SCOPE,
			"customer": guarantee.customer,
			"company": company,
			"instrument_type": "Bank Guarantee",
			"instrument_number": guarantee.bank_guarantee_number,
			"issuer": guarantee.bank,
			"amount": guarantee.amount,
			"currency": company_currency(company) if company else None,
			"valid_from": guarantee.start_date,
			"expiry_date": guarantee.end_date,
			"status": life.RECEIVED,
			"bank_guarantee": source,
			"document": _attachment_of(guarantee),
		}
	)
	if is_order:
		doc.append(
			"documents", {"reference_doctype": "Sales Order", "reference_name": guarantee.reference_docname}
		)
	return doc


def _attachment_of(guarantee) -> str | None:
	filters = {"attached_to_doctype": "Bank Guarantee", "attached_to_name": guarantee.name}
	return frappe.db.get_value("File", filters, "file_url", order_by="creation")
