from frappe.model.document import Document


class ContractClauseWording(Document):
	"""One wording of a clause in one language."""
