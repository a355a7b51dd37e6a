import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.contracts import search_texts
from b2b_contracts.exceptions import EvidenceError, WrittenByAppOnlyError


class ContractDocument(Document):
	"""A paper of a contract: a draft, a locked PDF, a redline, what was signed, a letter. Append-only: each version stays, with the
	hash of its file (requirements §6)."""

	def autoname(self):
		self.name = f"{self.contract}-D{self.number:03d}"

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		if not self.flags.contract_service:
			frappe.throw(
				_("Documents of a contract are filed by the buttons on the contract, not by hand."),
				WrittenByAppOnlyError,
				title=_("Not by hand"),
			)
		if not self.is_new():
			self.refuse_change()

	def after_insert(self):
		search_texts.keep_documents(self.contract)

	def on_trash(self):
		self.refuse_change()

	def refuse_change(self):
		frappe.throw(
			_("Contract document {0} is evidence and cannot be changed or deleted.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_unique("Contract Document", ["contract", "number"], "b2b_number")
