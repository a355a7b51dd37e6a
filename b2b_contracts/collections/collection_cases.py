"""Hand-over to a collection agency: proposed, announced by a last notice, approved within a mandate, followed to its end
(requirements §2.2, §3, §3.1).

What must not be handed over (disputed, in a plan, promised, on its way, not overdue, of an insolvent customer) is left out
with the reason, when the case is proposed, when its notice goes out and again when it is handed over. While a case is open
its invoices are not reminded of: a unique key on its rows says so, and keeps an invoice out of two cases.

Lock order: the case, then the gate (at hand-over only), then its invoices in order of their names.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, getdate, now_datetime

from b2b_contracts.credit import (
	clearing,
	jobs,
	locking,
	mandates,
	notices,
	people,
	wording,
)
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import collection_cases as engine
from b2b_contracts.engine import dunning
from b2b_contracts.engine import mandates as mandate_rules
from b2b_contracts.engine.collection_cases import (
	AFTER_HAND_OVER,
	BEFORE_HAND_OVER,
	CANCELLED,
	DRAFT,
	HANDED_OVER,
	NOTICE_SENT,
	OPEN,
	PAID,
	READY,
	RETURNED,
	WITH_AGENCY,
)
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import CollectionCaseError, NotYourMandateError

from . import case_claims, case_documents, collection_tasks, mandated, standings, work_lists
from . import invoices as invoice_facts
from .invoices import INVOICE, currency_of, receivable_currency

CASE, ITEM = "Collection Case", standings.CASE_ROW


# ------------------------------------------------------------------ asked by others
def is_in_case(invoice: str) -> bool:
	"""Whether an invoice is in an open case, so that nobody reminds of it and no fee is added."""
	return bool(frappe.db.exists(ITEM, {"open_key": invoice}))


def invoices_in_cases(customers: Collection[str]) -> dict[str, str]:
	"""Return the invoices of some customers that are in an open case, and in which."""
	case, row = frappe.qb.DocType(CASE), frappe.qb.DocType(ITEM)
	rows = (
		frappe.qb.from_(row)
		.join(case)
		.on(case.name == row.parent)
		.select(row.open_key, case.name)
		.where(case.customer.isin(list(customers) or [""]) & row.open_key.isnotnull())
		.run()
	)
	return dict(rows)


# ------------------------------------------------------------------ proposed
def preview(customer: str, company: str) -> list[dict]:
	"""Return what a case would be about: `[{sales_invoice, due_date, outstanding, principal, left_out, currency}]`."""
	case = frappe.new_doc(CASE)
	case.update({"customer": customer, "company": company})
	_fill_items(case)
	fields = ("sales_invoice", "outstanding", "principal", "left_out", "currency")
	return [{**{f: row.get(f) for f in fields}, "due_date": str(row.due_date)} for row in case.items]


def propose(customer: str, company: str, reason: str, names: Iterable[str] = ()):
	"""Propose to hand over what a customer owes: the invoices named, else everything that is overdue. Returns the case."""
	case = frappe.new_doc(CASE)
	case.update({"customer": customer, "company": company, "reason": reason})
	for name in dict.fromkeys(names):
		case.append("items", {"sales_invoice": name})
	case.insert()
	_take_over_notice(case)
	return case


def _take_over_notice(case) -> None:
	"""Take the legal notice of a dunning flow for the last notice, where one was sent about everything that goes."""
	going = {row.sales_invoice for row in case.items if row.principal}
	due = max(getdate(row.due_date) for row in case.items if row.principal)
	for notice in _legal_notices(case):
		about = frappe.get_all("Dunning Notice Item", filters={"parent": notice.name}, pluck="sales_invoice")
		sent_on = getdate(notice.sent_on)
		if not going <= set(about) or sent_on <= due:
			continue
		channel = notice.sent_by_channel if notice.sent_by_channel in engine.CHANNELS else engine.LETTER
		announced = notice_sent(case.name, channel, sent_on, notice.name, notice.letter or "")
		locking.write(announced, {"dunning_notice": notice.name, "notice_proof": None})
		case.reload()
		return


def _legal_notices(case) -> list[frappe._dict]:
	"""Return the legal notices that were sent to a customer, the newest first."""
	return frappe.get_all(
		"Dunning Notice",
		filters={
			"customer": case.customer,
			"company": case.company,
			"channel": dunning.LEGAL_NOTICE,
			"status": "Sent",
			"sent_on": ["is", "set"],
		},
		fields=["name", "sent_on", "sent_by_channel", "letter"],
		order_by="sent_on desc",
	)


def complete(case) -> None:
	"""Complete a proposal: what of its invoices may be handed over, what is demanded, which role it takes."""
	if not case.collector:
		case.collector = collection_tasks.worker_for(case.customer, case.company)
	_refuse_insolvent(case)
	_fill_items(case)
	_take_claim(case)
	_refuse_nothing_left(case)
	case.set("documents", [])
	case.extend("documents", case_documents.checked(case))


def proposed(case) -> None:
	"""Put a new case on the list of whoever works on it."""
	_assign(case)


def collector_may_have_changed(case) -> None:
	"""Give an open case to whoever it was handed to."""
	before = case.get_doc_before_save()
	if before and before.collector != case.collector and case.status in OPEN:
		work_lists.take_off(case)
		_assign(case)


def _assign(case) -> None:
	text = _("Hand-over of {0} proposed: {1}").format(
		case.customer_name or case.customer, wording.money_text(money(case.principal_amount), case.currency)
	)
	work_lists.give(case, case.collector, text, getdate(), "Medium")


def _refuse_insolvent(case) -> None:
	insolvency = insolvency_of(case.customer)
	if insolvency:
		_refuse(
			_(
				"{0} is insolvent (case {1}): what is owed is claimed there, and handed over to nobody."
			).format(case.customer_name or case.customer, insolvency)
		)


def _fill_items(case, locked: Mapping[str, frappe._dict] | None = None) -> None:
	"""Complete the rows from their invoices: what of each may be handed over, what is left out and why."""
	if not case.items:
		for row in _overdue(case.customer, case.company):
			case.append("items", {"sales_invoice": row.name})
	before: set[str] = set()
	names = [row.sales_invoice for row in case.items]
	found = locked or invoice_facts.seen(names)
	standing = standings.of(case.customer, case.company, list(found), case.name or "", locked)
	for row in case.items:
		facts = found.get(row.sales_invoice)
		invoice_facts.refuse_foreign(case, row, facts, _refuse)
		invoice_facts.refuse_repeated(row, before, _refuse)
		chosen = engine.choose(standing[row.sales_invoice], getdate())
		row.update(
			{
				"posting_date": facts.posting_date,
				"due_date": facts.due_date,
				"currency": currency_of(facts),
				"outstanding": number(standing[row.sales_invoice].outstanding),
				"principal": number(chosen.principal),
				"left_out": standings.left_out_text(chosen, currency_of(facts)),
			}
		)
	_keep_to_one_currency(case)


def _overdue(customer: str, company: str) -> list[frappe._dict]:
	"""Return the invoices that something of is overdue: those whose first instalment is."""
	found = standings.open_invoices(customer, company)
	standing = standings.of(customer, company, [row.name for row in found])
	return [row for row in found if any(due < getdate() for due, _amount in standing[row.name].instalments)]


def _keep_to_one_currency(case) -> None:
	"""Leave out what is in another currency than the oldest debt that goes: that is a case of its own."""
	going = [row for row in case.items if row.principal] or case.items
	oldest = min(going, key=lambda row: (getdate(row.due_date), row.sales_invoice), default=None)
	case.currency = oldest.currency if oldest else receivable_currency(case.customer, case.company)
	case.set("items", [row for row in case.items if row.currency == case.currency])


def _refuse_nothing_left(case) -> None:
	if any(row.principal for row in case.items):
		return
	said = [_("{0}: {1}").format(row.sales_invoice, row.left_out) for row in case.items]
	_refuse(
		" ".join(
			[_("Nothing of {0} can be handed over.").format(case.customer_name or case.customer), *said]
		),
		_("Nothing to hand over"),
	)


def _take_claim(case) -> None:
	"""Write what is demanded of each row and in all, as of today, and which role handing it over takes."""
	until = getdate()
	claims = case_claims.claims_of(
		{row.sales_invoice: (money(row.principal), money(row.outstanding)) for row in case.items}, until
	)
	terms = case_claims.terms_of(case.company, case.customer, case.currency, until)
	for row in case.items:
		claim = claims.get(row.sales_invoice, engine.Claim(ZERO))
		row.update(
			{
				"interest": number(claim.interest),
				"fees": number(claim.fees),
				"compensation": number(claim.compensation),
				"total": number(claim.total),
				"open_amount": number(claim.principal),
				# Empty is none: a unique key has many of these.
				"open_key": row.sales_invoice if claim.principal else None,
			}
		)
	totals = engine.totals_of(claims.values(), terms.hand_over_fee)
	case.update(
		{
			"principal_amount": number(totals.principal),
			"interest_amount": number(totals.interest),
			"interest_until": until,
			"fee_amount": number(totals.fees),
			"compensation_amount": number(totals.compensation),
			"hand_over_fee": number(totals.hand_over_fee),
			"total_amount": number(totals.total),
			"open_amount": number(totals.principal),
			"required_role": mandate_rules.required_role(
				mandates.in_force(case.company), mandate_rules.HAND_OVER, _measure(case)
			),
		}
	)


def _measure(case) -> Decimal:
	"""Return what a case is over in the company's currency: its principal."""
	found = invoice_facts.seen(row.sales_invoice for row in case.items)
	rows = [(money(row.principal), found[row.sales_invoice]) for row in case.items]
	return case_claims.in_company_currency(case.company, rows)


