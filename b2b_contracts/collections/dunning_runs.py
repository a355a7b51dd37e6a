"""Dunning runs: everybody who is to be reminded on a day is planned, looked through by a person or not, and sent (§3).

A run is cut into shards of some hundred customers, a job each, so that several workers share it. Planning a shard is one
transaction; sending is one per notice. A job that was killed leaves nothing half done, and a sweep starts what stands
still: whoever comes second finds the row locked, then done.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from frappe.utils import add_to_date, create_batch, formatdate, getdate, now_datetime

from b2b_contracts.credit import clearing, locking
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.exceptions import DunningError

from . import dunning_planning, dunning_sending

RUN, NOTICE, SHARD = "Dunning Run", "Dunning Notice", "Dunning Run Shard"
DRAFT, PLANNING, PLANNED = "Draft", "Planning", "Planned"
SENDING, COMPLETED, CANCELLED = "Sending", "Completed", "Cancelled"
WAITING, DONE = "Waiting", "Done"
DRY, REAL = "Dry Run", "Real"
BY_HAND, PLAN_DAILY, SEND_DAILY = "By hand", "Plan every day", "Plan and send every day"

CUSTOMERS_PER_SHARD = 400
MINUTES_UNTIL_MISSED = 10
# Whoever looks at a run is told of workers that say nothing for longer than the slowest notice takes.
SECONDS_UNTIL_STILL = 60
# A plan that is older is made anew: its deadlines and its steps are of another day.
DAYS_A_PLAN_KEEPS = 3
EVENT = "b2b_dunning_run"
"""What the desk listens to while a run is planned or sent."""

WRITTEN_BY_US = (
	*("status", "is_automatic", "automatic_key", "started_by", "started_on", "sent_by", "ended_on"),
	*(
		"customers_seen",
		"items_seen",
		"planned",
		"sent",
		"skipped",
		"failed",
		"unclear",
		"currency",
		"amount",
		"warnings",
	),
)
FILTERS = ("customer", "segment", "collector")
COUNTED = {
	"planned": ("Planned",),
	"sent": ("Queued", "Sent"),
	"skipped": ("Skipped",),
	"failed": ("Failed",),
	"unclear": ("Unclear", "Sending"),
}


# ------------------------------------------------------------------ begun
def start(run) -> None:
	"""Complete a new run: whatever a client sent of what only the run writes is dropped."""
	if not run.flags.by_run:
		for fieldname in WRITTEN_BY_US:
			run.set(fieldname, None)
	run.update(
		{
			"status": DRAFT,
			"started_by": frappe.session.user,
			"currency": company_currency(run.company),
		}
	)
	run.set("shards", [])
	if getdate(run.run_date) > getdate():
		_refuse(
			_(
				"A run is of today or of a day before, not of {0}: what will be paid until then is not known."
			).format(formatdate(run.run_date))
		)


def plan(name: str):
	"""Cut a run into shards and have them planned in the background. Returns the document."""
	run = locking.locked_doc(RUN, name)
	if run.status not in (DRAFT, PLANNED):
		_refuse(_("{0} is {1}: it is planned once, before anything is sent.").format(name, _(run.status)))
	_forget_plan(run)
	planner = _planner(run)
	customers = dunning_planning.customers_of(planner, {field: run.get(field) for field in FILTERS})
	run.set("shards", [])
	for some in create_batch(customers, CUSTOMERS_PER_SHARD):
		run.append(
			"shards",
			{"first_customer": some[0], "last_customer": some[-1], "customers": len(some), "status": WAITING},
		)
	run.update(
		{"status": PLANNING, "started_on": now_datetime(), "customers_seen": len(customers), "ended_on": None}
	)
	_save(run)
	_start_jobs(run)
	return run


def _forget_plan(run) -> None:
	"""Drop a plan that nothing was sent of, to make it anew."""
	names = frappe.get_all(NOTICE, {"run": run.name}, pluck="name")
	for some in create_batch(names, 1000):
		for doctype in ("Dunning Notice Item", "Dunning Notice Check"):
			frappe.db.delete(doctype, {"parenttype": NOTICE, "parent": ["in", some]})
		frappe.db.delete(NOTICE, {"name": ["in", some]})


def _planner(run, leaves_on: date | None = None) -> dunning_planning.Planner:
	return dunning_planning.Planner(run.company, getdate(run.run_date), leaves_on, run.flow)


def _start_jobs(run, again: str = "") -> None:
	"""Start a job for each shard that is not finished, once this transaction is committed."""
	name, status = run.name, run.status
	shards = [row.name for row in run.shards if row.status != DONE] or [""]
	frappe.db.after_commit.add(lambda: [_enqueue(name, shard, status, again) for shard in shards])


def _enqueue(run: str, shard: str, status: str, again: str = "") -> None:
	"""Start the job of a shard. Its planning and its sending are two jobs: the first ends with asking for the second.

	A job whose worker was killed counts as running for minutes; one that is started `again` is another.
	"""
	try:
		frappe.enqueue(
			"b2b_contracts.collections.dunning_runs.work",
			queue="long",
			timeout=3600,
			job_id="-".join(filter(None, ("b2b-dunning", run, shard, status, again))),
			deduplicate=True,
			run=run,
			shard=shard,
		)
	except Exception:
		# The sweep starts what no job was started for.
		frappe.log_error(title=f"Dunning run {run}: no job could be started")
		frappe.db.commit()  # nosemgrep: the transaction is over; this keeps the error log


# ------------------------------------------------------------------ worked on
def work(run: str, shard: str) -> None:
	"""Do what is to be done for a shard of a run, as far as it gets. In a job; may be killed and run again."""
	status = frappe.db.get_value(RUN, run, "status")
	if shard and status == PLANNING:
		if not clearing.in_own_transaction(plan_shard, run, shard):
			clearing.in_own_transaction(_say_it_failed, shard)
	elif shard and status == SENDING:
		dunning_sending.send_shard(run, shard)
	frappe.db.commit()  # nosemgrep: a job; the next look at the run is of what others have committed by now
	move_on(run)


def plan_shard(run_name: str, shard: str) -> bool:
	"""Plan the customers of a shard and write their notices: all of it, or nothing."""
	if frappe.db.get_value(SHARD, shard, "status", for_update=True) != WAITING:
		return False
	run = frappe.get_doc(RUN, run_name)
	row = next(r for r in run.shards if r.name == shard)
	planner = _planner(run)
	customers = dunning_planning.customers_of(
		planner, {field: run.get(field) for field in FILTERS}, row.first_customer, row.last_customer
	)
	notices = planner.plan(customers)
	write_notices(run, row.idx, notices)
	frappe.db.set_value(
		SHARD,
		shard,
		{"status": PLANNED, "touched_on": now_datetime(), "warnings": "\n".join(sorted(planner.warnings))},
		update_modified=False,
	)
	return True


def _say_it_failed(shard: str) -> bool:
	"""Let a shard that could not be planned say so; the sweep tries it again."""
	if frappe.db.get_value(SHARD, shard, "status", for_update=True) != WAITING:
		return False
	text = _("Could not be planned, and is tried again. The Error Log says why.")
	frappe.db.set_value(SHARD, shard, {"touched_on": now_datetime(), "warnings": text}, update_modified=False)
	return True


def write_notices(run, number: int, notices: Sequence[dunning_planning.Notice]) -> None:
	"""Insert the notices of a shard with their rows, as one statement a table."""
	headers, items, checks = [], [], []
	company, run_date = run.company, getdate(run.run_date)
	for position, notice in enumerate(notices, 1):
		name = f"{run.name}-{number:03}-{position:03}"
		headers.append((name, dunning_planning.notice_values(notice, run.name, run_date, company)))
		for rows, found in (
			(items, dunning_planning.item_values(notice)),
			(checks, dunning_planning.check_values(notice)),
		):
			rows += [(name, idx, values) for idx, values in enumerate(found, 1)]
	_insert(NOTICE, headers)
	_insert_rows("Dunning Notice Item", "items", items)
	_insert_rows("Dunning Notice Check", "checks", checks)


def _insert(doctype: str, named: list[tuple[str, dict]]) -> None:
	if not named:
		return
	now, user = now_datetime(), frappe.session.user
	fields = list(named[0][1])
	frappe.db.bulk_insert(
		doctype,
		["name", "creation", "modified", "owner", "modified_by", "docstatus", *fields],
		[(name, now, now, user, user, 0, *(values[f] for f in fields)) for name, values in named],
	)


def _insert_rows(doctype: str, parentfield: str, rows: list[tuple[str, int, dict]]) -> None:
	named = [
		(
			f"{parent}-{parentfield[0]}{idx}",
			{"parent": parent, "parenttype": NOTICE, "parentfield": parentfield, "idx": idx, **values},
		)
		for parent, idx, values in rows
	]
	_insert(doctype, named)


def move_on(name: str) -> None:
	"""Bring a run on to its next state once all its shards have come to the end of this one."""
	clearing.in_own_transaction(_move_on, name)


def _move_on(name: str) -> bool:
	run = locking.locked_doc(RUN, name)
	states = Counter(frappe.get_all(SHARD, {"parent": name}, pluck="status"))
	if run.status == PLANNING and not states[WAITING]:
		_count(run)
		run.status = PLANNED
		_save(run)
		if run.mode == REAL:
			_begin_sending(run)
	elif run.status == SENDING and not states[WAITING] and not states[PLANNED]:
		_count(run)
		run.update({"status": COMPLETED, "ended_on": now_datetime()})
		_save(run)
	else:
		return False
	_publish(run)
	return True


def recount(name: str) -> None:
	"""Count a run's notices anew, after one has come to another state."""
	run = locking.locked_doc(RUN, name)
	_count(run)
	_save(run)


