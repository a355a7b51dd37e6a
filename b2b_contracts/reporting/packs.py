"""The pack of a month or quarter: asked for by a person or a schedule, made in a job, kept as it is (requirements §5).

Made from one snapshot of the database: while a workbook is made nothing is committed, and how far it is stands in Redis alone. A
job that is killed leaves nothing behind: the sweep has the pack made again from the start, three times at most. Never two packs
of a period for the same readers: what is asked for anew says why, and is a version of its own.
"""

import hashlib
import json
import tempfile
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.translate import get_user_lang
from frappe.utils import add_to_date, cint, escape_html, formatdate, getdate, now_datetime
from frappe.utils.background_jobs import is_job_enqueued

from b2b_contracts import permissions
from b2b_contracts.credit import clearing, jobs, locking, notices
from b2b_contracts.engine import kpi
from b2b_contracts.engine import packs as engine
from b2b_contracts.exceptions import EvidenceError, PackError

from . import pack_files, pack_mails, pack_workbook, snapshots

DOCTYPE, SCHEDULE = "Monthly Pack", "Monthly Pack Schedule"
QUEUED, RUNNING, COMPLETED, FAILED = "Queued", "Running", "Completed", "Failed"
UNDER_WAY = (QUEUED, RUNNING)
# What is asked for, and never changed.
ASKED = ("company", "audience", "period", "to_date", "language", "reason")
# What the making of it finds.
OUTCOME = (
	*("title", "from_date", "status", "version", "file", "file_size", "file_hash", "taken_from", "made_by"),
	*("started_on", "finished_on", "schedule", "progress", "step", "error", "attempts", "chain_heads"),
	"pack_key",
)
EVENT = "b2b_monthly_pack"
"""What the desk listens to while a pack is made."""

MOST_ATTEMPTS = 3
HOURS = 2
# A job is asked for after the commit that says so.
MINUTES_UNTIL_MISSED = 5
SECONDS_BETWEEN_NEWS = 1
# So many periods back are made up for.
MOST_MISSED = 12


# ------------------------------------------------------------------ asked for
def ask(
	company: str, audience: str, kind: str, day: date, *, language: str = "", reason: str = ""
) -> Document:
	"""Have the pack of the period that a day is in made in the background. Returns the Monthly Pack, which is queued."""
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": company,
			"audience": audience,
			"period": kind,
			"to_date": day,
			"language": language or None,
			"reason": reason or None,
		}
	)
	return doc.insert()


def begin(doc: Document, schedule: str | None = None) -> None:
	"""Give a new pack what nobody enters, whatever a client sent. Refuses a period that is not over, and a second pack of the same
	period and readers that does not say why."""
	if not schedule:
		permissions.need_company(doc.company)
		if not permissions.sees_every_customer():
			frappe.throw(
				_("A pack tells of every customer: it is made by who may see all of them."),
				frappe.PermissionError,
			)
	period = engine.period_of(doc.period or engine.MONTH, getdate(doc.to_date))
	if period.last >= getdate():
		_refuse(
			_("{0} is not over yet: its pack can be made from {1} on.").format(
				label_of(period), formatdate(period.last + timedelta(days=1))
			)
		)
	before = _versions(doc.company, doc.audience, period)
	doc.reason = (doc.reason or "").strip() or None
	if before and not doc.reason:
		_refuse(
			_(
				"{0} for {1} is there already: {2}. It never changes. Say why it has to be made anew, and it becomes version {3}."
			).format(label_of(period), _(doc.audience, context=DOCTYPE), before[-1][0], before[-1][1] + 1)
		)
	version = before[-1][1] + 1 if before else 1
	doc.update(
		dict.fromkeys(OUTCOME)
		| {
			"title": f"{doc.company} {code_of(period)}"[:140],
			"from_date": period.first,
			"to_date": period.last,
			"status": QUEUED,
			"version": version,
			"language": doc.language or (site_language() if schedule else get_user_lang()),
			"made_by": frappe.session.user,
			"started_on": now_datetime(),
			"schedule": schedule,
			"progress": 0,
			"attempts": 0,
			# Two who ask at the same moment: the database refuses the second.
			"pack_key": _key(doc.company, doc.audience, period, version),
			"mails": [],
		}
	)


