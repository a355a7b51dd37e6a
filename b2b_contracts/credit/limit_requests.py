"""Asking for a higher credit limit, and the answer (requirements §2.1, §2.2, §2.5).

Who may grant how much is decided by `engine/limit_requests.py` from live figures. A limit that is granted is set on the
Credit Profile, whose own ways lead on from there: its history, the gate, and the orders that may go on.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, getdate, now_datetime

from b2b_contracts.engine import facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine import limit_requests as engine
from b2b_contracts.engine import mandates as engine_mandates
from b2b_contracts.engine.limit_requests import APPROVED, GRANTED, OPEN, REJECTED, WITHDRAWN
from b2b_contracts.engine.limits import LIMITED, Limit
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import LimitRequestError, NotYourMandateError

from . import (
	cases,
	checking,
	clearing,
	gates,
	holds,
	locking,
	log,
	mandates,
	notices,
	people,
	policies,
	subjects,
	wording,
)
from .account_facts import company_currency, money
from .cases import Standing

REQUEST, PROFILE = "Limit Request", "Credit Profile"
WRITTEN_BY_US = (
	*(
		"status",
		"required_role",
		"escalated_to",
		"escalated_on",
		"response_due",
		"currency",
		"current_limit",
		"requested_by",
		"requested_on",
	),
	*("waiting_orders", "waiting_amount", "granted_limit", "granted_until", "remark"),
	*("decided_by", "decided_as", "decided_on", "decision"),
)
REJECTED_BY = "Credit Controller"
# What ended longer ago is no news.
NEWS_DAYS = 30
# So many waiting orders are looked at for what a limit would free.
LOOKED_AT = 20


# ------------------------------------------------------------------ asked for
def start(request) -> None:
	"""Give a new request the values that nobody enters, whatever a client sent."""
	for field in WRITTEN_BY_US:
		request.set(field, None)
	request.update({"status": OPEN, "requested_by": frappe.session.user, "requested_on": now_datetime()})


def complete(request) -> None:
	"""Complete a request from the customer's figures, and refuse one that asks for nothing."""
	request.reason = (request.reason or "").strip()
	if not request.reason:
		_refuse(_("Write down why the customer needs a higher limit."))
	standing = _standing(request.customer, request.company)
	limit = standing.profile.limit
	request.currency = company_currency(request.company)
	if limit.is_unlimited:
		_refuse(_("The credit of {0} is not limited; there is nothing to ask for.").format(request.customer))
	if money(request.requested_limit) <= limit.ceiling:
		_refuse(
			_("The limit of {0} is {1} already. Ask for more than that.").format(
				request.customer, wording.money_text(limit.ceiling, request.currency)
			)
		)
	if request.valid_until and getdate(request.valid_until) < getdate():
		_refuse(
			_(
				"{0} is past. Enter the last day on which the higher limit is needed, or leave it empty."
			).format(request.get_formatted("valid_until"))
		)
	_refuse_order_of_another(request)
	other = _open_request(request.customer, request.company)
	if other:
		_refuse(
			_("A higher limit of {0} is asked for already ({1}). Withdraw that request first.").format(
				request.customer, other
			)
		)
	freed = [row for row in effect(standing, money(request.requested_limit)) if row.goes_on]
	request.update(
		{
			"current_limit": holds.number(limit.ceiling),
			"required_role": _role(standing, money(request.requested_limit)),
			"response_due": holds.response_due(standing.policy, now_datetime()),
			"waiting_orders": len(freed),
			"waiting_amount": holds.number(sum((row.amount for row in freed), ZERO)),
		}
	)


def _refuse_order_of_another(request) -> None:
	if not request.sales_order:
		return
	found = frappe.db.get_value("Sales Order", request.sales_order, ["customer", "company"])
	if found != (request.customer, request.company):
		_refuse(
			_("Sales Order {0} is not one of {1} in {2}. Choose one of this customer, or none.").format(
				request.sales_order, request.customer, request.company
			)
		)


