"""Taking over profiles, limits, ratings, securities and payment plans from a workbook: a dry run that names every bad cell,
then the import.

One transaction a customer; one that says what the workbook says already is left alone.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import cstr, flt, getdate

from b2b_contracts.engine import approval
from b2b_contracts.exceptions import NotYourMandateError

from . import imports, takeover_documents
from .imports import WorkbookImport
from .takeover_workbook import (
	INSTALMENTS,
	LIMITS,
	OF_DOCUMENTS,
	PROFILES,
	limits_do_not_fit,
	read,
)
from .workbooks import Problem, Row

DOCTYPE, PROFILE = "Take-over Import", "Credit Profile"
STARTED_BY = "Credit Manager"


@dataclass(slots=True)
class Taken:
	"""What the workbook says of one customer, and where: the first row that names it, and then that which is worked on.

	`has_profile` says whether a row is about the credit profile: a security alone makes none.
	"""

	customer: str
	where: Row
	values: dict = field(default_factory=dict)
	has_profile: bool = False
	papers: list[takeover_documents.Paper] = field(default_factory=list)


class _Takeover(WorkbookImport):
	doctype = DOCTYPE
	event = "b2b_takeover"
	job = "b2b_contracts.credit.takeover.run"
	done = "customers_done"
	found = (
		*("rows_read", "customers", "customers_new", "customers_changed", "securities_new", "plans_new"),
	)

	def looked_at(self, doc, trying: bool) -> tuple[Collection, list[Problem], int]:
		taken, problems, rows = _looked_at(doc, trying)
		return taken.values(), problems, rows

	def summary(self, doc, entries: Collection, problems: list[Problem], rows: int) -> dict:
		profiles = [one for one in entries if one.has_profile]
		new = sum(1 for one in profiles if not _profile_of(one.customer, doc.company))
		papers = _papers_of(entries)
		made = Counter(type(paper) for paper in papers if not paper.registered())
		return {
			"rows_read": rows,
			"customers": len(entries),
			"customers_new": new,
			"customers_changed": sum(1 for one in profiles if _differs(one, doc.company)) - new,
			"securities_new": made[takeover_documents.Security],
			"plans_new": made[takeover_documents.Plan],
			"to_do": "" if problems else takeover_documents.to_do(papers),
		}

	def require_mandate(self, doc) -> None:
		roles = frappe.get_roles()
		if not approval.may_act_for(roles, STARTED_BY) and "System Manager" not in roles:
			frappe.throw(
				_("Limits are taken over by a {0} or higher.").format(_(STARTED_BY)),
				NotYourMandateError,
				title=_("Not within your mandate"),
			)

	def save(self, entry, doc) -> None:
		_save(entry, doc)

	def place(self, entry) -> tuple[Row, str]:
		return entry.where, entry.customer

	def left_to_do(self, doc, entries: Collection) -> str:
		return takeover_documents.to_do([paper for paper in _papers_of(entries) if paper.registered()])


SERVICE = _Takeover()


def check(name: str):
	"""Look at every cell of a workbook and write down what is wrong with it; nothing else is written. Returns the document."""
	return SERVICE.check(name)


def start(name: str):
	"""Import a workbook without problems in a job. Returns the document."""
	return SERVICE.start(name)


def run(name: str) -> None:
	"""Import what is not imported yet. Runs in a job; may be killed and run again."""
	SERVICE.run(name)


def sweep() -> None:
	"""Have take-overs go on whose job was lost. Run every few minutes."""
	SERVICE.sweep()


# ------------------------------------------------------------------ dry run
def _looked_at(doc, trying: bool) -> tuple[dict[str, Taken], list[Problem], int]:
	"""Return what the workbook says of each customer, what is wrong with it, and how many rows it has.

	`trying` has the documents tried that securities and plans become. An import tries none: what is there already is
	left alone, and what cannot be made keeps its own customer out only.
	"""
	rows, problems = read(imports.content_of(doc))
	customers = imports.customers_by_cell(
		frappe.get_list("Customer", fields=["name", "tax_id"], limit_page_length=0, order_by="name")
	)
	taken: dict[str, Taken] = {}
	seen: dict[tuple[str, str], int] = {}
	of_documents: list[tuple[str, Row]] = []
	for row in rows:
		if row.sheet == INSTALMENTS:
			continue
		customer, wrong = imports.customer_of(row.values["customer"], customers)
		if wrong:
			problems.append(Problem(row.sheet, row.number, "customer", wrong))
			continue
		if row.sheet in OF_DOCUMENTS:
			of_documents.append((customer, row))
			taken.setdefault(customer, Taken(customer, row))
			continue
		first = seen.setdefault((row.sheet, customer), row.number)
		if first != row.number:
			message = _("{0} stands in row {1} already.").format(customer, first)
			problems.append(Problem(row.sheet, row.number, "customer", message))
			continue
		problems += _row_problems(row)
		one = taken.setdefault(customer, Taken(customer, row))
		one.has_profile = True
		one.values |= {column: value for column, value in row.values.items() if column != "customer"}
	for one in taken.values():
		if (
			one.has_profile
			and (PROFILES, one.customer) not in seen
			and not _profile_of(one.customer, doc.company)
		):
			message = _("{0} has no credit profile yet, and no row in the sheet {1}.").format(
				one.customer, PROFILES
			)
			problems.append(Problem(one.where.sheet, one.where.number, "customer", message))
	instalments = [row for row in rows if row.sheet == INSTALMENTS]
	papers, wrong_papers = takeover_documents.papers(of_documents, instalments, doc.company)
	problems += wrong_papers
	for paper in papers:
		taken[paper.customer].papers.append(paper)
		if trying:
			problems += takeover_documents.problems_of(paper)
	problems.sort(key=lambda problem: (problem.sheet, problem.row))
	return taken, problems, len(rows)


def _papers_of(taken: Collection[Taken]) -> list[takeover_documents.Paper]:
	return [paper for one in taken for paper in one.papers]


def _row_problems(row: Row) -> list[Problem]:
	found = []
	if row.sheet == PROFILES:
		found = _segment_problems(row.values)
	elif row.sheet == LIMITS:
		found = list(limits_do_not_fit(row.values, getdate()))
	return [Problem(row.sheet, row.number, column, message) for column, message in found]


def _segment_problems(values: dict) -> list[tuple[str, str]]:
	code = values["segment"]
	if not frappe.db.exists("Credit Segment", code):
		return [("segment", _("There is no credit segment {0}.").format(code))]
	if frappe.db.get_value("Credit Segment", code, "disabled"):
		return [("segment", _("Credit segment {0} is disabled.").format(code))]
	steps = frappe.get_all("Credit Segment Level", filters={"parent": code}, pluck="level", order_by="level")
	if values.get("level") and values["level"] not in steps:
		message = _("Level {0} is not on the ladder of {1}. Use one of {2}.").format(
			values["level"], code, ", ".join(map(str, steps))
		)
		return [("level", message)]
	return []


# ------------------------------------------------------------------ import
def _save(one: Taken, doc) -> None:
	if one.has_profile:
		_save_profile(one, doc)
	for paper in one.papers:
		one.where = paper.row
		takeover_documents.make(paper, _("Taken over with {0}").format(doc.name))


def _save_profile(one: Taken, doc) -> None:
	name = _profile_of(one.customer, doc.company)
	if name and not _differs(one, doc.company):
		return
	profile = frappe.get_doc(PROFILE, name) if name else frappe.new_doc(PROFILE)
	profile.update({"customer": one.customer, "company": doc.company, **one.values})
	profile.change_reason = _("Taken over with {0}").format(doc.name)
	profile.save()


def _profile_of(customer: str, company: str) -> str | None:
	return frappe.db.get_value(PROFILE, {"customer": customer, "company": company})


def _differs(one: Taken, company: str) -> bool:
	"""Whether a customer's profile is missing or says something else than the workbook."""
	found = frappe.db.get_value(
		PROFILE, {"customer": one.customer, "company": company}, list(one.values), as_dict=True
	)
	return not found or any(not _same(found[column], value) for column, value in one.values.items())


def _same(old, new) -> bool:
	if isinstance(new, int | float):
		return flt(old, 2) == flt(new, 2)
	return cstr(old) == cstr(new)
