"""Invoice Discounting: when it is settled or cancelled, what it secured is secured no more."""

from b2b_contracts.credit import discounted_invoices
from b2b_contracts.credit.security_facts import INSTRUMENT


def before_cancel(doc, method=None):
	# The security ends by itself; it need not be cancelled first.
	doc.ignore_linked_doctypes = (*(doc.get("ignore_linked_doctypes") or ()), INSTRUMENT)


def on_change(doc, method=None):
	discounted_invoices.follow(doc)
