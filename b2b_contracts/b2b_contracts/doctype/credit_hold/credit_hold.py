import frappe
from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class CreditHold(Document):
	"""An order, delivery, invoice or customer that waits for a credit decision. The use cases write it."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_index("Credit Hold", ["reference_doctype", "reference_name"], "b2b_reference")
	frappe.db.add_index("Credit Hold", ["customer", "company", "status"], "b2b_customer")
