"""Counts down the quantities that contracts let be called off (requirements §6).

The count stands on the contract's row and is read locked there, so that of two orders at once the second sees the first. Each
order's row says how much of it counts; what changes is added or taken off within the order's own transaction. What happens to
orders elsewhere (closed, goods that come back) is counted anew afterwards, and everything once a day.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Sum
from frappe.utils import flt

from b2b_contracts.credit import clearing, gates, jobs, locking
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_call_offs as engine
from b2b_contracts.engine.contract_call_offs import Quantity
from b2b_contracts.engine.contract_check import CallOff
from b2b_contracts.engine.contract_prices import Item
from b2b_contracts.engine.money import ZERO

from .agreed_prices import Contracts, items_of
from .facts import CONTRACT

ROW, ORDER, ORDER_ROW = "Contract Call-off", "Sales Order", "Sales Order Item"
COUNTED = (ORDER, "Quotation")
RECOUNT = "b2b_contracts.contracts.call_offs.recount_of_orders"


# ------------------------------------------------------------------ asked
def asked(doc, known: Contracts, items: dict[str, Item]) -> Iterable[CallOff]:
	"""Return the agreed quantities that an order or quotation takes from, with what others have called off."""
	if doc.doctype not in COUNTED or not known.quantities:
		return []
	rows: dict[str, Quantity] = {}
	wanted: dict[str, Decimal] = defaultdict(Decimal)
	own: dict[str, Decimal] = defaultdict(Decimal)
	for row in doc.items:
		item = items.get(row.item_code)
		quantity = item and engine.taken_from(known.quantities, item)
		if quantity:
			rows[quantity.name] = quantity
			wanted[quantity.name] += _taken(doc, row, quantity, item)
	for row in doc.items if doc.docstatus else ():
		if row.get("b2b_call_off"):
			own[row.b2b_call_off] += money(row.b2b_called_off)
	called = doc.flags.b2b_called_before
	if called is None:
		called = {name: count - own[name] for name, count in _called(rows).items()}
	earlier = _earlier(known, rows)
	return [
		CallOff(
			quantity.contract,
			quantity.item or quantity.group,
			quantity.agreed,
			max(ZERO, called.get(name, ZERO)) + earlier.get(name, ZERO),
			wanted[name],
			quantity.uom,
		)
		for name, quantity in rows.items()
	]


def _earlier(known: Contracts, rows: dict[str, Quantity]) -> dict[str, Decimal]:
	"""Return what was called off of the same quantities under what an amendment has taken the place of."""
	originals = {c.name: c.original_contract for c in known.contracts if c.original_contract}
	about = {
		(originals[quantity.contract], quantity.item, quantity.group): name
		for name, quantity in rows.items()
		if quantity.contract in originals
	}
	if not about:
		return {}
	row, contract = frappe.qb.DocType(ROW), frappe.qb.DocType(CONTRACT)
	in_chain = contract.name.isin(list(originals.values())) | contract.original_contract.isin(
		list(originals.values())
	)
	found: dict[str, Decimal] = defaultdict(Decimal)
	for original, parent, item, group, count in (
		frappe.qb.from_(row)
		.join(contract)
		.on((row.parent == contract.name) & (row.parenttype == CONTRACT))
		.where(in_chain & (contract.docstatus == 1) & row.name.notin(list(rows)))
		.select(contract.original_contract, row.parent, row.item_code, row.item_group, row.called_off)
		.run()
	):
		name = about.get((original or parent, item or "", "" if item else group or ""))
		if name:
			found[name] += money(count)
	return found


def _called(names: Iterable[str]) -> dict[str, Decimal]:
	names = list(names)
	if not names:
		return {}
	rows = frappe.get_all(ROW, filters={"name": ["in", names]}, fields=["name", "called_off"])
	return {row.name: money(row.called_off) for row in rows}


def _taken(doc, row, quantity: Quantity, item: Item) -> Decimal:
	factor = money(row.get("conversion_factor") or 1)
	stock = engine.counted(
		money(row.qty) * factor,
		money(row.get("delivered_qty")) * factor,
		money(row.get("returned_qty")) * factor,
		doc.get("status") == "Closed",
	)
	return engine.in_unit(stock, quantity, item)


# ------------------------------------------------------------------ counted
def take(order, look) -> None:
	"""Count an order that is being submitted or changed. `look` gives its contracts: what was called off before it is read anew,
	locked, and stays what the order is judged by."""
	order.flags.b2b_called_before = None
	seen = look(order)
	new: dict[str, tuple[str, Decimal]] = {}
	if seen and seen.contracts.quantities:
		for row in order.items:
			item = seen.items.get(row.item_code)
			quantity = item and engine.taken_from(seen.contracts.quantities, item)
			if quantity:
				new[row.name or str(row.idx)] = (quantity.name, _taken(order, row, quantity, item))
	before = order.get_doc_before_save() if order.docstatus else None
	old = _of_rows(before.items) if before is not None and before.docstatus == 1 else {}
	wanted: dict[str, Decimal] = defaultdict(Decimal)
	for name, quantity in new.values():
		wanted[name] += quantity
	called = _locked({*wanted, *old})
	for row in order.items:
		name, quantity = new.get(row.name or str(row.idx), (None, ZERO))
		row.b2b_call_off, row.b2b_called_off = name, float(quantity)
	_write(called, {name: wanted[name] - old.get(name, ZERO) for name in called})
	order.flags.b2b_called_before = {name: count - old.get(name, ZERO) for name, count in called.items()}


def give_back(order) -> None:
	"""Take an order that is cancelled off the count."""
	old = _of_rows(order.items)
	called = _locked(old)
	_write(called, {name: -quantity for name, quantity in old.items()})
	_forget(order)


def follow_status(order) -> None:
	"""Count an order anew that was closed or opened again: of a closed one what was delivered. ERPNext says so on every change."""
	before = order.get_doc_before_save()
	if before is None or before.status == order.status or "Closed" not in (before.status, order.status):
		return
	if any(row.get("b2b_call_off") for row in order.items):
		jobs.after_commit(RECOUNT, orders=(order.name,))


def goods_came_back(orders: Iterable[str]) -> None:
	"""Count orders anew of which goods were returned, or whose delivery was."""
	names = tuple(sorted({name for name in orders if name}))
	if names and frappe.db.exists(ORDER_ROW, {"parent": ["in", names], "b2b_call_off": ["is", "set"]}):
		jobs.after_commit(RECOUNT, orders=names)


def _of_rows(rows) -> dict[str, Decimal]:
	found: dict[str, Decimal] = defaultdict(Decimal)
	for row in rows:
		if row.get("b2b_call_off"):
			found[row.b2b_call_off] += money(row.b2b_called_off)
	return found


def _forget(order) -> None:
	for row in order.items:
		if row.get("b2b_call_off"):
			row.db_set({"b2b_call_off": None, "b2b_called_off": 0}, update_modified=False)


def _locked(names: Iterable[str]) -> dict[str, Decimal]:
	"""Return what is called off of some quantities, each row locked by its primary key, always in the same order."""
	found = {}
	# Whatever this transaction has read before: the count says what others have committed since.
	gates.see_newest_versions()
	for name in sorted(names):
		value = frappe.db.get_value(ROW, name, "called_off", for_update=True)
		if value is not None:
			found[name] = money(value)
	return found


def _write(called: dict[str, Decimal], changes: dict[str, Decimal]) -> None:
	for name, change in changes.items():
		if name in called and change:
			frappe.db.set_value(ROW, name, "called_off", float(called[name] + change), update_modified=False)


# ------------------------------------------------------------------ counted anew
def recount_of_orders(orders: Iterable[str]) -> None:
	"""Count some orders anew, in a job: each in a transaction of its own."""
	# What this transaction has read may be older than the orders are by now.
	frappe.db.commit()  # nosemgrep: a job, in which nothing is pending
	for name in sorted(set(orders)):
		clearing.in_own_transaction(recount_order, name)


def recount_order(name: str) -> bool:
	"""Count one order anew: its row is locked first, then the quantities, as everywhere. Returns whether anything changed."""
	order = locking.locked_doc(ORDER, name)
	if order.docstatus != 1:
		return False
	items = items_of(row.item_code for row in order.items)
	old = _of_rows(order.items)
	units = dict(
		frappe.get_all(ROW, filters={"name": ["in", list(old) or [""]]}, fields=["name", "uom"], as_list=True)
	)
	new: dict[str, Decimal] = defaultdict(Decimal)
	for row in order.items:
		if row.get("b2b_call_off") not in units:
			continue
		quantity = Quantity(row.b2b_call_off, "", ZERO, uom=units[row.b2b_call_off] or "")
		taken = _taken(order, row, quantity, items[row.item_code])
		new[row.b2b_call_off] += taken
		if money(row.b2b_called_off) != taken:
			frappe.db.set_value(ORDER_ROW, row.name, "b2b_called_off", float(taken), update_modified=False)
	changes = {quantity: new[quantity] - old[quantity] for quantity in units}
	_write(_locked(units), changes)
	return any(changes.values())


def daily() -> None:
	"""Count anew what a lost job may have left: orders that were closed or came back, then every quantity."""
	order, line = frappe.qb.DocType(ORDER), frappe.qb.DocType(ORDER_ROW)
	recount_of_orders(
		frappe.qb.from_(line)
		.join(order)
		.on(order.name == line.parent)
		.where((line.b2b_call_off > "") & (order.docstatus == 1))
		.where((order.status == "Closed") | (line.returned_qty > 0))
		.select(order.name)
		.distinct()
		.run(pluck=True)
	)
	row, last = frappe.qb.DocType(ROW), ""
	while names := (
		frappe.qb.from_(row)
		.where((row.parenttype == CONTRACT) & (row.docstatus == 1) & (row.name > last))
		.select(row.name)
		.orderby(row.name)
		.limit(500)
		.run(pluck=True)
	):
		frappe.db.commit()  # nosemgrep: a job; each count begins with its lock
		for name in names:
			clearing.in_own_transaction(recount, name)
		last = names[-1]


def recount(name: str) -> bool:
	"""Add up anew what is called off of one quantity. The lock is the first statement of the transaction, so that everything read
	after it is as new as the lock. Returns whether the count was another."""
	called = frappe.db.get_value(ROW, name, "called_off", for_update=True)
	if called is None:
		return False
	order, line = frappe.qb.DocType(ORDER), frappe.qb.DocType(ORDER_ROW)
	total = (
		frappe.qb.from_(line)
		.join(order)
		.on(order.name == line.parent)
		.where((line.b2b_call_off == name) & (order.docstatus == 1))
		.select(Sum(line.b2b_called_off))
		.run(pluck=True)
	)[0]
	if flt(called, 6) == flt(total, 6):
		return False
	frappe.db.set_value(ROW, name, "called_off", flt(total), update_modified=False)
	return True
