import frappe
from frappe.model.document import Document

from b2b_contracts.reporting import snapshots


class MonthSnapshotCustomer(Document):
	"""What a customer owed at the end of a month, and its limit of then. Written once, by no hand."""

	def validate(self):
		snapshots.refuse_hands(self)

	def on_trash(self):
		snapshots.refuse_hands(self)


def on_doctype_update():
	frappe.db.add_index("Month Snapshot Customer", ["company", "month_end"], "b2b_months")
