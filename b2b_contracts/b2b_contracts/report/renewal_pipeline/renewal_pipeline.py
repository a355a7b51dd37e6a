"""Renewal Pipeline: the contracts that somebody has to decide about, the first to act on on top, what is at stake, what they earn
and cost beside today's prices, and who was told."""

from collections.abc import Iterable
from datetime import date, datetime

from frappe import _
from frappe.utils import formatdate

from b2b_contracts.contracts import pipeline, wording
from b2b_contracts.contracts.pipeline_moves import stage_name
from b2b_contracts.contracts.rates import without_rate
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import renewal_pipeline as engine
from b2b_contracts.engine.contract_performance import Gap, Margin
from b2b_contracts.permissions import CONTRACT
from b2b_contracts.reporting import contract_renewals, contract_trade, shown
from b2b_contracts.reporting.report import Report, Result

OVERVIEW, PRICES, REMINDERS = VIEWS = ("Overview", "Margin and prices", "Reminders")
WITHIN, LONGEST = 180, 36_500
WORDS = ("contract_type", "account_manager")
# Reminders of a contract that its history names; how many there were stands beside it.
NAMED = 8


def execute(filters: dict | None = None) -> Result:
	return RenewalPipeline(filters).run()


class RenewalPipeline(Report):
	"""A seller sees the own portfolio, in rows, chart and totals."""

	reads = (CONTRACT,)

	def validate(self) -> None:
		self.view = self.choice("view", VIEWS)
		self.wanted = pipeline.Wanted(
			self.company(),
			self.number("within", WITHIN, 0, LONGEST),
			customer=self.filters.customer or "",
			stage=self.choice("stage", ("", *engine.STAGES)),
			light=self.choice("light", ("", *engine.LIGHTS)),
			**{word: self.filters.get(word) or "" for word in WORDS},
		)

	def read(self) -> None:
		self.found = pipeline.read(self.wanted)
		entries = self.found.entries
		self.told: dict[str, list[pipeline.Told]] = {}
		if self.view == OVERVIEW:
			pipeline.look_up_told(entries)
		elif self.view == REMINDERS:
			self.told = contract_renewals.history(entries)
			for entry in entries:
				entry.told = next(iter(self.told.get(entry.name, ())), None)
		self.trade = (
			contract_renewals.Trade()
			if self.view == REMINDERS
			else contract_renewals.trade(self.wanted.company, entries)
		)
		named = {user for told in self.told.values() for one in told[:NAMED] for user in one.users}
		self.names = pipeline.names_of(entries, named)
		self.may_know = contract_trade.may_know()
		self.words = Words()

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterable[dict]:
		of_view = OF_VIEW[self.view]
		for entry in self.found.entries:
			row = self._row(entry)
			row.update(of_view(self, entry))
			yield row

	def _row(self, entry: pipeline.Entry) -> dict:
		row, worth = entry.row, entry.worth
		return {
			"contract": row["name"],
			**{name: row[name] for name in ("title", "customer", "customer_name", "currency")},
			**{name: row[name] for name in ("last_date_to_act", "notice_deadline")},
			"stage": self.words.stages[entry.stage],
			"status": self.words.status(row["status"]),
			"light": entry.light,
			"light_name": self.words.lights[entry.light],
			"worth": number(worth.value),
			"company_currency": self.found.currency,
			"ends": row["terminated_on"] or row["end_date"],
			"account_manager": self.names.get(row["account_manager"] or "", ""),
			"contract_owner": self.names.get(row["contract_owner"] or "", ""),
		}

	def _overview(self, entry: pipeline.Entry) -> dict:
		row, worth = entry.row, entry.worth
		known = worth.probability is not None
		# Thousands have neither: whatever is asked of them here is asked thousands of times.
		margin, gap = self.trade.margins.get(entry.name), self.trade.gaps.get(entry.name)
		is_known = entry.name in self.trade.known
		return {
			"amount": number(entry.amount),
			"probability": number(worth.probability) if known else None,
			"weighted": number(engine.weighted(worth.value, worth.probability)) if known else None,
			"margin_percent": shown.plain(margin.percent) if margin and is_known else None,
			"gap_percent": shown.plain(gap.percent) if gap and is_known else None,
			"next_step": row["next_step"],
			"next_step_on": row["next_step_on"],
			"contract_type": self.words.type(row["contract_type"]),
			"told": self._told(entry.told) if entry.told else "",
		}

	def _prices(self, entry: pipeline.Entry) -> dict:
		margin, gap = self.trade.margin(entry.name), self.trade.gap(entry.name)
		if margin is None or gap is None:
			return {}
		return {
			"invoiced": number(margin.net),
			"cost": number(margin.cost) if margin.is_known else None,
			"margin": None if margin.amount is None else number(margin.amount),
			"margin_percent": shown.plain(margin.percent),
			"cost_unknown": number(margin.unknown),
			"at_agreed": number(gap.agreed) if gap.compared else None,
			"at_list": number(gap.listed) if gap.compared else None,
			"gap": None if gap.amount is None else number(gap.amount),
			"gap_percent": shown.plain(gap.percent),
			"not_compared": gap.unknown,
		}

	def _reminders(self, entry: pipeline.Entry) -> dict:
		told = self.told.get(entry.name, [])
		return {
			"reminders": len(told),
			"first_told": told[-1].on.date() if told else None,
			"last_told": told[0].on.date() if told else None,
			"told": self._told(told[0]) if told else "",
			"history": "; ".join(self._told(one) for one in told[:NAMED]),
		}

	def _told(self, told: pipeline.Told) -> str:
		people = ", ".join(self.names.get(user, user) for user in told.users) or "–"
		day = self.words.day(told.on)
		kind = self.words.kinds.get(told.kind)
		return f"{day} {kind}: {people}" if kind else f"{day}: {people}"

	# -------------------------------------------------------------- around the rows
	def columns(self) -> list[dict]:
		return [
			shown.day("last_date_to_act", _("Act by"), 125),
			shown.column("light_name", _("Traffic light"), width=165, pill="light"),
			shown.column("title", _("Contract"), width=210, opens=CONTRACT, opens_by="contract"),
			shown.link("contract", _("Number"), CONTRACT, 155),
			shown.customer(170),
			shown.column("stage", _("Stage")),
			shown.column("status", _("Status"), width=110),
			*(one for one in COLUMNS[self.view]() if self.may_know or one["fieldname"] not in OF_TRADE),
			shown.day("notice_deadline", _("Notice deadline"), 130),
			shown.day("ends", _("Ends on"), 120),
			shown.column("account_manager", _("Account manager"), width=150),
			shown.column("contract_owner", _("Contract owner"), width=150),
			shown.hidden("currency", _("Currency")),
			shown.hidden("company_currency", _("Company currency")),
			shown.hidden("customer", _("Customer number")),
			shown.hidden("light", _("Light")),
		]

	def message(self) -> str | None:
		said = []
		if self.found.unpriced:
			said.append(without_rate(self.found.unpriced, self.found.currency))
		if self.view == PRICES and not self.may_know:
			said.append(contract_trade.not_open())
		elif self.view == PRICES:
			said.append(
				_(
					"Invoiced, margin and quantities are of the last {0} months, net of tax and less what was credited, of rows that a contract gave their price. The price gap says by how much today's price list is dearer than the contract for the quantities bought. Cost and list price that are not known do not count as 0."
				).format(contract_renewals.MONTHS)
			)
		if self.trade.message and not self.found.unpriced:
			said.append(self.trade.message)
		return " ".join(said) or None

	def chart(self) -> dict | None:
		"""What is at stake by the month in which it has to be acted on, and what of it is probable."""
		months: dict[str, list[engine.Worth]] = {}
		for entry in self.found.entries:
			if entry.stage in engine.OPEN and entry.row["last_date_to_act"]:
				months.setdefault(entry.row["last_date_to_act"].strftime("%Y-%m"), []).append(entry.worth)
		totals = {month: engine.total_of(worths) for month, worths in sorted(months.items())}
		return shown.chart(
			list(totals),
			{
				_("Still to decide"): [total.value for total in totals.values()],
				_("Weighted"): [total.weighted for total in totals.values()],
			},
			currency=self.found.currency,
		)

	def summary(self) -> list[dict]:
		total, currency = self.found.total, self.found.currency
		if self.view == PRICES:
			return self._trade_summary()
		return [
			shown.count_card(_("Contracts"), total.count),
			shown.amount_card(_("Worth a year"), total.value, currency),
			shown.amount_card(_("Still to decide"), self.found.at_stake.value, currency),
			shown.amount_card(_("Expected, weighted by probability"), total.weighted, currency),
			shown.amount_card(_("Of that not assessed"), total.unassessed_value, currency, shown.GREY),
			shown.count_card(light_name(engine.RED), total.with_light(engine.RED), shown.RED),
			shown.count_card(light_name(engine.YELLOW), total.with_light(engine.YELLOW), shown.YELLOW),
		]

	def _trade_summary(self) -> list[dict]:
		names = [entry.name for entry in self.found.entries]
		margin = sum((one for name in names if (one := self.trade.margin(name))), Margin())
		gap = sum((one for name in names if (one := self.trade.gap(name))), Gap())
		currency = self.found.currency
		if not self.may_know:
			return []
		return [
			shown.amount_card(
				_("Invoiced in {0} months").format(contract_renewals.MONTHS), margin.net, currency
			),
			shown.amount_card(_("Margin"), margin.amount or 0, currency),
			shown.percent_card(_("Margin in %"), margin.percent),
			shown.amount_card(_("Cost not known of"), margin.unknown, currency, shown.GREY),
			shown.amount_card(_("Price gap to the list"), gap.amount or 0, currency),
			shown.percent_card(_("Price gap in %"), gap.percent),
		]