def _counts(name: str) -> dict[str, int]:
	"""Return how many notices of a run are in each group of states by now."""
	notice = frappe.qb.DocType(NOTICE)
	by_status = dict(
		frappe.qb.from_(notice)
		.select(notice.status, Count("*"))
		.where(notice.run == name)
		.groupby(notice.status)
		.run()
	)
	return {field: sum(by_status.get(status, 0) for status in states) for field, states in COUNTED.items()}


def _count(run) -> None:
	notice, item = frappe.qb.DocType(NOTICE), frappe.qb.DocType("Dunning Notice Item")
	counts = _counts(run.name)
	amounts = (
		frappe.qb.from_(notice)
		.select(notice.currency, Sum(notice.grand_total))
		.where((notice.run == run.name) & (notice.status != "Skipped") & (notice.excluded == 0))
		.groupby(notice.currency)
		.run()
	)
	items = (
		frappe.qb.from_(item)
		.join(notice)
		.on(item.parent == notice.name)
		.select(Count("*"))
		.where(notice.run == run.name)
		.run()
	)
	warnings = frappe.get_all(SHARD, {"parent": run.name, "warnings": ["is", "set"]}, pluck="warnings")
	run.update(
		{
			**counts,
			# Amounts of several currencies do not add up: those of the company's own are shown.
			"amount": dict(amounts).get(run.currency, 0),
			"items_seen": items[0][0],
			"warnings": "\n".join(sorted({line for text in warnings for line in text.split("\n")})),
		}
	)


