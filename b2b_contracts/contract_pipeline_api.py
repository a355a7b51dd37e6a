"""What the desk and other software may call about the renewal pipeline. Every method checks permission first and is typed.

`worth` and totals are numbers in the company's currency, `amount` in the contract's own. Errors are Frappe's: `PermissionError`
without the right or the mandate, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _
from frappe.desk.reportview import get_filters_cond
from frappe.utils import add_days, cint, flt, getdate

from b2b_contracts.contracts import pipeline, pipeline_moves, renewals, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import renewal_pipeline as engine
from b2b_contracts.permissions import CONTRACT

WORDS = ("customer", "contract_type", "account_manager", "search", "stage", "light")
MOST_SHOWN = 1000


@frappe.whitelist()
def read(company: str, filters: str | dict | None = None, shown: int = pipeline.SHOWN) -> dict:
	"""Return the renewal pipeline of a company: `{currency, today, total, at_stake, stages: [{stage, label, total, cards}],
	unpriced}`, `at_stake` being of those still to be decided about, each total `{count, value, weighted, unassessed, unassessed_value, red, yellow}`. Of each stage the first `shown` contracts are
	cards. `filters` are `within` (days until the last date to act, 0: all), `customer`, `contract_type`, `account_manager`,
	`search`, `stage` and `light`."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	asked = (json.loads(filters) if isinstance(filters, str) and filters else filters) or {}
	wanted = pipeline.Wanted(
		company,
		cint(asked.get("within")),
		**{word: str(asked.get(word) or "").strip() for word in WORDS},
	)
	found = pipeline.read(wanted)
	least = max(1, min(cint(shown), MOST_SHOWN))
	cards = {stage: found.of_stage(stage)[:least] for stage in engine.STAGES}
	every = [entry for entries in cards.values() for entry in entries]
	pipeline.look_up_told(every)
	names, kinds = pipeline.names_of(every), wording.kind_names()
	return {
		"currency": found.currency,
		"today": str(getdate()),
		"total": _total(found.total),
		"at_stake": _total(found.at_stake),
		"stages": [
			{
				"stage": stage,
				"label": pipeline_moves.stage_name(stage),
				"total": _total(found.stages[stage]),
				"cards": [_card(entry, names, kinds) for entry in cards[stage]],
			}
			for stage in engine.STAGES
		],
		"unpriced": list(found.unpriced),
	}


def _total(total: engine.Total) -> dict:
	return {
		"count": total.count,
		"value": number(total.value),
		"weighted": number(total.weighted),
		"unassessed": total.unassessed,
		"unassessed_value": number(total.unassessed_value),
		"red": total.with_light(engine.RED),
		"yellow": total.with_light(engine.YELLOW),
	}


def _card(entry: pipeline.Entry, names: dict[str, str], kinds: dict[str, str]) -> dict:
	row, told, probability = entry.row, entry.told, entry.worth.probability
	card = {
		name: row[name]
		for name in (
			"name",
			"title",
			"customer_name",
			"contract_type",
			"currency",
			"duration_type",
			"next_step",
		)
	}
	days = ("last_date_to_act", "notice_deadline", "end_date", "terminated_on", "next_step_on")
	card |= {name: str(row[name]) if row[name] else None for name in days}
	return card | {
		"stage": entry.stage,
		"light": entry.light,
		"amount": number(entry.amount),
		"probability": None if probability is None else number(probability),
		"is_assessable": entry.stage in engine.OPEN,
		"account_manager": names.get(row["account_manager"] or ""),
		"told": told
		and {
			"names": [names.get(user, user) for user in told.users],
			"on": str(told.on),
			"of": kinds[told.kind] if told.kind else "",
		},
	}


