"""Statements of account, or confirmations of balance, for many customers in background jobs (requirements §3).

A run has one row for each customer, unique by its key, and each row is sent in a transaction of its own that also queues the
mail: killed at any point and started again it sends nothing twice and leaves nobody out. Rows are shared out in jobs of
SHARD, so that several workers take part; the last to finish binds what is to be printed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from frappe.utils import create_batch, formatdate, getdate, now_datetime

from b2b_contracts import permissions
from b2b_contracts.credit import account_facts, clearing, jobs, locking
from b2b_contracts.engine.statements import MOVEMENTS
from b2b_contracts.exceptions import StatementError

from . import statement_letters, statement_sending, statements
from .statement_facts import RECEIVABLE
from .statement_sending import FAILED, PLANNED, PRINTED, ROW, SENT, SKIPPED

RUN = "Account Statement Run"
DRAFT, QUEUED, RUNNING, COMPLETED, CANCELLED = "Draft", "Queued", "Running", "Completed", "Cancelled"
COUNTS = {
	SENT: "sent_count",
	PRINTED: "printed_count",
	SKIPPED: "skipped_count",
	FAILED: "failed_count",
}
# What a run finds and nobody enters.
OUTCOME = (
	"status",
	"planned_count",
	*COUNTS.values(),
	*("started_by", "started_on", "finished_on", "print_file"),
)
# What is asked for, and stays as it was once the run has begun.
ASKED = (
	*(
		"company",
		"kind",
		"from_date",
		"to_date",
		"delivery",
		"segment",
		"collector",
		"only_open",
		"only_overdue",
	),
	*("remind_after_days", "give_up_after_days"),
)
SHARD = 25
# So many customers in one PDF: what is bound is in memory.
BOUND = 500
# A worker that has said nothing for so long is gone, or its queue is.
SECONDS_UNTIL_MISSED = 15 * 60
HOURS = 2


def fill_in_title(run) -> None:
	"""Name a run after what it sends, where nobody has."""
	if not (run.title or "").strip():
		run.title = f"{_(run.kind, context=RUN)}, {formatdate(run.to_date)}"


# ------------------------------------------------------------------ asked for
def start(name: str) -> None:
	"""Have a run begin, go on where it was cancelled, or try again those that failed."""
	run = locking.locked_doc(RUN, name)
	failed = count(name)[FAILED]
	if run.status in (QUEUED, RUNNING):
		_refuse(_("{0} is under way already.").format(name))
	if run.status == COMPLETED and not failed:
		_refuse(_("{0} is completed, and nothing of it has failed. Make a new run.").format(name))
	if not permissions.sees_everything():
		frappe.throw(
			_("A run sends statements to customers of every portfolio. Send single ones from the customer."),
			frappe.PermissionError,
		)
	if failed:
		frappe.db.set_value(ROW, {"run": name, "status": FAILED}, {"status": PLANNED, "reason": None})
	locking.write(
		run,
		{
			"status": QUEUED,
			"started_by": run.started_by or frappe.session.user,
			"started_on": run.started_on or now_datetime(),
			"finished_on": None,
		},
	)
	_is_alive(name)
	jobs.after_commit(
		"b2b_contracts.collections.statement_runs.go_on", queue="long", timeout=HOURS * 3600, name=name
	)


def cancel(name: str) -> None:
	"""Stop a run: what has not gone out stays planned, and a start goes on with it."""
	run = locking.locked_doc(RUN, name)
	if run.status not in (QUEUED, RUNNING):
		_refuse(_("{0} is not under way, so there is nothing to cancel.").format(name))
	locking.write(run, {"status": CANCELLED, "finished_on": now_datetime()})


def state(name: str) -> dict:
	"""Return how far a run is: `{status, planned, sent, printed, skipped, failed, left}`."""
	rows = count(name)
	return {
		"status": frappe.db.get_value(RUN, name, "status"),
		"planned": sum(rows.values()),
		"left": rows[PLANNED],
		**{status.lower(): rows[status] for status in COUNTS},
	}


def count(name: str) -> Counter:
	"""Return how many rows of a run are in which state."""
	row = frappe.qb.DocType(ROW)
	rows = (
		frappe.qb.from_(row).select(row.status, Count("*")).where(row.run == name).groupby(row.status).run()
	)
	return Counter(dict(rows))


# ------------------------------------------------------------------ in the background
def go_on(name: str) -> None:
	"""Plan a run, if that is not done, and share what is left of it out. Runs in a job; may be run again at any time."""
	clearing.in_own_transaction(_plan, name)
	if frappe.db.get_value(RUN, name, "status") != RUNNING:
		return
	left = frappe.get_all(
		ROW, filters={"run": name, "status": PLANNED}, pluck="name", order_by="customer_name, name"
	)
	_is_alive(name)
	if len(left) <= SHARD:
		send_some(name, left)
		return
	for rows in create_batch(left, SHARD):
		frappe.enqueue(
			"b2b_contracts.collections.statement_runs.send_some",
			queue="long",
			timeout=HOURS * 3600,
			name=name,
			rows=list(rows),
		)


def _plan(name: str) -> bool:
	"""Write a row for each customer of a run that has none, and say that it runs."""
	run = locking.locked_doc(RUN, name)
	if run.status != QUEUED:
		return False
	with _as(run.started_by):
		chosen = customers_of(run)
	there = set(frappe.get_all(ROW, filters={"run": name}, pluck="customer"))
	names = dict(
		frappe.get_all(
			"Customer",
			filters={"name": ["in", [*chosen, ""]]},
			fields=["name", "customer_name"],
			as_list=True,
		)
	)
	now, user = now_datetime(), run.started_by
	fields = [
		*("name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "run", "customer"),
		*("customer_name", "company", "kind", "from_date", "to_date", "status", "row_key"),
	]
	common = (run.company, run.kind, run.from_date, run.to_date, PLANNED)
	values = [
		(key, now, now, user, user, 0, 0, name, customer, names.get(customer), *common, key)
		for customer in chosen
		if customer not in there
		for key in (_key(name, customer),)
	]
	if values:
		# One row a customer, whoever else plans this run at the same time: the key is unique.
		frappe.db.bulk_insert(ROW, fields, values, ignore_duplicates=True)
	locking.write(run, {"status": RUNNING, "planned_count": len(there) + len(values)})
	return True


def _key(run: str, customer: str) -> str:
	return sha256(f"{run}\n{customer}".encode()).hexdigest()[:20]


def customers_of(run) -> list[str]:
	"""Return the customers that a run is for, whom the session user may see, by name."""
	found = _on_the_ledger(run)
	if run.segment:
		of_segment = {"company": run.company, "segment": run.segment}
		found &= set(frappe.get_all("Credit Profile", filters=of_segment, pluck="customer"))
	if run.collector:
		found &= set(frappe.get_all("Customer", filters={"b2b_collector": run.collector}, pluck="name"))
	if not permissions.sees_every_customer():
		found &= set(frappe.get_list("Customer", pluck="name", limit_page_length=0))
	return sorted(found)


def _on_the_ledger(run) -> set[str]:
	"""Return who has anything on a receivable account until the day of a run; with `only_open`, anything that is not settled."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	query = (
		frappe.qb.from_(entry)
		.select(entry.party)
		.where((entry.company == run.company) & (entry.party_type == "Customer") & (entry.delinked == 0))
		.where((entry.account_type == RECEIVABLE) & (entry.posting_date <= run.to_date))
	)
	if run.only_open or run.only_overdue:
		query = query.groupby(
			entry.party, entry.account_currency, entry.against_voucher_type, entry.against_voucher_no
		).having(Sum(entry.amount_in_account_currency) != 0)
	return set(query.distinct().run(pluck=True))


