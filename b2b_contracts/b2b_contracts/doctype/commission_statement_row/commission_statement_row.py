from frappe.model.document import Document


class CommissionStatementRow(Document):
	"""What moved the commission on one invoice in the month, or what has changed of an earlier month."""
