"""Lets parked orders go on when their cause has gone (requirements §2.4).

Never inside the transaction that removed the cause: a job runs right after it commits, one transaction an order, the
oldest promised date first, then the oldest hold, each seeing the one before. A sweep is the net under it.
"""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from . import cases, checking, gates, holds, jobs, log, notices, orders, parking, policies, stops, subjects
from .account_facts import Member

TRIES = 3


def cause_may_be_gone(customer: str, company: str) -> None:
	"""Have a customer's parked orders looked at again once this transaction is through. Cheap when nothing waits."""
	if customer and company and _concerns(customer, company):
		look_again(customer, company)


def look_again(customer: str, company: str) -> None:
	"""Have a customer's stop and parked orders looked at once this transaction is through."""
	jobs.after_commit("b2b_contracts.credit.clearing.clear_waiting", customer=customer, company=company)


def _concerns(customer: str, company: str) -> bool:
	"""Whether a customer, or its group, has an open hold or a release that approved an excess."""
	group = frappe.db.get_value("Credit Profile", {"customer": customer, "company": company}, "credit_group")
	members = [customer]
	if group:
		members = frappe.get_all("Credit Profile", filters={"credit_group": group}, pluck="customer")
	hold = frappe.qb.DocType("Credit Hold")
	return bool(
		frappe.qb.from_(hold)
		.select(hold.name)
		.where(hold.customer.isin(members))
		.where((hold.status == holds.OPEN) | ((hold.status == holds.RELEASED) & (hold.excess_active == 1)))
		.limit(1)
		.run()
	)


def clear_waiting(customer: str, company: str) -> list[str]:
	"""Look again at everything that waits for a customer and its group; returns the orders that went on.

	Runs in a job: commits after each order, and a failure of one is logged and does not keep the next waiting.
	"""
	members = _members(customer, company)
	for member in members:
		in_own_transaction(sync_stop, member)
	for hold in _excess_holds(members):
		in_own_transaction(_end_paid_excess, hold)
	for hold, doctype, name in _draft_holds(members):
		in_own_transaction(_clear_draft, hold, doctype, name)
	cleared = []
	for hold, order in waiting_holds(members):
		if in_own_transaction(clear_one, hold, order):
			cleared.append(order)
	return cleared


def waiting_holds(members: list[Member]) -> list[tuple[str, str]]:
	"""Return the open holds of members' orders, (hold, order), in the order in which they are looked at again."""
	hold = frappe.qb.DocType("Credit Hold")
	rows = (
		frappe.qb.from_(hold)
		.select(hold.name, hold.reference_name, hold.customer, hold.company)
		.where((hold.status == holds.OPEN) & (hold.reference_doctype == subjects.ORDER))
		.where(hold.customer.isin([m[0] for m in members]) & hold.company.isin([m[1] for m in members]))
		.orderby(hold.promised_date, hold.creation, hold.name)
		.run()
	)
	return [(name, order) for name, order, customer, company in rows if (customer, company) in members]


def _draft_holds(members: list[Member]) -> list[tuple[str, str, str]]:
	"""Return the open holds of refused drafts, (hold, doctype, draft)."""
	rows = frappe.get_all(
		"Credit Hold",
		filters={
			"status": holds.OPEN,
			"reference_doctype": ["in", [subjects.DELIVERY, subjects.INVOICE]],
			"customer": ["in", [member[0] for member in members]],
		},
		fields=["name", "reference_doctype", "reference_name", "customer", "company"],
		order_by="creation",
	)
	return [
		(row.name, row.reference_doctype, row.reference_name)
		for row in rows
		if (row.customer, row.company) in members
	]


def _clear_draft(hold_name: str, doctype: str, name: str) -> bool:
	"""End the hold of a refused draft that would pass now, and say so: whoever made it submits it again."""
	hold = holds.newest(hold_name)
	if not frappe.db.exists(doctype, name):
		holds.close(hold, holds.CANCELLED)
		return True
	seen = checking.preview(frappe.get_doc(doctype, name))
	if hold.status != holds.OPEN or (seen and not seen[2].is_clear):
		return False
	holds.close(hold, holds.CLEARED)
	notices.answered(hold, notices.RELEASED_TEMPLATE)
	return True


