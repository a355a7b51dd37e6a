import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, getdate

from b2b_contracts.credit import profiles
from b2b_contracts.credit.account_facts import company_currency, rate_to
from b2b_contracts.engine.approval import ROLE_RANK, rank
from b2b_contracts.engine.ratings import ISSUER
from b2b_contracts.exceptions import SecurityInstrumentError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice

IN_FORCE, RELEASED = "In Force", "Released"
# Share of what the instrument covers when nobody says otherwise (requirements §2.6); 100 for the rest.
COVER_PERCENT = {"Credit Insurance": 90, "Parent Guarantee": 50, "Retention of Title": 0}
RELEASED_BY = "Credit Manager"


class SecurityInstrument(Document):
	"""A guarantee, insurance, deposit or other security for what a customer owes (requirements §2.6)."""

	def before_insert(self):
		if not self.currency and self.company:
			self.currency = company_currency(self.company)
		if self.get("cover_percent") in (None, ""):
			self.cover_percent = COVER_PERCENT.get(self.instrument_type, 100)

	def validate(self):
		refuse_negative(self, SecurityInstrumentError)
		self.validate_shares()
		refuse_unknown_choice(self, "issuer_rating", ISSUER, SecurityInstrumentError)
		self.validate_dates()
		self.validate_hold()
		rate_to(self.currency, company_currency(self.company), getdate(self.valid_from), self.label())

	def before_submit(self):
		if self.status in ("Requested", "Received"):
			self.status = IN_FORCE

	def before_update_after_submit(self):
		before = self.get_doc_before_save()
		if before and before.status != self.status and RELEASED in (before.status, self.status):
			self.validate_may_release()

	def on_submit(self):
		profiles.security_changed(self.customer, self.company)

	def on_update_after_submit(self):
		profiles.security_changed(self.customer, self.company)

	def on_cancel(self):
		profiles.security_changed(self.customer, self.company)

	def label(self) -> str:
		return (
			_("{0} {1}")
			.format(
				_(self.instrument_type, context="Security Instrument"),
				self.instrument_number or self.name or "",
			)
			.strip()
		)

	def validate_shares(self):
		for fieldname in ("cover_percent", "haircut_percent"):
			if flt(self.get(fieldname)) < 0:
				frappe.throw(
					_("{0} is {1} %. Enter a share between 0 and 100.").format(
						frappe.bold(_(self.meta.get_label(fieldname))), flt(self.get(fieldname), 2)
					),
					SecurityInstrumentError,
					title=_("Negative value"),
				)
		refuse_over_hundred(self, ("cover_percent", "haircut_percent"), SecurityInstrumentError)

	def validate_dates(self):
		if self.expiry_date and getdate(self.expiry_date) <= getdate(self.valid_from):
			frappe.throw(
				_(
					"Expiry date {0} is not after {1}, from when it is valid. Enter a later expiry date."
				).format(self.get_formatted("expiry_date"), self.get_formatted("valid_from")),
				SecurityInstrumentError,
				title=_("Expires before it is valid"),
			)

	def validate_hold(self):
		if not self.credit_hold:
			return
		hold = frappe.db.get_value("Credit Hold", self.credit_hold, ("customer", "company"), as_dict=True)
		if hold and (hold.customer, hold.company) != (self.customer, self.company):
			frappe.throw(
				_(
					"Credit hold {0} is about {1} in {2}, not {3} in {4}. Choose a hold of the same customer and company, or none."
				).format(self.credit_hold, hold.customer, hold.company, self.customer, self.company),
				SecurityInstrumentError,
				title=_("Another customer's hold"),
			)

	def validate_may_release(self):
		able = {role for role in ROLE_RANK if rank(role) >= rank(RELEASED_BY)} | {"System Manager"}
		if frappe.session.user != "Administrator" and able.isdisjoint(frappe.get_roles()):
			frappe.throw(
				_(
					"Releasing a security, or taking a release back, needs the role {0} or a higher one."
				).format(frappe.bold(_(RELEASED_BY))),
				frappe.PermissionError,
				title=_("Release of a security"),
			)


def on_doctype_update():
	frappe.db.add_index("Security Instrument", ["customer", "company", "status"], "b2b_customer")
