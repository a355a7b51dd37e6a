"""Answers to a hold: requested, advised on, released, rejected, split, forced, lifted (requirements §2.2, §2.4).

Every answer decides anew from live facts behind the gate, checks the mandate of whoever answers, and is logged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, getdate, now_datetime

from b2b_contracts.engine import approval, delivery, facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine import release as engine_release
from b2b_contracts.engine.gate import Decision
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.payment_slips import ACCEPTED
from b2b_contracts.engine.rules import lodged_cover
from b2b_contracts.engine.security import BANK_GUARANTEE
from b2b_contracts.exceptions import NotYourMandateError, ReleaseError

from . import (
	cases,
	checking,
	gates,
	holds,
	locking,
	log,
	mandates,
	notices,
	parking,
	people,
	policies,
	screening,
	stops,
	subjects,
	wording,
)
from . import minutes as board_minutes
from .account_facts import company_currency, insolvency_of
from .cases import Loaded, Standing


@dataclass(frozen=True, slots=True)
class Mandate:
	"""The role in which somebody may release a hold, or else the sentence that says why not, with its title."""

	acting: str | None = None
	why_not: str | None = None
	title: str | None = None


def why_not_release(hold, required: str | None) -> str | None:
	"""Return why the session user may not release a hold that takes the role `required` now; None when they may.

	Reads only, by the rules of `release` and `lift`, which decide the role anew behind the gate.
	"""
	if hold.status != holds.OPEN:
		return _answered(hold)
	return _mandate(hold, required, lambda: _stored(hold)).why_not


def may_minute(hold, required: str | None) -> bool:
	"""Whether the session user may enter what the Board has decided about an open hold."""
	if hold.status != holds.OPEN or required != mandates.BOARD:
		return False
	return not _mandate(hold, required, lambda: _stored(hold), has_minutes=True).why_not


def role_required(hold) -> str | None:
	"""Return the role that releasing an open hold takes by live facts. Reads only."""
	if hold.reference_doctype == holds.PROFILE_DOCTYPE:
		policy = policies.active(hold.company)
		if policy is None:
			return hold.required_role
		standing = cases.standing_of(policy, hold.customer, hold.company)
		subject = cases.subject_of_customer(hold.customer, hold.company)
		return role_to_lift(hold, cases.load(standing, subject, None).case)
	if not frappe.db.exists(hold.reference_doctype, hold.reference_name):
		return hold.required_role
	seen = checking.preview(frappe.get_doc(hold.reference_doctype, hold.reference_name))
	return (seen[2].requirement.role if seen else None) or hold.required_role


def role_to_lift(hold, case: facts.Case) -> str | None:
	"""Return the role that lifting the hold of a customer takes: the one it was opened with, or more by now."""
	return approval.highest(
		[hold.required_role, engine_gate.requirement_of(case, _fired_stops(hold, case)).role]
	)


def _fired_stops(hold, case: facts.Case) -> tuple[rules.Finding, ...]:
	"""Return what keeps the hold of a customer up by itself: nothing where a person has set it."""
	return stops.looked_at(case).get(hold.action, ()) if _is_automatic(hold) else ()


def _is_automatic(hold) -> bool:
	return rules.FORCED_HOLD not in {row.rule for row in hold.reasons}


def may_advise() -> bool:
	"""Whether the session user may advise, reject and force: credit roles, and those who stand in for them."""
	return bool(mandates.acting_as("Credit Controller"))


def request(hold_name: str, reason: str):
	"""Note that a seller asks for a release, and tell those who may give it."""
	hold = _open(hold_name)
	holds.write(hold, requested_by=frappe.session.user, request_reason=_written(reason))
	notices.release_requested(hold)
	return hold


def advise(hold_name: str, advice: str, comment: str | None = None):
	"""Keep a credit controller's advice (Release or Reject) for whoever decides above them. Advice against a release says why: it
	costs whoever pushes the order commission, when the customer pays late again (engine/commission.py)."""
	if advice not in ("Release", "Reject"):
		frappe.throw(_("Advice is Release or Reject, not {0}.").format(advice), ReleaseError)
	_need_credit_role()
	comment = _written(comment) if advice == "Reject" else (comment or "").strip()
	hold = _open(hold_name)
	holds.write(hold, credit_advice=advice, advised_by=frappe.session.user, advice_reason=comment)
	hold.add_comment(
		"Info", _("Credit advice: {0}. {1}").format(_(advice, context="Credit Hold"), comment or "")
	)
	return hold


def release(hold_name: str, reason: str, payment_slip: str | None = None, minutes: str | None = None):
	"""Release a held order or draft, or lift the hold of a customer, within the mandate of whoever does it.

	On the strength of an accepted payment slip an order is released until the day on which its money must be here, and is
	decided about again when it is not. `minutes` is the file with which a Finance Director enters what the Board decided.
	"""
	reason = _written(reason)
	doctype, name = _reference(hold_name)
	if doctype == holds.PROFILE_DOCTYPE:
		return lift(hold_name, reason, minutes)
	last_day = _slip_until(payment_slip, hold_name) if payment_slip else None
	doc = locking.locked_doc(doctype, name)
	standing = _standing(doc)
	gate = gates.lock(*standing.gate_key)
	hold = _open(hold_name)
	subject = subjects.of(doc)
	loaded = cases.load(standing, subject, gate, hold.name)
	decision = engine_gate.decide(loaded.case)
	acted_as = _check_mandate(hold, decision.requirement.role or hold.required_role, doc, minutes)
	if decision.requirement.then and decision.requirement.role == approval.CONTRACT_MANAGER:
		return _let_contract_go(doc, standing, gate, hold, subject, loaded, decision, reason)
	if decision.requirement.then:
		frappe.throw(_match_first(hold), ReleaseError, title=_("Compliance first"))
	if acted_as == approval.COMPLIANCE:
		screening.note_release(subject.customer, name, reason)
		# Its seller reads the reason on the hold and in a mail: the true one stands on the match.
		reason = _("Compliance has looked at it.")
	_check_security(loaded, decision)
	approved = _lodged(loaded.case) + loaded.case.account.approved_excess
	excess = engine_release.approved_excess(decision.net_exposure, _ceiling(loaded), approved)
	valid_until = engine_release.valid_until(
		getdate(),
		subject.last_promised,
		standing.terms.release_grace_days,
		standing.terms.release_max_days,
	)
	holds.close(
		hold,
		holds.RELEASED,
		release_reason=reason,
		released_by=frappe.session.user,
		released_on=now_datetime(),
		released_as=acted_as,
		required_role=decision.requirement.role or hold.required_role,
		approved_excess=holds.number(excess),
		excess_active=int(excess > 0),
		order_amount=holds.number(subject.whole_amount),
		latest_due_date=subject.latest_due_date,
		rating=standing.profile.row.external_rating if standing.profile else None,
		**_let_go_now(hold, standing, subject, decision),
		against_advice=int(hold.credit_advice == "Reject"),
		valid_until=min(valid_until, last_day or valid_until),
		**_kept(minutes, hold),
	)
	gate.remember(
		subject.doctype, subject.name, subject.customer, subject.company, subject.amount, now_datetime()
	)
	_log_answer(standing, gate, subject, loaded, decision, log.RELEASE, "Released", hold, reason)
	gate.save()
	if doctype == subjects.ORDER:
		parking.go_on(doc, parking.RELEASED, hold.name, payment_slip)
	notices.answered(hold, notices.RELEASED_TEMPLATE)
	return hold


def _let_go_now(hold, standing: Standing, subject: subjects.Subject, decision: Decision) -> dict:
	"""Return what a release keeps of the differences that it lets go."""
	kept = holds.contract_fields(standing, subject)
	if rules.CONTRACT in {finding.rule for finding in decision.fired}:
		kept |= {
			"contract_approved": kept.get("contract_signature"),
			"contract_approved_by": frappe.session.user,
			"contract_approved_on": now_datetime(),
		}
	return kept


def _let_contract_go(doc, standing, gate, hold, subject, loaded: Loaded, decision: Decision, reason: str):
	"""Let go how a held document differs from its contract, and leave the rest of its hold to whom that takes. Returns the hold,
	which stays open."""
	holds.write(hold, **_let_go_now(hold, standing, subject, decision))
	hold.add_comment(
		"Info", _("Differences from the contract let go: {0}").format(frappe.utils.escape_html(reason))
	)
	_log_answer(standing, gate, subject, loaded, decision, log.RELEASE, "Held", hold, reason)
	rest = cases.load(standing, subject, gate, hold.name)
	left = engine_gate.decide(rest.case)
	holds.open_hold(subject, standing, left, hold.name)
	gate.save()
	notices.contract_let_go(hold.reload())
	return hold


def reject(hold_name: str, reason: str):
	"""Send a held order back to its seller: it stays on hold and never clears by itself."""
	reason = _written(reason)
	doctype, name = _reference(hold_name)
	if doctype == holds.PROFILE_DOCTYPE:
		frappe.throw(_("A customer's hold is lifted, not rejected."), ReleaseError)
	_need_credit_role()
	doc = locking.locked_doc(doctype, name)
	standing = _standing(doc)
	gate = gates.lock(*standing.gate_key)
	hold = _open(hold_name)
	subject = subjects.of(doc)
	loaded = cases.load(standing, subject, gate, hold.name)
	decision = engine_gate.decide(loaded.case)
	holds.close(hold, holds.REJECTED, rejected_by=frappe.session.user, reject_reason=reason)
	_log_answer(standing, gate, subject, loaded, decision, log.REJECT, "Rejected", hold, reason)
	gate.save()
	if doctype == subjects.ORDER:
		parking.reject(doc, hold)
	notices.answered(hold, notices.REJECTED_TEMPLATE)
	return hold


def force_hold(customer: str, company: str, reason: str, action: str = facts.HOLD):
	"""Put a customer on hold (new orders wait) or stop (nothing leaves either) until a person lifts it."""
	reason = _written(reason)
	if action not in (facts.HOLD, facts.STOP):
		frappe.throw(_("A customer is put on Hold or on Stop, not on {0}.").format(action), ReleaseError)
	_need_credit_role()
	standing = _standing_of_customer(customer, company)
	gate = gates.lock(*standing.gate_key)
	if stops.open_hold_of(standing.profile.name, [rules.FORCED_HOLD]):
		frappe.throw(_("Customer {0} is on hold by hand already.").format(customer), ReleaseError)
	role = approval.rule_role(standing.terms.rule_roles, rules.FORCED_HOLD, "") or "Credit Manager"
	hold = force(standing, gate, reason, action, role)
	gate.save()
	return hold


def force(standing: Standing, gate: gates.Gate, reason: str, action: str, lifted_by: str):
	"""Put a customer on hold or stop behind a gate that is held, and that the caller saves. Returns the hold."""
	profile = standing.profile.name
	finding = rules.Finding(rules.FORCED_HOLD, reason, None, rules.TEXT, action=action)
	reasons = holds.reason_rows((finding,), company_currency(standing.member[1]))
	hold = holds.open_customer_hold(standing, action, reasons, lifted_by)
	values = {"forced_hold": 1, "forced_hold_action": action, "forced_hold_reason": reason}
	frappe.db.set_value(holds.PROFILE_DOCTYPE, profile, values, update_modified=False)
	stops.refresh_status(profile)
	_log_customer(standing, gate, log.FORCE, "Stopped" if action == facts.STOP else "Held", hold, reason)
	notices.stopped(hold)
	return hold


def lift_forced(standing: Standing, gate: gates.Gate, hold, acted_as: str, reason: str) -> None:
	"""Lift what a person has put on a customer, behind a gate that is held, and that the caller saves."""
	_forget_forced(standing.profile.name)
	holds.close(
		hold,
		holds.RELEASED,
		release_reason=reason,
		released_by=frappe.session.user,
		released_on=now_datetime(),
		released_as=acted_as,
	)
	stops.refresh_status(standing.profile.name)
	_log_customer(standing, gate, log.LIFT, "Lifted", hold, reason)


def _forget_forced(profile: str) -> None:
	values = {"forced_hold": 0, "forced_hold_action": None, "forced_hold_reason": None}
	frappe.db.set_value(holds.PROFILE_DOCTYPE, profile, values, update_modified=False)


def lift(hold_name: str, reason: str, minutes: str | None = None):
	"""Lift the hold or stop of a customer, within the mandate of whoever does it, or by `minutes` of the Board.

	Lifting a stop by rating says that a person has reviewed the rating; lifting one by balance, or the delivery stop of the
	limit, approves what is owed beyond it until it is paid. Other delivery stops are lifted for as long as a release lasts.
	"""
	reason = _written(reason)
	doctype, profile = _reference(hold_name)
	if doctype != holds.PROFILE_DOCTYPE:
		frappe.throw(_("{0} holds an order: release or reject it.").format(hold_name), ReleaseError)
	customer, company = frappe.db.get_value(holds.PROFILE_DOCTYPE, profile, ["customer", "company"])
	_refuse_while_insolvent(customer)
	standing = _standing_of_customer(customer, company)
	gate = gates.lock(*standing.gate_key)
	hold = _open(hold_name)
	case = cases.load(standing, cases.subject_of_customer(customer, company), gate).case
	findings = _fired_stops(hold, case)
	acted_as = _check_mandate(hold, role_to_lift(hold, case), None, minutes)
	if not _is_automatic(hold):
		_forget_forced(profile)
	excess = ZERO
	for finding in findings:
		if finding.rule == rules.STOP_BY_RATING:
			frappe.db.set_value(
				holds.PROFILE_DOCTYPE,
				profile,
				{"rating_at_review": case.account.rating, "last_review": getdate()},
				update_modified=False,
			)
		elif finding.rule in (rules.STOP_BY_BALANCE, delivery.LIMIT):
			excess = engine_release.approved_excess(
				finding.measured, case.account.limit.ceiling, case.account.approved_excess
			)
	holds.close(
		hold,
		holds.RELEASED,
		release_reason=reason,
		released_by=frappe.session.user,
		released_on=now_datetime(),
		released_as=acted_as,
		approved_excess=holds.number(excess),
		excess_active=int(excess > 0),
		valid_until=add_days(getdate(), standing.terms.release_max_days),
		**_kept(minutes, hold),
	)
	stops.refresh_status(profile)
	_log_customer(standing, gate, log.LIFT, "Lifted", hold, reason)
	gate.save()
	return hold


def _refuse_while_insolvent(customer: str) -> None:
	case = insolvency_of(customer)
	if case:
		frappe.throw(
			_("Customer {0} is insolvent: its stops end with insolvency case {1}.").format(customer, case),
			ReleaseError,
			title=_("Insolvent"),
		)


def _written(reason: str | None) -> str:
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(
			_("Write down a reason; it is kept with the decision."), ReleaseError, title=_("Reason missing")
		)
	return reason


def _slip_until(payment_slip: str, hold_name: str) -> date:
	"""Return the day until which the money of a payment slip is waited for; refuse one that a hold cannot rest on."""
	slip = frappe.db.get_value(
		"Payment Slip", payment_slip, ["customer", "company", "status", "wait_until"], as_dict=True
	)
	about = frappe.db.get_value("Credit Hold", hold_name, ["customer", "company", "reference_doctype"])
	if not slip or (slip.customer, slip.company, subjects.ORDER) != about:
		frappe.throw(
			_(
				"Payment slip {0} is not of the customer and company of an order that credit hold {1} holds."
			).format(payment_slip, hold_name),
			ReleaseError,
		)
	if slip.status != ACCEPTED or getdate(slip.wait_until) < getdate():
		frappe.throw(
			_(
				"Payment slip {0} is {1}: an order is released on an accepted one that is still waited for."
			).format(payment_slip, _(slip.status, context="Payment Slip")),
			ReleaseError,
		)
	return getdate(slip.wait_until)


def _reference(hold_name: str) -> tuple[str, str]:
	found = frappe.db.get_value("Credit Hold", hold_name, ["reference_doctype", "reference_name"])
	if not found:
		raise frappe.DoesNotExistError(f"Credit Hold {hold_name} not found")
	return found


def _open(hold_name: str):
	"""Return a hold with its row locked, refusing one that was answered meanwhile."""
	hold = holds.newest(hold_name)
	if hold.status != holds.OPEN:
		frappe.throw(_answered(hold), ReleaseError, title=_("Answered already"))
	return hold


def _answered(hold) -> str:
	return _("Credit hold {0} is {1} already; nothing is left to answer.").format(
		hold.name, _(hold.status, context="Credit Hold")
	)


def _standing(doc) -> Standing:
	standing = checking.standing_of(doc)
	if standing:
		return standing
	policy = policies.active(doc.company)
	if policy is None:
		frappe.throw(_("Company {0} has no active credit policy.").format(doc.company), ReleaseError)
	return cases.standing_of(policy, doc.customer, doc.company)


def _standing_of_customer(customer: str, company: str) -> Standing:
	policy = policies.active(company)
	if policy is None:
		frappe.throw(_("Company {0} has no active credit policy.").format(company), ReleaseError)
	standing = cases.standing_of(policy, customer, company)
	if not standing.profile:
		frappe.throw(
			_("Customer {0} has no credit profile in {1}. Create one first.").format(customer, company),
			ReleaseError,
		)
	return standing


def _need_credit_role() -> None:
	"""Only credit roles advise, reject and force: those from Credit Controller up."""
	if not may_advise():
		needed = _("This takes the role Credit Controller or higher.")
		frappe.throw(f"{needed} {mandates.whom_to_ask('Credit Controller')}", NotYourMandateError)


def _kept(minutes: str | None, hold) -> dict:
	"""Return what is kept of the minutes of the Board on a hold; attaches them to it."""
	if not minutes:
		return {}
	board_minutes.attach(minutes, "Credit Hold", hold.name)
	return {"minutes": minutes}


def _check_mandate(hold, required: str | None, doc, minutes: str | None) -> str:
	"""Return the role in which the user may release a hold; refuse without one, and refuse one's own order."""
	mandate = _mandate(hold, required, lambda: doc, bool(minutes))
	if mandate.why_not:
		frappe.throw(mandate.why_not, NotYourMandateError, title=mandate.title)
	return mandate.acting


