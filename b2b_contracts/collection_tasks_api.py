"""What the desk and other software may call about calls, letters and other personal contact with customers. Every method
checks permission first and is typed.

Amounts are numbers in the currency of the invoices' receivable account. Errors are Frappe's: `PermissionError` without the
right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _

from b2b_contracts.collections import call_sheets, collection_tasks
from b2b_contracts.permissions import need_customer

TASK = collection_tasks.TASK


@frappe.whitelist()
def call_sheet(customer: str, company: str, invoices: str | list | None = None) -> dict:
	"""Return what whoever calls a customer should have in front of them, about some invoices or all that are open:
	`{customer_name, phones: [{name, phone, email}], items: [{sales_invoice, due_date, days, outstanding, chased, left_out,
	currency}], total: [{currency, amount}], script: [sentence], history: [{on, by, doctype, name, text}]}`."""
	frappe.has_permission(TASK, "read", throw=True)
	need_customer(customer)
	return call_sheets.sheet(customer, company, _list(invoices))


@frappe.whitelist()
def may_log(task: str) -> bool:
	"""Return whether the user may log what came of a task: by role, or because it is theirs."""
	doc = frappe.get_doc(TASK, task)
	doc.check_permission("read")
	return collection_tasks.may_log(doc)


@frappe.whitelist(methods=["POST"])
def log_contact(
	task: str,
	outcome: str,
	spoken_with: str = "",
	note: str = "",
	retry_on: str | None = None,
	values: str | dict | None = None,
) -> dict:
	"""Log a contact. `outcome` is Promise, Dispute, Payment Plan, Says It Is Paid, Refuses, Not Reached, Wrong Number or
	Carried Out. `values` say more of a promise (`amount`, `promised_date`), a dispute (`sales_invoice`, `amount`,
	`root_cause`) or a plan (`number_of_instalments`, `first_instalment_date`), which is made at once.
	Returns `{name, status, due_date, result_doctype, result_name}`."""
	doc = frappe.get_doc(TASK, task)
	doc.check_permission("read")
	if not collection_tasks.may_log(doc):
		frappe.throw(
			_("Task {0} is not yours: {1} works on it.").format(
				task, frappe.utils.get_fullname(doc.assigned_to) if doc.assigned_to else _("nobody")
			),
			frappe.PermissionError,
		)
	values = json.loads(values) if isinstance(values, str) else values
	return _answer(
		collection_tasks.log(
			task, outcome, spoken_with=spoken_with, note=note, retry_on=retry_on, values=values
		)
	)


@frappe.whitelist(methods=["POST"])
def cancel_task(task: str, reason: str) -> dict:
	"""Cancel an open task, with a written reason. Returns the shape of `log_contact`."""
	frappe.has_permission(TASK, "write", task, throw=True)
	return _answer(collection_tasks.cancel(task, reason))


def _answer(task) -> dict:
	last = task.contacts[-1] if task.contacts else frappe._dict()
	return {
		"name": task.name,
		"status": task.status,
		"due_date": str(task.due_date),
		"result_doctype": last.result_doctype,
		"result_name": last.result_name,
	}


def _list(names: str | list | None) -> list[str]:
	return (json.loads(names) if isinstance(names, str) else names) or []
