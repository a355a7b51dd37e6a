"""Writes a report as a workbook that opens, sorts and prints as it is: numbers stay numbers, each with its format and its currency.

Rows are taken one at a time and written at once, so a hundred thousand need no more memory than one. Text is text, whatever it
begins with.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import IO

import frappe
from frappe import _
from frappe.utils import get_datetime, get_number_format_info, getdate, strip_html
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.backtest.workbook.files import new_book
from b2b_contracts.backtest.workbook.sheets import Sheet
from b2b_contracts.reporting.shown import BLUE, GREEN, GREY, RED, YELLOW

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""So many rows a sheet can have, its heading with them. What is more goes on in another sheet."""

_NUMBERS = (int, float, Decimal)
_SUMMED = frozenset(("Currency", "Float", "Int"))
_PIXELS = 7  # of a digit, in which widths of columns count
_NARROWEST = 6
_TINTS = {RED: ("9C0006", "FFC7CE"), YELLOW: ("7A5C00", "FFEB9C"), GREEN: ("00612E", "C6EFCE")}
_TINTS |= {GREY: ("5F6B7A", "E9EDF1"), BLUE: ("1F4E79", "DDEBF7")}


@dataclass(frozen=True, slots=True)
class About:
	"""What stands beside the rows: the report's name, what it was asked (label and answer), what it says of itself, its totals
	(cards of `shown`), and whether the rows end with their sums."""

	title: str
	asked: Sequence[tuple[str, str]] = ()
	message: str = ""
	cards: Sequence[dict] = ()
	has_total: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
	"""What sheets are made in: the workbook, and the translation of the words that they bring themselves."""

	book: Workbook
	translate: Callable[[str], str] = field(default=_)


def write(
	columns: Sequence[dict], rows: Iterable[dict], about: About, most_rows: int = MOST_ROWS
) -> IO[bytes]:
	"""Write the rows of a report (columns as of `shown`) and what it says of itself; returns an open file, at its beginning."""
	made = tempfile.TemporaryFile()
	try:
		with new_book() as book:
			book.properties.title = about.title
			book.properties.creator = "b2b_contracts"
			desk = Desk(book)
			_write_rows(desk, [column for column in columns if _is_written(column)], rows, about, most_rows)
			_write_about(desk, about)
			book.save(made)
	except BaseException:
		made.close()
		raise
	made.seek(0)
	return made


def _is_written(column: dict) -> bool:
	"""Hidden columns are for the desk, but for the currencies of the amounts: whoever sums them has to keep them apart."""
	return not column.get("hidden") or column["fieldname"].endswith("currency")


# ------------------------------------------------------------------ rows
def _write_rows(desk: Desk, columns: list[dict], rows: Iterable[dict], about: About, most_rows: int) -> None:
	rows, sums = iter(rows), _Sums(columns)
	for number in range(1, 1000):
		title = about.title if number == 1 else f"{about.title} {number}"
		widths = [max(_NARROWEST, (column.get("width") or 90) / _PIXELS) for column in columns]
		sheet = Sheet(desk, title, widths, head=1, wide=len(columns) > 12)
		sheet.sheet.oddHeader.left.text, sheet.sheet.oddHeader.left.size = about.title.replace("&", "&&"), 9
		sheet.add(
			[_plain_text(column["label"]) for column in columns],
			[_kind(column) for column in columns],
			cells.HEAD,
			height=30,
		)
		makers = [_Maker(sheet.sheet, column) for column in columns]
		following = _fill_sheet(sheet, makers, rows, sums, most_rows - 2)
		sheet.filter(1, max(len(columns), 1), sheet.row)
		if following is None:
			break
		rows = chain((following,), rows)
	if about.has_total and sums.rows:
		sheet.row += 1
		sheet.sheet.append([maker.total(value) for maker, value in zip(makers, sums.cells(), strict=True)])


def _fill_sheet(
	sheet: Sheet, makers: list["_Maker"], rows: Iterator[dict], sums: "_Sums", most: int
) -> dict | None:
	"""Write as many rows as go on the sheet; returns the first of the rest."""
	append, add_up = sheet.sheet.append, sums.add
	written = 0
	for row in rows:
		if written == most:
			sheet.row += written
			return row
		append([maker.cell(row) for maker in makers])
		add_up(row)
		written += 1
	sheet.row += written
	return None


class _Sums:
	"""The sums of the columns that can be summed: amounts as long as they are of one currency."""

	def __init__(self, columns: Sequence[dict]):
		self.columns, self.rows = columns, 0
		self.summed = [
			(column["fieldname"], column.get("options") if column["fieldtype"] == "Currency" else None)
			for column in columns
			if column["fieldtype"] in _SUMMED and not column.get("disable_total")
		]
		self.sums: dict[str, Decimal] = {name: Decimal() for name, _currency in self.summed}
		self.currencies: dict[str, set] = {name: set() for name, _currency in self.summed}

	def add(self, row: dict) -> None:
		self.rows += 1
		for name, currency in self.summed:
			value = row.get(name)
			if isinstance(value, _NUMBERS):
				self.sums[name] += value if isinstance(value, Decimal | int) else Decimal(str(value))
				if currency:
					self.currencies[name].add(row.get(currency))

	def cells(self) -> list[tuple[str | Decimal | None, str | None]]:
		"""Return value and currency by column, the word for it in the first where that is no sum."""
		found = []
		for place, column in enumerate(self.columns):
			name = column["fieldname"]
			currencies = self.currencies.get(name, ())
			if name in self.sums and len(currencies) < 2:
				found.append((self.sums[name], next(iter(currencies), None)))
			else:
				found.append((_("Total") if not place else None, None))
		return found


