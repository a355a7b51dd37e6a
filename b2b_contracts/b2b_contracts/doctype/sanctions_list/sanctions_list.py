import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import sanctions_lists
from b2b_contracts.exceptions import EvidenceError, SanctionsListError


class SanctionsList(Document):
	"""A list of parties or countries that nobody may trade with. Its entries are documents of their own: there are thousands."""

	def before_insert(self):
		self.update(dict.fromkeys(sanctions_lists.WRITTEN_BY_US) | {"entries": 0})

	def validate(self):
		before = self.get_doc_before_save()
		for fieldname in sanctions_lists.WRITTEN_BY_US if before else ():
			self.set(fieldname, before.get(fieldname))
		if not 50 <= (self.threshold or 0) <= 100:
			frappe.throw(
				_("Similarity from {0} is no threshold. Enter 50 to 100.").format(self.threshold or 0),
				SanctionsListError,
				title=_("Sanctions list"),
			)
		# A new list has no entries that anybody could meet.
		if before and (before.active, before.threshold) != (self.active, self.threshold):
			sanctions_lists.mark_changed(self)

	def on_trash(self):
		frappe.throw(
			_("{0} is kept as evidence and cannot be deleted. Make it inactive instead.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)
