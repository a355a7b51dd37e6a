"""Keeps ERPNext's own credit check from deciding a second time, and puts everything back afterwards.

ERPNext can be told to leave a customer alone only through data: a Customer Credit Limit row with bypass and a limit
nobody reaches (0 falls back to the customer group's and the company's limit). The app owns that row; what stood there
before is kept on the row itself and restored when the profile goes, the policy no longer enforces, or the app does.
"""

import hashlib
from collections.abc import Iterable

import frappe
from frappe.utils import now_datetime

from b2b_contracts.compat import has_overdue_billing_threshold

ROW = "Customer Credit Limit"
OUT_OF_REACH = 999_999_999_999


def take_over(customer: str, company: str) -> None:
	"""Let ERPNext's own check pass for a customer, keeping what it was set to. Does nothing the second time."""
	row = frappe.db.get_value(
		ROW,
		{"parent": customer, "parenttype": "Customer", "company": company},
		["name", "credit_limit", "bypass_credit_limit_check", "b2b_managed"],
		as_dict=True,
	)
	if row and row.b2b_managed:
		return
	values = {"credit_limit": OUT_OF_REACH, "bypass_credit_limit_check": 1, "b2b_managed": 1}
	if has_overdue_billing_threshold():
		former = frappe.db.get_value(ROW, row.name, "overdue_billing_threshold") if row else 0
		values.update({"overdue_billing_threshold": 0, "b2b_former_overdue_threshold": former or 0})
	if row:
		values.update(
			{
				"b2b_existed": 1,
				"b2b_former_limit": row.credit_limit,
				"b2b_former_bypass": row.bypass_credit_limit_check,
			}
		)
		frappe.db.set_value(ROW, row.name, values, update_modified=False)
	else:
		_insert(customer, company, values)
	frappe.clear_document_cache("Customer", customer)


def take_over_many(members: Iterable[tuple[str, str]]) -> None:
	"""Take over the rows of many customers."""
	for customer, company in members:
		take_over(customer, company)


def restore(customer: str, company: str) -> None:
	"""Put back what ERPNext's own check was set to for a customer."""
	_restore({"parent": customer, "company": company})


def restore_company(company: str) -> None:
	"""Put back every row of a company: its policy no longer enforces."""
	_restore({"company": company})


def restore_all() -> None:
	"""Put back every row of the site: the app goes."""
	_restore({})


def is_managed(customer: str, company: str) -> bool:
	return bool(frappe.db.exists(ROW, {"parent": customer, "company": company, "b2b_managed": 1}))


def keep_on_form(customer) -> None:
	"""Undo what a Customer form does to rows that the app owns (a stale form drops or overwrites them).

	`customer` is the Customer document being saved.
	"""
	if customer.is_new():
		for row in customer.credit_limits:
			row.update({"b2b_managed": 0, "b2b_existed": 0, "b2b_former_limit": 0, "b2b_former_bypass": 0})
		return
	owned = {
		row.company: row
		for row in frappe.get_all(
			ROW,
			filters={"parent": customer.name, "parenttype": "Customer", "b2b_managed": 1},
			fields=["*"],
		)
	}
	for row in customer.credit_limits:
		stored = owned.pop(row.company, None)
		if stored:
			row.update({field: stored[field] for field in _kept_fields()})
		else:
			row.b2b_managed = 0
	for stored in owned.values():
		customer.append(
			"credit_limits", {"company": stored.company, **{f: stored[f] for f in _kept_fields()}}
		)


def _kept_fields() -> tuple[str, ...]:
	fields = ("credit_limit", "bypass_credit_limit_check", "b2b_managed", "b2b_existed")
	former = ("b2b_former_limit", "b2b_former_bypass")
	overdue = ("overdue_billing_threshold", "b2b_former_overdue_threshold")
	return fields + former + (overdue if has_overdue_billing_threshold() else ())


def _restore(filters: dict) -> None:
	rows = frappe.get_all(
		ROW,
		filters={"parenttype": "Customer", "b2b_managed": 1, **filters},
		fields=["name", "parent", *_kept_fields()],
	)
	for row in rows:
		if row.b2b_existed:
			values = {
				"credit_limit": row.b2b_former_limit,
				"bypass_credit_limit_check": row.b2b_former_bypass,
				"b2b_managed": 0,
				"b2b_existed": 0,
				"b2b_former_limit": 0,
				"b2b_former_bypass": 0,
			}
			if has_overdue_billing_threshold():
				values["overdue_billing_threshold"] = row.b2b_former_overdue_threshold
			frappe.db.set_value(ROW, row.name, values, update_modified=False)
		else:
			frappe.db.delete(ROW, {"name": row.name})
		frappe.clear_document_cache("Customer", row.parent)


def _insert(customer: str, company: str, values: dict) -> None:
	"""Add a row to a customer without saving the customer: its other rows and its form stay as they are.

	The row's name is made from the customer, so that two first decisions at once make one row: the second insert
	meets the first by its primary key, which no snapshot hides.
	"""
	row = frappe.new_doc(ROW)
	row.update(values)
	row.update(
		{"parent": customer, "parenttype": "Customer", "parentfield": "credit_limits", "company": company}
	)
	row.idx = frappe.db.count(ROW, {"parent": customer}) + 1
	made = frappe.db.get_value("Customer", customer, "creation")
	row.name = hashlib.sha256(f"{customer}\n{company}\n{made}".encode()).hexdigest()[:20]
	row.creation = row.modified = now_datetime()
	row.owner = row.modified_by = frappe.session.user
	row.db_insert(ignore_if_duplicate=True)
