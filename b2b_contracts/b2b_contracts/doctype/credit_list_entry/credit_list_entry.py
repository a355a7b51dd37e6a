import frappe
from frappe import _

from b2b_contracts.all_companies import OfAllCompanies
from b2b_contracts.credit import credit_lists
from b2b_contracts.exceptions import EvidenceError


class CreditListEntry(OfAllCompanies):
	"""A party on the negative or the premium list, with a reason and an end (requirements §3).

	What it says cannot be changed afterwards: end it, and make another one.
	"""

	def before_insert(self):
		super().before_insert()
		credit_lists.start(self)

	def validate(self):
		self.put_back()
		if self.is_new():
			credit_lists.complete(self)

	def after_insert(self):
		credit_lists.entered(self)

	def put_back(self):
		"""Put back what only the use cases write: a client may have sent anything."""
		before = self.get_doc_before_save()
		for fieldname in credit_lists.WRITTEN_BY_US if before else ():
			self.set(fieldname, before.get(fieldname))

	def on_trash(self):
		frappe.throw(
			_("{0} is kept as evidence and cannot be deleted. End it instead.").format(self.name),
			EvidenceError,
			title=_("Evidence"),
		)


def on_doctype_update():
	frappe.db.add_index("Credit List Entry", ["valid_until", "status"], "b2b_valid_until")
