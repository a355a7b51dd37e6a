from frappe.model.document import Document


class ContractReview(Document):
	"""What one function says of a contract, and until when it is to say it."""
