"""Payment Entry: money in may free parked orders, once it is committed."""

from b2b_contracts.credit import clearing


def on_submit(doc, method=None):
	if doc.party_type == "Customer":
		clearing.cause_may_be_gone(doc.party, doc.company)


def on_cancel(doc, method=None):
	on_submit(doc)
