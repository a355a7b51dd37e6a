"""Payment of an invoice at a payment provider, where the site has one: by ERPNext's own Payment Gateway Account and Payment
Request, which book what the provider reports."""

import frappe
from frappe import _

from b2b_contracts.exceptions import PaymentLinkError

from .invoices import INVOICE

ACCOUNT = "Payment Gateway Account"
REQUEST = "Payment Request"
# The app that brings the providers: without it ERPNext's accounts lead nowhere.
PROVIDERS = "payments"


def account_for(company: str, currency: str) -> str | None:
	"""Return the account of a payment provider for a company's invoices in a currency, its default one first."""
	if not _has_providers():
		return None
	own = {"company": company, "currency": currency, "payment_channel": ["!=", "Phone"]}
	return frappe.db.get_value(ACCOUNT, own, order_by="is_default desc, name")


def _has_providers() -> bool:
	return PROVIDERS in frappe.get_installed_apps()


def address_for(invoice: str) -> str:
	"""Return the provider's address at which all that is open of an invoice is paid; asked for once, and then again the same.

	The Payment Request is made without a right of whoever asks: the caller has looked at that.
	"""
	from erpnext.accounts.doctype.payment_request.payment_request import get_amount, make_payment_request

	# Two clicks at once wait for each other here, and make one request.
	doc = frappe.get_doc(INVOICE, invoice, for_update=True)
	account = account_for(doc.company, doc.currency)
	request = _open_request(invoice, account, get_amount(doc))
	if not request:
		made = make_payment_request(
			dt=INVOICE,
			dn=invoice,
			company=doc.company,
			payment_gateway_account=account,
			party_type="Customer",
			party=doc.customer,
			recipient_id=doc.contact_email,
			submit_doc=1,
			mute_email=1,
		)
		request = frappe.get_doc(REQUEST, made.get("name"))
	address = request.get_payment_url()
	if not address:
		frappe.throw(
			_("Invoice {0} cannot be paid online now. Please pay it by transfer.").format(invoice),
			PaymentLinkError,
			title=_("Payment"),
		)
	return address


def _open_request(invoice: str, account: str | None, amount: float):
	"""Return the open request over all that is open of an invoice by an account, None without one."""
	name = frappe.db.get_value(
		REQUEST,
		{
			"reference_doctype": INVOICE,
			"reference_name": invoice,
			"payment_gateway_account": account,
			"docstatus": 1,
			"status": ["in", ("Requested", "Initiated")],
			"grand_total": amount,
		},
	)
	return frappe.get_doc(REQUEST, name) if name else None
