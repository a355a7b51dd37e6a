from frappe.model.document import Document


class ContractClauseUse(Document):
	"""How a clause stands in a contract: which wording was agreed, and whether it deviates from ours."""
