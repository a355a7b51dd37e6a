from frappe.model.document import Document


class ContractObligation(Document):
	"""Something that one of the parties has to do until a day."""
