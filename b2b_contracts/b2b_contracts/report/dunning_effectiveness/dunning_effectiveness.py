"""Dunning Effectiveness: what reminders bring and what they cost, by step, channel, template or month."""

from typing import ClassVar

from frappe import _
from frappe.utils import add_months

from b2b_contracts.collections import dunning_statistics as statistics
from b2b_contracts.collections.dunning_payments import MOST_DAYS
from b2b_contracts.reporting import shown
from b2b_contracts.reporting.report import Report, Result

MONTHS = 12
# So many groups the chart shows, those first that come first in the rows.
IN_CHART = 12
COUNTED = ("sent", "delivered", "failed", "calls", "invoices")
SUMMED = ("asked", "collected", "cost", "claimed", "charges_paid")


def execute(filters: dict | None = None) -> Result:
	return DunningEffectiveness(filters).run()


class DunningEffectiveness(Report):
	reads: ClassVar = ("Dunning Notice",)

	def validate(self):
		self.of = self.company()
		until = self.day("to_date")
		self.since, self.until = self.period(add_months(until, -MONTHS))
		self.by = self.choice("by", statistics.BY)

	def read(self):
		self.found = statistics.effectiveness(self.of, self.since, self.until, self.by, self.filters.flow)

	def columns(self):
		return [
			shown.column("key", _(self.by), width=250),
			shown.count("sent", _("Sent"), 75),
			shown.count("delivered", _("Delivered")),
			shown.count("failed", _("Did not arrive"), 125),
			shown.count("calls", _("Calls"), 70),
			shown.percent("clicked", _("Opened the link"), 135),
			shown.count("invoices", _("Invoices")),
			shown.money("asked", _("Asked for")),
			*(
				shown.percent(f"paid_{days}", _("Paid within {0} days").format(days), 165)
				for days in statistics.WINDOWS
			),
			*(
				shown.percent(f"paid_amount_{days}", _("Of the amount within {0} days").format(days), 200)
				for days in statistics.WINDOWS
			),
			shown.money("collected", _("Collected")),
			shown.money("cost", _("Cost"), 110),
			shown.money("claimed", _("Charges claimed")),
			shown.money("charges_paid", _("Charges paid")),
			shown.hidden("currency", _("Currency")),
		]

	def rows(self):
		return [self.row(label, group) for label, group in self.found.groups]

	def row(self, label: str, group: statistics.Group) -> dict:
		row = {"key": label, "clicked": group.clicked.percent, "currency": self.found.currency}
		row |= {name: getattr(group, name) for name in COUNTED}
		row |= {name: shown.plain(getattr(group, name)) for name in SUMMED}
		row |= {f"paid_{days}": rate.percent for days, rate in group.paid.items()}
		return row | {f"paid_amount_{days}": rate.percent for days, rate in group.paid_amount.items()}

	def message(self):
		return " ".join(
			(
				_("Shares are of the invoices whose days are over, empty where none are."),
				_(
					"Collected is what came in after a reminder and before the next one, within {0} days."
				).format(MOST_DAYS),
				_("What one of each channel costs is entered on the company."),
			)
		)

	def chart(self):
		"""What was asked for and what came in: a share that is not known yet would stand there as nothing."""
		groups = self.found.groups[:IN_CHART]
		series = {_("Asked for"): "asked", _("Collected"): "collected"}
		return shown.chart(
			[label for label, _group in groups],
			{said: [getattr(group, name) for _key, group in groups] for said, name in series.items()},
			currency=self.found.currency,
		)

	def summary(self):
		found, days = self.found, statistics.HIT_DAYS
		return [
			shown.percent_card(_("Hit rate, {0} days").format(days), found.hit.percent),
			shown.percent_card(_("Hit rate of the amount"), found.hit_amount.percent),
			shown.percent_card(_("Opened the payment link"), found.clicked.percent),
			shown.amount_card(_("Collected"), found.total("collected"), found.currency),
			shown.amount_card(_("Cost"), found.total("cost"), found.currency),
		]
