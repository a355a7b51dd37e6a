from frappe.model.document import Document


class MonthlyPackMail(Document):
	"""To whom a pack went by e-mail, or why it did not."""
