import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from b2b_contracts.engine.ratings import ISSUER
from b2b_contracts.engine.security import GIVEN_AWAY
from b2b_contracts.exceptions import SecurityInstrumentError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice


class SecurityType(Document):
	"""A kind of security: what it must be to count, and how it covers (requirements §2.6).

	A change holds for every security of the type from the next decision on; decisions of before keep what they saw.
	"""

	def validate(self):
		refuse_negative(self, SecurityInstrumentError)
		refuse_over_hundred(self, ("cover_percent", "haircut_percent"), SecurityInstrumentError)
		refuse_unknown_choice(self, "lowest_issuer_rating", ISSUER, SecurityInstrumentError)
		if self.direction == GIVEN_AWAY and cint(self.is_cover):
			frappe.throw(
				_(
					"A guarantee that is given protects the customer, so {0} cannot count as cover. Clear {1}, or choose the direction {2}."
				).format(
					frappe.bold(self.name or self.type_name),
					frappe.bold(_(self.meta.get_label("is_cover"))),
					_("Received", context="Security Instrument"),
				),
				SecurityInstrumentError,
				title=_("Given, not received"),
			)
		if cint(self.is_insurance) and flt(self.haircut_percent):
			frappe.throw(
				_("An insurance has no haircut: its cover is a share of what is insured. Clear {0}.").format(
					frappe.bold(_(self.meta.get_label("haircut_percent")))
				),
				SecurityInstrumentError,
				title=_("Haircut of an insurance"),
			)

	def on_trash(self):
		used = frappe.db.count("Security Instrument", {"instrument_type": self.name})
		if used:
			frappe.throw(
				_("{0} securities are of the type {1}. Disable it instead.").format(
					used, frappe.bold(self.name)
				),
				frappe.LinkExistsError,
				title=_("In use"),
			)
