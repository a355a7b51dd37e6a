"""A back-test in a few kilobytes of plain values: what the desk shows of it and keeps with it.

Everything that differs between worlds is a list with one value for each: the past first, then the policies, or the
policies alone. Amounts are in the result's main currency, ratios are fractions, days are numbers; None is "there is none".
"""

from collections.abc import Callable
from decimal import Decimal

from .assumptions import Assumptions
from .figures import FATES, Hold, Tally
from .result import Result, WorldResult, amount_of

MOST_ROWS = 20
MOST_DIFFERENCES = 200
MOST_TEXT = 300


def summary_of(result: Result) -> dict:
	"""Return what a back-test found as plain values that JSON can hold."""
	return {
		"currency": result.currency,
		"from_date": result.from_date.isoformat(),
		"to_date": result.to_date.isoformat(),
		"first": result.first.isoformat(),
		"last": result.last.isoformat(),
		"worlds": [_world(world) for world in result.worlds],
		"assumptions": _assumptions(result.assumptions),
		"figures": [{"key": key, **_of_worlds(result, value)} for key, value in _FIGURES],
		"months": _months(result),
		"rules": _rules(result),
		"segments": _segments(result),
		"roles": _roles(result),
		"fates": _fates(result),
		"lists": [{"key": key, "policies": _rows(result, found)} for key, found in _LISTS],
		"differences": [
			{"where": row.where, "ours": row.ours[:MOST_TEXT], "theirs": row.theirs[:MOST_TEXT]}
			for row in result.differences[:MOST_DIFFERENCES]
		],
	}


def _world(world: WorldResult) -> dict:
	if world.terms is None:
		return {"title": world.title, "version": None}
	return {"title": world.terms.name, "version": world.terms.values["policy"]["version"]}


def _assumptions(assumed: Assumptions) -> dict:
	values = {name: getattr(assumed, name) for name in Assumptions.__slots__}
	return values | {"release_hours": _number(assumed.release_hours)}


# ------------------------------------------------------------------ key figures
def _number(value: Decimal | float | None, places: int = 2) -> float | None:
	return None if value is None else round(float(value), places)


def _tally(tally: Tally) -> dict:
	return {"count": tally.count, "amount": _number(tally.amount)}


def _holds(holds: list[Hold]) -> dict:
	return {"count": len(holds), "amount": _number(amount_of(holds))}


def _of_fate(fate: str) -> Callable[[WorldResult], dict | None]:
	return _of_policy(lambda world: _tally(world.by_fate[fate][0]))


def _of_policy(value: Callable[[WorldResult], object]) -> Callable[[WorldResult], object]:
	"""Nothing is held in the past: there is no such figure."""
	return lambda world: value(world) if world.before else None


def _share_held(world: WorldResult) -> float | None:
	checked = world.figures.checked.amount
	return _number(world.figures.held_orders.amount / checked, 4) if checked else None


def _of_worlds(result: Result, value: Callable[[WorldResult], object]) -> dict:
	return {"values": [value(world) for world in result.worlds]}


_FIGURES: tuple[tuple[str, Callable[[WorldResult], object]], ...] = (
	("orders", lambda w: _tally(w.figures.orders)),
	("held", _of_policy(lambda w: _tally(w.figures.held_orders))),
	("share_held", _of_policy(_share_held)),
	("stopped", _of_policy(lambda w: _tally(w.figures.stopped_orders))),
	("stopped_deliveries", _of_policy(lambda w: _tally(w.figures.stopped_deliveries))),
	("hold_days", _of_policy(lambda w: _number(w.hold_days and w.hold_days[1], 1))),
	*((f"held_{fate.lower().replace(' ', '_')}", _of_fate(fate)) for fate in FATES),
	("good_delayed", _of_policy(lambda w: _holds(w.delayed_good))),
	("good_lost", _of_policy(lambda w: _holds(w.lost_good))),
	("written_off", lambda w: _number(w.loss)),
	("loss_avoided", _of_policy(lambda w: _number(w.loss_avoided))),
	("dso", lambda w: _number(w.dso_average, 1)),
	("days_to_pay", lambda w: _number(w.figures.days_to_pay, 1)),
	("days_beyond_terms", lambda w: _number(w.figures.days_beyond_terms, 1)),
	("receivables", lambda w: _number(w.receivables_average)),
	("overdue_share", lambda w: _number(w.overdue_share_average, 4)),
	("cash", lambda w: _number(w.cash)),
)


