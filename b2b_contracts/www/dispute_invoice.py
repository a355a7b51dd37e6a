"""The page on which a customer disputes an invoice: looking at it changes nothing, its form is posted to `customer_links_api`."""

from frappe import _

from b2b_contracts import guest_pages
from b2b_contracts.collections import dispute_links, evidence_files
from b2b_contracts.engine.disputes import CAUSES
from b2b_contracts.exceptions import DisputeLinkError

no_cache = 1
sitemap = 0


def get_context(context):
	guest_pages.begin(context, dispute_links.language_of)
	context.title = _("Is something wrong with our invoice?")
	context.causes = CAUSES
	context.accepted_files = evidence_files.ACCEPTED
	context.longest_text = dispute_links.LONGEST_TEXT
	return guest_pages.show(context, dispute_links.shown, DisputeLinkError)
