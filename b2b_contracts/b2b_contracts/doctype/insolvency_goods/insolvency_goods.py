from frappe.model.document import Document


class InsolvencyGoods(Document):
	"""Goods that the customer has and has not paid."""
