"""Calls, letters and other personal contact: opened once for each notice and step, logged with what came of them, over by
themselves when nothing of them is open any more (requirements §3).

What a contact comes to is made by the use cases that make it elsewhere: promises, disputes and payment plans.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate, now_datetime

from b2b_contracts.credit import clearing, locking, notices, people, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import collection_cases as cases
from b2b_contracts.engine import collection_tasks as engine
from b2b_contracts.engine.collection_tasks import CANCELLED, DONE, OPEN
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import CollectionTaskError

from . import disputes, invoices, plan_drafting, standings, work_lists
from .invoices import INVOICE, currency_of, receivable_currency

TASK, ITEM = "Collection Task", "Collection Task Item"
NOTICE_ITEM = "Dunning Notice Item"
PRIORITY = engine.MEDIUM


@dataclass(frozen=True, slots=True)
class About:
	"""What a task is about: the document that it came from, the step of a flow, the invoices (none named: those of the
	document, else all that are open)."""

	doctype: str = ""
	name: str = ""
	step: str = ""
	invoices: tuple[str, ...] = ()


# ------------------------------------------------------------------ opened
def open_task(
	kind: str,
	customer: str,
	company: str,
	*,
	about: About | tuple[str, str] | Iterable[str] | None = None,
	due: date | str | None = None,
	assigned_to: str | None = None,
	reason: str = "",
	priority: str = PRIORITY,
) -> str:
	"""Open a task and return its name; that of the one there is when the same kind of task was opened for the same document
	and step before, whatever has become of it.

	`about` is an `About`, a document as (doctype, name), or the names of invoices.
	"""
	about = _about(about)
	key = _key_of(kind, customer, company, about, due)
	before = _with_key(key)
	if before:
		return before
	task = frappe.new_doc(TASK)
	task.update(
		{
			"kind": kind,
			"customer": customer,
			"customer_name": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": company,
			"due_date": due or getdate(),
			"assigned_to": assigned_to,
			"reason": reason,
			"priority": priority,
			"reference_doctype": about.doctype or None,
			"reference_name": about.name or None,
			"step": about.step or None,
			"task_key": key,
		}
	)
	for name in about.invoices or _invoices_of(about):
		task.append("items", {"sales_invoice": name})
	task.flags.credit_service = True
	return _insert_once(task, key)


def _insert_once(task, key: str) -> str:
	"""Insert a task; where somebody else has opened it at the same moment, theirs is the one."""
	frappe.db.savepoint("b2b_collection_task")
	try:
		return task.insert(ignore_permissions=True).name
	except frappe.UniqueValidationError:
		frappe.db.rollback(save_point="b2b_collection_task")
		frappe.clear_last_message()
		# A plain read would still show what this transaction saw when it began.
		return frappe.db.get_value(TASK, {"task_key": key}, "name", for_update=True)


def _about(about) -> About:
	if about is None or isinstance(about, About):
		return about or About()
	parts = tuple(about)
	if len(parts) == 2 and frappe.db.exists("DocType", parts[0]):
		return About(*parts)
	return About(invoices=tuple(dict.fromkeys(parts)))


def _key_of(kind: str, customer: str, company: str, about: About, due) -> str:
	"""Return what a task is known by: its document and step; without one its invoices and the day, so that the same list
	is called again another day."""
	if about.name:
		return engine.key_of(kind, about.doctype, about.name, about.step)
	day = str(getdate(due) if due else getdate())
	return engine.key_of(kind, customer, company, about.step, day, *sorted(about.invoices))


def _with_key(key: str) -> str | None:
	return frappe.db.get_value(TASK, {"task_key": key})


def _invoices_of(about: About) -> list[str]:
	if about.doctype == INVOICE:
		return [about.name]
	if about.doctype == "Dunning Notice":
		rows = frappe.get_all(
			NOTICE_ITEM, filters={"parent": about.name}, pluck="sales_invoice", order_by="idx"
		)
		return list(dict.fromkeys(filter(None, rows)))
	return []


def complete(task) -> None:
	"""Complete a new task: its invoices as they stand, in one currency, who works on it, what it is known by."""
	task.task_key = task.task_key or engine.key_of(TASK, frappe.generate_hash(length=20))
	_fill_items(task)
	task.assigned_to = task.assigned_to or worker_for(task.customer, task.company, task.kind)


def _fill_items(task) -> None:
	if not task.items and task.kind not in (engine.DECIDE_UNCLEAR, engine.FIND_ADDRESS):
		for row in standings.open_invoices(task.customer, task.company):
			task.append("items", {"sales_invoice": row.name})
	before: set[str] = set()
	found = invoices.seen(row.sales_invoice for row in task.items)
	standing = standings.of(task.customer, task.company, list(found))
	for row in task.items:
		facts = found.get(row.sales_invoice)
		invoices.refuse_foreign(task, row, facts, _refuse)
		invoices.refuse_repeated(row, before, _refuse)
		chosen = cases.choose(standing[row.sales_invoice])
		row.update(
			{
				"due_date": facts.due_date,
				"outstanding": facts.outstanding_amount,
				"chased_amount": number(chosen.principal),
				"currency": currency_of(facts),
			}
		)
	# What is in another currency than the oldest is a call of its own.
	oldest = min(task.items, key=lambda row: (getdate(row.due_date), row.sales_invoice), default=None)
	task.currency = oldest.currency if oldest else receivable_currency(task.customer, task.company)
	task.set("items", [row for row in task.items if row.currency == task.currency])
	task.total_amount = number(sum((money(row.chased_amount) for row in task.items), ZERO))


def opened(task) -> None:
	"""Put a new task on the list of whoever works on it."""
	_assign(task)


def worker_may_have_changed(task) -> None:
	"""Give an open task to whoever it was handed to."""
	before = task.get_doc_before_save()
	if before and before.assigned_to != task.assigned_to and task.status == OPEN:
		work_lists.take_off(task)
		_assign(task)


def _assign(task) -> None:
	text = _("{0}: {1}, {2}").format(
		_(task.kind, context=TASK),
		task.customer_name or task.customer,
		wording.money_text(money(task.total_amount), task.currency),
	)
	work_lists.give(task, task.assigned_to, text, task.due_date, task.priority)


def worker_for(customer: str, company: str, kind: str = "") -> str | None:
	"""Return who works on what a customer owes: their collector; nobody where the site has an assignment rule of its own;
	else whoever of the Collectors has the fewest tasks. An account manager's contact is the account manager's."""
	if kind == engine.ACCOUNT_MANAGER:
		seller = frappe.db.get_value("Customer", customer, "account_manager")
		if seller and people.is_desk_user(seller):
			return seller
	collector = frappe.db.get_value("Customer", customer, "b2b_collector") if _has_collectors() else None
	if collector and people.is_desk_user(collector):
		return collector
	if work_lists.has_assignment_rule(TASK):
		return None
	candidates = people.users_with("Collector") or people.controllers()
	return work_lists.least_busy(TASK, candidates, status=OPEN)


def _has_collectors() -> bool:
	return frappe.get_meta("Customer").has_field("b2b_collector")


# ------------------------------------------------------------------ logged
def may_log(task) -> bool:
	"""Whether the session user may log what came of a task: by role, or because it is theirs."""
	return task.assigned_to == frappe.session.user or task.has_permission("write")


def log(
	name: str,
	outcome: str,
	*,
	spoken_with: str = "",
	note: str = "",
	retry_on: date | str | None = None,
	values: Mapping | None = None,
):
	"""Log a contact with its outcome, and make what came of it; returns the task.

	`values` say more of a promise (`amount`, `promised_date`), a dispute (`sales_invoice`, `amount`, `root_cause`) or a plan
	(`number_of_instalments`, `first_instalment_date`); what is left out is what is open, and the next days.
	"""
	task = _open(name)
	again = getdate(retry_on) if retry_on else None
	following = _after(task, outcome, again)
	made = _make(task, outcome, frappe._dict(values or {}), (note or "").strip())
	_append(task, outcome, spoken_with, note, following.due if following.status == OPEN else None, made)
	if following.status == OPEN:
		_try_again(task, following.due)
	else:
		_end(task, DONE, outcome=outcome)
	if following.follow_up:
		open_task(
			following.follow_up,
			task.customer,
			task.company,
			about=About(TASK, task.name),
			assigned_to=task.assigned_to,
			reason=_("The number that was called is wrong. Find the right one."),
		)
	if outcome == engine.REFUSES:
		_tell_of_refusal(task, note)
	return task


def _after(task, outcome: str, retry_on: date | None) -> engine.Next:
	if outcome not in engine.outcomes_of(task.kind):
		_refuse(
			_("A task of kind {0} comes out as one of {1}, not as {2}.").format(
				_(task.kind, context=TASK),
				", ".join(_(known, context=TASK) for known in engine.outcomes_of(task.kind)),
				_(outcome, context=TASK) if outcome else "–",
			)
		)
	if retry_on and outcome == engine.NOT_REACHED and retry_on <= getdate():
		_refuse(
			_("{0} is not after today. Enter the day on which to try again.").format(formatdate(retry_on))
		)
	return engine.after(task.kind, outcome, getdate(task.due_date), getdate(), retry_on)


def _try_again(task, day: date) -> None:
	locking.write(task, {"due_date": day})
	for todo in work_lists.open_on(task, "name"):
		frappe.db.set_value("ToDo", todo, "date", day)


def _tell_of_refusal(task, note: str) -> None:
	text = _("{0} refuses to pay {1}: {2}").format(
		task.customer_name, wording.money_text(money(task.total_amount), task.currency), note or "–"
	)
	seller = frappe.db.get_value("Customer", task.customer, "account_manager")
	notices.bell(TASK, task.name, [*people.controllers(), seller], text)


def _append(task, outcome: str, spoken_with: str, note: str, retry_on, made: tuple[str, str] | None) -> None:
	row = task.append(
		"contacts",
		{
			"contacted_on": now_datetime(),
			"contacted_by": frappe.session.user,
			"spoken_with": (spoken_with or "").strip(),
			"outcome": outcome,
			"note": (note or "").strip(),
			"retry_on": retry_on,
			"result_doctype": made[0] if made else None,
			"result_name": made[1] if made else None,
		},
	)
	row.db_insert()


# ------------------------------------------------------------------ what came of it
def _make(task, outcome: str, values: frappe._dict, note: str) -> tuple[str, str] | None:
	maker = {engine.PROMISE: _promise, engine.DISPUTE: _dispute, engine.PLAN: _plan}.get(outcome)
	return maker(task, values, note) if maker else None


def _promise(task, values: frappe._dict, note: str) -> tuple[str, str]:
	"""Note a promise: for the task's invoices, the oldest first, so that each of them is left alone until the day."""
	if not values.promised_date:
		_refuse(_("Enter the day until which the money is promised."))
	rows = _chased_now(task)
	whole = sum((amount for _name, amount in rows), ZERO)
	amount = money(values.amount) if values.amount else whole
	if not 0 < amount <= whole:
		_refuse(
			_(
				"{0} is promised, but {1} of what the task is about can be asked for. Enter that, or less."
			).format(wording.money_text(amount, task.currency), wording.money_text(whole, task.currency))
		)
	first = None
	for (invoice, _chased), part in zip(rows, cases.spread(amount, [a for _n, a in rows]), strict=True):
		if part:
			promise = frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": task.customer,
					"company": task.company,
					"sales_invoice": invoice,
					"amount": number(part),
					"promised_date": values.promised_date,
					"note": note,
				}
			).insert()
			first = first or promise
	return first.doctype, first.name