class _Maker:
	"""Makes the cells of a column. openpyxl writes a cell before the next one is made, so that one cell of a look serves all rows."""

	def __init__(self, sheet, column: dict):
		self.sheet, self.name = sheet, column["fieldname"]
		self.fieldtype, self.pill = column["fieldtype"], column.get("pill")
		self.kind = _kind(column)
		self.currency = column.get("options") if self.fieldtype == "Currency" else None
		self.format = _format(column)
		self.made: dict[tuple, Cell] = {}

	def cell(self, row: dict) -> Cell | None:
		value = row.get(self.name)
		if value is None or value == "":
			return None
		value = self.converted(value)
		currency = row.get(self.currency) if self.currency else None
		return cells.fill(self.like(currency, row.get(self.pill) if self.pill else None), value)

	def total(self, found: tuple) -> Cell | None:
		value, currency = found
		if value is None:
			return None
		cell = self.like(currency, None)
		cell.font = cells.font(cells.TOTAL)
		return cells.fill(cell, value)

	def like(self, currency: str | None, colour: str | None) -> Cell:
		"""Return the cell for a currency and a colour."""
		cell = self.made.get((currency, colour))
		if cell is None:
			cell = self.made[currency, colour] = cells.make(self.sheet, None, self.kind)
			cell.alignment = Alignment(
				horizontal=cell.alignment.horizontal, vertical="center", indent=cell.alignment.indent
			)
			cell.number_format = money_format(currency) if self.fieldtype == "Currency" else self.format
			if colour in _TINTS:
				ink, paper = _TINTS[colour]
				cell.font = Font(name=cells.TYPEFACE, size=10, color=ink)
				cell.fill = PatternFill("solid", fgColor=paper)
		return cell

	def converted(self, value):
		"""Return a value as its column means it: days are days, 15 % is 0.15."""
		if self.fieldtype == "Percent" and isinstance(value, _NUMBERS):
			return value / 100
		if isinstance(value, bool):
			return int(value)
		if isinstance(value, str):
			if self.fieldtype == "Date":
				return getdate(value)
			if self.fieldtype == "Datetime":
				return get_datetime(value)
			return value
		if isinstance(value, _NUMBERS) or isinstance(value, date | datetime):
			return value
		return str(value)


_KINDS = {
	"Check": cells.COUNT,
	"Currency": cells.MONEY,
	"Date": cells.DAY,
	"Datetime": cells.MOMENT,
	"Float": cells.DAYS,
	"Int": cells.COUNT,
	"Percent": cells.SHARE,
}


def _kind(column: dict) -> str:
	return _KINDS.get(column["fieldtype"], cells.TEXT)


def _format(column: dict) -> str:
	if column["fieldtype"] == "Float":
		return _signed("#,##0" + _places(column.get("precision") or 1))
	return cells.FORMATS[_kind(column)]


def _places(number: int) -> str:
	return "." + "0" * int(number) if number else ""


def _signed(positive: str) -> str:
	"""Return a format that shows what is negative in red."""
	return f"{positive};[Red]-{positive}"


@cache
def _letters_of(currency: str) -> str:
	"""Return a currency as a number format says it; nothing for what is none (it would break the file)."""
	return f" [${currency}]" if currency.isalnum() else ""


def money_format(currency: str | None) -> str:
	"""Return the number format of an amount: as many decimals as its currency has, and which one it is."""
	if not currency:
		return _signed("#,##0.00")
	return _signed(f"#,##0{_places(decimals_of(currency))}{_letters_of(currency)}")


def decimals_of(currency: str) -> int:
	"""Return how many decimals a currency has, by its number format."""
	digits = frappe.get_cached_value("Currency", currency, "number_format") or "#,###.##"
	_decimal, _thousands, decimals = get_number_format_info(digits)
	return decimals


# ------------------------------------------------------------------ about
def _write_about(desk: Desk, about: About) -> None:
	"""Write what the rows are: without it nobody knows next month what was asked."""
	sheet = Sheet(desk, _("About this report"), (34, 90), head=1)
	sheet.add_title(about.title)
	sheet.skip()
	for label, answer in about.asked:
		sheet.add_wrapped(
			[sheet.cell(_plain_text(label), look=cells.TOTAL), sheet.cell(answer, cells.TEXT, cells.WRAPPED)]
		)
	if about.message:
		sheet.skip()
		sheet.add_wrapped(
			[
				sheet.cell(_("How to read it"), look=cells.TOTAL),
				sheet.cell(_plain_text(about.message), look=cells.WRAPPED),
			]
		)
	if about.cards:
		sheet.skip()
		sheet.add_band(_("Totals"))
	for card in about.cards:
		maker = _Maker(
			sheet.sheet,
			{"fieldname": "value", "fieldtype": card.get("datatype") or "Data", "options": "currency"},
		)
		shown = maker.cell(card)
		if shown is not None:
			shown.alignment = Alignment(horizontal="left")
		sheet.add([sheet.cell(_plain_text(card["label"])), shown])


def _plain_text(text: str) -> str:
	return strip_html(text or "").strip()
