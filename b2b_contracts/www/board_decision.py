"""The page on which a member of the Board decides: looking at it decides nothing, its form is posted to `board_api.decide`."""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import board
from b2b_contracts.exceptions import ApprovalError

no_cache = 1
sitemap = 0


def get_context(context):
	context.no_breadcrumbs = context.no_header = 1
	context.title = _("Decision of the Board")
	context.token = frappe.form_dict.get("token") or ""
	try:
		context.shown, context.why_not = _shown(context.token), None
	except ApprovalError as gone:
		frappe.clear_last_message()
		context.shown, context.why_not = None, str(gone)
	return context


@rate_limit(limit=60, seconds=60 * 60)
def _shown(token: str) -> dict:
	return board.shown(token)
