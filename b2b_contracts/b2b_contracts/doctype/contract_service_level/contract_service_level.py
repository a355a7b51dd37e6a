from frappe.model.document import Document


class ContractServiceLevel(Document):
	"""A level of service that is promised, how it is measured, and what missing it costs."""
