"""What may leave the house: deliveries, invoices and picking against held orders, for stopped customers, or without
an order at all (requirements §2.4).

A refusal rolls the document back, so what must be remembered of it is written afterwards in a transaction of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import flt, getdate

from b2b_contracts.engine import approval, delivery, facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine import milestones as engine_milestones
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import CreditHoldError

from . import (
	cases,
	checking,
	gates,
	holds,
	log,
	milestone_facts,
	milestones,
	native_limit,
	notices,
	orders,
	parking,
	screening,
	stops,
	subjects,
	wording,
)
from .account_facts import money
from .cases import Standing

PICK_LIST, PURCHASE_ORDER = "Pick List", "Purchase Order"


def check_delivery(note) -> None:
	"""Decide whether a delivery note may be submitted: its orders, the customer, and what no order covers."""
	note.flags.b2b_checked = True
	_refuse_before_paid(note, subjects.covering_orders(note))
	standing = checking.standing_of(note)
	if not standing:
		return
	if standing.policy.is_enforced:
		released = _refuse_held_orders(_orders_of(note), note)
		_refuse_stopped(standing, note, released)
	_check_uncovered(note, standing)


def check_invoice(invoice) -> None:
	"""Decide whether an invoice may be submitted. Goods delivered already can always be invoiced."""
	invoice.flags.b2b_checked = True
	if invoice.update_stock:
		_refuse_before_paid(invoice, subjects.covering_orders(invoice))
	standing = checking.standing_of(invoice)
	if not standing:
		return
	if standing.policy.is_enforced:
		released = _refuse_held_orders(_orders_of(invoice), invoice)
		if invoice.update_stock:
			_refuse_stopped(standing, invoice, released)
	_check_uncovered(invoice, standing)


def make_sure_checked(doc) -> None:
	"""Refuse a delivery or invoice that reached its submit unchecked: `ignore_validate` skips the event that checks."""
	if doc.flags.b2b_checked:
		return
	standing = checking.standing_of(doc)
	if standing and standing.policy.is_enforced:
		frappe.throw(
			_(
				"{0} was submitted without a credit check. Submit it through the usual way, with validation."
			).format(doc.name),
			CreditHoldError,
			title=_("Not decided"),
		)


def why_refused(doc) -> list[str]:
	"""Return why a delivery or invoice could not be submitted now because an order waits or the customer is stopped.

	Reads only. What no order covers is not looked at here: that is the gate's decision (`checking.preview`).
	"""
	if doc.docstatus:
		return []
	if doc.doctype in (PICK_LIST, PURCHASE_ORDER):
		unpaid = _unpaid_milestones(doc, _orders_behind(doc))
		return [_before_paid(doc, row) for row in unpaid] + [
			why for standing, names in _customers_behind(doc) for why in _refusals(standing, doc, names)
		]
	if doc.doctype not in (subjects.DELIVERY, subjects.INVOICE):
		return []
	ships = doc.doctype == subjects.DELIVERY or doc.update_stock
	unpaid = _unpaid_milestones(doc, subjects.covering_orders(doc)) if ships else []
	standing = checking.standing_of(doc)
	refused = standing and standing.policy.is_enforced
	return [_before_paid(doc, row) for row in unpaid] + (
		_refusals(standing, doc, _orders_of(doc)) if refused else []
	)


def _refusals(standing: Standing, doc, names: tuple[str, ...]) -> list[str]:
	reasons, released = [], []
	for name in names:
		status, hold = _credit_of(name)
		if parking.is_waiting(status):
			if not milestones.may_bill_while_held(doc, name):
				reasons.append(_order_held(doc, name, status, hold))
		elif status == parking.RELEASED:
			order = frappe.get_doc("Sales Order", name)
			if not orders.why_release_ended(order):
				released.append(_release_of(hold))
			elif _would_park(order):
				reasons.append(_release_ended(doc, name))
	if doc.doctype != subjects.INVOICE or doc.update_stock:
		stopped = _why_stopped(standing, doc, released, names)
		reasons += [stopped] if stopped else []
	return reasons


def _would_park(order) -> bool:
	"""Whether `orders.expire` would park a released order: what its release approved beyond the limit ends with it."""
	standing = checking.standing_of(order)
	if not standing:
		return False
	case = cases.load(standing, subjects.of(order), None).case
	hold = frappe.db.get_value(
		"Credit Hold", order.b2b_credit_hold, ["status", "approved_excess", "excess_active"], as_dict=True
	)
	if hold and hold.status == holds.RELEASED and hold.excess_active:
		left = case.account.approved_excess - money(hold.approved_excess)
		case = replace(case, account=replace(case.account, approved_excess=left))
	return not engine_gate.decide(case).is_clear


def draft_deleted(doc) -> None:
	"""End the hold of a refused draft that is thrown away."""
	_end_hold(doc, holds.CANCELLED)


def _end_hold(doc, status: str) -> None:
	hold = holds.open_for(doc.doctype, doc.name)
	if hold:
		holds.close(hold, status)


def check_picking(pick_list) -> None:
	"""Refuse a pick list for delivery against held orders or for stopped customers."""
	_check_goods(pick_list)


def check_drop_shipping(purchase_order) -> None:
	"""Refuse to have a supplier deliver to the customer of a held order, or to a stopped one."""
	_check_goods(purchase_order)


def _check_goods(doc) -> None:
	_refuse_before_paid(doc, _orders_behind(doc))
	for standing, names in _customers_behind(doc):
		released = _refuse_held_orders(names, doc)
		_refuse_stopped(standing, doc, released, names)


def _customers_behind(doc) -> list[tuple[Standing, tuple[str, ...]]]:
	"""Return whose goods a pick list or a drop-shipping purchase order moves, each with the orders that it moves of."""
	names = _orders_behind(doc)
	found = frappe.get_all(
		"Sales Order", filters={"name": ["in", names or [""]]}, fields=["name", "customer", "company"]
	)
	behind = []
	for customer, company in sorted({(row.customer, row.company) for row in found}):
		standing = checking.standing_of(frappe._dict(doctype=doc.doctype, customer=customer, company=company))
		if standing and standing.policy.is_enforced:
			orders_of = (row.name for row in found if (row.customer, row.company) == (customer, company))
			behind.append((standing, tuple(orders_of)))
	return behind


def _orders_behind(doc) -> list[str]:
	return sorted({row.sales_order for row in _rows_of_orders(doc)})


def _rows_of_orders(doc) -> list:
	"""Return the rows of a pick list or purchase order whose goods go to the customer of a sales order."""
	if doc.doctype == PICK_LIST:
		return [row for row in doc.locations if row.get("sales_order")] if doc.purpose == "Delivery" else []
	return [row for row in doc.items if row.get("sales_order") and row.get("delivered_by_supplier")]


def check_reservation(entry) -> None:
	"""Refuse to reserve stock for a parked order, unless it only waits for papers and the days are not over."""
	if entry.voucher_type != "Sales Order":
		return
	refused = _why_not_reserve(entry.voucher_no)
	if refused:
		frappe.throw(refused.sentence, CreditHoldError, title=refused.title)


@dataclass(frozen=True, slots=True)
class _NotReserved:
	"""Why no stock may be reserved for an order: what people read of it."""

	sentence: str
	title: str


def _why_not_reserve(order: str) -> _NotReserved | None:
	"""Return why no stock may be reserved for an order now, None where it may."""
	if not parking.may_reserve(order):
		return _NotReserved(
			_("Stock cannot be reserved for order {0}: it is on hold for credit.").format(order),
			_("On hold for credit"),
		)
	customer, company = frappe.db.get_value("Sales Order", order, ["customer", "company"])
	if _is_listed(order, customer, company):
		return _NotReserved(
			_("Stock cannot be reserved for order {0}: compliance is looking at customer {1}.").format(
				order, customer
			),
			_("Deliveries stopped"),
		)
	if stops.keep_goods_of(customer, company):
		return _NotReserved(
			_("Stock cannot be reserved for order {0}: deliveries to {1} are stopped.").format(
				order, customer
			),
			_("Deliveries stopped"),
		)
	return None


def _is_listed(order: str, customer: str, company: str) -> bool:
	"""Whether compliance looks at the customer of an order, and has not released it."""
	if not screening.standing_since(customer):
		return False
	policy = checking.policies.active(company)
	if not policy or not policy.is_enforced:
		return False
	status, hold = _credit_of(order)
	released = [_release_of(hold)] if status == parking.RELEASED else []
	return not _is_released_by_compliance(customer, (order,), released)


def items_updated(order) -> None:
	"""Let the items of an order be updated while nothing may be reserved for it: ERPNext cancels what is reserved and reserves
	it anew, which would be refused and fail the update. So it is given back."""
	if not order.flags.ignore_validate_update_after_submit or not parking.has_reserved_stock(order.name):
		return
	refused = _why_not_reserve(order.name)
	if refused:
		parking.end_reservation(order.name)
		_say_not_reserved(refused)


def receive_for_orders(receipt) -> None:
	"""Let goods in that were bought for orders for which nothing may be reserved: ERPNext may reserve them on receipt, which
	would be refused and fail it. Until `received_for_orders` such rows do not ask for it.
	"""
	settings = ("enable_stock_reservation", "auto_reserve_stock_for_sales_order_on_purchase")
	if receipt.is_return or not all(frappe.db.get_single_value("Stock Settings", name) for name in settings):
		return
	rows = [row for row in receipt.items if row.get("sales_order") and row.get("sales_order_item")]
	reasons = {order: _why_not_reserve(order) for order in sorted({row.sales_order for row in rows})}
	wanting = frappe.get_all(
		"Sales Order Item",
		filters={
			"name": ["in", [row.sales_order_item for row in rows if reasons[row.sales_order]] or [""]],
			"reserve_stock": 1,
		},
		pluck="name",
	)
	_ask_for_stock(wanting, 0)
	receipt.flags.b2b_not_reserved = wanting
	for refused in filter(None, reasons.values()):
		_say_not_reserved(refused)


def received_for_orders(receipt) -> None:
	"""Have the rows of orders ask for stock again, now that the goods are in."""
	_ask_for_stock(receipt.flags.b2b_not_reserved or [], 1)


def _ask_for_stock(rows: list[str], wanted: int) -> None:
	if rows:
		filters = {"name": ["in", rows]}
		frappe.db.set_value("Sales Order Item", filters, "reserve_stock", wanted, update_modified=False)


def _say_not_reserved(refused: _NotReserved) -> None:
	"""Say that something went through and only no stock is kept."""
	frappe.msgprint(
		f"{refused.sentence} {_('Reserve it when the order goes on.')}",
		title=refused.title,
		indicator="orange",
	)


def _orders_of(doc) -> tuple[str, ...]:
	"""Return the orders that must not wait when a delivery or invoice is submitted."""
	if doc.doctype == subjects.INVOICE:
		return tuple(sorted({row.sales_order for row in doc.items if _bills_ahead(doc, row)}))
	return subjects.covering_orders(doc)


def _bills_ahead(invoice, row) -> bool:
	"""Whether an invoice row bills goods of an order before they are delivered (or delivers them itself)."""
	if not row.get("sales_order") or row.get("delivery_note"):
		return False
	if invoice.update_stock:
		return True
	delivered, billed, rate = frappe.db.get_value(
		"Sales Order Item", row.so_detail, ["delivered_qty", "billed_amt", "rate"]
	) or (0, 0, 0)
	deliverable = flt(delivered) * flt(rate) - flt(billed)
	return flt(row.amount) > deliverable + 0.005


def _refuse_held_orders(names: tuple[str, ...], doc) -> list[frappe._dict]:
	"""Refuse a document when one of its orders is parked; returns those that go by a valid release.

	A release that has ended is decided again here; when the order is parked again, that is kept although the document
	is refused and rolled back.
	"""
	released = []
	for name in names:
		status, hold = _credit_of(name)
		if parking.is_waiting(status) and not milestones.may_bill_while_held(doc, name):
			after_refusal(lambda name=name, hold=hold: _keep_held(doc, name, hold))
			_refuse(doc, _order_held(doc, name, status, hold))
		if status != parking.RELEASED:
			continue
		order = parking.locked_order(name)
		why = orders.why_release_ended(order)
		if why and orders.expire(order).is_parked:
			after_refusal(lambda name=name: _park_again(name))
			_refuse(doc, _release_ended(doc, name))
		if not why:
			released.append(_release_of(hold))
	return released


def _credit_of(order: str) -> tuple[str | None, str | None]:
	return frappe.db.get_value("Sales Order", order, parking.CREDIT_FIELDS) or (None, None)


def _release_of(hold: str) -> frappe._dict:
	return frappe.db.get_value("Credit Hold", hold, ["name", "released_on", "released_as"], as_dict=True)


def _order_held(doc, order: str, status: str, hold: str) -> str:
	return _(
		"{0} cannot be submitted: order {1} is on hold for credit ({2}). Its credit hold is {3}."
	).format(doc.name, order, _(status, context="Sales Order"), hold)


def _release_ended(doc, order: str) -> str:
	return _("{0} cannot be submitted: the release of order {1} has ended, and it is on hold again.").format(
		doc.name, order
	)


def _park_again(name: str) -> None:
	orders.expire(parking.locked_order(name))


def _refuse_before_paid(doc, orders_of: Iterable[str]) -> None:
	"""Refuse goods of orders of which a milestone has to be paid first, whoever the customer is (requirements §2.6).

	It is what the customer has agreed to, so no profile is needed for it; a policy that only observes refuses nothing.
	"""
	unpaid = _unpaid_milestones(doc, orders_of)
	if not unpaid:
		return
	after_refusal(lambda: _keep_unpaid(doc, unpaid))
	_refuse(doc, "<br>".join(_before_paid(doc, row) for row in unpaid))


def _unpaid_milestones(doc, orders_of: Iterable[str]) -> list[frappe._dict]:
	unpaid = [] if subjects.is_exempt(doc) else milestone_facts.unpaid_before_delivery(orders_of)
	policy = checking.policies.active(doc.company) if unpaid else None
	return unpaid if policy and policy.is_enforced else []


def _before_paid(doc, row: frappe._dict) -> str:
	return _(
		"{0} cannot be submitted: milestone {1} of order {2}, {3}, must be paid before goods leave. {4} of it is paid; see {5}."
	).format(
		doc.name,
		row.title,
		row.sales_order,
		wording.money_text(money(row.amount), row.currency),
		wording.money_text(money(row.paid_amount), row.currency),
		row.plan,
	)


def _keep_unpaid(doc, unpaid: list[frappe._dict]) -> None:
	"""Write down that goods were refused because milestones are not paid, once for each customer behind them."""
	policy = checking.policies.active(doc.company)
	if not policy or not policy.is_enforced:
		return
	by_customer: dict[str, list[frappe._dict]] = {}
	for row in unpaid:
		customer = frappe.db.get_value("Sales Order", row.sales_order, "customer")
		by_customer.setdefault(customer, []).append(row)
	for customer, rows in sorted(by_customer.items()):
		standing = cases.standing_of(policy, customer, doc.company)
		findings = [
			engine_milestones.unpaid_finding(
				money(row.amount), money(row.paid_amount), row.title, facts.DELIVERY_STOP
			)
			for row in rows
		]
		_log_refusal(standing, gates.lock(*standing.gate_key), doc, findings)


def _refuse_stopped(standing: Standing, doc, released: list, names: tuple[str, ...] = ()) -> None:
	why = _why_stopped(standing, doc, released, names)
	if why:
		after_refusal(lambda: _keep_stop(standing.member, doc))
		_refuse(doc, why)


def _keep_stop(member: tuple[str, str], doc) -> None:
	"""Write down that goods of a stopped customer were refused, and bring the stop itself up to date."""
	policy = checking.policies.active(member[1])
	if not policy or not policy.is_enforced:
		return
	standing = cases.standing_of(policy, *member, doc.get("shipping_address_name"))
	gate = gates.lock(*standing.gate_key)
	case = cases.load(standing, cases.subject_of_customer(*member), gate).case
	if standing.profile:
		stops.sync_all(standing, case, gate)
	with_goods = _with_goods_of(doc, case)
	screened = rules.sanctions(case)
	findings = [f for found in stops.looked_at(with_goods).values() for f in found]
	findings += [screened] if screened else []
	_log_refusal(standing, gate, doc, findings)
	if not screened and not (standing.profile and stops.keeping_goods(standing.profile.name)):
		# No stop that has told of itself: these goods alone go too far.
		notices.goods_beyond_limit(*standing.member)


def _keep_held(doc, name: str, hold: str) -> None:
	"""Write down that goods or a bill of an order were refused because it waits, and what it waits for now."""
	order = frappe.get_doc("Sales Order", name)
	standing = checking.standing_of(order)
	if not standing or not standing.policy.is_enforced:
		return
	gate = gates.lock(*standing.gate_key)
	case = cases.load(standing, subjects.of(order), gate, hold).case
	_log_refusal(standing, gate, doc, list(engine_gate.decide(case).fired), engine_gate.HELD, hold)


def _log_refusal(
	standing: Standing,
	gate: gates.Gate,
	doc,
	findings: list[rules.Finding],
	outcome: str = engine_gate.STOPPED,
	hold: str = "",
) -> None:
	"""Append to the log that goods were refused, behind the gate that this transaction holds."""
	log.append(
		gate,
		log.Entry(
			kind=log.REFUSE,
			outcome=outcome,
			credit_hold=hold,
			customer=standing.member[0],
			company=standing.member[1],
			policy=standing.policy,
			reference_doctype=doc.doctype,
			reference_name=doc.name,
			amount=_value_of(doc),
			payload={"rules": [log.rule_payload(f) for f in findings], "on": getdate().isoformat()},
		),
	)
	gate.save()


def _why_stopped(standing: Standing, doc, released: list, names: tuple[str, ...] = ()) -> str | None:
	"""Return why a document of a stopped customer is refused; None for one that is not stopped, and when every order
	in it was released after the stop or is prepaid.
	"""
	if standing.listing.compliance_stop:
		if not _is_released_by_compliance(
			standing.member[0], names or subjects.covering_orders(doc), released
		):
			return screened_sentence(doc.name, standing.member[0])
	subject = cases.subject_of_customer(*standing.member)
	case = _with_goods_of(doc, cases.load(standing, subject, None).case)
	all_covered = _is_all_covered(doc)
	findings = [
		f
		for found in stops.looked_at(case).values()
		for f in found
		# What no order covers is weighed against the limit by the gate, which leaves a hold that can be released.
		if all_covered or f.rule != delivery.LIMIT
	]
	forced = case.account.forced_hold == facts.STOP
	if not findings and not forced:
		return None
	kept = stops.keeping_goods(standing.profile.name) if standing.profile else []
	covered = names or subjects.covering_orders(doc)
	if covered and all(_passes_stop(name, kept, released) for name in covered) and all_covered:
		return None
	if not covered and _is_paid_in_full(doc):
		return None
	if not kept and not forced:
		return _(
			"{0} cannot be submitted: with these goods {1} would owe more than its credit allows."
		).format(doc.name, standing.member[0])
	return stopped_sentence(doc.name, standing.member[0], forced)


def stopped_sentence(name: str, customer: str, by_hand: bool) -> str:
	"""Return that a document cannot be submitted as its customer is stopped; the reason is not for everybody's eyes."""
	return _("{0} cannot be submitted: deliveries to {1} are stopped. {2}").format(
		name,
		customer,
		_("The customer was stopped by hand.")
		if by_hand
		else _("See the customer's credit profile for the reason."),
	)


