from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class LimitationWarning(Document):
	"""People were warned that a claim can soon no longer be enforced. Its name is unique for document, due date, last day and
	step, so that nobody is warned twice; an acknowledgement moves the last day, and the warnings begin anew."""

	def validate(self):
		refuse_by_hand(self)
