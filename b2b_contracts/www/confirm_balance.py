"""The page on which a customer confirms a balance: looking at it changes nothing, its form is posted to `balance_links_api`."""

from frappe import _

from b2b_contracts import guest_pages
from b2b_contracts.collections import balance_confirmations
from b2b_contracts.exceptions import BalanceConfirmationError

no_cache = 1
sitemap = 0


def get_context(context):
	guest_pages.begin(context, balance_confirmations.language_of)
	context.title = _("Is this balance right?")
	context.longest_text = balance_confirmations.LONGEST_TEXT
	return guest_pages.show(context, balance_confirmations.shown, BalanceConfirmationError)
