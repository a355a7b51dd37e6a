from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class AccountStatement(Document):
	"""A statement of account of one customer that goes out, or went. Its `row_key` is unique for run and customer, so that a run
	sends nobody a second one."""

	def validate(self):
		refuse_by_hand(self)
