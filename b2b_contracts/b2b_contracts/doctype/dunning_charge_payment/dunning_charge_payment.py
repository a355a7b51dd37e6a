from frappe.model.document import Document


class DunningChargePayment(Document):
	"""What one payment paid of a charge."""
