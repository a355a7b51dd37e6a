"""Whom at a customer a message goes to, and in which language: one place for holds, stops, reminders and notices.

The fallback order: everybody with the role for this company; else everybody with it for all companies; else the
customer's primary contact; else the customer's own address. Who has no e-mail address is passed over.
"""

from collections.abc import Collection
from dataclasses import dataclass

import frappe
from frappe.query_builder import Order

ORDERING, ACCOUNTS_PAYABLE, CFO, LEGAL_NOTICES = "Ordering", "Accounts Payable", "CFO", "Legal Notices"
ROLES = (ORDERING, ACCOUNTS_PAYABLE, CFO, LEGAL_NOTICES)


@dataclass(frozen=True, slots=True)
class Address:
	"""Where a message goes: an e-mail address, the language to write in (None: the site's), and the contact, where it is one's.

	`has_role` is False for whoever stands in because nobody has the role.
	"""

	email: str
	language: str | None = None
	contact: str | None = None
	has_role: bool = False


def addresses_for(customer: str, role: str, company: str) -> list[Address]:
	"""Return to whom a message for a role of a customer goes: all who have it are told. Empty when nobody can be reached."""
	return addresses_for_many([customer], role, company)[customer]


def addresses_for_many(customers: Collection[str], role: str, company: str) -> dict[str, list[Address]]:
	"""Return to whom a message for a role goes, for each of some customers, by as many queries as for one."""
	own_language = dict(
		frappe.get_all("Customer", {"name": ["in", list(customers)]}, ["name", "language"], as_list=True)
	)
	named = _with_role(customers, role, company, own_language)
	left = [customer for customer in customers if customer not in named]
	standing_in = _standing_in(left) if left else {}
	return {
		customer: named.get(customer)
		or [
			Address(email, own_language.get(customer), contact)
			for email, contact in standing_in.get(customer, ())
		]
		for customer in customers
	}


def addresses_for_order(order) -> list[Address]:
	"""Return to whom a message about a Sales Order (a row of it will do) goes: the contact chosen on it, else the ordering
	contacts.

	ERPNext fills in the customer's default contact; that one was not chosen, so it stands behind who has the role.
	"""
	own = _of_order(order)
	if own and not _is_filled_in(order):
		return [own]
	found = addresses_for(order.customer, ORDERING, order.company)
	return [a for a in found if a.has_role] or ([own] if own else found)


def _is_filled_in(order) -> bool:
	"""Whether the contact on an order is the one that ERPNext fills in, with the address that it has."""
	if not order.contact_person or order.contact_person != _default_contact(order.customer):
		return False
	return order.contact_email in (None, "", frappe.db.get_value("Contact", order.contact_person, "email_id"))


def _default_contact(customer: str) -> str | None:
	from erpnext.accounts.party import get_default_contact

	return get_default_contact("Customer", customer)


def _of_order(order) -> Address | None:
	address = order.contact_email
	if not address and order.contact_person:
		address = frappe.db.get_value("Contact", order.contact_person, "email_id")
	return Address(address, order.language, order.contact_person) if address else None


def _with_role(
	customers: Collection[str], role: str, company: str, own_language: dict[str, str | None]
) -> dict[str, list[Address]]:
	"""Return who has a role for a company, else who has it for all; those whom mail reaches."""
	contact, link, row = (frappe.qb.DocType(d) for d in ("Contact", "Dynamic Link", "Contact Role"))
	rows = (
		frappe.qb.from_(row)
		.join(contact)
		.on(contact.name == row.parent)
		.join(link)
		.on((link.parent == contact.name) & (link.parenttype == "Contact"))
		.select(link.link_name, contact.name, contact.email_id, row.message_language, row.for_company)
		.where((row.parenttype == "Contact") & (row.role == role))
		.where((link.link_doctype == "Customer") & link.link_name.isin(list(customers)))
		.where(row.for_company.isnull() | row.for_company.isin(("", company)))
		.where(contact.email_id.isnotnull() & (contact.email_id != ""))
		.orderby(contact.name)
		.orderby(row.idx)
		.run(as_dict=True)
	)
	found: dict[str, list[Address]] = {}
	for customer in {r.link_name for r in rows}:
		own = [r for r in rows if r.link_name == customer]
		chosen = [r for r in own if r.for_company] or own
		addresses = {
			r.email_id: Address(r.email_id, r.message_language or own_language.get(customer), r.name, True)
			for r in chosen
		}
		found[customer] = list(addresses.values())
	return found


def _standing_in(customers: Collection[str]) -> dict[str, list[tuple[str, str | None]]]:
	"""Return (e-mail address, contact) of whoever stands in where nobody has a role: the primary contact that the customer
	names, else the contact that ERPNext takes by default, else the customer's own address."""
	customer, contact, link = (frappe.qb.DocType(d) for d in ("Customer", "Contact", "Dynamic Link"))
	named = contact.as_("named")
	own = (
		frappe.qb.from_(customer)
		.left_join(named)
		.on(named.name == customer.customer_primary_contact)
		.select(customer.name, customer.email_id, named.name.as_("contact"), named.email_id.as_("of_contact"))
		.where(customer.name.isin(list(customers)))
		.run(as_dict=True)
	)
	linked = (
		frappe.qb.from_(link)
		.join(contact)
		.on(contact.name == link.parent)
		.select(link.link_name, contact.name, contact.email_id)
		.where((link.parenttype == "Contact") & (link.link_doctype == "Customer"))
		.where(link.link_name.isin(list(customers)))
		.where((contact.is_primary_contact == 1) | (contact.is_billing_contact == 1))
		.orderby(contact.is_primary_contact, order=Order.desc)
		.orderby(contact.is_billing_contact, order=Order.desc)
		.run()
	)
	default: dict[str, tuple[str, str]] = {}
	for name, of, email in linked:
		default.setdefault(name, (email, of))
	found = {}
	for row in own:
		choices = ((row.of_contact, row.contact), default.get(row.name, (None, None)), (row.email_id, None))
		found[row.name] = [choice for choice in choices if choice[0]][:1]
	return found


def listed(customer: str, company: str) -> list[dict]:
	"""Return whom each role's messages go to: `[{role, email, contact, has_role}]`, for the desk."""
	return [
		{"role": role, "email": a.email, "contact": a.contact, "has_role": a.has_role}
		for role in ROLES
		for a in addresses_for(customer, role, company)
	]


def visible_of(customer: str, most: int) -> list[dict]:
	"""Return the contacts of a customer that the session user may see, the primary one first, each with its `roles`."""
	rows = frappe.get_list(
		"Contact",
		filters=[
			["Dynamic Link", "link_doctype", "=", "Customer"],
			["Dynamic Link", "link_name", "=", customer],
		],
		fields=[
			*("name", "first_name", "last_name", "designation", "email_id", "phone", "mobile_no"),
			"is_primary_contact",
		],
		order_by="is_primary_contact desc, name",
		limit=most,
	)
	roles: dict[str, list[str]] = {}
	for row in frappe.get_all(
		"Contact Role",
		filters={"parenttype": "Contact", "parent": ["in", [row.name for row in rows] or [""]]},
		fields=["parent", "role"],
		order_by="parent, idx",
	):
		roles.setdefault(row.parent, []).append(row.role)
	return [{**row, "roles": roles.get(row.name, [])} for row in rows]
