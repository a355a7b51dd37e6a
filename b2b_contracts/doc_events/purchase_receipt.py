"""Purchase Receipt: goods bought for an order come in, though nothing may be reserved for it."""

from b2b_contracts.credit import deliveries


def before_submit(doc, method=None):
	deliveries.receive_for_orders(doc)


def on_submit(doc, method=None):
	deliveries.received_for_orders(doc)
