"""“We paid yesterday”: payment slips, reported, accepted and waited for until their money is there (requirements §2.4, §3).

What an accepted slip says is on its way stands on the invoices it pays (`b2b_awaited_amount`), so that every query of
open items has it at hand: owed, in the exposure, but not overdue. An order that goes ahead because of it names the slip
(`b2b_payment_slip`), and is decided about again when the money does not come.

Lock order: the slip, then its invoices in order of their names. Orders follow after the commit, one transaction each.
"""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, formatdate, get_datetime, getdate, now_datetime

from b2b_contracts.credit import (
	checking,
	clearing,
	holds,
	jobs,
	locking,
	mandates,
	notices,
	orders,
	parking,
	policies,
	wording,
)
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.holds import number
from b2b_contracts.credit.people import controllers
from b2b_contracts.engine import payment_slips as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.payment_slips import (
	ACCEPTED,
	ARRIVED,
	CANCELLED,
	LIVE,
	NOT_ARRIVED,
	REJECTED,
	REPORTED,
	Money,
	Slip,
)
from b2b_contracts.exceptions import NotYourMandateError, PaymentSlipError

from . import invoices as invoice_facts
from . import payments
from .invoices import INVOICE, currency_of, receivable_currency

SLIP, ROW = "Payment Slip", "Payment Slip Invoice"
# Whose money did not come: what rested on them is decided about again.
FAILED = (NOT_ARRIVED, CANCELLED)


# ------------------------------------------------------------------ reported
def complete(slip) -> None:
	"""Complete a reported slip: currency, what it is for, until when its money is waited for, who may accept it."""
	slip.currency = receivable_currency(slip.customer, slip.company)
	_fill_invoices(slip)
	_refuse_twice(slip)
	slip.wait_until = _wait_until(slip)
	if slip.wait_until < getdate():
		_refuse(
			_(
				"The money of value date {0} should have been here by {1}. Ask the customer's bank what became of it, or note a promise to pay."
			).format(slip.get_formatted("value_date"), formatdate(slip.wait_until)),
			_("Too late"),
		)
	slip.required_role = engine.accepted_by(_last_failed(slip), getdate())


def _fill_invoices(slip) -> None:
	"""Complete the rows from their invoices; an amount that is left empty is all that is open, as far as the slip goes."""
	before: set[str] = set()
	left = money(slip.amount)
	for row in slip.invoices:
		facts = invoice_facts.facts_of(row.sales_invoice)
		_refuse_unfit(slip, row, facts)
		invoice_facts.refuse_repeated(row, before, _refuse)
		still_open = money(facts.outstanding_amount)
		row.due_date, row.outstanding, row.currency = facts.due_date, facts.outstanding_amount, slip.currency
		row.amount = row.amount or number(min(left, still_open))
		if money(row.amount) > still_open:
			_refuse(
				_(
					"{0} of invoice {1} is paid by the slip, but only {2} is open. Enter that, or less."
				).format(
					wording.money_text(money(row.amount), slip.currency),
					row.sales_invoice,
					wording.money_text(still_open, slip.currency),
				)
			)
		left -= money(row.amount)
	if left < 0:
		_refuse(
			_("The invoices add up to {0}, the slip is over {1}. Lower the amounts of the rows.").format(
				wording.money_text(money(slip.amount) - left, slip.currency),
				wording.money_text(money(slip.amount), slip.currency),
			)
		)


def _refuse_unfit(slip, row, facts) -> None:
	invoice_facts.refuse_foreign(slip, row, facts, _refuse)
	if facts.docstatus != 1 or cint(facts.is_return) or money(facts.outstanding_amount) <= 0:
		_refuse(
			_("Nothing of invoice {0} in row {1} is open, so nothing of it is to be paid.").format(
				row.sales_invoice, row.idx
			)
		)
	if currency_of(facts) != slip.currency:
		_refuse(
			_("Invoice {0} is in {1}, the customer's account in {2}. Leave it out.").format(
				row.sales_invoice, currency_of(facts), slip.currency
			)
		)


def _refuse_twice(slip) -> None:
	"""Refuse a second slip of the same payment while the first is alive."""
	reference = engine.plain_reference(slip.payment_reference or "")
	filters = {**_of(slip), "status": ["in", LIVE], "name": ["!=", slip.name or ""]}
	for other in frappe.get_all(SLIP, filters=filters, fields=["name", "payment_reference"]):
		if reference and engine.plain_reference(other.payment_reference or "") == reference:
			_refuse(
				_("Payment reference {0} is on payment slip {1} already.").format(
					slip.payment_reference, other.name
				),
				_("Reported already"),
			)


