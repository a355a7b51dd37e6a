import frappe
from frappe.model.document import Document

from b2b_contracts.credit import holds, mandates, releasing
from b2b_contracts.permissions import refuse_by_hand


class CreditHold(Document):
	"""An order, delivery, invoice or customer that waits for a credit decision. The use cases write it."""

	def onload(self):
		"""Tell the form what its user may answer: deputies and four eyes are known here only."""
		if self.status != holds.OPEN:
			return
		required = releasing.role_required(self)
		why_not = releasing.why_not_release(self, required)
		self.set_onload("may_release", why_not is None)
		self.set_onload("why_not_release", why_not)
		self.set_onload("may_advise", releasing.may_advise())
		self.set_onload("may_minute", why_not is not None and releasing.may_minute(self, required))
		self.set_onload("may_ask_the_board", mandates.may_ask_the_board(required))

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_index("Credit Hold", ["reference_doctype", "reference_name"], "b2b_reference")
	frappe.db.add_index("Credit Hold", ["customer", "company", "status"], "b2b_customer")
