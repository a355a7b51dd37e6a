import frappe
from frappe.model.document import Document

from b2b_contracts.reporting import snapshots


class MonthSnapshotFigure(Document):
	"""A key figure of a closed month, with the numbers that it was made from. Written once, by no hand."""

	def validate(self):
		snapshots.refuse_hands(self)

	def on_trash(self):
		snapshots.refuse_hands(self)


def on_doctype_update():
	frappe.db.add_index("Month Snapshot Figure", ["company", "dimension", "month_end"], "b2b_months")