# ------------------------------------------------------------------ announced
def notice_sent(
	name: str, channel: str, sent_on: date | None = None, proof: str | None = None, file: str = ""
):
	"""Note that the last notice of a case went out: from then on its days count. Returns the case.

	A notice of an earlier day takes the proof of its dispatch. One that is sent again begins its days anew.
	"""
	case = _in_status(name, DRAFT, NOTICE_SENT, READY)
	sent_on = sent_on or getdate()
	_refuse_channel(channel)
	_refuse_day(case, sent_on, proof)
	_bring_in_step(case, {})
	days = case_claims.terms_of(case.company, case.customer, case.currency, sent_on).notice_days
	locking.write(
		case,
		{
			"status": NOTICE_SENT,
			"notice_channel": channel,
			"notice_sent_on": sent_on,
			"notice_days": days,
			"notice_deadline": engine.deadline(sent_on, days),
			"hand_over_from": engine.earliest_hand_over(sent_on, days),
			"notice_proof": proof or None,
			"notice_file": file or case.notice_file,
		},
	)
	_note(
		case,
		_("Last notice sent on {0} ({1}): to be paid by {2}, hand-over from {3}.").format(
			formatdate(sent_on),
			_(channel, context=CASE),
			formatdate(case.notice_deadline),
			formatdate(case.hand_over_from),
		),
	)
	case_documents.check_again(case)
	_by_time(case)
	return case


