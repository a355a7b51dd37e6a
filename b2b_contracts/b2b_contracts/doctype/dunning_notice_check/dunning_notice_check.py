from frappe.model.document import Document


class DunningNoticeCheck(Document):
	"""What one rule of the law did to a notice."""
