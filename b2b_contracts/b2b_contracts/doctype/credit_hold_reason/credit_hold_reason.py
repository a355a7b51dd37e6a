from frappe.model.document import Document


class CreditHoldReason(Document):
	"""One rule that holds a document: what was measured against what."""
