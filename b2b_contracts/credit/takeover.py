"""Taking over profiles, limits, ratings, securities and payment plans from a workbook: a dry run that names every bad cell,
then the import.

The import runs in a job as whoever started it, one transaction a customer, by the documents' own save: their mandates,
history and effects are those of the desk. Each customer that is done stays done; a job that was killed goes on where it
stopped, as a customer that says what the workbook says already is left alone.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, cstr, flt, getdate, now_datetime

from b2b_contracts.engine import approval
from b2b_contracts.exceptions import NotYourMandateError, TakeoverError

from . import clearing, jobs, locking, private_files, takeover_documents
from .profile_facts import normal_tax_id
from .takeover_workbook import (
	INSTALMENTS,
	LIMITS,
	MOST_PROBLEMS,
	OF_DOCUMENTS,
	PROFILES,
	Problem,
	Row,
	limits_do_not_fit,
	read,
)

DOCTYPE, PROFILE = "Take-over Import", "Credit Profile"
DRAFT, CHECKED, IMPORTING, COMPLETED = "Draft", "Checked", "Importing", "Completed"
WRITTEN_BY_US = (
	*("status", "checked_on", "content_hash", "rows_read", "customers", "customers_new", "customers_changed"),
	*("securities_new", "plans_new", "to_do", "customers_done", "started_by", "started_on", "finished_on"),
)
STARTED_BY = "Credit Manager"
EVENT = "b2b_takeover"
"""What the desk listens to while an import runs."""
MINUTES_UNTIL_MISSED = 15
LARGEST_FILE = 20 << 20
# So often the document says how far it is.
SAID_EVERY = 20


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


# ------------------------------------------------------------------ dry run
def check(name: str):
	"""Look at every cell of the workbook and write down what is wrong with it; nothing else is written. Returns the document."""
	doc = locking.locked_doc(DOCTYPE, name)
	_refuse_under_way(doc)
	taken, problems, rows = _looked_at(doc, trying=True)
	profiles = [one for one in taken.values() if one.has_profile]
	new = sum(1 for one in profiles if not _profile_of(one.customer, doc.company))
	changed = sum(1 for one in profiles if _differs(one, doc.company)) - new
	papers = _papers_of(taken)
	made = Counter(type(paper) for paper in papers if not paper.registered())
	doc.set("problems", [])
	for problem in problems[:MOST_PROBLEMS]:
		doc.append("problems", _problem_row(problem))
	doc.update(
		{
			"status": CHECKED,
			"checked_on": now_datetime(),
			"content_hash": _hash_of(doc),
			"rows_read": rows,
			"customers": len(taken),
			"customers_new": new,
			"customers_changed": changed,
			"securities_new": made[takeover_documents.Security],
			"plans_new": made[takeover_documents.Plan],
			"to_do": "" if problems else takeover_documents.to_do(papers),
			"customers_done": 0,
		}
	)
	doc.flags.credit_service = True
	doc.save()
	return doc


def _looked_at(doc, trying: bool = False) -> tuple[dict[str, Taken], list[Problem], int]:
	"""Return what the workbook says of each customer, what is wrong with it, and how many rows it has.

	`trying` has the documents tried that securities and plans become. An import tries none: what is there already is
	left alone, and what cannot be made keeps its own customer out only.
	"""
	rows, problems = read(_content_of(doc))
	customers = _customers()
	taken: dict[str, Taken] = {}
	seen: dict[tuple[str, str], int] = {}
	of_documents: list[tuple[str, Row]] = []
	for row in rows:
		if row.sheet == INSTALMENTS:
			continue
		customer, wrong = _customer_of(row.values["customer"], customers)
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


def _papers_of(taken: dict[str, Taken]) -> list[takeover_documents.Paper]:
	return [paper for one in taken.values() for paper in one.papers]


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


def _customers() -> dict[str, list[str]]:
	"""Return the customers by what a cell may call them: their ID, or their tax ID."""
	found: dict[str, list[str]] = defaultdict(list)
	rows = frappe.get_list("Customer", fields=["name", "tax_id"], limit_page_length=0, order_by="name")
	for row in rows:
		found[row.name].append(row.name)
	for row in rows:
		tax_id = normal_tax_id(row.tax_id)
		if tax_id and row.name not in found[tax_id]:
			found[tax_id].append(row.name)
	return found


def _customer_of(text: str, customers: dict[str, list[str]]) -> tuple[str, str | None]:
	"""Return the customer that a cell names, and what is wrong with it, if anything."""
	found = customers.get(text) or customers.get(normal_tax_id(text)) or []
	if not found:
		return "", _("There is no customer {0} that you may see.").format(text)
	if len(found) > 1:
		return "", _("{0} have the tax ID {1}. Enter the customer's ID.").format(", ".join(found), text)
	return found[0], None


def workbook_of(doc):
	"""Return the File that a take-over names, for whom it is open and where it is of a size to be read."""
	file = private_files.readable(doc.file)
	if file is None:
		_refuse(_("There is no such file that you may read. Attach the workbook again."))
	if (file.file_size or 0) > LARGEST_FILE:
		_refuse(_("The file is larger than {0} MB. Split the workbook.").format(LARGEST_FILE >> 20))
	return file


def _content_of(doc) -> bytes:
	content = workbook_of(doc).get_content()
	return content.encode() if isinstance(content, str) else content


def _hash_of(doc) -> str:
	return frappe.db.get_value("File", {"file_url": doc.file}, "content_hash")


def _problem_row(problem: Problem) -> dict:
	return {
		"sheet": problem.sheet,
		"row_number": problem.row,
		"column_name": problem.column,
		"message": problem.message,
	}


# ------------------------------------------------------------------ import
def start(name: str):
	"""Import a workbook without problems in a job. Refuses one that has some, or that was not looked at as it is now."""
	doc = locking.locked_doc(DOCTYPE, name)
	_refuse_under_way(doc)
	if (
		not approval.may_act_for(frappe.get_roles(), STARTED_BY)
		and "System Manager" not in frappe.get_roles()
	):
		frappe.throw(
			_("Limits are taken over by a {0} or higher.").format(_(STARTED_BY)),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	if doc.status != CHECKED or doc.content_hash != _hash_of(doc):
		_refuse(_("Check the workbook first: it was not checked as it is now."))
	if doc.problems:
		_refuse(_("The workbook has problems. Correct them, attach it again and check it."))
	started = {"started_by": frappe.session.user, "started_on": now_datetime()}
	# With the time of change, by which `sweep` tells a job that was lost.
	frappe.db.set_value(DOCTYPE, name, {"status": IMPORTING, "customers_done": 0, **started})
	jobs.after_commit("b2b_contracts.credit.takeover.run", queue="long", name=name)
	return doc.reload()


def run(name: str) -> None:
	"""Import what is not imported yet, as whoever started it. Runs in a job; may be killed and run again."""
	doc = frappe.get_doc(DOCTYPE, name)
	if doc.status != IMPORTING:
		return
	former = frappe.session.user
	frappe.set_user(doc.started_by)
	try:
		taken, problems, _rows = _looked_at(doc)
		if problems:
			_end(name, problems)
			return
		failed = []
		for number, one in enumerate(taken.values(), 1):
			problem = _import_one(one, doc)
			if problem:
				failed.append(problem)
			if number % SAID_EVERY == 0 or number == len(taken):
				_say(doc, number, len(taken))
		there = [paper for paper in _papers_of(taken) if paper.registered()]
		_end(name, failed, takeover_documents.to_do(there))
	finally:
		frappe.set_user(former)


def _import_one(one: Taken, doc) -> Problem | None:
	"""Save what the workbook says of one customer in a transaction of its own; returns what kept it from being saved."""
	try:
		_save(one, doc)
		frappe.db.commit()  # nosemgrep: one transaction a customer, so that a killed job goes on where it stopped
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.db.rollback()
		message = frappe.utils.strip_html(str(error)) or type(error).__name__
		return Problem(one.where.sheet, one.where.number, "customer", f"{one.customer}: {message}")
	finally:
		frappe.clear_messages()
	return None


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


def _say(doc, done: int, of: int) -> None:
	"""Say how far the import is, on the document and to who looks at it."""
	frappe.db.set_value(DOCTYPE, doc.name, "customers_done", done)
	frappe.db.commit()  # nosemgrep: progress, between two customers
	frappe.publish_realtime(
		EVENT, {"name": doc.name, "done": done, "of": of}, doctype=DOCTYPE, docname=doc.name
	)


def _end(name: str, problems: list[Problem], to_do: str = "") -> None:
	"""Write down that an import is over, with the customers that could not be taken over and what people have to do."""
	doc = locking.locked_doc(DOCTYPE, name)
	doc.set("problems", [_problem_row(problem) for problem in problems[:MOST_PROBLEMS]])
	doc.update({"status": COMPLETED, "finished_on": now_datetime(), "to_do": to_do})
	doc.flags.credit_service = True
	doc.flags.ignore_permissions = True
	doc.save()
	frappe.db.commit()  # nosemgrep: the end of the job
	frappe.publish_realtime(EVENT, {"name": name, "ended": True}, doctype=DOCTYPE, docname=name)


def sweep() -> None:
	"""Have imports go on whose job was lost. Run every few minutes."""
	missed = frappe.get_all(
		DOCTYPE,
		filters={
			"status": IMPORTING,
			"modified": ["<", add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_MISSED)],
		},
		pluck="name",
	)
	for name in missed:
		clearing.in_own_transaction(_go_on, name)


def _go_on(name: str) -> bool:
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status != IMPORTING:
		return False
	# What was asked for again is not asked for a second time.
	frappe.db.set_value(DOCTYPE, name, "customers_done", cint(doc.customers_done))
	jobs.after_commit("b2b_contracts.credit.takeover.run", queue="long", name=name)
	return True


# ------------------------------------------------------------------ helpers
def _refuse_under_way(doc) -> None:
	if doc.status in (IMPORTING, COMPLETED):
		_refuse(
			_("{0} is {1} already. Make a new one for another workbook.").format(
				doc.name, _(doc.status, context=DOCTYPE)
			)
		)


def _refuse(message: str) -> None:
	frappe.throw(message, TakeoverError, title=_("Take-over"))
