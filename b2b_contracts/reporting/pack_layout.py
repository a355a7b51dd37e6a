"""How the sheets of a pack look: headings, tables one under the other, traffic lights, and charts beside each other."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from frappe import _
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.axis import DateAxis
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.pagebreak import Break

from b2b_contracts.backtest.workbook import cells, charts
from b2b_contracts.backtest.workbook.sheets import LINE_POINTS, Sheet

from .shown import BLUE, GREEN, GREY, RED, YELLOW

LIGHT = "light"
"""A cell that holds a traffic light, a word on its colour."""

_TINTS = {RED: ("9C0006", "FFC7CE"), YELLOW: ("7A5C00", "FFEB9C"), GREEN: ("00612E", "C6EFCE")}
_TINTS |= {GREY: ("5F6B7A", "E9EDF1"), BLUE: ("1F4E79", "DDEBF7")}
LINE_COLOURS = {RED: "B5473C", YELLOW: "D9822B", GREEN: "3B9C6E", BLUE: "2F6DB5", GREY: "9FB3C8"}

# Finance compares to the cent.
FORMATS = cells.FORMATS | {cells.MONEY: "#,##0.00;[Red]-#,##0.00"}
_POINT, _PIXEL, _PIXELS_OF_A_DIGIT = 12700, 9525, 7
ROWS_OF_A_CHART, ROWS_OF_CHARTS_ON_A_PAGE = 14, 3


class Column(NamedTuple):
	"""A column of a table: its heading, and what its cells hold (the kinds of `cells`, or LIGHT)."""

	label: str
	kind: str = cells.WORDS


class Light(NamedTuple):
	"""A traffic light: its colour, and the word on it; without one, what the colour says."""

	colour: str
	word: str = ""


def word_of(colour: str) -> str:
	"""Return what a traffic light says to who does not see its colour."""
	return {
		RED: _("Red"),
		YELLOW: _("Yellow"),
		GREEN: _("Green"),
		GREY: _("Unknown"),
		BLUE: _("Note"),
	}[colour]


@dataclass(slots=True)
class Book:
	"""The workbook that is being written. What comes in is translated already."""

	book: Workbook
	pages: list["Page"] = field(default_factory=list)

	@staticmethod
	def translate(text: str) -> str:
		return _(text)

	def page(self, title: str, about: str, widths: Sequence[float], wide: bool = False) -> "Page":
		"""Begin a sheet: a title and what it is about, which stay in sight, and columns of some widths (in digits)."""
		page = Page(self, title, about, widths, wide)
		self.pages.append(page)
		return page


class Page(Sheet):
	"""A sheet of a pack, with tables one under the other."""

	def __init__(self, book: Book, title: str, about: str, widths: Sequence[float], wide: bool):
		super().__init__(book, title, widths, head=2, wide=wide)
		self.add([title], look=cells.TITLE, height=26)
		self.add([about], look=cells.NOTE)
		self.skip(height=6)

	# -------------------------------------------------------------- cells
	def of(self, value, kind: str, look: str = cells.PLAIN) -> Cell:
		"""Make a cell; a Light becomes a word on its colour."""
		if isinstance(value, Cell):
			return value
		if isinstance(value, Light):
			return self.light(value)
		return self.cell(value, cells.WORDS if kind == LIGHT else kind, look, FORMATS)

	def light(self, light: Light) -> Cell:
		letters, ground = _TINTS[light.colour]
		cell = self.cell(light.word or word_of(light.colour))
		cell.font = Font(name=cells.TYPEFACE, size=10, bold=True, color=letters)
		cell.fill = PatternFill("solid", fgColor=ground)
		cell.alignment = Alignment(horizontal="center", vertical="center", shrink_to_fit=True)
		return cell

	# -------------------------------------------------------------- tables
	def table(
		self,
		title: str,
		columns: Sequence[Column],
		rows: Iterable[Sequence],
		total: Sequence | None = None,
		empty: str = "",
		most: int = 0,
	) -> tuple[int, int]:
		"""Write a table under a line with its title: as many rows as there are, or `most` and how many more there would be. Returns the
		numbers of its first and last row; the last is before the first where it has none."""
		if title:
			self.band(title)
		self.head(columns)
		first = self.row + 1
		left_out = 0
		for row in rows:
			if most and self.row - first + 1 >= most:
				left_out += 1
				continue
			self.line(columns, row)
		last = self.row
		if last < first:
			self.add([empty or _("None.")], look=cells.NOTE)
		elif total is not None:
			self.line(columns, total, cells.TOTAL)
		if left_out:
			self.add([_("… and {0} more.").format(left_out)], look=cells.NOTE)
		self.skip()
		return first, last

	def band(self, title: str) -> None:
		self.add_band(title)

	def head(self, columns: Sequence[Column]) -> None:
		lines = max(
			_lines_of(column.label, width - 2) for column, width in zip(columns, self.widths, strict=False)
		)
		row = [self.of(column.label, column.kind, cells.HEAD) for column in columns]
		for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
			if column.kind == LIGHT:
				cell.alignment = Alignment("center", "center", wrap_text=True)
			elif place and column.kind == cells.WORDS:
				cell.alignment = Alignment("left", "center", indent=1, wrap_text=True)
		self.add(row, height=LINE_POINTS * lines + 4)

	def line(self, columns: Sequence[Column], values: Sequence, look: str = cells.PLAIN) -> None:
		"""Write a row, as high as its longest sentence needs."""
		row, lines = [], 1
		for column, value, width in zip(columns, values, self.widths, strict=False):
			wraps = column.kind in (cells.WORDS, cells.TEXT) and look == cells.PLAIN
			cell = self.of(value, column.kind, cells.WRAPPED if wraps else look)
			if wraps and isinstance(value, str):
				lines = max(lines, _lines_of(value, width - 2))
				cell.alignment = Alignment(
					"left", "center", indent=int(bool(row) or column.kind == cells.TEXT), wrap_text=True
				)
			row.append(cell)
		if lines > 1:
			for cell in row:
				shown = cell.alignment
				cell.alignment = Alignment(
					shown.horizontal, "top", indent=shown.indent, wrap_text=shown.wrap_text
				)
		self.add(row, height=LINE_POINTS * lines if lines > 1 else None)

	def stream(self, columns: Sequence[Column], rows: Iterable[Sequence], most: int) -> bool:
		"""Write rows that may be very many, each on one line, under a heading that stands already; returns whether there are more than
		`most`. A row is on the disk before the next one takes its cells."""
		prepared = [self.of(None, column.kind) for column in columns]
		lights: dict[Light, Cell] = {}
		written = 0
		for row in rows:
			cells_of_row = []
			for cell, value in zip(prepared, row, strict=True):
				if isinstance(value, Light):
					if value not in lights:
						lights[value] = self.light(value)
					cells_of_row.append(lights[value])
				else:
					cells_of_row.append(None if value is None else cells.fill(cell, value))
			self.sheet.append(cells_of_row)
			written += 1
			if written == most:
				break
		self.row += written
		return written == most

	def sentence(self, text: str, look: str = cells.PLAIN) -> None:
		"""Write a sentence over the whole width of the page, in as many lines as it takes."""
		for line in textwrap.wrap(cells.clean(text), int(1.05 * sum(self.widths))) or [""]:
			self.add([line], look=look)

	def new_page(self) -> None:
		"""Let what follows begin on a new page when it is printed."""
		self.sheet.row_breaks.append(Break(id=self.row))

	# -------------------------------------------------------------- charts
	def chart_room(self, count: int, beside: int = 2) -> "Room":
		"""Leave rows free for some charts, so many beside each other; when printed, no page ends in one."""
		room = Room(self, self.row, beside)
		for line in range(-(-count // beside)):
			if line and not line % ROWS_OF_CHARTS_ON_A_PAGE:
				self.new_page()
			self.skip(ROWS_OF_A_CHART, LINE_POINTS)
		return room


def _lines_of(text: str, width: float) -> int:
	return sum(max(1, -(-len(part) // max(1, int(1.05 * width)))) for part in str(text or "").split("\n"))


@dataclass(slots=True)
class Room:
	"""Free rows of a page, in which charts are put one after the other."""

	page: Page
	row: int
	beside: int
	taken: int = 0

	def put(self, chart) -> None:
		pixels = [int(width * _PIXELS_OF_A_DIGIT) for width in self.page.widths]
		share = min(sum(pixels), 1100) // self.beside
		down, across = divmod(self.taken, self.beside)
		column, offset = 0, across * share
		while offset >= pixels[column] and column < len(pixels) - 1:
			offset -= pixels[column]
			column += 1
		chart.anchor = OneCellAnchor(
			_from=AnchorMarker(
				col=column,
				colOff=offset * _PIXEL,
				row=self.row + down * ROWS_OF_A_CHART,
				rowOff=4 * _POINT,
			),
			ext=XDRPositiveSize2D((share - 10) * _PIXEL, int((ROWS_OF_A_CHART - 1) * LINE_POINTS * _POINT)),
		)
		self.page.sheet.add_chart(chart)
		self.taken += 1


class Range(NamedTuple):
	"""Cells that a chart shows: rows `first` to `last` of a column, or columns of a row."""

	page: Page
	column: int
	first: int
	last: int

	def reference(self) -> Reference:
		return Reference(self.page.sheet, min_col=self.column, min_row=self.first, max_row=self.last)


def lines(
	title: str, months: Range, series: Sequence[tuple[str, Range, str]], number_format: str
) -> LineChart:
	"""Return a chart of lines by month; `series` are (name, values, colour), a dash before a colour makes a dashed line."""
	chart = LineChart()
	charts.dress(chart, title, number_format)
	for name, values, colour in series:
		line = Series(values.reference(), title=name)
		is_dashed = colour.startswith("-")
		shape = LineProperties(
			solidFill=LINE_COLOURS[colour.removeprefix("-")], w=12700 if is_dashed else 25400
		)
		if is_dashed:
			shape.prstDash = "dash"
		line.graphicalProperties.line = shape
		line.marker.symbol = "none"
		line.smooth = False
		chart.series.append(line)
	chart.x_axis = DateAxis(axPos="b", crossAx=100, majorTimeUnit="months")
	chart.x_axis.number_format = "mmm yy"
	chart.x_axis.majorUnit = max(1, round((months.last - months.first + 1) / 8))
	chart.y_axis.crossAx = 500
	charts.dress_axis(chart.x_axis)
	chart.x_axis.majorGridlines = None
	chart.set_categories(months.reference())
	return chart


def bars(
	title: str,
	categories: Reference,
	series: Sequence[tuple[str, Reference, str]],
	number_format: str,
	lying: bool = False,
	stacked: bool = False,
) -> BarChart:
	"""Return a chart of bars: standing, or lying with the first on top."""
	chart = BarChart()
	chart.type, chart.gapWidth = "bar" if lying else "col", 60
	if stacked:
		chart.grouping, chart.overlap = "stacked", 100
	charts.dress(chart, title, number_format)
	for name, values, colour in series:
		bar = Series(values, title=name)
		bar.graphicalProperties = GraphicalProperties(solidFill=LINE_COLOURS[colour])
		bar.invertIfNegative = False
		chart.series.append(bar)
	chart.set_categories(categories)
	if len(series) == 1:
		chart.legend = None
	if lying:
		charts.upside_down(chart)
	return chart
