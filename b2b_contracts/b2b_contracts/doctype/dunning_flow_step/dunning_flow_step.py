from frappe.model.document import Document


class DunningFlowStep(Document):
	pass
