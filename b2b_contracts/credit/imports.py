"""Imports of a workbook: a dry run that names every bad cell and writes nothing, then the import in a job.

The import runs as whoever started it, one transaction a customer or document, by the documents' own save: their mandates,
history and effects are those of the desk. What is done stays done; a job that was killed goes on where it stopped, as what is
there already is left alone.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from b2b_contracts.exceptions import TakeoverError

from . import clearing, jobs, locking, private_files
from .profile_facts import normal_tax_id
from .workbooks import MOST_PROBLEMS, Problem, Row

DRAFT, CHECKED, IMPORTING, COMPLETED = "Draft", "Checked", "Importing", "Completed"
MINUTES_UNTIL_MISSED = 15
LARGEST_FILE = 20 << 20
# So often the document says how far it is.
SAID_EVERY = 20


class WorkbookImport(ABC):
	"""What imports of one kind of workbook share: their document, with a company, a file, a status and rows of problems."""

	doctype: str
	event: str
	"""What the desk listens to while an import runs."""
	job: str
	"""The dotted path of the function that runs it."""
	done: str
	"""The field that counts what is done."""
	found: tuple[str, ...]
	"""The fields that say what the dry run found."""

	@property
	def written_by_us(self) -> tuple[str, ...]:
		"""The fields that nobody writes by hand."""
		return (
			*("status", "checked_on", "content_hash", *self.found, "to_do", self.done),
			*("started_by", "started_on", "finished_on"),
		)

	# -------------------------------------------------------------- of one kind
	@abstractmethod
	def looked_at(self, doc, trying: bool) -> tuple[Collection, list[Problem], int]:
		"""Return what a workbook says, one entry for each transaction, what is wrong with it, and how many rows it has. `trying`
		has the documents tried that it becomes."""

	@abstractmethod
	def summary(self, doc, entries: Collection, problems: list[Problem], rows: int) -> dict:
		"""Return the fields of `found` and `to_do`."""

	@abstractmethod
	def require_mandate(self, doc) -> None:
		"""Refuse who may not start an import."""

	@abstractmethod
	def save(self, entry, doc) -> None:
		"""Write what the workbook says in one entry, unless it is there."""

	@abstractmethod
	def place(self, entry) -> tuple[Row, str]:
		"""Return the row that an entry is at, and what it is called."""

	@abstractmethod
	def left_to_do(self, doc, entries: Collection) -> str:
		"""Return what people have to do after the import."""

	# -------------------------------------------------------------- dry run
	def check(self, name: str):
		"""Look at every cell of the workbook and write down what is wrong with it; nothing else is written. Returns the document."""
		doc = locking.locked_doc(self.doctype, name)
		self.refuse_under_way(doc)
		entries, problems, rows = self.looked_at(doc, trying=True)
		doc.set("problems", [])
		for problem in problems[:MOST_PROBLEMS]:
			doc.append("problems", _problem_row(problem))
		doc.update(
			{
				"status": CHECKED,
				"checked_on": now_datetime(),
				"content_hash": _hash_of(doc),
				**self.summary(doc, entries, problems, rows),
				self.done: 0,
			}
		)
		doc.flags.credit_service = True
		doc.save()
		return doc

	# -------------------------------------------------------------- import
	def start(self, name: str):
		"""Import a workbook without problems in a job. Refuses one that has some, or that was not looked at as it is now."""
		doc = locking.locked_doc(self.doctype, name)
		self.refuse_under_way(doc)
		self.require_mandate(doc)
		if doc.status != CHECKED or doc.content_hash != _hash_of(doc):
			refuse(_("Check the workbook first: it was not checked as it is now."))
		if doc.problems:
			refuse(_("The workbook has problems. Correct them, attach it again and check it."))
		started = {"started_by": frappe.session.user, "started_on": now_datetime()}
		# With the time of change, by which `sweep` tells a job that was lost.
		frappe.db.set_value(self.doctype, name, {"status": IMPORTING, self.done: 0, **started})
		jobs.after_commit(self.job, queue="long", name=name)
		return doc.reload()

	def run(self, name: str) -> None:
		"""Import what is not imported yet, as whoever started it. Runs in a job; may be killed and run again."""
		doc = frappe.get_doc(self.doctype, name)
		if doc.status != IMPORTING:
			return
		former = frappe.session.user
		frappe.set_user(doc.started_by)
		try:
			entries, problems, _rows = self.looked_at(doc, trying=False)
			if problems:
				self._end(name, problems)
				return
			failed = []
			for number, entry in enumerate(entries, 1):
				problem = self._import_one(entry, doc)
				if problem:
					failed.append(problem)
				if number % SAID_EVERY == 0 or number == len(entries):
					self._say(doc, number, len(entries))
			self._end(name, failed, self.left_to_do(doc, entries))
		finally:
			frappe.set_user(former)

	def _import_one(self, entry, doc) -> Problem | None:
		"""Save one entry in a transaction of its own; returns what kept it from being saved."""
		try:
			self.save(entry, doc)
			frappe.db.commit()  # nosemgrep: one transaction each, so that a killed job goes on where it stopped
		except (frappe.ValidationError, frappe.PermissionError) as error:
			frappe.db.rollback()
			message = frappe.utils.strip_html(str(error)) or type(error).__name__
			row, label = self.place(entry)
			return Problem(row.sheet, row.number, "customer", f"{label}: {message}")
		finally:
			frappe.clear_messages()
		return None

	def _say(self, doc, done: int, of: int) -> None:
		"""Say how far the import is, on the document and to who looks at it."""
		frappe.db.set_value(self.doctype, doc.name, self.done, done)
		frappe.db.commit()  # nosemgrep: progress, between two transactions
		frappe.publish_realtime(
			self.event, {"name": doc.name, "done": done, "of": of}, doctype=self.doctype, docname=doc.name
		)

	def _end(self, name: str, problems: list[Problem], to_do: str = "") -> None:
		"""Write down that an import is over, with what could not be imported and what people have to do."""
		doc = locking.locked_doc(self.doctype, name)
		doc.set("problems", [_problem_row(problem) for problem in problems[:MOST_PROBLEMS]])
		doc.update({"status": COMPLETED, "finished_on": now_datetime(), "to_do": to_do})
		doc.flags.credit_service = True
		doc.flags.ignore_permissions = True
		doc.save()
		frappe.db.commit()  # nosemgrep: the end of the job
		frappe.publish_realtime(self.event, {"name": name, "ended": True}, doctype=self.doctype, docname=name)

	def sweep(self) -> None:
		"""Have imports go on whose job was lost. Run every few minutes."""
		missed = frappe.get_all(
			self.doctype,
			filters={
				"status": IMPORTING,
				"modified": ["<", add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_MISSED)],
			},
			pluck="name",
		)
		for name in missed:
			clearing.in_own_transaction(self._go_on, name)

	def _go_on(self, name: str) -> bool:
		doc = locking.locked_doc(self.doctype, name)
		if doc.status != IMPORTING:
			return False
		# What was asked for again is not asked for a second time.
		frappe.db.set_value(self.doctype, name, self.done, cint(doc.get(self.done)))
		jobs.after_commit(self.job, queue="long", name=name)
		return True

	def refuse_under_way(self, doc) -> None:
		if doc.status in (IMPORTING, COMPLETED):
			refuse(
				_("{0} is {1} already. Make a new one for another workbook.").format(
					doc.name, _(doc.status, context=self.doctype)
				)
			)


# ------------------------------------------------------------------ the file
def workbook_of(doc):
	"""Return the File that an import names, for whom it is open and where it is of a size to be read."""
	file = private_files.readable(doc.file)
	if file is None:
		refuse(_("There is no such file that you may read. Attach the workbook again."))
	if (file.file_size or 0) > LARGEST_FILE:
		refuse(_("The file is larger than {0} MB. Split the workbook.").format(LARGEST_FILE >> 20))
	return file


def content_of(doc) -> bytes:
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


# ------------------------------------------------------------------ customers
def customers_by_cell(rows: Iterable[frappe._dict]) -> dict[str, list[str]]:
	"""Return customers by what a cell may call them: their ID, or their tax ID, or where they are given, their names."""
	rows = list(rows)
	found: dict[str, list[str]] = defaultdict(list)
	for row in rows:
		found[row.name].append(row.name)
	for row in rows:
		for called in (normal_tax_id(row.tax_id), row.get("customer_name")):
			if called and row.name not in found[called]:
				found[called].append(row.name)
	return found


def customer_of(text: str, customers: dict[str, list[str]]) -> tuple[str, str | None]:
	"""Return the customer that a cell names, and what is wrong with it, if anything."""
	found = customers.get(text) or customers.get(normal_tax_id(text)) or []
	if not found:
		return "", _("There is no customer {0} that you may see.").format(text)
	if len(found) > 1:
		return "", _("{0} are all called {1}. Enter the customer's ID.").format(", ".join(found), text)
	return found[0], None


# ------------------------------------------------------------------ tried
class _GotThrough(Exception):
	"""A document that is tried got as far as being written."""


def tried(doc, submit: bool = False) -> str | None:
	"""Return why a new document is refused, None where it would be written.

	It stops just before it is written: what follows writing (webhooks, notifications, jobs) would not be undone by a
	savepoint, which takes back whatever the validations write. The name is not of the series, whose lock others need.
	"""

	def stop(*_args, **_kwargs):
		if submit:
			doc.check_permission("submit")
			doc.run_method("before_submit")
		raise _GotThrough

	doc.db_insert = stop
	return refusal(lambda: doc.insert(set_name="Take-over trial"))


def refusal(step: Callable) -> str | None:
	"""Return with what sentence a step is refused, None where it is not. It leaves neither rows nor messages behind."""
	messages = list(frappe.message_log)
	frappe.db.savepoint("b2b_takeover")
	try:
		step()
	except _GotThrough:
		return None
	except (frappe.ValidationError, frappe.PermissionError) as error:
		return frappe.utils.strip_html(str(error).replace("<br>", " ")) or type(error).__name__
	finally:
		frappe.db.rollback(save_point="b2b_takeover")
		frappe.local.message_log = messages
	return None


def refuse(message: str) -> None:
	frappe.throw(message, TakeoverError, title=_("Take-over"))
