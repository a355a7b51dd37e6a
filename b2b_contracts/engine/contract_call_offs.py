"""Quantities that a contract lets be called off: which of them an order line takes from, and how much (requirements §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .contract_prices import Item
from .money import ZERO


@dataclass(frozen=True, slots=True)
class Quantity:
	"""A row of a contract: so much of an item or an item group, in `uom` (empty: stock units). `rank` is its contract's place."""

	name: str
	contract: str
	agreed: Decimal
	item: str = ""
	group: str = ""
	uom: str = ""
	rank: int = 0


def taken_from(rows: Iterable[Quantity], item: Item) -> Quantity | None:
	"""Return the quantity that a line of an item is called off from, None where none is agreed: of the first contract, and there
	the item's own before its template's before that of the nearest group. A line counts once."""
	best, place = None, None
	for row in rows:
		target = _target(row, item)
		if target is not None and (place is None or (row.rank, target) < place):
			best, place = row, (row.rank, target)
	return best


def _target(row: Quantity, item: Item) -> int | None:
	if row.item:
		return 0 if row.item == item.name else 1 if row.item == item.template else None
	return 2 + item.groups.index(row.group) if row.group in item.groups else None


def in_unit(stock_quantity: Decimal, row: Quantity, item: Item) -> Decimal:
	"""Return stock units in the unit of a called-off quantity; as they are where the item is not sold in that."""
	return stock_quantity / (item.factor_of(row.uom) or 1)


def counted(ordered: Decimal, delivered: Decimal, returned: Decimal, is_closed: bool) -> Decimal:
	"""Return what a line of an order takes, in one unit: what was ordered less what came back, unless that was delivered again; of
	a closed order what was delivered. `delivered` is less what came back already."""
	if is_closed:
		return max(ZERO, min(ordered, delivered))
	return max(ZERO, min(ordered, max(ordered - returned, delivered)))
