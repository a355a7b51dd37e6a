import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.collections import plan_agreement, plans
from b2b_contracts.collections.plan_facts import CANCELLED, DRAFT
from b2b_contracts.exceptions import EvidenceError, PaymentPlanError
from b2b_contracts.field_checks import refuse_negative

# What only the use cases write: a client may have sent anything.
WRITTEN_BY_USE_CASES = (
	*("approved_by", "approved_as", "approved_on"),
	*("activated_on", "completed_on", "broken_on"),
)
# What only the portal and the link of a reminder, and whoever answers what was asked for there, write.
WRITTEN_BY_PORTAL = (
	*("asked_for_by", "turned_down", "request_key"),
	*("acknowledged_by", "acknowledged_on", "asked_with", "link_key"),
)


class PaymentPlan(Document):
	"""What a customer pays of overdue invoices in instalments (requirements §3).

	Submitting it is approving it. Amounts are in the currency of the invoices' receivable account.
	"""

	def printed(self) -> dict:
		"""Return what the agreement says beside the plan, for its print format."""
		return plan_agreement.printed(self)

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		self.status = DRAFT
		self.update(dict.fromkeys(WRITTEN_BY_USE_CASES))
		if not self.flags.in_portal:
			before = self.get_doc_before_save()
			self.update({field: before.get(field) if before else None for field in WRITTEN_BY_PORTAL})

	def validate(self):
		refuse_negative(self, PaymentPlanError)
		plans.complete_draft(self)

	def before_submit(self):
		plans.approve(self)
		# The customer may ask for another one.
		self.update({"request_key": None, "turned_down": None})

	def on_submit(self):
		plans.approved(self)

	def before_update_after_submit(self):
		"""Put back what only the use cases write, whatever a form that was open meanwhile says of it."""
		before = self.get_doc_before_save()
		for fieldname in ("status", *WRITTEN_BY_USE_CASES):
			self.set(fieldname, before.get(fieldname))
		for table in ("invoices", "instalments"):
			self.set(table, before.get(table))

	def before_cancel(self):
		self.status = CANCELLED

	def on_cancel(self):
		plans.withdrawn(self)

	def on_trash(self):
		if self.docstatus == 2:
			frappe.throw(
				_("{0} was approved once. It is kept as evidence and cannot be deleted.").format(self.name),
				EvidenceError,
				title=_("Plan is evidence"),
			)


def on_doctype_update():
	frappe.db.add_index("Payment Plan", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Payment Plan", ["status", "creation"], "b2b_status")
