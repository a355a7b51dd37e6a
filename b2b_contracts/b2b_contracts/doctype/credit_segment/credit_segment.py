import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from b2b_contracts.b2b_contracts.doctype.credit_profile.credit_profile import save_again
from b2b_contracts.engine.limits import FIXED_AMOUNT, PERCENT_OF_ORDER, PERCENT_OF_REVENUE
from b2b_contracts.exceptions import CreditSegmentError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred

LIMIT_FIGURES = ("limit_percent", "limit_months", "limit_amount")
PROFILES_PER_JOB = 200
NEEDED = {
	PERCENT_OF_REVENUE: ("limit_percent", "limit_months"),
	FIXED_AMOUNT: ("limit_amount",),
	PERCENT_OF_ORDER: ("limit_amount",),
}


class CreditSegment(Document):
	"""A kind of customer and the terms that such customers get (requirements §2.1)."""

	def validate(self):
		refuse_negative(self, CreditSegmentError)
		refuse_over_hundred(self, ("prepayment_percent",), CreditSegmentError)
		self.validate_basis()
		self.validate_levels()

	def on_update(self):
		before = self.get_doc_before_save()
		if before and limit_terms(before) != limit_terms(self):
			self.recalculate_profiles()

	def recalculate_profiles(self):
		"""Give the customers of this segment the limits that its new terms make, in the background."""
		names = frappe.get_all(
			"Credit Profile", filters={"segment": self.name}, order_by="name", pluck="name"
		)
		for start in range(0, len(names), PROFILES_PER_JOB):
			frappe.enqueue(
				save_again,
				queue="long",
				enqueue_after_commit=True,
				profiles=names[start : start + PROFILES_PER_JOB],
			)
		if names:
			frappe.msgprint(
				_("The limits of {0} credit profiles are being recalculated.").format(len(names)),
				title=_("Limits"),
				indicator="blue",
				alert=True,
			)

	def validate_basis(self):
		for fieldname in NEEDED.get(self.limit_basis, ()):
			if not flt(self.get(fieldname)):
				frappe.throw(
					_("A limit as {0} needs {1}. Enter a value above 0.").format(
						frappe.bold(_(self.limit_basis)), frappe.bold(_(self.meta.get_label(fieldname)))
					),
					CreditSegmentError,
					title=_("Limit incomplete"),
				)

	def validate_levels(self):
		if not self.levels:
			self.append("levels", {"level": 1, "percent_of_base": 100})
			self.default_level = 1
		self.sort_levels()
		steps = [row.level for row in self.levels]
		if steps[0] < 1 or len(set(steps)) < len(steps):
			frappe.throw(
				_("Number the levels from 1 upwards, each number once. Now they are {0}.").format(
					", ".join(str(step) for step in steps)
				),
				CreditSegmentError,
				title=_("Levels"),
			)
		for lower, upper in zip(self.levels, self.levels[1:], strict=False):
			if flt(upper.percent_of_base) < flt(lower.percent_of_base):
				frappe.throw(
					_(
						"Level {0} gives {1} %, less than level {2} with {3} %. Let the shares rise with the level."
					).format(
						upper.level, flt(upper.percent_of_base, 2), lower.level, flt(lower.percent_of_base, 2)
					),
					CreditSegmentError,
					title=_("Levels"),
				)
		if self.default_level not in steps:
			frappe.throw(
				_("Default level {0} is not on the ladder. Use one of {1}.").format(
					self.default_level or 0, ", ".join(str(step) for step in steps)
				),
				CreditSegmentError,
				title=_("Default level"),
			)

	def sort_levels(self):
		self.levels.sort(key=lambda row: row.level or 0)
		for number, row in enumerate(self.levels, start=1):
			row.idx = number


def limit_terms(segment: Document) -> tuple:
	"""Return what the limits of a segment's customers are made of."""
	levels = tuple((row.level, flt(row.percent_of_base, 2)) for row in segment.levels)
	return (segment.limit_basis, *(flt(segment.get(field), 2) for field in LIMIT_FIGURES), levels)
