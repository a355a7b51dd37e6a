"""Sales Invoice: refused at submit where it ships or bills ahead of a decision; credit notes free parked orders."""

from b2b_contracts.credit import clearing, deliveries, original_due_dates


def before_submit(doc, method=None):
	original_due_dates.keep(doc)
	deliveries.check_invoice(doc)


def before_update_after_submit(doc, method=None):
	original_due_dates.keep_edited(doc)


def on_submit(doc, method=None):
	if doc.is_return:
		original_due_dates.keep_of_credited(doc)
		clearing.cause_may_be_gone(doc.customer, doc.company)


def on_cancel(doc, method=None):
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)
