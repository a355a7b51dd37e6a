from frappe.model.document import Document


class DunningChargePayment(Document):
	pass
