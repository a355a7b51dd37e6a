from frappe.model.document import Document


class DunningTestVariant(Document):
	"""What is different for the customers of a variant; what is empty is as the flow has it."""
