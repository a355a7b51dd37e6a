import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.contracts import papers, templates
from b2b_contracts.exceptions import EvidenceError


class B2BContractTemplate(Document):
	"""A version of a contract template: its clauses in their order, and what is asked for a contract made from it
	(requirements §6). An approved version is never changed; a new one is made from it."""

	def autoname(self):
		self.name = templates.name_of(self)

	def before_validate(self):
		templates.put_back(self)

	def validate(self):
		templates.check(self)
		papers.check_layout(self)

	def on_trash(self):
		if self.status != templates.DRAFT and not self.flags.contract_service:
			frappe.throw(
				_(
					"Template {0} was approved and is kept: contracts may be made from it. Retire it instead."
				).format(self.name),
				EvidenceError,
				title=_("Evidence"),
			)


def on_doctype_update():
	frappe.db.add_unique("B2B Contract Template", ["template_name", "version_number"], "b2b_template_version")
	frappe.db.add_index("B2B Contract Template", ["contract_type", "status"], "b2b_template_type")
