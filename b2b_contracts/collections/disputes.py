"""Disputes: taken up, moved on, settled; and what of an invoice is set aside meanwhile (requirements §2.4, §3).

What is disputed of an invoice stands on the invoice (`b2b_disputed_amount`), so that every query of open items has it
at hand. It is written under a lock on the invoice's own row, which is taken before any other row of the transaction but
the dispute's.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder import Order
from frappe.utils import cint, getdate, now_datetime

from b2b_contracts.credit import clearing, jobs, locking, notices, people, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import disputes as engine
from b2b_contracts.engine.disputes import ACCEPTED, CUSTOMER, REJECTED, RUNNING, US
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import DisputeError

from . import crediting, invoices, work_lists
from .invoices import INVOICE

# Who works on what, where no assignment rule of the site says it.
ROLE_OF_TEAM = {engine.LOGISTICS: "Stock Manager", engine.CREDIT_CONTROL: "Credit Controller"}


# ------------------------------------------------------------------ entered
def new(
	rows: list[dict],
	root_cause: str = "",
	description: str = "",
	raised_by: str = CUSTOMER,
	next_action_by: str = US,
):
	"""Return a dispute of some invoices, `{sales_invoice, disputed_amount}`, that is not saved yet. The customer is the first
	invoice's."""
	first = invoices.facts_of(rows[0].get("sales_invoice"))
	if not first:
		_refuse(_("There is no invoice {0}.").format(rows[0].get("sales_invoice")))
	dispute = frappe.new_doc("Dispute")
	dispute.update(
		{
			"customer": first.customer,
			"customer_name": frappe.db.get_value("Customer", first.customer, "customer_name"),
			"company": first.company,
			"root_cause": root_cause,
			"description": description,
			"raised_by": raised_by,
			"next_action_by": next_action_by,
		}
	)
	for row in rows:
		dispute.append(
			"invoices",
			{"sales_invoice": row.get("sales_invoice"), "disputed_amount": row.get("disputed_amount")},
		)
	return dispute


def disputable(customer: str, company: str) -> list[dict]:
	"""Return the open invoices of a customer with what can still be disputed of each, the oldest first."""
	found = frappe.get_all(
		INVOICE,
		filters={
			"customer": customer,
			"company": company,
			"docstatus": 1,
			"is_return": 0,
			"outstanding_amount": [">", 0],
		},
		fields=invoices.FIELDS,
		order_by="due_date, name",
	)
	return [
		{
			"sales_invoice": facts.name,
			"due_date": str(facts.due_date),
			"outstanding": facts.outstanding_amount,
			"free": number(engine.free_to_dispute(money(facts.outstanding_amount), set_aside_of(facts))),
			"currency": invoices.currency_of(facts),
		}
		for facts in found
	]


def fill_invoices(dispute) -> None:
	"""Complete the rows of a draft from their invoices, and refuse those that cannot be disputed.

	An amount that is left empty is all that is open of the invoice and not set aside already.
	"""
	before: set[str] = set()
	for row in dispute.invoices:
		facts = invoices.facts_of(row.sales_invoice)
		_refuse_foreign(dispute, row, facts)
		invoices.refuse_repeated(row, before, _refuse)
		free = engine.free_to_dispute(money(facts.outstanding_amount), set_aside_of(facts))
		row.due_date, row.outstanding = facts.due_date, facts.outstanding_amount
		row.price_list, row.contract = facts.selling_price_list, contract_of(facts)
		row.disputed_amount = row.disputed_amount or number(free)
		_refuse_more_than(free, row, facts)
		dispute.currency = dispute.currency if row.idx > 1 else invoices.currency_of(facts)
		if dispute.currency != invoices.currency_of(facts):
			_refuse(
				_(
					"Invoice {0} is in {1}, the invoices before it in {2}. Open a dispute for each currency."
				).format(row.sales_invoice, invoices.currency_of(facts), dispute.currency)
			)


def contract_of(facts) -> str | None:
	"""Return ERPNext's contract with the customer that was in force on the day of an invoice; the one that began last."""
	contract = frappe.qb.DocType("Contract")
	on = facts.posting_date
	rows = (
		frappe.qb.from_(contract)
		.select(contract.name)
		.where((contract.party_type == "Customer") & (contract.party_name == facts.customer))
		.where((contract.docstatus == 1) & (contract.is_signed == 1))
		.where(contract.start_date.isnull() | (contract.start_date <= on))
		.where(contract.end_date.isnull() | (contract.end_date >= on))
		.orderby(contract.start_date, order=Order.desc)
		.orderby(contract.name)
		.limit(1)
		.run()
	)
	return rows[0][0] if rows else None


