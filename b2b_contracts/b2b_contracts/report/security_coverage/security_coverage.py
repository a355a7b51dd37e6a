"""Security Coverage: what security covers today, and from which day on there is a gap (requirements §2.6)."""

from datetime import timedelta
from typing import ClassVar

from frappe import _
from frappe.utils import formatdate

from b2b_contracts.credit import coverage, wording
from b2b_contracts.credit.account_facts import total_of
from b2b_contracts.reporting import shown
from b2b_contracts.reporting.report import Report, Result

CUSTOMERS, GROUPS, SECURITIES, AHEAD = "Customers", "Credit groups", "Securities", "Dates ahead"
SHOWN = (CUSTOMERS, GROUPS, SECURITIES, AHEAD)
MONTHS, MOST_MONTHS = 6, 24


def execute(filters: dict | None = None) -> Result:
	return SecurityCoverage(filters).run()


class SecurityCoverage(Report):
	"""One run of the report. Chart and totals are of the customers whose rows the user may see, whatever is shown."""

	reads: ClassVar = ("Security Instrument",)

	def validate(self):
		self.of = self.company()
		self.show = self.choice("show", SHOWN)
		self.assumption = self.choice("assumption", coverage.ASSUMPTIONS, coverage.WHEN_DUE)
		self.months = self.number("months", MONTHS, 1, MOST_MONTHS)
		self.customers()

	def read(self):
		self.found = coverage.seen(
			self.of, self.months, self.assumption, self.filters.customer, self.filters.credit_group
		)

	def columns(self):
		return {
			CUSTOMERS: _customer_columns,
			GROUPS: _group_columns,
			SECURITIES: _security_columns,
			AHEAD: _ahead_columns,
		}[self.show]()

	def rows(self):
		return {
			CUSTOMERS: coverage.customers,
			GROUPS: coverage.groups,
			SECURITIES: _securities,
			AHEAD: _ahead,
		}[self.show](self.found)

	def message(self):
		assumed = {
			coverage.WHEN_DUE: _(
				"Assumed: every invoice is paid on its due date, every granted order is delivered on its last promised day and due by its own terms."
			),
			coverage.AS_LATE: _(
				"Assumed: every invoice is paid as many days after its due date as the customer needed on average over the last {0} months, every granted order is delivered on its last promised day."
			).format(coverage.USUAL_MONTHS),
			coverage.AS_TODAY: _(
				"Assumed: business goes on, so that as much is open on every day as today, due as long after it as today."
			),
		}[self.assumption]
		stays = _(
			"What is overdue already or has no due date stays open. Today's figures are those of the credit check."
		)
		return f"{assumed} {stays}"

	def chart(self):
		if not self.found.customers:
			return None
		# Every fortnight, and as few points for two years as for half a year: more dates would not fit below the chart.
		points = coverage.over_time(self.found, timedelta(weeks=-(-self.months // MONTHS) * 2))
		days, exposure, secured = zip(*points, strict=True)
		return shown.chart(
			[formatdate(day, "d MMM") for day in days],
			{_("Open"): exposure, _("Covered"): secured},
			"line",
			self.found.currency,
			colors=["#e24c4c", "#48a868"],
			lineOptions={"hideDots": 1, "regionFill": 1},
		)

	def summary(self):
		rows = coverage.customers(self.found)

		def card(label: str, field: str, is_bad: bool = False) -> dict:
			total = total_of(row[field] for row in rows)
			colour = shown.RED if is_bad and total else shown.BLUE
			return shown.amount_card(label, total, self.found.currency, colour)

		return [
			card(_("Open today"), "exposure"),
			card(_("Covered today"), "secured"),
			card(_("Not covered today"), "net"),
			card(_("Cover that ends"), "uncovered", is_bad=True),
			card(_("Widest gaps ahead"), "gap", is_bad=True),
		]


# ------------------------------------------------------------------ columns
def _standing_columns() -> list[dict]:
	return [
		shown.money("exposure", _("Exposure")),
		shown.money("secured", _("Secured")),
		shown.money("net", _("Net exposure")),
		shown.money("limit", _("Limit", context="Credit")),
		shown.percent("utilisation", _("Limit used"), 95),
		shown.money("over", _("Over the limit")),
		shown.count("securities", _("Securities")),
		shown.count("not_counting", _("Not counting"), 100),
		shown.day("next_fall", _("Cover falls on")),
		shown.money("uncovered", _("Cover that ends")),
		shown.money("gap", _("Widest gap")),
		shown.day("gap_on", _("From"), 110),
		shown.hidden("currency", _("Currency")),
	]


def _customer_columns() -> list[dict]:
	return [shown.customer(), shown.column("credit_group", _("Credit group")), *_standing_columns()]


def _group_columns() -> list[dict]:
	return [shown.column("credit_group", _("Credit group"), width=190), *_standing_columns()]


def _security_columns() -> list[dict]:
	return [
		shown.link("security", _("Security"), "Security Instrument", 150),
		shown.column(
			"holder", _("Customer or credit group"), width=190, opens="Customer", opens_by="customer"
		),
		shown.column("type_shown", _("Type"), width=140),
		shown.column("instrument_number", _("Instrument number")),
		shown.column("issuer", _("Issuer"), width=150),
		shown.money("amount", _("Amount"), options="amount_currency"),
		shown.money("covers", _("Covers today")),
		shown.column("why_not", _("Why it does not count"), width=280),
		shown.day("expiry", _("Expiry date"), 110),
		shown.day("ends", _("Counts until before"), 140),
		shown.hidden("amount_currency", _("Currency of the amount")),
		shown.hidden("currency", _("Currency")),
	]


def _ahead_columns() -> list[dict]:
	return [
		shown.day("date", _("From"), 110),
		shown.customer(),
		shown.column("lost_shown", _("What counts no more"), width=200),
		shown.column("why", _("Why"), width=200),
		shown.money("exposure", _("Still open then")),
		shown.money("secured", _("Covered then")),
		shown.money("uncovered", _("Cover that ends")),
		shown.money("limit", _("Limit", context="Credit")),
		shown.percent("utilisation", _("Limit used"), 95),
		shown.money("gap", _("Gap")),
		shown.hidden("currency", _("Currency")),
	]


# ------------------------------------------------------------------ rows
def _securities(found: coverage.Seen) -> list[dict]:
	rows = coverage.securities(found)
	for row in rows:
		kind = row["instrument_type"]
		row["type_shown"] = _(kind)
		row["why_not"] = wording.why_not_counted(row["why_not"]) if row["why_not"] else None
	return rows


def _ahead(found: coverage.Seen) -> list[dict]:
	rows = coverage.ahead(found)
	for row in rows:
		names = row["lost"] + [_("a security of the credit group")] * row["lost_of_group"]
		row["lost_shown"] = ", ".join(names)
		row["why"] = (
			_("Expired")
			if row["has_expired"]
			else _("Ends before what is owed by then is due and could be claimed")
		)
	return rows
