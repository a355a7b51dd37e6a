from frappe.model.document import Document


class DunningFlowScope(Document):
	"""Whom a flow is for: a customer, a risk class, a segment, or a segment and a risk class together."""
