from frappe.model.document import Document


class DunningRunShard(Document):
	pass
