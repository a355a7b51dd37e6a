from frappe.model.document import Document


class ContractPrice(Document):
	"""An agreed price of an item or a group, from a quantity on and for as long as it is valid."""