def _refuse_foreign(dispute, row, facts) -> None:
	invoices.refuse_foreign(dispute, row, facts, _refuse)
	if facts.docstatus != 1 or cint(facts.is_return) or money(facts.outstanding_amount) <= 0:
		_refuse(
			_("Nothing of invoice {0} in row {1} is open, so nothing of it can be disputed.").format(
				row.sales_invoice, row.idx
			)
		)


def _refuse_more_than(free: Decimal, row, facts) -> None:
	if money(row.disputed_amount) > free or free <= 0:
		currency = invoices.currency_of(facts)
		_refuse(
			_(
				"{0} of invoice {1} is to be disputed, but {2} is open and {3} of that is disputed or in a payment plan already. Enter {4} or less."
			).format(
				wording.money_text(money(row.disputed_amount), currency),
				row.sales_invoice,
				wording.money_text(money(facts.outstanding_amount), currency),
				wording.money_text(set_aside_of(facts), currency),
				wording.money_text(free, currency),
			)
		)


def may_take_up(dispute) -> bool:
	"""Whether the user may take a dispute up. The document's own method would tell a seller that they may not."""
	return frappe.has_permission("Dispute", "submit", dispute)


def reported(dispute) -> None:
	"""Tell the credit controllers of a draft by somebody who may not take it up; of a customer's own the seller too."""
	cause = _(dispute.root_cause, context="Dispute")
	if dispute.by_link:
		text = (
			_("{0} disputes {1} in the portal: {2}")
			if dispute.flags.in_portal
			else _("{0} disputes {1} by the link in our mail: {2}")
		)
		amount = wording.money_text(money(dispute.disputed_amount), dispute.currency)
		_tell_of_customer(dispute, text.format(dispute.customer_name, amount, cause))
	elif not may_take_up(dispute):
		text = _("{0} reports a dispute of {1}: {2}").format(
			frappe.utils.get_fullname(dispute.owner), dispute.customer_name, cause
		)
		notices.bell("Dispute", dispute.name, people.controllers(), text)


def _tell_of_customer(dispute, text: str) -> None:
	"""Tell the controllers, the seller and whoever works on it what a customer has written by a link."""
	seller = frappe.db.get_value("Customer", dispute.customer, "account_manager")
	notices.bell("Dispute", dispute.name, [*people.controllers(), seller, dispute.assigned_to], text)


# ------------------------------------------------------------------ taken up
def take_up(dispute) -> None:
	"""Take a dispute up, before it is written: what it sets aside is checked against the invoices as they are now."""
	for row in sorted(dispute.invoices, key=lambda row: row.sales_invoice):
		facts = invoices.facts_of(row.sales_invoice, lock=True)
		_refuse_foreign(dispute, row, facts)
		_refuse_more_than(
			engine.free_to_dispute(money(facts.outstanding_amount), set_aside_of(facts)), row, facts
		)
		row.open_amount = row.disputed_amount
	dispute.next_action_by = dispute.next_action_by or US
	dispute.status = engine.status_of(dispute.next_action_by, has_begun=False)
	dispute.open_amount = sum(row.open_amount for row in dispute.invoices)
	# What counts is how long it has waited here: a complaint that was entered late has not stood still.
	dispute.last_progress_on = getdate()
	dispute.owner_team = dispute.owner_team or engine.TEAM_OF_CAUSE[dispute.root_cause]
	if not dispute.assigned_to and not work_lists.has_assignment_rule("Dispute"):
		dispute.assigned_to = _member_of(dispute.owner_team, dispute.customer)


def taken_up(dispute) -> None:
	"""Set aside what is disputed, now that the dispute is written, and give it to whoever works on it."""
	for row in dispute.invoices:
		_write_disputed(row.sales_invoice, money(row.disputed_amount))
	_assign(dispute)
	clearing.cause_may_be_gone(dispute.customer, dispute.company)


def withdrawn(dispute) -> None:
	"""Put back what a cancelled dispute has set aside."""
	_put_back(dispute)
	_end(dispute)


