from frappe.model.document import Document


class ContractAnswer(Document):
	"""The answer to a question of the template that has no field of the contract."""
