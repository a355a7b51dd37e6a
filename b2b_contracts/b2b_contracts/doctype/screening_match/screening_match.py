import frappe
from frappe.model.document import Document

from b2b_contracts.credit import screening
from b2b_contracts.permissions import refuse_by_hand


class ScreeningMatch(Document):
	"""A customer that may stand on a list. Made by the screening, decided by a Compliance Officer, never written by hand."""

	def onload(self):
		"""Tell the form what its user may answer, and who is compared with whom."""
		self.set_onload("compared", screening.compared(self))
		for verb in (screening.CLEARED, screening.CONFIRMED):
			self.set_onload(f"why_not_{verb.lower()}", screening.why_not(self, verb))

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_unique("Screening Match", ["customer", "entry"], "b2b_customer_entry")
	frappe.db.add_index("Screening Match", ["customer", "status"], "b2b_customer_status")
