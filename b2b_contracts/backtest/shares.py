"""A book shared out among its customers: what belongs to a share lies in files of its own.

No decision looks beyond a customer and its credit group, so a book of any size is replayed share by share, each small
enough for the memory, and as many at once as there are processors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from . import book_format
from .book_format import PROFILES, Sheet
from .spool import put, rows_in

LINES_AT_ONCE = 500


@dataclass(frozen=True)
class Share:
	"""One share of a book: where its lines lie. The `first` also has the lines of nobody."""

	folder: Path
	number: int
	sheets: frozenset[str]

	strict = False  # the whole book has been asked already

	@property
	def first(self) -> bool:
		return not self.number

	def names(self) -> frozenset[str]:
		return self.sheets

	def last_day(self) -> date | None:
		return None

	def last_day_of(self, sheet: Sheet) -> date | None:
		return None

	def lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
		return rows_in(_file_of(self.folder, name, self.number if _is_shared_out(name) else None))


def _is_shared_out(name: str) -> bool:
	"""Whether the lines of a sheet belong to customers; the others are for every share."""
	return "customer" in book_format.BY_NAME[name].row._fields


def _file_of(folder: Path, name: str, number: int | None) -> Path:
	return folder / (name if number is None else f"{name}-{number}")


def customers_shared_out(book, count: int) -> list[frozenset[str]]:
	"""Return the customers in as many shares of about one size: who was ever in one credit group stays together."""
	leader = {name: name for name in book.customers}

	def lead(name: str) -> str:
		while leader[name] != name:
			leader[name] = name = leader[leader[name]]
		return name

	first_of: dict[str, str] = {}
	with book.reading_ahead():
		for row in book.rows(PROFILES, in_order=False):
			if row.credit_group:
				leader[lead(row.customer)] = lead(first_of.setdefault(row.credit_group, row.customer))
	together: dict[str, list[str]] = {}
	for name in book.customers:
		together.setdefault(lead(name), []).append(name)
	shares: list[list[str]] = [[] for _ in range(count)]
	for names in sorted(together.values(), key=len, reverse=True):
		min(shares, key=len).extend(names)
	return [frozenset(share) for share in shares if share] or [frozenset()]


def share_out(source, name: str, folder: Path, count: int, share_of: Mapping[str, int]) -> bool:
	"""Write the lines of a sheet to the files of `count` shares; lines of nobody go to the first.

	Returns whether they came in the order of time, as far as their text tells. Raises `ValueError` or `csv.Error` where
	the file cannot be read to its end.
	"""
	sheet = book_format.BY_NAME[name]
	numbers = list(range(count)) if _is_shared_out(name) else [None]
	files = [_file_of(folder, name, number).open("wb") for number in numbers]
	try:
		lines = source.lines(name)
		top = next(lines, None)
		if top is None:
			return True
		for file in files:
			put([top], file)
		names = [cell.strip() for cell in top[1]]
		owner = names.index("customer") if len(files) > 1 and "customer" in names else None
		when = names.index(sheet.when) if sheet.when in names else None
		return _pour(lines, files, owner, when, share_of)
	finally:
		for file in files:
			file.close()


def _pour(lines, files: list, owner: int | None, when: int | None, share_of: Mapping[str, int]) -> bool:
	piles: list[list] = [[] for _ in files]
	in_order, last, number = True, "", 0
	for line in lines:
		cells = line[1]
		if owner is not None:
			number = share_of.get(cells[owner], 0) if owner < len(cells) else 0
		if when is not None and when < len(cells):
			if cells[when] < last:
				in_order = False
			last = cells[when]
		pile = piles[number]
		pile.append(line)
		if len(pile) >= LINES_AT_ONCE:
			put(pile, files[number])
			pile.clear()
	for pile, file in zip(piles, files, strict=True):
		put(pile, file)
	return in_order