def _refuse_channel(channel: str) -> None:
	if channel not in engine.CHANNELS:
		known = ", ".join(_(one, context=CASE) for one in engine.CHANNELS)
		_refuse(_("A last notice goes out by one of {0}, not by {1}.").format(known, channel or "–"))


def _refuse_day(case, sent_on: date, proof: str | None) -> None:
	if sent_on > getdate():
		_refuse(
			_("{0} is still to come. Enter the day on which the notice went out.").format(formatdate(sent_on))
		)
	if sent_on < getdate() and not proof:
		_refuse(
			_(
				"The notice of {0} went out before today. Attach the proof of its dispatch, such as the receipt of the registered letter."
			).format(formatdate(sent_on)),
			_("Proof missing"),
		)
	due = [getdate(row.due_date) for row in case.items if row.principal]
	if due and sent_on <= max(due):
		_refuse(
			_("The notice of {0} went out before everything was overdue ({1}). Send one now.").format(
				formatdate(sent_on), formatdate(max(due))
			)
		)


def _by_time(case) -> bool:
	"""Make a case ready whose deadline has passed, and tell its collector; returns whether it has become so."""
	earliest = getdate(case.hand_over_from) if case.hand_over_from else None
	status = engine.status_by_time(case.status, earliest, getdate())
	if status == case.status:
		return False
	locking.write(case, {"status": status})
	_tell(
		case,
		_("The deadline of {0} has passed: {1} may be handed over.").format(
			case.customer_name, wording.money_text(money(case.total_amount), case.currency)
		),
	)
	return True


