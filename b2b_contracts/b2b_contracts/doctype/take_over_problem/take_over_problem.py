from frappe.model.document import Document


class TakeoverProblem(Document):
	"""What is wrong in the workbook of a take-over, and where; row 0 is the whole sheet."""
