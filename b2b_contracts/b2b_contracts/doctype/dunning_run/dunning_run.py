import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.collections import dunning_runs
from b2b_contracts.exceptions import EvidenceError


class DunningRun(Document):
	"""Everybody who is to be reminded on a day (requirements §3): planned, looked through, sent.

	`collections/dunning_runs.py` alone moves it on.
	"""

	def before_insert(self):
		dunning_runs.start(self)

	def validate(self):
		before = self.get_doc_before_save()
		for fieldname in dunning_runs.WRITTEN_BY_US if before and not self.flags.by_run else ():
			self.set(fieldname, before.get(fieldname))

	def on_trash(self):
		if self.status not in (dunning_runs.DRAFT, dunning_runs.CANCELLED):
			frappe.throw(
				_("{0} is {1}. It is kept as evidence of what was sent.").format(self.name, _(self.status)),
				EvidenceError,
			)
