"""The page on which a customer confirms a balance: looking at it changes nothing, its form is posted to `balance_links_api`."""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import balance_confirmations
from b2b_contracts.exceptions import BalanceConfirmationError

no_cache = 1
sitemap = 0


def get_context(context):
	context.no_breadcrumbs = context.no_header = 1
	context.token = frappe.form_dict.get("token") or ""
	# The rest of this request is written in the language of the customer.
	frappe.local.lang = balance_confirmations.language_of(context.token) or frappe.local.lang
	context.title = _("Is this balance right?")
	context.longest_text = balance_confirmations.LONGEST_TEXT
	try:
		context.shown, context.why_not = _shown(context.token), None
	except BalanceConfirmationError as gone:
		frappe.clear_last_message()
		context.shown, context.why_not = None, str(gone)
	return context


@rate_limit(limit=60, seconds=60 * 60)
def _shown(token: str) -> dict:
	return balance_confirmations.shown(token)