def screened_sentence(name: str, customer: str) -> str:
	"""Return that a document cannot be submitted as a match with a sanctions list stands: whoever ships reads no more."""
	return _("{0} cannot be submitted: compliance is looking at customer {1}.").format(name, customer)


def _is_released_by_compliance(customer: str, orders_of: tuple[str, ...], released: list) -> bool:
	"""Whether a Compliance Officer has released every order behind some goods since the newest match stands."""
	since = screening.standing_since(customer)
	if not orders_of or since is None:
		return False
	by_compliance = {
		row.name for row in released if row.released_as == approval.COMPLIANCE and row.released_on >= since
	}
	holds_of = frappe.get_all("Sales Order", {"name": ["in", orders_of]}, pluck="b2b_credit_hold")
	return all(hold in by_compliance for hold in holds_of)


def _with_goods_of(doc, case: facts.Case) -> facts.Case:
	"""Return the case as it will be once the goods have left: a stop is measured with this delivery (§2.3)."""
	position = case.position
	value = _value_of(doc)
	of_orders = _value_by_order(doc, value)
	if of_orders and doc.doctype != subjects.INVOICE:
		# What is invoiced ahead of its delivery is in the balance, or paid: with the goods it would count twice.
		ahead = subjects.billed_ahead(filter(None, of_orders))
		of_orders = {name: max(ZERO, v - ahead.get(name, ZERO)) for name, v in of_orders.items()}
		value = sum(of_orders.values(), ZERO)
	shipped = position.delivered_not_billed + value
	return replace(
		case,
		position=replace(position, delivered_not_billed=shipped),
		parts=tuple(
			replace(part, balance=part.balance + of_orders.get(part.name, ZERO)) for part in case.parts
		),
	)


