"""Pick List: nothing is picked for a parked order or a stopped customer."""

from b2b_contracts.credit import deliveries


def before_submit(doc, method=None):
	deliveries.check_picking(doc)
