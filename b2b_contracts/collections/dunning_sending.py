"""Sending planned notices: each is planned once more, its steps are taken in the log, and it is handed to its channel (§3).

Nothing is sent twice and nothing is missed, wherever a worker dies:

- A step of an item is taken by a row of the Dunning Log whose key is unique in the database. Of two runs that come to it one
  takes it, the other leaves the item out.
- An e-mail is a row of Frappe's Email Queue, written in the same transaction as the log: both are there, or neither.
- What leaves the database at once (an SMS) is announced before, in a transaction of its own: whoever finds it announced and
  not done cannot know whether it went, and asks a person (Unclear).
- A notice that loses a deadlock stays planned. A job tries it a few times and leaves the rest to the sweep.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from b2b_contracts.credit import clearing, locking, notices, stops
from b2b_contracts.engine import dunning as engine

from . import collection_tasks, dunning_channels, dunning_charges, dunning_planning
from .dunning_notices import (
	FAILED,
	LOG,
	NOTICE,
	PLANNED,
	RESERVED,
	RUN,
	SENT,
	SKIPPED,
	mark_log,
	save,
)

SHARD = "Dunning Run Shard"
# So often a notice is tried within a job; others that hold what it needs may take longer.
MOST_TRIES = 5
BY_ANOTHER, CHANGED, BY_HAND = "Sent by Another", "Changed", "By Hand"


# ------------------------------------------------------------------ a shard
def send_shard(run_name: str, shard: str) -> None:
	"""Send the planned notices of a shard, a transaction each; what fails is noted and keeps no other waiting."""
	run = frappe.get_doc(RUN, run_name)
	row = next(r for r in run.shards if r.name == shard)
	planner = dunning_planning.Planner(run.company, getdate(run.run_date), getdate(), run.flow)
	first = f"{run_name}-{row.idx:03}-"
	lost: Counter[str] = Counter()
	while names := _planned(first, [name for name, times in lost.items() if times >= MOST_TRIES]):
		for name in names:
			if not send_notice(name, planner):
				lost[name] += 1
		frappe.db.set_value(SHARD, shard, "touched_on", now_datetime(), update_modified=False)
		frappe.db.commit()  # nosemgrep: a sign of life between batches
	left = sorted(name for name, times in lost.items() if times >= MOST_TRIES)
	if left:
		# The shard is not done: the sweep starts it again once it has stood still for a while.
		frappe.log_error(
			title=f"Dunning: {len(left)} notices of {run_name} lost {MOST_TRIES} deadlocks each, and wait for the sweep",
			message="\n".join(left),
		)
		return
	frappe.db.set_value(SHARD, shard, "status", "Done", update_modified=False)


def _planned(first: str, but: Collection[str] = (), limit: int = 50) -> list[str]:
	"""Return the next notices of a shard that nobody has looked at, without some; their names begin with that of the shard."""
	notice = frappe.qb.DocType(NOTICE)
	query = (
		frappe.qb.from_(notice)
		.select(notice.name)
		.where(notice.name.like(first + "%") & (notice.status == PLANNED))
		.orderby(notice.name)
		.limit(limit)
	)
	return (query.where(notice.name.notin(list(but))) if but else query).run(pluck=True)


def send_notice(name: str, planner: dunning_planning.Planner) -> bool:
	"""Send one notice; returns whether it has another state than Planned afterwards. It has, unless it lost a deadlock."""
	customer, acts = frappe.db.get_value(NOTICE, name, ["customer", "acts"])
	if engine.DELIVERY_STOP in (acts or ""):
		# Of its own, as it takes the customer's gate: the stop that the notice speaks of is there before it speaks.
		clearing.in_own_transaction(clearing.sync_stop, (customer, planner.company))
	try:
		after = _send(name, planner)
		frappe.db.commit()  # nosemgrep: one transaction a notice, on purpose
		if after:
			after()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		# It stays planned, and is tried again.
		frappe.db.rollback()
		return False
	except Exception as problem:
		frappe.db.rollback()
		frappe.log_error(
			title=f"Dunning: {name} could not be sent", reference_doctype=NOTICE, reference_name=name
		)
		frappe.db.set_value(
			NOTICE, name, {"status": FAILED, "delivery_error": str(problem)[:500]}, update_modified=False
		)
		frappe.db.commit()  # nosemgrep: the failure is noted, the next notice is looked at
	return True


def _send(name: str, planner: dunning_planning.Planner):
	"""Take a notice's steps and hand it to its channel. Returns what is to be done once that is committed, None for nothing."""
	doc = locking.locked_doc(NOTICE, name)
	if doc.status != PLANNED:
		return None
	if doc.excluded:
		return _skip(doc, BY_HAND, doc.exclude_reason)
	lost: set[str] = set()
	while True:
		notice = planned_again(doc, planner, lost)
		if notice is None or notice.reason:
			return _skip(doc, *_why_nothing(notice, lost))
		wanted = {part.item.key for part in notice.planned.parts if part.step}
		missed = wanted - _take_steps(doc, notice, planner.leaves_on)
		if not missed:
			break
		# Planned again without them: a fee is for the items that are left. What was taken is taken anew.
		frappe.db.delete(LOG, {"notice": doc.name})
		lost |= missed
	_write(doc, notice, lost)
	_look_at_stop(doc)
	return _hand_over(doc, notice)


