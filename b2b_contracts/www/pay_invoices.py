"""The page of a payment link: what is open, where to pay it and with which reference. Looking at it changes nothing; its script
counts the visit by a POST to `customer_links_api`, which what reads mails for us does not do."""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import payment_links
from b2b_contracts.exceptions import PaymentLinkError

no_cache = 1
sitemap = 0


def get_context(context):
	context.no_breadcrumbs = context.no_header = 1
	context.token = frappe.form_dict.get("token") or ""
	# The rest of this request is written in the language of the customer.
	frappe.local.lang = payment_links.language_of(context.token) or frappe.local.lang
	context.title = _("Pay your invoices")
	try:
		context.shown, context.why_not = _shown(context.token), None
	except PaymentLinkError as gone:
		frappe.clear_last_message()
		context.shown, context.why_not = None, str(gone)
	return context


@rate_limit(limit=60, seconds=60 * 60)
def _shown(token: str) -> dict:
	return payment_links.shown(token)
