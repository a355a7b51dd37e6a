import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.contracts import (
	amendments,
	contracts,
	credit_terms,
	events,
	in_force,
	reviews,
	search_texts,
)
from b2b_contracts.engine.contract_life_cycle import OPEN
from b2b_contracts.exceptions import ContractError, EvidenceError
from b2b_contracts.field_checks import refuse_negative


class B2BContract(Document):
	"""A contract with a customer as data (requirements §6): its terms, its dates, and its life from request to end.

	Its terms may be written until it goes to review, and never once it is signed: then an amendment is agreed. Every step goes
	by a use case (`contracts/life_cycle.py`), never by a client that sets the status.
	"""

	def before_insert(self):
		amendments.inherit(self)
		contracts.take_defaults(self)

	def before_validate(self):
		contracts.put_back(self)
		reviews.put_back(self)
		amendments.place(self)

	def validate(self):
		refuse_negative(self, ContractError)
		contracts.check(self)
		amendments.check(self)
		contracts.warn_of_currency(self)
		contracts.compute(self)
		credit_terms.compute(self)

	def after_insert(self):
		events.write(self, events.CREATED, _("Entered as {0}.").format(_(self.status, context=self.doctype)))

	def on_update(self):
		self.note_what_is_kept_up()

	def on_change(self):
		search_texts.keep(self)

	def on_update_after_submit(self):
		self.note_what_is_kept_up()

	def note_what_is_kept_up(self):
		changed = contracts.kept_up(self)
		if changed:
			events.write(self, events.CHANGED, _("Changed: {0}").format(", ".join(changed)))

	def before_submit(self):
		if not self.flags.contract_service:
			frappe.throw(
				_("A contract is not submitted but signed: record its signing when it is {0}.").format(
					frappe.bold(_("Out for Signature", context=self.doctype))
				),
				ContractError,
				title=_("Not signed yet"),
			)

	def on_submit(self):
		in_force.sync(self)

	def before_update_after_submit(self):
		contracts.put_back(self)
		reviews.put_back(self)
		refuse_negative(self, ContractError)
		contracts.check(self)
		contracts.compute(self)

	def before_cancel(self):
		frappe.throw(
			_("Contract {0} is signed and cannot be cancelled. Terminate it, or agree an amendment.").format(
				self.name
			),
			EvidenceError,
			title=_("Signed"),
		)

	def on_trash(self):
		if self.status not in OPEN or frappe.db.exists(
			events.EVENT, {"contract": self.name, "event": "Step"}
		):
			frappe.throw(
				_("Contract {0} has a history and is kept. Reject it instead.").format(self.name),
				EvidenceError,
				title=_("Evidence"),
			)
		search_texts.forget(self.name)


def on_doctype_update():
	frappe.db.add_index("B2B Contract", ["status", "last_date_to_act"], "b2b_to_act")
	frappe.db.add_index("B2B Contract", ["next_watch_on", "name"], "b2b_watch")
	frappe.db.add_index("B2B Contract", ["customer", "status"], "b2b_customer")
	frappe.db.add_index("B2B Contract", ["customer", "in_force_from"], "b2b_in_force")