def _of(slip) -> dict:
	return {"customer": slip.customer, "company": slip.company}


def _wait_until(slip) -> date:
	policy = policies.active(slip.company)
	days = policy.for_engine().payment_slip_days if policy else engine.WAIT_DAYS
	value_date = getdate(slip.value_date)
	days_off = holds.days_off(slip.company, policy.holiday_list if policy else None, value_date)
	return engine.wait_until(value_date, days, days_off)


def _last_failed(slip) -> date | None:
	"""Return when money of a customer's slip last did not come, to any of our companies; None when it always did."""
	filters = {"customer": slip.customer, "status": NOT_ARRIVED, "name": ["!=", slip.name or ""]}
	found = frappe.get_all(SLIP, filters=filters, order_by="ended_on desc", limit=1, pluck="ended_on")
	return getdate(found[0]) if found else None


def reported(slip) -> None:
	"""Tell whoever may accept a slip that one has come; and look at once whether its money is there already."""
	text = _("{0} reports that {1} has paid {2}, value date {3}.").format(
		frappe.utils.get_fullname(slip.owner),
		slip.customer_name,
		wording.money_text(money(slip.amount), slip.currency),
		slip.get_formatted("value_date"),
	)
	notices.bell(SLIP, slip.name, controllers(slip.required_role), text)
	look_again(slip.customer, slip.company)


# ------------------------------------------------------------------ answered
def why_not_accept(slip) -> str | None:
	"""Return why the session user may not accept a slip, None when they may. Reads only."""
	return _answering(slip)[1]


def _answering(slip) -> tuple[mandates.Acting | None, str | None]:
	required = engine.accepted_by(_last_failed(slip), getdate())
	acting = mandates.acting_as(required)
	if not acting:
		needed = _("Accepting payment slip {0} takes the role {1} or higher.").format(slip.name, _(required))
		if required == engine.MANAGER:
			needed += " " + _("Money of a slip of this customer did not come in the last {0} days.").format(
				engine.REPEAT_DAYS
			)
		return None, f"{needed} {mandates.whom_to_ask(required)}"
	seller = frappe.db.get_value("Customer", slip.customer, "account_manager")
	if frappe.session.user in (slip.owner, slip.modified_by, seller):
		own = _("Payment slip {0} is your own: somebody else must accept it.").format(slip.name)
		return None, f"{own} {mandates.whom_to_ask(required)}"
	return acting, None


def accept(name: str):
	"""Let orders wait for the money of a slip: what it pays is left out of the overdue test until then. Returns the slip."""
	slip = _to_be_answered(name)
	acting, why_not = _answering(slip)
	if why_not:
		frappe.throw(
			why_not, NotYourMandateError, title=_("Not within your mandate") if not acting else _("Four eyes")
		)
	case = insolvency_of(slip.customer)
	if case:
		_refuse(
			_("{0} is insolvent (case {1}): nothing waits for its money. Reject the slip.").format(
				slip.customer_name, case
			),
			_("Insolvent"),
		)
	slip.wait_until = _wait_until(slip)
	if slip.wait_until < getdate():
		_refuse(
			_("The money was waited for until {0}. Reject the slip.").format(formatdate(slip.wait_until)),
			_("Too late"),
		)
	if not slip.invoices:
		_name_the_oldest(slip)
	locking.write(
		slip,
		{
			"status": ACCEPTED,
			"wait_until": slip.wait_until,
			"answered_by": frappe.session.user,
			"answered_as": acting.role,
			"answered_on": now_datetime(),
		},
	)
	_await(slip, money(slip.amount) - money(slip.arrived_amount))
	_note(
		slip,
		_("Accepted by {0} as {1}: the money is waited for until {2}.").format(
			frappe.utils.get_fullname(frappe.session.user), _(acting.role), formatdate(slip.wait_until)
		),
	)
	look_again(slip.customer, slip.company)
	return slip


