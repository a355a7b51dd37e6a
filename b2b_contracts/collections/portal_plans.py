"""Payment plans as customers see them: those that were agreed, and those that they have asked for themselves.

Reads only. Whose they are was checked by whoever calls.
"""

from collections.abc import Mapping

import frappe
from frappe import _
from frappe.utils import formatdate

from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import plans as plan_rules

from . import plan_facts
from .portal_access import Account

FIELDS = ("name", "creation", "total_amount", "currency", "status", "turned_down", "docstatus")


def of_account(account: Account) -> list[dict]:
	"""Return the plans that were agreed, and those that the customer itself has asked for; no draft of ours."""
	of_account = {"customer": account.customer, "company": account.company}
	drafts = frappe.get_all(
		plan_facts.PLAN,
		filters={**of_account, "docstatus": 0, "asked_for_by": ["is", "set"]},
		fields=list(FIELDS),
		order_by="creation desc",
		limit=5,
	)
	agreed = frappe.get_all(
		plan_facts.PLAN,
		filters={**of_account, "docstatus": 1},
		fields=list(FIELDS),
		order_by="creation desc",
		limit=10,
	)
	currencies = {row.name: row.currency for row in (*drafts, *agreed)}
	about = invoices_of("Payment Plan Invoice", list(currencies))
	instalments = _by_plan(currencies)
	return [
		{
			"what": _("Payment plan"),
			"name": row.name,
			"day": formatdate(row.creation),
			"about": about.get(row.name, ""),
			"amount": wording.money_text(money(row.total_amount), row.currency),
			"state": state(row),
			"instalments": instalments.get(row.name, []),
		}
		for row in (*drafts, *agreed)
	]


def state(row) -> str:
	if row.docstatus == 0:
		return _("Turned down: {0}").format(row.turned_down) if row.turned_down else _("We have received it")
	return {
		plan_facts.APPROVED: _("Agreed; it begins with the first instalment"),
		plan_facts.ACTIVE: _("Agreed"),
		plan_facts.COMPLETED: _("All instalments are paid."),
		plan_facts.BROKEN: _("An instalment was missed: all that is left is due at once."),
	}.get(row.status, "")


def _by_plan(currencies: Mapping[str, str]) -> dict[str, list[dict]]:
	"""Return the instalments of plans in words; `currencies` are theirs, by name."""
	found: dict[str, list[dict]] = {}
	for row in frappe.get_all(
		"Payment Plan Instalment",
		filters={"parent": ["in", list(currencies) or [""]], "parenttype": plan_facts.PLAN},
		fields=["parent", "due_date", "amount", "status"],
		order_by="parent, idx",
	):
		found.setdefault(row.parent, []).append(
			{
				"due": formatdate(row.due_date),
				"amount": wording.money_text(money(row.amount), currencies[row.parent]),
				"state": ""
				if row.status == plan_rules.PENDING
				else _(row.status, context="Payment Plan Instalment"),
			}
		)
	return found


def asked_by(link_key: str) -> dict | None:
	"""Return what has become of the plan that was asked for by a link, None where nobody has: `{name, day, amount, state,
	instalments: [{due, amount, state}]}`."""
	row = frappe.db.get_value(plan_facts.PLAN, {"link_key": link_key}, FIELDS, as_dict=True)
	if not row:
		return None
	return {
		"name": row.name,
		"day": formatdate(row.creation),
		"amount": wording.money_text(money(row.total_amount), row.currency),
		"state": _("Cancelled: what is left of it is due at once.") if row.docstatus == 2 else state(row),
		"instalments": _by_plan({row.name: row.currency})[row.name],
	}


def invoices_of(doctype: str, parents: list[str]) -> dict[str, str]:
	"""Return which invoices stand in the tables of documents, in words."""
	found: dict[str, list[str]] = {}
	for row in frappe.get_all(
		doctype,
		filters={"parent": ["in", parents or [""]]},
		fields=["parent", "sales_invoice"],
		order_by="parent, idx",
	):
		found.setdefault(row.parent, []).append(row.sales_invoice)
	return {parent: ", ".join(names) for parent, names in found.items()}


# ------------------------------------------------------------------ a plan to come
def instalments(plan) -> dict:
	"""Return what a plan that is asked for would be: `{total, total_text, invoices, instalments: [{due, amount}]}`."""
	return {
		"total": f"{number(money(plan.total_amount)):.2f}",
		"total_text": wording.money_text(money(plan.total_amount), plan.currency),
		"invoices": [row.sales_invoice for row in plan.invoices],
		"instalments": [
			{
				"due": formatdate(row.due_date),
				"amount": wording.money_text(money(row.amount), plan.currency),
			}
			for row in plan.instalments
		],
	}
