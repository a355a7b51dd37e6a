from frappe.model.document import Document


class DunningNoticeItem(Document):
	"""An item of a notice: what is open, what of it is asked for, the step it takes, and why something is left out."""