def send_some(name: str, rows: list[str]) -> None:
	"""Send some planned statements of a run, each in a transaction of its own. Runs in a job; may be run again."""
	for row in rows:
		if frappe.db.get_value(RUN, name, "status") != RUNNING:
			frappe.db.commit()  # nosemgrep: a job of its own; the next look at the run must not be this old one
			return
		_is_alive(name)
		if not clearing.in_own_transaction(_send, row):
			clearing.in_own_transaction(_note_failure, row)
	_finish(name)


def _send(name: str) -> bool:
	"""Send one planned statement; True once nothing is left to do for it, by whomever."""
	row = locking.locked_doc(ROW, name)
	if row.status != PLANNED:
		return True
	run = frappe.get_doc(RUN, row.run)
	frappe.db.savepoint("b2b_statement")
	try:
		with _as(run.started_by):
			_deliver(row, run)
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.db.rollback(save_point="b2b_statement")
		statement_sending.fail(row, str(error) or type(error).__name__)
	return True


def _deliver(row, run) -> None:
	case = account_facts.insolvency_of(row.customer)
	if case:
		statement_sending.skip(row, _("Insolvent (case {0}): nothing is sent but by hand.").format(case))
		return
	statement = statement_sending.statement_for(row)
	if run.only_overdue and not _overdue(row, statement):
		statement_sending.skip(row, _("Nothing is past due on that day."))
		return
	statement_sending.deliver(row, run.delivery, statement, **_days(row, run))


