"""Journal Entry: counts as exposure and is never blocked; a credit may free parked orders."""

from b2b_contracts.credit import clearing, original_due_dates


def before_submit(doc, method=None):
	original_due_dates.keep_of_transfer(doc)


def on_submit(doc, method=None):
	for customer in sorted({row.party for row in doc.accounts if row.party_type == "Customer" and row.party}):
		clearing.cause_may_be_gone(customer, doc.company)


def on_cancel(doc, method=None):
	on_submit(doc)
