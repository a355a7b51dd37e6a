"""Orders that are paid by milestones: planned from the order, accepted by the customer, followed as they are invoiced and
paid (requirements §2.6).

Nothing is booked on a plan: how a milestone stands is read from its invoice, in whatever order jobs run, and a second run
changes nothing. What a plan says of the risk is what came in: an unpaid milestone secures nothing.

Lock order: the order before its plan, but where the plan itself is submitted or cancelled.
"""

from collections.abc import Iterable
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, cint, formatdate, getdate

from b2b_contracts.engine import milestones as engine
from b2b_contracts.engine.gate import HELD
from b2b_contracts.engine.money import CENT, ZERO
from b2b_contracts.exceptions import MilestoneError, NotYourMandateError

from . import clearing, locking, mandates, parking, wording
from . import milestone_facts as books
from .account_facts import money
from .holds import number
from .milestone_facts import ACTIVE, CANCELLED, COMPLETED, DRAFT, MILESTONE, ORDER, PLAN

# Who may let goods of an order go although a milestone that should be paid first is not (security, §2.2).
WAIVING_ROLE = "Credit Manager"
TEMPLATE = "Milestone Template"
DAYS_TO_PAY = 14
# What of a milestone is agreed, and what follows from its invoice.
AGREED = ("title", "share", "acceptance_needed", "before_delivery")
FOLLOWS = ("amount", "status", "accepted_on", "accepted_by", "evidence", "sales_invoice", "paid_amount")


# ------------------------------------------------------------------ planned
def new(order_name: str, template: str | None = None):
	"""Return a plan for a submitted order that is not saved: as the order was planned before it was amended, else by a
	template, by the order's own instalments, or by the template that is the default."""
	order = frappe.get_doc(ORDER, order_name)
	_refuse_order(order)
	_refuse_second(order.name, None)
	plan = frappe.new_doc(PLAN)
	plan.update({"sales_order": order.name, "days_to_pay": DAYS_TO_PAY})
	former = _former_plan(order)
	if former and not template:
		plan.days_to_pay = former.days_to_pay
		plan.extend(
			"milestones", [{f: row.get(f) for f in (*AGREED, "expected_date")} for row in former.milestones]
		)
	elif len(order.get("payment_schedule") or []) > 1 and not template:
		plan.extend("milestones", _from_schedule(order))
	else:
		_fill_from_template(plan, order, template)
	complete_draft(plan)
	return plan


def _former_plan(order):
	"""Return the plan of the order that this one amends, None when there is none."""
	former = order.amended_from and frappe.db.get_value(
		PLAN, {"sales_order": order.amended_from}, order_by="creation desc"
	)
	return frappe.get_doc(PLAN, former) if former else None


def _from_schedule(order) -> list[dict]:
	return [
		{
			"title": row.payment_term or row.description or _("Instalment {0}").format(row.idx),
			"share": row.invoice_portion,
			"expected_date": row.due_date,
		}
		for row in order.payment_schedule
	]


def _fill_from_template(plan, order, template: str | None) -> None:
	name = template or frappe.db.get_value(TEMPLATE, {"is_default": 1}) or frappe.db.get_value(TEMPLATE, {})
	if not name:
		return
	doc = frappe.get_doc(TEMPLATE, name)
	plan.days_to_pay = doc.days_to_pay
	promised = max((getdate(row.delivery_date) for row in order.items if row.delivery_date), default=None)
	for row in doc.milestones:
		expected = getdate(add_days(promised, cint(row.days_from_delivery))) if promised else None
		plan.append(
			"milestones",
			{
				**{field: row.get(field) for field in AGREED},
				"expected_date": max(expected, getdate(order.transaction_date)) if expected else None,
			},
		)


