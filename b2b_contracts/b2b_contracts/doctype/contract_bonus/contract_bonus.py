from frappe.model.document import Document


class ContractBonus(Document):
	"""A step of a bonus: what the customer gets back from a turnover on."""
