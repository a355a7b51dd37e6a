"""The page on which a customer splits what is due into instalments: looking at it changes nothing, its form is posted to
`customer_links_api`."""

from frappe import _

from b2b_contracts import guest_pages
from b2b_contracts.collections import split_links
from b2b_contracts.exceptions import PortalError

no_cache = 1
sitemap = 0


def get_context(context):
	guest_pages.begin(context, split_links.language_of)
	context.title = _("Pay in instalments")
	return guest_pages.show(context, split_links.shown, PortalError)
