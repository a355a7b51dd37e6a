from frappe.model.document import Document

from b2b_contracts.contracts import clauses
from b2b_contracts.exceptions import ContractError
from b2b_contracts.field_checks import refuse_negative


class ContractClause(Document):
	"""A clause of the library: how strictly it has to be kept, its wordings, and who may approve a deviation (requirements §6).

	What is changed here reaches contracts with the next approved version of a template.
	"""

	def validate(self):
		refuse_negative(self, ContractError)
		clauses.check(self)
