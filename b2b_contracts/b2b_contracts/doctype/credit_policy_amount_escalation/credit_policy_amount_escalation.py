from frappe.model.document import Document


class CreditPolicyAmountEscalation(Document):
	"""From which amount over the limit a higher role is needed."""
