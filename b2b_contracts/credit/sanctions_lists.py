"""Sanctions lists: entered by hand or imported from a CSV file, whole, in one transaction (requirements §2.2, §2.4).

A file is the whole list. What is new in it is added, what has changed is written, what is missing is taken off; an entry
keeps its name through all versions, and so do the matches with it. Everybody is screened again afterwards.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

import frappe
from frappe import _
from frappe.utils import cstr, getdate, now_datetime

from b2b_contracts.engine import screening as engine
from b2b_contracts.exceptions import SanctionsListError

from . import jobs, locking

LIST, ENTRY = "Sanctions List", "Sanctions List Entry"
PARTIES, COUNTRIES = "Parties", "Countries"
CURRENT, REMOVED = "Current", "Removed"
WRITTEN_BY_US = ("entries", "imported_on", "imported_by", "changed_on")
COLUMNS = ("reference", "name", "aliases", "tax_id", "country", "programme", "valid_from", "valid_until")
FIELDS = (
	"party_name",
	"aliases",
	"tax_id",
	"listed_country",
	"programme",
	"reference",
	"valid_from",
	"valid_until",
)
BETWEEN_ALIASES = ";"
# Longer than any field of an entry holds, the aliases aside.
LONGEST = {"name": 500, "aliases": 10_000}
LONGEST_OTHER = 140
# A spreadsheet that such a text is exported to would run it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Problems beyond this many help nobody.
MOST_PROBLEMS = 500
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong in a file, and where: row 1 is its heading, 0 the file; an empty column is the whole row."""

	row: int
	column: str
	message: str


@dataclass(slots=True)
class Found:
	"""What a file says, and what it would change of the list."""

	entries: dict[str, dict] = field(default_factory=dict)
	problems: list[Problem] = field(default_factory=list)
	added: list[str] = field(default_factory=list)
	changed: list[str] = field(default_factory=list)
	removed: list[str] = field(default_factory=list)


# ------------------------------------------------------------------ entries
def name_of(values) -> str:
	"""Return the name of an entry: of its list and reference, or of what it says where it has none."""
	own = cstr(values.get("reference")).strip() or "|".join(
		cstr(values.get(part)) for part in ("party_name", "tax_id", "listed_country")
	)
	digest = hashlib.sha256(f"{values.get('sanctions_list')}|{own}".encode()).hexdigest()
	return f"SLE-{digest[:20]}"


def complete(entry) -> None:
	"""Refuse an entry that could never be met."""
	kind = frappe.db.get_value(LIST, entry.sanctions_list, "list_type")
	if kind == COUNTRIES:
		if not entry.listed_country:
			_refuse(_("Choose the country that {0} is about.").format(entry.sanctions_list))
		entry.party_name = entry.party_name or entry.listed_country
	elif not engine.words_of(entry.party_name):
		_refuse(_("Enter the name of the party, in letters or digits."))
	if entry.valid_from and entry.valid_until and getdate(entry.valid_until) < getdate(entry.valid_from):
		_refuse(_("The entry would end before it begins. Enter a last day from its first day on."))


def entry_changed(entry) -> None:
	"""Follow an entry that was made or changed by hand."""
	sanctions_list = frappe.get_doc(LIST, entry.sanctions_list)
	count = frappe.db.count(ENTRY, {"sanctions_list": entry.sanctions_list, "status": CURRENT})
	mark_changed(sanctions_list)
	sanctions_list.db_set({"entries": count, "changed_on": sanctions_list.changed_on}, update_modified=False)


def mark_changed(sanctions_list) -> None:
	"""Have everybody screened again once this transaction is through."""
	sanctions_list.changed_on = now_datetime()
	jobs.after_commit("b2b_contracts.credit.screening.screen_due", queue="long")


# ------------------------------------------------------------------ dry run, import
def check(name: str) -> Found:
	"""Return what the file of a list says, what is wrong with it, and what its import would change. Writes nothing."""
	return _compared(frappe.get_doc(LIST, name))


