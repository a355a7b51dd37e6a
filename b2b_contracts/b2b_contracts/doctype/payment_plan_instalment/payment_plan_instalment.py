from frappe.model.document import Document


class PaymentPlanInstalment(Document):
	"""An amount of a plan, when it is due, and how far it is paid; in the plan's currency."""
