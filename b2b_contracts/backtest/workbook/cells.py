"""Cells: what they hold, how they look, and text that never becomes a formula."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from math import isfinite

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

MOST_CHARACTERS = 32_767

# What a cell holds. TEXT is data of others, WORDS our own sentences.
TEXT, WORDS, COUNT, MONEY, SHARE, DAYS, DAY, MOMENT, MONTH = (
	"text",
	"words",
	"count",
	"money",
	"share",
	"days",
	"day",
	"moment",
	"month",
)
FORMATS = {
	TEXT: "@",  # stays text when somebody edits it
	WORDS: "General",
	COUNT: "#,##0;[Red]-#,##0",
	MONEY: "#,##0;[Red]-#,##0",
	SHARE: "0.0%;[Red]-0.0%",
	DAYS: "#,##0.0;[Red]-#,##0.0",
	DAY: "yyyy-mm-dd",
	MOMENT: "yyyy-mm-dd hh:mm",
	MONTH: "mmm yyyy",
}
# A difference may be good or bad: no red.
DIFFERENCE_FORMATS = {
	COUNT: "+#,##0;-#,##0;0",
	MONEY: "+#,##0;-#,##0;0",
	SHARE: "+0.0%;-0.0%;0.0%",
	DAYS: "+#,##0.0;-#,##0.0;0.0",
}
AS_WRITTEN = {MONEY: "General"}
WIDTHS = {COUNT: 9, SHARE: 10, DAYS: 9, DAY: 11.5, MOMENT: 16.5, MONTH: 11}

# How a cell looks.
PLAIN, HEAD, BAND, TOTAL, CHANGED, TITLE, NOTE, WRAPPED = (
	"plain",
	"head",
	"band",
	"total",
	"changed",
	"title",
	"note",
	"wrapped",
)
TYPEFACE = "Arial"
INK, RULED, GREY = "1F2D3D", "9FB3C8", "5F6B7A"
_FILLS = {
	HEAD: PatternFill("solid", fgColor="DCE6F0"),
	BAND: PatternFill("solid", fgColor="F1F5F9"),
	CHANGED: PatternFill("solid", fgColor="FFF2CC"),
}
_BORDERS = {HEAD: Border(bottom=Side("thin", RULED)), BAND: Border(bottom=Side("hair", RULED))}

_NEVER_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What begins a formula: at the beginning of a cell, also where a program splits lines at other characters than we do.
_BEGINS_A_FORMULA = re.compile("(^|[;\t\r\n])(?=[=+\\-@\t\r＝＋－＠])")


def clean(text: str) -> str:
	"""Return text without characters that XML cannot hold, no longer than a cell can be."""
	return _NEVER_IN_XML.sub("", text)[:MOST_CHARACTERS]


def guarded(text: str) -> str:
	"""Return text for a CSV file: an apostrophe before what a spreadsheet would take for a formula (OWASP)."""
	return _BEGINS_A_FORMULA.sub(r"\1'", clean(text))


def fill(cell: Cell, value: str | int | float | Decimal | date | datetime | None) -> Cell:
	"""Put a value into a cell. Text is never a formula."""
	if isinstance(value, float | Decimal) and not isfinite(value):
		value = "∞"
	if isinstance(value, str):
		value = clean(value) or None
	cell.value = value
	if isinstance(value, str):
		cell.data_type = "s"
	return cell


def make(sheet, value, kind: str = WORDS, look: str = PLAIN, formats: dict[str, str] = FORMATS) -> Cell:
	"""Make a cell of a sheet."""
	cell = WriteOnlyCell(sheet)
	cell.font = font(look)
	cell.alignment = _alignment(kind, look)
	if look != HEAD:
		cell.number_format = formats.get(kind, FORMATS[kind])
	if look in _FILLS:
		cell.fill = _FILLS[look]
	if look in _BORDERS:
		cell.border = _BORDERS[look]
	return fill(cell, value)


@cache
def font(look: str) -> Font:
	size = {TITLE: 16, NOTE: 9}.get(look, 10)
	return Font(
		name=TYPEFACE, size=size, bold=look in (HEAD, BAND, TOTAL, TITLE), color=GREY if look == NOTE else INK
	)


@cache
def _alignment(kind: str, look: str) -> Alignment:
	if look == HEAD:
		return Alignment(
			horizontal="left" if kind in (TEXT, WORDS) else "right",
			vertical="center",
			indent=kind == TEXT,
			wrap_text=True,
		)
	if kind in (TEXT, WORDS):
		wraps = look in (WRAPPED, CHANGED)
		return Alignment(
			horizontal="left",
			vertical="top" if wraps else "center",
			indent=kind == TEXT and look == PLAIN,
			wrap_text=wraps,
			shrink_to_fit=kind == TEXT and not wraps,
		)
	if look == WRAPPED:
		return Alignment(horizontal="right", vertical="top", wrap_text=True)
	return Alignment(horizontal="right", vertical="center", shrink_to_fit=True)
