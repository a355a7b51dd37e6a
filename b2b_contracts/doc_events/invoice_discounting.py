"""Invoice Discounting: when it is settled, what it secured is secured no more."""

from b2b_contracts.credit import discounted_invoices


def on_change(doc, method=None):
	discounted_invoices.follow(doc)
