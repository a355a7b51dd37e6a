import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError, WrittenByAppOnlyError


class ContractLetter(Document):
	"""A letter about a contract: a notice or an acknowledgement that we wrote, with the proof that it left, or one that was filed by
	hand. Written by the app alone; the proof, once it is there, never changes (requirements §6)."""

	def before_validate(self):
		if not self.flags.contract_service:
			frappe.throw(
				_("Letters are written and filed by the buttons on the contract, not by hand."),
				WrittenByAppOnlyError,
				title=_("Not by hand"),
			)

	def on_trash(self):
		frappe.throw(
			_("Letter {0} is evidence and cannot be deleted.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Contract Letter", ["status", "next_reminder_on"], "b2b_to_ask_for")
	frappe.db.add_index("Contract Letter", ["contract", "letter_date"], "b2b_of_contract")