def _dispute(task, values: frappe._dict, note: str) -> tuple[str, str]:
	"""Report a dispute, taken up at once by whoever may."""
	if not note:
		_refuse(_("Write down what is disputed: whoever works on it reads it."))
	names = [values.sales_invoice] if values.sales_invoice else [row.sales_invoice for row in task.items]
	if not names:
		_refuse(_("Name the invoice that is disputed."))
	rows = [
		{"sales_invoice": n, "disputed_amount": values.amount if values.sales_invoice else None}
		for n in names
	]
	dispute = disputes.new(rows, values.root_cause or "Other", note)
	dispute.insert()
	if disputes.may_take_up(dispute):
		dispute.submit()
	return dispute.doctype, dispute.name


def _plan(task, values: frappe._dict, note: str) -> tuple[str, str]:
	"""Draft a payment plan, for somebody with the mandate to approve."""
	frappe.has_permission("Payment Plan", "create", throw=True)
	names = [name for name, _amount in _chased_now(task)]
	plan = plan_drafting.new(task.customer, task.company, names)
	plan.update(
		{
			"reason": note or _("Agreed in {0}.").format(task.name),
			"number_of_instalments": cint(values.number_of_instalments) or 3,
			"first_instalment_date": values.first_instalment_date or getdate(),
		}
	)
	plan.insert()
	return plan.doctype, plan.name


