import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.collections import case_notices, collection_cases
from b2b_contracts.engine.collection_cases import AFTER_HAND_OVER, DRAFT, ENDED
from b2b_contracts.exceptions import CollectionCaseError

# What only the use cases write: a client may have sent anything.
OURS = (
	*("status", "total_amount", "open_amount", "currency", "principal_amount", "interest_amount"),
	*("interest_until", "fee_amount", "compensation_amount", "hand_over_fee", "required_role"),
	*("notice_channel", "notice_sent_on", "notice_days", "notice_deadline", "hand_over_from"),
	*(
		"notice_file",
		"notice_proof",
		"dunning_notice",
		"agency_reference",
		"approved_by",
		"approved_as",
		"approved_on",
	),
	*("handed_over_on", "bundle_file", "bundle_made_on", "ended_on", "end_reason"),
	*("suit_filed_on", "court", "court_reference", "court_outcome", "court_ended_on", "court_note"),
)
TABLES = ("items", "documents", "payments")
# With whom a case is does not change once it is there.
OF_AGENCY = ("agency_name", "agency_email")


class CollectionCase(Document):
	"""What a customer owes and an agency is to collect (requirements §3), in the currency of the receivable account."""

	def before_insert(self):
		self.update(dict.fromkeys(OURS))
		self.status = DRAFT
		for table in ("documents", "payments"):
			self.set(table, [])

	def validate(self):
		self.put_back()
		if self.status == DRAFT:
			collection_cases.complete(self)

	def after_insert(self):
		collection_cases.proposed(self)

	def on_update(self):
		collection_cases.collector_may_have_changed(self)

	def put_back(self):
		before = self.get_doc_before_save()
		if not before:
			return
		for fieldname in OURS:
			self.set(fieldname, before.get(fieldname))
		for table in TABLES[1:] if before.status == DRAFT else TABLES:
			self.set(table, before.get(table))
		if before.status in (*AFTER_HAND_OVER, *ENDED):
			self.refuse_changes(before)

	def refuse_changes(self, before):
		for fieldname in OF_AGENCY:
			if (self.get(fieldname) or "") != (before.get(fieldname) or ""):
				frappe.throw(
					_("{0} of collection case {1} cannot be changed from {2} to {3}: it is {4}.").format(
						frappe.bold(_(self.meta.get_label(fieldname))),
						self.name,
						before.get(fieldname) or "–",
						self.get(fieldname) or "–",
						_(self.status, context="Collection Case"),
					),
					CollectionCaseError,
					title=_("Handed over"),
				)

	def letter(self) -> str:
		"""Return the last notice as a letter, HTML with its styles, for the print format."""
		return case_notices.letter(self)


def on_doctype_update():
	frappe.db.add_index("Collection Case", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Collection Case", ["status", "hand_over_from"], "b2b_due")
