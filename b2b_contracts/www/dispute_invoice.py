"""The page on which a customer disputes an invoice: looking at it changes nothing, its form is posted to `customer_links_api`."""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import dispute_links, evidence_files
from b2b_contracts.engine.disputes import CAUSES
from b2b_contracts.exceptions import DisputeLinkError

no_cache = 1
sitemap = 0


def get_context(context):
	context.no_breadcrumbs = context.no_header = 1
	context.token = frappe.form_dict.get("token") or ""
	# The rest of this request is written in the language of the customer.
	frappe.local.lang = dispute_links.language_of(context.token) or frappe.local.lang
	context.title = _("Is something wrong with our invoice?")
	context.causes = CAUSES
	context.accepted_files = evidence_files.ACCEPTED
	context.longest_text = dispute_links.LONGEST_TEXT
	try:
		context.shown, context.why_not = _shown(context.token), None
	except DisputeLinkError as gone:
		frappe.clear_last_message()
		context.shown, context.why_not = None, str(gone)
	return context


@rate_limit(limit=60, seconds=60 * 60)
def _shown(token: str) -> dict:
	return dispute_links.shown(token)
