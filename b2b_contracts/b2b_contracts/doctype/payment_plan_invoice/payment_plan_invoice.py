from frappe.model.document import Document


class PaymentPlanInvoice(Document):
	"""What of an invoice is paid by a plan, and what of that is still open; in the plan's currency."""
