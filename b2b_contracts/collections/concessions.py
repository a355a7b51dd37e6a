"""What may be asked for and given away: how each action is measured, what it is refused for, and how it is carried out.

A measure counts what was approved of the same document before, so that a mandate cannot be used up twice by halves.
All of it runs within the transaction of the approval: when anything fails, nothing of it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import clearing, jobs, original_due_dates, policies, wording
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import concessions as rules
from b2b_contracts.engine import mandates
from b2b_contracts.engine.money import ZERO, percent_of, to_cents
from b2b_contracts.exceptions import ApprovalError

from . import crediting, dunning_charges, invoices, write_offs
from .invoices import INVOICE

REQUEST = "Approval Request"
DUNNING = "Dunning"
APPROVED = "Approved"
# Whose word makes a new due date count for credit too: whoever may accept one (credit/original_due_dates.py).
AGREES = "Credit Manager"


@dataclass(frozen=True, slots=True)
class Concession:
	"""An action: the document it is about, what measures it, what carries it out (and returns what that made).

	`takes_two` actions are never approved by whoever asks, however high their role.
	"""

	doctype: str
	measure: Callable
	carry_out: Callable
	takes_two: bool = False


def of(action: str, doctype: str) -> Concession:
	"""Return what an action is; refuses a document that it is not about."""
	concession = CONCESSIONS.get(action)
	if concession is None:
		_refuse(_("{0} is nothing that can be asked for.").format(action or "–"))
	if concession.doctype != doctype:
		_refuse(
			_("{0} is asked for a {1}, not for a {2}.").format(
				_(action, context=REQUEST), _(concession.doctype), _(doctype)
			)
		)
	return concession


# ------------------------------------------------------------------ invoices
def _open_invoice(request, lock: bool) -> frappe._dict:
	invoice = invoices.facts_of(request.reference_name, lock=lock)
	if not invoice:
		_refuse(_("There is no invoice {0}.").format(request.reference_name))
	if invoice.docstatus != 1 or cint(invoice.is_return) or money(invoice.outstanding_amount) <= 0:
		_refuse(_("Nothing of invoice {0} is open, so nothing of it can be given away.").format(invoice.name))
	request.update(
		{
			"customer": invoice.customer,
			"company": invoice.company,
			"currency": invoices.currency_of(invoice),
			"unit": mandates.UNIT_OF[request.action],
		}
	)
	return invoice


def _set_amount(request, amount: Decimal, rate: Decimal) -> None:
	request.amount, request.base_amount = number(amount), number(to_cents(amount * rate))


def _rate(invoice: frappe._dict) -> Decimal:
	"""Return what one unit of the receivable account's currency is in the company's."""
	is_own = invoices.currency_of(invoice) == company_currency(invoice.company)
	return Decimal(1) if is_own else money(invoice.conversion_rate)


def _approved_before(request, field: str) -> list:
	"""Return a field of what was approved of the same document before, the oldest first."""
	return frappe.get_all(
		REQUEST,
		filters={
			"action": request.action,
			"reference_doctype": request.reference_doctype,
			"reference_name": request.reference_name,
			"status": APPROVED,
			"name": ["!=", request.name or ""],
		},
		order_by="decided_on, creation",
		pluck=field,
	)


# ------------------------------------------------------------------ discount
def _measure_discount(request, lock: bool = False) -> None:
	invoice = _open_invoice(request, lock)
	percent = money(request.discount_percent)
	if not 0 < percent <= 100:
		_refuse(
			_("A discount is more than 0 % and 100 % at most, not {0}.").format(wording.percent_text(percent))
		)
	total = money(_gross(invoice))
	amount = to_cents(percent_of(total, percent))
	aside = money(invoice.b2b_disputed_amount) + money(invoice.b2b_planned_amount)
	free = money(invoice.outstanding_amount) - aside
	if not 0 < amount <= free:
		_refuse(
			_(
				"A discount of {0} on invoice {1} is {2}, but {3} of it is open and neither disputed nor in a payment plan. Ask for a discount that is no more than that."
			).format(
				wording.percent_text(percent),
				invoice.name,
				wording.money_text(amount, request.currency),
				wording.money_text(max(ZERO, free), request.currency),
			)
		)
	_set_amount(request, amount, _rate(invoice))
	request.measure = number(sum(map(money, _approved_before(request, "discount_percent")), percent))


def _gross(invoice: frappe._dict) -> float:
	"""Return an invoice's total in the currency of its receivable account."""
	in_base = invoices.currency_of(invoice) != invoice.currency
	fields = ("base_rounded_total", "base_grand_total") if in_base else ("rounded_total", "grand_total")
	rounded, total = frappe.db.get_value(INVOICE, invoice.name, fields)
	return rounded or total


