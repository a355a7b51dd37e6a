from frappe.model.document import Document

from b2b_contracts.reporting import snapshots


class MonthSnapshot(Document):
	"""What a month was when its books were closed (reporting/snapshots.py). Written once, by no hand."""

	def validate(self):
		snapshots.refuse_hands(self)

	def on_trash(self):
		snapshots.refuse_hands(self)