def asked(request) -> None:
	"""Tell those who may decide that somebody asks."""
	text = _("{0} asks for a limit of {1} for {2}: {3}").format(
		frappe.utils.get_fullname(request.requested_by),
		wording.money_text(money(request.requested_limit), request.currency),
		request.customer_name or request.customer,
		request.reason,
	)
	deciders = people.controllers(request.required_role)
	notices.bell(REQUEST, request.name, [*deciders, *mandates.deputies_of(deciders)], text)


def terms_for(customer: str, company: str, sales_order: str | None = None) -> dict:
	"""Return what a dialog that asks for a limit starts with: `{currency, current_limit, needed, open_request, orders:
	[{order, amount, promised_date}]}`; `needed` is the limit that frees the order, or else all that wait, 0 when none does.
	"""
	standing = _standing(customer, company)
	waiting = _waiting(standing)
	wanted = [row for row in waiting if sales_order in (None, row.order)]
	return {
		"currency": company_currency(company),
		"current_limit": holds.number(standing.profile.limit.ceiling),
		"is_unlimited": standing.profile.limit.is_unlimited,
		"needed": holds.number(_needed(standing, wanted)),
		"open_request": _open_request(customer, company),
		"orders": [
			{"order": row.order, "amount": holds.number(row.amount), "promised_date": str(row.promised or "")}
			for row in wanted
		],
	}


def _needed(standing: Standing, wanted: list["Waiting"]) -> Decimal:
	"""Return the limit of which what is granted, with some orders more, uses no more than the policy allows."""
	if not wanted:
		return ZERO
	first, *others = (row.case for row in wanted)
	more = sum((case.order.amount for case in others), ZERO)
	position = first.position
	case = replace(first, position=replace(position, granted_orders=position.granted_orders + more))
	return engine.limit_needed(rules.net_exposure(case), rules.limit_threshold_percent(case))


# ------------------------------------------------------------------ what it would free
@dataclass(frozen=True, slots=True)
class Waiting:
	"""An order that waits, and the case that decides about it."""

	order: str
	amount: Decimal
	promised: date | None
	case: facts.Case
	goes_on: bool = False
	still: tuple[str, ...] = ()


def _waiting(standing: Standing) -> list[Waiting]:
	"""Return the customer's waiting orders, in the order in which they are looked at again. Reads only."""
	found = []
	for _hold, order in clearing.waiting_holds([standing.member])[:LOOKED_AT]:
		seen = checking.preview(frappe.get_doc(subjects.ORDER, order))
		if seen:
			promised = frappe.db.get_value(subjects.ORDER, order, "delivery_date")
			found.append(Waiting(order, seen[1].case.order.amount, promised, seen[1].case))
	return found


def effect(standing: Standing, limit: Decimal) -> list[Waiting]:
	"""Return the waiting orders with what a limit would make of each, one after the other. Reads only."""
	currency = company_currency(standing.member[1])
	freed, found = ZERO, []
	for row in _waiting(standing):
		account = replace(row.case.account, limit=Limit(LIMITED, limit))
		position = replace(row.case.position, granted_orders=row.case.position.granted_orders + freed)
		decision = engine_gate.decide(replace(row.case, account=account, position=position))
		if decision.is_clear:
			freed += row.amount
		still = tuple(wording.reason(finding, currency) for finding in decision.fired)
		found.append(replace(row, goes_on=decision.is_clear, still=still))
	return found


# ------------------------------------------------------------------ who decides
def _role(standing: Standing, wanted: Decimal) -> str:
	"""Return the role that granting a limit takes by live figures."""
	company = standing.member[1]
	table = mandates.in_force(company)
	on_ladder, beyond = (
		engine_mandates.required_role(table, action, wanted)
		for action in (engine_mandates.LIMIT_ON_LADDER, engine_mandates.LIMIT_BEYOND_LADDER)
	)
	terms = standing.terms
	return engine.required_role(
		_ask(standing, wanted), terms.matrix, terms.amount_escalation, on_ladder, beyond
	)


def _ask(standing: Standing, wanted: Decimal) -> engine.Ask:
	profile = frappe.get_doc(PROFILE, standing.profile.name)
	return engine.Ask(
		wanted=wanted,
		current=standing.profile.limit,
		calculated=standing.profile.profile.calculated_limit,
		highest_step=profile.highest_limit_of_ladder(),
		risk_class=standing.profile.profile.risk_class or "B",
	)


