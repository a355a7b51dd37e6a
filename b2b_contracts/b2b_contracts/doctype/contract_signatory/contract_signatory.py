from frappe.model.document import Document


class ContractSignatory(Document):
	"""Who signs a contract for whom, and when they did."""
