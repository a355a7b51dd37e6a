"""Insolvency in one action: everything stops, nothing is chased, the claim is written down, the others are warned
(requirements §3).

Reporting stops the customer in all our companies at once, in the transaction that writes the case: all gates are taken in
the order of their names. What follows (orders, plans, promises, the claim, notices) is carried out after the commit, a
transaction each, and again where it was killed, until all of it is done.

Lock order: the case, then the gates, then holds and profiles.
"""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from b2b_contracts.credit import (
	account_facts,
	cases,
	checking,
	clearing,
	gates,
	holds,
	insurer_duties,
	jobs,
	locking,
	mandates,
	notices,
	orders,
	parking,
	people,
	policies,
	releasing,
	stops,
)
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.cases import Standing
from b2b_contracts.credit.gates import Gate
from b2b_contracts.credit.position_facts import FINISHED_ORDERS, GRANTED
from b2b_contracts.engine import facts, rules
from b2b_contracts.engine import insolvency as engine
from b2b_contracts.engine.insolvency import ENDED_BY, ENDINGS, OPEN, REPORTED_BY
from b2b_contracts.engine.promises import OPEN as PROMISED
from b2b_contracts.engine.ratings import INSOLVENT
from b2b_contracts.engine.security import CREDIT_INSURANCE
from b2b_contracts.exceptions import InsolvencyError, NotYourMandateError

from . import claims, collection_cases, collection_tasks, payment_slips, plan_facts, plans, promises

CASE = "Insolvency Case"
PROFILE = holds.PROFILE_DOCTYPE
TABLES = ("totals", "items", "goods", "securities")


# ------------------------------------------------------------------ asked by others
def is_frozen(customer: str) -> bool:
	"""Whether nothing of a customer may be chased: no reminder, no fee, no interest, in none of our companies."""
	return account_facts.insolvency_of(customer) is not None


def open_case(customer: str) -> dict | None:
	"""Return the open insolvency case of a customer, `{name, kind, insolvent_on, carried_out}`; None without one."""
	name = account_facts.insolvency_of(customer)
	if name is None:
		return None
	row = frappe.db.get_value(CASE, name, ["kind", "insolvent_on", "carried_out_on"], as_dict=True)
	return {
		"name": name,
		"kind": row.kind,
		"insolvent_on": str(row.insolvent_on),
		"carried_out": bool(row.carried_out_on),
	}


