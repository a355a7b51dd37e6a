"""Customer: rows of the credit limit table that the app owns stay; a merge frees nobody; listed tax IDs are pointed out; whoever
is new or called otherwise is screened; payment days are days."""

from b2b_contracts.collections import dunning_flows, jurisdictions
from b2b_contracts.credit import credit_lists, native_limit, profiles, screening


def before_validate(doc, method=None):
	native_limit.keep_on_form(doc)


def validate(doc, method=None):
	# What is no day of the month would stop every run, and the worklist.
	dunning_flows.payment_days(doc.b2b_payment_days, doc.customer_name)
	jurisdictions.check_late_terms(doc)
	screening.customer_checked(doc)
	credit_lists.warn_of_customer(doc)


def on_update(doc, method=None):
	jurisdictions.forget()
	screening.customer_saved(doc)


def before_rename(doc, method, old, new, merge=False):
	if merge:
		profiles.merge(old, new)
		screening.merge(old, new)
	screening.renamed(new if merge else old, new)
