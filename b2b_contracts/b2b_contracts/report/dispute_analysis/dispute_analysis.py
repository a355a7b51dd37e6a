"""Dispute Analysis: where disputes come from, how they end and how long they take."""

from decimal import Decimal

from frappe import _
from frappe.utils import add_months

from b2b_contracts.reporting import disputes, kpi_records, shown
from b2b_contracts.reporting.report import Report, Result

MONTHS = 12
# The key figure whose limits say when the days of a group are red or yellow.
DISPUTE_TIME = "dispute_time"
MOST_IN_CHART = 10


def execute(filters: dict | None = None) -> Result:
	return DisputeAnalysis(filters).run()


class DisputeAnalysis(Report):
	"""The disputes registered in a period that the user may see, grouped."""

	reads = ("Dispute",)

	def validate(self) -> None:
		self.in_company = self.company()
		until = self.day("to_date")
		self.since, self.until = self.period(add_months(until, -MONTHS), until)
		self.by = self.choice("by", disputes.BY)
		self.customers_asked = self.customers()
		records = kpi_records.all_of_them()
		self.limits = next((record for record in records if record.code == DISPUTE_TIME), None)

	def read(self) -> None:
		self.found = disputes.analysed(self.in_company, self.since, self.until, self.by, self.customers_asked)

	def columns(self) -> list[dict]:
		return [
			shown.column(
				"key", _(self.by), width=220, opens=disputes.DOCTYPES.get(self.by), opens_by="opens"
			),
			shown.count("disputes", _("Disputes")),
			shown.count("running", _("Still running"), 110),
			shown.money("disputed", _("Disputed")),
			shown.money("credited", _("Credited")),
			shown.percent("accepted_percent", _("Accepted")),
			shown.column(
				*("average_days", _("Days in dispute, average"), "Float", 180), precision=1, pill="light"
			),
			shown.count("longest_days", _("Longest")),
			shown.column("response_hours", _("Hours to the first response"), "Float", 190, precision=1),
			shown.hidden("currency", _("Currency")),
		]

	def rows(self) -> list[dict]:
		return [
			{
				"key": group.label,
				"opens": group.key,
				"disputes": group.disputes,
				"running": group.running,
				"disputed": shown.plain(disputes.cents(group.disputed)),
				"credited": shown.plain(disputes.cents(group.credited)),
				"accepted_percent": group.accepted_percent,
				"average_days": group.average_days,
				"light": self.light_of(group.average_days),
				"longest_days": max(group.days),
				"response_hours": group.response_hours,
				"currency": self.found.currency,
			}
			for group in self.found.groups
		]

	def message(self) -> str:
		return _(
			"Disputes registered in the period, at the rates of their invoices. One that is still running counts its days until today; what"
			" concerns several items, warehouses or salespeople counts in each of them, its amounts in proportion."
		)

	def chart(self) -> dict | None:
		groups = self.found.groups[:MOST_IN_CHART]
		return shown.chart(
			[group.label for group in groups],
			{
				_("Disputed"): [disputes.cents(group.disputed) for group in groups],
				_("Credited"): [disputes.cents(group.credited) for group in groups],
			},
			currency=self.found.currency,
		)

	def summary(self) -> list[dict]:
		total, currency = self.found.total, self.found.currency
		if not total.disputes:
			return []
		days = total.average_days
		return [
			shown.count_card(_("Disputes"), total.disputes),
			shown.count_card(_("Still running"), total.running),
			shown.amount_card(_("Disputed"), disputes.cents(total.disputed), currency),
			shown.amount_card(_("Credited"), disputes.cents(total.credited), currency),
			shown.percent_card(_("Accepted"), total.accepted_percent),
			shown.text_card(_("Days in dispute, average"), shown.number_text(days), self.light_of(days)),
		]

	def light_of(self, days: float) -> str:
		"""Return the light of the average days from registration to resolution, by the key figure of them."""
		return self.limits.light(Decimal(str(days))) if self.limits else shown.GREY
