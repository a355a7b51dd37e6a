from frappe.model.document import Document


class InsolvencySecurity(Document):
	"""A security that somebody else pays on."""