def owner_may_have_changed(dispute) -> None:
	"""Give a running dispute to whoever it was handed to."""
	before = dispute.get_doc_before_save()
	if before and before.assigned_to != dispute.assigned_to and dispute.status in RUNNING:
		work_lists.take_off(dispute)
		_assign(dispute)


def _assign(dispute) -> None:
	text = _("{0} disputes {1}: {2}").format(
		dispute.customer_name,
		wording.money_text(money(dispute.disputed_amount), dispute.currency),
		_(dispute.root_cause, context="Dispute"),
	)
	work_lists.give(dispute, dispute.assigned_to, text, dispute.deadline, dispute.priority)


def _member_of(team: str, customer: str) -> str | None:
	"""Return who works on a dispute of a team: the account manager, or whoever of the team has the fewest running."""
	if team == engine.SALES:
		seller = frappe.db.get_value("Customer", customer, "account_manager")
		if seller and people.is_desk_user(seller):
			return seller
	candidates = people.users_with(ROLE_OF_TEAM.get(team, "Credit Controller")) or people.controllers()
	return work_lists.least_busy("Dispute", candidates, docstatus=1, status=["in", RUNNING])


# ------------------------------------------------------------------ moved on
def add_entry(name: str, entry: str, text: str, next_action_by: str | None = None):
	"""Note what was said or done in a running dispute, and whose turn it is from now on. Returns the dispute."""
	if entry not in engine.ENTRIES:
		_refuse(_("An entry is one of {0}, not {1}.").format(", ".join(engine.ENTRIES), entry))
	if next_action_by and next_action_by not in engine.PARTIES:
		_refuse(
			_("The next action is by one of {0}, not {1}.").format(", ".join(engine.PARTIES), next_action_by)
		)
	dispute = _running(name)
	_note(dispute, entry, _written(text), next_action_by)
	clearing.cause_may_be_gone(dispute.customer, dispute.company)
	return dispute


def add_by_link(name: str, text: str, in_portal: bool = False):
	"""Note what a customer adds by a link, or in the portal, to a dispute that runs, or waits to be taken up. Returns the
	dispute."""
	dispute = locking.locked_doc("Dispute", name)
	text = _written(text)
	if dispute.docstatus == 0:
		_append(dispute, engine.CUSTOMER_ANSWER, text, US)
	else:
		dispute = add_entry(name, engine.CUSTOMER_ANSWER, text)
	said = (
		_("{0} has added something to dispute {1} in the portal.")
		if in_portal
		else _("{0} has added something to dispute {1} by the link in our mail.")
	)
	_tell_of_customer(dispute, said.format(dispute.customer_name, name))
	return dispute


def _note(dispute, entry: str, text: str, next_action_by: str | None = None) -> None:
	by = frappe.session.user
	turn = next_action_by or (US if entry == engine.CUSTOMER_ANSWER else dispute.next_action_by)
	_append(dispute, entry, text, turn)
	values: dict = {"next_action_by": turn, "status": engine.status_of(turn, has_begun=True)}
	owner = by if by in _owners(dispute) else dispute.assigned_to
	if engine.is_progress(entry, by, owner):
		values |= {"last_progress_on": getdate(), "escalated_on": None}
	if entry != engine.CUSTOMER_ANSWER and not dispute.first_response_on:
		values["first_response_on"] = now_datetime()
	locking.write(dispute, values)


def _owners(dispute) -> set[str]:
	"""Return who a dispute is given to: by us, by hand, or by an assignment rule of the site."""
	return {dispute.assigned_to, *work_lists.open_on(dispute, "allocated_to")}


def _append(dispute, entry: str, text: str, turn: str) -> None:
	row = dispute.append(
		"progress",
		{
			"noted_on": now_datetime(),
			"noted_by": frappe.session.user,
			"entry": entry,
			"text": text,
			"next_action_by": turn,
		},
	)
	row.db_insert()


# ------------------------------------------------------------------ settled
def settle(name: str, status: str, resolution: str):
	"""End a running dispute with a written resolution: accepted (other than by a credit note), or rejected, which a
	withdrawal is too. What was disputed is due again, since its original due date."""
	if status not in engine.RESOLVED:
		_refuse(_("A dispute ends as one of {0}, not {1}.").format(", ".join(engine.RESOLVED), status))
	dispute = _running(name)
	_put_back(dispute)
	_resolve(dispute, status, _written(resolution))
	return dispute