def _chased_now(task) -> list[tuple[str, Decimal]]:
	"""Return what of each invoice of a task can be asked for now, the oldest first; what cannot is left out."""
	rows = sorted(task.items, key=lambda row: (getdate(row.due_date), row.sales_invoice))
	standing = standings.of(task.customer, task.company, [row.sales_invoice for row in rows])
	chosen = [(row.sales_invoice, cases.choose(standing[row.sales_invoice]).principal) for row in rows]
	return [(name, amount) for name, amount in chosen if amount > 0]


# ------------------------------------------------------------------ ended
def cancel(name: str, reason: str):
	"""Cancel an open task by hand, with a written reason. Returns the task."""
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the task is cancelled."))
	task = _open(name)
	_end(task, CANCELLED, end_reason=reason)
	return task


def end(name: str, reason: str) -> None:
	"""Cancel a task that has no object any more, whoever asks; nothing when it has ended."""
	task = locking.locked_doc(TASK, name)
	if task.status == OPEN:
		_end(task, CANCELLED, end_reason=reason)


def _end(task, status: str, **values) -> None:
	locking.write(
		task, {"status": status, "ended_by": frappe.session.user, "ended_on": now_datetime(), **values}
	)
	task.notify_update()
	work_lists.take_off(task)


def _open(name: str):
	task = locking.locked_doc(TASK, name)
	if task.status != OPEN:
		_refuse(_("Task {0} is {1}: nothing can be logged in it.").format(name, _(task.status, context=TASK)))
	return task


