"""Switching a policy on and off: ERPNext's own check steps aside or comes back, and open orders are told of."""

import frappe
from frappe import _
from frappe.utils import cint

from b2b_contracts.engine import facts

from . import checking, clearing, log, native_limit, notices, parking
from .position_facts import FINISHED_ORDERS


def on_policy_change(policy, before) -> None:
	"""Follow a saved Credit Policy. `before` is the document as it was, None for a new one."""
	was_enforced = bool(before and before.is_active and before.mode == facts.ENFORCE)
	is_enforced = bool(policy.is_active and policy.mode == facts.ENFORCE)
	if is_enforced and not was_enforced:
		native_limit.take_over_many(_members(policy.company))
		count = len(unchecked_orders(policy.company))
		if count:
			frappe.msgprint(
				_(
					"{0} open orders were entered before this policy and go on as they are. “Open orders” on the policy shows which of them it would hold, and parks them if you ask it to."
				).format(count),
				title=_("Credit policy enforced"),
				indicator="blue",
			)
	elif was_enforced and not is_enforced:
		native_limit.restore_company(policy.company)
	if before is not None or is_enforced:
		clearing.policy_changed(policy.company)


def _members(company: str) -> list[tuple[str, str]]:
	return [
		(c, company) for c in frappe.get_all("Credit Profile", filters={"company": company}, pluck="customer")
	]


def unchecked_orders(company: str) -> list[str]:
	"""Return the open orders of a company that nobody has decided about, the oldest promise first."""
	order = frappe.qb.DocType("Sales Order")
	return list(
		frappe.qb.from_(order)
		.select(order.name)
		.where((order.company == company) & (order.docstatus == 1))
		.where(order.status.notin(FINISHED_ORDERS))
		.where(order.b2b_credit_status.isnull() | (order.b2b_credit_status == facts.NOT_CHECKED))
		.orderby(order.delivery_date, order.name)
		.run(pluck=True)
	)


def evaluate_open_orders(company: str) -> list[dict]:
	"""Return what the policy would say of each unchecked open order, without lock, log or effect."""
	result = []
	for name in unchecked_orders(company):
		order = frappe.get_doc("Sales Order", name)
		seen = checking.preview(order)
		if seen is None:
			continue
		_standing, _loaded, decision = seen
		result.append(
			{
				"order": name,
				"customer": order.customer,
				"amount": float(order.base_grand_total),
				"outcome": decision.outcome,
				"rules": [f.rule for f in decision.fired],
			}
		)
	return result


def park_open_orders(company: str) -> int:
	"""Decide about every unchecked open order and park those that fail; returns how many were parked. Runs in a job."""
	parked = 0
	for name in unchecked_orders(company):
		parked += clearing.in_own_transaction(_decide_open_order, name)
	return parked


def _decide_open_order(name: str) -> bool:
	order = parking.locked_order(name)
	if order.docstatus != 1 or order.b2b_credit_status not in (None, "", facts.NOT_CHECKED):
		return False
	verdict = checking.decide(order, log.CHANGE)
	if verdict.outcome == checking.NOT_CHECKED:
		return False
	parking.write_on_submitted(order, verdict)
	if verdict.is_parked:
		notices.held_draft(verdict.hold)
	return verdict.is_parked


def unprofiled_limits(company: str) -> list[dict]:
	"""Return the customers of a company with a native limit and no profile: what bulk creation would make of them."""
	row, customer, profile = (
		frappe.qb.DocType(d) for d in ("Customer Credit Limit", "Customer", "Credit Profile")
	)
	return (
		frappe.qb.from_(row)
		.join(customer)
		.on(customer.name == row.parent)
		.left_join(profile)
		.on((profile.customer == row.parent) & (profile.company == row.company))
		.select(
			customer.name.as_("customer"),
			customer.customer_name,
			row.credit_limit.as_("native_limit"),
			row.bypass_credit_limit_check.as_("bypass"),
		)
		.where((row.company == company) & (row.parenttype == "Customer") & (row.b2b_managed == 0))
		.where(profile.name.isnull() & (customer.disabled == 0))
		.orderby(customer.name)
		.run(as_dict=True)
	)


def create_profiles(company: str, segment: str, customers: list[str]) -> list[str]:
	"""Make profiles for customers, each with its native limit as manual limit; returns the profiles' names.

	A native limit of 0 means "no limit of its own" in ERPNext, so such a customer gets the segment's calculated one.
	"""
	limits = {row.customer: row for row in unprofiled_limits(company)}
	made = []
	for name in customers:
		native = limits.get(name)
		profile = frappe.new_doc("Credit Profile")
		profile.update({"customer": name, "company": company, "segment": segment})
		if native and native.native_limit and not cint(native.bypass):
			profile.manual_limit = native.native_limit
			profile.limit_reason = _("Taken over from the customer's credit limit in ERPNext.")
		profile.insert()
		made.append(profile.name)
	return made
