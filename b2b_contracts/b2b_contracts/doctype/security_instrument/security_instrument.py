import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, getdate, nowdate

from b2b_contracts.credit import insurance, securities
from b2b_contracts.credit.account_facts import company_currency, rate_to
from b2b_contracts.credit.security_facts import GROUP_SCOPE, NAMED_SCOPE
from b2b_contracts.engine.ratings import ISSUER
from b2b_contracts.engine.security import GIVEN_AWAY, RECEIVED
from b2b_contracts.engine.security_life import IN_FORCE, IN_HAND, REQUESTED
from b2b_contracts.exceptions import SecurityInstrumentError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice

# Only the use cases set these; what a client sends is put back.
SET_BY_SERVICE = (
	"status",
	"requested_on",
	"received_on",
	"in_force_on",
	"claimed_on",
	"claimed_amount",
	"claim_reason",
	"ended_on",
	"end_reason",
	"ended_by",
	"replaced_by",
)


class SecurityInstrument(Document):
	"""A guarantee, insurance, deposit or other security for what a customer owes (requirements §2.6).

	It covers all that a customer owes, all that the members of a credit group owe in its company, or named documents alone.
	"""

	def before_insert(self):
		insurance.take_terms(self)
		kind = self.type_doc()
		if not self.currency and self.company:
			self.currency = company_currency(self.company)
		if kind:
			self.set_from_type(kind)

	def set_from_type(self, kind):
		for fieldname in ("cover_percent", "haircut_percent", "claim_period_days"):
			if self.get(fieldname) in (None, ""):
				self.set(fieldname, kind.get(fieldname))
		if kind.direction == GIVEN_AWAY:
			self.direction = GIVEN_AWAY
		if cint(kind.registration_needed):
			self.registration_needed = 1

	def before_validate(self):
		self.restore_what_is_not_entered()
		if self.scope == GROUP_SCOPE:
			self.customer = self.customer_name = None
		else:
			self.credit_group = None
		if self.scope != NAMED_SCOPE:
			self.documents = []

	def restore_what_is_not_entered(self):
		"""A client may say that the document came; the rest of a security's life goes by its buttons."""
		before = self.get_doc_before_save()
		wanted = self.status
		for fieldname in SET_BY_SERVICE:
			self.set(fieldname, before.get(fieldname) if before else None)
		if self.docstatus == 0:
			self.status = wanted if wanted in IN_HAND else REQUESTED
			self.requested_on = self.requested_on or nowdate()
			if self.status != REQUESTED:
				self.received_on = self.received_on or nowdate()
			elif before and before.status == REQUESTED:
				self.received_on = None

	def validate(self):
		refuse_negative(self, SecurityInstrumentError)
		self.validate_shares()
		refuse_unknown_choice(self, "issuer_rating", ISSUER, SecurityInstrumentError)
		self.validate_type()
		self.validate_dates()
		self.validate_scope()
		self.validate_hold()
		self.validate_replaced()
		insurance.check_buyer_limit(self, of_insurance=self.is_insurance())
		securities.refuse_twice(self)
		rate_to(self.currency, company_currency(self.company), getdate(self.valid_from), self.label())

	def before_submit(self):
		self.status = IN_FORCE
		self.in_force_on = nowdate()
		self.received_on = self.received_on or nowdate()
		self.refuse_expired()
		insurance.comes_into_force(self)

	def before_update_after_submit(self):
		self.restore_what_is_not_entered()

	def on_submit(self):
		securities.came_into_force(self)

	def on_update_after_submit(self):
		securities.follow(self)

	def before_cancel(self):
		securities.require_mandate_to_cancel(self)

	def on_cancel(self):
		securities.cancelled(self)

	def label(self) -> str:
		return (
			_("{0} {1}")
			.format(_(self.instrument_type or ""), self.instrument_number or self.name or "")
			.strip()
		)

	def type_doc(self):
		"""Return the Security Type, None where there is none of that name."""
		if not self.instrument_type or not frappe.db.exists("Security Type", self.instrument_type):
			return None
		return frappe.get_cached_doc("Security Type", self.instrument_type)

	def is_insurance(self) -> bool:
		kind = self.type_doc()
		return bool(kind and cint(kind.is_insurance))

	def validate_type(self):
		kind = self.type_doc()
		if kind is None:
			return  # Frappe says that there is no such type
		if kind.disabled and self.is_new():
			_refuse(
				_("Security type {0} is disabled. Choose another one.").format(frappe.bold(kind.name)),
				_("Type disabled"),
			)
		if kind.direction == GIVEN_AWAY and self.direction != GIVEN_AWAY:
			_refuse(
				_(
					"A {0} is given to the customer and protects the customer. Its direction is {1}; it never counts as cover."
				).format(_(kind.name), _("Given", context="Security Instrument")),
				_("Given, not received"),
			)
		if cint(kind.sells_debts) and self.direction == RECEIVED and not self.recourse:
			_refuse(
				_(
					"Say under {0} whether the buyer of the debts can come back to us: only without recourse is anything secured."
				).format(frappe.bold(_(self.meta.get_label("recourse")))),
				_("Recourse"),
			)
		if not cint(kind.sells_debts):
			self.recourse = None

	def validate_shares(self):
		for fieldname in ("cover_percent", "haircut_percent", "cost_percent"):
			if flt(self.get(fieldname)) < 0:
				_refuse(
					_("{0} is {1} %. Enter a share between 0 and 100.").format(
						frappe.bold(_(self.meta.get_label(fieldname))), flt(self.get(fieldname), 2)
					),
					_("Negative value"),
				)
		refuse_over_hundred(
			self, ("cover_percent", "haircut_percent", "cost_percent"), SecurityInstrumentError
		)

	def validate_dates(self):
		if self.expiry_date and getdate(self.expiry_date) <= getdate(self.valid_from):
			_refuse(
				_(
					"Expiry date {0} is not after {1}, from when it is valid. Enter a later expiry date."
				).format(self.get_formatted("expiry_date"), self.get_formatted("valid_from")),
				_("Expires before it is valid"),
			)

	def refuse_expired(self):
		if self.expiry_date and getdate(self.expiry_date) < getdate():
			_refuse(
				_("It expired on {0}, so it cannot come into force. Enter a later expiry date.").format(
					self.get_formatted("expiry_date")
				),
				_("Expired"),
			)

	def validate_scope(self):
		if self.scope == GROUP_SCOPE:
			self.validate_group()
		elif self.scope == NAMED_SCOPE:
			self.validate_documents()

	def validate_group(self):
		if not self.credit_group:
			_refuse(_("Choose the credit group whose members it covers."), _("Credit group missing"))
		if self.credit_hold:
			_refuse(
				_(
					"What is lodged for a credit hold covers its customer, not a whole credit group. Clear {0}."
				).format(frappe.bold(_(self.meta.get_label("credit_hold")))),
				_("Lodged for a hold"),
			)
		company = frappe.db.get_value("Credit Group", self.credit_group, "company")
		if company and company != self.company:
			_refuse(
				_("Credit group {0} is of company {1}, not {2}.").format(
					frappe.bold(self.credit_group), company, self.company
				),
				_("Another company's group"),
			)

	def validate_documents(self):
		if not self.documents:
			_refuse(_("Name at least one order or invoice that it covers."), _("Nothing named"))
		seen = set()
		for row in self.documents:
			key = (row.reference_doctype, row.reference_name)
			if key in seen:
				_refuse(
					_("Row {0}: {1} is named twice.").format(row.idx, frappe.bold(row.reference_name)),
					_("Named twice"),
				)
			seen.add(key)
			self.validate_document(row)

	def validate_document(self, row):
		if row.reference_doctype not in ("Sales Order", "Sales Invoice"):
			_refuse(
				_("Row {0}: a security covers sales orders and sales invoices, not a {1}.").format(
					row.idx, _(row.reference_doctype)
				),
				_("Named documents"),
			)
		fields = ("customer", "company", "docstatus", "base_rounded_total", "base_grand_total")
		found = frappe.db.get_value(row.reference_doctype, row.reference_name, fields, as_dict=True)
		if not found:
			return  # Frappe says that there is no such document
		if (found.customer, found.company) != (self.customer, self.company):
			_refuse(
				_("Row {0}: {1} is of {2} in {3}, not of {4} in {5}.").format(
					row.idx,
					frappe.bold(row.reference_name),
					found.customer,
					found.company,
					self.customer,
					self.company,
				),
				_("Another customer's document"),
			)
		if found.docstatus == 2:
			_refuse(
				_("Row {0}: {1} is cancelled. Take it out.").format(row.idx, frappe.bold(row.reference_name)),
				_("Cancelled document"),
			)
		row.amount = found.base_rounded_total or found.base_grand_total

	def validate_hold(self):
		if not self.credit_hold:
			return
		hold = frappe.db.get_value("Credit Hold", self.credit_hold, ("customer", "company"), as_dict=True)
		if hold and (hold.customer, hold.company) != (self.customer, self.company):
			_refuse(
				_(
					"Credit hold {0} is about {1} in {2}, not {3} in {4}. Choose a hold of the same customer and company, or none."
				).format(self.credit_hold, hold.customer, hold.company, self.customer, self.company),
				_("Another customer's hold"),
			)

	def validate_replaced(self):
		if not self.replaces:
			return
		of = ("customer", "credit_group", "company")
		former = frappe.db.get_value("Security Instrument", self.replaces, of, as_dict=True)
		if former and any((former[field] or "") != (self.get(field) or "") for field in of):
			_refuse(
				_(
					"{0} covers {1} in {2}, not {3} in {4}. A security takes the place of one for the same customer or credit group."
				).format(
					self.replaces,
					former.customer or former.credit_group,
					former.company,
					self.customer or self.credit_group,
					self.company,
				),
				_("Another one's security"),
			)


def _refuse(message: str, title: str):
	frappe.throw(message, SecurityInstrumentError, title=title)


def on_doctype_update():
	frappe.db.add_index("Security Instrument", ["customer", "company", "status"], "b2b_customer")
	frappe.db.add_index("Security Instrument", ["credit_group", "status"], "b2b_credit_group")
	frappe.db.add_index("Security Instrument", ["status", "expiry_date"], "b2b_expiry")
