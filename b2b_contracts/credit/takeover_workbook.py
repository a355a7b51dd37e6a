"""The workbook of a take-over, column by column: its template, and reading it with every bad cell named.

Reads values only: a formula is a problem, and text that looks like one is text.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from zipfile import BadZipFile

import openpyxl
from frappe import _
from openpyxl.utils.exceptions import InvalidFileException

from b2b_contracts.backtest.book_format import CHOICE, DAY, MONEY, PERCENT, TEXT, WHOLE, Column
from b2b_contracts.backtest.workbook import cells
from b2b_contracts.engine.limits import LIMIT_TYPES, LIMITED
from b2b_contracts.engine.ratings import BUREAU, ISSUER
from b2b_contracts.engine.security_life import IN_FORCE, REQUESTED

PROFILES, LIMITS, RATINGS = "Profiles", "Limits", "Ratings"
SECURITIES, PLANS, INSTALMENTS = "Securities", "Plans", "Instalments"
# Their rows are documents, several a customer; those of the others are one credit profile.
OF_DOCUMENTS = (SECURITIES, PLANS, INSTALMENTS)
YES, NO = "Yes", "No"
NOTES = "Read me"
# Problems beyond this many help nobody.
MOST_PROBLEMS = 500
CUSTOMER = Column("customer", TEXT, "The customer's ID, or its tax ID.", required=True)
OF_COMPANY = Column("company", TEXT, "Empty = the company of the take-over; another is refused.")
PLAN = Column("plan", TEXT, "What joins the rows of a plan; any text.", required=True)

SHEETS: dict[str, tuple[Column, ...]] = {
	PROFILES: (
		CUSTOMER,
		Column("segment", TEXT, "A credit segment, such as A.", required=True),
		Column("level", WHOLE, "The level on its ladder; empty = its default."),
		Column("risk_class", CHOICE, "Empty = the segment's default.", choices=("A", "B", "C")),
		Column("expected_annual_revenue", MONEY, "Net, in the company's currency."),
		Column("require_po", CHOICE, "Empty = what the policy says.", choices=(YES, NO)),
		Column("security_required_percent", PERCENT, "Share of each order that must be secured."),
		Column("last_review", DAY, "When a person last reviewed the customer."),
		Column("next_review", DAY, "Empty = counted from the last review."),
	),
	LIMITS: (
		CUSTOMER,
		Column("limit_type", CHOICE, "Empty = Limited.", choices=LIMIT_TYPES),
		Column("manual_limit", MONEY, "Gross. Replaces what the segment gives; 0 is a limit."),
		Column("limit_reason", TEXT, "Why; needed with a manual limit."),
		Column("temporary_limit", MONEY, "Gross. Replaces both until a day."),
		Column("temporary_limit_until", DAY, "Its last day; needed with a temporary limit."),
	),
	RATINGS: (
		CUSTOMER,
		Column("external_rating", CHOICE, "The bureau's rating.", required=True, choices=tuple(BUREAU)),
		Column("rating_at_review", CHOICE, "The one a person last looked at.", choices=tuple(BUREAU)),
	),
	SECURITIES: (
		Column("customer", TEXT, "Its ID or tax ID; for a credit group one of its members.", required=True),
		OF_COMPANY,
		Column("type", TEXT, "A Security Type, such as Bank Guarantee.", required=True),
		Column(
			"number", TEXT, "The number on the paper: with type and issuer it is known by.", required=True
		),
		Column("issuer", TEXT, "Who gave it."),
		Column("issuer_rating", CHOICE, "The issuer's rating.", choices=tuple(ISSUER)),
		Column("amount", MONEY, "In its own currency.", required=True),
		Column("currency", TEXT, "Empty = the company's."),
		Column("cover_percent", PERCENT, "Empty = the cover of the type."),
		Column("haircut_percent", PERCENT, "Empty = the haircut of the type."),
		Column("deductible", MONEY, "First loss, in its own currency."),
		Column("valid_from", DAY, "Empty = today."),
		Column("expiry_date", DAY, "Empty = no expiry."),
		Column("claim_period_days", WHOLE, "Days to call it; empty = those of the type."),
		Column("unconditional", CHOICE, "Empty = No.", choices=(YES, NO)),
		Column("on_demand", CHOICE, "Empty = No.", choices=(YES, NO)),
		Column(
			"recourse",
			CHOICE,
			"Where debts are sold: whether the buyer comes back to us.",
			choices=("Without recourse", "With recourse"),
		),
		Column(
			"covers",
			TEXT,
			"Customer (or empty), a credit group, or orders and invoices with spaces between.",
		),
		Column(
			"status", CHOICE, "Only what is in force counts.", required=True, choices=(IN_FORCE, REQUESTED)
		),
	),
	PLANS: (
		PLAN,
		CUSTOMER,
		OF_COMPANY,
		Column("invoice", TEXT, "A row for each Sales Invoice of the plan.", required=True),
		Column("amount", MONEY, "Of the invoice in the plan; empty = all that is open and undisputed."),
		Column("frequency", CHOICE, "Empty = Monthly.", choices=("Monthly", "Quarterly")),
		Column("force_majeure", CHOICE, "Empty = No. Lets it take longer.", choices=(YES, NO)),
		Column("reason", TEXT, "Why the customer pays in instalments."),
	),
	INSTALMENTS: (
		PLAN,
		Column("due_date", DAY, "Only instalments that are still to come.", required=True),
		Column("amount", MONEY, "In the currency of the invoices.", required=True),
	),
}


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong in a workbook, and where: row 0 is the sheet as a whole, an empty column the row."""

	sheet: str
	row: int
	column: str
	message: str