def credit_note_for(name: str, invoice: str | None = None):
	"""Return a credit note over what is still disputed of an invoice, not saved yet.

	Where that is the whole invoice its lines are returned; else it has one line over the amount, taxes included, without an
	item: ERPNext takes a line with one for returned goods, and no second note would be possible.
	"""
	from erpnext.controllers.sales_and_purchase_return import make_return_doc

	dispute = _running(name)
	row = next(
		(row for row in dispute.invoices if row.open_amount and invoice in (None, row.sales_invoice)), None
	)
	if row is None:
		_refuse(_("Nothing is left in dispute {0} that a credit note could settle.").format(name))
	note = make_return_doc(INVOICE, row.sales_invoice)
	# Rounded to whole crowns it would not be what is disputed.
	note.update({"b2b_dispute": name, "update_outstanding_for_self": 0, "disable_rounded_total": 1})
	note.run_method("calculate_taxes_and_totals")
	amount = money(row.open_amount)
	if crediting.total(note) != amount or _is_returned_already(row.sales_invoice):
		crediting.put_one_line(note, amount, _("Dispute {0}").format(dispute.name), dispute.description)
	return note


def _is_returned_already(invoice: str) -> bool:
	return bool(frappe.db.exists(INVOICE, {"return_against": invoice, "is_return": 1, "docstatus": 1}))


def credited(credit_note) -> None:
	"""Settle what a submitted credit note that was made from a dispute has credited."""
	dispute = _of_credit_note(credit_note)
	if dispute is None or dispute.status not in RUNNING:
		return
	row = next(row for row in dispute.invoices if row.sales_invoice == credit_note.return_against)
	amount = min(crediting.total(credit_note), money(row.open_amount))
	_write_disputed(row.sales_invoice, -amount)
	_write_row(row, money(row.credited_amount) + amount, money(row.open_amount) - amount)
	_write_open_amount(dispute)
	text = _("Credit note {0} over {1}.").format(
		credit_note.name, wording.money_text(crediting.total(credit_note), dispute.currency)
	)
	if dispute.open_amount:
		_note(dispute, engine.RESOLUTION_STEP, text)
	else:
		_resolve(dispute, ACCEPTED, text, credit_note=credit_note.name)


def credit_taken_back(credit_note) -> None:
	"""Dispute again what a cancelled credit note had settled, as far as the invoice is open."""
	dispute = _of_credit_note(credit_note)
	if dispute is None or dispute.docstatus != 1 or dispute.status == REJECTED:
		return
	row = next(row for row in dispute.invoices if row.sales_invoice == credit_note.return_against)
	amount = min(crediting.total(credit_note), money(row.credited_amount))
	_write_row(row, money(row.credited_amount) - amount, money(row.open_amount))
	values = {"resolution": None, "resolved_on": None, "resolved_by": None, "credit_note": None}
	locking.write(dispute, values)
	_note(dispute, engine.RESOLUTION_STEP, _("Credit note {0} was cancelled.").format(credit_note.name), US)
	_assign(dispute)
	look_again(credit_note.customer, credit_note.company)


def _of_credit_note(credit_note):
	name = credit_note.get("b2b_dispute")
	if not name or not credit_note.is_return or not frappe.db.exists("Dispute", name):
		return None
	dispute = locking.locked_doc("Dispute", name)
	invoices = {row.sales_invoice for row in dispute.invoices}
	return dispute if credit_note.return_against in invoices else None


def _put_back(dispute) -> None:
	for row in sorted(dispute.invoices, key=lambda row: row.sales_invoice):
		_write_disputed(row.sales_invoice, -money(row.open_amount))
		_write_row(row, money(row.credited_amount), ZERO)
	_write_open_amount(dispute)


def _resolve(dispute, status: str, resolution: str, credit_note: str | None = None) -> None:
	_append(dispute, engine.RESOLUTION_STEP, resolution, dispute.next_action_by)
	values = {
		"status": status,
		"resolution": resolution,
		"resolved_on": getdate(),
		"resolved_by": frappe.session.user,
		"last_progress_on": getdate(),
		"credit_note": credit_note,
	}
	if not dispute.first_response_on:
		values["first_response_on"] = now_datetime()
	locking.write(dispute, values)
	_end(dispute)


