import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, formatdate


class CommissionPlan(Document):
	"""How commission is earned on the invoices from a day on (requirements §5)."""

	def validate(self):
		for field in ("invoiced_percent", "malus_percent"):
			if not 0 <= flt(self.get(field)) <= 100:
				frappe.throw(
					_("{0} is {1} %. Enter something from 0 to 100 %.").format(
						frappe.bold(_(self.meta.get_label(field))), self.get(field)
					),
					title=_("Percentage"),
				)
		same = {"for_company": self.for_company or ["is", "not set"], "valid_from": self.valid_from}
		other = frappe.db.get_value("Commission Plan", {**same, "name": ["!=", self.name]}, "title")
		if other:
			frappe.throw(
				_(
					"Plan {0} is for invoices from {1} already. Change that one, or choose another day."
				).format(frappe.bold(other), formatdate(self.valid_from)),
				title=_("Two plans"),
			)
