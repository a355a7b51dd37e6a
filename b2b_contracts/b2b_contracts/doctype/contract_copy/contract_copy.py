import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError, WrittenByAppOnlyError


class ContractCopy(Document):
	"""A signed copy that goes to one address: planned when the contract is signed, and sent once. `copy_key` is unique in the
	database, so that nobody gets it twice (requirements §6)."""

	def before_validate(self):
		if not self.flags.contract_service:
			frappe.throw(
				_("Signed copies are sent by the button on the contract, not entered by hand."),
				WrittenByAppOnlyError,
				title=_("Not by hand"),
			)

	def on_trash(self):
		frappe.throw(
			_("Who got a copy of contract {0} is evidence and cannot be deleted.").format(self.contract),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Contract Copy", ["status", "modified"], "b2b_to_send")