def _mandate(hold, required: str | None, read_doc: Callable, has_minutes: bool = False) -> Mandate:
	"""Return what the session user may do about a hold. `read_doc` gives what is held, None for a customer."""
	required = required or "Credit Controller"
	acting = mandates.acting_as(required, has_minutes=has_minutes)
	if not acting and required == approval.CONTRACT_MANAGER and _owns_contract(hold):
		acting = mandates.Acting(required)
	if not acting:
		takes = _("Releasing {0} takes the role {1} or higher.")
		if required == approval.COMPLIANCE:
			takes = _("Releasing {0} takes the role {1}.")
		if required == approval.CONTRACT_MANAGER:
			takes = _("Releasing {0} is for the contract owner or the role {1}.")
		why_not = takes.format(hold.reference_name, _(required))
		why_not = f"{why_not} {mandates.whom_to_ask(required)}"
		return Mandate(why_not=why_not, title=_("Not within your mandate"))
	# Whose own it is lends no role for it either.
	if {frappe.session.user, acting.in_stead_of} & _own_people(hold, read_doc()):
		why_not = _("{0} is your own: somebody else must release it.").format(hold.reference_name)
		return Mandate(why_not=why_not, title=_("Four eyes"))
	if required == approval.COMPLIANCE and {row.rule for row in hold.reasons} - {rules.SANCTIONS}:
		return Mandate(why_not=_match_first(hold), title=_("Compliance first"))
	return Mandate(acting.role)


