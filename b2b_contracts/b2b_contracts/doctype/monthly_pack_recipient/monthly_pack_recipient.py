from frappe.model.document import Document


class MonthlyPackRecipient(Document):
	"""Who gets the packs of a schedule."""