def _overdue(row, statement) -> bool:
	if row.kind == MOVEMENTS:
		statement = statements.open_items(row.customer, row.company, getdate(row.to_date))
	return bool(statement.overdue)


def _days(row, run) -> dict[str, int]:
	return statement_sending.days_of(run) if row.kind == statement_sending.BALANCE_CONFIRMATION else {}


def _note_failure(name: str) -> bool:
	"""Note that one statement met an error that nobody foresaw, so that the others go on; the Error Log has it."""
	row = locking.locked_doc(ROW, name)
	if row.status == PLANNED:
		statement_sending.fail(
			row, _("Something went wrong that nobody foresaw. The Error Log has the details.")
		)
	return True


# ------------------------------------------------------------------ finished
def _finish(name: str) -> None:
	"""Complete a run of which nothing is left; cheap for everybody but the last."""
	is_left = frappe.db.exists(ROW, {"run": name, "status": PLANNED})
	frappe.db.commit()  # nosemgrep: a job of its own; what completes the run looks at it anew
	if not is_left:
		clearing.in_own_transaction(_complete, name)


def _complete(name: str) -> bool:
	try:
		# Whoever else is at it completes it: nobody waits behind the binding.
		status = frappe.db.get_value(RUN, name, "status", for_update=True, wait=False)
	except frappe.QueryTimeoutError:
		return True
	run = frappe.get_doc(RUN, name)
	rows = count(name)
	if status != RUNNING or rows[PLANNED]:
		return True
	values = {field: rows[status] for status, field in COUNTS.items()}
	bound = _bind(run) if rows[PRINTED] else []
	locking.write(
		run,
		{
			**values,
			"status": COMPLETED,
			"planned_count": sum(rows.values()),
			"finished_on": now_datetime(),
			"print_file": bound[0] if bound else None,
		},
	)
	return True


def _bind(run) -> list[str]:
	"""Bind what is to be printed, in parts; returns their addresses. What an earlier end of the run has bound goes."""
	for old in frappe.get_all(
		"File", filters={"attached_to_doctype": RUN, "attached_to_name": run.name}, pluck="name"
	):
		frappe.delete_doc("File", old, ignore_permissions=True, force=True)
	rows = frappe.get_all(
		ROW, filters={"run": run.name, "status": PRINTED}, pluck="pdf", order_by="customer_name, name"
	)
	bound = []
	for number, some in enumerate(create_batch(rows, BOUND), 1):
		content = statement_letters.joined(_content_of(url) for url in some)
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{run.name}-{number}.pdf",
				"attached_to_doctype": RUN,
				"attached_to_name": run.name,
				"is_private": 1,
				"content": content,
			}
		)
		file.insert(ignore_permissions=True)
		bound.append(file.file_url)
	return bound


def _content_of(url: str) -> bytes:
	content = frappe.get_doc("File", {"file_url": url}).get_content()
	# Frappe hands over as text whatever can be read as text.
	return content if isinstance(content, bytes) else content.encode()


# ------------------------------------------------------------------ looked after
def sweep() -> None:
	"""Go on with the runs whose workers are gone: killed, or lost by the queue. Harmless where they are not."""
	for name in frappe.get_all(
		RUN, filters={"status": ["in", (QUEUED, RUNNING)]}, pluck="name", order_by="name"
	):
		if not frappe.cache.get_value(_alive_key(name), expires=True):
			_is_alive(name)
			go_on(name)


def _is_alive(name: str) -> None:
	frappe.cache.set_value(_alive_key(name), 1, expires_in_sec=SECONDS_UNTIL_MISSED)


def _alive_key(name: str) -> str:
	return f"b2b_statement_run|{name}"


@contextmanager
def _as(user: str | None) -> Iterator[None]:
	"""Work as whoever has started a run, with their rights; a sweep goes on with it as nobody in particular."""
	before = frappe.session.user
	if not user or user == before:
		yield
		return
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(before)


def _refuse(message: str) -> None:
	frappe.throw(message, StatementError, title=_("Statements of account"))
