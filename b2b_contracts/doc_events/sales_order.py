"""Sales Order: the gate stands in `before_submit` and `before_update_after_submit`, before ERPNext writes stock."""

from b2b_contracts.credit import clearing, deliveries, milestones, orders, screening


def before_submit(doc, method=None):
	orders.submit(doc)


def on_update(doc, method=None):
	screening.ships_to(doc)


def on_submit(doc, method=None):
	orders.make_sure_decided(doc)


def before_update_after_submit(doc, method=None):
	orders.change(doc)


def on_update_after_submit(doc, method=None):
	orders.after_change(doc)
	deliveries.items_updated(doc)
	milestones.order_changed(doc)


def on_change(doc, method=None):
	# Fires on every db_set: only a change of the status of a submitted order that is not our own matters.
	if doc.docstatus == 1 and not doc.flags.b2b_credit_transition and not doc.flags.in_insert:
		orders.status_changed(doc)


def on_cancel(doc, method=None):
	orders.cancelled(doc)
	milestones.order_cancelled(doc)
	clearing.cause_may_be_gone(doc.customer, doc.company)
