"""Runs a Policy Back-test in a job: writes the company's trade as a book, replays the policies over it, and keeps what
came of it with the document.

The terms are fixed when a run is asked for; a policy that is changed while the job waits changes nothing. While the book
is written nothing is committed, because a commit would end the transaction's snapshot and with it the agreement of
what is read first and last: until then progress is in Redis alone, afterwards on the row too. A wish to cancel is in
Redis for the same reason. The status of the row is what counts: whoever changes it locks the row first.
"""

import gc
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.translate import get_user_lang
from frappe.utils import add_to_date, escape_html, getdate, now_datetime, nowdate
from frappe.utils.background_jobs import is_job_enqueued
from rq.timeouts import JobTimeoutException

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.book import Book, BookError
from b2b_contracts.backtest.policy_file import PolicyFileError, PolicyTerms
from b2b_contracts.backtest.replay import Replay
from b2b_contracts.backtest.result import Result
from b2b_contracts.backtest.summary import summary_of
from b2b_contracts.backtest.workbook import write_workbook
from b2b_contracts.exceptions import BackTestError

from . import back_test_inputs as inputs
from . import book_export, jobs, locking, private_files

DOCTYPE = "Policy Back-test"
DRAFT, QUEUED, RUNNING = "Draft", "Queued", "Running"
COMPLETED, FAILED, CANCELLED = "Completed", "Failed", "Cancelled"
MAY_START, UNDER_WAY = (DRAFT, FAILED, CANCELLED), (QUEUED, RUNNING)
# What a run finds and nobody enters.
OUTCOME = (
	"status",
	"progress",
	"step",
	"error",
	"started_by",
	"started_on",
	"finished_on",
	"orders_decided",
	"held_a",
	"held_b",
	"workbook",
	"terms_a",
	"terms_b",
	"result",
)
EVENT = "b2b_back_test"
"""What the desk listens to while a back-test runs."""

HOURS = 4
# From 0 to 45 % the book is written, until 90 % it is replayed.
BOOK_UNTIL, REPLAYED_UNTIL = 45, 90
SECONDS_BETWEEN_NEWS = 1
# A job is asked for after the commit that says so.
MINUTES_UNTIL_MISSED = 5
LINES_TOLD = 20
DOCTYPES = {"orders": "Sales Order", "deliveries": "Delivery Note", "invoices": "Sales Invoice"}


class Cancelled(Exception):
	"""Somebody does not want this run any more."""


# ------------------------------------------------------------------ asked for
def start(name: str) -> None:
	"""Have a back-test run in a job, for whoever may see every customer. Refuses what cannot be run, and says why."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status not in MAY_START:
		frappe.throw(
			_("{0} is completed and kept as it is. Duplicate it to try something else.").format(name)
			if doc.status == COMPLETED
			else _("{0} is under way already. Wait for it, or cancel it first.").format(name),
			BackTestError,
			title=_("Not now"),
		)
	book_export.check_may_export([doc.company])
	inputs.check_can_run(doc)
	inputs.fill_in_versions(doc)
	terms = [inputs.terms_of(doc, letter) for letter in (inputs.A, inputs.B)]
	inputs.assumptions_of(doc)
	nothing_yet = dict.fromkeys(OUTCOME) | {"progress": 0, "orders_decided": 0, "held_a": 0, "held_b": 0}
	asked = {
		"status": QUEUED,
		"step": _("Waiting for its turn"),
		"started_by": frappe.session.user,
		"started_on": now_datetime(),
		"version_a": doc.version_a,
		"version_b": doc.version_b,
		"terms_a": policy_file.dumps(terms[0]),
		"terms_b": policy_file.dumps(terms[1]) if terms[1] else None,
	}
	_write(doc, **(nothing_yet | asked))
	for key in (_wish_key(name), _news_key(name)):
		frappe.cache.delete_value(key)
	jobs.after_commit(
		"b2b_contracts.credit.backtesting.run",
		queue="long",
		timeout=HOURS * 60 * 60,
		job_id=_job_id(name),
		name=name,
	)


def cancel(name: str) -> None:
	"""Cancel a back-test: at once while it waits for its turn, within seconds while it runs."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status not in UNDER_WAY:
		frappe.throw(
			_("{0} is not under way, so there is nothing to cancel.").format(name),
			BackTestError,
			title=_("Nothing to cancel"),
		)
	if doc.status == RUNNING:
		frappe.cache.set_value(_wish_key(name), 1, expires_in_sec=HOURS * 60 * 60)
	if doc.status == QUEUED or not is_job_enqueued(_job_id(name)):
		_write(doc, status=CANCELLED, step=None, finished_on=now_datetime())


def state(name: str) -> dict:
	"""Return how far a back-test is: `{status, progress, step}`."""
	status, progress, step = frappe.db.get_value(DOCTYPE, name, ["status", "progress", "step"])
	news = frappe.cache.get_value(_news_key(name), expires=True) if status == RUNNING else None
	return {"status": status, **(news or {"progress": progress, "step": step})}


