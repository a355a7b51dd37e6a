from frappe.model.document import Document


class CollectionCaseItem(Document):
	"""An invoice of a collection case: what of it is handed over, in the currency of its receivable account, and what is left out."""
