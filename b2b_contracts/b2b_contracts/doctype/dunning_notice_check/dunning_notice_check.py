from frappe.model.document import Document


class DunningNoticeCheck(Document):
	pass
