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
	"""Make the test company and its people, who may log in; returns `{company, bank, item,
	price_list, password, users: {name: log-in}}`."""
	scaffold.ensure_world()
	_finish_setup()
	for name in scaffold.USERS:
		user = scaffold.email_of(name)
		update_password(user, PASSWORD)
		frappe.defaults.set_user_default("company", scaffold.COMPANY, user)
	return {
		"company": scaffold.COMPANY,
		"bank": scaffold.BANK,
		"item": scaffold.WIDGET,
		"password": PASSWORD,
		"price_list": scaffold.PRICE_LIST,
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
	fields = {"default_price_list": scaffold.PRICE_LIST}
	if customer_name:
		fields["customer_name"] = customer_name
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


def delivery_without_order(customer: str, amount: float) -> str:
	"""Draft a delivery that no order stands for; returns its name."""
	with as_user("stock_user"):
		return make.make_delivery(customer=customer, amount=amount, submit=False).name


def customer_with_native_limit(credit_limit: float) -> str:
	"""Make a customer with a credit limit of ERPNext's own and no profile; returns its name."""
	limit = {"company": scaffold.COMPANY, "credit_limit": credit_limit}
	return make.make_customer(credit_limits=[limit]).name


def raise_order(order: str, amount: float) -> None:
	"""Raise a submitted order of one row to `amount` by ERPNext's Update Items."""
	from erpnext.controllers.accounts_controller import update_child_qty_rate

	row = frappe.get_doc("Sales Order", order).items[0]
	changed = {
		"docname": row.name,
		"name": row.name,
		"item_code": row.item_code,
		"qty": row.qty,
		"rate": amount / row.qty,
		"delivery_date": str(row.delivery_date),
	}
	update_child_qty_rate("Sales Order", frappe.as_json([changed]), order)


def rest_of(order: str) -> dict:
	"""Return `{qty, credit_status}` of the order that was split off from another."""
	rest = frappe.get_doc("Sales Order", {"b2b_split_from": order})
	return {"qty": rest.items[0].qty, "credit_status": rest.b2b_credit_status}


def billed_again(customer: str, invoice: str, amount: float) -> str:
	"""Credit an invoice and bill it again with a later due date; returns the new invoice's name."""
	make.make_credit_note(invoice)
	return make.make_invoice(
		customer, amount, due_date=frappe.utils.add_days(frappe.utils.nowdate(), 14)
	).name


def customers_of_one_tax_id() -> list[str]:
	"""Make two customers of one tax id without profile; returns their names."""
	tax_id = f"DK{frappe.generate_hash(length=8).upper()}"
	return [make.make_customer(tax_id=tax_id).name for _n in range(2)]


def policy() -> str:
	"""Return the name of the test company's policy."""
	return make.active_policy().name


def state(doctype: str, name: str, fields: list[str]) -> list:
	"""Return the values of a document's fields."""
	return list(frappe.db.get_value(doctype, name, fields, as_dict=True).values())


def found(doctype: str, filters: dict, fields: list[str]) -> list | str:
	"""Return the values of the first document that fits, "none" when none does."""
	row = frappe.db.get_value(doctype, filters, fields, as_dict=True)
	return list(row.values()) if row else "none"