def why_not(request, required: str) -> str | None:
	"""Return why the session user may not decide about a request that takes a role; None when they may. Reads only."""
	if request.status != OPEN:
		return _answered(request)
	if not mandates.acting_as(required):
		sentence = _("This limit is decided by a {0} or higher.").format(_(required))
		return f"{sentence} {mandates.whom_to_ask(required)}"
	if frappe.session.user in _own_people(request):
		return _("{0} is of your own customer, or you asked for it: somebody else must decide.").format(
			request.name
		)
	return None


def _own_people(request) -> set[str]:
	"""Return who asked, and who sells to the customer: none of them decides."""
	manager = frappe.db.get_value("Customer", request.customer, "account_manager")
	team = frappe.get_all(
		"Sales Team", filters={"parenttype": "Customer", "parent": request.customer}, pluck="sales_person"
	)
	return {request.requested_by, manager, *people.users_of_sales_persons(team)} - {None, ""}


def state_of(request) -> dict:
	"""Return how a request stands now: `{required_role, may_decide, may_reject, why_not, may_withdraw, current_limit, currency, over_percent,
	orders: [{order, amount, promised_date, goes_on, still}]}`. Reads only."""
	standing = _standing(request.customer, request.company)
	wanted = money(request.requested_limit)
	required = _role(standing, wanted) if request.status == OPEN else request.required_role
	reason = why_not(request, required)
	return {
		"required_role": required,
		"may_decide": reason is None,
		"may_reject": why_not(request, REJECTED_BY) is None,
		"why_not": reason,
		"may_withdraw": request.status == OPEN and may_withdraw(request),
		"currency": request.currency,
		"current_limit": holds.number(standing.profile.limit.ceiling),
		"over_percent": holds.percent_number(_ask(standing, wanted).overshoot),
		"minutes_left": holds.minutes_left(request) if request.status == OPEN else None,
		"orders": [
			{
				"order": row.order,
				"amount": holds.number(row.amount),
				"promised_date": str(row.promised or ""),
				"goes_on": row.goes_on,
				"still": list(row.still),
			}
			for row in (effect(standing, wanted) if request.status == OPEN else ())
		],
	}


# ------------------------------------------------------------------ answered
def approve(name: str, remark: str, granted_limit: float | None = None, valid_until: str | None = None):
	"""Grant a limit: what was asked for, or less, within the mandate of whoever does it. Returns the request."""
	remark = _written(remark)
	request = _open(name)
	amount = money(granted_limit) if granted_limit is not None else money(request.requested_limit)
	until = getdate(valid_until or request.valid_until) if valid_until or request.valid_until else None
	standing = _standing(request.customer, request.company)
	gate = gates.lock(*standing.gate_key)
	standing = _standing(request.customer, request.company)
	_check_grant(request, standing, amount, until)
	required = _role(standing, amount)
	acted_as = _check_mandate(request, required)
	asked_until = getdate(request.valid_until) if request.valid_until else None
	status = engine.status_of(money(request.requested_limit), asked_until, amount, until)
	_set_limit(request, amount, until, remark)
	values = {"granted_limit": holds.number(amount), "granted_until": until}
	_answer(request, standing, gate, status, remark, required, acted_as, values)
	return request


def reject(name: str, remark: str):
	"""Turn a request down with a written remark, as a credit controller or higher. Returns the request."""
	remark = _written(remark)
	request = _open(name)
	standing = _standing(request.customer, request.company)
	gate = gates.lock(*standing.gate_key)
	required = _role(standing, money(request.requested_limit))
	acted_as = _check_mandate(request, REJECTED_BY)
	_answer(request, standing, gate, REJECTED, remark, required, acted_as, {})
	return request


