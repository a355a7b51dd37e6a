import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.naming import append_number_if_name_exists
from frappe.utils import cint

from b2b_contracts.collections import payment_references
from b2b_contracts.engine import references
from b2b_contracts.engine.references import FIK, GIRO_CARDS, KID, LONGEST, OCR, RF, SHORTEST
from b2b_contracts.exceptions import PaymentReferenceError
from b2b_contracts.field_checks import refuse_negative

# A shorter number would soon be used up.
LEAST_ROOM = 4
# What was agreed with the bank about one kind alone: field, kinds
OF_KIND = (
	("card_type", (FIK,)),
	("method", (KID,)),
	("reference_length", (KID, OCR)),
	("has_length_digit", (OCR,)),
)


class PaymentReferenceSetup(Document):
	"""How a company's payment references are made, as agreed with its bank (requirements §3): one set-up for each currency.

	A change holds for the invoices that are submitted from then on; references that were made stay as they are.
	"""

	def autoname(self):
		abbr = frappe.get_cached_value("Company", self.company, "abbr")
		name = " ".join(filter(None, (abbr, self.kind, self._own_currency())))
		# One of before may be there, disabled.
		self.name = append_number_if_name_exists(self.doctype, name)

	def validate(self):
		refuse_negative(self, PaymentReferenceError)
		self.for_currency = self._own_currency()
		self.leave_out_what_is_of_another_kind()
		self.validate_agreement()
		self.validate_creditor()
		self.validate_bank_account()
		self.validate_one_for_a_currency()
		self.example = payment_references.example(self)

	def _own_currency(self) -> str | None:
		return self.for_currency or references.CURRENCY.get(self.kind)

	def leave_out_what_is_of_another_kind(self):
		for fieldname, kinds in OF_KIND:
			if self.kind not in kinds:
				self.set(fieldname, None)
		self.prefix = references.plain(self.prefix or "") or None

	def validate_agreement(self):
		length = cint(self.reference_length)
		if length and not SHORTEST <= length <= LONGEST:
			self.refuse(
				_("The length is {0}. Enter {1} to {2}, as agreed with the bank, or 0 for any.").format(
					length, SHORTEST, LONGEST
				)
			)
		prefix = self.prefix or ""
		if not prefix.isascii() or not (
			prefix.isalnum() if self.kind == RF else prefix.isdigit() or not prefix
		):
			if prefix:
				self.refuse(
					_("The prefix {0} has other signs than digits (for RF also the letters A to Z).").format(
						prefix
					)
				)
		room = payment_references.scheme_of(self).room
		if room < LEAST_ROOM:
			self.refuse(
				_(
					"{0} digits are left for the number of an invoice; it takes {1}. Make the reference longer or the prefix shorter."
				).format(max(room, 0), LEAST_ROOM)
			)

	def validate_creditor(self):
		if references.is_creditor(payment_references.scheme_of(self), self.creditor or ""):
			return
		if self.kind == FIK and self.card_type in GIRO_CARDS:
			self.refuse(_("{0} is no giro account. Enter its digits, 8 at most.").format(self.creditor))
		if self.kind == FIK:
			self.refuse(_("{0} is no creditor number. Enter its 8 digits.").format(self.creditor))
		if self.kind == KID:
			self.refuse(
				_(
					"{0} is no Norwegian account: it has 11 digits, of which the last one checks the others."
				).format(self.creditor)
			)
		if self.kind == OCR:
			self.refuse(
				_(
					"{0} is neither a Bankgiro nor a Plusgiro number: its last digit does not fit the others."
				).format(self.creditor)
			)
		self.refuse(_("{0} is no IBAN: its check digits do not fit the rest.").format(self.creditor))

	def validate_bank_account(self):
		if not self.bank_account:
			return
		account = frappe.db.get_value(
			"Bank Account", self.bank_account, ["is_company_account", "company"], as_dict=True
		)
		if not cint(account.is_company_account) or account.company != self.company:
			self.refuse(
				_("Bank account {0} is not one of {1}. Choose an account of the company.").format(
					self.bank_account, self.company
				)
			)

	def validate_one_for_a_currency(self):
		# The key is what the database holds against two that are saved at the same moment.
		abbr = frappe.get_cached_value("Company", self.company, "abbr")
		self.active_key = None if cint(self.disabled) else f"{abbr}|{self.for_currency or ''}"
		other = self.active_key and frappe.db.get_value(
			self.doctype,
			{
				"company": self.company,
				"for_currency": self.for_currency or ["is", "not set"],
				"disabled": 0,
				"name": ["!=", self.name],
			},
		)
		if other:
			self.refuse(
				_("{0} makes the references of {1} in {2} already. Disable it first.").format(
					other, self.company, self.for_currency or _("every other currency")
				)
			)

	def refuse(self, message: str):
		frappe.throw(message, PaymentReferenceError, title=_("Payment references"))
