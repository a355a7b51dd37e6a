from frappe.model.document import Document


class ContractParty(Document):
	"""One of the parties of a contract: ours, the customer, a guarantor, another company of its group."""