def _give_discount(request) -> tuple[str, str]:
	note = crediting.note_over(
		request.reference_name,
		money(request.amount),
		_("Discount {0} on {1}").format(
			wording.percent_text(money(request.discount_percent)), request.reference_name
		),
		request.reason,
	)
	# The right to give it was checked by mandate: an account manager has none on invoices.
	note.flags.ignore_permissions = True
	note.insert()
	note.submit()
	return INVOICE, note.name


# ------------------------------------------------------------------ due date
def _measure_due_date(request, lock: bool = False) -> None:
	invoice = _open_invoice(request, lock)
	if not request.new_due_date:
		_refuse(_("Enter the new due date of invoice {0}.").format(invoice.name))
	new, old = getdate(request.new_due_date), getdate(invoice.due_date)
	if new == old:
		_refuse(_("Invoice {0} is due on {1} already.").format(invoice.name, formatdate(old)))
	if new < getdate():
		_refuse(_("{0} is past. Enter today or a later day as the new due date.").format(formatdate(new)))
	if money(invoice.b2b_planned_amount) > 0:
		_refuse(
			_(
				"Invoice {0} is in a payment plan, which says when it is paid. Change the plan instead."
			).format(invoice.name)
		)
	earlier = [row.due_date for row in _instalments(invoice.name) if getdate(row.due_date) < old]
	if earlier and new <= getdate(max(earlier)):
		_refuse(
			_("Another part of invoice {0} is due on {1}. Enter a later day for the last part.").format(
				invoice.name, formatdate(max(earlier))
			)
		)
	request.old_due_date = old
	first = getdate(next(iter(_approved_before(request, "old_due_date")), None) or old)
	request.measure = abs((new - first).days)
	_set_amount(request, ZERO, _rate(invoice))
	policy = policies.active(invoice.company)
	percent = policy.cost_of_credit_percent if policy else ZERO
	cost = rules.interest_cost(money(invoice.outstanding_amount), (new - old).days, percent)
	request.interest_cost = number(cost)


def _instalments(invoice: str) -> list[frappe._dict]:
	return frappe.get_all(
		"Payment Schedule",
		filters={"parenttype": INVOICE, "parent": invoice},
		fields=["name", "due_date"],
		order_by="idx",
	)


def _move_due_date(request) -> None:
	"""Move the last part of an invoice to its new due date, also where ERPNext keeps copies of it.

	For credit the new date counts when it was agreed by somebody who may accept due dates, or is the earlier one; else the
	debt stays as old as it was: sellers do not make the debts of their own customers younger.
	"""
	name, old, new = request.reference_name, getdate(request.old_due_date), getdate(request.new_due_date)
	for row in _instalments(name):
		if getdate(row.due_date) == old:
			frappe.db.set_value("Payment Schedule", row.name, "due_date", new, update_modified=False)
	original_due_dates.move(name, new, is_agreed=rules.is_agreed(request.decided_as, AGREES))
	for ledger in ("GL Entry", "Payment Ledger Entry"):
		entry = frappe.qb.DocType(ledger)
		of_invoice = (entry.voucher_type == INVOICE) & (entry.voucher_no == name)
		frappe.qb.update(entry).set(entry.due_date, new).where(of_invoice & (entry.due_date == old)).run()
	invoice = frappe.get_doc(INVOICE, name)
	invoice.set_status(update=True)
	invoice.notify_update()
	clearing.cause_may_be_gone(invoice.customer, invoice.company)


