"""Sales Order: it follows the contracts of its day; the gate stands in `before_submit` and
`before_update_after_submit`, before ERPNext writes stock."""

from b2b_contracts.contracts import call_offs, order_check
from b2b_contracts.credit import clearing, deliveries, milestones, orders, screening


def after_mapping(doc, method=None, source=None):
	order_check.mapped(doc, source)


def before_validate(doc, method=None):
	order_check.fill(doc)


def validate(doc, method=None):
	order_check.stamp(doc)
	order_check.tell(doc)


def before_submit(doc, method=None):
	order_check.submitting(doc)
	orders.submit(doc)


def on_update(doc, method=None):
	screening.ships_to(doc)


def on_submit(doc, method=None):
	orders.make_sure_decided(doc)


def before_update_after_submit(doc, method=None):
	order_check.changing(doc)
	orders.change(doc)


def on_update_after_submit(doc, method=None):
	orders.after_change(doc)
	deliveries.items_updated(doc)
	milestones.order_changed(doc)


def on_change(doc, method=None):
	# Fires on every db_set: only a change of the status of a submitted order that is not our own matters.
	if doc.docstatus == 1 and not doc.flags.b2b_credit_transition and not doc.flags.in_insert:
		orders.status_changed(doc)
		call_offs.follow_status(doc)


def on_cancel(doc, method=None):
	call_offs.give_back(doc)
	orders.cancelled(doc)
	milestones.order_cancelled(doc)
	clearing.cause_may_be_gone(doc.customer, doc.company)