def complete_draft(plan) -> None:
	"""Complete a draft from its order: whose it is, shares that make up 100 %, amounts that make up the order."""
	order = frappe.get_doc(ORDER, plan.sales_order)
	_refuse_order(order)
	_refuse_second(order.name, plan.name)
	plan.update(
		{
			**{field: order.get(field) for field in ("customer", "customer_name", "company", "currency")},
			"status": DRAFT,
			"live_order": order.name,
			"total_amount": order.grand_total,
			"invoiced_amount": 0,
			"paid_amount": 0,
		}
	)
	for row in plan.milestones:
		row.update({**dict.fromkeys(FOLLOWS), "status": engine.PLANNED, "amount": 0, "paid_amount": 0})
	if not plan.milestones:
		return
	shares = engine.whole_shares([money(row.share) for row in plan.milestones])
	if shares is None:
		_refuse(
			_(
				"The shares of the milestones make up {0} %. Enter shares above 0 that make up 100 % of the order."
			).format(frappe.format_value(sum(money(row.share) for row in plan.milestones), "Float"))
		)
	for row, share, amount in zip(
		plan.milestones, shares, engine.amounts(books.left_to_invoice(order), shares), strict=True
	):
		row.update({"share": float(share), "amount": number(amount)})


def _refuse_order(order) -> None:
	if order.docstatus != 1 or order.status == "Closed":
		_refuse(
			_("Order {0} is {1}. Milestones are planned for submitted, open orders.").format(
				order.name, _(order.status)
			)
		)


def _refuse_second(order: str, name: str | None) -> None:
	other = books.plan_of(order)
	if other and other != name:
		_refuse(
			_("Order {0} has a milestone plan already: {1}. Change or cancel that one.").format(order, other)
		)


# ------------------------------------------------------------------ agreed
def agree(plan) -> None:
	"""Put a plan in force as it is submitted."""
	if not plan.milestones:
		_refuse(_("Enter at least one milestone."))
	plan.status = ACTIVE


def agreed(plan) -> None:
	"""Let a parked order be invoiced once it has a plan; refuse a plan that came past `agree`."""
	if plan.status != ACTIVE:
		_refuse(_("Milestone plan {0} was not agreed.").format(plan.name))
	parking.follow_plan(parking.locked_order(plan.sales_order))


def withdraw(plan) -> None:
	"""Check that a plan may be cancelled: nothing is invoiced of it, and no condition is got rid of that way."""
	invoiced = next((row for row in plan.milestones if row.sales_invoice), None)
	if invoiced:
		_refuse(
			_(
				"Milestone {0} is invoiced ({1}), so the plan cannot be cancelled. Cancel the invoice first."
			).format(invoiced.title, invoiced.sales_invoice)
		)
	keeps_goods = any(row.before_delivery for row in plan.milestones)
	if keeps_goods and not plan.flags.order_cancelled:
		_need_waiving_role(plan)
	plan.status, plan.live_order = CANCELLED, None


def withdrawn(plan) -> None:
	"""Put a parked order back on hold when its plan is cancelled."""
	if not plan.flags.order_cancelled:
		parking.follow_plan(parking.locked_order(plan.sales_order))


