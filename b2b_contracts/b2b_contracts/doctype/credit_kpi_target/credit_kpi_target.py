from frappe.model.document import Document


class CreditKPITarget(Document):
	"""The target and limit of a key figure for one segment; 0 is what the figure itself has."""
