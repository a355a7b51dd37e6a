"""What a verdict does to a sales order: parked orders are submitted, visible, on hold; cleared ones go on.

`modified` is never touched, so that a form somebody has open can still be saved; open forms are told to reload.
"""

from datetime import date

import frappe
from frappe.utils import add_days, cint, flt, getdate

from . import holds, jobs, locking, milestone_facts
from .checking import NOT_CHECKED, Verdict
from .position_facts import WAITING

ON_HOLD = "On Hold"
RELEASED, REJECTED = "Released", "Rejected"
CREDIT_FIELDS = ("b2b_credit_status", "b2b_credit_hold")
SLIP_FIELD = "b2b_payment_slip"


def write_on_draft(order, verdict: Verdict) -> None:
	"""Put a verdict on an order that is being submitted, before it is written."""
	order.b2b_credit_status = verdict.outcome
	order.b2b_credit_hold = verdict.hold.name if verdict.is_parked else None
	order.b2b_payment_slip = verdict.payment_slip
	order.b2b_security_demanded_percent = float(verdict.demanded_percent)
	if verdict.is_parked:
		order.status = ON_HOLD
		_keep_reservation_apart(order, verdict)


def write_on_submitted(order, verdict: Verdict) -> None:
	"""Put a verdict on a submitted order: park it, or let it go on."""
	if verdict.is_parked:
		park(order, verdict)
	else:
		go_on(order, verdict.outcome, hold=None, slip=verdict.payment_slip)


def park(order, verdict: Verdict) -> None:
	"""Hold a submitted order back: no delivery, no picking, no billing of what is not delivered."""
	values = {"b2b_credit_status": verdict.outcome, "b2b_credit_hold": verdict.hold.name, SLIP_FIELD: None}
	if keeps_erpnext_status(order):
		values["status"] = ON_HOLD
	set_fields(order, values)
	_give_stock_back(order, verdict)
	order.update_reserved_qty()
	order.notify_update()


def go_on(order, credit_status: str, hold: str | None, slip: str | None = None) -> None:
	"""Let a parked order go on: Clear, Released, or Not Checked; stock that it wanted reserved is reserved now.

	`slip` is the payment slip whose money it rests on.
	"""
	_stop_waiting(order, {"b2b_credit_status": credit_status, "b2b_credit_hold": hold, SLIP_FIELD: slip})
	_reserve_later(order)
	order.notify_update()


def go_on_without_us(order) -> None:
	"""Let a parked order go on because the app is leaving: no job of ours will run any more, so what it wanted reserved
	is only wanted again, and its people reserve it."""
	values = {"b2b_credit_status": NOT_CHECKED, "b2b_credit_hold": None}
	if frappe.db.exists("Credit Hold", _wants_stock(order.name)):
		values["reserve_stock"] = 1
	_stop_waiting(order, values)
	order.notify_update()


def _stop_waiting(order, values: dict) -> None:
	"""Write what comes instead of waiting, and the status and reserved quantity that ERPNext gives the order then."""
	was_on_hold = order.status == ON_HOLD
	if values:
		set_fields(order, values)
	if was_on_hold:
		order.status = "Draft"
		order.set_status()
		set_fields(order, {"status": order.status})
	order.update_reserved_qty()


def reject(order, hold) -> None:
	"""Send a parked order back to its seller: it stays on hold until it is closed, cancelled or changed."""
	set_fields(order, {"b2b_credit_status": REJECTED, "b2b_credit_hold": hold.name})
	order.notify_update()


def is_waiting(credit_status: str | None) -> bool:
	"""Whether an order with this credit status is parked."""
	return credit_status in WAITING


def keeps_erpnext_status(order) -> bool:
	"""Whether ERPNext's own On Hold may be used: it would also refuse to bill what is delivered already, and the milestones
	of an order that waits for just that money. Our own checks refuse the rest."""
	return flt(order.per_delivered) == 0 and not milestone_facts.plan_of(order.name, docstatus=1)


def follow_plan(order) -> None:
	"""Give a parked order the ERPNext status that it has with, or without, a milestone plan. Its row must be locked."""
	if order.docstatus != 1 or not is_waiting(order.b2b_credit_status) or order.status == "Closed":
		return
	if keeps_erpnext_status(order):
		set_fields(order, {"status": ON_HOLD})
		order.update_reserved_qty()
	else:
		_stop_waiting(order, {})
	order.notify_update()


def set_fields(order, values: dict) -> None:
	"""Write fields of an order as our own transition, which the status watcher lets pass."""
	order.flags.b2b_credit_transition = True
	try:
		locking.write(order, values)
	finally:
		order.flags.b2b_credit_transition = False


