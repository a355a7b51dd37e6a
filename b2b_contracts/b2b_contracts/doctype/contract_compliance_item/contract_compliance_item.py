from frappe.model.document import Document


class ContractComplianceItem(Document):
	"""A control that has to be done before a contract is approved, and what proves it."""
