"""Renewal Pipeline: the contracts that somebody has to decide about, the first to act on on top, and what is at stake."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, formatdate

from b2b_contracts.contracts import pipeline, wording
from b2b_contracts.contracts.pipeline_moves import stage_name
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import renewal_pipeline as engine
from b2b_contracts.permissions import CONTRACT

WITHIN = 180
WORDS = ("customer", "contract_type", "account_manager", "stage", "light")


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Return columns, rows, a message where an exchange rate is missing, a chart by month and the totals. A seller sees the own
	portfolio, in all of them."""
	filters = frappe._dict(filters or {})
	frappe.has_permission(CONTRACT, "read", throw=True)
	if not filters.company:
		return _columns(), [], None, None, []
	within = WITHIN if filters.within in (None, "") else cint(filters.within)
	found = pipeline.read(
		pipeline.Wanted(filters.company, within, **{word: filters.get(word) or "" for word in WORDS})
	)
	pipeline.look_up_told(found.entries)
	names = pipeline.names_of(found.entries)
	words = Words()
	rows = [_row(entry, found.currency, names, words) for entry in found.entries]
	return _columns(), rows, _message(found), _chart(found), _summary(found)


class Words:
	"""What the rows say, each translated once: thousands say the same."""

	def __init__(self):
		self.stages = {stage: stage_name(stage) for stage in engine.STAGES}
		self.lights = {light: light_name(light) for light in engine.LIGHTS}
		self.kinds = wording.kind_names()
		self._types: dict[str, str] = {}
		self._days: dict[date, str] = {}

	def type(self, name: str) -> str:
		if name not in self._types:
			self._types[name] = _(name)
		return self._types[name]

	def day(self, day: date) -> str:
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


def _columns() -> list[dict]:
	"""Neither the customer nor people are Link columns: Frappe would refuse the report to whoever may not read all of them, and the
	rows are filtered by what the user may see already."""

	def column(fieldname: str, label: str, fieldtype: str, width: int, options: str | None = None) -> dict:
		return {
			"fieldname": fieldname,
			"label": label,
			"fieldtype": fieldtype,
			"width": width,
			"options": options,
		}

	return [
		column("last_date_to_act", _("Act by"), "Date", 125),
		column("light_name", _("Traffic light"), "Data", 165),
		column("title", _("Contract"), "Data", 210),
		column("contract", _("Number"), "Link", 155, CONTRACT),
		column("customer_name", _("Customer"), "Data", 170),
		column("stage", _("Stage"), "Data", 130),
		column("amount", _("A year"), "Currency", 130, "currency"),
		column("worth", _("In the company's currency"), "Currency", 190, "company_currency"),
		column("probability", _("Probability"), "Percent", 110),
		column("weighted", _("Weighted"), "Currency", 130, "company_currency"),
		column("next_step_on", _("Next step on"), "Date", 130),
		column("next_step", _("Next step"), "Data", 220),
		column("notice_deadline", _("Notice deadline"), "Date", 130),
		column("ends", _("Ends on"), "Date", 120),
		column("account_manager", _("Account manager"), "Data", 150),
		column("contract_owner", _("Contract owner"), "Data", 150),
		column("contract_type", _("Contract type"), "Data", 150),
		column("told", _("Told last"), "Data", 320),
		{"fieldname": "currency", "label": _("Currency"), "fieldtype": "Data", "hidden": 1},
		{"fieldname": "company_currency", "label": _("Company currency"), "fieldtype": "Data", "hidden": 1},
		{"fieldname": "customer", "label": _("Customer number"), "fieldtype": "Data", "hidden": 1},
		{"fieldname": "light", "label": _("Light"), "fieldtype": "Data", "hidden": 1},
	]


def _row(entry: pipeline.Entry, currency: str, names: dict[str, str], words: Words) -> dict:
	row, worth = entry.row, entry.worth
	weighted = None if worth.probability is None else number(engine.weighted(worth.value, worth.probability))
	return {
		"contract": row["name"],
		**{name: row[name] for name in ("title", "customer", "customer_name", "currency", "next_step")},
		**{name: row[name] for name in ("last_date_to_act", "notice_deadline", "next_step_on")},
		"contract_type": words.type(row["contract_type"]),
		"stage": words.stages[entry.stage],
		"light": entry.light,
		"light_name": words.lights[entry.light],
		"amount": number(entry.amount),
		"worth": number(worth.value),
		"company_currency": currency,
		"probability": None if worth.probability is None else number(worth.probability),
		"weighted": weighted,
		"ends": row["terminated_on"] or row["end_date"],
		"account_manager": names.get(row["account_manager"] or "", ""),
		"contract_owner": names.get(row["contract_owner"] or "", ""),
		"told": _told(entry, names, words),
	}


def _told(entry: pipeline.Entry, names: dict[str, str], words: Words) -> str:
	told = entry.told
	if told is None:
		return ""
	people = ", ".join(names.get(user, user) for user in told.users) or "–"
	day = words.day(told.on.date())
	return f"{day} {words.kinds[told.kind]}: {people}" if told.kind in words.kinds else f"{day}: {people}"


def _message(found: pipeline.Found) -> str | None:
	if not found.unpriced:
		return None
	return _(
		"There is no exchange rate from {0} to {1}: those contracts count as nothing in the totals. Enter one under Currency Exchange."
	).format(", ".join(found.unpriced), found.currency)


def _chart(found: pipeline.Found) -> dict | None:
	"""What is at stake by the month in which it has to be acted on, and what of it is probable."""
	months: dict[str, list[engine.Worth]] = {}
	for entry in found.entries:
		if entry.stage in engine.OPEN and entry.row["last_date_to_act"]:
			months.setdefault(entry.row["last_date_to_act"].strftime("%Y-%m"), []).append(entry.worth)
	if not months:
		return None
	totals = {month: engine.total_of(worths) for month, worths in sorted(months.items())}
	return {
		"data": {
			"labels": list(totals),
			"datasets": [
				{"name": _("Still to decide"), "values": [number(total.value) for total in totals.values()]},
				{"name": _("Weighted"), "values": [number(total.weighted) for total in totals.values()]},
			],
		},
		"type": "bar",
		"fieldtype": "Currency",
		"options": "currency",
		"currency": found.currency,
	}


def _summary(found: pipeline.Found) -> list[dict]:
	total = found.total

	def amount(label: str, value, colour: str) -> dict:
		return {
			"label": label,
			"value": number(value),
			"datatype": "Currency",
			"currency": found.currency,
			"indicator": colour,
		}

	def count(label: str, value: int, colour: str) -> dict:
		return {"label": label, "value": value, "datatype": "Int", "indicator": colour}

	return [
		count(_("Contracts"), total.count, "Blue"),
		amount(_("Worth a year"), total.value, "Blue"),
		amount(_("Still to decide"), found.at_stake.value, "Orange"),
		amount(_("Expected, weighted by probability"), total.weighted, "Blue"),
		amount(_("Of that not assessed"), total.unassessed_value, "Grey"),
		count(light_name(engine.RED), total.with_light(engine.RED), "Red"),
		count(light_name(engine.YELLOW), total.with_light(engine.YELLOW), "Orange"),
	]
