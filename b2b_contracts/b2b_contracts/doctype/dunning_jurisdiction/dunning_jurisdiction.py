from frappe.model.document import Document

from b2b_contracts.collections import jurisdictions


class DunningJurisdiction(Document):
	"""What the law of a country lets a creditor charge, each rule with its date, source and whether it is confirmed
	(requirements §3.1). Amounts are in its own currency."""

	def validate(self):
		jurisdictions.check(self)

	def on_update(self):
		jurisdictions.forget()

	def after_rename(self, old, new, merge=False):
		jurisdictions.forget()

	def after_delete(self):
		jurisdictions.forget()
