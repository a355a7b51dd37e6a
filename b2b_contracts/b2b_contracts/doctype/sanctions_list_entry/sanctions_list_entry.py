import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import sanctions_lists
from b2b_contracts.exceptions import EvidenceError


class SanctionsListEntry(Document):
	"""A party or a country on a list. It keeps its name through all versions of the list, so that matches keep theirs."""

	def autoname(self):
		self.name = sanctions_lists.name_of(self.as_dict())

	def validate(self):
		sanctions_lists.complete(self)

	def on_update(self):
		sanctions_lists.entry_changed(self)

	def on_trash(self):
		frappe.throw(
			_("{0} is kept as evidence and cannot be deleted. Set it to Removed instead.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Sanctions List Entry", ["sanctions_list", "status"], "b2b_list")
	frappe.db.add_index("Sanctions List Entry", ["listed_country", "status"], "b2b_country")
