from frappe.model.document import Document


class ContractCopyRecipient(Document):
	"""One of us who gets a signed copy of a contract, beside those who answer for it."""