def _value_by_order(doc, value: Decimal) -> dict[str, Decimal]:
	"""Return how the value of a document's goods goes by the orders that it fulfils: a security may cover one of them."""
	fieldname = subjects.ORDER_FIELDS.get(doc.doctype, "sales_order")
	rows = doc.get("items") or doc.get("locations") or []
	net: dict[str, Decimal] = defaultdict(Decimal)
	for row in rows:
		net[row.get(fieldname) or ""] += money(row.get("base_net_amount") or row.get("qty"))
	whole = sum(net.values(), ZERO)
	return {order: value * amount / whole for order, amount in net.items()} if whole else {}


def _value_of(doc) -> Decimal:
	"""Return what the customer will owe for the goods of a document, gross in company currency."""
	if doc.doctype in subjects.CHECKED_DOCTYPES:
		return subjects.whole_amount(doc)
	rows = {row.sales_order_item: row for row in _rows_of_orders(doc)}
	return subjects.value_of_order_rows({name: money(row.qty) for name, row in rows.items() if name})


def _passes_stop(order: str, kept: list, released: list) -> bool:
	"""Whether an order passes the stops of its customer (`kept`): paid for, unless a person stopped it, or released since."""
	values = frappe.db.get_value(
		"Sales Order",
		order,
		[
			*("advance_paid", "rounded_total", "grand_total", "b2b_credit_hold"),
			*("per_billed", "conversion_rate", "company"),
		],
		as_dict=True,
	)
	paid = money(values.advance_paid)
	if values.per_billed:
		paid += milestone_facts.paid_on(order, values.company) / money(values.conversion_rate or 1)
	if paid >= money(values.rounded_total or values.grand_total):
		return not any(row.rule == rules.FORCED_HOLD for hold in kept for row in hold.reasons)
	release = next((r for r in released if r.name == values.b2b_credit_hold), None)
	return bool(release) and all(release.released_on >= hold.creation for hold in kept)


