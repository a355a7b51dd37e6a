from frappe.model.document import Document


class CreditPolicyMandate(Document):
	"""Up to which measure a role may give something away."""
