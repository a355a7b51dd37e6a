from frappe.model.document import Document


class CollectionContact(Document):
	"""What somebody did about a task: when, with whom, and what came of it."""
