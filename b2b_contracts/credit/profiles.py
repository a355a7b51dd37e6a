"""What follows from a change of a profile, a group or a security: ERPNext's check steps aside, orders are looked at."""

import frappe
from frappe import _

from . import clearing, holds, native_limit, policies, stops


def changed(customer: str, company: str) -> None:
	"""Follow a saved Credit Profile: a new limit may free parked orders, a fallen rating may stop the customer."""
	policy = policies.active(company)
	if policy is None or not policy.is_on:
		return
	if policy.is_enforced:
		native_limit.take_over(customer, company)
	clearing.look_again(customer, company)


def security_changed(customer: str, company: str) -> None:
	"""Follow a submitted, changed or cancelled Security Instrument."""
	clearing.cause_may_be_gone(customer, company)


def group_changed(members: list[tuple[str, str]]) -> None:
	"""Follow a saved Credit Group: looking again at one member looks at the whole group."""
	for customer, company in members[:1]:
		clearing.cause_may_be_gone(customer, company)


def merge(old: str, new: str) -> None:
	"""Prepare two customers for their merge: where both have a profile in a company, that of `new` stays.

	A hold or stop of the one that goes moves to the one that stays, so that a merge frees nobody. The gate that goes
	with it stays as a row: its chain of decisions ends there and can still be verified.
	"""
	profile = frappe.qb.DocType("Credit Profile")
	other = frappe.qb.DocType("Credit Profile").as_("other")
	pairs = (
		frappe.qb.from_(profile)
		.join(other)
		.on(other.company == profile.company)
		.select(profile.name, other.name)
		.where((profile.customer == old) & (other.customer == new))
		.run()
	)
	for going, staying in pairs:
		_move_holds(going, staying)
		frappe.db.delete("Credit Profile Change", {"parent": going})
		frappe.db.delete("Credit Profile", {"name": going})
		frappe.db.delete("Credit Group Member", {"customer": old})
		frappe.msgprint(
			_("Credit profile {0} of {1} goes; {2} of {3} stays and decides for both.").format(
				going, old, staying, new
			)
		)


def _move_holds(going: str, staying: str) -> None:
	filters = {"reference_doctype": holds.PROFILE_DOCTYPE, "reference_name": going, "status": holds.OPEN}
	for name in frappe.get_all("Credit Hold", filters=filters, pluck="name"):
		frappe.db.set_value("Credit Hold", name, "reference_name", staying, update_modified=False)
	forced = ["forced_hold", "forced_hold_action", "forced_hold_reason"]
	values = frappe.db.get_value(holds.PROFILE_DOCTYPE, going, forced, as_dict=True)
	if values.forced_hold and not frappe.db.get_value(holds.PROFILE_DOCTYPE, staying, "forced_hold"):
		frappe.db.set_value(holds.PROFILE_DOCTYPE, staying, values, update_modified=False)
	stops.refresh_status(staying)
