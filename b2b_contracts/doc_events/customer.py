"""Customer: rows of the credit limit table that the app owns stay as they are."""

from b2b_contracts.credit import native_limit


def before_validate(doc, method=None):
	native_limit.keep_on_form(doc)