# ------------------------------------------------------------------ columns of a view
def _overview_columns() -> list[dict]:
	return [
		shown.money("amount", _("A year")),
		shown.money("worth", _("In the company's currency"), 190, "company_currency"),
		shown.percent("probability", _("Probability"), 110),
		shown.money("weighted", _("Weighted"), options="company_currency"),
		shown.percent("margin_percent", _("Margin in %"), 110),
		shown.percent("gap_percent", _("Price gap in %"), 120),
		shown.day("next_step_on", _("Next step on"), 130),
		shown.column("next_step", _("Next step"), width=220),
		shown.column("told", _("Told last"), width=320),
		shown.column("contract_type", _("Contract type"), width=150),
	]


def _price_columns() -> list[dict]:
	def amount(name: str, label: str, width: int = 130) -> dict:
		return shown.money(name, label, width, "company_currency")

	return [
		amount("worth", _("A year")),
		amount("invoiced", _("Invoiced")),
		amount("cost", _("Cost")),
		amount("margin", _("Margin")),
		shown.percent("margin_percent", _("Margin in %"), 110),
		amount("cost_unknown", _("Cost not known of"), 150),
		amount("at_agreed", _("Bought, at the contract's prices"), 210),
		amount("at_list", _("Bought, at today's list prices"), 200),
		amount("gap", _("Price gap"), 120),
		shown.percent("gap_percent", _("Price gap in %"), 120),
		shown.count("not_compared", _("Lines without a comparison"), 185),
	]


