import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.engine import concentration, provisions
from b2b_contracts.engine.ageing import BASES, Bounds, BoundsError
from b2b_contracts.exceptions import ReportSettingsError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice


class ReportSettings(Document):
	"""What the reports take for granted where nobody says otherwise in their filters (requirements §5)."""

	def validate(self):
		refuse_negative(self, ReportSettingsError)
		refuse_over_hundred(self, ("alarm_percent", "provision_insolvent"), ReportSettingsError)
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
		try:
			concentration.bands_from(self.exposure_revenue_bands or "")
		except ValueError:
			frappe.throw(
				_("Revenue bands {0} are not amounts that rise, such as 250000, 1000000, 5000000.").format(
					frappe.bold(self.exposure_revenue_bands)
				),
				ReportSettingsError,
				title=_("Report settings"),
			)
		self._check_provisions()

	def _check_provisions(self) -> None:
		# Where nobody has saved the settings since there are rates, it is the standard ones.
		self.provision_rates = self.provision_rates or self.meta.get_field("provision_rates").default
		buckets = len(Bounds.of(self.ageing_buckets))
		try:
			provisions.rates_of(self.provision_rates, buckets)
		except ValueError:
			frappe.throw(
				_(
					"Provision rates {0} do not fit: enter {1} numbers from 0 to 100, for what is not due and each bucket, none lower than the one before."
				).format(frappe.bold(self.provision_rates), buckets),
				ReportSettingsError,
				title=_("Report settings"),
			)