def _why_nothing(notice: dunning_planning.Notice | None, lost: set[str]) -> tuple[str, str]:
	if lost:
		return BY_ANOTHER, _("Another run has sent these steps meanwhile.")
	if notice is None:
		return CHANGED, _("Nothing of it is due any more.")
	return notice.reason, notice.reason_text


def planned_again(
	doc, planner: dunning_planning.Planner, lost: Iterable[str] = ()
) -> dunning_planning.Notice | None:
	"""Return what the plan of a notice comes to by the facts of now, None where nothing of it is left.

	What a person left out stays out; an item that came to a step only since the plan was made waits for the next run.
	"""
	rows = {row.item_key: row for row in doc.items}
	out = {key for key, row in rows.items() if row.exclude} | set(lost)
	for notice in planner.plan([doc.customer], out):
		if notice.facts.currency != doc.currency:
			continue
		parts = tuple(
			part
			if not part.step or (part.item.key in rows and rows[part.item.key].step_code == part.step.code)
			else replace(part, step=None)
			for part in notice.planned.parts
		)
		if not notice.reason and not any(part.step for part in parts):
			return None
		notice.planned = replace(notice.planned, parts=parts)
		return notice
	return None


def _skip(doc, reason: str, text: str | None):
	locking.write(doc, {"status": SKIPPED, "reason": reason, "reason_text": text or ""})
	return None


# ------------------------------------------------------------------ the log
def log_key(item_key: str, step_code: str) -> str:
	"""Return the key of an item's step: unique, whatever run, notice or flow it is of."""
	return f"{item_key}:{step_code}"


def _take_steps(doc, notice: dunning_planning.Notice, on: date) -> set[str]:
	"""Write that the items have these steps now, and return the keys of those that nobody had taken before.

	A row that is there already is another notice's, unless that one failed: then it is taken over.
	"""
	stepped = [part for part in notice.planned.parts if part.step]
	rows = []
	for part in stepped:
		rows.append(
			{
				"log_key": log_key(part.item.key, part.step.code),
				"item_key": part.item.key,
				"sales_invoice": part.item.invoice,
				"customer": doc.customer,
				"company": doc.company,
				"flow": notice.chosen.flow.name,
				"step_code": part.step.code,
				"step_day": part.step.day,
				"status": RESERVED,
				"sent_on": on,
				"channel": notice.step.channel,
				"notice": doc.name,
				"announced": ", ".join(sorted(notice.planned.announces)),
				"deadline": notice.judged.deadline if notice.judged else None,
				"currency": doc.currency,
				"fee": float(notice.fee),
				"compensation": float(notice.compensation),
			}
		)
	keys = [row["log_key"] for row in rows]
	now, user = now_datetime(), frappe.session.user
	fields = list(rows[0])
	log = frappe.qb.DocType(LOG)
	(
		frappe.qb.update(log)
		.set(log.status, RESERVED)
		.set(log.notice, doc.name)
		.set(log.sent_on, on)
		.set(log.modified, now)
		.where(log.name.isin(keys) & (log.status == FAILED))
		.run()
	)
	frappe.db.bulk_insert(
		LOG,
		["name", "creation", "modified", "owner", "modified_by", "docstatus", *fields],
		[(row["log_key"], now, now, user, user, 0, *row.values()) for row in rows],
		ignore_duplicates=True,
	)
	mine = frappe.get_all(LOG, {"name": ["in", keys], "notice": doc.name}, pluck="item_key")
	return set(mine)


