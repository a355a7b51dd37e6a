"""Long tables: each becomes a sheet of its own, or a CSV file where it is too long for a sheet.

A sheet's rows go to the disk as they are made: a million decisions take no memory.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from . import cells
from .cells import HEAD, MONEY, TOTAL, WIDTHS, WORDS, guarded
from .context import Context
from .sheets import Sheet

MOST_ROWS = 1_048_576  # of a sheet
ROWS_BETWEEN = 2000  # from telling how far we are to telling it again


class Column(NamedTuple):
	"""A column of a long table. `of` makes its value of what a row is about; a column of TEXT says how wide it is."""

	label: str
	kind: str
	of: Callable
	width: float | None = None


@dataclass
class Table:
	"""A long table: above its heading what it is about, and totals by column (from 0). `file` names it among files."""

	file: str
	title: str
	about: str
	columns: list[Column]
	rows: Iterable[tuple]
	count: int
	totals: Sequence[dict[int, object]] = ()
	fixed_columns: int = 0

	@property
	def head(self) -> int:
		"""The row of its heading."""
		return 3 + len(self.totals)


class Progress:
	"""Tells how much of all rows is written."""

	def __init__(self, total: int, tell: Callable[[float], None]):
		self.total, self.tell, self.done = max(1, total), tell, 0

	def through(self, table: Table) -> Iterator[list]:
		"""Yield the values of a table's rows, counting them."""
		makers = [column.of for column in table.columns]
		for row in table.rows:
			if not self.done % ROWS_BETWEEN:
				self.tell(min(1.0, self.done / self.total))
			self.done += 1
			yield [make(*row) for make in makers]

	def end(self) -> None:
		self.tell(1.0)


def write(context: Context, table: Table, progress: Progress) -> None:
	"""Write a table as a sheet."""
	sheet = _begin(context, table)
	sheet.filter(table.head, len(table.columns), table.head + table.count)
	# One cell for each column: a row is on the disk before the next one takes them.
	prepared = [sheet.cell(None, column.kind) for column in table.columns]
	for row in progress.through(table):
		sheet.sheet.append(
			[
				None if value is None or value == "" else cells.fill(cell, value)
				for cell, value in zip(prepared, row, strict=True)
			]
		)


def write_beside(
	context: Context, table: Table, progress: Progress, path: Path, name: str, max_rows: int
) -> None:
	"""Write a table as CSV, in UTF-8 with the mark that Excel knows it by, and a sheet that says so."""
	_ = context.translate
	told = _("All {0} rows are in the file {1} beside this workbook: a sheet holds {2}.")
	_begin(context, table).add([told.format(f"{table.count:,}", name, f"{max_rows:,}")])
	with path.open("w", encoding="utf-8-sig", newline="") as file:
		lines = csv.writer(file)
		lines.writerow(guarded(column.label) for column in table.columns)
		for row in progress.through(table):
			lines.writerow(map(_csv_value, row))


def _begin(context: Context, table: Table) -> Sheet:
	"""Begin the sheet of a table: title, totals, heading."""
	widths = [
		column.width or (context.money_width if column.kind == MONEY else WIDTHS[column.kind])
		for column in table.columns
	]
	sheet = Sheet(context, table.title, widths, table.head, table.fixed_columns, wide=sum(widths) > 200)
	sheet.add_title(table.title, table.about.format(context.result.currency))
	kinds = [column.kind for column in table.columns]
	for total in table.totals:
		values = [total.get(number) for number in range(len(kinds))]
		shown = [WORDS if isinstance(value, str) else kind for value, kind in zip(values, kinds, strict=True)]
		sheet.add(values, shown, TOTAL)
	sheet.add((column.label for column in table.columns), kinds, HEAD, 28)
	return sheet


def _csv_value(value) -> str | int | float:
	if value is None:
		return ""
	if isinstance(value, str):
		return guarded(value)
	if isinstance(value, date):
		return str(value)
	if isinstance(value, int):
		return value
	value = float(value)
	return round(value, 6) if isfinite(value) else "∞"