def _is_all_covered(doc) -> bool:
	return doc.doctype not in subjects.CHECKED_DOCTYPES or subjects.of(doc).amount <= 0


def _is_paid_in_full(doc) -> bool:
	return doc.doctype in subjects.CHECKED_DOCTYPES and subjects.of(doc).prepaid >= subjects.whole_amount(doc)


def _check_uncovered(doc, standing: Standing) -> None:
	"""Decide about the part of a delivery or invoice that no order stands for, as about an order of its own."""
	subject = subjects.of(doc)
	if subject.amount <= 0 or _is_released_draft(doc, subject):
		return
	gate = gates.lock(*standing.gate_key)
	loaded = cases.load(standing, subject, gate)
	decision = engine_gate.decide(loaded.case)
	if not standing.policy.is_enforced:
		checking.log_decision(standing, subject, gate, loaded, decision, log.OBSERVE, None)
	elif decision.is_clear:
		if standing.decides_credit:
			native_limit.take_over(subject.customer, subject.company)
		_end_hold(doc, holds.CLEARED)
		gate.remember(
			subject.doctype,
			subject.name,
			subject.customer,
			subject.company,
			subject.amount,
			frappe.utils.now_datetime(),
		)
		checking.log_decision(standing, subject, gate, loaded, decision, log.SUBMIT, None)
	else:
		after_refusal(lambda: _keep_refusal(subject, decision))
		reasons = "".join(f"<li>{text}</li>" for text in holds.reasons_of(decision, subject.company))
		_refuse(
			doc,
			_why_uncovered(decision).format(doc.name)
			+ f"<ul>{reasons}</ul>"
			+ _("A credit hold is opened on the draft; once it is released, submit the draft again."),
		)
	gate.save()


