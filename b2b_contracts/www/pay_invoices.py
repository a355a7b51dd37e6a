"""The page of a payment link: what is open, where to pay it and with which reference. Looking at it changes nothing; its script
counts the visit by a POST to `customer_links_api`, which what reads mails for us does not do."""

from frappe import _

from b2b_contracts import guest_pages
from b2b_contracts.collections import payment_links
from b2b_contracts.exceptions import PaymentLinkError

no_cache = 1
sitemap = 0


def get_context(context):
	guest_pages.begin(context, payment_links.language_of)
	context.title = _("Pay your invoices")
	return guest_pages.show(context, payment_links.shown, PaymentLinkError)
