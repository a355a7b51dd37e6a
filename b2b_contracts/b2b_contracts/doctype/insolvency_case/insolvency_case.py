import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import now_datetime

from b2b_contracts.collections import insolvency
from b2b_contracts.engine.insolvency import OPEN
from b2b_contracts.exceptions import InsolvencyError
from b2b_contracts.field_checks import refuse_negative

# What only the use cases write: a client may have sent anything.
OURS = (
	*("status", "stopped_on", "carried_out_on", "claim_taken_on"),
	*("ended_on", "ended_by", "ended_as", "end_reason"),
)
# What the claim was taken by: a form that changes it takes the claim anew.
CLAIMED_BY = ("insolvent_on", "interest_rate", "retains_title")


class InsolvencyCase(Document):
	"""A customer's insolvency and what we claim (requirements §3). Inserting it stops everything.

	Amounts in the companies' currencies, a company a row of the totals.
	"""

	def before_insert(self):
		self.update(dict.fromkeys(OURS))
		# Inserting it stops the customer, in one transaction.
		self.status, self.stopped_on = OPEN, now_datetime()
		for table in insolvency.TABLES:
			self.set(table, [])

	def validate(self):
		if self.flags.credit_service:
			return
		self.put_back()
		refuse_negative(self, InsolvencyError)
		if self.is_new():
			insolvency.check(self)
		elif self.status != OPEN:
			self.refuse_changes()

	def after_insert(self):
		insolvency.reported(self)

	def on_update(self):
		if self.flags.credit_service or self.flags.in_insert:
			return
		if any(self.has_value_changed(field) for field in CLAIMED_BY):
			insolvency.claim_may_have_changed(self)

	def put_back(self):
		before = self.get_doc_before_save()
		if not before:
			return
		for fieldname in OURS:
			self.set(fieldname, before.get(fieldname))
		for table in insolvency.TABLES:
			self.set(table, before.get(table))

	def refuse_changes(self):
		for fieldname in (*CLAIMED_BY, "kind"):
			if self.has_value_changed(fieldname):
				frappe.throw(
					_("Insolvency case {0} is closed ({1}): {2} stays as it was.").format(
						self.name,
						_(self.status, context="Insolvency Case"),
						frappe.bold(_(self.meta.get_label(fieldname))),
					),
					InsolvencyError,
					title=_("Closed"),
				)


def on_doctype_update():
	frappe.db.add_index("Insolvency Case", ["customer", "status"], "b2b_customer")
