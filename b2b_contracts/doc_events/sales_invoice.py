"""Sales Invoice: refused at submit where it ships or bills ahead of a decision; credit notes free parked orders and settle
disputes; milestones follow."""

from b2b_contracts.collections import disputes, edited_due_dates, following, payment_references, set_aside
from b2b_contracts.contracts import call_offs, order_check
from b2b_contracts.credit import clearing, deliveries, milestones, original_due_dates


def after_mapping(doc, method=None, source=None):
	order_check.mapped(doc, source)


def before_validate(doc, method=None):
	order_check.fill(doc)


def validate(doc, method=None):
	order_check.stamp(doc)
	order_check.tell(doc)


def before_insert(doc, method=None):
	payment_references.none_of(doc)


def before_submit(doc, method=None):
	set_aside.none_of(doc)
	payment_references.none_of(doc)
	original_due_dates.keep(doc)
	milestones.check_invoice(doc)
	order_check.refuse_difference(doc)
	deliveries.check_invoice(doc)


def before_update_after_submit(doc, method=None):
	edited_due_dates.check(doc)
	original_due_dates.keep_edited(doc)
	set_aside.keep(doc)
	payment_references.keep(doc)


def on_submit(doc, method=None):
	deliveries.make_sure_checked(doc)
	milestones.invoices_changed(doc)
	payment_references.made_at_submit(doc)
	if doc.is_return:
		_count_returns(doc)
		original_due_dates.keep_of_credited(doc)
		disputes.credited(doc)
		following.money_has_moved(doc.customer, doc.company)
		clearing.cause_may_be_gone(doc.customer, doc.company)


def on_cancel(doc, method=None):
	# A dispute about it, or one that it settled, keeps nobody from cancelling it: the dispute follows. So does a plan.
	followers = ("Dispute", "Order Milestone Plan", "Payment Plan")
	doc.ignore_linked_doctypes = (*(doc.get("ignore_linked_doctypes") or ()), *followers)
	milestones.invoices_changed(doc)
	disputes.credit_taken_back(doc)
	_count_returns(doc)
	following.money_has_moved(doc.customer, doc.company)
	clearing.cause_may_be_gone(doc.customer, doc.company)


def on_trash(doc, method=None):
	deliveries.draft_deleted(doc)


def _count_returns(doc):
	if doc.is_return and doc.update_stock:
		call_offs.goods_came_back(row.sales_order for row in doc.items)
