"""Security Coverage: what security covers today, and from which day on there is a gap (requirements §2.6)."""

from collections.abc import Callable
from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import cint

from b2b_contracts.credit import coverage, wording
from b2b_contracts.credit.account_facts import total_of

CUSTOMERS, GROUPS, SECURITIES, AHEAD = "Customers", "Credit groups", "Securities", "Dates ahead"
SHOWN = (CUSTOMERS, GROUPS, SECURITIES, AHEAD)
MONTHS, MOST_MONTHS = 6, 24


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], str, dict | None, list[dict]]:
	"""Return columns, rows, the assumption in words, a chart and the totals. A seller sees the own portfolio."""
	return SecurityCoverage(frappe._dict(filters or {})).run()


class SecurityCoverage:
	"""One run of the report. Chart and totals are of the customers whose rows the user may see."""

	def __init__(self, filters: frappe._dict):
		self.company = filters.company or frappe.defaults.get_user_default("Company")
		self.show = filters.show or CUSTOMERS
		self.assumption = filters.assumption or coverage.WHEN_DUE
		self.months = cint(filters.months or MONTHS)
		self.customer, self.credit_group = filters.customer, filters.credit_group
		self.validate()

	def validate(self):
		if not self.company or not frappe.db.exists("Company", self.company):
			frappe.throw(_("Choose a company."), title=_("Company"))
		for value, allowed in ((self.show, SHOWN), (self.assumption, coverage.ASSUMPTIONS)):
			if value not in allowed:
				frappe.throw(
					_("{0} is not offered here. Choose one of {1}.").format(
						frappe.bold(value), ", ".join(_(one) for one in allowed)
					),
					title=_("Filter"),
				)
		if not 1 <= self.months <= MOST_MONTHS:
			frappe.throw(
				_("The report looks 1 to {0} months ahead, not {1}.").format(MOST_MONTHS, self.months),
				title=_("Filter"),
			)

	def run(self) -> tuple[list[dict], list[dict], str, dict | None, list[dict]]:
		found = coverage.seen(self.company, self.months, self.assumption, self.customer, self.credit_group)
		columns, rows = self.views()[self.show](found)
		return columns, rows, self.message(), self.chart(found), self.summary(found)

	def views(self) -> dict[str, Callable]:
		return {CUSTOMERS: _customers, GROUPS: _groups, SECURITIES: _securities, AHEAD: _ahead}

	def message(self) -> str:
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

	def chart(self, found: coverage.Seen) -> dict | None:
		if not found.customers:
			return None
		# Every fortnight, and as few points for two years as for half a year: more dates would not fit below the chart.
		points = coverage.over_time(found, timedelta(weeks=-(-self.months // MONTHS) * 2))
		days, exposure, secured = zip(*points, strict=True)
		return {
			"data": {
				"labels": [frappe.utils.formatdate(day, "d MMM") for day in days],
				"datasets": [
					{"name": _("Open"), "values": exposure},
					{"name": _("Covered"), "values": secured},
				],
			},
			"type": "line",
			"colors": ["#e24c4c", "#48a868"],
			"lineOptions": {"hideDots": 1, "regionFill": 1},
			"fieldtype": "Currency",
			"options": "currency",
			"currency": found.currency,
		}

	def summary(self, found: coverage.Seen) -> list[dict]:
		"""Return the sums of the customers' rows, whatever is shown."""
		rows = coverage.customers(found)

		def card(label: str, field: str, is_bad: bool = False) -> dict:
			total = total_of(row[field] for row in rows)
			shown = {"value": total, "datatype": "Currency", "currency": found.currency}
			return shown | {"label": label, "indicator": "Red" if is_bad and total else "Blue"}

		return [
			card(_("Open today"), "exposure"),
			card(_("Covered today"), "secured"),
			card(_("Not covered today"), "net"),
			card(_("Cover that ends"), "uncovered", is_bad=True),
			card(_("Widest gaps ahead"), "gap", is_bad=True),
		]


def _column(fieldname: str, label: str, fieldtype: str, width: int, options: str | None = None) -> dict:
	return {
		"fieldname": fieldname,
		"label": label,
		"fieldtype": fieldtype,
		"width": width,
		"options": options,
	}


def _money(fieldname: str, label: str, width: int = 130, options: str = "currency") -> dict:
	return _column(fieldname, label, "Currency", width, options)


def _hidden(fieldname: str, label: str) -> dict:
	return {"fieldname": fieldname, "label": label, "fieldtype": "Data", "hidden": 1}


def _figures() -> list[dict]:
	return [
		_money("exposure", _("Exposure")),
		_money("secured", _("Secured")),
		_money("net", _("Net exposure")),
		_money("limit", _("Limit")),
		_column("utilisation", _("Limit used"), "Percent", 95),
	]


def _standing_columns() -> list[dict]:
	return [
		*_figures(),
		_money("over", _("Over the limit")),
		_column("securities", _("Securities"), "Int", 90),
		_column("not_counting", _("Not counting"), "Int", 100),
		_column("next_fall", _("Cover falls on"), "Date", 115),
		_money("uncovered", _("Cover that ends")),
		_money("gap", _("Widest gap")),
		_column("gap_on", _("From"), "Date", 110),
		_hidden("currency", _("Currency")),
	]


def _customers(found: coverage.Seen) -> tuple[list[dict], list[dict]]:
	"""Customers are no Link column: Frappe would refuse the report to whoever may not read all customers."""
	columns = [
		_column("customer_name", _("Customer"), "Data", 190),
		_column("credit_group", _("Credit group"), "Data", 130),
		*_standing_columns(),
	]
	return columns, coverage.customers(found)


def _groups(found: coverage.Seen) -> tuple[list[dict], list[dict]]:
	columns = [_column("credit_group", _("Credit group"), "Data", 190), *_standing_columns()]
	return columns, coverage.groups(found)


def _securities(found: coverage.Seen) -> tuple[list[dict], list[dict]]:
	rows = coverage.securities(found)
	for row in rows:
		kind = row["instrument_type"]
		row["type_shown"] = _(kind)
		row["why_not"] = wording.why_not_counted(row["why_not"]) if row["why_not"] else None
	columns = [
		_column("security", _("Security"), "Link", 150, "Security Instrument"),
		_column("holder", _("Customer or credit group"), "Data", 190),
		_column("type_shown", _("Type"), "Data", 140),
		_column("instrument_number", _("Instrument number"), "Data", 130),
		_column("issuer", _("Issuer"), "Data", 150),
		_money("amount", _("Amount"), options="amount_currency"),
		_money("covers", _("Covers today")),
		_column("why_not", _("Why it does not count"), "Data", 280),
		_column("expiry", _("Expiry date"), "Date", 110),
		_column("ends", _("Counts until before"), "Date", 140),
		_hidden("amount_currency", _("Currency of the amount")),
		_hidden("currency", _("Currency")),
	]
	return columns, rows


def _ahead(found: coverage.Seen) -> tuple[list[dict], list[dict]]:
	rows = coverage.ahead(found)
	for row in rows:
		names = row["lost"] + [_("a security of the credit group")] * row["lost_of_group"]
		row["lost_shown"] = ", ".join(names)
		row["why"] = (
			_("Expired")
			if row["has_expired"]
			else _("Ends before what is owed by then is due and could be claimed")
		)
	columns = [
		_column("date", _("From"), "Date", 110),
		_column("customer_name", _("Customer"), "Data", 190),
		_column("lost_shown", _("What counts no more"), "Data", 200),
		_column("why", _("Why"), "Data", 200),
		_money("exposure", _("Still open then")),
		_money("secured", _("Covered then")),
		_money("uncovered", _("Cover that ends")),
		_money("limit", _("Limit")),
		_column("utilisation", _("Limit used"), "Percent", 95),
		_money("gap", _("Gap")),
		_hidden("currency", _("Currency")),
	]
	return columns, rows
