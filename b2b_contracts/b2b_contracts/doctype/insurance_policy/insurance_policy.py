import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate, nowdate

from b2b_contracts.credit import insurance
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine.insurance import DRAFT, ENDED, IN_FORCE
from b2b_contracts.engine.ratings import ISSUER
from b2b_contracts.exceptions import InsuranceError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice


class InsurancePolicy(Document):
	"""The insurance of what customers owe, whose buyer limits are Security Instruments (requirements §2.6).

	Amounts in its currency, days in days. A change holds from the next decision on; decisions of before keep what they saw.
	"""

	def before_insert(self):
		if not self.currency and self.company:
			self.currency = company_currency(self.company)
		self.duties_from = self.duties_from or nowdate()

	def validate(self):
		refuse_negative(self, InsuranceError)
		refuse_over_hundred(self, ("cover_percent",), InsuranceError)
		refuse_unknown_choice(self, "issuer_rating", ISSUER, InsuranceError)
		self.validate_period()
		self.validate_status()
		self.validate_number()
		before = self.get_doc_before_save()
		had_ended = before and before.status == ENDED
		self.ended_on = (before.ended_on if had_ended else nowdate()) if self.status == ENDED else None

	def on_update(self):
		before = self.get_doc_before_save()
		if before and any(before.get(field) != self.get(field) for field in insurance.DECIDE):
			insurance.follow(self)

	def on_trash(self):
		used = frappe.db.count("Security Instrument", {"insurance_policy": self.name})
		if used:
			frappe.throw(
				_("{0} buyer limits belong to {1}. Set its status to {2} instead.").format(
					used, frappe.bold(self.name), _(ENDED, context="Insurance Policy")
				),
				frappe.LinkExistsError,
				title=_("In use"),
			)

	def validate_period(self):
		if getdate(self.period_to) < getdate(self.period_from):
			_refuse(
				_("The period ends on {0}, before it begins on {1}. Enter a later end.").format(
					self.get_formatted("period_to"), self.get_formatted("period_from")
				),
				_("Period"),
			)

	def validate_status(self):
		if self.status == IN_FORCE and getdate(self.period_to) < getdate():
			_refuse(
				_("The period ended on {0}, so the policy cannot be in force. Enter a later end.").format(
					self.get_formatted("period_to")
				),
				_("Period"),
			)
		if self.status == DRAFT and frappe.db.exists(
			"Security Instrument", {"insurance_policy": self.name, "docstatus": 1}
		):
			_refuse(
				_(
					"Buyer limits of it are in force, so it is no draft any more. Set its status to {0}."
				).format(_(ENDED, context="Insurance Policy")),
				_("Status"),
			)

	def validate_number(self):
		"""The same policy twice would count each customer's limit twice."""
		twin = frappe.db.get_value(
			"Insurance Policy",
			{
				"name": ["!=", self.name or ""],
				"company": self.company,
				"insurer": self.insurer,
				"policy_number": self.policy_number,
				"period_from": ["<=", self.period_to],
				"period_to": [">=", self.period_from],
			},
		)
		if twin:
			_refuse(
				_("Policy {0} of {1} is entered already for this time: {2}.").format(
					frappe.bold(self.policy_number),
					self.insurer,
					frappe.utils.get_link_to_form("Insurance Policy", twin),
				),
				_("Entered already"),
			)


def _refuse(message: str, title: str):
	frappe.throw(message, InsuranceError, title=title)


def on_doctype_update():
	frappe.db.add_index("Insurance Policy", ["status", "company"], "b2b_status")
