"""Delivery Note: costs what its order does; refused at submit while its order waits, the customer is stopped, or no credit covers it."""

from b2b_contracts.contracts import call_offs, order_check
from b2b_contracts.credit import clearing, deliveries, screening


def after_mapping(doc, method=None, source=None):
	order_check.mapped(doc, source)


def before_validate(doc, method=None):
	order_check.fill(doc)


def before_submit(doc, method=None):
	deliveries.check_delivery(doc)


def on_update(doc, method=None):
	screening.ships_to(doc)


def on_submit(doc, method=None):
	deliveries.make_sure_checked(doc)
	_count_returns(doc)


def on_cancel(doc, method=None):
	_count_returns(doc)
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)


def _count_returns(doc):
	if doc.is_return:
		call_offs.goods_came_back(row.against_sales_order for row in doc.items)
