from frappe.model.document import Document

from b2b_contracts.collections import dunning_exclusions


class DunningExclusion(Document):
	"""A customer or an invoice that gets no reminders for a while, with the reason and an end (requirements §3)."""

	def validate(self):
		dunning_exclusions.check(self)

	def on_trash(self):
		dunning_exclusions.refuse_deletion(self)
