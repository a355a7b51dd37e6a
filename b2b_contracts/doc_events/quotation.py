"""Quotation: offers to customers on the negative list wait for a person; what security the order will take is shown; it follows
the contracts of its day."""

from b2b_contracts.contracts import order_check
from b2b_contracts.credit import credit_lists, quotations


def before_validate(doc, method=None):
	order_check.fill(doc)


def before_submit(doc, method=None):
	credit_lists.check_quotation(doc)
	order_check.refuse_difference(doc)


def validate(doc, method=None):
	credit_lists.warn_of_quotation(doc)
	quotations.show_demand(doc)
	order_check.stamp(doc)
	order_check.tell(doc)
