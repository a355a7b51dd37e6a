"""Part release: ship what fits the limit now, park the rest, as one action (requirements §2.4)."""

from decimal import ROUND_FLOOR, Decimal

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate

from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine import ways_out
from b2b_contracts.exceptions import ReleaseError

from . import cases, checking, gates, holds, parking, subjects
from .account_facts import money


def split(hold_name: str) -> dict:
	"""Cut a held order to what fits, put the rest into an order of its own, and submit both through the gate.

	Returns `{order, rest, hold}`. Raises `ReleaseError` when the hold is not about the limit alone, or nothing fits.
	"""
	reference = frappe.db.get_value("Credit Hold", hold_name, ["reference_doctype", "reference_name"])
	if reference[0] != subjects.ORDER:
		frappe.throw(_("Only an order can be split."), ReleaseError)
	order = parking.locked_order(reference[1])
	order.check_permission("write")
	_refuse_touched(order)
	room = _room(order, hold_name)
	kept = _fit(order, room)
	rest = _rest_order(order, kept)
	_cut(order, kept)
	rest.insert()
	rest.submit()
	order.reload()
	if order.b2b_credit_status != engine_gate.CLEAR:
		frappe.throw(
			_("Order {0} does not pass the gate even when it is cut to {1}.").format(
				order.name, frappe.format(order.base_grand_total, "Currency")
			),
			ReleaseError,
		)
	return {"order": order.name, "rest": rest.name, "hold": rest.b2b_credit_hold}


def _refuse_touched(order) -> None:
	if not parking.is_waiting(order.b2b_credit_status):
		frappe.throw(_("Order {0} is not on hold.").format(order.name), ReleaseError)
	if flt(order.per_delivered) or flt(order.per_billed):
		frappe.throw(
			_("Order {0} is partly delivered or billed already and cannot be split.").format(order.name),
			ReleaseError,
		)


def _room(order, hold_name: str) -> Decimal:
	"""Return the gross amount that the order may have, in company currency."""
	standing = checking.standing_of(order)
	gates.lock(*standing.gate_key)
	loaded = cases.load(standing, subjects.of(order), None, hold_name)
	decision = engine_gate.decide(loaded.case)
	cut = next((w for w in decision.ways_out if w.kind == ways_out.REDUCE and w.is_enough), None)
	if cut is None:
		reasons = " ".join(holds.reasons_of(decision, order.company))
		frappe.throw(
			_("Order {0} cannot be split into a part that fits: {1}").format(order.name, reasons),
			ReleaseError,
		)
	return cut.remaining


def _fit(order, room: Decimal) -> dict[str, float]:
	"""Return the quantity of each row that fits: rows in the order of their promise, the last one cut."""
	gross = (
		money(order.base_grand_total) / money(order.base_net_total)
		if flt(order.base_net_total)
		else Decimal(1)
	)
	kept: dict[str, float] = {}
	for row in sorted(order.items, key=lambda r: (getdate(r.delivery_date or order.delivery_date), r.idx)):
		amount = money(row.base_net_amount) * gross
		if amount <= room:
			kept[row.name] = flt(row.qty)
			room -= amount
		elif amount > 0:
			qty = money(row.qty) * room / amount
			if cint(frappe.get_cached_value("UOM", row.uom, "must_be_whole_number")):
				qty = qty.to_integral_value(rounding=ROUND_FLOOR)
			else:
				qty = qty.quantize(Decimal("0.001"), rounding=ROUND_FLOOR)
			kept[row.name] = float(qty)
			room -= amount * qty / money(row.qty)
	if not any(kept.values()):
		frappe.throw(
			_("Not even one piece of order {0} fits what is left of the limit.").format(order.name),
			ReleaseError,
		)
	return kept


def _rest_order(order, kept: dict[str, float]):
	"""Return a draft of what does not fit, with everything else as the customer ordered it."""
	rest = frappe.copy_doc(order)
	rest.items = []
	for row in order.items:
		left = flt(row.qty) - kept.get(row.name, 0)
		if left > 0:
			copy = frappe.copy_doc(row)
			copy.update({"qty": left, "parent": None, "name": None, "delivered_qty": 0, "billed_amt": 0})
			rest.append("items", copy)
	rest.payment_schedule = []
	rest.update({"b2b_split_from": order.name, "po_no": _po_of_rest(order)})
	rest.run_method("set_missing_values")
	return rest


def _po_of_rest(order) -> str | None:
	"""Return the customer's PO number for the rest: numbered on, as ERPNext takes a number once, unless told otherwise."""
	several = frappe.db.get_single_value("Selling Settings", "allow_against_multiple_purchase_orders")
	if not order.po_no or cint(several):
		return order.po_no
	part = 2
	while frappe.db.exists("Sales Order", {"customer": order.customer, "po_no": f"{order.po_no}-{part}"}):
		part += 1
	return f"{order.po_no}-{part}"


def _cut(order, kept: dict[str, float]) -> None:
	"""Cut the submitted order through ERPNext's own Update Items, which decides again by our event."""
	from erpnext.controllers.accounts_controller import update_child_qty_rate

	rows = [
		{
			"docname": row.name,
			"name": row.name,
			"item_code": row.item_code,
			"qty": kept[row.name],
			"rate": row.rate,
			"uom": row.uom,
			"conversion_factor": row.conversion_factor,
			"delivery_date": str(row.delivery_date or order.delivery_date),
		}
		for row in order.items
		if kept.get(row.name)
	]
	update_child_qty_rate(order.doctype, frappe.as_json(rows), order.name)