# ------------------------------------------------------------------ in the background
def run(name: str) -> None:
	"""Run a back-test that waits for it. Runs in a job, as whoever asked for it; what goes wrong is on the document."""
	doc = _take_up(name)
	if doc is None:
		return
	with _in_language_of(frappe.session.user):
		failed = _tried(doc)
		# The decisions of a replay lie in a folder that goes with them: now, and not when memory gets short.
		gc.collect()
		if failed:
			_end(name, *failed)


def sweep() -> None:
	"""Mark the back-tests as failed whose job is gone: its worker was killed, or the queue has lost it."""
	missed = add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_MISSED)
	for name in frappe.get_all(
		DOCTYPE, filters={"status": ["in", UNDER_WAY], "started_on": ["<", missed]}, pluck="name"
	):
		if is_job_enqueued(_job_id(name)):
			continue
		doc = locking.locked_doc(DOCTYPE, name)
		if doc.status in UNDER_WAY and not is_job_enqueued(_job_id(name)):
			with _in_language_of(doc.started_by):
				reason = _("The run broke off: its background job is gone. Run it again.")
			_write(doc, status=FAILED, error=reason, step=None, finished_on=now_datetime())
		frappe.db.commit()  # nosemgrep: one back-test a transaction; a lock is not kept for the next one's job


def _take_up(name: str) -> Document | None:
	"""Mark a back-test as running. None when it was cancelled meanwhile, or somebody else is at it."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status != QUEUED:
		return None
	_write(doc, status=RUNNING)
	frappe.db.commit()  # nosemgrep: a job of its own; everybody may see that it runs
	return doc


def _tried(doc: Document) -> tuple[str, str | None] | None:
	"""Run a back-test. Returns the status and the reason when nothing came of it; what it has made is gone then."""
	try:
		_run(doc)
	except Cancelled:
		frappe.db.rollback()
		return CANCELLED, None
	except Exception as error:
		frappe.db.rollback()
		return FAILED, _reason(error)
	return None


def _run(doc: Document) -> None:
	book_export.check_may_export([doc.company])
	terms = terms_kept(doc)
	progress = Progress(doc.name)
	with tempfile.TemporaryDirectory(prefix="b2b-back-test-") as folder:
		book = Path(folder) / doc.name
		telling = progress.part(0, BOOK_UNTIL, on_row=False)
		first, last = getdate(doc.from_date), getdate(doc.to_date)
		book_export.write_book(book, [doc.company], first, getdate(nowdate()), progress=telling)
		frappe.db.commit()  # nosemgrep: a job of its own; the book is written, its snapshot may end
		telling = progress.part(BOOK_UNTIL, REPLAYED_UNTIL, _("Replaying the orders"))
		result = Replay(Book(book), terms, inputs.assumptions_of(doc), first, last, telling).run()
		telling = progress.part(REPLAYED_UNTIL, 100, _("Writing the workbook"))
		files = write_workbook(result, Path(folder) / f"{doc.name}.xlsx", telling, translate=_)
		_complete(doc, result, files)


def _complete(doc: Document, result: Result, files: list[Path]) -> None:
	"""Keep what a run found, and commit it."""
	doc = locking.locked_doc(DOCTYPE, doc.name)
	if doc.status != RUNNING or _is_unwanted(doc.name):
		raise Cancelled
	held = [world.figures.held_orders.count for world in result.policies]
	_write(
		doc,
		status=COMPLETED,
		progress=100,
		step=None,
		finished_on=now_datetime(),
		orders_decided=result.policies[0].figures.checked.count,
		held_a=held[0],
		held_b=held[1] if len(held) > 1 else 0,
		workbook=_attached(doc, files),
		result=json.dumps(_with_links(summary_of(result)), separators=(",", ":"), ensure_ascii=False),
	)
	_ring(doc, _("Back-test {0} is completed.").format(doc.title or doc.name))
	frappe.db.commit()  # nosemgrep: a job of its own; before the temporary files go
	_tell_desk(doc.name, {"status": COMPLETED, "progress": 100, "step": ""})


def _end(name: str, status: str, reason: str | None) -> None:
	"""End a run that nothing came of: cancelled or failed."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status == RUNNING:
		_write(doc, status=status, error=reason, step=None, finished_on=now_datetime())
		if status == FAILED:
			_ring(doc, _("Back-test {0} has failed.").format(doc.title or doc.name))
	frappe.db.commit()  # nosemgrep: a job of its own
	_tell_desk(name, {"status": status, "progress": doc.progress, "step": ""})


def _reason(error: Exception) -> str:
	"""Return why a run failed, in sentences for whoever started it. What nobody expected goes to the Error Log."""
	if isinstance(error, BookError | PolicyFileError):
		problems = _without_rows(error) if isinstance(error, BookError) else error.problems
		lines = [_("The trade of this period cannot be replayed under these terms:"), *problems[:LINES_TOLD]]
		if len(problems) > LINES_TOLD:
			lines.append(_("… and {0} more.").format(len(problems) - LINES_TOLD))
		return _plain("\n".join(lines))
	if isinstance(error, JobTimeoutException):
		return _("The run took longer than {0} hours. Choose a shorter period.").format(HOURS)
	if isinstance(error, frappe.ValidationError | frappe.PermissionError) and str(error):
		return _plain(str(error))
	frappe.log_error(title=_("A policy back-test failed"))
	return _plain(
		_("Something went wrong that nobody foresaw ({0}). The Error Log has the details.").format(
			type(error).__name__
		)
	)


