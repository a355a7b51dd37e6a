from frappe.model.document import Document


class ContractMilestone(Document):
	"""A milestone of a contract, until when it is reached and how that is accepted."""
