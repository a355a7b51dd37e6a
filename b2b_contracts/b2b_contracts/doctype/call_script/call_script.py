from frappe.model.document import Document

from b2b_contracts.collections import call_scripts
from b2b_contracts.exceptions import WorklistError
from b2b_contracts.field_checks import refuse_unknown_choice


class CallScript(Document):
	"""What to say on the phone in a situation, in a language: a sentence a line (requirements §3)."""

	def validate(self):
		refuse_unknown_choice(self, "situation", call_scripts.SITUATIONS, WorklistError)
		call_scripts.check(self)