def _owns_contract(hold) -> bool:
	"""Whether the session user answers for the contract that a held document departs from."""
	owner = hold.contract and frappe.db.get_value("B2B Contract", hold.contract, "contract_owner")
	return bool(owner) and owner == frappe.session.user


def _match_first(hold) -> str:
	"""Return what a Compliance Officer does about a hold that is not theirs alone."""
	return _(
		"{0} waits for a credit decision too. Clear the match of the customer first; credit releases the rest."
	).format(hold.reference_name)


def _stored(hold):
	"""Return of what is held as much as the four eyes look at, None for a customer."""
	if hold.reference_doctype == holds.PROFILE_DOCTYPE:
		return None
	parent = {"parenttype": hold.reference_doctype, "parent": hold.reference_name}
	return frappe._dict(
		owner=frappe.db.get_value(hold.reference_doctype, hold.reference_name, "owner"),
		sales_team=frappe.get_all("Sales Team", filters=parent, fields=["sales_person"]),
	)


def _own_people(hold, doc) -> set[str]:
	"""Return who owns, created, sells on or asked for what is held: none of them may release it."""
	own = {hold.salesperson, hold.requested_by}
	if doc is not None:
		own.add(doc.owner)
		own |= set(people.users_of_sales_persons([row.sales_person for row in doc.get("sales_team") or []]))
	return {user for user in own if user}


