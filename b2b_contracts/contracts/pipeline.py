"""The renewal pipeline: which running contracts have to be decided about, by when, and what is at stake (requirements §6).

The page, the calendar and the report read it here, and see what the session user may see of contracts: nothing else is counted.
Reads only; how a contract gets to another stage is in `pipeline_moves.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import frappe
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder.functions import Max
from frappe.utils import create_batch, getdate
from pypika.terms import LiteralValue

from b2b_contracts.credit import people
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import renewal_pipeline as engine

from . import events
from .facts import CONTRACT
from .rates import Rates

# Cards of a stage that the page shows at first, and whom of a page were told is looked up for.
SHOWN = 50
FIELDS = (
	*("name", "title", "customer", "customer_name", "contract_type", "status", "account_manager"),
	*("contract_owner", "currency", "annual_value", "total_value", "last_date_to_act", "notice_deadline"),
	*("end_date", "terminated_on", "renewal_decision", "decided_for", "duration_type", "renewal_months"),
	*("renewal_probability", "next_step", "next_step_on"),
)
# Every day of a contract that stands in the calendar.
DAYS = ("last_date_to_act", "notice_deadline", "end_date", "terminated_on", "next_step_on")


@dataclass(frozen=True, slots=True)
class Wanted:
	"""Of which contracts of a company: those to act on within so many days (0: all), those of somebody, in a light; or those
	with any day between two, for a calendar. `condition` is SQL that Frappe made of filters of its own."""

	company: str
	within: int = 0
	customer: str = ""
	contract_type: str = ""
	account_manager: str = ""
	search: str = ""
	stage: str = ""
	light: str = ""
	between: tuple[date, date] | None = None
	condition: str = ""


@dataclass(frozen=True, slots=True)
class Told:
	"""Who was told last of a contract, when, and of what."""

	users: tuple[str, ...]
	on: datetime
	kind: str


@dataclass(slots=True)
class Entry:
	"""A contract of the pipeline. `amount` is its annual value (its total one where it has none) in its own currency, `worth` in
	the company's."""

	row: dict
	stage: str
	light: str
	amount: Decimal
	worth: engine.Worth
	told: Told | None = None

	@property
	def name(self) -> str:
		return self.row["name"]


@dataclass(frozen=True, slots=True)
class Found:
	"""The pipeline, the first to act on on top, with totals in the company's currency: of all, and by stage. `unpriced` are the
	currencies without an exchange rate, whose contracts count as nothing in a total."""

	currency: str
	entries: list[Entry]
	total: engine.Total
	stages: dict[str, engine.Total]
	unpriced: tuple[str, ...] = field(default=())

	@property
	def at_stake(self) -> engine.Total:
		"""What of it is still to be decided about."""
		return engine.sum_of(self.stages[stage] for stage in engine.OPEN)

	def of_stage(self, stage: str) -> list[Entry]:
		return [entry for entry in self.entries if entry.stage == stage]


def read(wanted: Wanted, on: date | None = None) -> Found:
	"""Return the pipeline as the session user may see it, by as many queries for one contract as for thousands. Raises
	`PermissionError` for who may not read contracts at all."""
	today = on or getdate()
	rates = Rates(wanted.company, today)
	entries = []
	for values in _rows(wanted, today):
		row = dict(zip(FIELDS, values, strict=True))
		entry = _entry(row, rates.of(row["currency"]), today)
		if wanted.stage in ("", entry.stage) and wanted.light in ("", entry.light):
			entries.append(entry)
	entries.sort(key=_order)
	parts: dict[str, list[engine.Worth]] = {stage: [] for stage in engine.STAGES}
	for entry in entries:
		parts[entry.stage].append(entry.worth)
	stages = {stage: engine.total_of(worths) for stage, worths in parts.items()}
	return Found(
		rates.currency, entries, engine.sum_of(stages.values()), stages, tuple(sorted(rates.missing))
	)


def _entry(row: dict, rate: Decimal, today: date) -> Entry:
	stage = engine.stage_of(
		engine.Contract(
			row["status"],
			row["renewal_decision"] or "",
			row["decided_for"],
			row["last_date_to_act"],
			row["terminated_on"],
		),
		today,
	)
	light = engine.light_of(stage, row["last_date_to_act"], today)
	amount = money(row["annual_value"] or row["total_value"])
	probability = engine.probability_of(stage, money(row["renewal_probability"]))
	value = amount if rate == 1 else engine.to_cents(amount * rate)
	return Entry(row, stage, light, amount, engine.Worth(stage, light, value, probability))


