"""Delivery Note: refused at submit while its order waits, the customer is stopped, or no credit covers it."""

from b2b_contracts.credit import clearing, deliveries, screening


def before_submit(doc, method=None):
	deliveries.check_delivery(doc)


def on_update(doc, method=None):
	screening.ships_to(doc)


def on_submit(doc, method=None):
	deliveries.make_sure_checked(doc)


def on_cancel(doc, method=None):
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)
