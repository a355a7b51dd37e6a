from frappe.model.document import Document


class CollectionCasePayment(Document):
	"""A payment at the agency, in the currency of the case."""