@frappe.whitelist()
def options(company: str) -> dict:
	"""Return whom and what the pipeline of a company can be narrowed to: `{account_managers: [{user, name}], contract_types: [name]}`,
	as far as the session user sees contracts of theirs."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	managers, kinds = pipeline.choices(company)
	return {
		"account_managers": sorted(
			({"user": user, "name": name} for user, name in managers.items()), key=lambda row: row["name"]
		),
		"contract_types": kinds,
	}


@frappe.whitelist()
def moves(contract: str) -> dict:
	"""Return what the session user can do with a card: `{name, title, duration_type, renewal_months, stage, outlook, may_plan, moves:
	[{stage, label, step, step_label, why_not}]}`; `outlook` says what a notice given today brings."""
	doc = _readable(contract)
	found = pipeline_moves.moves(doc)
	stage = pipeline_moves.stage_of(doc)
	return {
		"name": doc.name,
		"title": doc.title,
		"duration_type": doc.duration_type,
		"renewal_months": cint(doc.renewal_months),
		"stage": stage,
		"outlook": renewals.outlook(doc) if stage != engine.ENDING else None,
		"may_plan": bool(frappe.has_permission(CONTRACT, "write", doc)),
		"moves": found,
	}


@frappe.whitelist(methods=["POST"])
def move(
	contract: str,
	stage: str,
	reason: str,
	new_end: str | None = None,
	kind: str | None = None,
	given_on: str | None = None,
	ends_on: str | None = None,
	document: str | None = None,
	cause: str | None = None,
) -> dict:
	"""Move a contract to a stage of the pipeline by the step of its life that leads there: `In Renegotiation`, `Renewed` (a fixed one
	until `new_end`), `Ending` (notice: the rest, as in `terminate_contract`) or `To Decide`. The
	mandate is the step's own. Returns `{name, status, stage, letter}`, the last being the letter that was written of a notice."""
	_readable(contract)
	doc = pipeline_moves.move(contract, stage, reason, new_end, kind, given_on, ends_on, document, cause)
	return {
		"name": doc.name,
		"status": doc.status,
		"stage": pipeline_moves.stage_of(doc),
		"letter": doc.flags.letter,
	}


@frappe.whitelist(methods=["POST"])
def plan(
	contract: str, probability: float = 0, next_step: str | None = None, next_step_on: str | None = None
) -> dict:
	"""Write down how probable a renewal is (0 to 100; 0: not assessed) and what is done next, until when. Returns `{name,
	probability}`."""
	_readable(contract)
	doc = pipeline_moves.plan(contract, flt(probability), next_step or "", next_step_on)
	return {"name": doc.name, "probability": number(money(doc.renewal_probability))}


# ------------------------------------------------------------------ calendar
@frappe.whitelist()
def events(
	start: str,
	end: str,
	filters: str | list | None = None,
	doctype: str | None = None,
	fields: str | list | None = None,
	field_map: str | dict | None = None,
) -> list:
	"""Return the days of the contracts of the pipeline for Frappe's calendar: last date to act, notice deadline, end, next step:
	`[{name, title, start, end, all_day, docstatus, light, tooltip}]`."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	# The view's edges are times of the user's zone: a day more on each side loses none.
	first, last = getdate(add_days(start, -1)), getdate(add_days(end, 1))
	asked = json.loads(filters) if isinstance(filters, str) and filters else filters
	condition = (
		get_filters_cond(CONTRACT, asked, []).removeprefix(" and ").replace("%", "%%") if asked else ""
	)
	found = []
	for company in _companies():
		wanted = pipeline.Wanted(company, between=(first, last), condition=condition)
		for entry in pipeline.read(wanted).entries:
			found += _days(entry, first, last)
	return found


def _companies() -> list[str]:
	"""Return the companies with contracts that the session user sees."""
	return frappe.get_list(
		CONTRACT, fields=["company"], group_by="company", pluck="company", order_by="company"
	)


def _days(entry: pipeline.Entry, first, last) -> list[dict]:
	row = entry.row
	days = []
	if entry.stage in engine.OPEN:
		days += [
			("last_date_to_act", _("Act: {0}"), entry.light),
			("notice_deadline", _("Notice: {0}"), entry.light),
		]
	ends = "terminated_on" if row["terminated_on"] else "end_date"
	days.append(
		(ends, _("Ends: {0}") if entry.stage == engine.ENDING else _("Period ends: {0}"), engine.GREY)
	)
	days.append(("next_step_on", _("Next step: {0}"), "Step"))
	about = f"{row['title']}, {row['customer_name'] or row['customer']}"
	return [
		{
			"name": row["name"],
			"title": said.format(about),
			"start": str(row[name]),
			"end": str(row[name]),
			"all_day": 1,
			"docstatus": 1,
			"light": light,
			"tooltip": row["next_step"] if name == "next_step_on" else pipeline_moves.stage_name(entry.stage),
		}
		for name, said, light in days
		if row[name] and first <= row[name] <= last
	]


def _readable(contract: str):
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("read")
	return doc
