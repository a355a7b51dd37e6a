import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, getdate

from b2b_contracts.collections import promises
from b2b_contracts.engine.promises import OPEN
from b2b_contracts.exceptions import PromiseError
from b2b_contracts.field_checks import refuse_negative


class PromisetoPay(Document):
	"""Money that a customer has promised until a date (requirements §3), in the currency of the receivable account.

	What was promised cannot be changed afterwards, or no promise would ever be broken: withdraw it and note the new one.
	"""

	def before_insert(self):
		self.status, self.paid_amount, self.judged_on = OPEN, 0, None

	def validate(self):
		self.put_back()
		refuse_negative(self, PromiseError)
		if self.is_new():
			self.validate_dates()
			promises.complete(self)

	def after_insert(self):
		promises.made(self)

	def put_back(self):
		"""Put back what only the use cases write: a client may have sent anything."""
		before = self.get_doc_before_save()
		for fieldname in ("status", "paid_amount", "judged_on") if before else ():
			self.set(fieldname, before.get(fieldname))

	def validate_dates(self):
		if getdate(self.made_on) > getdate():
			frappe.throw(
				_(
					"The promise was made on {0}, which is still to come. Enter today or an earlier day."
				).format(self.get_formatted("made_on")),
				PromiseError,
				title=_("Made in the future"),
			)
		if getdate(self.promised_date) < getdate():
			frappe.throw(
				_("{0} is past. Enter the day until which the money is promised from now on.").format(
					self.get_formatted("promised_date")
				),
				PromiseError,
				title=_("Promised for the past"),
			)
		if flt(self.amount) <= 0:
			frappe.throw(_("Enter the amount that is promised."), PromiseError, title=_("Amount missing"))


def on_doctype_update():
	frappe.db.add_index("Promise to Pay", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Promise to Pay", ["status", "promised_date"], "b2b_due")
