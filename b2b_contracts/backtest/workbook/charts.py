"""The charts of the summary, and how they look."""

from typing import NamedTuple

from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.axis import DateAxis
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.drawing.xdr import XDRPositiveSize2D

from b2b_contracts.engine.money import ZERO

from ..figures import DISPUTED, FATES, LATE, LOST, NOT_BILLED, ON_TIME, STILL_OPEN
from .cells import INK, RULED, TYPEFACE
from .context import Context
from .sheets import LINE_POINTS, Sheet

AS_IT_WAS_COLOUR = "C3CBD4"
POLICY_COLOURS = ("2F6DB5", "D9822B", "3B9C6E", "8E5EA2", "B5473C", "4FA3A5")
FATE_COLOURS = {
	LOST: "A93226",
	DISPUTED: "D9822B",
	LATE: "E8C547",
	ON_TIME: "3B9C6E",
	STILL_OPEN: "7FA7D1",
	NOT_BILLED: "C3CBD4",
}

# Two charts beside each other, three rows of them on a page.
ROWS_OF_A_CHART, GAP = 12, 10
ROWS = 3 * ROWS_OF_A_CHART
COLUMNS = 5  # of the summary, which they are as wide as
_POINT, _PIXEL = 12700, 9525  # in English Metric Units


class Range(NamedTuple):
	"""Cells that a chart shows: rows `first` to `last` of a sheet of openpyxl, from a column on."""

	sheet: object
	column: int
	first: int
	last: int


class Room(NamedTuple):
	"""Where the charts go: `ROWS` rows below a row of a sheet."""

	sheet: Sheet
	row: int


def draw(context: Context, room: Room, ranges: dict[str, Range]) -> None:
	"""Put the charts into their room: those that have something to show."""
	_ = context.translate
	unit, axis_format = _axis(context)
	charts = []
	for name, title, number_format in (
		("cash", _("Cash received by month, {0}").format(unit), axis_format),
		("dso", _("DSO at month ends, days"), "0"),
		("receivables", _("Receivables at month ends, {0}").format(unit), axis_format),
		("overdue", _("Overdue at month ends, {0}").format(unit), axis_format),
	):
		months = ranges[name]
		if months.last >= months.first:
			charts.append(_lines(context, title, months, number_format))
	rules = ranges["rules"]
	if rules.last >= rules.first:
		title = _("Held by rule, {0}").format(unit)
		charts.append(_held_by_rule(context, title, rules, axis_format))
	if any(world.held_orders for world in context.result.policies):
		title = _("Held orders by what became of them in the past, number")
		charts.append(_held_by_fate(context, title, ranges["fates"]))
	for place, chart in enumerate(charts):
		chart.anchor = _anchor(room, place)
		room.sheet.sheet.add_chart(chart)


def _axis(context: Context) -> tuple[str, str]:
	"""Return what the axes of money count in, and the format for that."""
	_ = context.translate
	found = [abs(month.receivables) for world in context.result.worlds for month in world.months]
	largest, currency = max(found, default=ZERO), context.result.currency
	if largest >= 3_000_000:
		return _("{0} million").format(currency), "#,##0.#,," if largest < 30_000_000 else "#,##0,,"
	return (_("{0} thousand").format(currency), "#,##0,") if largest >= 10_000 else (currency, "#,##0")


def _colour(number: int) -> str:
	"""Return the colour of a policy, from 0."""
	return POLICY_COLOURS[number % len(POLICY_COLOURS)]


def _lines(context: Context, title: str, months: Range, number_format: str) -> LineChart:
	sheet, column, first, last = months
	chart = LineChart()
	dress(chart, title, number_format)
	for number, label in enumerate(context.world_labels):
		values = Reference(sheet, min_col=column + number, min_row=first, max_row=last)
		series = Series(values, title=label)
		# The past lies under the policies, wider: it is seen where they part.
		colour, width = (_colour(number - 1), 19050) if number else (AS_IT_WAS_COLOUR, 44450)
		series.graphicalProperties.line = LineProperties(solidFill=colour, w=width)
		series.marker.symbol = "none"
		series.smooth = False
		chart.series.append(series)
	chart.x_axis = DateAxis(axPos="b", crossAx=100, majorTimeUnit="months")
	chart.x_axis.number_format = "mmm yy"
	chart.x_axis.majorUnit = max(1, round((last - first + 1) / 8))
	chart.y_axis.crossAx = 500
	dress_axis(chart.x_axis)
	chart.x_axis.majorGridlines = None
	chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
	return chart


