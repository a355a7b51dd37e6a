"""The scenes that the browser tests play in. Called by `bench execute`, so each commits when it ends.

A scene makes documents with names of their own in the test company, and returns their names.
"""

import frappe
from frappe.utils.password import update_password

from b2b_contracts.tests import factories as make
from b2b_contracts.tests import scaffold
from b2b_contracts.tests.factories import as_user

PASSWORD = "b2b-browser-1"


def world() -> dict:
	"""Make the test company and its people, who may log in; returns `{company, item, password, users: {name: log-in}}`."""
	scaffold.ensure_world()
	_finish_setup()
	for name in scaffold.USERS:
		user = scaffold.email_of(name)
		update_password(user, PASSWORD)
		for key, value in (
			("company", scaffold.COMPANY),
			("selling_price_list", scaffold.PRICE_LIST),
			("warehouse", scaffold.WAREHOUSE),
		):
			frappe.defaults.set_user_default(key, value, user)
	return {
		"company": scaffold.COMPANY,
		"item": scaffold.WIDGET,
		"password": PASSWORD,
		"users": {name: scaffold.email_of(name) for name in scaffold.USERS},
	}


def _finish_setup() -> None:
	"""A site on which nobody walked through the setup wizard shows nothing else."""
	for name in frappe.get_all("Installed Application", filters={"is_setup_complete": 0}, pluck="name"):
		frappe.db.set_value("Installed Application", name, "is_setup_complete", 1)
	frappe.db.set_single_value("System Settings", "setup_complete", 1)
	frappe.clear_cache()


def customer(
	manual_limit: float | None = None,
	segment: str = "C",
	seller: str = "seller1",
	customer_name: str | None = None,
	open_invoice: float = 0,
	overdue_invoice: float = 0,
	overdue_days: int = 20,
	**profile,
) -> dict:
	"""Make a customer with a credit profile, and what they owe; returns `{customer, profile, invoice, overdue}`."""
	fields = {"customer_name": customer_name} if customer_name else {}
	doc = make.make_customer(seller, **fields)
	found = make.make_profile(doc, segment=segment, manual_limit=manual_limit, **profile)
	invoice = make.make_invoice(doc, open_invoice) if open_invoice else None
	overdue = make.make_overdue_invoice(doc, overdue_invoice, overdue_days) if overdue_invoice else None
	return {
		"customer": doc.name,
		"profile": found.name,
		"invoice": invoice.name if invoice else None,
		"overdue": overdue.name if overdue else None,
	}


def order(
	customer: str, amount: float, seller: str = "seller1", qty: float = 1, submit: bool = True, **fields
) -> dict:
	"""Enter an order as a seller; returns `{order, hold, credit_status}`."""
	with as_user(seller):
		doc = make.make_order(customer, amount, qty=qty, submit=submit, **fields)
	return {"order": doc.name, "hold": doc.b2b_credit_hold, "credit_status": doc.b2b_credit_status}


def held_order(amount: float = 12_000, limit: float = 10_000, qty: float = 1, **profile) -> dict:
	"""Make a customer with a limit and an order over it; returns what `customer` and `order` return."""
	made = customer(manual_limit=limit, **profile)
	return made | order(made["customer"], amount, qty=qty)


def delivery_draft(order: str) -> str:
	"""Draft the delivery of an order; returns its name."""
	with as_user("stock_user"):
		return make.make_delivery(order, submit=False).name


def state(doctype: str, name: str, fields: list[str]) -> list:
	"""Return the values of a document's fields."""
	return list(frappe.db.get_value(doctype, name, fields))
