import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, now_datetime

from b2b_contracts.reporting import commission_statements


class CommissionStatement(Document):
	"""What a salesperson is paid for a month. A draft follows the books; an approved one never changes."""

	def validate(self):
		commission_statements.fill(self)
		seen = self.get_doc_before_save()
		if self.docstatus == 1 and seen and flt(seen.total, 2) != flt(self.total, 2):
			frappe.throw(
				_(
					"The books have changed since this draft was counted: {0} before, {1} now. Count again and look at it, then approve."
				).format(seen.get_formatted("total"), self.get_formatted("total")),
				title=_("Changed meanwhile"),
			)

	def before_submit(self):
		commission_statements.refuse_to_approve(self)
		self.update({"approved_by": frappe.session.user, "approved_on": now_datetime()})

	def before_cancel(self):
		frappe.throw(
			_(
				"Statement {0} was approved and stays as it is: what is corrected comes in the next one."
			).format(self.name),
			title=_("Approved already"),
		)


def on_doctype_update():
	frappe.db.add_unique(
		"Commission Statement", ["sales_person", "company", "month_end"], "b2b_person_company_month"
	)