def queue(doc: Document) -> None:
	"""Have a queued pack made, once this transaction is through."""
	jobs.after_commit(
		"b2b_contracts.reporting.packs.run",
		queue="long",
		timeout=HOURS * 60 * 60,
		job_id=_job_id(doc.name, cint(doc.attempts) + 1),
		name=doc.name,
	)


def try_again(name: str) -> None:
	"""Have a pack that failed made again."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status != FAILED:
		_refuse(_("{0} has not failed: there is nothing to try again.").format(name))
	_write(doc, status=QUEUED, error=None, step=None, progress=0, attempts=0, started_on=now_datetime())
	queue(doc)


def state(name: str) -> dict:
	"""Return how far a pack is: `{status, progress, step}`."""
	status, progress, step = frappe.db.get_value(DOCTYPE, name, ["status", "progress", "step"])
	news = frappe.cache.get_value(_news_key(name), expires=True) if status == RUNNING else None
	return {"status": status, **(news or {"progress": progress or 0, "step": step or ""})}


def _versions(company: str, audience: str, period: engine.Period) -> list[tuple[str, int]]:
	"""Return name and number of the versions of a pack, the first one first."""
	same = {"company": company, "audience": audience, "period": period.kind, "to_date": period.last}
	rows = frappe.get_all(DOCTYPE, filters=same, fields=["name", "version"], order_by="version")
	return [(row.name, cint(row.version)) for row in rows]


def _key(company: str, audience: str, period: engine.Period, version: int) -> str:
	text = "\n".join((company, audience, period.kind, str(period.last), str(version)))
	return hashlib.sha256(text.encode()).hexdigest()


def code_of(period: engine.Period) -> str:
	"""Return a period as file names and lists have it: 2026-10, 2026 Q4."""
	if period.kind == engine.QUARTER:
		return f"{period.last:%Y} Q{period.last.month // 3}"
	return f"{period.last:%Y-%m}"


def label_of(period: engine.Period) -> str:
	"""Return what a period is called in the language of the moment."""
	if period.kind == engine.QUARTER:
		return _("{0}, quarter {1}").format(period.last.year, period.last.month // 3)
	return formatdate(period.last, "MMMM yyyy")


def site_language() -> str:
	return frappe.db.get_single_value("System Settings", "language") or "en"


# ------------------------------------------------------------------ by schedule
def sweep() -> None:
	"""Make what is due by schedule, go on with what a lost job has left, and send what is still to be sent. Every quarter of an
	hour; may be killed and run again."""
	for name in frappe.get_all(SCHEDULE, {"enabled": 1}, pluck="name", order_by="name"):
		make_due(name)
	_go_on_with_lost_ones()
	pack_mails.sweep()


def make_due(schedule: str) -> int:
	"""Ask for what a schedule has still to make, each pack in a transaction of its own. Returns how many."""
	return sum(clearing.in_own_transaction(_ask_by_schedule, schedule, period) for period in due(schedule))


def due(schedule: str) -> list[engine.Period]:
	"""Return the periods whose pack a schedule has still to make, the oldest first."""
	row = frappe.db.get_value(
		SCHEDULE, schedule, ["company", "audience", "period", "since", "days_after"], as_dict=True
	)
	plan = engine.Schedule(row.period, getdate(row.since), cint(row.days_after))
	same = {"company": row.company, "audience": row.audience, "period": row.period}
	made = {getdate(day) for day in frappe.get_all(DOCTYPE, same, pluck="to_date")}
	return engine.due(plan, made, getdate(), MOST_MISSED)


def _ask_by_schedule(schedule: str, period: engine.Period) -> bool:
	"""Ask for a pack in the name of a schedule. False where somebody was quicker."""
	row = locking.locked_doc(SCHEDULE, schedule)
	if not row.enabled or _versions(row.company, row.audience, period):
		return False
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": row.company,
			"audience": row.audience,
			"period": row.period,
			"to_date": period.last,
			"language": row.language,
		}
	)
	doc.flags.of_schedule = schedule
	doc.insert(ignore_permissions=True)
	return True


def _go_on_with_lost_ones() -> None:
	missed = add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_MISSED)
	lost = {"status": ["in", UNDER_WAY], "started_on": ["<", missed]}
	for name in frappe.get_all(DOCTYPE, lost, pluck="name", order_by="started_on"):
		clearing.in_own_transaction(_go_on, name)


def _go_on(name: str) -> bool:
	"""Have a pack made again whose job is gone: its worker was killed, or the queue has lost it."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status not in UNDER_WAY or is_job_enqueued(_job_id(name, _attempt_under_way(doc))):
		return False
	if cint(doc.attempts) >= MOST_ATTEMPTS:
		with notices.writing_in(get_user_lang(doc.made_by)):
			reason = _("Its background job broke off {0} times. Try again, or ask who runs the server.")
			_fail(doc, reason.format(cint(doc.attempts)))
		return False
	_write(doc, status=QUEUED, step=None, progress=0, started_on=now_datetime())
	queue(doc)
	return True


