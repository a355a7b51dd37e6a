import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import milestones
from b2b_contracts.exceptions import EvidenceError, MilestoneError
from b2b_contracts.field_checks import refuse_negative


class OrderMilestonePlan(Document):
	"""How an order is paid step by step (requirements §2.6). Gross, in the order's currency.

	Submitting it is agreeing on it. One plan an order: `live_order` is unique, and empty once it is cancelled.
	"""

	def onload(self):
		self.set_onload("drafts", milestones.drafts_of(row.name for row in self.milestones))

	def validate(self):
		refuse_negative(self, MilestoneError)
		milestones.complete_draft(self)
		# The customer follows from the order, so it is known only now whether it is one of the user's own.
		if not self.flags.ignore_permissions:
			self.check_permission("write")

	def before_submit(self):
		milestones.agree(self)

	def on_submit(self):
		milestones.agreed(self)

	def before_update_after_submit(self):
		"""Put back what only the use cases write, whatever a form that was open meanwhile says of it."""
		before = self.get_doc_before_save()
		for field in ("status", "total_amount", "invoiced_amount", "paid_amount", "live_order"):
			self.set(field, before.get(field))
		dates = {row.name: row.expected_date for row in self.milestones}
		self.milestones = before.milestones
		for row in self.milestones:
			row.expected_date = dates.get(row.name, row.expected_date)

	def before_cancel(self):
		milestones.withdraw(self)

	def on_cancel(self):
		milestones.withdrawn(self)

	def on_trash(self):
		if self.docstatus == 2:
			frappe.throw(
				_("{0} was in force once. It is kept as evidence and cannot be deleted.").format(self.name),
				EvidenceError,
				title=_("Plan is evidence"),
			)


def on_doctype_update():
	frappe.db.add_index("Order Milestone Plan", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Order Milestone Plan", ["sales_order", "creation"], "b2b_order")
