"""Purchase Order: a supplier delivers nothing to the customer of a parked order, or to a stopped one."""

from b2b_contracts.credit import deliveries


def before_submit(doc, method=None):
	deliveries.check_drop_shipping(doc)