# ------------------------------------------------------------------ sent
def send(name: str):
	"""Send what is planned and not left out, in the background. Returns the document."""
	run = locking.locked_doc(RUN, name)
	if run.status != PLANNED:
		_refuse(_("{0} is {1}: only what is planned is sent.").format(name, _(run.status)))
	if (getdate() - getdate(run.run_date)).days > DAYS_A_PLAN_KEEPS:
		_refuse(
			_("{0} was planned for {1}. Plan it anew: more than {2} days have passed since.").format(
				name, formatdate(run.run_date), DAYS_A_PLAN_KEEPS
			)
		)
	run.mode = REAL
	_begin_sending(run)
	return run


def _begin_sending(run) -> None:
	run.update({"status": SENDING, "sent_by": frappe.session.user})
	_save(run)
	_start_jobs(run)


def go_on(name: str):
	"""Have a run that stands still gone on with now, and not when the sweep comes to it. Returns the document.

	Where workers are still at it no harm is done: whoever comes second finds a notice locked, then done.
	"""
	run = frappe.get_doc(RUN, name)
	if run.status not in (PLANNING, SENDING):
		_refuse(_("{0} is {1}: there is nothing to go on with.").format(name, _(run.status)))
	# However often it is asked for, one job a minute.
	_start_jobs(run, again=f"{now_datetime():%Y%m%d%H%M}")
	return run


def cancel(name: str):
	"""Give up a run of which nothing was sent. Returns the document."""
	run = locking.locked_doc(RUN, name)
	if run.status not in (DRAFT, PLANNING, PLANNED):
		_refuse(_("{0} is {1}: what was sent cannot be called back.").format(name, _(run.status)))
	run.update({"status": CANCELLED, "ended_on": now_datetime()})
	_save(run)
	return run


