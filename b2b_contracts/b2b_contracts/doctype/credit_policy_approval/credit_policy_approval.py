from frappe.model.document import Document


class CreditPolicyApproval(Document):
	"""One cell of the approval matrix."""
