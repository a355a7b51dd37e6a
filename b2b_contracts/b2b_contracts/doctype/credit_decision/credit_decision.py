import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError
from b2b_contracts.permissions import refuse_by_hand


class CreditDecision(Document):
	"""One credit decision with its inputs, a link of the hash chain of its gate. Append-only."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)
		if not self.is_new():
			frappe.throw(
				_(
					"Credit decision {0} is evidence and cannot be changed. A new decision is written instead."
				).format(self.name),
				EvidenceError,
				title=_("Evidence"),
			)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_unique("Credit Decision", ["gate", "sequence"], "unique_gate_sequence")
	frappe.db.add_index("Credit Decision", ["reference_doctype", "reference_name"], "b2b_reference")