# ------------------------------------------------------------------ by the clock
def sweep() -> None:
	"""Start again what no worker has touched for a while, and follow what was handed over. Every quarter of an hour."""
	before = add_to_date(now_datetime(), minutes=-MINUTES_UNTIL_MISSED)
	under_way = frappe.get_all(
		RUN, {"status": ["in", (PLANNING, SENDING)]}, ["name", "status"], order_by="name"
	)
	for name, status in [(row.name, row.status) for row in under_way]:
		unfinished = WAITING if status == PLANNING else PLANNED
		for shard in frappe.get_all(
			SHARD, {"parent": name, "status": unfinished}, ["name", "touched_on", "modified"]
		):
			if (shard.touched_on or shard.modified) < before:
				_enqueue(name, shard.name, status)
		move_on(name)
	dunning_sending.follow()


def daily() -> None:
	"""Make the runs that companies have made every day. A day that was missed is made up for by the next: what is due is
	found by its state, not by its date. May be run again."""
	for row in frappe.get_all(
		"Company", {"b2b_dunning_mode": ["in", (PLAN_DAILY, SEND_DAILY)]}, ["name", "b2b_dunning_mode"]
	):
		clearing.in_own_transaction(_make_daily, row.name, row.b2b_dunning_mode)


def _make_daily(company: str, mode: str) -> bool:
	key = f"{company}:{getdate()}"
	if frappe.db.exists(RUN, {"automatic_key": key}) or dunning_planning.is_quiet(company, getdate()):
		return False
	run = frappe.new_doc(RUN)
	run.update(
		{
			"company": company,
			"run_date": getdate(),
			"mode": REAL if mode == SEND_DAILY else DRY,
			"is_automatic": 1,
			"automatic_key": key,
		}
	)
	run.flags.by_run = run.flags.ignore_permissions = True
	run.insert()
	plan(run.name)
	return True


# ------------------------------------------------------------------ shown
def state(name: str) -> dict:
	"""Return how far a run is, for the desk: its notices counted by now, its shards, and whether nobody works on it."""
	run = frappe.db.get_value(RUN, name, ["name", "status", "modified"], as_dict=True)
	finished = (DONE,) if run.status == SENDING else (PLANNED, DONE)
	shards = frappe.get_all(SHARD, {"parent": name}, pluck="status")
	return {
		"name": run.name,
		"status": run.status,
		**_counts(name),
		"done": sum(status in finished for status in shards),
		"of": len(shards),
		"stands_still": run.status in (PLANNING, SENDING) and _stands_still(name, run.modified),
	}


def _stands_still(name: str, began: datetime) -> bool:
	"""Whether no worker has left a sign on a run that is under way for a while."""
	signs = [began, *frappe.get_all(SHARD, {"parent": name, "touched_on": ["is", "set"]}, pluck="touched_on")]
	signs += frappe.get_all(NOTICE, {"run": name}, pluck="modified", order_by="modified desc", limit=1)
	return max(signs) < add_to_date(now_datetime(), seconds=-SECONDS_UNTIL_STILL)


def notices_of(name: str, statuses: Iterable[str] = ()) -> list[frappe._dict]:
	"""Return the notices of a run for the desk, what is sent first."""
	filters: dict = {"run": name}
	if statuses:
		filters["status"] = ["in", list(statuses)]
	return frappe.get_list(
		NOTICE,
		filters=filters,
		fields=[
			*("name", "customer", "customer_name", "status", "reason", "reason_text", "step_code", "channel"),
			*("contact_channel", "amount_due", "fee", "interest", "compensation", "grand_total", "currency"),
			*("recipients", "excluded", "exclude_reason", "deadline", "delivery_error"),
		],
		order_by="status asc, grand_total desc",
		limit=500,
	)


def _save(run) -> None:
	run.flags.by_run = run.flags.ignore_permissions = True
	run.flags.ignore_version = True
	run.save()


def _publish(run) -> None:
	frappe.publish_realtime(
		EVENT, {"run": run.name, "status": run.status}, doctype=RUN, docname=run.name, after_commit=True
	)


def _refuse(message: str) -> None:
	frappe.throw(message, DunningError, title=_("Dunning run"))
