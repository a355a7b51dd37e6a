import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError
from b2b_contracts.permissions import refuse_by_hand


class BalanceConfirmation(Document):
	"""A customer is asked whether a balance is right (requirements §3). Amounts are in the currencies of its receivable accounts.

	The `row_key` is unique for run and customer. Written by the use cases alone: what a customer has answered is evidence.
	"""

	def validate(self):
		refuse_by_hand(self)

	def on_trash(self):
		frappe.throw(
			_("{0} is evidence for the audit and cannot be deleted.").format(self.name),
			EvidenceError,
			title=_("Balance confirmation is evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Balance Confirmation", ["customer", "company", "as_of"], "b2b_customer")
	frappe.db.add_index("Balance Confirmation", ["status", "sent_on"], "b2b_status")
