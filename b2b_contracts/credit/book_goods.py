"""What was ordered, delivered and came back: the sheets orders and deliveries, and which invoice bills what.

An order that is billed without naming its deliveries is the usual way in ERPNext, which then counts the oldest delivery
as billed first (`update_billed_amount_based_on_so`). A book says it outright: the invoice names the delivery, or the
delivery was billed before.
"""

from collections.abc import Iterator
from itertools import groupby

from frappe.utils import getdate

from b2b_contracts.backtest.book_format import CREDIT_NOTES, DELIVERIES, ORDERS

from . import book_facts, log, subjects
from .account_facts import Member
from .book_facts import DELIVERY, ORDER, Scope
from .book_scratch import (
	DELIVERED,
	RETURNED,
	Scratch,
	amount_text,
	cents,
	day_text,
	moment,
	not_before,
	number_text,
	split,
	text,
	text_until,
)

# What rounding may leave of a delivery that is billed in full, in cents.
ROUNDING = 100


# ------------------------------------------------------------------ orders
def add_orders(names: list[str], scope: Scope, scratch: Scratch, finished: bool = False) -> None:
	"""Note some orders. `finished`: they were finished before the period, and are there because an invoice names them."""
	found = book_facts.orders(names, scope)
	decisions = book_facts.decisions(names)
	moved = book_facts.goods_moved(names, scope)
	for order in found:
		decided = decisions.get(order.name, [])
		first_moved, goes_on = moved.get(order.name, (None, False))
		changes = _states(order, decided, first_moved, scope)
		if not changes:
			continue
		closed_on = _closed_on(order, scope)
		if finished:
			closed_on = closed_on or f"{scope.from_date} 00:00:00"
		for change in changes:
			change |= _terms(order) | _answers(change["date"], decided, scope) | {"closed_on": closed_on}
		if order.per_billed >= 100:
			scratch.set_billed(ORDER, order.name)
		if not finished:
			scratch.set_moment(ORDER, order.name, changes[0]["date"])
		is_complete = not goes_on and (
			order.status == "Completed" or order.per_delivered >= 100 or order.per_billed >= 100
		)
		scratch.add_sale(order.name, (order.customer, order.company), is_complete, changes)


def _states(order, decided: list, first_moved, scope: Scope) -> list[dict]:
	"""Return when an order was submitted and changed, with its whole amount then.

	A decision about a change knows the whole amount only while nothing is delivered or billed. After the last change the
	amount is today's.
	"""
	today = cents(subjects.whole_amount(order))
	submitted = next((d for d in decided if d.kind == log.SUBMIT), None)
	states = [(text(submitted.decided_on), cents(submitted.amount))] if submitted else []
	if not states:
		return [
			{"date": moment(getdate(order.transaction_date), order.creation), "amount": amount_text(today)}
		]
	changes = [d for d in decided if d.kind == log.CHANGE]
	for change in changes:
		if first_moved is None or change.decided_on < first_moved:
			states.append((text(change.decided_on), cents(change.amount)))
	if states[-1][1] != today:
		# What was changed later left no decision, as it asked for no more credit; or only its open part is known.
		at = text(changes[-1].decided_on) if changes else states[0][0]
		if at == states[-1][0]:
			states.pop()
		states.append((at, today))
	kept: list[dict] = []
	for at, amount in states:
		if at[:10] <= scope.to_date.isoformat() and (not kept or kept[-1]["amount"] != amount_text(amount)):
			kept.append({"date": at, "amount": amount_text(amount)})
	return kept


def _terms(order) -> dict:
	promised, last = order.promised, order.last_promised
	percent = max(order.b2b_security_required_percent or 0, order.b2b_security_demanded_percent or 0)
	return {
		"due_date": day_text(order.due_date),
		"promised_date": day_text(promised),
		"last_promised_date": day_text(last) if last != promised else "",
		"po_number": (order.po_no or "").strip(),
		"security_required_percent": number_text(percent) if percent else "",
	}


def _answers(at: str, decided: list, scope: Scope) -> dict:
	"""Return when people released and rejected an order since a moment."""
	found = {"released_on": "", "rejected_on": ""}
	for kind, column in ((log.RELEASE, "released_on"), (log.REJECT, "rejected_on")):
		times = (text_until(d.decided_on, scope.to_date) for d in decided if d.kind == kind)
		found[column] = min((time for time in times if time >= at), default="")
	return found


def _closed_on(doc, scope: Scope) -> str:
	"""Return when a document was closed or cancelled, empty while it was not."""
	return text_until(doc.modified, scope.to_date) if doc.docstatus == 2 or doc.status == "Closed" else ""


