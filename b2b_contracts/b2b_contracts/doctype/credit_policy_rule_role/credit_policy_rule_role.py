from frappe.model.document import Document


class CreditPolicyRuleRole(Document):
	"""Who may release what one rule holds."""
