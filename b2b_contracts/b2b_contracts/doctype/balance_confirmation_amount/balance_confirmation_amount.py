from frappe.model.document import Document


class BalanceConfirmationAmount(Document):
	"""What a customer was said to owe in one currency, and what it says itself."""
