"""A workbook that people fill in: its template, and reading it with every bad cell named.

Reads values only: a formula is a problem, and text that looks like one is text.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from zipfile import BadZipFile

import openpyxl
from frappe import _
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from b2b_contracts.backtest.book_format import CHOICE, DAY, MONEY, NUMBER, PERCENT, WHOLE, Column
from b2b_contracts.backtest.workbook import cells

NOTES = "Read me"
# Problems beyond this many help nobody.
MOST_PROBLEMS = 500
# A number in a column of dates is a date that lost its format, when it is one of a year that people deal in.
FIRST_YEAR, LAST_YEAR = 1950, 2199

Sheets = Mapping[str, tuple[Column, ...]]


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong in a workbook, and where: row 0 is the sheet as a whole, an empty column the row."""

	sheet: str
	row: int
	column: str
	message: str


@dataclass(frozen=True, slots=True)
class Row:
	"""A row of a sheet: its number in the file and what it holds, empty cells left out; and bad ones, where it has some."""

	sheet: str
	number: int
	values: dict
	is_whole: bool = True


# ------------------------------------------------------------------ template
def template(
	sheets: Sheets, rows: Mapping[str, list[dict]] | None = None, about: tuple[str, ...] = ()
) -> bytes:
	"""Return the workbook to fill in: a sheet with its heading for each kind, and one that explains the columns, after what is to
	be known `about` it as a whole. `rows` are filled in already."""
	book = openpyxl.Workbook(write_only=True)
	for name, columns in sheets.items():
		sheet = book.create_sheet(name)
		for number, column in enumerate(columns, 1):
			letter = openpyxl.utils.get_column_letter(number)
			sheet.column_dimensions[letter].width = max(14, len(column.name) + 3)
		sheet.freeze_panes = "A2"
		sheet.append([cells.make(sheet, column.name, cells.WORDS, cells.HEAD) for column in columns])
		for row in (rows or {}).get(name, ()):
			kinds = [cells.DAY if column.kind == DAY else cells.WORDS for column in columns]
			sheet.append(
				[
					cells.make(sheet, row.get(column.name), kind)
					for column, kind in zip(columns, kinds, strict=True)
				]
			)
	notes = book.create_sheet(NOTES)
	for letter, width in zip("ABCD", (16, 28, 30, 60), strict=True):
		notes.column_dimensions[letter].width = width
	for text in about:
		notes.append([cells.make(notes, text, cells.WORDS)])
	if about:
		notes.append([])
	heading = ("sheet", "column", "holds", "about")
	notes.append([cells.make(notes, text, cells.WORDS, cells.HEAD) for text in heading])
	for name, columns in sheets.items():
		for column in columns:
			holds = ", ".join(column.choices) or column.kind
			if column.required:
				holds = f"{holds} (needed)"
			texts = (name, column.name, holds, column.about)
			notes.append([cells.make(notes, text, cells.TEXT, cells.WRAPPED) for text in texts])
	content = BytesIO()
	book.save(content)
	return content.getvalue()


# ------------------------------------------------------------------ reading
def read(content: bytes, sheets: Sheets, with_bad: bool = False) -> tuple[list[Row], list[Problem]]:
	"""Return the rows of a workbook and everything that is wrong with its sheets and cells. A row with a bad cell is among the rows
	where it is asked for, so that all that is wrong with it can be said at once."""
	try:
		book = openpyxl.load_workbook(BytesIO(content), read_only=True)
	except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
		return [], [
			Problem("", 0, "", _("The file is no XLSX workbook. Download the template and fill it in."))
		]
	rows: list[Row] = []
	problems: list[Problem] = []
	for name in book.sheetnames:
		if name == NOTES:
			continue
		if name not in sheets:
			known = ", ".join((*sheets, NOTES))
			message = _("There is no such sheet in a take-over. The sheets are {0}.").format(known)
			problems.append(Problem(name, 0, "", message))
			continue
		for found in _sheet(book[name], name, sheets[name], book.epoch):
			if isinstance(found, Problem):
				problems.append(found)
			elif found.is_whole or with_bad:
				rows.append(found)
	if not rows and not problems:
		problems.append(Problem("", 0, "", _("The workbook is empty.")))
	return rows, problems


