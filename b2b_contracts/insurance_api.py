"""What the desk and other software may call about insurance policies and the duties to insurers. Every method checks
permission first and is typed.

Amounts are numbers in the currency of the policy or the buyer limit. Errors are Frappe's: `PermissionError` without the
right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe
from frappe.utils import getdate

from b2b_contracts.credit import insurance, insurer_duties
from b2b_contracts.credit.insurance import POLICY
from b2b_contracts.credit.insurer_duties import DUTY
from b2b_contracts.credit.security_facts import INSTRUMENT


@frappe.whitelist()
def buyer_limits(policy: str) -> list[dict]:
	"""Return the buyer limits of a policy with what each covers today. See `credit.insurance.buyer_limits` for the shape."""
	frappe.has_permission(POLICY, "read", policy, throw=True)
	return insurance.buyer_limits(policy)


@frappe.whitelist(methods=["POST"])
def add_buyer_limit(
	policy: str,
	customer: str,
	amount: float,
	limit_basis: str = "Named",
	in_force: bool = True,
	instrument_number: str | None = None,
	valid_from: str | None = None,
	expiry_date: str | None = None,
	document: str | None = None,
) -> str:
	"""Make a buyer limit of a policy, in force or (`in_force` false) requested from the insurer; returns its name. What is not
	given comes from the policy."""
	frappe.has_permission(INSTRUMENT, "create", throw=True)
	frappe.has_permission(POLICY, "read", policy, throw=True)
	frappe.has_permission("Customer", "read", customer, throw=True)
	return insurance.add_buyer_limit(
		policy,
		customer,
		amount,
		limit_basis,
		in_force,
		instrument_number=instrument_number,
		valid_from=valid_from,
		expiry_date=expiry_date,
		document=document,
	).name


@frappe.whitelist(methods=["POST"])
def duty_done(duty: str, note: str | None = None, evidence: str | None = None) -> None:
	"""Note that a duty to the insurer is done: what was done, or a file that shows it."""
	frappe.has_permission(DUTY, "write", duty, throw=True)
	insurer_duties.done(duty, note, evidence)


@frappe.whitelist(methods=["POST"])
def duty_not_needed(duty: str, reason: str) -> None:
	"""Close a duty that the insurer does not ask for."""
	frappe.has_permission(DUTY, "write", duty, throw=True)
	insurer_duties.not_needed(duty, reason)


@frappe.whitelist()
def duty_events(
	doctype: str,
	start: str,
	end: str,
	fields: str | list | None = None,
	filters: str | dict | list | None = None,
	field_map: str | dict | None = None,
) -> list[dict]:
	"""Return the duties of some days for Frappe's calendar, which sends these arguments. See `credit.insurer_duties.calendar`
	for the shape."""
	frappe.has_permission(DUTY, "read", throw=True)
	wanted = frappe.parse_json(filters) or []
	rows = wanted.items() if isinstance(wanted, dict) else ((row[1], row[3]) for row in wanted)
	policy = dict(rows).get("insurance_policy")
	return insurer_duties.calendar(getdate(start), getdate(end), policy)