# ------------------------------------------------------------------ handed over
def why_not_hand_over(case) -> str | None:
	"""Return why the session user may not hand a case over now, None when they may. Reads only."""
	return _why_not_now(case) or _approving(case)[1]


def _why_not_now(case) -> str | None:
	if case.status not in BEFORE_HAND_OVER:
		return _("Collection case {0} is {1}: nothing is left to hand over.").format(
			case.name, _(case.status, context=CASE)
		)
	if case.status == DRAFT or not case.hand_over_from:
		return _("The last notice was not sent yet. Send it first: the customer has {0} days to pay.").format(
			case_claims.terms_of(case.company, case.customer, case.currency, getdate()).notice_days
		)
	if getdate() < getdate(case.hand_over_from):
		return _("The notice of {0} gives until {1}: {2} may be handed over on {3} at the earliest.").format(
			formatdate(case.notice_sent_on),
			formatdate(case.notice_deadline),
			case.name,
			formatdate(case.hand_over_from),
		)
	return None


def _approving(case) -> tuple[mandates.Acting | None, str | None]:
	"""Return in which role the session user may hand a case over, or why not."""
	answer = mandates.ask(mandate_rules.HAND_OVER, _measure(case), case.company, subject=(CASE, case.name))
	if answer.acting is None:
		return None, answer.why_not
	seller = frappe.db.get_value("Customer", case.customer, "account_manager")
	if frappe.session.user in (case.owner, seller):
		own = _("You have proposed {0}, or sell to {1}: somebody else must approve the hand-over.").format(
			case.name, case.customer_name
		)
		return None, f"{own} {mandates.whom_to_ask(answer.required)}"
	return answer.acting, None


def hand_over(name: str, agency_name: str | None = None, agency_email: str | None = None):
	"""Approve and hand a case over, as its invoices are now: what may not go is left out. Returns the case."""
	case = _in_status(name, *BEFORE_HAND_OVER)
	why_not = _why_not_now(case)
	if why_not:
		_refuse(why_not, _("Not yet"))
	gate = mandated.lock_gate(case)
	_refuse_insolvent(case)
	locked = invoice_facts.locked(row.sales_invoice for row in case.items)
	_bring_in_step(case, locked)
	acting, why_not = _approving(case)
	if why_not:
		frappe.throw(
			why_not, NotYourMandateError, title=_("Four eyes") if acting else _("Not within your mandate")
		)
	agency = (agency_name or case.agency_name or "").strip()
	if not agency:
		_refuse(_("Enter the agency that collects."), _("Agency missing"))
	locking.write(
		case,
		{
			"status": HANDED_OVER,
			"agency_name": agency,
			"agency_email": (agency_email or case.agency_email or "").strip() or None,
			"approved_by": frappe.session.user,
			"approved_as": acting.role,
			"approved_on": now_datetime(),
			"handed_over_on": getdate(),
		},
	)
	mandated.log_approval(
		case,
		gate,
		acting,
		mandate_rules.HAND_OVER,
		_measure(case),
		claim=str(money(case.total_amount)),
		notice_sent_on=str(case.notice_sent_on),
	)
	gate.save()
	text = _("{0} of {1} is handed over to {2}: {3}.").format(
		case.name, case.customer_name, agency, wording.money_text(money(case.total_amount), case.currency)
	)
	_note(case, text)
	_tell(case, text)
	jobs.after_commit("b2b_contracts.collections.case_files.make_bundle", queue="long", name=case.name)
	_look_at_tasks(case)
	return case


