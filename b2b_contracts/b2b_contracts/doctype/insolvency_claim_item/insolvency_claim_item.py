from frappe.model.document import Document


class InsolvencyClaimItem(Document):
	"""A row of a claim as it was when it was taken."""
