from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class CreditGate(Document):
	"""The row that is locked while credit is decided: number and hash of the last decision, recent grants."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	def on_trash(self):
		refuse_by_hand(self)