# ------------------------------------------------------------------ reminder fees and interest
def _measure_waiver(request, lock: bool = False) -> None:
	fields = ["customer", "company", "docstatus", "currency", "conversion_rate", "status"]
	dunning = frappe.db.get_value(
		DUNNING, request.reference_name, [*fields, *WAIVED.values()], as_dict=True, for_update=lock
	)
	if not dunning:
		_refuse(_("There is no reminder {0}.").format(request.reference_name))
	if dunning.docstatus != 1 or dunning.status != "Unresolved":
		_refuse(
			_("Reminder {0} is {1}: nothing of it is asked for any more.").format(
				request.reference_name, _(dunning.status)
			)
		)
	amount = to_cents(money(dunning[WAIVED[request.action]]))
	if amount <= 0:
		_refuse(_("Reminder {0} has nothing of that kind to waive.").format(request.reference_name))
	request.update(
		{
			"customer": dunning.customer,
			"company": dunning.company,
			"currency": dunning.currency,
			"unit": mandates.UNIT_OF[request.action],
		}
	)
	_set_amount(request, amount, money(dunning.conversion_rate or 1))
	request.measure = request.base_amount


WAIVED = {mandates.FEE_WAIVER: "dunning_fee", mandates.INTEREST_WAIVER: "total_interest"}


def _waive(request) -> tuple[str, str]:
	"""Let a reminder without the fee (or the interest) stand in for the one that had it: ERPNext changes no sent one."""
	before = frappe.get_doc(DUNNING, request.reference_name)
	before.flags.ignore_permissions = True
	before.cancel()
	after = frappe.copy_doc(before)
	after.docstatus = 0
	after.amended_from = before.name
	after.update({"dunning_fee": 0} if request.action == mandates.FEE_WAIVER else {"rate_of_interest": 0})
	after.status = "Unresolved"
	# What was asked for was asked for, whatever has been set aside of it since.
	after.flags.b2b_stands_in = True
	after.flags.ignore_permissions = True
	after.insert()
	after.submit()
	dunning_charges.waived(before, after, request.action, request.name)
	# A case that demands the charge stops doing so.
	jobs.after_commit(
		"b2b_contracts.collections.collection_cases.keep_in_step",
		customer=before.customer,
		company=before.company,
	)
	return DUNNING, after.name


# ------------------------------------------------------------------ write-off
def _measure_write_off(request, lock: bool = False) -> None:
	invoice = _open_invoice(request, lock)
	if not request.loss_ground:
		_refuse(_("Say how the loss of invoice {0} is ascertained.").format(invoice.name))
	_set_amount(request, money(invoice.outstanding_amount), _rate(invoice))
	before = map(money, _approved_before(request, "base_amount"))
	request.measure = number(sum(before, money(request.base_amount)))


def _write_off(request) -> tuple[str, str]:
	entry = write_offs.book(
		request.reference_name, bool(cint(request.reclaim_vat)), _remark_of_write_off(request)
	)
	return "Journal Entry", entry.name


def _remark_of_write_off(request) -> str:
	return _("Write-off of {0}: {1}. {2} ({3})").format(
		request.reference_name, _(request.loss_ground, context=REQUEST), request.reason, request.name
	)


CONCESSIONS = {
	mandates.CASH_DISCOUNT: Concession(INVOICE, _measure_discount, _give_discount),
	mandates.DUE_DATE_CHANGE: Concession(INVOICE, _measure_due_date, _move_due_date),
	mandates.FEE_WAIVER: Concession(DUNNING, _measure_waiver, _waive),
	mandates.INTEREST_WAIVER: Concession(DUNNING, _measure_waiver, _waive),
	mandates.WRITE_OFF: Concession(INVOICE, _measure_write_off, _write_off, takes_two=True),
}


def _refuse(message: str) -> None:
	frappe.throw(message, ApprovalError, title=_("Approval request"))