# ------------------------------------------------------------------ reported
def check(case) -> None:
	"""Refuse a case that cannot be reported: without the mandate, for the future, or a second one of the customer."""
	if not mandates.acting_as(REPORTED_BY):
		needed = _("Reporting an insolvency takes the role {0} or higher.").format(_(REPORTED_BY))
		frappe.throw(
			f"{needed} {mandates.whom_to_ask(REPORTED_BY)}",
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	if getdate(case.insolvent_on) > getdate():
		_refuse(
			_("{0} is still to come. Enter the day of the court's order, or today.").format(
				case.get_formatted("insolvent_on")
			)
		)
	other = account_facts.insolvency_of(case.customer)
	if other:
		_refuse(
			_("The insolvency of {0} is reported already: {1}. Write what is new there.").format(
				case.customer_name or case.customer, other
			)
		)


def reported(case) -> None:
	"""Stop the customer in all our companies, in this transaction; have the rest carried out after it."""
	reason = _("Insolvency case {0}: {1} since {2}.").format(
		case.name, _(case.kind, context=CASE), case.get_formatted("insolvent_on")
	)
	standings = _standings(case.customer)
	locked = _locked_gates(standings)
	for standing in standings:
		_stop(standing, locked[standing.gate_key], case, reason)
	for gate in locked.values():
		gate.save()
	for profile in _unwatched_profiles(case.customer, standings):
		_rate_insolvent(profile, reason)
	jobs.after_commit("b2b_contracts.collections.insolvency.carry_out", name=case.name)


def _standings(customer: str) -> list[Standing]:
	"""Return where the customer stands in each company with a policy that it traded with or has a profile in. A profile is made
	where there is none: it carries the stop, also of orders that were let through. Elsewhere the case itself stops them."""
	found = []
	traded_with = set(claims.companies_of(customer)) | set(
		frappe.get_all(
			"Sales Order", filters={"customer": customer, "docstatus": 1}, pluck="company", distinct=True
		)
	)
	for row in frappe.get_all(
		"Credit Policy",
		filters={"is_active": 1, "company": ["in", sorted(traded_with) or [""]]},
		fields=["name", "company"],
		order_by="company",
	):
		if not frappe.db.exists(PROFILE, {"customer": customer, "company": row.company}):
			if not _make_profile(customer, row.company, row.name):
				continue
		found.append(cases.standing_of(policies.active(row.company), customer, row.company))
	return found


def _make_profile(customer: str, company: str, policy: str) -> bool:
	segment = frappe.db.get_value("Credit Policy", policy, "default_segment") or frappe.db.get_value(
		"Credit Segment", {"disabled": 0}, "name", order_by="name desc"
	)
	if not segment:
		return False
	profile = frappe.get_doc(
		{
			"doctype": PROFILE,
			"customer": customer,
			"company": company,
			"segment": segment,
			"limit_type": "No Credit",
		}
	)
	profile.flags.credit_service = True
	profile.insert(ignore_permissions=True)
	return True


def _locked_gates(standings: Iterable[Standing]) -> dict[tuple[str, str], Gate]:
	"""Take the gates of some standings, each once, in the order of their names."""
	keys = sorted({standing.gate_key for standing in standings}, key=lambda key: gates.name_of(*key))
	return {key: gates.lock(*key) for key in keys}


def _unwatched_profiles(customer: str, standings: list[Standing]) -> list[str]:
	"""Return the profiles in companies without a policy: nothing is decided there, the rating is true all the same."""
	watched = {standing.profile.name for standing in standings}
	names = frappe.get_all(PROFILE, filters={"customer": customer}, order_by="name", pluck="name")
	return [name for name in names if name not in watched]


def _stop(standing: Standing, gate: Gate, case, reason: str) -> None:
	profile = standing.profile.name
	_rate_insolvent(profile, reason)
	former = stops.open_hold_of(profile, [rules.FORCED_HOLD])
	if former:
		comment = _("Replaced by the stop of insolvency case {0}.").format(case.name)
		holds.close(holds.newest(former.name), holds.CANCELLED, comment=comment)
	releasing.force(standing, gate, reason, facts.STOP, ENDED_BY)


def _rate_insolvent(profile: str, reason: str) -> None:
	"""Rate a profile insolvent. Written by itself: a profile that cannot be saved must not keep an insolvency from being
	reported. A form that is open is told to reload before it can save the former rating."""
	former = frappe.db.get_value(PROFILE, profile, "external_rating")
	if former == INSOLVENT:
		return
	frappe.db.set_value(PROFILE, profile, "external_rating", INSOLVENT)
	frappe.get_doc(
		{
			"doctype": "Credit Profile Change",
			"parent": profile,
			"parenttype": PROFILE,
			"parentfield": "history",
			"idx": frappe.db.count("Credit Profile Change", {"parent": profile}) + 1,
			"valid_from": getdate(),
			"changed_on": now_datetime(),
			"changed_by": frappe.session.user,
			"field_label": frappe.get_meta(PROFILE).get_label("external_rating"),
			"before": former,
			"after": INSOLVENT,
			"reason": reason,
		}
	).db_insert()


# ------------------------------------------------------------------ carried out
def carry_out(name: str) -> bool:
	"""Do what follows from a case: one transaction a piece, each of which finds what is left to do. Returns whether all is
	done; what was killed or has failed is done when this runs again."""
	case = frappe.get_doc(CASE, name)
	if case.status != OPEN or case.carried_out_on:
		return False
	companies = claims.companies_of(case.customer)
	for company in companies:
		clearing.clear_waiting(case.customer, company)
	done = [clearing.in_own_transaction(piece, *arguments) for piece, *arguments in _pieces(case, companies)]
	return all(done) and clearing.in_own_transaction(_finish, name)


def sweep() -> None:
	"""Carry out what a lost or killed job has left. Every quarter of an hour; may be killed and run again."""
	for name in frappe.get_all(
		CASE, filters={"status": OPEN, "carried_out_on": ["is", "not set"]}, order_by="name", pluck="name"
	):
		carry_out(name)


def _pieces(case, companies: list[str]):
	for order in _open_orders(case.customer):
		yield _park, order
	for plan in _names("Payment Plan", case.customer, plan_facts.LIVE):
		yield _break_plan, plan, case.name
	for promise in _names("Promise to Pay", case.customer, (PROMISED,)):
		yield _withdraw_promise, promise, case.name
	for slip in _names(payment_slips.SLIP, case.customer, payment_slips.LIVE):
		yield _cancel_slip, slip, case.name
	for collection in collection_cases.open_of(case.customer):
		yield _end_collection, collection, case.name
	for task in collection_tasks.open_of(case.customer):
		yield _cancel_task, task, case.name
	yield _take_claim, case.name
	for profile in _sisters(case.customer):
		yield _warn_sister, profile, case.name
	for company in companies:
		yield _ask_to_tell_insurer, case.name, company


def _names(doctype: str, customer: str, statuses: Iterable[str]) -> list[str]:
	filters = {"customer": customer, "status": ["in", tuple(statuses)], "docstatus": ["<", 2]}
	return frappe.get_all(doctype, filters=filters, order_by="name", pluck="name")


def _open_orders(customer: str) -> list[str]:
	"""Return the orders that were let through and are not delivered."""
	return frappe.get_all(
		"Sales Order",
		filters={
			"customer": customer,
			"docstatus": 1,
			"status": ["not in", FINISHED_ORDERS],
			"per_delivered": ["<", 100],
			"b2b_credit_status": ["in", GRANTED],
		},
		order_by="transaction_date, name",
		pluck="name",
	)


def _park(name: str) -> bool:
	"""Hold back what is left of an order, and give back the stock that was kept for it."""
	order = parking.locked_order(name)
	if order.docstatus != 1 or order.b2b_credit_status not in GRANTED:
		return True
	seen = checking.preview(order)
	if not seen or not seen[0].policy.is_enforced or seen[2].is_clear:
		return True
	orders.expire(order)
	if frappe.db.exists("Stock Reservation Entry", {"voucher_no": name, "docstatus": 1}):
		parking.end_reservation(name)
	return True


def _break_plan(name: str, case: str) -> bool:
	plans.end(name, _("Insolvency case {0}: all that is left is claimed.").format(case))
	return True


def _withdraw_promise(name: str, case: str) -> bool:
	if frappe.db.get_value("Promise to Pay", name, "status") == PROMISED:
		promises.withdraw(name, _("Insolvency case {0}.").format(case))
	return True


def _cancel_slip(name: str, case: str) -> bool:
	payment_slips.end(name, _("Insolvency case {0}.").format(case))
	return True


def _end_collection(name: str, case: str) -> bool:
	collection_cases.end(name, _("Insolvency case {0}: all that is left is claimed.").format(case))
	return True


def _cancel_task(name: str, case: str) -> bool:
	collection_tasks.end(name, _("Insolvency case {0}.").format(case))
	return True


def _finish(name: str) -> bool:
	case = locking.locked_doc(CASE, name)
	if not case.carried_out_on:
		locking.write(case, {"carried_out_on": now_datetime()})
		case.notify_update()
		_tell(
			case,
			[_seller(case.customer), *people.controllers(), *people.users_with("Collector")],
			_(
				"{0} is insolvent ({1}). Everything is stopped and nothing is chased; the claim is in {2}."
			).format(case.customer_name, _(case.kind, context=CASE), name),
		)
	return True


# ------------------------------------------------------------------ the claim
def take_claim(name: str):
	"""Write the claim of an open case anew, as the books are now. Returns the case."""
	if not mandates.acting_as(REPORTED_BY):
		frappe.throw(
			_("Taking the claim takes the role {0} or higher.").format(_(REPORTED_BY)), NotYourMandateError
		)
	case = locking.locked_doc(CASE, name)
	if case.status != OPEN:
		_refuse(
			_("Insolvency case {0} is closed ({1}): its claim stays as it was.").format(
				name, _(case.status, context=CASE)
			)
		)
	_take_claim(name)
	return frappe.get_doc(CASE, name)


def claim_may_have_changed(case) -> None:
	"""Have the claim of an open case taken anew once this transaction is through: what it is counted by was changed."""
	if case.status == OPEN:
		jobs.after_commit("b2b_contracts.collections.insolvency.take_claim_again", name=case.name)


def take_claim_again(name: str) -> None:
	"""Write the claim of a case anew. Runs in a job."""
	clearing.in_own_transaction(_take_claim, name)


def _take_claim(name: str) -> bool:
	"""Write down what is claimed, the goods that are still ours and the securities to call. Replaces what stood there."""
	case = locking.locked_doc(CASE, name)
	for table in TABLES:
		case.set(table, [])
	for company in claims.companies_of(case.customer):
		rows = claims.items(case.customer, company, getdate(case.insolvent_on), money(case.interest_rate))
		if rows:
			case.append("totals", claims.total(company, rows))
		case.extend("items", rows)
		case.extend("goods", claims.goods(case.customer, company, bool(case.retains_title)))
		case.extend("securities", claims.securities(case.customer, company))
	case.claim_taken_on = now_datetime()
	case.flags.credit_service = True
	case.save(ignore_permissions=True)
	return True


# ------------------------------------------------------------------ the others are warned
def _sisters(customer: str) -> list[str]:
	"""Return the profiles of the other members of the customer's credit groups."""
	groups = frappe.get_all(
		PROFILE, filters={"customer": customer, "credit_group": ["is", "set"]}, pluck="credit_group"
	)
	if not groups:
		# An empty list would find all who are in no group.
		return []
	return frappe.get_all(
		PROFILE,
		filters={"credit_group": ["in", groups], "customer": ["!=", customer]},
		order_by="name",
		pluck="name",
	)


def _warn_sister(profile: str, case: str) -> bool:
	"""Have a member of the group reviewed today, and tell who sells to it and who controls its credit."""
	row = frappe.db.get_value(PROFILE, profile, ["customer", "next_review"], as_dict=True)
	if not row.next_review or getdate(row.next_review) > getdate():
		frappe.db.set_value(PROFILE, profile, "next_review", getdate())
	doc = frappe.get_doc(CASE, case)
	text = _("{0} of the same credit group is insolvent: review {1} today.").format(
		doc.customer_name, frappe.db.get_value("Customer", row.customer, "customer_name")
	)
	_tell(doc, [_seller(row.customer), *people.controllers()], text)
	return True


def _ask_to_tell_insurer(case: str, company: str) -> bool:
	"""Give each credit manager the task to report the insolvency to the insurer, where the customer is insured; under an
	insurance policy it is a duty with a calendar and escalation too."""
	doc = frappe.get_doc(CASE, case)
	insurer_duties.report_insolvency(doc.customer, company)
	for row in claims.securities(doc.customer, company):
		if row["instrument_type"] != CREDIT_INSURANCE:
			continue
		text = _("Report the insolvency of {0} to the insurer ({1}, {2}).").format(
			doc.customer_name, row["issuer"] or row["security"], company
		)
		for user in people.users_with("Credit Manager") or people.controllers():
			_give_task(doc, user, text)
	return True


def _give_task(case, user: str, text: str) -> None:
	task = {
		"doctype": "ToDo",
		"allocated_to": user,
		"reference_type": CASE,
		"reference_name": case.name,
		"description": text,
	}
	if frappe.db.exists(task):
		return
	due = engine.insurer_to_be_told_by(getdate(case.creation))
	frappe.get_doc({**task, "date": due, "priority": "High", "assigned_by": case.owner}).insert(
		ignore_permissions=True
	)


def _seller(customer: str) -> str | None:
	return frappe.db.get_value("Customer", customer, "account_manager")


def _tell(case, users: Iterable[str | None], text: str) -> None:
	"""Tell people something about a case, each once, however often it is carried out."""
	told = frappe.get_all(
		"Notification Log",
		filters={"document_type": CASE, "document_name": case.name, "subject": text},
		pluck="for_user",
	)
	notices.bell(CASE, case.name, [user for user in users if user and user not in told], text)


# ------------------------------------------------------------------ ended
def why_not_end() -> str | None:
	"""Return why the session user may not end a case, None when they may."""
	if mandates.acting_as(ENDED_BY):
		return None
	needed = _("Ending an insolvency case takes the role {0} or higher.").format(_(ENDED_BY))
	return f"{needed} {mandates.whom_to_ask(ENDED_BY)}"


def end(name: str, outcome: str, reason: str):
	"""End a case that was reported in error, or whose proceedings are over: the stop by hand is lifted and reminders go on.

	The rating stays insolvent, and so does the stop that follows from it, until a person reviews and rates the customer
	anew; plans and promises that have ended stay ended. Returns the case.
	"""
	why_not = why_not_end()
	if why_not:
		frappe.throw(why_not, NotYourMandateError, title=_("Not within your mandate"))
	if outcome not in ENDINGS:
		_refuse(_("An insolvency case ends as one of {0}, not {1}.").format(", ".join(ENDINGS), outcome))
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down a reason; it is kept with the case."), _("Reason missing"))
	case = locking.locked_doc(CASE, name)
	if case.status != OPEN:
		_refuse(_("Insolvency case {0} is closed already: {1}.").format(name, _(case.status, context=CASE)))
	standings = _standings_with_profile(case.customer)
	locked = _locked_gates(standings)
	acting = mandates.acting_as(ENDED_BY)
	for standing in standings:
		_lift(standing, locked[standing.gate_key], acting.role, reason)
	for gate in locked.values():
		gate.save()
	locking.write(
		case,
		{
			"status": outcome,
			"ended_on": now_datetime(),
			"ended_by": frappe.session.user,
			"ended_as": acting.role,
			"end_reason": reason,
		},
	)
	_close_tasks(name)
	_tell(
		case,
		[_seller(case.customer), *people.controllers("Credit Manager")],
		_("Insolvency case {0} of {1} has ended ({2}). The rating is still insolvent: review it.").format(
			name, case.customer_name, _(outcome, context=CASE)
		),
	)
	for standing in standings:
		clearing.look_again(*standing.member)
	return case


def _standings_with_profile(customer: str) -> list[Standing]:
	rows = frappe.get_all(PROFILE, filters={"customer": customer}, order_by="company", pluck="company")
	found = ((policies.active(company), company) for company in rows)
	return [cases.standing_of(policy, customer, company) for policy, company in found if policy]


def _lift(standing: Standing, gate: Gate, acted_as: str, reason: str) -> None:
	profile = standing.profile.name
	hold = stops.open_hold_of(profile, [rules.FORCED_HOLD])
	if hold:
		releasing.lift_forced(standing, gate, holds.newest(hold.name), acted_as, reason)
	frappe.db.set_value(PROFILE, profile, "next_review", getdate())


def _close_tasks(case: str) -> None:
	filters = {"reference_type": CASE, "reference_name": case, "status": "Open"}
	for name in frappe.get_all("ToDo", filters=filters, pluck="name"):
		task = frappe.get_doc("ToDo", name)
		task.status = "Cancelled"
		task.save(ignore_permissions=True)


def _refuse(message: str, title: str | None = None) -> None:
	frappe.throw(message, InsolvencyError, title=title or _("Insolvency"))