def _look_at_tasks(case) -> None:
	"""Have the open tasks about what a case holds cancelled once this transaction is through."""
	jobs.after_commit(
		"b2b_contracts.collections.collection_tasks.keep_in_step",
		customer=case.customer,
		company=case.company,
	)


def _bring_in_step(case, locked: Mapping[str, frappe._dict]) -> None:
	"""Take the rows and the claim of a case anew and write them; refuses when nothing is left to hand over."""
	_fill_items(case, locked)
	_take_claim(case)
	_refuse_nothing_left(case)
	_write_claim(case)


def _write_claim(case) -> None:
	for row in case.items:
		values = {f: row.get(f) for f in _ROW_FIELDS}
		frappe.db.set_value(ITEM, row.name, values, update_modified=False)
	locking.write(case, {field: case.get(field) for field in _CLAIM_FIELDS})


_ROW_FIELDS = (
	*("outstanding", "principal", "left_out", "interest", "fees", "compensation", "total"),
	*("open_amount", "open_key"),
)
_CLAIM_FIELDS = (
	*("principal_amount", "interest_amount", "interest_until", "fee_amount", "compensation_amount"),
	*("hand_over_fee", "total_amount", "open_amount", "required_role"),
)


# ------------------------------------------------------------------ the agency answers
def why_not_report(case, status: str, reference: str | None) -> str | None:
	"""Return why an agency's status does not fit a case, None when it does."""
	if status not in engine.AGENCY_STATUSES:
		known = ", ".join(engine.AGENCY_STATUSES)
		return _("An agency reports one of {0}, not {1}.").format(known, status or "–")
	if not engine.may_become(case.status, status):
		return _("Collection case {0} is {1} and cannot become {2}.").format(
			case.name, _(case.status, context=CASE), _(status, context=CASE)
		)
	if reference and case.agency_reference and reference != case.agency_reference:
		return _("Collection case {0} has the agency's reference {1} and not {2}.").format(
			case.name, case.agency_reference, reference
		)
	if status == PAID and any(_still_open(case).values()):
		return _("{0} of {1} is still open in our books. Record what was paid at the agency first.").format(
			wording.money_text(sum(_still_open(case).values(), ZERO), case.currency), case.name
		)
	return None


def report(name: str, status: str, reference: str | None = None, note: str = "", on: date | None = None):
	"""Note what the agency says of a case: that it has it, that all is paid, or that it gives it back. Returns the case."""
	case = locking.locked_doc(CASE, name)
	reference = (reference or "").strip() or None
	why_not = why_not_report(case, status, reference)
	if why_not:
		_refuse(why_not)
	if on and on > getdate():
		_refuse(_("{0} is still to come. Enter the day of the agency's message.").format(formatdate(on)))
	text = (note or "").strip()
	if status == WITH_AGENCY:
		locking.write(case, {"status": WITH_AGENCY, "agency_reference": reference or case.agency_reference})
		_note(case, text or _("With the agency."))
		return case
	if reference:
		locking.write(case, {"agency_reference": reference})
	_end(case, status, text or _("Reported by the agency."), on)
	return case


# ------------------------------------------------------------------ ended
def withdraw(name: str, reason: str):
	"""Take a case back, with a written reason: before hand-over it is cancelled, after it the agency gives it back. What is
	open is reminded of again. Returns the case."""
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the case is withdrawn."))
	case = _in_status(name, *OPEN)
	_end(case, CANCELLED if case.status in BEFORE_HAND_OVER else RETURNED, reason)
	return case


def end(name: str, reason: str) -> None:
	"""Withdraw a case whoever asks; nothing when it has ended."""
	case = locking.locked_doc(CASE, name)
	if case.status in OPEN:
		_end(case, CANCELLED if case.status in BEFORE_HAND_OVER else RETURNED, reason)


