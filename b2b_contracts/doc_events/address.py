"""Address: its customers are screened again, as their country may be another."""

from b2b_contracts.credit import screening


def on_update(doc, method=None):
	screening.address_changed(doc)


def on_trash(doc, method=None):
	screening.address_changed(doc)