def _check_security(loaded: Loaded, decision: Decision) -> None:
	"""Refuse a release without the guarantee that the matrix asks for (class C): lodged for this hold, large enough."""
	if not decision.requirement.security_required:
		return
	guarantees = tuple(i for i in loaded.case.lodged if i.instrument_type == BANK_GUARANTEE)
	got = lodged_cover(replace(loaded.case, lodged=guarantees))
	if got < decision.requirement.security_amount:
		currency = loaded.case.policy.currency
		frappe.throw(
			_(
				"This release also takes a bank guarantee of at least {0}; {1} is lodged for this hold. Register it as a Security Instrument with this credit hold."
			).format(
				wording.money_text(decision.requirement.security_amount, currency),
				wording.money_text(got, currency),
			),
			ReleaseError,
			title=_("Bank guarantee missing"),
		)


def _lodged(case: facts.Case) -> Decimal:
	"""Return what was lodged for this hold and has not been taken off the exposure already."""
	return lodged_cover(case) if case.measures_before_lodged else ZERO


def _ceiling(loaded: Loaded) -> Decimal:
	limit = loaded.case.account.limit
	return Decimal("Infinity") if limit.is_unlimited else limit.ceiling


def _log_answer(standing, gate, subject, loaded, decision, kind, outcome, hold, reason) -> None:
	payload = log.payload_of(decision) | {
		"advice": hold.credit_advice,
		"against_advice": bool(hold.against_advice),
	}
	_log(
		standing,
		gate,
		kind,
		outcome,
		hold,
		reason,
		subject,
		payload,
		checking.links_of(standing, subject, loaded, decision),
	)


def _log_customer(standing, gate, kind, outcome, hold, reason) -> None:
	subject = cases.subject_of_customer(*standing.member)
	payload = {"rules": [{"rule": row.rule, "action": row.action} for row in hold.reasons]}
	_log(standing, gate, kind, outcome, hold, reason, subject, payload, {})


def _log(standing, gate, kind, outcome, hold, reason, subject, payload, links) -> None:
	customer, company = standing.member
	holds.write(
		hold,
		decision=log.append(
			gate,
			log.Entry(
				kind=kind,
				outcome=outcome,
				customer=customer,
				company=company,
				policy=standing.policy,
				reference_doctype=hold.reference_doctype,
				reference_name=hold.reference_name,
				amount=subject.amount,
				credit_hold=hold.name,
				payload=payload
				| {"acted_as": hold.released_as, "minutes": board_minutes.hash_of(hold.minutes)},
				links=links | {"reason": reason},
			),
		),
	)
