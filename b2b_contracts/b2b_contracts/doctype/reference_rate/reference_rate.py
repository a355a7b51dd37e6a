from frappe.model.document import Document

from b2b_contracts.collections import jurisdictions


class ReferenceRate(Document):
	"""The rate of a central bank, in per cent p.a., that interest follows for half a year (requirements §3.1)."""

	def validate(self):
		jurisdictions.check_rate(self)

	def on_update(self):
		jurisdictions.forget()

	def after_delete(self):
		jurisdictions.forget()
