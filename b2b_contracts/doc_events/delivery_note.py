"""Delivery Note: refused at submit while its order waits, the customer is stopped, or no credit covers it."""

from b2b_contracts.credit import clearing, deliveries


def before_submit(doc, method=None):
	deliveries.check_delivery(doc)


def on_cancel(doc, method=None):
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)
