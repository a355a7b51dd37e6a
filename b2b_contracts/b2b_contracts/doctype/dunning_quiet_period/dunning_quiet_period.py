from frappe.model.document import Document


class DunningQuietPeriod(Document):
	pass