def clear_one(hold_name: str, order_name: str) -> bool:
	"""Decide again about one parked order; returns whether it goes on.

	The order's lock is the first statement of the transaction, so that everything read after it is as new as the
	lock. A preview comes before the gate: an order that stays parked is not logged again, unless what it takes has
	changed.
	"""
	order = parking.locked_order(order_name)
	if order.docstatus != 1 or order.b2b_credit_hold != hold_name:
		return False
	if frappe.db.get_value("Credit Hold", hold_name, "status") != holds.OPEN:
		return False
	seen = checking.preview(order)
	if seen is None:
		return _no_longer_checked(order, hold_name)
	standing, _loaded, decision = seen
	if not standing.policy.is_enforced:
		return _no_longer_checked(order, hold_name)
	if not decision.is_clear and not _says_something_new(hold_name, decision):
		return False
	verdict = checking.decide(order, log.CLEAR if decision.is_clear else log.CHANGE, hold_name)
	if verdict.is_parked:
		parking.set_fields(order, {"b2b_credit_status": verdict.outcome})
		return False
	parking.go_on(order, verdict.outcome, None, verdict.payment_slip)
	notices.answered(frappe._dict(name=hold_name), notices.RELEASED_TEMPLATE)
	return True


def _no_longer_checked(order, hold_name: str) -> bool:
	"""The policy was switched off, or no longer looks at this customer: the order goes on as without the app."""
	holds.close(
		holds.newest(hold_name),
		holds.CANCELLED,
		comment=_("The credit policy no longer applies."),
	)
	parking.go_on(order, checking.NOT_CHECKED, None)
	return True


def _says_something_new(hold_name: str, decision) -> bool:
	"""Whether the reasons of a hold, or who may release it, are not what it says."""
	then = set(frappe.get_all("Credit Hold Reason", filters={"parent": hold_name}, pluck="rule"))
	role = frappe.db.get_value("Credit Hold", hold_name, "required_role")
	return (then, role) != ({finding.rule for finding in decision.fired}, decision.requirement.role)


def _members(customer: str, company: str) -> list[Member]:
	group = frappe.db.get_value("Credit Profile", {"customer": customer, "company": company}, "credit_group")
	if not group:
		return [(customer, company)]
	rows = frappe.get_all(
		"Credit Profile", filters={"credit_group": group}, fields=["customer", "company"], order_by="name"
	)
	return [(row.customer, row.company) for row in rows]


def sync_stop(member: Member) -> bool:
	"""Open or lift a customer's automatic stop by what the books, and the policy, say now."""
	policy = policies.active(member[1])
	if policy is None:
		return False
	standing = cases.standing_of(policy, *member)
	if not standing.profile:
		return False
	if not policy.is_enforced:
		return stops.end_all(standing.profile.name, _("The credit policy no longer applies."))
	case = cases.load(standing, cases.subject_of_customer(*member), None).case
	if stops.is_in_step(standing, case):
		return False
	gate = gates.lock(*standing.gate_key)
	case = cases.load(standing, cases.subject_of_customer(*member), gate).case
	changed = stops.sync_all(standing, case, gate)
	gate.save()
	return changed


def _excess_holds(members: list[Member]) -> list[str]:
	return [
		row.name
		for row in frappe.get_all(
			"Credit Hold",
			filters={
				"status": holds.RELEASED,
				"excess_active": 1,
				"customer": ["in", [m[0] for m in members]],
			},
			fields=["name", "customer", "company"],
			order_by="name",
		)
		if (row.customer, row.company) in members
	]


def _end_paid_excess(hold_name: str) -> bool:
	"""An approved excess ends when the goods it was approved for are paid."""
	hold = holds.newest(hold_name)
	if hold.reference_doctype == subjects.ORDER:
		done = _is_paid_order(hold.reference_name)
	elif hold.reference_doctype == subjects.INVOICE:
		done = frappe.db.get_value(subjects.INVOICE, hold.reference_name, "outstanding_amount") == 0
	else:
		done = getdate(hold.valid_until) < getdate()
	if done:
		holds.write(hold, excess_active=0)
	return done


