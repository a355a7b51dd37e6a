"""Whom at a customer a message goes to, and in which language: one place for holds, stops, reminders and notices.

The fallback order: everybody with the role for this company; else everybody with it for all companies; else the
customer's primary contact; else the customer's own address. Who has no e-mail address is passed over.
"""

from dataclasses import dataclass

import frappe

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
	own_language = frappe.db.get_value("Customer", customer, "language")
	named = _with_role(customer, role, company, own_language)
	if named:
		return named
	standing_in = _primary_contact(customer) or _own_address(customer)
	return [Address(standing_in.email, own_language, standing_in.contact)] if standing_in else []


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


def _with_role(customer: str, role: str, company: str, own_language: str | None) -> list[Address]:
	"""Return who has a role for a company, else who has it for all; those whom mail reaches."""
	contact, link, row = (frappe.qb.DocType(d) for d in ("Contact", "Dynamic Link", "Contact Role"))
	rows = (
		frappe.qb.from_(row)
		.join(contact)
		.on(contact.name == row.parent)
		.join(link)
		.on((link.parent == contact.name) & (link.parenttype == "Contact"))
		.select(contact.name, contact.email_id, row.message_language, row.for_company)
		.where((row.parenttype == "Contact") & (row.role == role))
		.where((link.link_doctype == "Customer") & (link.link_name == customer))
		.where(row.for_company.isnull() | row.for_company.isin(("", company)))
		.where(contact.email_id.isnotnull() & (contact.email_id != ""))
		.orderby(contact.name)
		.orderby(row.idx)
		.run(as_dict=True)
	)
	chosen = [r for r in rows if r.for_company] or rows
	found = {
		r.email_id: Address(r.email_id, r.message_language or own_language, r.name, True) for r in chosen
	}
	return list(found.values())


def _primary_contact(customer: str) -> Address | None:
	chosen = frappe.db.get_value("Customer", customer, "customer_primary_contact")
	for name in (chosen, _default_contact(customer)):
		address = name and frappe.db.get_value("Contact", name, "email_id")
		if address:
			return Address(address, contact=name)
	return None


def _own_address(customer: str) -> Address | None:
	address = frappe.db.get_value("Customer", customer, "email_id")
	return Address(address) if address else None


def listed(customer: str, company: str) -> list[dict]:
	"""Return whom each role's messages go to: `[{role, email, contact, has_role}]`, for the desk."""
	return [
		{"role": role, "email": a.email, "contact": a.contact, "has_role": a.has_role}
		for role in ROLES
		for a in addresses_for(customer, role, company)
	]