def _need_waiving_role(plan) -> str:
	acting = mandates.acting_as(WAIVING_ROLE)
	if acting is None:
		frappe.throw(
			_(
				"Goods of {0} leave only once their milestones are paid. To let them go before takes the role {1} or higher."
			).format(plan.sales_order, _(WAIVING_ROLE))
			+ " "
			+ mandates.whom_to_ask(WAIVING_ROLE),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	return acting.role


# ------------------------------------------------------------------ accepted
def accept(name: str, milestone: str, on, by: str, evidence: str | None):
	"""Note that the customer has accepted a milestone: when, who, and with which document. Returns the plan."""
	plan, row = _locked_row(name, milestone)
	if row.sales_invoice:
		_refuse(_("Milestone {0} is invoiced already ({1}).").format(row.title, row.sales_invoice))
	by = (by or "").strip()
	if not by:
		_refuse(_("Enter who has accepted the milestone for the customer."))
	if getdate(on) > getdate():
		_refuse(_("{0} is still to come. Enter the day on which it was accepted.").format(formatdate(on)))
	if evidence:
		_attach(plan, evidence)
	_write_row(
		row,
		{
			"accepted_on": getdate(on),
			"accepted_by": by,
			"evidence": evidence or None,
			"status": engine.ACCEPTED,
		},
	)
	plan.add_comment("Info", _("{0}: accepted by {1} on {2}.").format(row.title, by, formatdate(on)))
	plan.notify_update()
	return plan


def _attach(plan, url: str) -> None:
	"""Attach an uploaded file to the plan, so that whoever reads the plan may read it."""
	name = frappe.db.get_value("File", {"file_url": url}, order_by="creation desc")
	if not name:
		_refuse(_("There is no file {0}. Upload the customer's acceptance first.").format(url))
	file = frappe.get_doc("File", name)
	file.check_permission("read")
	if not file.attached_to_name:
		file.db_set({"attached_to_doctype": PLAN, "attached_to_name": plan.name}, update_modified=False)


def waive(name: str, milestone: str, reason: str):
	"""Let goods leave before a milestone is paid, as a Credit Manager or higher, with a reason. Returns the plan."""
	plan, row = _locked_row(name, milestone)
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the goods may leave before the milestone is paid."))
	if not row.before_delivery:
		_refuse(_("Goods need not wait for milestone {0}.").format(row.title))
	role = _need_waiving_role(plan)
	_write_row(row, {"before_delivery": 0})
	plan.add_comment(
		"Info", _("{0}: goods may leave before it is paid, as {1}: {2}").format(row.title, _(role), reason)
	)
	plan.notify_update()
	return plan


def _locked_row(name: str, milestone: str):
	plan = locking.locked_doc(PLAN, name)
	if plan.docstatus != 1:
		_refuse(_("Milestone plan {0} is {1}. Submit it first.").format(name, _(plan.status, context=PLAN)))
	row = next((row for row in plan.milestones if row.name == milestone), None)
	if row is None:
		_refuse(_("Milestone plan {0} has no such milestone. Reload it.").format(name))
	return plan, row


# ------------------------------------------------------------------ followed
def refresh_customer(customer: str, company: str) -> None:
	"""Bring a customer's plans in step with their invoices. Runs in a job: a transaction a plan."""
	for name in books.plans_on_the_move(customer, company):
		clearing.in_own_transaction(refresh, name)


def has_any(customer: str, company: str) -> bool:
	"""Whether money may change a plan of a customer."""
	return bool(books.plans_on_the_move(customer, company))


def daily() -> None:
	"""Bring all plans in step: invoices fall due with the date. May be killed and run again."""
	for name in books.plans_on_the_move():
		clearing.in_own_transaction(refresh, name)


def refresh(name: str) -> bool:
	"""Bring a plan in step with what is invoiced and paid of its order; returns whether anything was changed.

	What is left of the order is split over the milestones that are left, so that together they are always the order.
	"""
	plan = locking.locked_doc(PLAN, name)
	if plan.docstatus != 1:
		return False
	order = frappe.get_doc(ORDER, plan.sales_order)
	invoices = books.invoices_of(name)
	left = [row for row in plan.milestones if row.name not in invoices]
	amounts = engine.amounts(books.left_to_invoice(order), [money(row.share) for row in left])
	planned = {row.name: amount for row, amount in zip(left, amounts, strict=True)}
	changed = [_follow(row, invoices.get(row.name), planned.get(row.name, ZERO)) for row in plan.milestones]
	return _follow_totals(plan, order) or any(changed)


def _follow(row, invoiced: tuple[str, engine.Invoice] | None, planned: Decimal) -> bool:
	name, invoice = invoiced or (None, None)
	return _write_row(
		row,
		{
			"amount": number(invoice.amount if invoice else planned),
			"status": engine.status_of(invoice, bool(row.accepted_on), getdate()),
			"sales_invoice": name,
			"paid_amount": number(invoice.paid if invoice else ZERO),
		},
	)


def _follow_totals(plan, order) -> bool:
	rows = plan.milestones
	is_done = all(row.status == engine.PAID or (not row.sales_invoice and not row.amount) for row in rows)
	now = {
		"status": COMPLETED if is_done and any(row.sales_invoice for row in rows) else ACTIVE,
		"total_amount": order.grand_total,
		"invoiced_amount": number(sum((money(r.amount) for r in rows if r.sales_invoice), ZERO)),
		"paid_amount": number(sum((money(row.paid_amount) for row in rows), ZERO)),
	}
	was = {field: plan.get(field) for field in now}
	if was == now:
		return False
	locking.write(plan, now)
	plan.notify_update()
	if (was["status"], now["status"]) == (ACTIVE, COMPLETED):
		plan.add_comment("Info", _("All milestones are paid."))
	return True


def _write_row(row, values: dict) -> bool:
	changed = {field: value for field, value in values.items() if (row.get(field) or None) != (value or None)}
	if changed:
		row.update(changed)
		frappe.db.set_value(MILESTONE, row.name, changed, update_modified=False)
	return bool(changed)


# ------------------------------------------------------------------ the order, and its invoices
def order_changed(order) -> None:
	"""Let the milestones that are not invoiced follow a changed order; refuse less than is invoiced of it."""
	name = books.plan_of(order.name, docstatus=1)
	if not name:
		return
	invoiced = sum((i.amount for _name, i in books.invoices_of(name).values()), ZERO)
	if money(order.grand_total) < invoiced:
		currency = order.currency
		_refuse(
			_(
				"Order {0} cannot be cut to {1}: {2} is invoiced by its milestones. Credit an invoice first."
			).format(
				order.name,
				wording.money_text(money(order.grand_total), currency),
				wording.money_text(invoiced, currency),
			)
		)
	refresh(name)


def order_cancelled(order) -> None:
	"""End the plan of a cancelled order, whoever cancels it: there is nothing left to pay for."""
	name = books.plan_of(order.name)
	if not name:
		return
	plan = frappe.get_doc(PLAN, name)
	plan.flags.ignore_permissions = True
	if plan.docstatus == 0:
		plan.delete()
		return
	plan.flags.order_cancelled = True
	plan.cancel()
	plan.add_comment("Info", _("The order was cancelled."))


def check_invoice(invoice) -> None:
	"""Check an invoice that says that it bills a milestone: that it does, and no more."""
	if not invoice.get("b2b_milestone") or not invoice.get("b2b_milestone_plan"):
		invoice.b2b_milestone = invoice.b2b_milestone_plan = None
		return
	plan = frappe.get_doc(PLAN, invoice.b2b_milestone_plan)
	row = next((row for row in plan.milestones if row.name == invoice.b2b_milestone), None)
	orders = {item.sales_order for item in invoice.items if item.so_detail}
	is_goods = invoice.update_stock or any(item.delivery_note for item in invoice.items)
	if (
		row is None
		or plan.docstatus != 1
		or orders != {plan.sales_order}
		or not all(item.so_detail for item in invoice.items)
		or is_goods
	):
		_refuse(
			_("{0} is not an invoice of a milestone of {1}. Make it from the milestone plan.").format(
				invoice.name, plan.sales_order
			)
		)
	refuse_invoice(row, invoice.name)
	# Each milestone may have rounded its lines and taxes up; the order as a whole is never billed beyond its lines.
	allowed = money(row.amount) + CENT * (len(invoice.taxes) + 1) * len(plan.milestones)
	if money(invoice.grand_total) > allowed or _leaves_something(plan, row, invoice):
		_refuse(
			_("{0} bills {1}, but milestone {2} is {3}. Make it anew from the milestone plan.").format(
				invoice.name,
				wording.money_text(money(invoice.grand_total), invoice.currency),
				row.title,
				wording.money_text(money(row.amount), invoice.currency),
			)
		)


def _leaves_something(plan, row, invoice) -> bool:
	"""Whether the invoice of the last milestone leaves some of the order: it was made when there were others to come."""
	if any(not other.sales_invoice for other in plan.milestones if other.name != row.name):
		return False
	left = sum(books.lines_left(frappe.get_doc(ORDER, plan.sales_order)).values(), ZERO)
	return sum((money(item.amount) for item in invoice.items), ZERO) != left


def refuse_invoice(row, draft: str | None = None) -> None:
	"""Refuse to invoice a milestone that is invoiced (by another than `draft`), not accepted, or has nothing left."""
	# By its key, and as it is now: of two drafts for one milestone submitted at once the second waits here.
	invoice = frappe.db.get_value(MILESTONE, row.name, "sales_invoice", for_update=True)
	status = engine.INVOICED if invoice and invoice != draft else row.status
	why = engine.why_not_invoiced(
		status, bool(row.acceptance_needed), bool(row.accepted_on), money(row.amount)
	)
	if not why:
		return
	_refuse(
		{
			"invoiced": _("Milestone {0} is invoiced already ({1}).").format(row.title, invoice),
			"not_accepted": _(
				"Milestone {0} cannot be invoiced before the customer has accepted it. Enter the acceptance in the milestone plan."
			).format(row.title),
			"nothing_left": _("Nothing is left to invoice for milestone {0}.").format(row.title),
		}[why]
	)


def invoices_changed(invoice) -> None:
	"""Follow an invoice of orders, or a credit note, that was submitted or cancelled."""
	for name in books.plans_of(row.sales_order for row in invoice.items if row.sales_order):
		refresh(name)


def may_bill_while_held(invoice, order: str) -> bool:
	"""Whether an invoice bills a milestone of a parked order that only waits for money.

	The invoice is what asks for the prepayment: no goods leave with it, and it counts as paid only as far as it is.
	"""
	plan = invoice.get("b2b_milestone_plan")
	if not plan or invoice.get("update_stock") or invoice.get("is_return"):
		return False
	if frappe.db.get_value(PLAN, {"name": plan, "docstatus": 1}, "sales_order") != order:
		return False
	status, hold = frappe.db.get_value(ORDER, order, parking.CREDIT_FIELDS)
	rules = books.reasons_of_hold(hold)
	per_order = books.credit_is_per_order(invoice.customer, invoice.company)
	return status == HELD and bool(rules) and engine.may_bill_while_held(rules, per_order)


# ------------------------------------------------------------------ shown
def shown(order: str) -> dict | None:
	"""Return how the milestones of an order stand, for the panel: `{plan, currency, total, invoiced, paid, next: {title,
	amount, status} | None, is_draft}`; None without a plan."""
	name = books.plan_of(order)
	if not name:
		return None
	plan = frappe.get_doc(PLAN, name)
	following = next((row for row in plan.milestones if row.status != engine.PAID), None)
	return {
		"plan": name,
		"is_draft": plan.docstatus == 0,
		"currency": plan.currency,
		"total": plan.total_amount,
		"invoiced": plan.invoiced_amount,
		"paid": plan.paid_amount,
		"next": {field: following.get(field) for field in ("title", "amount", "status")}
		if following
		else None,
	}


def drafts_of(milestones: Iterable[str]) -> dict[str, str]:
	"""Return the draft invoices of milestones, {milestone: invoice}."""
	rows = frappe.get_all(
		books.INVOICE,
		filters={"b2b_milestone": ["in", list(milestones) or [""]], "docstatus": 0},
		fields=["b2b_milestone", "name"],
	)
	return {row.b2b_milestone: row.name for row in rows}


def _refuse(message: str) -> None:
	frappe.throw(message, MilestoneError, title=_("Milestones"))
