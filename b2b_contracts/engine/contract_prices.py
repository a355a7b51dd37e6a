"""Which of a customer's agreed prices and discounts counts for an item, a quantity and a day (requirements §6).

The most specific wins: the customer's own newest contract before an older one, its own before a frame contract; the item
before its template, before its nearest item group and on upwards, before a whole price list; a price before a discount; the
unit ordered in before another; the largest quantity reached; what was agreed to start last. A price is net: no discount of
the contracts is taken from it.

The same rows as rules that ERPNext can follow (`rules_of`): no two of them that count for the same thing have the same
priority, as ERPNext refuses to choose.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from .money import HUNDRED, ZERO

PRICE, DISCOUNT = "Price", "Discount"
# ERPNext knows so many priorities, the highest first.
PRIORITIES = 20
# What is sold for no unit of its own counts per stock unit.
STOCK_UNIT = ""
# Less than anybody orders: ERPNext takes the upper end of a quantity as reached, ours is not.
_BELOW = Decimal("0.000001")

_ITEM, _TEMPLATE, _GROUP, _EVERYTHING = 0, 1, 2, 1_000
_EXACT, _STOCK, _CONVERTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Row:
	"""A price or discount that a contract agrees: `value` is money per `uom` in `currency`, or per cent.

	`rank` is the place of its contract among those of the customer, 0 the first to count. It is about an item, an item group,
	or (a discount) all of a price list. A price counts per `uom` (empty: per stock unit), from a quantity in that unit on; a
	discount from a quantity in stock units. `number` is its place in the contract: of two alike the later one counts.
	"""

	contract: str
	kind: str
	value: Decimal
	item: str = ""
	group: str = ""
	price_list: str = ""
	uom: str = STOCK_UNIT
	from_quantity: Decimal = ZERO
	valid_from: date | None = None
	valid_until: date | None = None
	rank: int = 0
	number: int = 0
	currency: str = ""

	def counts_on(self, day: date) -> bool:
		return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)


@dataclass(frozen=True, slots=True)
class Item:
	"""What is sold: its template, its groups from the nearest upwards, and how many stock units are in each of its units."""

	name: str
	template: str = ""
	groups: tuple[str, ...] = ()
	stock_uom: str = ""
	factors: Mapping[str, Decimal] = field(default_factory=dict)

	def factor_of(self, uom: str) -> Decimal | None:
		"""Return how many stock units are in a unit, None where the item is not sold in it."""
		if uom in (STOCK_UNIT, self.stock_uom):
			return Decimal(1)
		return self.factors.get(uom) or None


@dataclass(frozen=True, slots=True)
class Asked:
	"""What a price is asked for: a quantity of an item in a unit (`factor` stock units), on a day, by a price list."""

	item: Item
	quantity: Decimal
	day: date
	uom: str = STOCK_UNIT
	factor: Decimal = Decimal(1)
	price_list: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
	"""What was agreed for what was asked: `rate` per unit asked for, in the currency of the contract, or `percent` off the list."""

	row: Row
	rate: Decimal | None = None
	percent: Decimal | None = None

	def net(self, list_rate: Decimal, exchange: Decimal = Decimal(1)) -> Decimal:
		"""Return the agreed price in the document's currency: `exchange` turns the contract's currency into it."""
		if self.rate is not None:
			return self.rate * exchange
		return list_rate * (1 - self.percent / HUNDRED)


def agreed(rows: Iterable[Row], asked: Asked) -> Agreed | None:
	"""Return what counts of some agreed rows, None where nothing was agreed."""
	best = min(
		((place, row) for row in rows if (place := _place(row, asked)) is not None),
		key=lambda found: found[0],
		default=None,
	)
	if best is None:
		return None
	row = best[1]
	if row.kind == DISCOUNT:
		return Agreed(row, percent=row.value)
	if row.uom and row.uom == asked.uom:
		return Agreed(row, rate=row.value)
	return Agreed(row, rate=row.value * asked.factor / asked.item.factor_of(row.uom))


def _place(row: Row, asked: Asked) -> tuple | None:
	"""Return where a row comes among all that count, None where it does not count."""
	target = _target_for(row, asked.item)
	if target is None or not row.counts_on(asked.day):
		return None
	if row.price_list and row.price_list != asked.price_list:
		return None
	unit = _unit_for(row, asked)
	if unit is None:
		return None
	from_stock = row.from_quantity * (asked.factor if unit == _EXACT else asked.item.factor_of(row.uom))
	if asked.quantity * asked.factor < from_stock:
		return None
	started = (row.valid_from or date.min).toordinal()
	return (*_static(row, target, unit), -from_stock, -started, -row.number)


def _static(row: Row, target: int, unit: int) -> tuple[int, int, int, int, int]:
	"""What of a row's place does not hang on quantity and day."""
	return (row.rank, target, int(row.kind == DISCOUNT), int(not row.price_list), unit)


def _target_for(row: Row, item: Item) -> int | None:
	if row.item:
		return _ITEM if row.item == item.name else _TEMPLATE if row.item == item.template else None
	if row.group:
		return _GROUP + item.groups.index(row.group) if row.group in item.groups else None
	return _EVERYTHING


def _unit_for(row: Row, asked: Asked) -> int | None:
	if row.uom and row.uom == asked.uom:
		return _EXACT
	if row.kind == DISCOUNT or row.uom in (STOCK_UNIT, asked.item.stock_uom):
		return _STOCK
	return _CONVERTED if asked.item.factor_of(row.uom) else None


