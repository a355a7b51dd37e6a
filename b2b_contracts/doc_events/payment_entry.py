"""Payment Entry: money in may free parked orders, settle disputes and keep plans, once it is committed."""

from b2b_contracts.collections import dunning_charges, following
from b2b_contracts.credit import clearing


def on_submit(doc, method=None):
	dunning_charges.paid(doc)
	_money_has_moved(doc)


def on_cancel(doc, method=None):
	dunning_charges.unpaid(doc)
	_money_has_moved(doc)


def on_update_after_submit(doc, method=None):
	# A reconciliation sets money that was booked before against other invoices.
	_money_has_moved(doc)


def _money_has_moved(doc) -> None:
	if doc.party_type == "Customer":
		following.money_has_moved(doc.party, doc.company)
		clearing.cause_may_be_gone(doc.party, doc.company)
