import frappe
from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class BoardLink(Document):
	"""A link with which a member of the Board decides once, without a desk log-in (requirements §1). Written by the use case."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_index("Board Link", ["reference_doctype", "reference_name", "status"], "b2b_reference")
