"""What the books say of orders that are paid by milestones: their plans, what is invoiced of them, what came in.

Every query is by order or plan, on an index; what a decision about an order asks is bounded by that order's invoices.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Sum

from b2b_contracts.engine import milestones as engine
from b2b_contracts.engine.money import ZERO, to_cents

from .account_facts import company_currency, money

PLAN, MILESTONE = "Order Milestone Plan", "Order Milestone"
ORDER, INVOICE = "Sales Order", "Sales Invoice"
DRAFT, ACTIVE, COMPLETED, CANCELLED = "Draft", "Active", "Completed", "Cancelled"


# ------------------------------------------------------------------ plans
def plan_of(order: str, docstatus: int | None = None) -> str | None:
	"""Return the plan of an order, drafted or agreed (`docstatus` 1), None when it has none."""
	filters: dict = {"live_order": order}
	if docstatus is not None:
		filters["docstatus"] = docstatus
	return frappe.db.get_value(PLAN, filters)


def plans_of(orders: Iterable[str]) -> list[str]:
	"""Return the plans that are agreed of some orders."""
	names = sorted(set(orders))
	if not names:
		return []
	return frappe.get_all(
		PLAN, filters={"live_order": ["in", names], "docstatus": 1}, order_by="name", pluck="name"
	)


def plans_on_the_move(customer: str | None = None, company: str | None = None) -> list[str]:
	"""Return the plans that money or time may change: those under way, and complete ones whose payment was taken back."""
	plan, row, invoice = (frappe.qb.DocType(d) for d in (PLAN, MILESTONE, INVOICE))
	taken_back = (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.sales_invoice)
		.select(row.parent)
		.where((invoice.docstatus != 1) | (invoice.outstanding_amount > 0))
	)
	query = (
		frappe.qb.from_(plan)
		.select(plan.name)
		.where(plan.docstatus == 1)
		.where((plan.status == ACTIVE) | ((plan.status == COMPLETED) & plan.name.isin(taken_back)))
		.orderby(plan.name)
	)
	if customer:
		query = query.where((plan.customer == customer) & (plan.company == company))
	return query.run(pluck=True)


def unpaid_before_delivery(orders: Iterable[str]) -> list[frappe._dict]:
	"""Return the milestones of some orders that must be paid before goods leave and are not: `{plan, sales_order, title,
	amount, paid_amount, currency, sales_invoice}`, in their order."""
	names = sorted(set(orders))
	if not names:
		return []
	plan, row, invoice = (frappe.qb.DocType(d) for d in (PLAN, MILESTONE, INVOICE))
	is_unpaid = invoice.name.isnull() | (invoice.docstatus != 1) | (invoice.outstanding_amount > 0)
	return (
		frappe.qb.from_(plan)
		.join(row)
		.on(row.parent == plan.name)
		.left_join(invoice)
		.on(invoice.name == row.sales_invoice)
		.select(plan.name.as_("plan"), plan.sales_order, plan.currency)
		.select(row.title, row.amount, row.paid_amount, row.sales_invoice)
		.where(plan.live_order.isin(names) & (plan.docstatus == 1))
		.where((row.before_delivery == 1) & (row.amount > 0) & is_unpaid)
		.orderby(plan.name, row.idx)
		.run(as_dict=True)
	)


# ------------------------------------------------------------------ invoices of milestones
def invoices_of(plan: str) -> dict[str, tuple[str, engine.Invoice]]:
	"""Return the invoices of a plan's milestones, {milestone: (name, invoice)}, in the order's currency.

	One that was credited in full bills nothing any more, and is left out.
	"""
	rows = frappe.get_all(
		INVOICE,
		filters={"b2b_milestone_plan": plan, "docstatus": 1, "is_return": 0},
		fields=[
			*("name", "b2b_milestone", "grand_total", "outstanding_amount", "due_date"),
			*("currency", "party_account_currency", "conversion_rate"),
		],
		order_by="creation",
	)
	credited = _credited([row.name for row in rows])
	found = {}
	for row in rows:
		amount = money(row.grand_total) + credited.get(row.name, ZERO)
		outstanding = money(row.outstanding_amount)
		if row.party_account_currency and row.party_account_currency != row.currency:
			outstanding = to_cents(outstanding / money(row.conversion_rate))
		if amount > 0:
			found[row.b2b_milestone] = (row.name, engine.Invoice(amount, outstanding, row.due_date))
	return found


def _credited(invoices: list[str]) -> dict[str, Decimal]:
	"""Return what credit notes take off invoices, as negative amounts."""
	if not invoices:
		return {}
	note = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(note)
		.select(note.return_against, Sum(note.grand_total))
		.where(note.return_against.isin(invoices) & (note.docstatus == 1) & (note.is_return == 1))
		.groupby(note.return_against)
		.run()
	)
	return {name: money(amount) for name, amount in rows}


def draft_invoice_of(milestone: str) -> str | None:
	"""Return the draft invoice of a milestone, None when there is none."""
	return frappe.db.get_value(INVOICE, {"b2b_milestone": milestone, "docstatus": 0})


# ------------------------------------------------------------------ invoices of an order
def lines_left(order) -> dict[str, Decimal]:
	"""Return what is left to invoice of each line of an order, {line: amount}, in its currency; nothing of a line that is
	billed beyond its amount."""
	left = {row.name: to_cents(money(row.amount) - money(row.billed_amt)) for row in order.items}
	return {
		row.name: left[row.name] if left[row.name] * money(row.amount) > 0 else ZERO for row in order.items
	}


def left_to_invoice(order) -> Decimal:
	"""Return what is left to invoice of an order, gross in its currency, however it was invoiced until now.

	A credit note gives back what it credits only where it says that it does ("Update Billed Amount in Sales Order").
	"""
	if all(amount <= 0 for amount in lines_left(order).values()):
		return ZERO
	billed = sum((money(row.grand_total) * row.share for row in _billing(order.name)), ZERO)
	return max(ZERO, to_cents(money(order.grand_total) - billed))


def taxes_billed(order: str) -> Mapping[tuple[str, str], Decimal]:
	"""Return the fixed charges that are invoiced of an order, {(account, description): amount}."""
	names = [row.name for row in _billing(order)]
	if not names:
		return {}
	tax = frappe.qb.DocType("Sales Taxes and Charges")
	rows = (
		frappe.qb.from_(tax)
		.select(tax.account_head, tax.description, Sum(tax.tax_amount))
		.where((tax.parenttype == INVOICE) & tax.parent.isin(names) & (tax.charge_type == "Actual"))
		.groupby(tax.account_head, tax.description)
		.run()
	)
	return {(account, description or ""): money(amount) for account, description, amount in rows}


def discount_billed(order: str) -> Decimal:
	"""Return what of an order's discount on its total its invoices have given."""
	return sum((money(row.discount_amount) for row in _billing(order)), ZERO)