def _is_paid_order(name: str) -> bool:
	order = frappe.db.get_value("Sales Order", name, ["docstatus", "status", "per_billed"], as_dict=True)
	if not order or order.docstatus != 1:
		return True
	if order.status != "Closed" and (order.per_billed or 0) < 100:
		return False
	item, invoice = frappe.qb.DocType("Sales Invoice Item"), frappe.qb.DocType("Sales Invoice")
	open_invoice = (
		frappe.qb.from_(item)
		.join(invoice)
		.on(invoice.name == item.parent)
		.select(invoice.name)
		.where((item.sales_order == name) & (invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.limit(1)
		.run()
	)
	return not open_invoice


def in_own_transaction(work, *arguments) -> bool:
	"""Run one piece of work in a transaction of its own; again when it lost a deadlock, logged when it fails."""
	for attempt in range(1, TRIES + 1):
		try:
			done = bool(work(*arguments))
			frappe.db.commit()  # nosemgrep: one transaction an order, on purpose
			return done
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError, frappe.TimestampMismatchError):
			frappe.db.rollback()
			if attempt == TRIES:
				frappe.log_error(title=f"Credit: {work.__name__} lost every deadlock", message=str(arguments))
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Credit: {work.__name__} failed for {arguments}")
			break
	frappe.db.commit()  # nosemgrep: keeps the error log of the piece that failed
	return False


def sweep() -> None:
	"""Look at everything that time or a lost job may have changed. Every few minutes; may be killed and run again."""
	notices.resend_missed()
	members = {
		(row.customer, row.company)
		for row in frappe.get_all(
			"Credit Hold", filters={"status": holds.OPEN}, fields=["customer", "company"]
		)
	}
	for customer, company in sorted(members):
		clear_waiting(customer, company)
	for name in _reservations_run_out():
		in_own_transaction(_end_reservation, name)


def daily() -> None:
	"""Look at what changes with the date: stops, releases that ran out, limits that were temporary."""
	for row in frappe.get_all("Credit Profile", fields=["customer", "company"], order_by="name"):
		in_own_transaction(sync_stop, (row.customer, row.company))
	for hold, order in _releases_run_out():
		in_own_transaction(_expire_release, hold, order)


def _releases_run_out() -> list[tuple[str, str]]:
	rows = frappe.get_all(
		"Credit Hold",
		filters=[
			["status", "=", holds.RELEASED],
			["reference_doctype", "=", subjects.ORDER],
			["valid_until", "is", "set"],
			["valid_until", "<", getdate()],
		],
		fields=["name", "reference_name"],
		order_by="valid_until",
	)
	return [(row.name, row.reference_name) for row in rows]


def _expire_release(hold_name: str, order_name: str) -> bool:
	"""Decide again about an order whose release has run out; what is delivered in full has nothing left to decide."""
	order = parking.locked_order(order_name)
	if (
		order.docstatus != 1
		or order.b2b_credit_status != parking.RELEASED
		or order.b2b_credit_hold != hold_name
	):
		return False
	if order.status in ("Closed", "Completed") or cint(order.per_delivered) >= 100:
		return False
	orders.expire(order)
	return True


def _reservations_run_out() -> list[str]:
	return frappe.get_all(
		"Credit Hold",
		filters=[
			["status", "=", holds.OPEN],
			["reservation_until", "is", "set"],
			["reservation_until", "<", getdate()],
		],
		pluck="name",
	)


def _end_reservation(hold_name: str) -> bool:
	"""Give back the stock that was kept for an order; it is reserved again when the order goes on."""
	order = frappe.db.get_value("Credit Hold", hold_name, "reference_name")
	parking.end_reservation(order)
	frappe.db.set_value(
		"Credit Hold", hold_name, {"reservation_until": None, "reserve_stock": 1}, update_modified=False
	)
	return True


def recheck_company(company: str) -> list[str]:
	"""Look again at all parked orders of a company: its policy has changed. Runs in a job; returns what went on."""
	stopped = {"status": holds.OPEN, "company": company, "reference_doctype": holds.PROFILE_DOCTYPE}
	for customer in sorted(set(frappe.get_all("Credit Hold", filters=stopped, pluck="customer"))):
		in_own_transaction(sync_stop, (customer, company))
	waiting = frappe.get_all(
		"Credit Hold",
		filters={"status": holds.OPEN, "company": company, "reference_doctype": subjects.ORDER},
		fields=["name", "reference_name"],
		order_by="promised_date, creation, name",
	)
	return [
		row.reference_name for row in waiting if in_own_transaction(clear_one, row.name, row.reference_name)
	]


def policy_changed(company: str) -> None:
	"""Have a company's parked orders looked at again once this transaction is through."""
	jobs.after_commit("b2b_contracts.credit.clearing.recheck_company", queue="long", company=company)
