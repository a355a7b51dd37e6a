"""The invoice of a milestone: its share of what is left of every line, charge and discount of the order.

ERPNext counts how far an order is billed by amount. So each line is billed as one piece at the amount that falls to the
milestone, to the cent, and the order's quantity stays for its deliveries. The last milestone takes all that is left.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, cint, nowdate

from b2b_contracts.engine import milestones as engine
from b2b_contracts.engine.money import ONE, ZERO, to_cents
from b2b_contracts.exceptions import MilestoneError

from . import milestone_facts as books
from . import milestones
from .account_facts import money
from .holds import number
from .milestone_facts import ORDER, PLAN

# The most that rounding of taxes can come to: beyond it something else is wrong, and is not papered over.
MOST_ROUNDING = ONE


def make(plan_name: str, milestone: str):
	"""Return the invoice of a milestone that is not saved. Refuses what cannot be invoiced now."""
	from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

	plan = frappe.get_doc(PLAN, plan_name)
	row = next((row for row in plan.milestones if row.name == milestone), None)
	if row is None or plan.docstatus != 1:
		_refuse(_("Milestone plan {0} has no such milestone. Reload it.").format(plan_name))
	milestones.refuse_invoice(row)
	_refuse_second_draft(row)
	_refuse_fixed_rates()
	order = frappe.get_doc(ORDER, plan.sales_order)
	of_this, of_all = money(row.share), _share_left(plan)
	invoice = make_sales_invoice(order.name)
	_bill_lines(invoice, order, row, of_this, of_all)
	_bill_discount(invoice, order, of_this, of_all)
	_bill_charges(invoice, order, of_this, of_all)
	due = add_days(nowdate(), cint(plan.days_to_pay))
	invoice.update(
		{
			"b2b_milestone_plan": plan.name,
			"b2b_milestone": row.name,
			# To the cent: the order's rounding to whole coins would come once for each milestone.
			"disable_rounded_total": 1,
			"ignore_pricing_rule": 1,
			"shipping_rule": None,
			"update_stock": 0,
			"due_date": due,
			# A row of its own, or the customer's usual terms would take the place of what was agreed.
			"payment_terms_template": None,
			"payment_schedule": [],
		}
	)
	invoice.run_method("calculate_taxes_and_totals")
	if of_this >= of_all:
		_take_the_rest(invoice, books.left_to_invoice(order))
	invoice.append(
		"payment_schedule",
		{"due_date": due, "invoice_portion": 100, "payment_amount": invoice.grand_total},
	)
	return invoice


def _share_left(plan) -> Decimal:
	"""Return the shares of all milestones that are not invoiced, per cent."""
	return sum((money(row.share) for row in plan.milestones if not row.sales_invoice), ZERO)


def _bill_lines(invoice, order, row, share: Decimal, whole: Decimal) -> None:
	left = books.lines_left(order)
	billed = dict(zip(left, engine.parts(list(left.values()), share, whole), strict=True))
	ordered = {line.name: line for line in order.items}
	items = [item for item in invoice.items if billed.get(item.so_detail)]
	for idx, item in enumerate(items, 1):
		line, amount = ordered[item.so_detail], number(billed[item.so_detail])
		item.update(
			{
				"idx": idx,
				"qty": 1,
				"rate": amount,
				"price_list_rate": amount,
				"base_price_list_rate": 0,
				"discount_percentage": 0,
				"discount_amount": 0,
				"margin_type": None,
				"margin_rate_or_amount": 0,
				"weight_per_unit": 0,
				"description": _described(line, order, row),
			}
		)
	invoice.items = items


def _described(line, order, row) -> str:
	said = _("Milestone {0} of order {1}, over {2} {3}.").format(
		frappe.utils.escape_html(row.title), order.name, frappe.format_value(line.qty, "Float"), line.uom
	)
	return f"<div>{said}</div>{line.description or ''}"


def _bill_discount(invoice, order, share: Decimal, whole: Decimal) -> None:
	"""Give the milestone's part of a discount on the whole order, as an amount: a percentage would round anew."""
	left = money(order.discount_amount) - books.discount_billed(order.name)
	(part,) = engine.parts([left], share, whole)
	invoice.update({"additional_discount_percentage": 0, "discount_amount": number(part)})


def _bill_charges(invoice, order, share: Decimal, whole: Decimal) -> None:
	"""Bill the milestone's part of fixed charges, such as freight; taxes by rate follow from the lines."""
	billed = books.taxes_billed(order.name)
	for tax in invoice.taxes:
		if tax.charge_type == "Actual":
			left = money(tax.tax_amount) - billed.get((tax.account_head, tax.description or ""), ZERO)
			(part,) = engine.parts([left], share, whole)
			tax.tax_amount = number(part)


def _take_the_rest(invoice, left: Decimal) -> None:
	"""Let the last invoice end where the order does: what the rounding of taxes has left over goes on their account."""
	missing = to_cents(left - money(invoice.grand_total))
	if not missing or not invoice.taxes or abs(missing) >= MOST_ROUNDING:
		return
	tax = invoice.taxes[-1]
	invoice.append(
		"taxes",
		{
			"charge_type": "Actual",
			"account_head": tax.account_head,
			"cost_center": tax.cost_center,
			"description": _("Rounding of {0} over all milestones").format(tax.description),
			"tax_amount": number(missing),
		},
	)
	invoice.run_method("calculate_taxes_and_totals")


def _refuse_second_draft(row) -> None:
	draft = books.draft_invoice_of(row.name)
	if draft:
		_refuse(
			_("Milestone {0} has a draft invoice: {1}. Submit or delete that one.").format(row.title, draft)
		)


def _refuse_fixed_rates() -> None:
	"""Say what ERPNext would refuse at saving: a line that bills a share has another rate than the order."""
	if not cint(frappe.db.get_single_value("Selling Settings", "maintain_same_sales_rate")):
		return
	action, role = (
		frappe.db.get_single_value("Selling Settings", field)
		for field in ("maintain_same_rate_action", "role_to_override_stop_action")
	)
	if action == "Stop" and role not in frappe.get_roles():
		_refuse(
			_(
				"Selling Settings demand the rate of the order on every invoice, and a milestone bills a share of it. Set the action there to Warn."
			)
		)


def _refuse(message: str) -> None:
	frappe.throw(message, MilestoneError, title=_("Milestones"))
