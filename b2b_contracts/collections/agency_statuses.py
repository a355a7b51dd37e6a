"""What an agency reports, as a CSV file: looked at first with every bad row named, then carried out (requirements §3).

The columns are in docs/dunning.md. A file with a bad row changes nothing; one that is carried out twice changes nothing the
second time.
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from io import StringIO

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import wording
from b2b_contracts.engine.money import CENT
from b2b_contracts.exceptions import CollectionCaseError

from . import case_payments, collection_cases
from .case_documents import CASE

COLUMNS = ("case", "status", "agency_reference", "date", "amount_paid", "payment_reference", "note")
NEEDED = ("case",)
MOST_ROWS = 2_000
MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Row:
	"""A row of a file, its number as a spreadsheet counts it."""

	number: int
	case: str
	status: str
	agency_reference: str
	day: date | None
	amount_paid: Decimal | None
	payment_reference: str
	note: str


def check(content: str) -> dict:
	"""Return what a file would do, and what is wrong with it: `{rows, will: [{row, case, text}], problems: [{row, column,
	value, problem}]}`. Changes nothing."""
	rows, problems = _read(content)
	will = []
	for row in rows:
		found, said = _judge(row)
		problems += found
		will += [{"row": row.number, "case": row.case, "text": text} for text in said]
	problems.sort(key=lambda problem: problem["row"])
	return {"rows": len(rows), "will": will if not problems else [], "problems": problems}


def carry_out(content: str) -> dict:
	"""Do what a file says, all of it or nothing. Returns the shape of `check`."""
	seen = check(content)
	if seen["problems"]:
		first = seen["problems"][0]
		frappe.throw(
			_("{0} rows are bad, so nothing was done. The first, row {1}: {2}").format(
				len({problem["row"] for problem in seen["problems"]}), first["row"], first["problem"]
			),
			CollectionCaseError,
			title=_("Bad rows"),
		)
	# In the order of their names, so that two files at once do not wait for each other.
	for row in sorted(_read(content)[0], key=lambda row: (row.case, row.number)):
		_carry_out(row)
	return seen


# ------------------------------------------------------------------ read
def _read(content: str) -> tuple[list[Row], list[dict]]:
	content = (content or "").lstrip("\ufeff")
	if len(content) > MOST_CHARACTERS:
		_refuse(_("The file is too large. Send it in parts of {0} rows.").format(MOST_ROWS))
	head = content.split("\n", 1)[0]
	delimiter = ";" if head.count(";") > head.count(",") else ","
	reader = csv.DictReader(StringIO(content), delimiter=delimiter)
	known = [(name or "").strip().lower() for name in reader.fieldnames or []]
	missing = [name for name in NEEDED if name not in known]
	unknown = [name for name in known if name not in COLUMNS]
	if missing or unknown:
		_refuse(
			_("The first row names the columns, of these: {0}. Missing: {1}. Not known: {2}.").format(
				", ".join(COLUMNS), ", ".join(missing) or "–", ", ".join(unknown) or "–"
			)
		)
	reader.fieldnames = known
	rows, problems = [], []
	for number, values in enumerate(reader, 2):
		if number > MOST_ROWS + 1:
			_refuse(_("The file is too large. Send it in parts of {0} rows.").format(MOST_ROWS))
		if not any(isinstance(value, str) and value.strip() for value in values.values()):
			continue
		row, found = _row(number, values)
		problems += found
		if row:
			rows.append(row)
	if not rows and not problems:
		_refuse(_("The file has no rows."))
	return rows, problems


def _row(number: int, values: dict) -> tuple[Row | None, list[dict]]:
	text = {name: (values.get(name) or "").strip() for name in COLUMNS}
	problems = []
	if values.get(None):
		problems.append(_problem(number, "", "", _("The row has more cells than the first row.")))
	day, amount = None, None
	if text["date"]:
		try:
			day = date.fromisoformat(text["date"])
		except ValueError:
			problems.append(_problem(number, "date", text["date"], _("A date is written as 2026-07-27.")))
	if text["amount_paid"]:
		try:
			amount = Decimal(text["amount_paid"])
		except InvalidOperation:
			amount = Decimal("NaN")
		if not amount.is_finite() or amount <= 0 or amount != amount.quantize(CENT):
			problems.append(
				_problem(number, "amount_paid", text["amount_paid"], _("An amount is written as 1234.50."))
			)
	if problems:
		return None, problems
	parts = (text["case"], text["status"], text["agency_reference"], day, amount)
	return Row(number, *parts, text["payment_reference"], text["note"]), []


def _problem(number: int, column: str, value: str, problem: str) -> dict:
	return {"row": number, "column": column, "value": value, "problem": problem}


# ------------------------------------------------------------------ judged
def _judge(row: Row) -> tuple[list[dict], list[str]]:
	"""Return what is wrong with a row, and what it would do."""
	if not frappe.db.exists(CASE, row.case) or not frappe.has_permission(CASE, "write", row.case):
		return [_problem(row.number, "case", row.case, _("There is no such case for you."))], []
	case = frappe.get_doc(CASE, row.case)
	problems, will = [], []
	if row.day and row.day > getdate():
		problems.append(_problem(row.number, "date", str(row.day), _("The day is still to come.")))
	if row.amount_paid is not None and not case_payments.noted(case, row.payment_reference):
		day = row.day or getdate()
		why_not = case_payments.why_not(case, day, row.amount_paid, row.payment_reference)
		if why_not:
			problems.append(_problem(row.number, "amount_paid", str(row.amount_paid), why_not))
		else:
			amount = wording.money_text(row.amount_paid, case.currency)
			will.append(_("Draft a Payment Entry over {0}.").format(amount))
	if row.status and not _is_done(case, row):
		why_not = collection_cases.why_not_report(case, row.status, row.agency_reference or None)
		if why_not:
			problems.append(_problem(row.number, "status", row.status, why_not))
		else:
			will.append(_("{0} becomes {1}.").format(row.case, _(row.status, context=CASE)))
	if not row.status and row.amount_paid is None:
		problems.append(_problem(row.number, "status", "", _("The row says neither a status nor a payment.")))
	return problems, will


def _is_done(case, row: Row) -> bool:
	"""Whether a row's status was reported before."""
	same_reference = not row.agency_reference or case.agency_reference == row.agency_reference
	return case.status == row.status and same_reference


def _carry_out(row: Row) -> None:
	case = frappe.get_doc(CASE, row.case)
	if row.amount_paid is not None and not case_payments.noted(case, row.payment_reference):
		case_payments.record(row.case, row.day or getdate(), row.amount_paid, row.payment_reference)
	if row.status and not _is_done(case, row):
		collection_cases.report(row.case, row.status, row.agency_reference, row.note, row.day)


def _refuse(message: str) -> None:
	frappe.throw(message, CollectionCaseError, title=_("File of an agency"))
