import frappe
from frappe.model.document import Document

from b2b_contracts.collections import approvals
from b2b_contracts.credit import mandates
from b2b_contracts.permissions import need_customer, refuse_by_hand


class ApprovalRequest(Document):
	"""Something that is given away and takes a mandate (requirements §2.2).

	Anybody who sells or collects may ask; it is measured and decided by the use cases, and never changed by hand.
	"""

	def onload(self):
		"""Tell the form what its user may decide: mandates, deputies and four eyes are known here only."""
		if self.status != approvals.OPEN:
			return
		why_not = approvals.why_not_approve(self)
		self.set_onload("may_approve", why_not is None)
		self.set_onload("why_not_approve", why_not)
		self.set_onload("may_minute", why_not is not None and approvals.may_minute(self))
		self.set_onload("may_ask_the_board", mandates.may_ask_the_board(self.required_role))

	def before_insert(self):
		customer = approvals.customer_of(self.action, self.reference_doctype, self.reference_name)
		if customer:
			need_customer(customer)
		approvals.complete(self)

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		if not self.is_new():
			refuse_by_hand(self)

	def after_insert(self):
		approvals.asked(self)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_index("Approval Request", ["reference_doctype", "reference_name"], "b2b_reference")
	frappe.db.add_index("Approval Request", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Approval Request", ["status", "response_due"], "b2b_due")
