from frappe.model.document import Document


class ContractTypeControl(Document):
	"""A control that new contracts of a type get in their compliance checklist."""