def _sheet(sheet, name: str, known: tuple[Column, ...], epoch: datetime) -> Iterator[Row | Problem]:
	columns = {column.name: column for column in known}
	places: dict[int, Column] = {}
	for number, line in enumerate(sheet.iter_rows(), 1):
		if number == 1:
			places = yield from _heading(line, name, columns)
			continue
		held = {place: cell for place, cell in enumerate(line) if cell.value not in (None, "")}
		if not held or not places:
			continue
		yield from _row(held, name, number, places, epoch)


def _heading(line, name: str, columns: dict[str, Column]) -> Generator[Problem, None, dict[int, Column]]:
	"""Return which column stands where; yield what is wrong with the heading."""
	places: dict[int, Column] = {}
	for place, cell in enumerate(line):
		text = str(cell.value or "").strip()
		if not text:
			continue
		if text not in columns:
			message = _("There is no such column. The columns are {0}.").format(", ".join(columns))
			yield Problem(name, 1, text, message)
		elif columns[text] in places.values():
			yield Problem(name, 1, text, _("The column is there twice."))
		else:
			places[place] = columns[text]
	for column in columns.values():
		if column.required and column not in places.values():
			yield Problem(name, 1, column.name, _("The column is missing."))
			return {}
	return places


def _row(
	held: dict, name: str, number: int, places: dict[int, Column], epoch: datetime
) -> Iterator[Row | Problem]:
	values, is_whole = {}, True
	for place in held:
		if place not in places:
			is_whole = False
			yield Problem(name, number, "", _("There is something in a column without heading."))
	for place, column in places.items():
		cell = held.get(place)
		if cell is None:
			if column.required:
				is_whole = False
				yield Problem(name, number, column.name, _("The cell is empty; a value is needed."))
			continue
		value, wrong = _value(cell, column, epoch)
		if wrong:
			is_whole = False
			yield Problem(name, number, column.name, wrong)
		else:
			values[column.name] = value
	yield Row(name, number, values, is_whole)


def _value(cell, column: Column, epoch: datetime):
	"""Return what a cell holds and what is wrong with it, one of them None."""
	value = cell.value
	if cell.data_type == "f":
		return None, _("The cell holds a formula. Enter its value.")
	if cell.data_type == "e":
		return None, _("The cell holds an error ({0}).").format(value)
	if column.kind == DAY:
		return _day(value, epoch)
	if column.kind in (MONEY, PERCENT, NUMBER, WHOLE):
		return _number(cell, column.kind)
	if isinstance(value, float) and value.is_integer():
		value = int(value)
	text = str(value).strip()
	if column.kind == CHOICE and text not in column.choices:
		return None, _("{0} is not one of {1}.").format(text, ", ".join(column.choices))
	return text, None


def _day(value, epoch: datetime):
	if isinstance(value, int | float) and not isinstance(value, bool):
		day = _serial(value, epoch)
		if day is None:
			return None, _("{0} is a number and no date. Enter a date such as 2026-03-31.").format(value)
		return day, None
	if isinstance(value, datetime):
		return value.date(), None
	if isinstance(value, date):
		return value, None
	try:
		return date.fromisoformat(str(value).strip()), None
	except ValueError:
		return None, _("{0} is not a date such as 2026-03-31.").format(value)


def _serial(value: float, epoch: datetime) -> date | None:
	"""Return the day that a spreadsheet counts as a number, None where it is of no year that anybody means."""
	try:
		day = from_excel(value, epoch)
	except (OverflowError, ValueError):
		return None
	if not isinstance(day, datetime) or not FIRST_YEAR <= day.year <= LAST_YEAR:
		return None
	return day.date()


def _number(cell, kind: str):
	value = cell.value
	if isinstance(value, str):
		return None, _("{0} is text: enter the plain number.").format(value)
	if isinstance(value, bool) or not isinstance(value, int | float):
		return None, _("{0} is not a number.").format(value)
	if kind == PERCENT and "%" in (cell.number_format or ""):
		# A cell that shows 8 % holds 0.08.
		value = round(value * 100, 6)
	if value < 0:
		return None, _("{0} is less than 0.").format(value)
	if kind == PERCENT and value > 100:
		return None, _("{0} is more than 100 %.").format(value)
	if kind == WHOLE and value != int(value):
		return None, _("{0} is not a whole number.").format(value)
	return (int(value) if kind == WHOLE else value), None