@dataclass(frozen=True, slots=True)
class Row:
	"""A row of a sheet: its number in the file and what it holds, empty cells left out."""

	sheet: str
	number: int
	values: dict


# ------------------------------------------------------------------ template
def template() -> bytes:
	"""Return the workbook to fill in: a sheet with its heading for each kind, and one that explains the columns."""
	book = openpyxl.Workbook(write_only=True)
	for name, columns in SHEETS.items():
		sheet = book.create_sheet(name)
		for number, column in enumerate(columns, 1):
			letter = openpyxl.utils.get_column_letter(number)
			sheet.column_dimensions[letter].width = max(14, len(column.name) + 3)
		sheet.freeze_panes = "A2"
		sheet.append([cells.make(sheet, column.name, cells.WORDS, cells.HEAD) for column in columns])
	notes = book.create_sheet(NOTES)
	for letter, width in zip("ABCD", (14, 28, 30, 60), strict=True):
		notes.column_dimensions[letter].width = width
	heading = ("sheet", "column", "holds", "about")
	notes.append([cells.make(notes, text, cells.WORDS, cells.HEAD) for text in heading])
	for name, columns in SHEETS.items():
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
def read(content: bytes) -> tuple[list[Row], list[Problem]]:
	"""Return the rows of a workbook and everything that is wrong with its sheets and cells."""
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
		if name not in SHEETS:
			known = ", ".join((*SHEETS, NOTES))
			message = _("There is no such sheet in a take-over. The sheets are {0}.").format(known)
			problems.append(Problem(name, 0, "", message))
			continue
		for found in _sheet(book[name], name):
			(rows if isinstance(found, Row) else problems).append(found)
	if not rows and not problems:
		problems.append(Problem("", 0, "", _("The workbook is empty.")))
	return rows, problems


def _sheet(sheet, name: str) -> Iterator[Row | Problem]:
	columns = {column.name: column for column in SHEETS[name]}
	places: dict[int, Column] = {}
	for number, line in enumerate(sheet.iter_rows(), 1):
		if number == 1:
			places = yield from _heading(line, name, columns)
			continue
		held = {place: cell for place, cell in enumerate(line) if cell.value not in (None, "")}
		if not held or not places:
			continue
		yield from _row(held, name, number, places)


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


def _row(held: dict, name: str, number: int, places: dict[int, Column]) -> Iterator[Row | Problem]:
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
		value, wrong = _value(cell, column)
		if wrong:
			is_whole = False
			yield Problem(name, number, column.name, wrong)
		else:
			values[column.name] = value
	if is_whole:
		yield Row(name, number, values)


def _value(cell, column: Column):
	"""Return what a cell holds and what is wrong with it, one of them None."""
	value = cell.value
	if cell.data_type == "f":
		return None, _("The cell holds a formula. Enter its value.")
	if cell.data_type == "e":
		return None, _("The cell holds an error ({0}).").format(value)
	if column.kind == DAY:
		return _day(value)
	if column.kind in (MONEY, PERCENT, WHOLE):
		return _number(value, column.kind)
	if isinstance(value, float) and value.is_integer():
		value = int(value)
	text = str(value).strip()
	if column.kind == CHOICE and text not in column.choices:
		return None, _("{0} is not one of {1}.").format(text, ", ".join(column.choices))
	return text, None


def _day(value):
	if isinstance(value, datetime):
		return value.date(), None
	if isinstance(value, date):
		return value, None
	try:
		return date.fromisoformat(str(value).strip()), None
	except ValueError:
		return None, _("{0} is not a date such as 2026-03-31.").format(value)


def _number(value, kind: str):
	if isinstance(value, bool) or not isinstance(value, int | float):
		return None, _("{0} is not a number.").format(value)
	if value < 0:
		return None, _("{0} is less than 0.").format(value)
	if kind == PERCENT and value > 100:
		return None, _("{0} is more than 100 %.").format(value)
	if kind == WHOLE and value != int(value):
		return None, _("{0} is not a whole number.").format(value)
	return (int(value) if kind == WHOLE else value), None


def limits_do_not_fit(values: dict, today: date) -> Iterator[tuple[str, str]]:
	"""Yield what of a row of limits does not fit together: (column, sentence)."""
	amounts = [column for column in ("manual_limit", "temporary_limit") if column in values]
	if values.get("limit_type", LIMITED) != LIMITED and amounts:
		yield amounts[0], _("There is no amount to a limit of the type {0}.").format(values["limit_type"])
	if "manual_limit" in values and "limit_reason" not in values:
		yield "limit_reason", _("A manual limit needs a reason.")
	if ("temporary_limit" in values) != ("temporary_limit_until" in values):
		missing = "temporary_limit_until" if "temporary_limit" in values else "temporary_limit"
		yield missing, _("A temporary limit and its last day belong together.")
	if "temporary_limit_until" in values and values["temporary_limit_until"] < today:
		yield "temporary_limit_until", _("The last day of the temporary limit is past.")