def _why_uncovered(decision: engine_gate.Decision) -> str:
	if {finding.rule for finding in decision.fired} == {rules.CONTRACT}:
		return _("{0} does not follow a contract with the customer, and no order covers it:")
	return _("{0} goes beyond the customer's credit, and no order covers it:")


def _is_released_draft(doc, subject) -> bool:
	"""Whether a refused draft was released since, for at least what it asks now."""
	hold = frappe.db.get_value(
		"Credit Hold",
		{"reference_doctype": doc.doctype, "reference_name": doc.name, "status": holds.RELEASED},
		["order_amount", "valid_until", "contract_signature"],
		as_dict=True,
		order_by="creation desc",
	)
	if not hold or orders.departs_anew(subject, hold.contract_signature):
		return False
	return flt(subject.whole_amount) <= flt(hold.order_amount) and getdate(hold.valid_until) >= getdate()


def _keep_refusal(subject, decision) -> None:
	"""Write the refusal down: a hold on the draft when there is a draft, and the decision in any case."""
	policy = checking.policies.active(subject.company)
	if not policy or not policy.is_enforced:
		return
	standing = cases.standing_of(policy, subject.customer, subject.company)
	gate = gates.lock(*standing.gate_key)
	hold = None
	if frappe.db.exists(subject.doctype, subject.name):
		current = holds.open_for(subject.doctype, subject.name)
		hold = holds.open_hold(subject, standing, decision, current.name if current else None)
		frappe.db.set_value(
			subject.doctype, subject.name, "b2b_credit_hold", hold.name, update_modified=False
		)
		if not current:
			notices.held_draft(hold)
	else:
		# A subscription makes and submits its invoice in one go: rolled back, it leaves no draft to hold.
		notices.refused_without_draft(subject, decision)
	loaded = cases.load(standing, subject, gate)
	checking.log_decision(standing, subject, gate, loaded, decision, log.REFUSE, hold.name if hold else None)
	gate.save()


def _refuse(doc, message: str) -> None:
	frappe.throw(message, CreditHoldError, title=_("On hold for credit"))


def after_refusal(write: Callable[[], None]) -> None:
	"""Run `write` in a transaction of its own once the refused document is rolled back.

	A rollback to a savepoint runs no callback, but the transaction around it commits: so it is registered for both,
	and whichever comes first runs it. The one place in the app that commits outside a job.
	"""
	done = []

	def run():
		if done:
			return
		done.append(True)
		try:
			write()
			frappe.db.commit()  # nosemgrep: the refused document is rolled back; this is a transaction of its own
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title="A refused delivery could not be logged")

	frappe.db.after_rollback.add(run)
	frappe.db.after_commit.add(run)
