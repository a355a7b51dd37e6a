from frappe.model.document import Document


class ContractTypeApproval(Document):
	"""Who approves contracts of a type over a yearly value or a length."""