def _held_by_rule(context: Context, title: str, rules: Range, number_format: str) -> BarChart:
	sheet, column, first, last = rules
	chart = BarChart()
	chart.type, chart.gapWidth = "bar", 60
	dress(chart, title, number_format)
	for number, label in enumerate(context.labels):
		values = Reference(sheet, min_col=column + number, min_row=first, max_row=last)
		series = Series(values, title=label)
		series.graphicalProperties = GraphicalProperties(solidFill=_colour(number))
		chart.series.append(series)
	chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
	upside_down(chart)
	return chart


def _held_by_fate(context: Context, title: str, fates: Range) -> BarChart:
	sheet, column, first, _last = fates
	chart = BarChart()
	chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 60
	dress(chart, title, "#,##0")
	last_column = column + len(context.labels) - 1
	for row, fate in enumerate(FATES, first):
		values = Reference(sheet, min_col=column, max_col=last_column, min_row=row)
		series = Series(values, title=context.translate(fate))
		series.graphicalProperties = GraphicalProperties(solidFill=FATE_COLOURS[fate])
		chart.series.append(series)
	chart.set_categories(Reference(sheet, min_col=column, max_col=last_column, min_row=3))
	upside_down(chart)
	return chart


def _anchor(room: Room, place: int) -> OneCellAnchor:
	"""Return the place of a chart: its half of the page, over rows that are left free."""
	pixels = [int(width * 7) for width in room.sheet.widths[:COLUMNS]]
	half = sum(pixels) // 2
	down, across = divmod(place, 2)
	column, offset = 0, across * half + (GAP // 2 if across else 0)
	while offset >= pixels[column]:
		offset -= pixels[column]
		column += 1
	row = room.row + down * ROWS_OF_A_CHART
	height = int((ROWS_OF_A_CHART - 1) * LINE_POINTS * _POINT)
	return OneCellAnchor(
		_from=AnchorMarker(col=column, colOff=offset * _PIXEL, row=row, rowOff=4 * _POINT),
		ext=XDRPositiveSize2D((half - GAP // 2) * _PIXEL, height),
	)


def _letters(size: int, bold: bool = False) -> CharacterProperties:
	return CharacterProperties(sz=size * 100, b=bold, latin=Font(typeface=TYPEFACE), solidFill=INK)


def dress(chart, title: str, number_format: str) -> None:
	chart.title = title
	chart.title.overlay = chart.roundedCorners = False
	for paragraph in chart.title.tx.rich.p:
		paragraph.pPr = ParagraphProperties(defRPr=_letters(10, bold=True))
		for run in paragraph.r or ():
			run.rPr = _letters(10, bold=True)
	chart.legend.position, chart.legend.overlay = "b", False
	chart.legend.txPr = _rich(8)
	chart.display_blanks = "gap"
	for axis in (chart.x_axis, chart.y_axis):
		dress_axis(axis)
	chart.y_axis.number_format = number_format
	chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E3E8ED", w=6350))


def dress_axis(axis) -> None:
	axis.delete = False
	axis.title = None
	axis.tickLblPos = "low"
	axis.txPr = _rich(8)
	axis.spPr = GraphicalProperties(ln=LineProperties(solidFill=RULED, w=6350))


def _rich(size: int) -> RichText:
	return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=_letters(size)), endParaRPr=_letters(size))])


def upside_down(chart: BarChart) -> None:
	"""Bars from left to right, the first on top."""
	chart.x_axis.scaling.orientation = "maxMin"
	chart.y_axis.crosses, chart.y_axis.tickLblPos = "max", "nextTo"
	chart.x_axis.tickLblSkip = 1
	chart.x_axis.txPr = _rich(7)
	if chart.legend:
		chart.legend.txPr = _rich(7)
