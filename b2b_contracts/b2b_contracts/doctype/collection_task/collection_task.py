import frappe
from frappe.model.document import Document

from b2b_contracts.collections import collection_tasks
from b2b_contracts.engine.collection_tasks import KINDS, OPEN, PRIORITIES
from b2b_contracts.exceptions import CollectionTaskError
from b2b_contracts.field_checks import refuse_unknown_choice

# What only the use cases write: a client may have sent anything.
OURS = ("status", "outcome", "ended_by", "ended_on", "end_reason", "total_amount", "currency")
OPENED_WITH = ("reference_doctype", "reference_name", "step", "task_key")


class CollectionTask(Document):
	"""A call or other personal contact about what a customer owes (requirements §3), in the currency of the receivable
	account."""

	def before_insert(self):
		self.update(dict.fromkeys(OURS))
		self.status = OPEN
		self.set("contacts", [])
		if not self.flags.credit_service:
			self.update(dict.fromkeys(OPENED_WITH))

	def validate(self):
		self.put_back()
		refuse_unknown_choice(self, "kind", KINDS, CollectionTaskError)
		refuse_unknown_choice(self, "priority", PRIORITIES, CollectionTaskError)
		if self.is_new():
			collection_tasks.complete(self)

	def after_insert(self):
		collection_tasks.opened(self)

	def on_update(self):
		collection_tasks.worker_may_have_changed(self)

	def put_back(self):
		before = self.get_doc_before_save()
		if not before:
			return
		for fieldname in (*OURS, *OPENED_WITH):
			self.set(fieldname, before.get(fieldname))
		for table in ("items", "contacts"):
			self.set(table, before.get(table))


def on_doctype_update():
	frappe.db.add_index("Collection Task", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Collection Task", ["assigned_to", "status", "due_date"], "b2b_worker")
