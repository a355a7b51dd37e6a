from frappe.model.document import Document


class CreditGroupMember(Document):
	"""A customer of a Credit Group."""