def _reminder_columns() -> list[dict]:
	return [
		shown.money("worth", _("A year"), options="company_currency"),
		shown.count("reminders", _("Reminders"), 100),
		shown.day("first_told", _("First on"), 110),
		shown.day("last_told", _("Last on"), 110),
		shown.column("told", _("Told last"), width=300),
		shown.column("history", _("Reminder history"), width=600),
	]


OF_VIEW: dict = {
	OVERVIEW: RenewalPipeline._overview,
	PRICES: RenewalPipeline._prices,
	REMINDERS: RenewalPipeline._reminders,
}
OF_TRADE = frozenset(
	(
		*("invoiced", "cost", "margin", "margin_percent", "cost_unknown"),
		*("at_agreed", "at_list", "gap", "gap_percent", "not_compared"),
	)
)
COLUMNS: dict = {OVERVIEW: _overview_columns, PRICES: _price_columns, REMINDERS: _reminder_columns}


class Words:
	"""What the rows say, each translated once: thousands say the same."""

	def __init__(self):
		self.stages = {stage: stage_name(stage) for stage in engine.STAGES}
		self.lights = {light: light_name(light) for light in engine.LIGHTS}
		self.kinds = wording.kind_names()
		self._types: dict[str, str] = {}
		self._states: dict[str, str] = {}
		self._days: dict[date, str] = {}

	def type(self, name: str) -> str:
		if name not in self._types:
			self._types[name] = _(name)
		return self._types[name]

	def status(self, name: str) -> str:
		if name not in self._states:
			self._states[name] = _(name, context=CONTRACT)
		return self._states[name]

	def day(self, moment: datetime) -> str:
		day = moment.date()
		if day not in self._days:
			self._days[day] = formatdate(day)
		return self._days[day]


def light_name(light: str) -> str:
	"""Return what a traffic light says."""
	return {
		engine.RED: _("Past the last day"),
		engine.YELLOW: _("Within {0} days").format(engine.NEAR_DAYS),
		engine.GREEN: _("In good time"),
		engine.GREY: _("No day"),
	}[light]
