"""Reads a book: a folder of CSV files or one XLSX file, row by row, in the order of time.

Nothing is guessed: a cell that does not say what its column asks for is a problem with sheet, row and column, and all
problems of a book are told together. A sheet is read as a stream; one whose rows are not in the order of time is sorted
on the way, in pieces that fit the memory.
"""

import csv
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from heapq import merge
from pathlib import Path

from . import book_format
from .book_format import (
	CHOICE,
	CUSTOMERS,
	DAY,
	GROUPS,
	MOMENT,
	MONEY,
	NUMBER,
	PERCENT,
	RATES,
	WHOLE,
	YES_NO,
	Column,
	Sheet,
)
from .shares import Share
from .spool import put, rows_of

SECONDS_A_DAY = 86400
PROBLEMS_KEPT = 1000
ROWS_SORTED_AT_ONCE = 200_000
# How many times as many bytes a sheet has as XML.
XML_TO_CSV = 4
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII).fullmatch
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII).fullmatch
_TIME_OF_DAY = re.compile(r"[T ]([0-2][0-9]):([0-5][0-9])(?::([0-5][0-9]))?(?:\.[0-9]+)?", re.ASCII).fullmatch
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong with a cell or row; `row` counts from 1 with the heading, `column` is empty for a whole row."""

	sheet: str
	row: int
	column: str
	message: str

	def __str__(self) -> str:
		where = f"{self.sheet}, row {self.row}" if self.row else self.sheet
		return f"{where}, {self.column}: {self.message}" if self.column else f"{where}: {self.message}"


class BookError(ValueError):
	"""A book that cannot be used: `problems` are the first thousand, `count` says how many there are."""

	def __init__(self, where: str, problems: Iterable[Problem], count: int | None = None):
		self.problems = tuple(problems)
		self.count = len(self.problems) if count is None else count
		more = self.count - len(self.problems)
		lines = [f"{where}: {self.count} problem{'s' if self.count != 1 else ''}", *map(str, self.problems)]
		super().__init__("\n".join([*lines, f"… and {more} more"] if more > 0 else lines))


class Unsorted(Exception):
	"""A sheet whose rows are not in the order of time: read it again, sorted."""

	def __init__(self, sheet: str):
		super().__init__(sheet)
		self.sheet = sheet


class Book:
	"""A book on disk. `problems` fills as it is read; `check()` raises them."""

	def __init__(self, path: str | Path, share: Share | None = None):
		"""Open a book, or one share of it; what belongs to no share is checked with the first."""
		self.path, self.share = Path(path), share
		self.problems: list[Problem] = []
		self.problem_count = 0
		self.sort_first: set[str] = set()
		self.customers: dict[str, tuple] = {}
		self.source = share or _source_at(self.path)
		self._check_sheets()
		self._read_customers()

	def begin(self) -> None:
		"""Forget the problems of an earlier reading."""
		self.problems, self.problem_count = [], 0
		self._read_customers()

	@contextmanager
	def reading_ahead(self) -> Iterator[None]:
		"""Read some rows before their time: their problems are told by the main reading, once."""
		count, kept = self.problem_count, list(self.problems)
		yield
		self.problem_count, self.problems = count, kept

	def check(self) -> None:
		"""Raise `BookError` with everything that reading has found."""
		if self.problem_count:
			raise BookError(str(self.path), self.problems, self.problem_count)

	def report(self, sheet: str, row: int, column: str, message: str) -> None:
		"""Note a problem. What every part of the work sees is told by the first."""
		if self.share is not None and not self.share.first and (row <= 1 or sheet in (GROUPS, RATES)):
			return
		self.problem_count += 1
		if len(self.problems) < PROBLEMS_KEPT:
			self.problems.append(Problem(sheet, row, column, message))

	def size(self) -> int:
		"""Return about how many bytes the book has as CSV."""
		return self.source.size()

	def last_day(self) -> date | None:
		"""Return the last day of the book as far as the ends of its files tell; None where that takes reading it."""
		return self.source.last_day()

	def last_day_by_reading(self) -> date | None:
		"""Return the last day of the book, sheet by sheet: from the end of a file, or where that cannot be, from all rows."""
		days = []
		with self.reading_ahead():
			for sheet in book_format.SHEETS:
				if not sheet.when:
					continue
				day = None if sheet.name in self.sort_first else self.source.last_day_of(sheet)
				if day is None:
					place = sheet.row._fields.index(sheet.when)
					moment = max((row[place] for row in self._parsed(sheet)), default=None)
					day = None if moment is None else date.fromordinal(moment // SECONDS_A_DAY)
				days += [day] if day else []
		return max(days, default=None)

	def rows(self, name: str, in_order: bool = True) -> Iterator[tuple]:
		"""Yield the good rows of a sheet in the order of time, or as they come; note the bad ones.

		Raises `Unsorted` at the first row that is out of order, unless the sheet is in `sort_first`.
		"""
		sheet = book_format.BY_NAME[name]
		if in_order and name in self.sort_first:
			return self._sorted(sheet, self._parsed(sheet))
		return self._parsed(sheet, in_order=in_order and bool(sheet.when))

	# -------------------------------------------------------------- sheets
	def _check_sheets(self) -> None:
		there = self.source.names()
		for name in sorted(there - set(book_format.BY_NAME)):
			if self.source.strict:
				self.report(name, 0, "", f"is not a sheet of a book; use {', '.join(book_format.BY_NAME)}.")
		for sheet in book_format.SHEETS:
			if sheet.required and sheet.name not in there:
				self.report(
					sheet.name, 0, "", "is missing; a book needs it, even with nothing but its heading."
				)
		self.check()

	def _read_customers(self) -> None:
		self.customers = {}
		for row in self._parsed(book_format.BY_NAME[CUSTOMERS]):
			if row.customer in self.customers:
				self.report(CUSTOMERS, row.number, "customer", f"{row.customer!r} stands there twice.")
			self.customers[row.customer] = row

	# -------------------------------------------------------------- rows
	def _parsed(self, sheet: Sheet, in_order: bool = False) -> Iterator[tuple]:
		if sheet.name not in self.source.names():
			return
		lines = self.source.lines(sheet.name)
		try:
			_number, heading = next(lines)
		except StopIteration:
			self.report(sheet.name, 1, "", "has no heading.")
			return
		except UnicodeDecodeError:
			self.report(sheet.name, 1, "", "is not UTF-8 text.")
			return
		places = self._places(sheet, heading)
		if places is None:
			return
		customers = None if sheet.name == CUSTOMERS else self.customers
		readers = [_reader_of(column, customers) for column in sheet.columns]
		parse, width = _parser(sheet, places, readers), len(heading)
		when, last = sheet.row._fields.index(sheet.when) if in_order else None, -1
		try:
			for number, cells in lines:
				if len(cells) != width:
					if any(cells):
						wrong = f"has {len(cells)} cells where the heading has {width}."
						self.report(sheet.name, number, "", wrong)
					continue
				try:
					row = parse(cells, number)
				except (ValueError, KeyError):
					if any(cells):
						self._report_cells(sheet, number, places, readers, cells)
					continue
				if when is not None:
					if row[when] < last:
						raise Unsorted(sheet.name)
					last = row[when]
				yield row
		except UnicodeDecodeError:
			self.report(sheet.name, 0, "", "is not UTF-8 text.")
		except csv.Error as error:
			self.report(sheet.name, 0, "", f"is not CSV: {error}.")

	def _places(self, sheet: Sheet, heading: list[str]) -> list[int] | None:
		"""Return where each column stands (-1: left out), None when the heading is wrong."""
		names = [name.strip() for name in heading]
		known = [column.name for column in sheet.columns]
		before = self.problem_count
		for name in names:
			if name not in known:
				self.report(
					sheet.name,
					1,
					name or "(empty)",
					f"is not a column of this sheet; use {', '.join(known)}.",
				)
			elif names.count(name) > 1:
				self.report(sheet.name, 1, name, "stands in the heading twice.")
		for column in sheet.columns:
			if column.required and column.name not in names:
				self.report(sheet.name, 1, column.name, "is missing; this column is needed.")
		if self.problem_count > before:
			return None
		return [names.index(name) if name in names else -1 for name in known]

	def _report_cells(
		self, sheet: Sheet, number: int, places: list[int], readers: list, cells: list[str]
	) -> None:
		for column, place, read in zip(sheet.columns, places, readers, strict=True):
			cell = cells[place] if place >= 0 else ""
			try:
				read[cell] if isinstance(read, dict) else read(cell)
			except KeyError:
				if not cell:
					message = "is empty."
				elif column.kind == CHOICE:
					message = f"{cell!r} is none of {', '.join(column.choices)}."
				elif column.kind == YES_NO:
					message = f"{cell!r} is neither yes nor no."
				else:
					message = f"{cell!r} is not in the sheet customers."
				self.report(sheet.name, number, column.name, message)
			except ValueError as error:
				self.report(sheet.name, number, column.name, str(error))

	# -------------------------------------------------------------- order
	def _sorted(self, sheet: Sheet, rows: Iterator[tuple]) -> Iterator[tuple]:
		place = [c.name for c in sheet.columns].index(sheet.when)

		def key(values: tuple) -> tuple:
			return values[place], values[-1]

		chunk: list[tuple] = []
		files = []
		for row in rows:
			chunk.append(tuple(row))
			if len(chunk) >= ROWS_SORTED_AT_ONCE:
				files.append(_spill(sorted(chunk, key=key)))
				chunk = []
		chunk.sort(key=key)
		for values in merge(*(_unspill(file) for file in files), chunk, key=key):
			yield sheet.row._make(values)


def _spill(rows: list[tuple]):
	file = tempfile.TemporaryFile()
	for start in range(0, len(rows), 1000):
		put(rows[start : start + 1000], file)
	file.seek(0)
	return file


def _unspill(file) -> Iterator[tuple]:
	with file:
		yield from rows_of(file)


# ------------------------------------------------------------------ cells
def day_of(text: str) -> date:
	"""Return the date of an ISO text."""
	if not _ISO_DAY(text):
		raise ValueError(f"{text!r} is not a date such as 2026-03-31." if text else "is empty.")
	try:
		return date.fromisoformat(text)
	except ValueError:
		raise ValueError(f"{text!r} is not a day of the calendar.") from None


def moment_of(text: str) -> int:
	"""Return a date (its beginning) or a time as seconds since the year 1."""
	day = day_of(text[:10]).toordinal() * SECONDS_A_DAY
	if len(text) == 10:
		return day
	match = _TIME_OF_DAY(text[10:])
	if not match or int(match[1]) > 23:
		raise ValueError(f"{text!r} is not a time such as 2026-03-31 14:30:00.")
	return day + int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


def as_datetime(moment: int) -> datetime:
	"""Return seconds since the year 1 as a date and time."""
	day, seconds = divmod(moment, SECONDS_A_DAY)
	return datetime.combine(date.fromordinal(day), time()) + timedelta(seconds=seconds)


def as_moment(at: datetime) -> int:
	"""Return a date and time as seconds since the year 1; fractions of a second go."""
	return at.toordinal() * SECONDS_A_DAY + at.hour * 3600 + at.minute * 60 + at.second


class _Remembered(dict):
	"""What a text means, worked out once: dates and small numbers come again and again."""

	def __init__(self, read: Callable[[str], object], most: int = 100_000, **known):
		super().__init__(known)
		self.read, self.most = read, most

	def __missing__(self, text: str):
		value = self.read(text)
		if len(self) < self.most:
			self[text] = value
		return value


def _money(text: str) -> Decimal:
	if not _PLAIN_NUMBER(text):
		wanted = "is not an amount such as 1234.50, positive and without separators."
		raise ValueError(f"{text!r} {wanted}" if text else "is empty.")
	return Decimal(text)


def _positive(text: str) -> Decimal:
	value = _money(text)
	if not value:
		raise ValueError("must be more than 0.")
	return value


def _percent(text: str) -> Decimal:
	value = _money(text)
	if value > 100:
		raise ValueError(f"{text!r} is more than 100 per cent.")
	return value


def _whole(text: str) -> int:
	if not _WHOLE_NUMBER(text):
		raise ValueError(f"{text!r} is not a whole number." if text else "is empty.")
	return int(text)


def _text(text: str) -> str:
	if not text:
		raise ValueError("is empty.")
	return text


_READ = {MONEY: _money, PERCENT: _percent, NUMBER: _positive, WHOLE: _whole, DAY: day_of, MOMENT: moment_of}
_YES = {"": False, "no": False, "yes": True, "No": False, "Yes": True, "NO": False, "YES": True}


def _reader_of(column: Column, customers: Iterable[str] | None) -> dict | Callable[[str], object]:
	"""Return what reads a cell of a column: a dict of what its text means, or a function.

	A bad cell is a KeyError or a ValueError. An empty one that may be is None, or "" or False where that says the same.
	"""
	if customers is not None and column.name == "customer":
		return {name: name for name in customers}
	if column.kind == YES_NO:
		return _YES
	if column.kind == CHOICE:
		return {word: word for word in column.choices} | ({} if column.required else {"": ""})
	read = _READ.get(column.kind)
	if read is None:
		return _text if column.required else str
	if column.kind == MONEY and column.required:
		return read
	remembered = _Remembered(read)
	if not column.required:
		remembered[""] = None
	return remembered


def _parser(sheet: Sheet, places: list[int], readers: list) -> Callable[[list[str], int], tuple]:
	"""Return a function that makes a row of a line's cells and its number, or raises ValueError or KeyError.

	It is written out as code, one expression a column, as `dataclasses` and `namedtuple` do: a book has millions of
	lines, and a loop over the columns of each takes three times as long.
	"""
	names: dict = {"make": tuple.__new__, "Row": sheet.row, "Decimal": Decimal}
	parts = []
	for number, (column, place, read) in enumerate(zip(sheet.columns, places, readers, strict=True)):
		cell = f"cells[{place}]" if place >= 0 else "''"
		names[f"r{number}"] = read
		if isinstance(read, dict):
			parts.append(f"r{number}[{cell}]")
		elif read is str:
			parts.append(cell)
		elif column.kind == MONEY:
			# The usual amount without a call; anything else is looked at closely.
			plain = "(c := " + cell + ").replace('.', '', 1).isdecimal() and len(c) < 20 and c.isascii()"
			parts.append(f"(Decimal(c) if {plain} else r{number}(c))")
		else:
			parts.append(f"r{number}({cell})")
	code = f"def parse(cells, number):\n\treturn make(Row, ({', '.join(parts)}, number))"
	exec(code, names)
	return names["parse"]


# ------------------------------------------------------------------ files
def _source_at(path: Path) -> "_Folder | _Workbook":
	if not path.exists():
		raise BookError(str(path), [Problem("book", 0, "", "there is no such file or folder.")])
	return _Folder(path) if path.is_dir() else _Workbook(path)


class _Folder:
	"""A folder of CSV files."""

	strict = False  # other CSV files may lie beside them

	def __init__(self, path: Path):
		self.path = path

	def names(self) -> set[str]:
		return {file.stem for file in self.path.glob("*.csv")}

	def size(self) -> int:
		return sum(file.stat().st_size for file in self.path.glob("*.csv"))

	def last_day(self) -> date | None:
		days = [day for sheet in book_format.SHEETS if sheet.when and (day := self.last_day_of(sheet))]
		return max(days, default=None)

	def last_day_of(self, sheet: Sheet) -> date | None:
		"""Return the day of the last line of a sheet; None when it cannot be told without reading all."""
		path = self.path / f"{sheet.name}.csv"
		if not path.exists():
			return None
		with path.open("rb") as file:
			heading = file.readline().decode("utf-8-sig", "replace")
			file.seek(max(len(heading), path.stat().st_size - 5000))
			lines = file.read().decode("utf-8", "replace").splitlines()
		try:
			names = next(csv.reader([heading]))
			return day_of(next(csv.reader(lines[-1:]))[names.index(sheet.when)][:10])
		except (IndexError, ValueError, StopIteration, csv.Error):
			return None

	def lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
		with (self.path / f"{name}.csv").open(newline="", encoding="utf-8-sig") as file:
			yield from enumerate(csv.reader(file), 1)


class _Workbook:
	"""One XLSX file. Sheets with other names, such as notes, are refused: a misspelt one would be left out silently."""

	strict = True

	def __init__(self, path: Path):
		import openpyxl

		self.path = path
		try:
			self.book = openpyxl.load_workbook(path, read_only=True, data_only=True)
		except Exception as error:
			message = f"is neither a folder of CSV files nor an XLSX file: {error}"
			raise BookError(str(path), [Problem("book", 0, "", message)]) from None

	def names(self) -> set[str]:
		return set(self.book.sheetnames)

	def size(self) -> int:
		with zipfile.ZipFile(self.path) as parts:
			return sum(part.file_size for part in parts.infolist()) // XML_TO_CSV

	def last_day(self) -> date | None:
		return None

	def last_day_of(self, sheet: Sheet) -> date | None:
		return None

	def lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
		width = None
		for number, cells in enumerate(self.book[name].iter_rows(values_only=True), 1):
			texts = [_cell_text(cell) for cell in cells]
			if width is None:
				while texts and not texts[-1]:
					texts.pop()
				width = len(texts)
			elif len(texts) < width:
				texts += [""] * (width - len(texts))
			elif not any(texts[width:]):
				texts = texts[:width]
			yield number, texts


def _cell_text(value) -> str:
	"""Return a cell of XLSX as a CSV file would hold it."""
	if value is None:
		return ""
	if isinstance(value, bool):
		return "yes" if value else "no"
	if isinstance(value, datetime):
		text = value.replace(microsecond=0).isoformat(" ")
		return text[:10] if text.endswith(" 00:00:00") else text
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, float):
		text = format(round(value, 6), "f").rstrip("0").rstrip(".")
		return text
	return str(value)