def withdraw(name: str, reason: str):
	"""Take back a request that nobody has answered: whoever asked, who looks after the customer, or credit control."""
	reason = _written(reason)
	request = _open(name)
	if not may_withdraw(request):
		frappe.throw(
			_("Only whoever asked, the account manager or credit control can withdraw {0}.").format(name),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	locking.write(
		request,
		{
			"status": WITHDRAWN,
			"remark": reason,
			"decided_by": frappe.session.user,
			"decided_on": now_datetime(),
		},
	)
	return request


def may_withdraw(request) -> bool:
	"""Whether the session user may take a request back. Reads only."""
	return frappe.session.user in _own_people(request) or bool(mandates.acting_as(REJECTED_BY))


def _check_grant(request, standing: Standing, amount: Decimal, until) -> None:
	asked_until = getdate(request.valid_until) if request.valid_until else None
	limit = standing.profile.limit
	if limit.is_unlimited or amount <= limit.ceiling:
		_refuse(
			_(
				"The limit of {0} is {1} already: there is nothing to grant. Reject the request instead."
			).format(request.customer, wording.money_text(limit.ceiling, request.currency))
		)
	if engine.is_more_than_asked(money(request.requested_limit), asked_until, amount, until):
		asked = wording.money_text(money(request.requested_limit), request.currency)
		_refuse(
			_("{0} asks for {1} until {2}. Grant that, or less.").format(
				request.name, asked, request.get_formatted("valid_until")
			)
			if asked_until
			else _("{0} asks for {1}. Grant that, or less.").format(request.name, asked)
		)
	if until and until < getdate():
		_refuse(_("{0} is past: the limit would end before it begins.").format(frappe.format(until, "Date")))


def _check_mandate(request, required: str) -> str:
	reason = why_not(request, required)
	if reason:
		frappe.throw(reason, NotYourMandateError, title=_("Not within your mandate"))
	return mandates.acting_as(required).role


def _set_limit(request, amount: Decimal, until, remark: str) -> None:
	"""Set the limit on the profile, as its own save does it; the mandate has been checked here."""
	profile = frappe.get_doc(PROFILE, {"customer": request.customer, "company": request.company})
	profile.limit_type = LIMITED
	if until:
		profile.update({"temporary_limit": holds.number(amount), "temporary_limit_until": until})
	else:
		profile.update(
			{
				"manual_limit": holds.number(amount),
				"limit_reason": f"{request.name}: {remark}",
				# One that is still in force is below what is granted now.
				"temporary_limit": 0,
				"temporary_limit_until": None,
			}
		)
	profile.change_reason = f"{request.name}: {remark}"
	profile.flags.credit_service = True
	profile.flags.ignore_permissions = True
	profile.save()


def _answer(request, standing, gate, status, remark, required, acted_as, values) -> None:
	logged = log.append(
		gate,
		log.Entry(
			kind=log.REJECT if status == REJECTED else log.APPROVE,
			outcome=REJECTED if status == REJECTED else APPROVED,
			customer=request.customer,
			company=request.company,
			policy=standing.policy,
			reference_doctype=REQUEST,
			reference_name=request.name,
			amount=money(values.get("granted_limit")),
			payload={
				"current_limit": log.plain(standing.profile.limit.ceiling),
				"requested_limit": log.plain(money(request.requested_limit)),
				"granted_limit": log.plain(money(values.get("granted_limit"))),
				"granted_until": log.plain(values.get("granted_until")),
				"required_role": required,
				"acted_as": acted_as,
			},
			links={"reason": remark, PROFILE: standing.profile.name},
		),
	)
	gate.save()
	decided = {"decided_by": frappe.session.user, "decided_as": acted_as, "decided_on": now_datetime()}
	told = {"status": status, "remark": remark, "required_role": required, "decision": logged}
	locking.write(request, told | decided | values)
	_tell_answer(request)


def _tell_answer(request) -> None:
	amount = wording.money_text(money(request.granted_limit), request.currency)
	name = request.customer_name or request.customer
	if request.status == REJECTED:
		text = _("No higher limit for {0}: {1}").format(name, request.remark)
	elif request.granted_until:
		text = _("{0} has a limit of {1} until {2}: {3}").format(
			name, amount, frappe.format(request.granted_until, "Date"), request.remark
		)
	else:
		text = _("{0} has a limit of {1}: {2}").format(name, amount, request.remark)
	notices.bell(REQUEST, request.name, _who_cares(request), text)


def _who_cares(request) -> list[str]:
	return [request.requested_by, frappe.db.get_value("Customer", request.customer, "account_manager")]


# ------------------------------------------------------------------ temporary limits that end
def daily() -> None:
	"""Tell of temporary limits that end within a week, and of those that have ended: once each. May be run again."""
	today = getdate()
	for name, until in _temporary_limits(add_days(today, engine.WARNED_BEFORE_DAYS)):
		clearing.in_own_transaction(_tell_of_end, name, until)


def _temporary_limits(until) -> list[tuple[str, object]]:
	"""Return the profiles with a temporary limit that ends by a day, as far as its end was not told of."""
	profile = frappe.qb.DocType(PROFILE)
	policy = frappe.qb.DocType("Credit Policy")
	told = profile.temporary_limit_end_told
	return list(
		frappe.qb.from_(profile)
		.join(policy)
		.on((policy.company == profile.company) & (policy.is_active == 1))
		.select(profile.name, profile.temporary_limit_until)
		.where((profile.limit_type == LIMITED) & (profile.temporary_limit_until <= until))
		.where(profile.temporary_limit_until >= add_days(getdate(), -NEWS_DAYS))
		.where(told.isnull() | (told != profile.temporary_limit_until))
		.orderby(profile.name)
		.run()
	)


def _tell_of_end(name: str, until) -> bool:
	"""Tell whoever asked, the account manager and credit control that a temporary limit ends, or has ended."""
	until, today = getdate(until), getdate()
	profile = locking.locked_doc(PROFILE, name)
	if getdate(profile.temporary_limit_until) != until:
		return False
	customer = profile.customer_name or profile.customer
	amount = wording.money_text(money(profile.temporary_limit), profile.currency)
	shown = frappe.format(until, "Date")
	if until < today:
		text = _("The temporary limit of {0} for {1} ended on {2}.").format(amount, customer, shown)
		field = "temporary_limit_end_told"
	elif engine.ends_soon(until, today) and profile.temporary_limit_warned != until:
		text = _("The temporary limit of {0} for {1} ends on {2}.").format(amount, customer, shown)
		field = "temporary_limit_warned"
	else:
		return False
	frappe.db.set_value(PROFILE, name, field, until, update_modified=False)
	notices.bell(PROFILE, name, [*_askers(profile), *people.controllers()], text)
	return True


def _askers(profile) -> list[str]:
	"""Return who asked for the temporary limit of a profile, where somebody did, and the account manager."""
	asked_by = frappe.get_all(
		REQUEST,
		filters={
			"customer": profile.customer,
			"company": profile.company,
			"status": ["in", GRANTED],
			"granted_until": profile.temporary_limit_until,
		},
		order_by="decided_on desc",
		pluck="requested_by",
		limit=1,
	)
	manager = frappe.db.get_value("Customer", profile.customer, "account_manager")
	return [user for user in (*asked_by, manager) if user]


# ------------------------------------------------------------------ helpers
def _standing(customer: str, company: str) -> Standing:
	policy = policies.active(company)
	if policy is None:
		_refuse(_("Company {0} has no active credit policy, so there is no limit to raise.").format(company))
	standing = cases.standing_of(policy, customer, company)
	if not standing.profile:
		_refuse(
			_(
				"Customer {0} has no credit profile in {1}. Ask credit control to assess the customer first."
			).format(customer, company)
		)
	return standing


def _open_request(customer: str, company: str) -> str | None:
	return frappe.db.get_value(REQUEST, {"customer": customer, "company": company, "status": OPEN})


def _open(name: str):
	"""Return a request with its row locked, refusing one that was answered meanwhile."""
	request = locking.locked_doc(REQUEST, name)
	if request.status != OPEN:
		frappe.throw(_answered(request), LimitRequestError, title=_("Answered already"))
	return request


def _answered(request) -> str:
	return _("{0} is {1} already; nothing is left to answer.").format(
		request.name, _(request.status, context=REQUEST)
	)


def _written(text: str | None) -> str:
	text = (text or "").strip()
	if not text:
		frappe.throw(
			_("Write down a remark; it is kept with the decision."),
			LimitRequestError,
			title=_("Remark missing"),
		)
	return text


def _refuse(message: str) -> None:
	frappe.throw(message, LimitRequestError, title=_("Limit request"))
