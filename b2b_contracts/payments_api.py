"""What the desk and other software may call about payment references and payment links. Every method checks permission first
and is typed."""

import frappe
from frappe import _

from b2b_contracts.collections import payment_links, payment_references
from b2b_contracts.exceptions import PaymentReferenceError


@frappe.whitelist()
def payment_reference(invoice: str) -> dict:
	"""Return how an invoice is paid: `{kind, text, printed, lines: [{label, value}]}`; empty for a draft and a credit note,
	and without `text` where it has no payment reference."""
	frappe.has_permission("Sales Invoice", "read", invoice, throw=True)
	return payment_references.b2b_payment_details(invoice)


@frappe.whitelist(methods=["POST"])
def make_payment_reference(invoice: str) -> dict:
	"""Make the payment reference that a submitted invoice lacks. Returns what `payment_reference` does; refuses where none can
	be made, with a sentence that says what to do."""
	doc = frappe.get_doc("Sales Invoice", invoice)
	doc.check_permission("submit")
	if not payment_references.give(doc) and not doc.b2b_payment_reference:
		frappe.throw(
			_(
				"Invoice {0} gets no payment reference: it is a credit note or not submitted, or nothing is set up for {1} in {2}."
			).format(invoice, doc.company, doc.currency),
			PaymentReferenceError,
			title=_("No payment reference"),
		)
	return payment_references.b2b_payment_details(invoice)


@frappe.whitelist(methods=["POST"])
def make_payment_references(company: str) -> None:
	"""Have a job make the payment references that open invoices of a company lack. What came of it stands on its Payment
	Reference Setup."""
	setups = frappe.get_all(
		payment_references.SETUP, filters={"company": company, "disabled": 0}, pluck="name"
	)
	if not setups:
		frappe.has_permission(payment_references.SETUP, "write", throw=True)
		frappe.throw(
			_("Nothing is set up for {0}. Make a Payment Reference Setup first.").format(company),
			PaymentReferenceError,
			title=_("Payment references"),
		)
	for setup in setups:
		frappe.has_permission(payment_references.SETUP, "write", setup, throw=True)
	payment_references.ask_for_missing(company)


@frappe.whitelist()
def payment_link(invoice: str) -> str:
	"""Return the address at which the customer sees what of an invoice is open and how it is paid, good for 90 days; empty where
	nothing is open."""
	frappe.has_permission("Sales Invoice", "read", invoice, throw=True)
	return payment_links.b2b_payment_link(invoice)
