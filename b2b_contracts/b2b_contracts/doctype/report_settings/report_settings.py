import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.engine.ageing import BASES, Bounds, BoundsError
from b2b_contracts.exceptions import ReportSettingsError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice


class ReportSettings(Document):
	"""What the reports take for granted where nobody says otherwise in their filters (requirements §5)."""

	def validate(self):
		refuse_negative(self, ReportSettingsError)
		refuse_over_hundred(self, ("alarm_percent",), ReportSettingsError)
		refuse_unknown_choice(self, "ageing_basis", BASES, ReportSettingsError)
		try:
			Bounds.of(self.ageing_buckets or "")
		except BoundsError:
			frappe.throw(
				_("Buckets {0} are not days that rise, such as 30, 60, 90.").format(
					frappe.bold(self.ageing_buckets)
				),
				ReportSettingsError,
				title=_("Report settings"),
			)
