from frappe.model.document import Document


class ContractTemplateClause(Document):
	"""A clause of a template, in its place, with its wordings as they were when the template was approved."""
