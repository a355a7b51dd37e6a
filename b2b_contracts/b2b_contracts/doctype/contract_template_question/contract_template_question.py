from frappe.model.document import Document


class ContractTemplateQuestion(Document):
	"""What a template asks whoever makes a contract from it."""
