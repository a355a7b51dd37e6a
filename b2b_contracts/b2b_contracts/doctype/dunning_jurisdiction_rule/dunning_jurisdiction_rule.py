from frappe.model.document import Document


class DunningJurisdictionRule(Document):
	"""One rule of a jurisdiction, from a day on (requirements §3.1). Its document checks it."""
