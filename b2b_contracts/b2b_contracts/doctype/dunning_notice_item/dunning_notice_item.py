from frappe.model.document import Document


class DunningNoticeItem(Document):
	pass
