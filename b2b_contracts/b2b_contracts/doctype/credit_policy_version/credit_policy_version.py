import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError
from b2b_contracts.permissions import refuse_by_hand


class CreditPolicyVersion(Document):
	"""The terms of a Credit Policy as they stood from one change to the next. Append-only."""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)
		if not self.is_new():
			frappe.throw(
				_("Version {0} of credit policy {1} is evidence and cannot be changed.").format(
					self.version, self.policy
				),
				EvidenceError,
				title=_("Evidence"),
			)

	def on_trash(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_unique("Credit Policy Version", ["policy", "version"], "unique_policy_version")
