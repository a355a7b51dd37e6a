from frappe.model.document import Document


class InsolvencyClaimTotal(Document):
	"""What is claimed in one of our companies, in its currency."""
