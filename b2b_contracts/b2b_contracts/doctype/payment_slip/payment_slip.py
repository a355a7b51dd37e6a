import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, flt, getdate

from b2b_contracts.collections import payment_slips
from b2b_contracts.engine.payment_slips import LATEST_VALUE_DAYS, REPORTED
from b2b_contracts.exceptions import PaymentSlipError
from b2b_contracts.field_checks import refuse_negative

# What only the use cases write: a client may have sent anything.
OURS = (
	*("status", "wait_until", "arrived_amount", "ended_on"),
	*("required_role", "answered_by", "answered_as", "answered_on", "reason"),
)
# What is judged by stays as it was once somebody has answered.
SAID = ("amount", "value_date", "payment_reference", "slip_file")


class PaymentSlip(Document):
	"""A customer's proof that money is on its way (requirements §2.4, §3), in the currency of the receivable account."""

	def before_insert(self):
		self.update(dict.fromkeys(OURS))
		self.status = REPORTED

	def validate(self):
		self.put_back()
		if self.status != REPORTED:
			return
		refuse_negative(self, PaymentSlipError)
		self.validate_amount()
		self.validate_value_date()
		payment_slips.complete(self)

	def after_insert(self):
		payment_slips.reported(self)

	def put_back(self):
		before = self.get_doc_before_save()
		if not before:
			for row in self.invoices:
				row.awaited_amount = 0
			return
		for fieldname in OURS:
			self.set(fieldname, before.get(fieldname))
		if before.status != REPORTED:
			self.refuse_changes(before)
			self.invoices = before.invoices

	def refuse_changes(self, before):
		for fieldname in SAID:
			if self.has_value_changed(fieldname):
				frappe.throw(
					_("{0} of payment slip {1} cannot be changed from {2} to {3}: it is {4} already.").format(
						frappe.bold(_(self.meta.get_label(fieldname))),
						self.name,
						before.get_formatted(fieldname),
						self.get_formatted(fieldname),
						_(self.status, context="Payment Slip"),
					),
					PaymentSlipError,
					title=_("Answered already"),
				)

	def validate_amount(self):
		if flt(self.amount) <= 0:
			frappe.throw(_("Enter the amount on the slip."), PaymentSlipError, title=_("Amount missing"))

	def validate_value_date(self):
		latest = getdate(add_days(getdate(), LATEST_VALUE_DAYS))
		if getdate(self.value_date) > latest:
			frappe.throw(
				_(
					"The value date {0} is more than {1} days ahead: money that is sent so late is promised and not paid. Note a promise to pay instead."
				).format(self.get_formatted("value_date"), LATEST_VALUE_DAYS),
				PaymentSlipError,
				title=_("Not paid yet"),
			)


def on_doctype_update():
	frappe.db.add_index("Payment Slip", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Payment Slip", ["status", "wait_until"], "b2b_due")
