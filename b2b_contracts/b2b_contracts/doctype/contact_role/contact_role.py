from frappe.model.document import Document


class ContactRole(Document):
	"""What a contact of a customer is told of, for one company or for all, and in which language (requirements §3).

	Not `company` and `language`: Frappe would fill them with the site's own at insert, and here empty says something.
	"""
