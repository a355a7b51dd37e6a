"""What the desk and other software may call about orders that are paid by milestones. Every method checks permission first
and is typed.

Amounts are gross, in the order's currency. Errors are Frappe's: `PermissionError` without the right or the mandate,
`MilestoneError` (with a sentence that says what to do) for everything else.
"""

from datetime import date

import frappe

from b2b_contracts.credit import milestone_facts, milestone_invoicing, milestones

PLAN = milestone_facts.PLAN


@frappe.whitelist()
def milestone_plan_of(sales_order: str) -> dict | None:
	"""Return how the milestones of an order stand: `{plan, is_draft, currency, total, invoiced, paid, next: {title, amount,
	status} | None}`; None without a plan."""
	frappe.has_permission("Sales Order", "read", sales_order, throw=True)
	found = milestones.shown(sales_order)
	if found:
		frappe.has_permission(PLAN, "read", found["plan"], throw=True)
	return found


@frappe.whitelist()
def make_milestone_plan(
	source_name: str, target_doc: str | dict | None = None, template: str | None = None
) -> dict:
	"""Return a milestone plan of a submitted Sales Order that is not saved yet, for a form: by a Milestone Template, or by the
	order's own instalments, or by the default template."""
	frappe.has_permission(PLAN, "create", throw=True)
	frappe.has_permission("Sales Order", "read", source_name, throw=True)
	plan = milestones.new(source_name, template)
	plan.check_permission("create")
	return plan.as_dict()


@frappe.whitelist(methods=["POST"])
def accept_milestone(
	plan: str, milestone: str, accepted_on: str | date, accepted_by: str, evidence: str | None = None
) -> dict:
	"""Note that the customer has accepted a milestone (its row's name): the day, who it was, and the address of an uploaded
	file. Again until it is invoiced, to correct it. Returns `{name, status}` of the plan."""
	frappe.has_permission(PLAN, "write", plan, throw=True)
	return _answer(milestones.accept(plan, milestone, accepted_on, accepted_by, evidence))


@frappe.whitelist(methods=["POST"])
def waive_milestone(plan: str, milestone: str, reason: str) -> dict:
	"""Let goods leave before a milestone is paid, as a Credit Manager or higher. Returns `{name, status}` of the plan."""
	frappe.has_permission(PLAN, "read", plan, throw=True)
	return _answer(milestones.waive(plan, milestone, reason))


@frappe.whitelist()
def make_milestone_invoice(
	source_name: str, target_doc: str | dict | None = None, milestone: str | None = None
) -> dict:
	"""Return the Sales Invoice of a milestone (its row's name) that is not saved yet, for a form."""
	frappe.has_permission(PLAN, "read", source_name, throw=True)
	frappe.has_permission("Sales Invoice", "create", throw=True)
	# A form hands its own arguments over in the flags.
	milestone = milestone or (frappe.flags.args or {}).get("milestone")
	return milestone_invoicing.make(source_name, milestone).as_dict()


def _answer(plan) -> dict:
	return {"name": plan.name, "status": plan.status}
