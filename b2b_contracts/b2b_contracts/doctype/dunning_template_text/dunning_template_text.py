from frappe.model.document import Document


class DunningTemplateText(Document):
	"""What a template says in one language."""