def _attempt_under_way(doc: Document) -> int:
	"""The number of the job that makes a pack: it counts itself when it begins."""
	return cint(doc.attempts) + (doc.status == QUEUED)


# ------------------------------------------------------------------ in the background
def run(name: str) -> None:
	"""Make a pack that waits for it. Runs in a job; what goes wrong is on the document."""
	doc = _take_up(name)
	if doc is None:
		return
	with _as_the_app(doc.language):
		try:
			_make(doc)
		except Exception as error:
			frappe.db.rollback()
			frappe.log_error(title=f"Monthly pack {name} failed")
			with notices.writing_in(get_user_lang(doc.made_by)):
				_end_failed(doc, error)
		pack_mails.send_planned(name)


def _take_up(name: str) -> Document | None:
	"""Mark a pack as being made. None when somebody else is at it."""
	if not frappe.db.exists(DOCTYPE, name):
		return None
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status != QUEUED:
		return None
	_write(doc, status=RUNNING, attempts=cint(doc.attempts) + 1)
	frappe.db.commit()  # nosemgrep: a job of its own; everybody may see that it runs
	return doc


@contextmanager
def _as_the_app(language: str | None):
	"""Read as who sees everything, and write in the language of the pack: what is in a pack does not hang on who asked for it."""
	user = frappe.session.user
	frappe.set_user("Administrator")
	try:
		with notices.writing_in(language):
			yield
	finally:
		frappe.set_user(user)


def _make(doc: Document) -> None:
	period = engine.period_of(doc.period, getdate(doc.to_date))
	_close_months(doc.company, period)
	asked = pack_workbook.Asked(
		name=doc.name,
		company=doc.company,
		audience=doc.audience,
		period=period,
		version=cint(doc.version),
		reason=doc.reason or "",
		made_on=now_datetime(),
		heads=_heads_of_the_last(doc),
		label=label_of(period),
	)
	tell = _Progress(doc)
	with tempfile.TemporaryDirectory(prefix="b2b-pack-") as folder:
		path = Path(folder) / f"{doc.name}.xlsx"
		made = pack_workbook.write(path, asked, tell)
		_complete(doc, path, made)


def _close_months(company: str, period: engine.Period) -> None:
	"""Take the snapshots of the months of the period that are due: the pack shows them."""
	for month in snapshots.due(company):
		if period.first <= month <= period.last:
			clearing.in_own_transaction(snapshots.take, company, kpi.last_day(month))


def _complete(doc: Document, path: Path, made: "pack_workbook.Made") -> None:
	"""Keep a pack that was made, and commit it."""
	held = locking.locked_doc(DOCTYPE, doc.name)
	if held.status != RUNNING or cint(held.attempts) != cint(doc.attempts):
		return  # somebody else makes it, or has made it
	digest = pack_files.hash_of(path)
	size = path.stat().st_size
	url = pack_files.keep(path, file_name(held), held.name)
	_write(
		held,
		status=COMPLETED,
		progress=100,
		step=None,
		error=None,
		finished_on=now_datetime(),
		file=url,
		file_size=size,
		file_hash=digest,
		taken_from=made.taken_from[:140],
		chain_heads=json.dumps(made.heads) if made.heads else None,
	)
	if held.schedule:
		users = frappe.get_all(
			"Monthly Pack Recipient", {"parent": held.schedule}, pluck="user", order_by="idx"
		)
		pack_mails.plan(held.name, users)
	with notices.writing_in(get_user_lang(held.made_by)):
		_ring(held, _("Pack {0} is made.").format(held.title))
	frappe.db.commit()  # nosemgrep: a job of its own; before the temporary file goes
	_tell_desk(held, {"status": COMPLETED, "progress": 100, "step": ""})


