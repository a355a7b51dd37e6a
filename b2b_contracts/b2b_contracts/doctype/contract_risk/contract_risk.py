from frappe.model.document import Document


class ContractRisk(Document):
	"""A risk of a contract, how likely and how bad it is, and what is done about it."""
