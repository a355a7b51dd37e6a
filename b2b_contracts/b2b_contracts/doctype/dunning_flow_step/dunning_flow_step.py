from frappe.model.document import Document


class DunningFlowStep(Document):
	"""A step of a flow: from which day on, by which channel, what it charges and does, and for whom."""
