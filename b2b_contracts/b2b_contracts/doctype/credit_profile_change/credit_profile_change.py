from frappe.model.document import Document


class CreditProfileChange(Document):
	"""One entry of a Credit Profile's history: who changed what, when and why."""
