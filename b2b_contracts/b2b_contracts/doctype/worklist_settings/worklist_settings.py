import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from b2b_contracts.exceptions import WorklistError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred


class WorklistSettings(Document):
	"""What the factors of the collections worklist weigh (requirements §3): priority = amount × age × risk × broken promises ×
	age of the dispute. Amounts are in the currency of the company that is looked at."""

	def validate(self):
		refuse_negative(self, WorklistError)
		refuse_over_hundred(self, ("disputed_percent",), WorklistError)
		for fieldname in ("amount_unit", "age_days", "dispute_days"):
			if flt(self.get(fieldname)) < 1:
				frappe.throw(
					_("{0} is {1}. Enter 1 or more: the rest is divided by it.").format(
						frappe.bold(_(self.meta.get_label(fieldname), context=self.doctype)),
						self.get(fieldname) or 0,
					),
					WorklistError,
					title=_("Worklist settings"),
				)
