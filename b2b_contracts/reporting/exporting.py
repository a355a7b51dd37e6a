"""Takes a report along as a workbook: the same rights, the same filters, the same rows as on the screen."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import ModuleType
from typing import IO, NamedTuple

import frappe
from frappe import _
from frappe.core.doctype.report.report import get_report_module_dotted_path
from frappe.desk import query_report
from frappe.utils import format_datetime, get_fullname, now_datetime

from b2b_contracts.reporting import workbook
from b2b_contracts.reporting.report import Report

MODULE = "B2B Contracts"
CHUNK = 2000
"""So many rows at once are looked at for User Permissions."""


class Found(NamedTuple):
	"""What a report says, its rows one after the other."""

	columns: list[dict]
	rows: Iterable[dict]
	message: str
	cards: list[dict]
	has_total: bool


def export(report_name: str, filters: dict, labels: Mapping[str, str]) -> tuple[str, IO[bytes]]:
	"""Return the name of a file and the workbook of one of our reports for the session user. `labels` are the words of the filters
	by field. Raises `PermissionError` without the right to the report."""
	query_report.validate_filters_permissions(report_name, filters, frappe.session.user)
	doc = query_report.get_report_doc(report_name)
	if doc.module != MODULE:
		frappe.throw(
			_("{0} is no report of this app. Use “Export” in its menu.").format(frappe.bold(_(doc.name))),
			title=_("Excel"),
		)
	found = _run(doc, filters)
	title = _(doc.name)
	about = workbook.About(title, _asked(filters, labels), found.message, found.cards, found.has_total)
	name = f"{title} {filters.get('company') or ''}"[:100].strip()
	return f"{name} {now_datetime():%Y-%m-%d}.xlsx", workbook.write(found.columns, found.rows, about)


def _run(doc, filters: dict) -> Found:
	"""Like `Report.run`, but rows are made when they are written."""
	module = frappe.get_module(get_report_module_dotted_path(doc.module, doc.name))
	report = _class_in(module)(filters)
	report.read()
	rows, columns = report.rows(), report.columns()
	return Found(
		columns,
		_permitted(doc.ref_doctype, columns, rows),
		report.message() or "",
		report.summary() or [],
		bool(doc.add_total_row),
	)


def _class_in(module: ModuleType) -> type[Report]:
	(found,) = (
		value
		for value in vars(module).values()
		if isinstance(value, type) and issubclass(value, Report) and value.__module__ == module.__name__
	)
	return found


def _permitted(doctype: str, columns: list[dict], rows: Iterable[dict]) -> Iterator[dict]:
	"""Leave away what User Permissions on the documents in the rows keep from the user, as Frappe does on the screen."""
	rows = iter(rows)
	while chunk := list(islice(rows, CHUNK)):
		yield from query_report.get_filtered_data(doctype, columns, chunk, frappe.session.user)


def _asked(filters: dict, labels: Mapping[str, str]) -> list[tuple[str, str]]:
	"""Return what was asked, by whom and when, in words."""
	asked = [
		(labels.get(name) or name, _answer(value))
		for name, value in filters.items()
		if value not in (None, "", [])
	]
	return [
		*asked,
		(_("Made by"), get_fullname(frappe.session.user)),
		(_("Made on"), format_datetime(now_datetime(), "yyyy-MM-dd HH:mm")),
	]


def _answer(value) -> str:
	return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else _(str(value))
