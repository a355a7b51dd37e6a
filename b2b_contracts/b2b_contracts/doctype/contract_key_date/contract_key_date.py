from frappe.model.document import Document


class ContractKeyDate(Document):
	"""A day of a contract that people want to be reminded of."""
