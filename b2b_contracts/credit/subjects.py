"""The document in hand as the engine wants it: how much of it is credit that nobody has decided about yet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

import frappe
from frappe.utils import cint, flt, getdate

from b2b_contracts.engine.facts import ContractState
from b2b_contracts.engine.money import ZERO

from . import contract_terms, milestone_facts
from .account_facts import company_currency, money

ORDER, DELIVERY, INVOICE = "Sales Order", "Delivery Note", "Sales Invoice"
CHECKED_DOCTYPES = (ORDER, DELIVERY, INVOICE)


@dataclass(frozen=True, slots=True)
class Subject:
	"""A document to decide about. Money in the company's currency, gross.

	`amount` is the part that is new credit: not delivered or billed for an order, not covered by an order or an
	earlier delivery for a delivery note or an invoice. `orders` are the orders that cover the rest. `billed_ahead` is what
	is invoiced of an order before delivery, `paid_ahead` what came in for that. `contract` says how it stands to the contracts in
	force, at a tolerance; it is only asked where a policy wants to know.
	"""

	doctype: str
	name: str
	customer: str
	company: str
	amount: Decimal
	whole_amount: Decimal
	prepaid: Decimal
	dated: date
	latest_due_date: date | None
	promised: date | None
	last_promised: date | None
	po_number: str
	security_required_percent: Decimal
	orders: tuple[str, ...] = field(default=())
	made_to_order: Decimal = ZERO
	billed_ahead: Decimal = ZERO
	paid_ahead: Decimal = ZERO
	contract: Callable[[Decimal], ContractState | None] | None = field(default=None, compare=False)


def is_exempt(doc) -> bool:
	"""Whether the gate does not concern a document: returns, internal customers, sales paid in full on the spot."""
	if cint(doc.get("is_return")) or cint(doc.get("is_internal_customer")):
		return True
	if doc.doctype == INVOICE and cint(doc.get("is_pos")):
		return flt(doc.paid_amount) + flt(doc.get("write_off_amount")) >= flt(
			doc.rounded_total or doc.grand_total
		)
	return False


def is_sold_for_cash(doc) -> bool:
	"""Whether an exempt document is a sale that was paid in full on the spot."""
	return (
		doc.doctype == INVOICE
		and bool(cint(doc.get("is_pos")))
		and not (cint(doc.get("is_return")) or cint(doc.get("is_internal_customer")))
	)


def of(doc) -> Subject:
	"""Return the subject of a Sales Order, Delivery Note or Sales Invoice as it stands in memory."""
	if doc.doctype not in CHECKED_DOCTYPES:
		raise ValueError(f"{doc.doctype} is not checked for credit")
	promised = sorted(getdate(row.delivery_date) for row in doc.items if row.get("delivery_date"))
	ahead, paid = _ahead(doc)
	return Subject(
		doctype=doc.doctype,
		name=doc.name,
		customer=doc.customer,
		company=doc.company,
		amount=_new_credit(doc),
		whole_amount=whole_amount(doc),
		prepaid=_prepaid(doc),
		dated=getdate(doc.get("transaction_date") or doc.get("posting_date")),
		latest_due_date=_latest_due_date(doc),
		promised=promised[0] if promised else None,
		last_promised=promised[-1] if promised else None,
		po_number=(doc.get("po_no") or "").strip(),
		security_required_percent=money(doc.get("b2b_security_required_percent")),
		orders=covering_orders(doc),
		billed_ahead=ahead,
		paid_ahead=paid,
		made_to_order=made_to_order(doc),
		contract=partial(contract_terms.state_of, doc),
	)


def made_to_order(doc) -> Decimal:
	"""Return what of a document is made to order, gross in company currency."""
	net = sum((money(row.base_net_amount) for row in doc.items if cint(row.get("b2b_made_to_order"))), ZERO)
	if not net:
		return ZERO
	gross = money(doc.base_grand_total) / money(doc.base_net_total) if flt(doc.base_net_total) else Decimal(1)
	return net * gross


def whole_amount(doc) -> Decimal:
	"""Return what the customer will owe for the whole document, in company currency."""
	return money(doc.get("base_rounded_total") or doc.base_grand_total)


def value_of_order_rows(quantities: dict[str, Decimal]) -> Decimal:
	"""Return what customers owe for some quantities of rows of sales orders, {row: quantity}, gross in company currency."""
	if not quantities:
		return ZERO
	item, order = frappe.qb.DocType("Sales Order Item"), frappe.qb.DocType(ORDER)
	rows = (
		frappe.qb.from_(item)
		.join(order)
		.on(order.name == item.parent)
		.select(item.name, item.qty, item.base_net_amount, order.base_grand_total, order.base_net_total)
		.where(item.name.isin(list(quantities)))
		.run()
	)
	total = ZERO
	for name, ordered, net, gross_total, net_total in rows:
		gross = money(gross_total) / money(net_total) if net_total else Decimal(1)
		share = min(Decimal(1), quantities[name] / money(ordered)) if ordered else Decimal(1)
		total += money(net) * share * gross
	return total


def covering_orders(doc) -> tuple[str, ...]:
	"""Return the sales orders that a delivery or invoice fulfils, in order of their names."""
	fieldname = ORDER_FIELDS.get(doc.doctype)
	if not fieldname:
		return ()
	return tuple(sorted({row.get(fieldname) for row in doc.items if row.get(fieldname)}))


def _new_credit(doc) -> Decimal:
	sources = _true_sources(doc)
	rows = [(row, _open_share(doc, row, sources)) for row in doc.items]
	if all(share == 1 for _row, share in rows):
		return whole_amount(doc)
	net = sum((money(row.base_net_amount) * share for row, share in rows), ZERO)
	gross = money(doc.base_grand_total) / money(doc.base_net_total) if flt(doc.base_net_total) else Decimal(1)
	return net * gross


# How a row says which row of which document it fulfils: (parent field, row field, doctype of that row).
ORDER_FIELDS = {DELIVERY: "against_sales_order", INVOICE: "sales_order"}
SOURCES = {
	DELIVERY: (
		("against_sales_order", "so_detail", "Sales Order Item"),
		("against_sales_invoice", "si_detail", "Sales Invoice Item"),
	),
	INVOICE: (
		("sales_order", "so_detail", "Sales Order Item"),
		("delivery_note", "dn_detail", "Delivery Note Item"),
	),
}


def _true_sources(doc) -> set[tuple[str, str]]:
	"""Return the (parent, row) pairs that rows of a document name and that really belong together.

	A row that only names an order, or names a row of another one, is covered by nothing.
	"""
	found: set[tuple[str, str]] = set()
	for _parent_field, row_field, row_doctype in SOURCES.get(doc.doctype, ()):
		names = {row.get(row_field) for row in doc.items if row.get(row_field)}
		if names:
			item = frappe.qb.DocType(row_doctype)
			query = frappe.qb.from_(item).select(item.parent, item.name)
			found |= set(query.where(item.name.isin(names) & (item.docstatus == 1)).run())
	return found


def _open_share(doc, row, sources: set[tuple[str, str]]) -> Decimal:
	"""Return which share of a row (0 to 1) is credit that no other document stands for."""
	if doc.doctype != ORDER:
		pairs = ((row.get(parent), row.get(detail)) for parent, detail, _doctype in SOURCES[doc.doctype])
		return ZERO if any(pair in sources for pair in pairs) else Decimal(1)
	net = money(row.base_net_amount)
	if not net or not flt(row.qty):
		return Decimal(1)
	delivered = money(row.delivered_qty) / money(row.qty)
	billed = money(row.billed_amt) * money(doc.conversion_rate or 1) / net
	return max(ZERO, 1 - max(delivered, billed))


def billed_ahead(orders: Iterable[str]) -> dict[str, Decimal]:
	"""Return what is invoiced of some orders before delivery, gross in company currency; without those that have nothing."""
	names = sorted(set(orders))
	billed = frappe.get_all(
		ORDER, filters={"name": ["in", names or [""]], "per_billed": [">", 0]}, pluck="name"
	)
	found = {name: _ahead(frappe.get_doc(ORDER, name))[0] for name in billed}
	return {name: amount for name, amount in found.items() if amount > 0}


def _ahead(doc) -> tuple[Decimal, Decimal]:
	"""Return what is invoiced of an order before delivery and what of that is paid. Asks the books only where it is."""
	if doc.doctype != ORDER or doc.docstatus != 1 or not flt(doc.get("per_billed")):
		return ZERO, ZERO
	delivered = {
		row.name: money(row.delivered_qty) / money(row.qty) if flt(row.qty) else ZERO for row in doc.items
	}
	return milestone_facts.paid_ahead(doc, delivered)


def _prepaid(doc) -> Decimal:
	"""Return what was paid in advance for the document, in company currency."""
	if doc.doctype == ORDER:
		if doc.is_new() or not doc.docstatus:
			return ZERO
		advance, currency = frappe.db.get_value(
			ORDER, doc.name, ["advance_paid", "party_account_currency"]
		) or (0, None)
		foreign = currency and currency != company_currency(doc.company)
		return money(advance) * (money(doc.conversion_rate) if foreign else 1)
	if doc.doctype == INVOICE:
		return (money(doc.get("total_advance")) + money(doc.get("paid_amount"))) * money(
			doc.conversion_rate or 1
		)
	return ZERO


def _latest_due_date(doc) -> date | None:
	dates = [getdate(row.due_date) for row in doc.get("payment_schedule") or [] if row.due_date]
	if not dates and doc.get("due_date"):
		dates = [getdate(doc.due_date)]
	return max(dates, default=None)
