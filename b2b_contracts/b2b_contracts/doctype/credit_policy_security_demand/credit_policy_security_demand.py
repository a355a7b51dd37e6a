from frappe.model.document import Document


class CreditPolicySecurityDemand(Document):
	"""A ground on which an order takes security (requirements §2.6)."""
