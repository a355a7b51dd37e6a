from frappe.model.document import Document


class ContractTypeReview(Document):
	"""Which function looks at contracts of a type, and within how many working days."""
