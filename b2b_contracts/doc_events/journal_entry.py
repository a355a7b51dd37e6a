"""Journal Entry: counts as exposure and is never blocked; a credit may free parked orders."""

from b2b_contracts.collections import following
from b2b_contracts.credit import clearing, original_due_dates


def before_submit(doc, method=None):
	original_due_dates.keep_of_transfer(doc)


def on_submit(doc, method=None):
	for customer in sorted({row.party for row in doc.accounts if row.party_type == "Customer" and row.party}):
		following.money_has_moved(customer, doc.company)
		clearing.cause_may_be_gone(customer, doc.company)


def on_cancel(doc, method=None):
	on_submit(doc)


def on_update_after_submit(doc, method=None):
	# A reconciliation sets money that was booked before against other invoices.
	on_submit(doc)
