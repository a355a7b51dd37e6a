"""What the pages have in common that a link of a mail opens without log-in: looking at one changes nothing, in the language of
whom the link is for, and what is wrong with a link is said on the page."""

from collections.abc import Callable

import frappe
from frappe.rate_limiter import rate_limit


def begin(context, language_of: Callable[[str], str | None] | None = None) -> None:
	"""Take the token of a page, and write the rest of the request in the language of the customer."""
	context.no_breadcrumbs = context.no_header = 1
	context.token = frappe.form_dict.get("token") or ""
	if language_of:
		frappe.local.lang = language_of(context.token) or frappe.local.lang


def show(context, shown: Callable[[str], dict], error: type[Exception]):
	"""Fill a page with what its link opens, or with why it opens nothing. Returns the context."""
	try:
		context.shown, context.why_not = _looked_at(shown, context.token), None
	except error as gone:
		frappe.clear_last_message()
		context.shown, context.why_not = None, str(gone)
	return context


@rate_limit(limit=60, seconds=60 * 60)
def _looked_at(shown: Callable[[str], dict], token: str) -> dict:
	return shown(token)