def _end(case, status: str, reason: str, on: date | None = None) -> None:
	was_outside = case.status in AFTER_HAND_OVER
	for row in case.items:
		if row.open_key:
			frappe.db.set_value(ITEM, row.name, "open_key", None, update_modified=False)
			row.open_key = None
	locking.write(case, {"status": status, "ended_on": on or getdate(), "end_reason": reason})
	work_lists.take_off(case)
	text = _("Collection case {0} of {1} has ended ({2}): {3}").format(
		case.name, case.customer_name, _(status, context=CASE), reason
	)
	if was_outside and status != RETURNED:
		text += " " + _("Tell {0}.").format(case.agency_name or _("the agency"))
	_note(case, text)
	_tell(case, text)


def has_open(customer: str, company: str) -> bool:
	"""Whether a customer has an open case."""
	return bool(frappe.db.exists(CASE, {"customer": customer, "company": company, "status": ["in", OPEN]}))


def open_of(customer: str, company: str | None = None) -> list[str]:
	"""Return the open cases of a customer, the oldest first."""
	filters = {"customer": customer, "status": ["in", OPEN], **({"company": company} if company else {})}
	return frappe.get_all(CASE, filters=filters, order_by="creation, name", pluck="name")


# ------------------------------------------------------------------ money that comes
def keep_in_step(customer: str, company: str) -> None:
	"""Bring the cases of a customer in step with what its invoices owe. Runs in a job: a transaction a case."""
	for name in open_of(customer, company):
		clearing.in_own_transaction(refresh, name)


def refresh(name: str) -> bool:
	"""Bring one case in step: what is paid leaves it, one with nothing left ends by itself, one whose time has come is
	ready. Returns whether anything was changed."""
	case = locking.locked_doc(CASE, name)
	if case.status not in OPEN:
		return False
	still_open = _still_open(case)
	ended = engine.ended_by_books(case.status, still_open.values(), _is_written_off(case))
	if ended:
		_write_open(case, still_open)
		_end(case, ended, _paid_text(case))
		return True
	changed = _write_open(case, still_open)
	changed = _take_off_charges(case) or changed
	if case.status in AFTER_HAND_OVER:
		return _warn_of_disputes(case) or changed
	changed = _leave_out(case) or changed
	return _by_time(case) or changed


def _still_open(case) -> dict[str, Decimal]:
	"""Return what is open of each row that is handed over (or is to be), by invoice: never more than its principal."""
	found = invoice_facts.seen(row.sales_invoice for row in case.items if row.open_key)
	owed = {n: money(f.outstanding_amount) if f.docstatus == 1 else ZERO for n, f in found.items()}
	return {
		row.sales_invoice: min(max(ZERO, owed.get(row.sales_invoice, ZERO)), money(row.principal))
		for row in case.items
		if row.open_key
	}


def _write_open(case, still_open: Mapping[str, Decimal]) -> bool:
	changed = False
	for row in case.items:
		now = still_open.get(row.sales_invoice, ZERO)
		if row.open_key and money(row.open_amount) != now:
			row.open_amount = number(now)
			frappe.db.set_value(ITEM, row.name, "open_amount", row.open_amount, update_modified=False)
			changed = True
	total = number(sum(still_open.values(), ZERO))
	if total != case.open_amount:
		locking.write(case, {"open_amount": total})
		changed = True
	return changed


