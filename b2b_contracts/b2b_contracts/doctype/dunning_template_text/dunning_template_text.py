from frappe.model.document import Document


class DunningTemplateText(Document):
	pass