def _end_failed(doc: Document, error: Exception) -> None:
	held = locking.locked_doc(DOCTYPE, doc.name)
	if held.status == RUNNING and cint(held.attempts) == cint(doc.attempts):
		if isinstance(error, frappe.ValidationError | frappe.PermissionError) and str(error):
			reason = frappe.utils.strip_html(str(error))
		else:
			reason = _(
				"Something went wrong that nobody foresaw ({0}). The Error Log has the details."
			).format(type(error).__name__)
		_fail(held, reason)
	frappe.db.commit()  # nosemgrep: a job of its own
	_tell_desk(held, {"status": held.status, "progress": 0, "step": ""})


def _fail(doc: Document, reason: str) -> None:
	_write(doc, status=FAILED, error=reason, step=None, finished_on=now_datetime())
	_ring(doc, _("Pack {0} could not be made.").format(doc.title))


def _heads_of_the_last(doc: Document) -> dict:
	"""Return the ends of the chains of decisions that an earlier pack has written down, outside the log: it was sent by mail."""
	rows = frappe.get_all(
		DOCTYPE,
		filters={"company": doc.company, "status": COMPLETED, "chain_heads": ["is", "set"]},
		fields=["chain_heads"],
		order_by="finished_on desc",
		limit=1,
	)
	return json.loads(rows[0].chain_heads) if rows else {}


def file_name(doc: Document) -> str:
	period = engine.period_of(doc.period, getdate(doc.to_date))
	parts = [_("Credit pack"), doc.company, code_of(period), _(doc.audience, context=DOCTYPE)]
	if cint(doc.version) > 1:
		parts.append(f"v{doc.version}")
	text = " ".join(parts)
	return (
		"".join(letter if letter.isalnum() or letter in " -_.()" else "-" for letter in text)[:120] + ".xlsx"
	)


# ------------------------------------------------------------------ how far it is
class _Progress:
	"""Tells how far a pack is, at most once a second, in the language of who asked for it."""

	def __init__(self, doc: Document):
		self.doc, self.told = doc, 0.0

	def __call__(self, share: float, step: str) -> None:
		now = time.monotonic()
		if now - self.told < SECONDS_BETWEEN_NEWS:
			return
		self.told = now
		news = {"progress": round(100 * share), "step": step}
		frappe.cache.set_value(_news_key(self.doc.name), news, expires_in_sec=HOURS * 60 * 60)
		_tell_desk(self.doc, {"status": RUNNING, **news})


def _tell_desk(doc: Document, news: dict) -> None:
	message = {"name": doc.name, **news}
	frappe.publish_realtime(EVENT, message, doctype=DOCTYPE, docname=doc.name)


def _job_id(name: str, attempt: int) -> str:
	return f"{EVENT}-{name}-{attempt}"


def _news_key(name: str) -> str:
	return f"{EVENT}_news:{name}"


# ------------------------------------------------------------------ the document
def _write(doc: Document, **values) -> None:
	locking.write(doc, values)


def _ring(doc: Document, subject: str) -> None:
	"""Ring the bell of who asked for the pack; nobody did where a schedule made it."""
	if not doc.schedule and doc.made_by not in ("Administrator", "Guest"):
		notices.bell(DOCTYPE, doc.name, [doc.made_by], escape_html(subject))


def check_unchanged(doc: Document, before: Document) -> None:
	"""Put back whatever a client sent of what the app writes, and refuse to change what was asked for."""
	changed = [name for name in ASKED if str(before.get(name) or "") != str(doc.get(name) or "")]
	if changed:
		frappe.throw(
			_("{0} of {1} cannot be changed: a pack stays as it was made. Ask for it anew instead.").format(
				frappe.bold(_(doc.meta.get_label(changed[0]), context=DOCTYPE)), doc.name
			),
			EvidenceError,
			title=_("Pack is evidence"),
		)
	doc.update({name: before.get(name) for name in OUTCOME})
	doc.set("mails", [row.as_dict() for row in before.get("mails")])


def check_deletion(doc: Document) -> None:
	status = frappe.db.get_value(DOCTYPE, doc.name, "status")
	if status == FAILED or frappe.flags.in_uninstall:
		return
	frappe.throw(
		_("{0} is kept: a pack that was made, or is being made, is not deleted.").format(doc.name),
		EvidenceError,
		title=_("Pack is evidence"),
	)


def _refuse(message: str) -> None:
	frappe.throw(message, PackError, title=_("Monthly pack"))