def _take_off_charges(case) -> bool:
	"""Take off what has been waived or paid since of the fees and the compensation that a case demands; an agency is told."""
	rows = [row for row in case.items if row.principal]
	fees, compensation = case_claims.charged(row.sales_invoice for row in rows)
	before = money(case.fee_amount) + money(case.compensation_amount)
	left = sum(fees.values(), ZERO) + sum(compensation.values(), ZERO)
	if left >= before:
		return False
	for row in rows:
		row.fees, row.compensation = (
			number(found.get(row.sales_invoice, ZERO)) for found in (fees, compensation)
		)
		parts = (money(row.get(part)) for part in ("principal", "interest", "fees", "compensation"))
		row.total = number(sum(parts, ZERO))
	case.fee_amount = number(sum(fees.values(), ZERO))
	case.compensation_amount = number(sum(compensation.values(), ZERO))
	case.total_amount = number(money(case.total_amount) - (before - left))
	_write_claim(case)
	text = _("Charges of {0} that {1} demands were waived or paid: {2} is left of its claim.").format(
		wording.money_text(before - left, case.currency),
		case.name,
		wording.money_text(money(case.total_amount), case.currency),
	)
	_note(case, text)
	if case.status in AFTER_HAND_OVER:
		_tell(case, " ".join((text, _("Tell {0}.").format(case.agency_name or _("the agency")))))
	return True


def _leave_out(case) -> bool:
	"""Take the rows anew of a case that is still ours: what has been disputed, promised or paid since is left out. A case
	with nothing left for now stays, so that a person looks at it."""
	before = [(row.principal, row.left_out) for row in case.items]
	held = [row.open_key for row in case.items]
	_fill_items(case)
	if [(row.principal, row.left_out) for row in case.items] == before:
		return False
	_take_claim(case)
	for row, key in zip(case.items, held, strict=True):
		# It stays the case's while something of it is open.
		row.open_key = row.open_key or (key if row.outstanding else None)
	_write_claim(case)
	_note(
		case,
		_("What may be handed over has changed: {0}.").format(
			wording.money_text(money(case.principal_amount), case.currency)
		),
	)
	return True


def _warn_of_disputes(case) -> bool:
	"""Tell that something an agency has is disputed now: no collection goes on of that."""
	names = [row.sales_invoice for row in case.items if row.open_key]
	standing = standings.of(case.customer, case.company, names, case.name)
	disputed = [row for row in case.items if row.open_key and standing[row.sales_invoice].disputed]
	new = []
	for row in disputed:
		text = standings.left_out_text(engine.choose(standing[row.sales_invoice]), row.currency)
		if text != row.left_out:
			frappe.db.set_value(ITEM, row.name, "left_out", text, update_modified=False)
			new.append(row.sales_invoice)
	if new:
		text = _("Disputed since {0} was handed over: {1}. Have {2} pause its collection.").format(
			case.name, ", ".join(new), case.agency_name or _("the agency")
		)
		_note(case, text)
		_tell(case, text)
	return bool(new)


def _is_written_off(case) -> bool:
	"""Whether an invoice of a case was written off by approval."""
	names = [row.sales_invoice for row in case.items]
	return bool(
		frappe.db.exists(
			"Approval Request",
			{
				"action": mandate_rules.WRITE_OFF,
				"reference_doctype": INVOICE,
				"reference_name": ["in", names or [""]],
				"status": "Approved",
			},
		)
	)


def _paid_text(case) -> str:
	if case.status in BEFORE_HAND_OVER:
		return _("Paid or credited before it was handed over.")
	return _("Nothing of it is open any more.")


def daily() -> None:
	"""Bring every open case in step, and make those ready whose deadline has passed. May be killed and run again."""
	for name in frappe.get_all(CASE, filters={"status": ["in", OPEN]}, order_by="name", pluck="name"):
		clearing.in_own_transaction(refresh, name)


# ------------------------------------------------------------------ helpers
def _in_status(name: str, *statuses: str):
	case = locking.locked_doc(CASE, name)
	if case.status not in statuses:
		_refuse(
			_("Collection case {0} is {1}: that is not possible any more.").format(
				name, _(case.status, context=CASE)
			)
		)
	return case


def _tell(case, text: str) -> None:
	seller = frappe.db.get_value("Customer", case.customer, "account_manager")
	notices.bell(CASE, case.name, [case.owner, case.collector, seller, *people.controllers()], text)


def _note(case, text: str) -> None:
	case.add_comment("Info", text)


def _refuse(message: str, title: str | None = None) -> None:
	frappe.throw(message, CollectionCaseError, title=title or _("Collection case"))
