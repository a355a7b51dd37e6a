import frappe
from frappe.model.document import Document

from b2b_contracts.permissions import refuse_by_hand


class InsurerDuty(Document):
	"""Something that an insurer wants by a day (requirements §2.6): made, closed and escalated by `credit/insurer_duties.py`.

	One a policy, kind and reference, which names an item, a period or a case: unique in the database.
	"""

	def validate(self):
		refuse_by_hand(self)


def on_doctype_update():
	frappe.db.add_unique("Insurer Duty", ["insurance_policy", "duty", "reference"], "unique_policy_duty")
	frappe.db.add_index("Insurer Duty", ["status", "due_date"], "b2b_due")
	frappe.db.add_index("Insurer Duty", ["customer", "company", "status"], "b2b_customer")