def _order(entry: Entry) -> tuple:
	row = entry.row
	return engine.order_of(
		entry.stage, row["last_date_to_act"], row["terminated_on"], entry.worth.value, row["name"]
	)


def _rows(wanted: Wanted, today: date) -> tuple[tuple, ...]:
	contract = frappe.qb.DocType(CONTRACT)
	query = (
		frappe.qb.from_(contract)
		.select(*(contract[name] for name in FIELDS))
		.where(contract.status.isin(life.RUNNING) & (contract.company == wanted.company))
	)
	if wanted.between:
		first, last = wanted.between
		days = [contract[name].between(first, last) for name in DAYS]
		query = query.where(days[0] | days[1] | days[2] | days[3] | days[4])
	else:
		# What has no last date to act: what ends already, and what is renegotiated without having an end. Nobody has to decide
		# about another one that has none.
		undated = contract.last_date_to_act.isnull() & (
			contract.terminated_on.isnotnull() | (contract.status == life.IN_RENEWAL)
		)
		dated = contract.last_date_to_act.isnotnull()
		if wanted.within:
			dated = contract.last_date_to_act <= today + timedelta(days=wanted.within)
		query = query.where(dated | undated)
	for name in ("customer", "contract_type", "account_manager"):
		if getattr(wanted, name):
			query = query.where(contract[name] == getattr(wanted, name))
	if wanted.search:
		like = "%" + wanted.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
		query = query.where(
			contract.title.like(like) | contract.customer_name.like(like) | contract.name.like(like)
		)
	if wanted.condition:
		query = query.where(LiteralValue(f"({wanted.condition})"))
	return _seen(query).run()


def _seen(query):
	"""Return a query of contracts with what the session user may see of them."""
	condition = build_match_conditions(CONTRACT)
	return query.where(LiteralValue(f"({condition})")) if condition else query


def choices(company: str) -> tuple[dict[str, str], list[str]]:
	"""Return whose the running contracts of a company are that the session user sees (account managers with their names), and
	of which types."""
	contract = frappe.qb.DocType(CONTRACT)
	query = (
		frappe.qb.from_(contract)
		.select(contract.account_manager, contract.contract_type)
		.distinct()
		.where(contract.status.isin(life.RUNNING) & (contract.company == company))
	)
	rows = _seen(query).run()
	names = people.full_names({user for user, _kind in rows if user})
	return names, sorted({kind for _user, kind in rows})


# ------------------------------------------------------------------ who was told
def look_up_told(entries: Iterable[Entry]) -> None:
	"""Set who was told last of each of some contracts, by a query for every five hundred of them."""
	by_name = {entry.name: entry for entry in entries}
	# MariaDB reads a longer list as a table, without the index.
	for names in create_batch(list(by_name), 500):
		for name, told, happened_on, kind in _last_told(names):
			users = tuple(user for user in (told or "").split(", ") if user)
			by_name[name].told = Told(users, happened_on, kind or "")


def _last_told(names: list[str]) -> tuple[tuple, ...]:
	event = frappe.qb.DocType(events.EVENT)
	last = (
		frappe.qb.from_(event)
		.select(event.contract, Max(event.happened_on).as_("happened_on"))
		.where((event.event == events.REMINDER) & event.contract.isin(names))
		.groupby(event.contract)
		.as_("last")
	)
	return (
		frappe.qb.from_(last)
		.join(event)
		.on(
			(event.contract == last.contract)
			& (event.event == events.REMINDER)
			& (event.happened_on == last.happened_on)
		)
		.select(event.contract, event.told, event.happened_on, event.key_date_kind)
		.run()
	)


def names_of(entries: Iterable[Entry], others: Iterable[str] = ()) -> dict[str, str]:
	"""Return the full names of the people of some contracts, and of others."""
	users = set(others)
	for entry in entries:
		users.update(user for user in (entry.row["account_manager"], entry.row["contract_owner"]) if user)
		users.update(entry.told.users if entry.told else ())
	return people.full_names(users)
