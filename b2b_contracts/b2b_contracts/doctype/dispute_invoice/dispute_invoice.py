from frappe.model.document import Document


class DisputeInvoice(Document):
	"""How much of one invoice is disputed, in the currency of its receivable account."""