# ------------------------------------------------------------------ deliveries
def add_deliveries(names: list[str], scope: Scope, scratch: Scratch) -> None:
	"""Note some deliveries, and what came back of them."""
	for note in book_facts.deliveries(names, scope):
		parts = [(order, billed, cents(net)) for order, billed, net in note.parts if cents(net) > 0]
		whole = cents(note.base_grand_total)
		if not parts or whole <= 0:
			continue
		at = moment(getdate(note.posting_date), note.creation)
		at = not_before(at, *(scratch.moment_of(ORDER, order) for order, _billed, _net in parts))
		scratch.set_moment(DELIVERY, note.name, at)
		for (order, billed, _net), amount in zip(
			parts, split(whole, [net for _o, _b, net in parts]), strict=True
		):
			scratch.name_order(order, at)
			closed_on = _closed_on(note, scope)
			member = (note.customer, note.company)
			scratch.add_goods(
				DELIVERED, member, note.name, amount, at, order, note.name, bool(billed), closed_on
			)
		if note.per_billed >= 100:
			scratch.set_billed(DELIVERY, note.name)
	for back in book_facts.returns_of(names, scope):
		delivered = scratch.moment_of(DELIVERY, back.return_against)
		if not delivered or back.net >= 0:
			continue
		gross = back.base_grand_total / back.base_net_total if back.base_net_total else 1
		at = not_before(moment(getdate(back.posting_date), back.creation), delivered)
		member = (back.customer, back.company)
		amount = -cents(back.net * gross)
		scratch.add_goods(RETURNED, member, back.name, amount, at, back.order_name, back.return_against)


# ------------------------------------------------------------------ what bills what
class _Order:
	"""The goods of one order (or of one delivery without one) as they go out and are billed."""

	def __init__(self):
		self.unbilled: dict[str, int] = {}
		self.taken: dict[str, int] = {}
		self.ahead = 0
		self.done = 0
		self.last = ""
		self.rows: list[list] = []


def match(scratch: Scratch) -> None:
	"""Find out which invoice bills what; writes deliveries, returns, orders and the parts of invoices."""
	scratch.forget_unknown_orders()
	for _key, events in groupby(scratch.goods(), key=lambda row: (row[0], "" if row[0] else row[1])):
		so_far = _Order()
		order = ""
		for order, delivery, at, what, document, customer, company, amount, flag, closed_on in events:
			so_far.last = max(so_far.last, at)
			if what == DELIVERED:
				_deliver(so_far, at, (customer, company), document, amount, flag, closed_on)
			elif what == RETURNED:
				back = min(amount, so_far.unbilled.get(delivery, 0))
				if back:
					so_far.unbilled[delivery] -= back
					cells = {"credit_note": document, "delivery": delivery, "amount": amount_text(back)}
					scratch.add(CREDIT_NOTES, at, (customer, company), **cells)
			else:
				for named, part in _bill(so_far, delivery, amount, at_once=bool(flag)):
					scratch.add_part(document, order, named, part)
		for at, member, delivery, amount, billed_before, closed_on in so_far.rows:
			left = so_far.unbilled.get(delivery, 0)
			if (
				not billed_before
				and 0 < left <= min(ROUNDING, amount)
				and scratch.is_billed(DELIVERY, delivery)
			):
				# Billed in full: what is left was never owed.
				amount -= left
				so_far.unbilled[delivery] = 0
			cells = {"delivery": delivery, "order": order, "closed_on": closed_on}
			cells |= {"amount": amount_text(amount), "billed_before": "yes" if billed_before else ""}
			scratch.add(DELIVERIES, at, member, **cells)
			so_far.done += 0 if billed_before else amount
		if order:
			scratch.set_moved(order, so_far.done, so_far.last)
	_write_orders(scratch)


def _write_orders(scratch: Scratch) -> None:
	for name, member, is_complete, changes, since, moved, last in scratch.sales():
		# Never after what belongs to it.
		changes[0]["date"] = min(changes[0]["date"], since or changes[0]["date"])
		# Delivered or billed at other prices than ordered: nothing is left all the same.
		if is_complete and last and moved < cents(changes[-1]["amount"]):
			for change in changes:
				change["closed_on"] = change["closed_on"] or last
		for change in changes:
			scratch.add(ORDERS, change.pop("date"), member, order=name, **change)


def _deliver(
	so_far: _Order, at: str, member: Member, delivery: str, amount: int, billed: bool, closed_on: str
) -> None:
	"""Goods leave. What was billed ahead of delivery is billed before; the rest waits for its invoice."""
	before = min(so_far.ahead, amount)
	so_far.ahead -= before
	before = amount if billed else before
	if before:
		so_far.rows.append([at, member, delivery, before, True, closed_on])
	if amount > before:
		so_far.rows.append([at, member, delivery, amount - before, False, closed_on])
		so_far.unbilled[delivery] = so_far.unbilled.get(delivery, 0) + amount - before
	else:
		so_far.unbilled.setdefault(delivery, 0)


def _bill(so_far: _Order, delivery: str, amount: int, at_once: bool) -> Iterator[tuple[str, int]]:
	"""Yield which deliveries an invoice bills: the one that it names, else the oldest that wait; the rest is ahead."""
	if delivery in so_far.unbilled:
		part = min(amount, so_far.unbilled[delivery])
		# Where an invoice without its name was taken to bill it, that one bills the next.
		wrong = min(amount - part, so_far.taken.get(delivery, 0))
		so_far.unbilled[delivery] -= part
		so_far.taken[delivery] = so_far.taken.get(delivery, 0) - wrong
		if amount > wrong:
			yield delivery, amount - wrong
		amount, delivery = wrong, ""
	if not at_once and not delivery:
		for name, left in so_far.unbilled.items():
			part = min(left, amount)
			if part:
				so_far.unbilled[name] -= part
				so_far.taken[name] = so_far.taken.get(name, 0) + part
				amount -= part
				yield name, part
	if amount:
		so_far.done += amount
		so_far.ahead += 0 if at_once else amount
		yield "", amount
