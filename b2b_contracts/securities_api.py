"""What the desk and other software may call about securities. Every method checks permission first and is typed.

Amounts are numbers in the currency of the security. Errors are Frappe's: `PermissionError` without the right or the
mandate, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe

from b2b_contracts.credit import discounted_invoices, securities
from b2b_contracts.credit.security_facts import INSTRUMENT


@frappe.whitelist()
def security_status(security: str) -> dict:
	"""Return whether a security counts today, why not, which steps it can take and whether the user may release it. See
	`credit.securities.status_of` for the shape."""
	frappe.has_permission(INSTRUMENT, "read", security, throw=True)
	return securities.status_of(security)


@frappe.whitelist(methods=["POST"])
def claim_security(security: str, amount: float, reason: str) -> None:
	"""Note that a security is called upon for an amount."""
	frappe.has_permission(INSTRUMENT, "write", security, throw=True)
	securities.claim(security, amount, reason)


@frappe.whitelist(methods=["POST"])
def withdraw_security_claim(security: str, reason: str) -> None:
	"""Take a claim back: the security is in force as before."""
	frappe.has_permission(INSTRUMENT, "write", security, throw=True)
	securities.withdraw_claim(security, reason)


@frappe.whitelist(methods=["POST"])
def release_security(security: str, reason: str) -> None:
	"""Give a security back, within the mandate of the policy."""
	frappe.has_permission(INSTRUMENT, "write", security, throw=True)
	securities.release(security, reason)


@frappe.whitelist(methods=["POST"])
def take_back_security_release(security: str, reason: str) -> None:
	"""Take the release of a security back, within the mandate of the policy."""
	frappe.has_permission(INSTRUMENT, "write", security, throw=True)
	securities.take_back(security, reason)


@frappe.whitelist(methods=["POST"])
def extend_security(security: str, expiry_date: str, document: str | None = None) -> None:
	"""Move the end of a security to a later day."""
	frappe.has_permission(INSTRUMENT, "write", security, throw=True)
	securities.extend(security, expiry_date, document)


@frappe.whitelist()
def make_security_instrument(source_name: str, target_doc: str | None = None) -> dict:
	"""Return a security made of a Bank Guarantee that was received, not saved yet, for a form."""
	frappe.has_permission(INSTRUMENT, "create", throw=True)
	frappe.has_permission("Bank Guarantee", "read", source_name, throw=True)
	return securities.from_bank_guarantee(source_name).as_dict()


@frappe.whitelist()
def security_from_discounting(discounting: str, customer: str) -> dict:
	"""Return a security for the invoices of a customer that an Invoice Discounting names, not saved yet, for a form."""
	frappe.has_permission(INSTRUMENT, "create", throw=True)
	frappe.has_permission(discounted_invoices.DISCOUNTING, "read", discounting, throw=True)
	return discounted_invoices.from_invoice_discounting(discounting, customer).as_dict()
