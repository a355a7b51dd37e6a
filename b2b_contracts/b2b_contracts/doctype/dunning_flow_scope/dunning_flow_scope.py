from frappe.model.document import Document


class DunningFlowScope(Document):
	pass
