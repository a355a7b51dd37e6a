import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import takeover
from b2b_contracts.exceptions import EvidenceError, TakeoverError


class TakeoverImport(Document):
	"""A workbook of profiles, limits, ratings, securities and plans that is taken over. What was found and done is written by `credit/takeover.py`."""

	def before_insert(self):
		self.update(dict.fromkeys(takeover.WRITTEN_BY_US) | {"status": takeover.DRAFT})
		self.set("problems", [])

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		before = self.get_doc_before_save()
		if not before or before.file != self.file:
			# Before Frappe attaches the file to this document, which opens it to whoever may read this.
			takeover.workbook_of(self)
		if not before or self.flags.credit_service:
			return
		for fieldname in takeover.WRITTEN_BY_US:
			self.set(fieldname, before.get(fieldname))
		self.set("problems", [row.as_dict() for row in before.problems])
		if self.is_about_something_else(before):
			self.start_anew(before)

	def is_about_something_else(self, before: Document) -> bool:
		return (before.company, before.file) != (self.company, self.file)

	def start_anew(self, before: Document):
		"""Forget what was found in another workbook, or for another company."""
		if before.status in (takeover.IMPORTING, takeover.COMPLETED):
			frappe.throw(
				_("{0} says what was imported and cannot be changed. Make a new one.").format(self.name),
				EvidenceError,
				title=_("Take-over"),
			)
		self.update(dict.fromkeys(takeover.WRITTEN_BY_US) | {"status": takeover.DRAFT})
		self.set("problems", [])

	def on_trash(self):
		if frappe.db.get_value(self.doctype, self.name, "status") == takeover.IMPORTING:
			frappe.throw(
				_("{0} is under way. Delete it when it has ended.").format(self.name),
				TakeoverError,
				title=_("Not now"),
			)