def _keep_reservation_apart(order, verdict: Verdict) -> None:
	"""No stock is kept for a parked order, unless it only waits for papers: then for the policy's number of days."""
	if not cint(order.get("reserve_stock")):
		return
	until = _may_keep_until(verdict)
	if until:
		holds.write(verdict.hold, reservation_until=until)
	else:
		holds.write(verdict.hold, reserve_stock=1)
		order.reserve_stock = 0


def _may_keep_until(verdict: Verdict) -> date | None:
	"""Return until when stock may be kept for an order that is being parked, None for not at all."""
	days = verdict.standing.policy.reserve_days_for_documents
	return add_days(getdate(), days) if days and holds.is_document_hold(verdict.decision) else None


def _give_stock_back(order, verdict: Verdict) -> None:
	"""Give back what is reserved for an order that a change or a lost release parks, or set it an end: ERPNext would reserve
	it again as it updates the order's items, and fail that."""
	if not has_reserved_stock(order.name):
		return
	until = _may_keep_until(verdict)
	if not until:
		_cancel_reservations(order.name)
		holds.write(verdict.hold, reserve_stock=1, reservation_until=None)
	elif not verdict.hold.reservation_until:
		holds.write(verdict.hold, reservation_until=until)


def has_reserved_stock(order_name: str) -> bool:
	"""Whether stock is kept for an order."""
	return bool(_reservations_of(order_name))


def _reservations_of(order_name: str) -> list[str]:
	filters = {"voucher_type": "Sales Order", "voucher_no": order_name, "docstatus": 1}
	filters["status"] = ["not in", ["Delivered", "Cancelled"]]
	return frappe.get_all("Stock Reservation Entry", filters, pluck="name", order_by="creation")


def _cancel_reservations(order_name: str) -> None:
	"""Cancel what is reserved for an order, as the system: whoever changes an order need not have a right on stock."""
	for name in _reservations_of(order_name):
		entry = frappe.get_doc("Stock Reservation Entry", name)
		entry.flags.ignore_permissions = True
		entry.cancel()


def may_reserve(order_name: str) -> bool:
	"""Whether stock may be reserved for an order now: it is not parked, or it waits for papers for a while yet."""
	status, hold = frappe.db.get_value("Sales Order", order_name, CREDIT_FIELDS) or (None, None)
	if not is_waiting(status):
		return True
	until = frappe.db.get_value("Credit Hold", hold, "reservation_until") if hold else None
	return bool(until) and getdate(until) >= getdate()


def _wants_stock(order_name: str) -> dict:
	"""Filters for the holds of an order that remember that it asked for stock to be reserved."""
	return {"reference_doctype": "Sales Order", "reference_name": order_name, "reserve_stock": 1}


def _reserve_later(order) -> None:
	"""Have the stock reserved that the order asked for when it was parked, once it is on its way."""
	if frappe.db.exists("Credit Hold", _wants_stock(order.name)):
		jobs.after_commit("b2b_contracts.credit.parking.reserve_stock_of", order_name=order.name)


def reserve_stock_of(order_name: str) -> None:
	"""Reserve the stock of an order that went on. Runs in a job, as the system: whoever released an order or paid an
	invoice need not have a right on stock. A shortage is logged; it does not park the order again.
	"""
	order = locked_order(order_name)
	if is_waiting(order.b2b_credit_status) or order.docstatus != 1:
		return
	for name in frappe.get_all("Credit Hold", filters=_wants_stock(order_name), pluck="name"):
		frappe.db.set_value("Credit Hold", name, "reserve_stock", 0, update_modified=False)
	set_fields(order, {"reserve_stock": 1})
	user = frappe.session.user
	frappe.set_user("Administrator")
	frappe.db.savepoint("b2b_reserve")
	try:
		order.create_stock_reservation_entries(notify=False)
	except frappe.ValidationError:
		frappe.db.rollback(save_point="b2b_reserve")
		frappe.log_error(
			title=f"Stock could not be reserved for {order_name}",
			reference_doctype="Sales Order",
			reference_name=order_name,
		)
	finally:
		frappe.set_user(user)


def end_reservation(order_name: str) -> None:
	"""Give back the stock that was kept aside for an order."""
	_cancel_reservations(order_name)
	frappe.get_doc("Sales Order", order_name).update_reserved_qty()


def locked_order(name: str):
	"""Return a sales order with its row locked: the first lock of every transaction that moves one."""
	return locking.locked_doc("Sales Order", name)
