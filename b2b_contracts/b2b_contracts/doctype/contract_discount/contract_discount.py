from frappe.model.document import Document


class ContractDiscount(Document):
	"""An agreed discount on an item, a group or a price list, from a quantity on and until it ends."""
