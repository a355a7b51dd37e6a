from frappe.model.document import Document


class ContractInsuranceCertificate(Document):
	"""The proof of an insurance that a contract asks for, and until when it is valid."""