def has_open(customer: str, company: str) -> bool:
	"""Whether a customer has an open task."""
	return bool(frappe.db.exists(TASK, {"customer": customer, "company": company, "status": OPEN}))


def open_of(customer: str, company: str | None = None) -> list[str]:
	"""Return the open tasks of a customer, the first due on top."""
	filters = {"customer": customer, "status": OPEN, **({"company": company} if company else {})}
	return frappe.get_all(TASK, filters=filters, order_by="due_date, name", pluck="name")


def keep_in_step(customer: str, company: str) -> None:
	"""Cancel the tasks of a customer of which nothing is left. Runs in a job: a transaction a task."""
	for name in open_of(customer, company):
		clearing.in_own_transaction(end_if_over, name)


def end_if_over(name: str) -> bool:
	"""Cancel a task when nothing of it is to be asked for any more, with the reason; returns whether it was."""
	task = locking.locked_doc(TASK, name)
	if task.status != OPEN:
		return False
	standing = standings.of(task.customer, task.company, [row.sales_invoice for row in task.items])
	why = engine.why_over(task.kind, [cases.choose(debt) for debt in standing.values()])
	if not why:
		return False
	_end(task, CANCELLED, end_reason=" ".join(_sentence(reason) for reason in why))
	return True


def daily() -> None:
	"""Cancel every task of which nothing is left. May be killed and run again."""
	rows = frappe.get_all(TASK, filters={"status": OPEN}, fields=["customer", "company"])
	for customer, company in sorted({(row.customer, row.company) for row in rows}):
		keep_in_step(customer, company)


def _sentence(reason: str) -> str:
	return {
		cases.SETTLED: _("Paid or credited."),
		cases.INSOLVENT: _("The customer is insolvent."),
		cases.IN_CASE: _("Handed to a collection case."),
		cases.DISPUTED: _("Disputed."),
		cases.IN_PLAN: _("In a payment plan."),
		cases.PAYMENT_ON_ITS_WAY: _("On its way by a payment slip."),
		cases.PROMISED: _("Promised for a day to come."),
		cases.COVERED: _("Covered by credits that are set against nothing yet."),
	}[reason]


def _refuse(message: str) -> None:
	frappe.throw(message, CollectionTaskError, title=_("Collection task"))