def reject(name: str, reason: str):
	"""Turn a reported slip down, with a reason that its reporter reads. Returns the slip."""
	if not mandates.acting_as(engine.CONTROLLER):
		frappe.throw(
			_("Rejecting a payment slip takes the role {0} or higher.").format(_(engine.CONTROLLER)),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	slip = _to_be_answered(name)
	return _answer(slip, REJECTED, reason)


def cancel(name: str, reason: str):
	"""Take a slip back that was a mistake: a reported one by whoever may write it, an accepted one by credit control.
	What went ahead because of it is looked at again. Returns the slip."""
	slip = locking.locked_doc(SLIP, name)
	if slip.status not in LIVE:
		_refuse(_not_to_be_answered(slip))
	if slip.status == ACCEPTED and not mandates.acting_as(engine.CONTROLLER):
		frappe.throw(
			_("Cancelling an accepted payment slip takes the role {0} or higher.").format(
				_(engine.CONTROLLER)
			),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	return _answer(slip, CANCELLED, reason)


def end(name: str, reason: str) -> None:
	"""Cancel a slip whose money is not waited for any more, whoever asks."""
	slip = locking.locked_doc(SLIP, name)
	if slip.status in LIVE:
		_answer(slip, CANCELLED, reason)


def _answer(slip, status: str, reason: str):
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down a reason: whoever reported the slip reads it."), _("Reason missing"))
	was_accepted = slip.status == ACCEPTED
	values: dict = {"status": status, "reason": reason, "ended_on": getdate()}
	if not was_accepted:
		values |= {"answered_by": frappe.session.user, "answered_on": now_datetime()}
	locking.write(slip, values)
	text = _("Payment slip {0} of {1} was {2}: {3}").format(
		slip.name, slip.customer_name, _(status, context=SLIP), reason
	)
	_note(slip, text)
	notices.bell(SLIP, slip.name, [slip.owner], text)
	if was_accepted:
		_await(slip, ZERO)
		_follow(slip)
	return slip


def _to_be_answered(name: str):
	slip = locking.locked_doc(SLIP, name)
	if slip.status != REPORTED:
		_refuse(_not_to_be_answered(slip), _("Answered already"))
	return slip


def _not_to_be_answered(slip) -> str:
	return _("Payment slip {0} is {1}: nothing is left to answer.").format(
		slip.name, _(slip.status, context=SLIP)
	)


def _name_the_oldest(slip) -> None:
	"""Put a slip that names no invoice on the oldest that are open: that is where money without a purpose goes."""
	found = frappe.get_all(
		INVOICE,
		filters={
			**_of(slip),
			"docstatus": 1,
			"is_return": 0,
			"outstanding_amount": [">", 0],
			"party_account_currency": slip.currency,
		},
		fields=invoice_facts.FIELDS,
		order_by="due_date, name",
	)
	claims = [(money(facts.outstanding_amount), _free(facts)) for facts in found]
	for facts, part in zip(found, engine.spread(money(slip.amount), claims), strict=True):
		if part > 0:
			row = slip.append(
				"invoices",
				{
					"sales_invoice": facts.name,
					"due_date": facts.due_date,
					"outstanding": facts.outstanding_amount,
					"amount": number(part),
					"currency": slip.currency,
				},
			)
			row.db_insert()


def _free(facts, own: Decimal = ZERO) -> Decimal:
	"""What of an invoice is open, and neither disputed, in a plan nor awaited by another slip than the `own`."""
	aside = money(facts.b2b_disputed_amount) + money(facts.b2b_planned_amount)
	return money(facts.outstanding_amount) - aside - (money(facts.b2b_awaited_amount) - own)


# ------------------------------------------------------------------ what is awaited of each invoice
def _await(slip, amount: Decimal) -> bool:
	"""Write what of a slip's invoices is still awaited, the oldest first; returns whether anything has changed."""
	rows = sorted(slip.invoices, key=lambda row: (getdate(row.due_date), row.sales_invoice))
	facts = invoice_facts.locked(row.sales_invoice for row in rows)
	# Rows as they are now: this transaction may have seen them before another one wrote them.
	before = {row.name: money(_newest_awaited(row.name)) for row in rows}
	claims = [(money(row.amount), _open_for(row, facts, before[row.name])) for row in rows]
	changed = False
	for row, part in zip(rows, engine.spread(amount, claims), strict=True):
		if part == before[row.name]:
			continue
		changed = True
		row.awaited_amount = number(part)
		frappe.db.set_value(ROW, row.name, "awaited_amount", row.awaited_amount, update_modified=False)
		invoice = facts.get(row.sales_invoice)
		if invoice:
			awaited = max(ZERO, money(invoice.b2b_awaited_amount) - before[row.name] + part)
			frappe.db.set_value(
				INVOICE, invoice.name, "b2b_awaited_amount", number(awaited), update_modified=False
			)
	if changed:
		clearing.look_again(slip.customer, slip.company)
	return changed


def _newest_awaited(row: str) -> float:
	return frappe.db.get_value(ROW, row, "awaited_amount", for_update=True) or 0


def _open_for(row, facts: dict, own: Decimal) -> Decimal:
	invoice = facts.get(row.sales_invoice)
	return _free(invoice, own) if invoice and invoice.docstatus == 1 else ZERO


# ------------------------------------------------------------------ judged
def has_live(customer: str, company: str) -> bool:
	"""Whether money of a slip of a customer is waited for."""
	return bool(frappe.db.exists(SLIP, {"customer": customer, "company": company, "status": ["in", LIVE]}))


def look_again(customer: str, company: str) -> None:
	"""Have a customer's slips judged once this transaction is through."""
	jobs.after_commit(
		"b2b_contracts.collections.payment_slips.judge_customer", customer=customer, company=company
	)


def judge_customer(customer: str, company: str) -> None:
	"""Judge a customer's slips by the money that came in, and look at the orders that went ahead because of them.

	Runs in a job: one transaction a slip, then one an order. A second run changes nothing.
	"""
	for name in _names(customer=customer, company=company, status=["in", LIVE]):
		clearing.in_own_transaction(_judge, name)
	_look_at_orders(customer, company)


def daily() -> None:
	"""Judge every slip, and find what a lost job has left. May be killed and run again."""
	rows = frappe.get_all(SLIP, filters={"status": ["in", LIVE]}, fields=["customer", "company"])
	members = {(row.customer, row.company) for row in rows} | _with_orders_left()
	for customer, company in sorted(members):
		judge_customer(customer, company)


def _with_orders_left() -> set[tuple[str, str]]:
	"""Return the customers with an order that still names a slip that has ended."""
	order, slip = frappe.qb.DocType("Sales Order"), frappe.qb.DocType(SLIP)
	rows = (
		frappe.qb.from_(slip)
		.join(order)
		.on((order.customer == slip.customer) & (order.company == slip.company))
		.select(slip.customer, slip.company)
		.distinct()
		.where(slip.status.isin((ARRIVED, *FAILED)) & (order.b2b_payment_slip == slip.name))
		.where((order.docstatus == 1) & (order.status != "Closed"))
		.run()
	)
	return set(rows)


def _names(**filters) -> list[str]:
	return frappe.get_all(SLIP, filters=filters, order_by="wait_until, name", pluck="name")


def _judge(name: str) -> bool:
	slip = locking.locked_doc(SLIP, name)
	if slip.status not in LIVE:
		return False
	arrived = _arrived(slip)
	status = engine.status_of(_for_engine(slip), slip.status, arrived, getdate())
	was_accepted = slip.status == ACCEPTED
	changed = False
	if (status, arrived) != (slip.status, money(slip.arrived_amount)):
		values: dict = {"status": status, "arrived_amount": number(arrived)}
		if status not in LIVE:
			values["ended_on"] = getdate()
		locking.write(slip, values)
		slip.notify_update()
		changed = True
	if was_accepted:
		left = money(slip.amount) - arrived if status == ACCEPTED else ZERO
		changed = _await(slip, left) or changed
	if status == ARRIVED:
		_note(slip, _("The money is here."))
	elif status == NOT_ARRIVED:
		_tell_of_failure(slip, was_accepted)
	return changed


def _arrived(slip) -> Decimal:
	"""Return how much of a slip's money came in. What another slip has taken does not count again."""
	rows = [
		frappe.get_doc(SLIP, name)
		for name in _names(**_of(slip), status=["in", (*LIVE, ARRIVED)], wait_until=[">=", slip.value_date])
		if name != slip.name
	]
	slips = [_for_engine(row) for row in (slip, *rows)]
	first = min(one.value_date for one in slips) - engine.BEFORE_VALUE
	paid = [
		Money(p.day, p.amount, p.booked_at, p.reference, p.invoice)
		for p in payments.since(slip.customer, slip.company, first)
	]
	return engine.counted(slips, paid)[slip.name]


def _for_engine(slip) -> Slip:
	return Slip(
		name=slip.name,
		amount=money(slip.amount),
		reported_at=get_datetime(slip.creation),
		value_date=getdate(slip.value_date),
		wait_until=getdate(slip.wait_until),
		reference=slip.payment_reference or "",
		invoices=frozenset(row.sales_invoice for row in slip.invoices),
	)


def _tell_of_failure(slip, was_accepted: bool) -> None:
	text = _("The money of payment slip {0} of {1} has not come: {2} of {3} by {4}.").format(
		slip.name,
		slip.customer_name,
		wording.money_text(money(slip.arrived_amount), slip.currency),
		wording.money_text(money(slip.amount), slip.currency),
		formatdate(slip.wait_until),
	)
	if was_accepted:
		text += " " + _("What went ahead because of it and is not delivered is decided about again.")
	_note(slip, text)
	seller = frappe.db.get_value("Customer", slip.customer, "account_manager")
	notices.bell(SLIP, slip.name, [slip.owner, slip.answered_by, seller, *controllers()], text)


# ------------------------------------------------------------------ orders that went ahead because of it
def _follow(slip) -> None:
	"""Have what went ahead because of a slip looked at once this transaction is through."""
	look_again(slip.customer, slip.company)


def _look_at_orders(customer: str, company: str) -> None:
	"""Decide again about orders whose slip has failed, and forget the slip of those whose money came."""
	order, slip = frappe.qb.DocType("Sales Order"), frappe.qb.DocType(SLIP)
	rows = (
		frappe.qb.from_(order)
		.join(slip)
		.on(slip.name == order.b2b_payment_slip)
		.select(order.name)
		.where((order.customer == customer) & (order.company == company) & (order.docstatus == 1))
		.where((order.status != "Closed") & slip.status.isin((ARRIVED, *FAILED)))
		.orderby(order.transaction_date, order.name)
		.run(pluck=True)
	)
	for name in rows:
		clearing.in_own_transaction(_decide_again, name)


def _decide_again(name: str) -> bool:
	order = parking.locked_order(name)
	slip = order.b2b_payment_slip
	if not slip or order.docstatus != 1 or order.status == "Closed":
		return False
	failed = frappe.db.get_value(SLIP, slip, "status") in FAILED
	if failed and not _is_through(order):
		seen = checking.preview(order)
		if seen and seen[0].policy.is_enforced and not seen[2].is_clear:
			orders.expire(order)
			return True
	parking.set_fields(order, {"b2b_payment_slip": checking.slip_of(order)})
	return True


def _is_through(order) -> bool:
	"""Whether nothing of an order can be held back any more: delivered in full, or waiting already."""
	return (
		parking.is_waiting(order.b2b_credit_status)
		or order.status == "Completed"
		or cint(order.per_delivered) >= 100
	)


# ------------------------------------------------------------------ kept in mind
def slips_pausing(customer: str, company: str, on: date) -> list[dict]:
	"""Return the accepted slips for whose sake reminders leave items out on a day (requirements §3: until the value date):
	`[{name, amount, arrived_amount, currency, value_date, wait_until, invoices: {name: awaited}}]`, the earliest first."""
	found = []
	for name in _names(customer=customer, company=company, status=ACCEPTED, value_date=[">=", on]):
		slip = frappe.get_doc(SLIP, name)
		if engine.pauses(slip.status, getdate(slip.value_date), on):
			found.append(_brief(slip))
	return found


def live(customer: str, company: str) -> list[dict]:
	"""Return the slips of a customer whose money is waited for, in the shape of `slips_pausing` with their `status`."""
	return [
		{**_brief(slip), "status": slip.status}
		for slip in (
			frappe.get_doc(SLIP, name)
			for name in _names(customer=customer, company=company, status=["in", LIVE])
		)
	]


def _brief(slip) -> dict:
	return {
		"name": slip.name,
		"amount": slip.amount,
		"arrived_amount": slip.arrived_amount,
		"currency": slip.currency,
		"value_date": str(slip.value_date),
		"wait_until": str(slip.wait_until),
		"invoices": {row.sales_invoice: row.awaited_amount for row in slip.invoices if row.awaited_amount},
	}


def _note(slip, text: str) -> None:
	slip.add_comment("Info", text)


def _refuse(message: str, title: str | None = None) -> None:
	frappe.throw(message, PaymentSlipError, title=title or _("Payment slip"))
