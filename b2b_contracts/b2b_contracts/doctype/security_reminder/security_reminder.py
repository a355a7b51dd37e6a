from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class SecurityReminder(Document):
	"""People were reminded of the end of a security, at one of the policy's steps. Its name is unique for security, last day
	and step, so that nobody is reminded twice."""

	def validate(self):
		refuse_by_hand(self)
