"""The page on which a member of the Board decides: looking at it decides nothing, its form is posted to `board_api.decide`."""

from frappe import _

from b2b_contracts import guest_pages
from b2b_contracts.collections import board
from b2b_contracts.exceptions import ApprovalError

no_cache = 1
sitemap = 0


def get_context(context):
	guest_pages.begin(context)
	context.title = _("Decision of the Board")
	return guest_pages.show(context, board.shown, ApprovalError)
