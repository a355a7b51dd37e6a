import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.exceptions import EvidenceError
from b2b_contracts.permissions import refuse_by_hand


class DunningCharge(Document):
	"""A reminder fee, interest on an item or a compensation, in the currency of the receivable account (requirements §3, §3.1).

	Written by `collections/dunning_charges.py` alone.
	"""

	def validate(self):
		refuse_by_hand(self)

	def on_trash(self):
		frappe.throw(_("{0} is kept as evidence of what was charged.").format(self.name), EvidenceError)


def on_doctype_update():
	frappe.db.add_index("Dunning Charge", ["customer", "company", "state"], "b2b_customer")
