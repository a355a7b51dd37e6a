from frappe.model.document import Document


class MilestoneTemplateRow(Document):
	"""A milestone that plans start with; its share is per cent of the order."""