def _billing(order: str) -> list[frappe._dict]:
	"""Return the invoices that count as billing an order, each with the `share` of it that is about this order."""
	invoice, item = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Invoice Item")
	rows = (
		frappe.qb.from_(item)
		.join(invoice)
		.on(invoice.name == item.parent)
		.select(invoice.name, invoice.grand_total, invoice.net_total, invoice.discount_amount)
		.select(Sum(item.net_amount).as_("own"))
		.where((item.sales_order == order) & (invoice.docstatus == 1))
		.where((invoice.is_return == 0) | (invoice.update_billed_amount_in_sales_order == 1))
		.groupby(invoice.name)
		.run(as_dict=True)
	)
	for row in rows:
		row.share = money(row.own) / money(row.net_total) if row.net_total else Decimal(1)
	return rows


# ------------------------------------------------------------------ money
def paid_ahead(order, is_delivered: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
	"""Return what of an order is invoiced before delivery, and what of that is paid, gross in company currency.

	`is_delivered` says which share (0 to 1) of each line is delivered.
	"""
	rate = money(order.conversion_rate or 1)
	gross = (
		money(order.base_grand_total) / money(order.base_net_total) if order.base_net_total else Decimal(1)
	)
	billed = ahead = ZERO
	for row in order.items:
		net = money(row.base_net_amount)
		# A discount on the whole order is in the net amount, and not in what ERPNext counts as billed.
		line = money(row.amount)
		of_line = net * money(row.billed_amt) / line if line else money(row.billed_amt) * rate
		billed += max(ZERO, of_line)
		ahead += max(ZERO, min(of_line, net) - net * is_delivered.get(row.name, ZERO))
	if ahead <= 0:
		return ZERO, ZERO
	billed, ahead = to_cents(billed * gross), to_cents(ahead * gross)
	return ahead, engine.paid_ahead(billed, ahead, paid_on(order.name, order.company))


def paid_on(order: str, company: str) -> Decimal:
	"""Return what came in for the invoices of an order, in company currency; a credit note is no money."""
	invoice, item = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Invoice Item")
	rows = (
		frappe.qb.from_(item)
		.join(invoice)
		.on(invoice.name == item.parent)
		.select(invoice.base_grand_total, invoice.base_rounded_total, invoice.base_net_total)
		.select(invoice.outstanding_amount, invoice.conversion_rate, invoice.party_account_currency)
		.select(Sum(item.base_net_amount).as_("own"))
		.where((item.sales_order == order) & (invoice.docstatus == 1))
		.groupby(invoice.name)
		.run(as_dict=True)
	)
	total = ZERO
	for row in rows:
		foreign = (row.party_account_currency or company_currency(company)) != company_currency(company)
		outstanding = money(row.outstanding_amount) * (money(row.conversion_rate) if foreign else 1)
		share = money(row.own) / money(row.base_net_total) if row.base_net_total else Decimal(1)
		total += (money(row.base_rounded_total or row.base_grand_total) - outstanding) * share
	return max(ZERO, to_cents(total))


def reasons_of_hold(hold: str | None) -> set[str]:
	"""Return the rules that hold an order."""
	return set(frappe.get_all("Credit Hold Reason", filters={"parent": hold or ""}, pluck="rule"))


def credit_is_per_order(customer: str, company: str) -> bool:
	"""Whether a customer's credit is judged by the order (segment D)."""
	profile, segment = frappe.qb.DocType("Credit Profile"), frappe.qb.DocType("Credit Segment")
	rows = (
		frappe.qb.from_(profile)
		.join(segment)
		.on(segment.name == profile.segment)
		.select(Coalesce(segment.limit_basis, ""))
		.where((profile.customer == customer) & (profile.company == company))
		.run(pluck=True)
	)
	return rows == ["Percent of Order"]
