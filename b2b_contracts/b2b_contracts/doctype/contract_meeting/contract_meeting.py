from frappe.model.document import Document


class ContractMeeting(Document):
	"""A meeting about a contract that is planned or was held."""
