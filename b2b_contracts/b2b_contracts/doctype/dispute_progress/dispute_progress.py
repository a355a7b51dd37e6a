from frappe.model.document import Document


class DisputeProgress(Document):
	"""One entry in the history of a dispute: who said or did what, and whose turn it is since."""
