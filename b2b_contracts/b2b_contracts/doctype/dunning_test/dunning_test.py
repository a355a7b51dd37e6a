from frappe.model.document import Document

from b2b_contracts.collections import dunning_tests
from b2b_contracts.exceptions import DunningError
from b2b_contracts.field_checks import refuse_negative


class DunningTest(Document):
	"""Variants of a step of a dunning flow, compared by what their customers paid in time (requirements §3)."""

	def validate(self):
		refuse_negative(self, DunningError)
		dunning_tests.check(self)

	def on_trash(self):
		dunning_tests.refuse_deletion(self)
