import frappe
from frappe.model.document import Document
from frappe.utils import add_days, getdate

from b2b_contracts.permissions import refuse_by_hand


class PaymentLinkClick(Document):
	"""A day on which a payment link was opened, for the click rate (requirements §3). Its key is unique for what the link was
	sent with and the day: how often, from where and by whom is not kept. What it is about is named and not linked, so that
	it keeps nothing from being deleted.
	"""

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		refuse_by_hand(self)

	@staticmethod
	def clear_old_logs(days: int = 400) -> None:
		"""Delete the days on which links were opened so long ago. Frappe's Log Settings call this every day and say how long."""
		last = add_days(getdate(), -days)
		frappe.db.delete("Payment Link Click", {"clicked_on": ("<", last)})


def on_doctype_update():
	frappe.db.add_index("Payment Link Click", ["reference_doctype", "reference_name"], "b2b_reference")
	frappe.db.add_index("Payment Link Click", ["clicked_on"], "b2b_clicked_on")
