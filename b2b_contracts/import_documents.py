"""The document of an import of a workbook, as a form and other software may write it: the company and the file alone."""

import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import imports
from b2b_contracts.exceptions import EvidenceError, TakeoverError


class ImportDocument(Document):
	"""What documents of imports share. What was found and done is written by their `service`."""

	service: imports.WorkbookImport

	def before_insert(self):
		self.start_anew()

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		before = self.get_doc_before_save()
		if not before or before.file != self.file:
			# Before Frappe attaches the file to this document, which opens it to whoever may read this.
			imports.workbook_of(self)
		if not before or self.flags.credit_service:
			return
		for fieldname in self.service.written_by_us:
			self.set(fieldname, before.get(fieldname))
		self.set("problems", [row.as_dict() for row in before.problems])
		if (before.company, before.file) != (self.company, self.file):
			self.refuse_if_over(before)
			self.start_anew()

	def refuse_if_over(self, before: Document):
		if before.status in (imports.IMPORTING, imports.COMPLETED):
			frappe.throw(
				_("{0} says what was imported and cannot be changed. Make a new one.").format(self.name),
				EvidenceError,
				title=_("Take-over"),
			)

	def start_anew(self):
		"""Forget what was found in another workbook, or for another company."""
		self.update(dict.fromkeys(self.service.written_by_us) | {"status": imports.DRAFT})
		self.set("problems", [])

	def on_trash(self):
		if frappe.db.get_value(self.doctype, self.name, "status") == imports.IMPORTING:
			frappe.throw(
				_("{0} is under way. Delete it when it has ended.").format(self.name),
				TakeoverError,
				title=_("Not now"),
			)
