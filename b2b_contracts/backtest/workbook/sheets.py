"""Sheets: their heading, their rows one after the other, and how they print."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter

from . import cells
from .cells import BAND, DIFFERENCE_FORMATS, FORMATS, NOTE, PLAIN, TITLE, TYPEFACE, WORDS, clean
from .context import Context

LINE_POINTS = 12.75  # a whole number of pixels
A3, A4 = 8, 9
_NEVER_IN_A_TITLE = re.compile(r"[\[\]:*?/\\]")
_NUMBERS = (int, float, Decimal)


class Sheet:
	"""A sheet that is being written, row by row. Its heading, the row `head`, stays in sight and is printed on every page."""

	def __init__(
		self,
		context: Context,
		title: str,
		widths: Sequence[float],
		head: int,
		fixed_columns: int = 0,
		wide: bool = False,
	):
		# openpyxl puts a number to a title that comes again: 31 characters with it.
		title = _NEVER_IN_A_TITLE.sub(" ", clean(title)).strip(" '")[:29] or "Sheet"
		self.sheet, self.widths, self.row = context.book.create_sheet(title), widths, 0
		sheet = self.sheet
		sheet.freeze_panes = f"{get_column_letter(fixed_columns + 1)}{head + 1}"
		sheet.sheet_view.showGridLines = False
		sheet.sheet_properties.pageSetUpPr.fitToPage = True
		sheet.sheet_format.defaultRowHeight = LINE_POINTS
		sheet.page_setup.orientation = "landscape"
		sheet.page_setup.paperSize = A3 if wide else A4
		sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
		margins = sheet.page_margins
		margins.left = margins.right = 0.45
		margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.65, 0.25, 0.3
		sheet.print_title_rows = f"{head}:{head}"
		for number, width in enumerate(widths, 1):
			sheet.column_dimensions[get_column_letter(number)].width = width
		_ = context.translate
		page = _("Page {0} of {1}").format("&P", "&N")
		for part, text in ((sheet.oddFooter.left, "&A"), (sheet.oddFooter.right, page)):
			part.text, part.size, part.font = text, 8, f"{TYPEFACE},Regular"

	def cell(self, value, kind: str = WORDS, look: str = PLAIN, formats: dict[str, str] = FORMATS) -> Cell:
		return cells.make(self.sheet, value, kind, look, formats)

	def add(
		self,
		values: Iterable,
		kinds: Sequence[str] | str = WORDS,
		look: str = PLAIN,
		height: float | None = None,
	) -> int:
		"""Add a row and return its number. Cells that are made already are taken as they are."""
		values = list(values)
		kinds = [kinds] * len(values) if isinstance(kinds, str) else kinds
		self.row += 1
		if height:
			self.sheet.row_dimensions[self.row].height = height
		self.sheet.append(
			[
				value if isinstance(value, Cell) else self.cell(value, kind, look)
				for value, kind in zip(values, kinds, strict=True)
			]
		)
		return self.row

	def add_title(self, title: str, about: str = "") -> None:
		self.add([title], look=TITLE, height=22)
		if about:
			self.add([about], look=NOTE)

	def add_band(self, title: str, columns: int | None = None) -> None:
		"""Add a line that begins another part of the sheet, across some columns or all."""
		self.add([title, *[None] * ((columns or len(self.widths)) - 1)], look=BAND, height=16)

	def add_wrapped(self, row: Sequence[Cell]) -> None:
		"""Add a row of texts, as high as the longest needs: not every program finds that out by itself."""
		lines = max(
			-(-len(str(cell.value or "")) // int(1.1 * width))
			for cell, width in zip(row, self.widths, strict=False)
		)
		self.add(row, height=LINE_POINTS * lines if lines > 1 else None)

	def skip(self, rows: int = 1, height: float | None = None) -> None:
		for _number in range(rows):
			self.add([], height=height)

	def filter(self, first: int, columns: int, last: int) -> None:
		"""Put a filter on a table, by the rows of its heading and its end."""
		self.sheet.auto_filter.ref = f"A{first}:{get_column_letter(columns)}{max(first, last)}"

	def with_differences(self, values: Sequence, kind: str, look: str = PLAIN) -> list[Cell]:
		"""Make the cells of each policy's figure, and of the differences to the first."""
		row = [self.cell(value, kind, look) for value in values]
		for value in values[1:]:
			known = isinstance(value, _NUMBERS) and isinstance(values[0], _NUMBERS)
			row.append(self.cell(value - values[0] if known else None, kind, look, DIFFERENCE_FORMATS))
		return row
