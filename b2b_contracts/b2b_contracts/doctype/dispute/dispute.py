import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, flt, getdate

from b2b_contracts.collections import dispute_contracts, disputes
from b2b_contracts.engine.disputes import CANCELLED, CAUSES, DRAFT
from b2b_contracts.exceptions import DisputeError
from b2b_contracts.field_checks import refuse_negative, refuse_unknown_choice

# What only the use cases write: empty before the dispute is taken up, and put back whatever a client sends after it.
WRITTEN_BY_USE_CASES = (
	*("last_progress_on", "first_response_on", "escalated_on"),
	*("resolution", "resolved_on", "resolved_by", "credit_note"),
)
# What only the page of a link writes.
WRITTEN_BY_LINK = ("by_link", "contact_email", "link_key")
DAYS_TO_SETTLE = 14


class Dispute(Document):
	"""What a customer does not accept of some invoices (requirements §2.4, §3).

	Submitting it says that the claim is taken up: from then on that part is owed, but not chased. Amounts are in the
	currency of the invoices' receivable account.
	"""

	def validate(self):
		refuse_negative(self, DisputeError)
		refuse_unknown_choice(self, "root_cause", CAUSES, DisputeError)
		self.set_what_is_not_entered()
		self.validate_dates()
		disputes.fill_invoices(self)
		dispute_contracts.settle(self)
		self.disputed_amount = sum(flt(row.disputed_amount) for row in self.invoices)

	def after_insert(self):
		disputes.reported(self)

	def before_submit(self):
		disputes.take_up(self)

	def on_submit(self):
		disputes.taken_up(self)

	def before_update_after_submit(self):
		self.put_back()
		dispute_contracts.settle(self)

	def on_update_after_submit(self):
		disputes.owner_may_have_changed(self)

	def before_cancel(self):
		self.status = CANCELLED
		self.flags.ignore_links = True

	def on_cancel(self):
		disputes.withdrawn(self)

	def set_what_is_not_entered(self):
		before = self.get_doc_before_save()
		self.status, self.open_amount = DRAFT, 0
		# A draft that the customer has entered may have answers already.
		self.set("progress", before.progress if before else [])
		for fieldname in WRITTEN_BY_USE_CASES:
			self.set(fieldname, None)
		if not self.flags.by_link:
			for fieldname in WRITTEN_BY_LINK:
				self.set(fieldname, before.get(fieldname) if before else None)
		for row in self.invoices:
			row.open_amount = row.credited_amount = 0
		self.deadline = self.deadline or add_days(self.opened_on, DAYS_TO_SETTLE)

	def put_back(self):
		"""Put back what only the use cases write: a client may have sent anything."""
		before = self.get_doc_before_save()
		for fieldname in (
			*("status", "next_action_by", "open_amount"),
			*(*WRITTEN_BY_USE_CASES, *WRITTEN_BY_LINK),
		):
			self.set(fieldname, before.get(fieldname))
		self.set("progress", before.progress)
		self.set("invoices", before.invoices)

	def validate_dates(self):
		if getdate(self.opened_on) > getdate():
			frappe.throw(
				_(
					"{0} is {1}, which is still to come. Enter the day on which the customer complained."
				).format(frappe.bold(_("Opened on")), self.get_formatted("opened_on")),
				DisputeError,
				title=_("Opened in the future"),
			)
		if getdate(self.deadline) < getdate(self.opened_on):
			frappe.throw(
				_("Deadline {0} lies before {1}, when the dispute was opened. Enter a later day.").format(
					self.get_formatted("deadline"), self.get_formatted("opened_on")
				),
				DisputeError,
				title=_("Deadline too early"),
			)


def on_doctype_update():
	frappe.db.add_index("Dispute", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Dispute", ["status", "last_progress_on"], "b2b_standstill")
