from frappe.model.document import Document


class DunningQuietPeriod(Document):
	"""Days on which nothing is sent."""
