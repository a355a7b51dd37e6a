import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from b2b_contracts.engine import kpi as rules
from b2b_contracts.reporting import kpi_records


class CreditKPI(Document):
	"""A key figure: who owns it, over how many months, and from where on it is red or yellow (requirements §5). Its formula is one
	of engine/kpi.py: there are as many records as formulas."""

	def validate(self):
		known = rules.BY_CODE.get(self.code)
		if known is None:
			frappe.throw(
				_(
					"There is no formula {0}. Key figures come with the app, one for each of its formulas."
				).format(frappe.bold(self.code)),
				title=_("Key figure"),
			)
		self.unit, self.bad = known.unit, known.bad
		self._check_months()
		self._check_segments()
		yellow = kpi_records.of(self).limits_of(None).yellow
		self.yellow = 0 if yellow is None else float(yellow)

	def on_trash(self):
		frappe.throw(
			_("{0} cannot be deleted. Take it out of the report by “Shown in the report”.").format(
				frappe.bold(_(self.name))
			),
			title=_("Key figure"),
		)

	def _check_months(self):
		if not 1 <= cint(self.months) <= rules.MOST_MONTHS_BACK:
			frappe.throw(
				_("A figure is of 1 to {0} months, not of {1}.").format(
					rules.MOST_MONTHS_BACK, cint(self.months)
				),
				title=_("Months"),
			)
		if not 0 < flt(self.yellow_percent) <= 100:
			frappe.throw(
				_(
					"Yellow begins at more than 0 and at most 100 per cent of the way to red, not at {0}."
				).format(flt(self.yellow_percent)),
				title=_("Yellow"),
			)

	def _check_segments(self):
		segments = [row.segment for row in self.targets]
		for segment in segments:
			if segments.count(segment) > 1:
				frappe.throw(
					_("Segment {0} has two rows. Keep one of them.").format(frappe.bold(segment)),
					title=_("Targets"),
				)