def _end(dispute) -> None:
	"""Take a dispute that has ended off its owner's list, and look at what was waiting for its end."""
	work_lists.take_off(dispute)
	if dispute.link_key:
		locking.write(dispute, {"link_key": None})
	seller = frappe.db.get_value("Customer", dispute.customer, "account_manager")
	text = _("The dispute of {0} has ended: {1}").format(
		dispute.customer_name, _(dispute.status, context="Dispute")
	)
	notices.bell("Dispute", dispute.name, [seller, None if dispute.by_link else dispute.owner], text)
	clearing.look_again(dispute.customer, dispute.company)


# ------------------------------------------------------------------ invoices that are paid, credited or cancelled
def look_again(customer: str, company: str) -> None:
	"""Have a customer's disputes brought in step with its invoices once this transaction is through; cheap without any."""
	if any_running(customer, company):
		jobs.after_commit(
			"b2b_contracts.collections.disputes.keep_in_step", customer=customer, company=company
		)


def any_running(customer: str, company: str) -> bool:
	"""Whether a customer has a running dispute."""
	return bool(
		frappe.db.exists("Dispute", {"customer": customer, "company": company, "status": ["in", RUNNING]})
	)


def keep_in_step(customer: str, company: str) -> None:
	"""Lower (or raise again) what disputes set aside to what is open of their invoices, and end those with nothing left.

	Runs in a job: one transaction an invoice, which begins with the lock on the invoice.
	"""
	for name in _disputed_invoices(customer, company):
		clearing.in_own_transaction(_keep_invoice_in_step, name)
	for name in _running_of(customer, company):
		clearing.in_own_transaction(_end_when_nothing_is_left, name)


def _disputed_invoices(customer: str, company: str) -> list[str]:
	rows = frappe.get_all(
		"Dispute Invoice",
		filters={"parent": ["in", _running_of(customer, company) or [""]], "parenttype": "Dispute"},
		pluck="sales_invoice",
	)
	return sorted(set(rows))


def _running_of(customer: str, company: str) -> list[str]:
	return frappe.get_all(
		"Dispute",
		filters={"customer": customer, "company": company, "status": ["in", RUNNING]},
		order_by="opened_on, creation",
		pluck="name",
	)


def _keep_invoice_in_step(name: str) -> bool:
	facts = invoices.facts_of(name, lock=True)
	claims = _claims_on(name)
	outstanding = money(facts.outstanding_amount) if facts.docstatus == 1 else ZERO
	free = outstanding - money(facts.b2b_planned_amount)
	standing = engine.standing_claims([claim for _row, _parent, claim, _open in claims], free)
	for (row, _parent, _claim, then), now in zip(claims, standing, strict=True):
		if now != then:
			frappe.db.set_value("Dispute Invoice", row, "open_amount", number(now), update_modified=False)
	for parent in sorted({parent for _row, parent, _claim, _open in claims}):
		_write_open_amount(frappe.get_doc("Dispute", parent))
	_set_disputed(name, sum(standing, ZERO), facts)
	return True


def _claims_on(invoice: str) -> list[tuple[str, str, Decimal, Decimal]]:
	"""Return the claims of running disputes on an invoice, the oldest first: (row, dispute, claimed, still open)."""
	row, dispute = frappe.qb.DocType("Dispute Invoice"), frappe.qb.DocType("Dispute")
	rows = (
		frappe.qb.from_(row)
		.join(dispute)
		.on((dispute.name == row.parent) & (row.parenttype == "Dispute"))
		.select(row.name, row.parent, row.disputed_amount, row.credited_amount, row.open_amount)
		.where((row.sales_invoice == invoice) & dispute.status.isin(RUNNING))
		.orderby(dispute.opened_on, dispute.creation, dispute.name)
		.run()
	)
	return [
		(name, parent, money(disputed) - money(credited), money(still))
		for name, parent, disputed, credited, still in rows
	]


def _end_when_nothing_is_left(name: str) -> bool:
	dispute = locking.locked_doc("Dispute", name)
	if dispute.status not in RUNNING or dispute.open_amount:
		return False
	note = frappe.db.get_value(
		INVOICE,
		{
			"is_return": 1,
			"docstatus": 1,
			"return_against": ["in", [row.sales_invoice for row in dispute.invoices]],
			"posting_date": [">=", dispute.opened_on],
		},
	)
	if note:
		_resolve(
			dispute, ACCEPTED, _("Credit note {0} left nothing to dispute.").format(note), credit_note=note
		)
	else:
		_resolve(dispute, REJECTED, _("Paid or cancelled: nothing is left to dispute."))
	return True


