import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from b2b_contracts.collections import statement_runs as runs
from b2b_contracts.exceptions import EvidenceError, StatementError
from b2b_contracts.field_checks import refuse_negative


class AccountStatementRun(Document):
	"""Statements of account, or confirmations of balance, for many customers at once (requirements §3)."""

	def before_insert(self):
		self.update(dict.fromkeys(runs.OUTCOME) | dict.fromkeys(("planned_count", *runs.COUNTS.values()), 0))
		self.status = runs.DRAFT

	def validate(self):
		self.put_back()
		self.validate_days()
		refuse_negative(self, StatementError)
		runs.fill_in_title(self)

	def on_trash(self):
		if self.status != runs.DRAFT:
			frappe.throw(
				_("{0} was started: it says what went out to whom, and is kept.").format(self.name),
				EvidenceError,
				title=_("Run is evidence"),
			)

	def put_back(self):
		"""Put back what only the use cases write, and all of a run that was started: a client may have sent anything."""
		before = self.get_doc_before_save()
		if not before:
			return
		kept = runs.OUTCOME if before.status == runs.DRAFT else (*runs.OUTCOME, *runs.ASKED)
		for fieldname in kept:
			self.set(fieldname, before.get(fieldname))

	def validate_days(self):
		if getdate(self.to_date) > getdate():
			frappe.throw(
				_("{0} is still to come. A statement goes until today at the latest.").format(
					self.get_formatted("to_date")
				),
				StatementError,
				title=_("Day still to come"),
			)
		if self.kind != runs.MOVEMENTS:
			self.from_date = None
		elif not self.from_date or getdate(self.from_date) > getdate(self.to_date):
			frappe.throw(
				_("Movements need a first day that is not after {0}.").format(self.get_formatted("to_date")),
				StatementError,
				title=_("First day missing"),
			)
