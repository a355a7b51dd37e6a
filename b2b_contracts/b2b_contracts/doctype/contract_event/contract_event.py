import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError, WrittenByAppOnlyError


class ContractEvent(Document):
	"""Something that happened to a contract, and who was told. Append-only; `effect_key` is unique in the database, so that
	nothing is done or told twice."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		if not self.flags.contract_service:
			frappe.throw(
				_("The history of a contract is written by the app alone. Use the buttons on the contract."),
				WrittenByAppOnlyError,
				title=_("Not by hand"),
			)
		if not self.is_new():
			self.refuse_change()

	def on_trash(self):
		self.refuse_change()

	def refuse_change(self):
		frappe.throw(
			_("Contract event {0} is evidence and cannot be changed or deleted.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Contract Event", ["contract", "happened_on"], "b2b_history")
	# Who was told last of each of many contracts.
	frappe.db.add_index("Contract Event", ["contract", "event", "happened_on"], "b2b_told")
