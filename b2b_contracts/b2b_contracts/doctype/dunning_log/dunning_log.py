import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError


class DunningLog(Document):
	"""That an item has had a step: one row for each, whose key is unique in the database (requirements §3)."""

	def validate(self):
		if not self.flags.by_run:
			frappe.throw(_("The dunning log is written by dunning runs alone."), EvidenceError)

	def on_trash(self):
		frappe.throw(_("{0} is kept as evidence of what was sent.").format(self.name), EvidenceError)


def on_doctype_update():
	frappe.db.add_index("Dunning Log", ["customer", "company", "sent_on"], "b2b_customer")
