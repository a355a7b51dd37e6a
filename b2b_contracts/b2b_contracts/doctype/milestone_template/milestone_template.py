import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine.milestones import whole_shares
from b2b_contracts.exceptions import MilestoneError
from b2b_contracts.field_checks import refuse_negative


class MilestoneTemplate(Document):
	"""Milestones that plans for orders start with (requirements §2.6)."""

	def validate(self):
		refuse_negative(self, MilestoneError)
		shares = [money(row.share) for row in self.milestones]
		if whole_shares(shares) is None:
			frappe.throw(
				_(
					"The shares of the milestones make up {0} %. Enter shares above 0 that make up 100 % of the order."
				).format(frappe.format_value(sum(shares), "Float")),
				MilestoneError,
				title=_("Milestones"),
			)

	def on_update(self):
		"""Leave one default: the template that was made one last."""
		if self.is_default:
			others = {"is_default": 1, "name": ["!=", self.name]}
			for name in frappe.get_all(self.doctype, filters=others, pluck="name"):
				frappe.db.set_value(self.doctype, name, "is_default", 0)
