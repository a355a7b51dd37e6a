from frappe.model.document import Document


class CollectionTaskItem(Document):
	"""An invoice that a task is about, as it stood when the task was opened, in the currency of its receivable account."""
