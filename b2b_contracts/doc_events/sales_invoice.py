"""Sales Invoice: refused at submit where it ships or bills ahead of a decision; credit notes free parked orders."""

from b2b_contracts.credit import clearing, deliveries


def before_submit(doc, method=None):
	deliveries.check_invoice(doc)


def on_submit(doc, method=None):
	if doc.is_return:
		clearing.cause_may_be_gone(doc.customer, doc.company)


def on_cancel(doc, method=None):
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)
