import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.credit import limit_requests
from b2b_contracts.exceptions import EvidenceError, LimitRequestError
from b2b_contracts.field_checks import refuse_negative


class LimitRequest(Document):
	"""A higher credit limit that somebody asks for (requirements §2.5): gross, in the company's currency.

	Decided by `credit/limit_requests.py` alone, which sets the limit on the Credit Profile.
	"""

	def before_insert(self):
		limit_requests.start(self)

	def validate(self):
		self.put_back()
		refuse_negative(self, LimitRequestError)
		if self.is_new():
			limit_requests.complete(self)

	def after_insert(self):
		limit_requests.asked(self)

	def put_back(self):
		"""Put back what only the use cases write: a client may have sent anything."""
		before = self.get_doc_before_save()
		for fieldname in limit_requests.WRITTEN_BY_US if before else ():
			self.set(fieldname, before.get(fieldname))

	def on_trash(self):
		if self.status != limit_requests.OPEN:
			frappe.throw(
				_("{0} was answered. It is kept as evidence and cannot be deleted.").format(self.name),
				EvidenceError,
			)


def on_doctype_update():
	frappe.db.add_index("Limit Request", ["customer", "company", "status"], "b2b_customer")