# ------------------------------------------------------------------ written, handed over
def _write(doc, notice: dunning_planning.Notice, lost: Iterable[str]) -> None:
	"""Write the notice as it goes out: amounts of now, and why an item is not in it."""
	excluded = {row.item_key for row in doc.items if row.exclude}
	doc.update(dunning_planning.notice_values(notice, doc.run, getdate(doc.run_date), doc.company))
	doc.set("items", [])
	for values in dunning_planning.item_values(notice):
		key = values["item_key"]
		because = _("Sent by another run meanwhile") if key in lost else ""
		doc.append("items", {**values, "exclude": int(key in excluded), "dropped_because": because})
	doc.set("checks", [])
	for values in dunning_planning.check_values(notice):
		doc.append("checks", values)


def _look_at_stop(doc) -> None:
	"""Let the notice say that deliveries are stopped only where they are: the step evaluates, the rules stop (§2.4)."""
	acts = [act for act in (doc.acts or "").split(", ") if act]
	if engine.DELIVERY_STOP in acts and not stops.keep_goods_of(doc.customer, doc.company):
		doc.acts = ", ".join(act for act in acts if act != engine.DELIVERY_STOP)
		doc.append(
			"checks",
			{
				"rule": _("Delivery stop evaluated"),
				"outcome": "Applied",
				"explanation": _("No rule of the credit policy stops deliveries, so none are stopped."),
				"is_confirmed": 1,
			},
		)


def _hand_over(doc, notice: dunning_planning.Notice):
	"""Charge what the notice charges, open the tasks of persons, and hand it to its channel."""
	doc.update(
		{"attempts": (doc.attempts or 0) + 1, "sent_on": now_datetime(), "sent_by_channel": doc.channel}
	)
	save(doc)
	dunning_charges.charge(doc)
	_tell_persons(doc, notice)
	if not notice.planned.step:
		doc.status = SENT
		save(doc)
		mark_log(doc.name, SENT)
		return None
	return dunning_channels.dispatch(doc)


def _tell_persons(doc, notice: dunning_planning.Notice) -> None:
	contact = notice.planned.contact
	if contact:
		open_contact(doc, contact)
	if doc.escalate_to:
		users = notices_to(doc.escalate_to)
		text = _("{0} owes {1}: step {2} of {3} tells you.").format(
			doc.customer_name, doc.get_formatted("grand_total"), doc.step_code, doc.flow
		)
		frappe.db.after_commit.add(lambda: notices.bell(NOTICE, doc.name, users, text))


def open_contact(doc, contact: engine.Step) -> None:
	"""Open the task of a step that a person takes, or propose the hand-over to collection."""
	if contact.channel == engine.AGENCY:
		dunning_channels.propose_case(doc)
		return
	kind = {engine.PHONE: "Phone Call", engine.ACCOUNT_MANAGER: "Account Manager Contact"}[contact.channel]
	collection_tasks.open_task(
		kind,
		doc.customer,
		doc.company,
		about=collection_tasks.About(NOTICE, doc.name, contact.code, tuple(_invoices(doc))),
		due=getdate(),
		reason=_("Step {0} of {1}: {2} is open.").format(
			contact.code, doc.flow, doc.get_formatted("amount_due")
		),
	)


def _invoices(doc) -> list[str]:
	return list(dict.fromkeys(row.sales_invoice for row in doc.items if row.chased_amount))


def notices_to(role: str) -> list[str]:
	"""Return the users with a role who may be told."""
	from frappe.utils.user import get_users_with_role

	return sorted(user for user in get_users_with_role(role) if user not in ("Administrator", "Guest"))


# ------------------------------------------------------------------ afterwards
def follow() -> None:
	"""Look at what became of notices that were handed over."""
	dunning_channels.follow()