# ------------------------------------------------------------------ standing still
def daily() -> None:
	"""Bring disputes in step with their invoices, and look at those that stand still: tell the owner's manager where it is our turn, stop deliveries where it is the
	customer's. May be killed and run again."""
	running = frappe.get_all("Dispute", filters={"status": ["in", RUNNING]}, fields=["customer", "company"])
	for customer, company in sorted({(row.customer, row.company) for row in running}):
		keep_in_step(customer, company)
	for dispute in standing_still():
		clearing.in_own_transaction(_escalate, dispute.name)


def standing_still() -> list[frappe._dict]:
	"""Return the running disputes without progress for longer than the policy allows, the longest first: name, days,
	stops_deliveries."""
	dispute, policy = frappe.qb.DocType("Dispute"), frappe.qb.DocType("Credit Policy")
	rows = (
		frappe.qb.from_(dispute)
		.left_join(policy)
		.on((policy.company == dispute.company) & (policy.is_active == 1))
		.select(
			dispute.name, dispute.last_progress_on, dispute.next_action_by, policy.dispute_standstill_days
		)
		.where(dispute.status.isin(RUNNING))
		.orderby(dispute.last_progress_on, dispute.name)
		.run()
	)
	found = []
	for name, moved, turn, days in rows:
		allowed = engine.STANDSTILL_DAYS if days is None else days
		standstill = engine.standstill(getdate(moved), turn, getdate(), allowed)
		if standstill:
			found.append(
				frappe._dict(name=name, days=standstill.days, stops_deliveries=standstill.stops_deliveries)
			)
	return found


def _escalate(name: str) -> bool:
	"""Tell whoever leads the owner of a dispute that it stands still; once, until it moves again."""
	dispute = locking.locked_doc("Dispute", name)
	if dispute.status not in RUNNING:
		return False
	if dispute.next_action_by == CUSTOMER:
		clearing.look_again(dispute.customer, dispute.company)
		return True
	if dispute.escalated_on:
		return False
	days = (getdate() - getdate(dispute.last_progress_on)).days
	text = _("The dispute {0} of {1} has stood still for {2} days, and it is our turn: {3}").format(
		dispute.name,
		dispute.customer_name,
		days,
		frappe.utils.get_fullname(dispute.assigned_to or dispute.owner),
	)
	leaders = people.leaders_of(dispute.assigned_to) or people.controllers("Credit Manager")
	notices.bell("Dispute", dispute.name, leaders, text)
	locking.write(dispute, {"escalated_on": getdate()})
	return True


# ------------------------------------------------------------------ helpers
def _running(name: str):
	dispute = locking.locked_doc("Dispute", name)
	if dispute.docstatus != 1 or dispute.status not in RUNNING:
		_refuse(
			_("Dispute {0} is {1}, so nothing can be noted or settled in it.").format(
				name, _(dispute.status, context="Dispute")
			)
		)
	return dispute


def _written(text: str | None) -> str:
	text = (text or "").strip()
	if not text:
		_refuse(_("Write down what was said or done: the next person reads it."))
	return text


def set_aside_of(facts) -> Decimal:
	"""Return what of an invoice is disputed or in a payment plan."""
	return money(facts.b2b_disputed_amount) + money(facts.b2b_planned_amount)


def _write_disputed(invoice: str, change: Decimal) -> None:
	"""Raise or lower what is disputed of an invoice, under the lock on its row."""
	facts = invoices.facts_of(invoice, lock=True)
	if facts:
		_set_disputed(invoice, max(ZERO, money(facts.b2b_disputed_amount) + change), facts)


def _set_disputed(invoice: str, amount: Decimal, facts) -> None:
	if amount != money(facts.b2b_disputed_amount):
		frappe.db.set_value(INVOICE, invoice, "b2b_disputed_amount", number(amount), update_modified=False)


def _write_row(row, credited: Decimal, still: Decimal) -> None:
	values = {"credited_amount": number(credited), "open_amount": number(still)}
	row.update(values)
	frappe.db.set_value("Dispute Invoice", row.name, values, update_modified=False)


def _write_open_amount(dispute) -> None:
	still = sum((money(row.open_amount) for row in dispute.invoices), ZERO)
	if still != money(dispute.open_amount):
		locking.write(dispute, {"open_amount": number(still)})


def _refuse(message: str) -> None:
	frappe.throw(message, DisputeError, title=_("Dispute"))
