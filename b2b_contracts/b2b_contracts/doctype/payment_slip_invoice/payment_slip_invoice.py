from frappe.model.document import Document


class PaymentSlipInvoice(Document):
	"""An invoice that a payment slip is for, and what is awaited of it, in the currency of its receivable account."""
