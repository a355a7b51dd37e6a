"""Quotation: offers to customers on the negative list wait for a person; what security the order will take is shown."""

from b2b_contracts.credit import credit_lists, quotations


def before_submit(doc, method=None):
	credit_lists.check_quotation(doc)


def validate(doc, method=None):
	credit_lists.warn_of_quotation(doc)
	quotations.show_demand(doc)
