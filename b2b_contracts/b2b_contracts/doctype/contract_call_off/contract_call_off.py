from frappe.model.document import Document


class ContractCalloff(Document):
	"""A quantity of an item or an item group that the customer may call off under a contract, and what is called off of it."""