def import_file(name: str) -> Found:
	"""Replace a list by its file, all of it or nothing. Refuses a file with anything wrong in it."""
	sanctions_list = locking.locked_doc(LIST, name)
	found = _compared(sanctions_list)
	if found.problems:
		_refuse(
			_("The file has {0} problems. Correct them, attach it again and check it.").format(
				len(found.problems)
			)
		)
	_insert(found)
	for key in found.changed:
		frappe.db.set_value(ENTRY, key, found.entries[key] | {"status": CURRENT})
	for some in _portions(found.removed):
		frappe.db.set_value(ENTRY, {"name": ["in", some]}, "status", REMOVED)
	mark_changed(sanctions_list)
	values = {
		"entries": len(found.entries),
		"imported_on": sanctions_list.changed_on,
		"imported_by": frappe.session.user,
		"changed_on": sanctions_list.changed_on,
	}
	locking.write(sanctions_list, values)
	sanctions_list.add_comment(
		"Info",
		_("Imported: {0} added, {1} changed, {2} taken off; {3} entries now.").format(
			len(found.added), len(found.changed), len(found.removed), len(found.entries)
		),
	)
	return found


def _insert(found: Found) -> None:
	now, user = now_datetime(), frappe.session.user
	fields = ("name", "creation", "modified", "owner", "modified_by", "sanctions_list", "status", *FIELDS)
	rows = [
		(key, now, now, user, user, found.entries[key]["sanctions_list"], CURRENT)
		+ tuple(found.entries[key][fieldname] for fieldname in FIELDS)
		for key in found.added
	]
	frappe.db.bulk_insert(ENTRY, fields=fields, values=rows, chunk_size=AT_ONCE)


def _portions(names: list[str]) -> Iterator[list[str]]:
	for start in range(0, len(names), AT_ONCE):
		yield names[start : start + AT_ONCE]


def _compared(sanctions_list) -> Found:
	"""Return what the file of a list says beside what the list says."""
	found = Found()
	if not sanctions_list.file:
		found.problems.append(Problem(0, "", _("Attach the CSV file first.")))
		return found
	_read(_text_of(sanctions_list, found), sanctions_list, found)
	found.problems = found.problems[:MOST_PROBLEMS]
	there = {
		row.name: row
		for row in frappe.get_all(
			ENTRY, filters={"sanctions_list": sanctions_list.name}, fields=["name", "status", *FIELDS]
		)
	}
	for key, values in found.entries.items():
		if key not in there:
			found.added.append(key)
		elif there[key].status != CURRENT or any(
			cstr(there[key][fieldname]) != cstr(values[fieldname]) for fieldname in FIELDS
		):
			found.changed.append(key)
	found.removed = [key for key, row in there.items() if row.status == CURRENT and key not in found.entries]
	return found


def _text_of(sanctions_list, found: Found) -> str:
	file = frappe.get_doc("File", {"file_url": sanctions_list.file})
	file.check_permission("read")
	content = file.get_content()
	if isinstance(content, str):
		return content.removeprefix("\ufeff")
	try:
		return content.decode("utf-8-sig")
	except UnicodeDecodeError:
		found.problems.append(Problem(0, "", _("The file is not UTF-8 text. Save it as CSV UTF-8.")))
		return ""


def _read(text: str, sanctions_list, found: Found) -> None:
	if not text.strip():
		if not found.problems:
			found.problems.append(Problem(0, "", _("The file is empty.")))
		return
	heading = text.lstrip().split("\n", 1)[0]
	delimiter = max(",;\t", key=heading.count)
	rows = csv.reader(StringIO(text.lstrip(), newline=""), delimiter=delimiter)
	columns = [cell.strip().lower() for cell in next(rows)]
	found.problems += _of_heading(columns, sanctions_list)
	if found.problems:
		return
	countries = _countries()
	first: dict[str, int] = {}
	try:
		for cells in rows:
			if any(cell.strip() for cell in cells):
				_read_row(rows.line_num, columns, cells, sanctions_list, countries, first, found)
	except csv.Error as error:
		found.problems.append(Problem(rows.line_num, "", cstr(error)))
	if not found.entries and not found.problems:
		found.problems.append(
			Problem(0, "", _("The file has no rows: it would take everybody off the list."))
		)