def _without_rows(error: BookError) -> list[str]:
	"""Return the problems of a book, each once: its rows are gone with it."""
	times = Counter((problem.sheet, problem.column, problem.message) for problem in error.problems)
	return [
		f"{sheet}, {column}: {message}" + (f" ({count} ×)" if count > 1 else "")
		for (sheet, column, message), count in times.items()
	]


def _plain(text: str) -> str:
	"""Return a text that is shown as it is: what a file or a book brought into it is never HTML."""
	return frappe.utils.strip_html(text).replace("<", "&lt;")


@contextmanager
def _in_language_of(user: str | None) -> Iterator[None]:
	"""Speak a user's language: a job speaks the site's."""
	before = frappe.local.lang
	frappe.local.lang = get_user_lang(user or "Administrator")
	try:
		yield
	finally:
		frappe.local.lang = before


# ------------------------------------------------------------------ progress
class Progress:
	"""Tells how far a run is, at most once a second, and ends it when nobody wants it any more."""

	def __init__(self, name: str):
		self.name, self.told = name, 0.0

	def part(self, start: float, end: float, step: str = "", on_row: bool = True) -> Callable:
		"""Return what is told the share of one part of the work, and perhaps what is done just now."""

		def tell(share: float, what: str = "") -> None:
			self._tell(start + (end - start) * share, what or step, on_row)

		return tell

	def _tell(self, percent: float, step: str, on_row: bool) -> None:
		if _is_unwanted(self.name):
			raise Cancelled
		now = time.monotonic()
		if now - self.told < SECONDS_BETWEEN_NEWS:
			return
		self.told = now
		news = {"progress": round(percent, 1), "step": step}
		frappe.cache.set_value(_news_key(self.name), news, expires_in_sec=HOURS * 60 * 60)
		if on_row:
			frappe.db.set_value(DOCTYPE, self.name, news, update_modified=False)
			frappe.db.commit()  # nosemgrep: a job of its own; everybody may see how far it is
		_tell_desk(self.name, {"status": RUNNING, **news})


def _is_unwanted(name: str) -> bool:
	return bool(frappe.cache.get_value(_wish_key(name), expires=True))


def _tell_desk(name: str, news: dict) -> None:
	"""Tell whoever has the document open, and whoever runs it wherever they are."""
	message = {"name": name, **news}
	frappe.publish_realtime(EVENT, message, user=frappe.session.user)
	frappe.publish_realtime(EVENT, message, doctype=DOCTYPE, docname=name)


def _job_id(name: str) -> str:
	return f"{EVENT}-{name}"


def _wish_key(name: str) -> str:
	return f"{EVENT}_cancel:{name}"


def _news_key(name: str) -> str:
	return f"{EVENT}_news:{name}"


# ------------------------------------------------------------------ the document
def _write(doc: Document, **values) -> None:
	"""Write what a run found; nobody else may."""
	doc.db_set(values, notify=True)


def _attached(doc: Document, files: list[Path]) -> str:
	"""Keep the workbook, and the CSV files beside it, as private files of the document. Returns the workbook's address."""
	fields = ["workbook", *[None] * (len(files) - 1)]
	urls = [
		# Nobody's own: who may read the document may read them, and nobody else.
		private_files.keep(
			path,
			path.name,
			"Administrator",
			attached_to_doctype=DOCTYPE,
			attached_to_name=doc.name,
			attached_to_field=field,
		)
		for path, field in zip(files, fields, strict=True)
	]
	return urls[0]


def _with_links(summary: dict) -> dict:
	"""Say of which document each row of the lists is, where the site has it."""
	rows = [row for found in summary["lists"] for policy in found["policies"] for row in policy["rows"]]
	for kind, doctype in DOCTYPES.items():
		names = {row["order"] for row in rows if row["kind"] == kind}
		there = set(frappe.get_all(doctype, filters={"name": ["in", sorted(names) or [""]]}, pluck="name"))
		for row in rows:
			if row["kind"] == kind and row["order"] in there:
				row["doctype"] = doctype
	return summary


def _ring(doc: Document, subject: str) -> None:
	"""Ring the bell of whoever asked for the run."""
	frappe.get_doc(
		{
			"doctype": "Notification Log",
			"for_user": doc.started_by,
			"from_user": doc.started_by,
			"type": "Alert",
			"document_type": DOCTYPE,
			"document_name": doc.name,
			"subject": escape_html(subject),
		}
	).insert(ignore_permissions=True)


def terms_kept(doc: Document) -> list[PolicyTerms]:
	"""Return the terms that a back-test has compared."""
	return [policy_file.loads(text, doc.name) for text in (doc.terms_a, doc.terms_b) if text]
