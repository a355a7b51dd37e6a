from frappe.model.document import Document


class OrderMilestone(Document):
	"""A step of an order that is accepted, invoiced and paid by itself; gross, in the order's currency."""