def _of_heading(columns: list[str], sanctions_list) -> Iterator[Problem]:
	known = ", ".join(COLUMNS)
	for column in columns:
		if column not in COLUMNS:
			yield Problem(1, column, _("There is no such column. The columns are {0}.").format(known))
	for column in {column for column in columns if columns.count(column) > 1}:
		yield Problem(1, column, _("The column is there twice."))
	needed = "country" if sanctions_list.list_type == COUNTRIES else "name"
	if needed not in columns:
		yield Problem(1, needed, _("The column is missing."))


def _read_row(number, columns, cells, sanctions_list, countries, first, found: Found) -> None:
	problems = []
	if len(cells) > len(columns):
		problems.append(Problem(number, "", _("The row has more cells than the heading.")))
	given = {column: cell.strip() for column, cell in zip(columns, cells, strict=False)}
	for column, cell in zip(columns, cells, strict=False):
		problems += [Problem(number, column, message) for message in _of_text(column, cell)]
	values = {
		"sanctions_list": sanctions_list.name,
		"party_name": given.get("name", ""),
		"aliases": "\n".join(a.strip() for a in given.get("aliases", "").split(BETWEEN_ALIASES) if a.strip()),
		"tax_id": given.get("tax_id", ""),
		"programme": given.get("programme", ""),
		"reference": given.get("reference", ""),
		"listed_country": None,
	}
	if given.get("country"):
		values["listed_country"] = countries.get(given["country"].casefold())
		if not values["listed_country"]:
			message = _("There is no country {0}. Use its English name or its code of two letters.")
			problems.append(Problem(number, "country", message.format(given["country"])))
	for column in ("valid_from", "valid_until"):
		values[column] = _day(given.get(column, ""), number, column, problems)
	if sanctions_list.list_type == COUNTRIES:
		values["party_name"] = values["party_name"] or values["listed_country"] or ""
		if not given.get("country"):
			problems.append(Problem(number, "country", _("A list of countries needs one in each row.")))
	elif not engine.words_of(values["party_name"]):
		problems.append(Problem(number, "name", _("The name has no letters or digits.")))
	if values["valid_from"] and values["valid_until"] and values["valid_until"] < values["valid_from"]:
		problems.append(Problem(number, "valid_until", _("The entry would end before it begins.")))
	key = name_of(values)
	if first.setdefault(key, number) != number:
		problems.append(
			Problem(number, "reference", _("The entry stands in row {0} already.").format(first[key]))
		)
	found.problems += problems
	found.entries[key] = values


def _of_text(column: str, cell: str) -> Iterator[str]:
	if cell.startswith(FORMULA):
		yield _("The text begins like a formula. Take the first character away.")
	if any(ord(character) < 32 and character not in "\n\r\t" for character in cell):
		yield _("The text has control characters in it.")
	longest = LONGEST.get(column, LONGEST_OTHER)
	if len(cell) > longest:
		yield _("The text is longer than {0} characters.").format(longest)


def _day(text: str, number: int, column: str, problems: list[Problem]) -> date | None:
	if not text:
		return None
	try:
		return date.fromisoformat(text)
	except ValueError:
		problems.append(Problem(number, column, _("{0} is no day. Write it as 2026-03-31.").format(text)))
		return None


def _countries() -> dict[str, str]:
	"""Return the countries by what a cell may call them: their name, or their code."""
	rows = frappe.get_all("Country", fields=["name", "code"])
	return {row.code.casefold(): row.name for row in rows if row.code} | {
		row.name.casefold(): row.name for row in rows
	}


def _refuse(message: str) -> None:
	frappe.throw(message, SanctionsListError, title=_("Sanctions list"))