# ------------------------------------------------------------------ tables
def _months(result: Result) -> list[dict]:
	"""The months of the past, and what a policy moved beyond its end."""
	keys = sorted({key for world in result.worlds for key in world.figures.months})
	rows = []
	for key in keys:
		found = [world.figures.months.get(key) for world in result.worlds]
		pairs = list(zip(result.worlds, found, strict=True))
		rows.append(
			{
				"month": next(month for month in found if month).month.isoformat(),
				"cash": [_number(month.cash) if month else 0 for month in found],
				"receivables": [_number(month.receivables) if month else None for month in found],
				"overdue": [_number(month.overdue) if month else None for month in found],
				"dso": [_number(world.dso_of(month), 1) if month else None for world, month in pairs],
			}
		)
	return rows


def _rules(result: Result) -> list[dict]:
	"""What each rule held, the largest sum first."""
	worlds = [world.figures.by_rule for world in result.policies]
	names = {name for by_rule in worlds for name in by_rule}
	rows = [
		{"rule": name, "values": [_tally(by_rule.get(name) or Tally()) for by_rule in worlds]}
		for name in sorted(names)
	]
	return sorted(rows, key=lambda row: -sum(value["amount"] for value in row["values"]))


def _segments(result: Result) -> list[dict]:
	worlds = [world.figures.by_segment for world in result.policies]
	names = sorted({name for by_segment in worlds for name in by_segment})
	return [
		{
			"segment": name,
			"values": [
				{
					"orders": _tally(found.orders),
					"held": _tally(found.held),
					"stopped": _tally(found.stopped),
					"customers": found.customers,
					"limit": _number(found.limit),
					"used": _number(found.used),
				}
				if (found := by_segment.get(name))
				else None
				for by_segment in worlds
			],
		}
		for name in names
	]


def _roles(result: Result) -> list[dict]:
	worlds = [world.figures.roles for world in result.policies]
	names = sorted({name for roles in worlds for name in roles})
	rows = [{"role": name, "values": [roles[name] for roles in worlds]} for name in names]
	return sorted(rows, key=lambda row: -sum(row["values"]))


def _fates(result: Result) -> list[dict]:
	worlds = [world.by_fate for world in result.policies]
	return [
		{
			"fate": fate,
			"values": [
				{"held": _tally(by_fate[fate][0]), "stopped": _tally(by_fate[fate][1])} for by_fate in worlds
			],
		}
		for fate in FATES
	]


# ------------------------------------------------------------------ the orders that tell most
_LISTS: tuple[tuple[str, Callable[[WorldResult], list[Hold]]], ...] = (
	("loss_avoided", lambda world: world.avoided),
	("held_and_lost", lambda world: world.lost_after_hold),
	("good_delayed", lambda world: world.delayed_good),
	("good_lost", lambda world: world.lost_good),
)


def _rows(result: Result, found: Callable[[WorldResult], list[Hold]]) -> list[dict]:
	"""How many orders each policy has in a list, what they come to, and the first of them."""
	lists = [found(world) for world in result.policies]
	return [_holds(holds) | {"rows": [_row(hold, result) for hold in holds[:MOST_ROWS]]} for holds in lists]


def _row(hold: Hold, result: Result) -> dict:
	row = result.customers.get(hold.customer)
	return {
		"order": hold.name,
		"kind": hold.kind,
		"day": hold.day.isoformat(),
		"customer": hold.customer,
		"customer_name": row.name if row else "",
		"amount": _number(hold.amount),
		"effect": _number(hold.effect),
		"rules": list(hold.rules),
		"outcome": hold.outcome,
		"end": hold.end,
		"days_held": _number(hold.days, 1),
		"days_delayed": _number(hold.days_delayed, 1),
	}
