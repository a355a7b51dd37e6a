"""What two states of a contract differ in, field by field and row by row, and how two changes of the same state are put together
(requirements §6, amendments).

Values are compared as they are stored: nothing, an empty text and 0 are the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ADDED, REMOVED, CHANGED = "Added", "Removed", "Changed"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
	"""A field and what it says before and after."""

	field: str
	before: Any
	after: Any


@dataclass(frozen=True, slots=True)
class RowChange:
	"""A row of a table that is added, removed or changed; `row` is what it is after that, before it where it is removed."""

	table: str
	kind: str
	row: Row
	changes: tuple[Change, ...] = ()


def is_same(one: Any, other: Any) -> bool:
	"""Whether two values say the same."""
	return (one or None) == (other or None)


def of_values(before: Row, after: Row, fields: Iterable[str]) -> tuple[Change, ...]:
	"""Return in which of some fields two states differ."""
	return tuple(
		Change(field, before.get(field), after.get(field))
		for field in fields
		if not is_same(before.get(field), after.get(field))
	)


def of_rows(
	table: str, before: Sequence[Row], after: Sequence[Row], about: Sequence[str], fields: Collection[str]
) -> tuple[RowChange, ...]:
	"""Return in which rows two states of a table differ, those that are removed last. Rows are the same one when they are about
	the same, which `about` says; of several about the same the first is compared with the first."""
	left = _numbered(before, about)
	found = []
	for key, row in _numbered(after, about).items():
		former = left.pop(key, None)
		if former is None:
			found.append(RowChange(table, ADDED, row))
			continue
		changes = of_values(former, row, fields)
		if changes:
			found.append(RowChange(table, CHANGED, row, changes))
	return (*found, *(RowChange(table, REMOVED, row) for row in left.values()))


def _numbered(rows: Sequence[Row], about: Sequence[str]) -> dict[tuple, Row]:
	found: dict[tuple, Row] = {}
	for row in rows:
		key = tuple(row.get(field) or None for field in about)
		number = 0
		while (*key, number) in found:
			number += 1
		found[(*key, number)] = row
	return found


def same_rows(one: Sequence[Row], other: Sequence[Row]) -> bool:
	"""Whether two tables say the same, row after row."""
	return len(one) == len(other) and all(
		not of_values(first, second, {*first, *second}) for first, second in zip(one, other, strict=True)
	)


def merged(base: Row, theirs: Row, ours: Row, fields: Iterable[str]) -> dict[str, Any]:
	"""Return both changes of a state put together: in each field what we changed, else what they say. A table counts as one
	field, and a change of ours wins over theirs."""
	return {
		field: theirs.get(field) if _unchanged(base.get(field), ours.get(field)) else ours.get(field)
		for field in fields
	}


def in_conflict(base: Row, theirs: Row, ours: Row, fields: Iterable[str]) -> tuple[str, ...]:
	"""Return the fields that both changed, and not to the same."""
	pairs = ((base, theirs), (base, ours), (theirs, ours))
	return tuple(
		field
		for field in fields
		if not any(_unchanged(one.get(field), other.get(field)) for one, other in pairs)
	)


def _unchanged(one: Any, other: Any) -> bool:
	if isinstance(one, list) or isinstance(other, list):
		return same_rows(one or [], other or [])
	return is_same(one, other)
