from frappe.model.document import Document


class CreditSegmentLevel(Document):
	"""One step of a Credit Segment's ladder."""
