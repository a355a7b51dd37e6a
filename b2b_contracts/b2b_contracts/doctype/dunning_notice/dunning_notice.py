import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.collections import dunning_notices
from b2b_contracts.exceptions import EvidenceError


class DunningNotice(Document):
	"""What one customer is reminded of in one run, in the currency of the receivable account (requirements §3).

	A user leaves it or an item of it out while the run is planned; everything else is written by the run.
	"""

	def validate(self):
		dunning_notices.check_edit(self)

	def on_trash(self):
		frappe.throw(
			_("{0} is kept as evidence of what was sent or left out.").format(self.name), EvidenceError
		)


def on_doctype_update():
	frappe.db.add_index("Dunning Notice", ["run", "status"], "b2b_run")
	frappe.db.add_index("Dunning Notice", ["customer", "company", "run_date"], "b2b_customer")
	frappe.db.add_index("Dunning Notice", ["status", "channel"], "b2b_status")
