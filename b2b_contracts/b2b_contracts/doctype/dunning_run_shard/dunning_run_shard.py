from frappe.model.document import Document


class DunningRunShard(Document):
	"""Some hundred customers of a run, which one job plans and sends."""
