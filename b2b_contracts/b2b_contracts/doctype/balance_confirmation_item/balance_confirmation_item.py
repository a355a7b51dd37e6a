from frappe.model.document import Document


class BalanceConfirmationItem(Document):
	"""An open item that a balance to confirm was made of."""