# ------------------------------------------------------------------ as rules that ERPNext follows
@dataclass(frozen=True, slots=True)
class Rule:
	"""A Pricing Rule of ERPNext: what it gives, for what, from which quantity on up to which (stock units, or `uom`; None:
	without end), from which day to which."""

	contract: str
	kind: str
	value: Decimal
	priority: int
	item: str = ""
	group: str = ""
	price_list: str = ""
	uom: str = STOCK_UNIT
	min_quantity: Decimal = ZERO
	max_quantity: Decimal | None = None
	valid_from: date | None = None
	valid_until: date | None = None
	currency: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
	"""What the rules need to know of the items beforehand: how deep each item group lies under the root (0), the root's name,
	which items are templates, and how many stock units are in the units that prices are agreed for: {(item, uom): factor}."""

	depths: Mapping[str, int]
	root: str
	templates: Collection[str] = ()
	factors: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)


def rules_of(rows: Iterable[Row], tree: Tree) -> tuple[tuple[Rule, ...], tuple[Row, ...]]:
	"""Return the rows as rules for ERPNext, and the rows that it cannot carry: they count as a document is saved all the same.

	It cannot carry a price per unit of an item group where quantities matter, nor more than twenty grades of precedence.
	"""
	graded: dict[tuple, list[Row]] = defaultdict(list)
	left_out: list[Row] = []
	for row in rows:
		copies = _copies(row, tree)
		if not copies:
			left_out.append(row)
		for static, copy in copies:
			graded[static, copy.item, copy.group, copy.price_list, copy.uom].append(copy)
	grades = sorted({key[0] for key in graded})
	priority_of = {grade: PRIORITIES - place for place, grade in enumerate(grades) if place < PRIORITIES}
	rules: list[Rule] = []
	for key, alike in graded.items():
		if key[0] not in priority_of or (_is_unit_of_group(alike[0]) and any(r.from_quantity for r in alike)):
			left_out += alike
			continue
		rules += _cells(alike, priority_of[key[0]], tree)
	return tuple(rules), tuple(left_out)


def _copies(row: Row, tree: Tree) -> list[tuple[tuple, Row]]:
	"""Return a row by what ERPNext can match, each with its grade: a price per box also as one per piece."""
	if row.item:
		target = _TEMPLATE if row.item in tree.templates else _ITEM
	elif row.group:
		if row.group not in tree.depths:
			return []
		# The deeper, the nearer to its items.
		target = _GROUP + _EVERYTHING // 2 - tree.depths[row.group]
	else:
		target = _EVERYTHING
	if row.kind == DISCOUNT or row.uom == STOCK_UNIT:
		return [(_static(row, target, _STOCK), row)]
	copies = [(_static(row, target, _EXACT), row)]
	factor = tree.factors.get((row.item, row.uom)) if row.item else None
	if factor:
		per_piece = replace(
			row, uom=STOCK_UNIT, value=row.value / factor, from_quantity=row.from_quantity * factor
		)
		copies.append((_static(row, target, _CONVERTED), per_piece))
	return copies


def _is_unit_of_group(row: Row) -> bool:
	"""ERPNext does not know how many pieces are in a box of any item of a group."""
	return bool(row.group and row.uom)


def _cells(rows: list[Row], priority: int, tree: Tree) -> list[Rule]:
	"""Cut rows that compete into rules of which one counts for any quantity and day."""
	rules: list[Rule] = []
	for start, end, active in _slices(rows):
		steps = sorted(_newest_by_quantity(active).items())
		for place, (quantity, row) in enumerate(steps):
			following = steps[place + 1][0] if place + 1 < len(steps) else None
			rules.append(
				Rule(
					*(row.contract, row.kind, row.value, priority, row.item),
					# All of a price list: everything under the root.
					row.group or ("" if row.item else tree.root),
					*(row.price_list, row.uom, quantity),
					None if following is None else following - _BELOW,
					None if start == date.min else start,
					None if end == date.max else end,
					row.currency,
				)
			)
	return rules


def _slices(rows: list[Row]) -> list[tuple[date, date, list[Row]]]:
	"""Return the stretches of days on which the same rows count: first day, last day, rows."""
	starts = {row.valid_from or date.min for row in rows}
	starts |= {
		row.valid_until + timedelta(days=1) for row in rows if row.valid_until and row.valid_until < date.max
	}
	edges = sorted(starts)
	slices: list[tuple[date, date, list[Row]]] = []
	for place, start in enumerate(edges):
		end = edges[place + 1] - timedelta(days=1) if place + 1 < len(edges) else date.max
		active = [row for row in rows if row.counts_on(start)]
		if not active:
			continue
		if slices and slices[-1][1] == start - timedelta(days=1) and _same(slices[-1][2], active):
			slices[-1] = (slices[-1][0], end, active)
		else:
			slices.append((start, end, active))
	return slices


def _same(before: list[Row], now: list[Row]) -> bool:
	return _newest_by_quantity(before) == _newest_by_quantity(now)


def _newest_by_quantity(rows: list[Row]) -> dict[Decimal, Row]:
	"""Return which row counts from each quantity on: of two from the same one, what started last."""
	found: dict[Decimal, Row] = {}
	for row in sorted(rows, key=lambda row: (row.valid_from or date.min, row.number)):
		found[row.from_quantity] = row
	return found
