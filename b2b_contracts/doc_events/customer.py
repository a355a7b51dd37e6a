"""Customer: rows of the credit limit table that the app owns stay as they are; a merge frees nobody."""

from b2b_contracts.credit import native_limit, profiles


def before_validate(doc, method=None):
	native_limit.keep_on_form(doc)


def before_rename(doc, method, old, new, merge=False):
	if merge:
		profiles.merge(old, new)
