from frappe.model.document import Document


class CollectionCaseDocument(Document):
	"""What proves a claim, or is missing."""
