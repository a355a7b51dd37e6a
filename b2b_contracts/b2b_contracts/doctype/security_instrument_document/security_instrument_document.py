from frappe.model.document import Document


class SecurityInstrumentDocument(Document):
	"""An order or invoice that a security covers alone."""
