"""Stock Reservation Entry: nothing is reserved for a parked order, but for a while when it only waits for papers."""

from b2b_contracts.credit import deliveries


def before_submit(doc, method=None):
	deliveries.check_reservation(doc)
