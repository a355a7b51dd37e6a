"""The credit rules of an order: one function a rule, each a pure look at the case (requirements §2.4).

A rule returns a `Finding` whether it fires or not, so that a decision explains what was looked at; `None` means
the rule does not concern this case. A new rule is a function with `@rule(...)` and its tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .exposure import overshoot, utilisation
from .facts import HOLD, PARK_FOR_ASSESSMENT, STOP, Account, Case, Policy
from .limits import Limit
from .money import HUNDRED, INFINITE, ONE, ZERO, percent_of, ratio
from .overdue import undisputed_rest
from .ratings import INSOLVENT, is_at_most, notches_down
from .security import Instrument, capacity, secured, share_of_member

LIMIT_USE = "Limit Use"
GROUP_LIMIT = "Group Limit"
OVERDUE_ITEMS = "Overdue Items"
PAYMENT_TERMS = "Payment Terms"
MISSING_PO = "Missing PO"
LIMIT_REVIEW = "Limit Review"
PREPAYMENT = "Prepayment"
SECURITY = "Security"
STOP_BY_BALANCE = "Credit Stop: Balance"
STOP_BY_RATING = "Credit Stop: Rating"
FORCED_HOLD = "Forced Hold"
NO_PROFILE = "No Profile"
NEGATIVE_LIST = "Negative List"
# The rule Sanctions of §2.4, by the name under which everybody may read it: a seller who reads more could warn the customer.
SANCTIONS = "Compliance"
CONTRACT = "Contract"

PERCENT, AMOUNT, DAYS, NOTCHES, DATE, TEXT = "percent", "amount", "days", "notches", "date", "text"
COUNT = "count"

# The bureau rating at which an old item stops deliveries.
WEAK = "C"

Measure = Decimal | int | str | date | None


@dataclass(frozen=True, slots=True)
class Finding:
	"""What one rule saw.

	`action` is Hold or Stop when it fired, else empty. `measured` and `threshold` are in `unit` (percentages
	per cent). `over` is the ratio by which a limit is exceeded and `over_amount` the money; both 0 for rules
	that measure no limit. `waived` says why a credit rule did not apply (prepaid, secured). `level` is what
	the rule's own release roles are graded by (days over for terms).
	"""

	rule: str
	measured: Measure
	threshold: Measure
	unit: str
	action: str = ""
	over: Decimal = ZERO
	over_amount: Decimal = ZERO
	level: Decimal | None = None
	waived: str = ""
	note: str = ""

	@property
	def fired(self) -> bool:
		return bool(self.action)


@dataclass(frozen=True, slots=True)
class Rule:
	"""A rule: whether it fires on a case (cheap), what it saw, and whether full prepayment or full security passes it."""

	name: str
	fires: Callable[[Case], bool]
	look: Callable[[Case], Finding | None]
	is_credit: bool


RULES: list[Rule] = []


def rule(name: str, *, credit: bool, fires: Callable[[Case], bool]):
	"""Register a rule; `credit` rules are passed by fully prepaid or fully secured orders.

	`fires` is the one place that says when: the finding asks it too.
	"""

	def register(look):
		RULES.append(Rule(name, fires, look, credit))
		return look

	return register


def net_exposure(case: Case) -> Decimal:
	"""Return the exposure with the order in hand, net of the security that counts against a limit."""
	return net_exposure_at(case, case.order.amount)


def net_exposure_at(case: Case, in_hand: Decimal, paid: Decimal = ZERO) -> Decimal:
	"""Return what `net_exposure` would be were the order in hand of another amount, and `paid` paid of what is owed."""
	net = _own_net(case, in_hand, paid)
	if case.group is None or not case.group.instruments:
		return net
	group = case.group
	return net - share_of_member(group.instruments, net * group.rate, group.others_to_cover) / group.rate


def _own_net(case: Case, in_hand: Decimal, paid: Decimal = ZERO) -> Decimal:
	"""The exposure net of the customer's own security."""
	gross = case.position.exposure + in_hand - paid
	covering = case.covering
	return gross - secured(covering, gross, case.exposed_parts(in_hand)) if covering else gross


def net_balance(case: Case, paid: Decimal = ZERO) -> Decimal:
	"""Return the balance without the order in hand, net of security and after a payment: the base of every stop."""
	balance = case.position.balance - paid
	own = case.instruments + case.lodged
	net = balance - secured(own, balance, case.owed_parts) if own else balance
	if case.group is None or not case.group.instruments:
		return net
	group = case.group
	return net - share_of_member(group.instruments, net * group.rate, group.others_owing) / group.rate


def group_net_exposure(case: Case) -> Decimal:
	"""Return the exposure of the whole group with the order in hand, net of security, in the group's currency."""
	return group_net_exposure_at(case, case.order.amount)


def group_net_exposure_at(case: Case, in_hand: Decimal, paid: Decimal = ZERO) -> Decimal:
	"""Return what `group_net_exposure` would be were the order in hand of another amount, and `paid` paid."""
	group = case.group
	own = group.rate * _own_net(case, in_hand, paid)
	return group.others_net + own - secured(group.instruments, group.others_to_cover + max(ZERO, own))


def limit_threshold_percent(case: Case) -> Decimal:
	"""Return how much of the limit may be used: all of an absolute cap, the policy's share of any other."""
	return _threshold_percent(case.account, case.policy)


def _threshold_percent(account: Account, policy: Policy) -> Decimal:
	return HUNDRED if account.per_order else policy.hold_utilisation_percent


def hold_ceiling(account: Account, policy: Policy) -> Decimal:
	"""Return the net exposure above which an order is held, infinite for an unlimited customer."""
	if account.limit.is_unlimited:
		return INFINITE
	return percent_of(account.limit.ceiling, _threshold_percent(account, policy))


def stop_ceiling(account: Account, policy: Policy) -> Decimal:
	"""Return the net balance above which deliveries stop: a share of the limit, and what releases approved beyond it."""
	if account.limit.is_unlimited:
		return INFINITE
	return percent_of(account.limit.ceiling, policy.stop_utilisation_percent) + account.approved_excess


def _is_over(net: Decimal, limit: Limit, threshold: Decimal) -> bool:
	"""Compared as money, not as a rounded percentage: 95.0001 % is over 95 %."""
	return not limit.is_unlimited and net > percent_of(limit.ceiling, threshold)


def _limit_finding(
	rule_name: str, net: Decimal, limit: Limit, threshold: Decimal, rate: Decimal = ONE
) -> Finding | None:
	"""Measure a limit; `rate` turns the customer's currency into the limit's, and money over goes back by it."""
	used = utilisation(net, limit)
	if used is None:
		return None
	fired = _is_over(net, limit, threshold)
	over = overshoot(net, limit)
	return Finding(
		rule_name,
		measured=used * HUNDRED,
		threshold=threshold,
		unit=PERCENT,
		action=HOLD if fired else "",
		over=over if fired else ZERO,
		over_amount=max(ZERO, net - limit.ceiling) / rate if fired else ZERO,
	)


@rule(FORCED_HOLD, credit=False, fires=lambda case: bool(case.account.forced_hold))
def forced_hold(case: Case) -> Finding | None:
	"""A person has put the customer on hold; only a person lifts it."""
	if not case.account.forced_hold:
		return None
	return Finding(FORCED_HOLD, case.account.forced_hold_reason, None, TEXT, action=case.account.forced_hold)


@rule(NEGATIVE_LIST, credit=False, fires=lambda case: case.account.negative_until is not None)
def negative_list(case: Case) -> Finding | None:
	"""A customer that a person has put on the negative list, and who is not off it yet: a person looks at every order, paid
	for or not. Deliveries of what was granted before go on."""
	if case.account.negative_until is None:
		return None
	return Finding(
		NEGATIVE_LIST,
		measured=case.account.negative_until,
		threshold=None,
		unit=DATE,
		action=HOLD,
		note=case.account.negative_reason,
	)


@rule(SANCTIONS, credit=False, fires=lambda case: case.account.compliance_stop)
def sanctions(case: Case) -> Finding | None:
	"""The customer, or the country that goods go to, may stand on a sanctions list, and nobody has cleared it: paid for or
	not, nothing goes ahead (requirements §2.4)."""
	if not case.account.compliance_stop:
		return None
	return Finding(SANCTIONS, None, None, TEXT, action=STOP)


@rule(NO_PROFILE, credit=True, fires=lambda case: case.is_unassessed)
def no_profile(case: Case) -> Finding | None:
	"""A customer nobody has assessed, under a policy that wants that done first."""
	if not case.is_unassessed:
		return None
	return Finding(NO_PROFILE, None, None, TEXT, action=HOLD)


def is_stopped_by_rating(case: Case) -> bool:
	"""Whether the rating stops the customer."""
	return _rating_stops(case.account, case.policy)


def _rating_stops(account: Account, policy: Policy) -> bool:
	rating = account.rating
	if not rating:
		return False
	fallen = notches_down(account.rating_at_review, rating)
	return rating == INSOLVENT or 0 < policy.rating_stop_notches <= fallen


@rule(STOP_BY_RATING, credit=True, fires=is_stopped_by_rating)
def stop_by_rating(case: Case) -> Finding | None:
	"""Insolvent, or fallen by the policy's number of notches since a person last reviewed the rating."""
	account = case.account
	if not account.rating:
		return None
	return Finding(
		STOP_BY_RATING,
		measured=notches_down(account.rating_at_review, account.rating),
		threshold=case.policy.rating_stop_notches,
		unit=NOTCHES,
		action=STOP if is_stopped_by_rating(case) else "",
		note=account.rating,
	)


def is_stopped_by_balance(case: Case) -> bool:
	"""Whether what is owed stops the customer."""
	return not case.is_unassessed and net_balance(case) > stop_ceiling(case.account, case.policy)


@rule(STOP_BY_BALANCE, credit=True, fires=is_stopped_by_balance)
def stop_by_balance(case: Case) -> Finding | None:
	"""What is owed, without the order in hand, beyond the stop share of the limit plus what a release approved."""
	limit = case.account.limit
	if limit.is_unlimited or case.is_unassessed:
		return None
	net = net_balance(case)
	stopped = is_stopped_by_balance(case)
	return Finding(
		STOP_BY_BALANCE,
		measured=net,
		threshold=stop_ceiling(case.account, case.policy),
		unit=AMOUNT,
		action=STOP if stopped else "",
		over=overshoot(net, limit) if stopped else ZERO,
		over_amount=max(ZERO, net - limit.ceiling) if stopped else ZERO,
	)


def _is_over_limit(case: Case) -> bool:
	return not case.is_unassessed and net_exposure(case) > hold_ceiling(case.account, case.policy)


@rule(LIMIT_USE, credit=True, fires=_is_over_limit)
def limit_use(case: Case) -> Finding | None:
	"""Utilisation including this order, net of security, against the customer's own limit."""
	if case.is_unassessed:
		return None
	return _limit_finding(LIMIT_USE, net_exposure(case), case.account.limit, limit_threshold_percent(case))


def _is_over_group_limit(case: Case) -> bool:
	return case.group is not None and _is_over(
		group_net_exposure(case), case.group.limit, case.policy.hold_utilisation_percent
	)


@rule(GROUP_LIMIT, credit=True, fires=_is_over_group_limit)
def group_limit(case: Case) -> Finding | None:
	"""The same for the credit group: all members, all companies, in the group's currency."""
	if case.group is None:
		return None
	threshold = case.policy.hold_utilisation_percent
	return _limit_finding(GROUP_LIMIT, group_net_exposure(case), case.group.limit, threshold, case.group.rate)


def _is_overdue(case: Case) -> bool:
	rest = undisputed_rest(case.overdue.amount, case.overdue.credits)
	return rest > case.policy.overdue_tolerance_amount


@rule(OVERDUE_ITEMS, credit=True, fires=_is_overdue)
def overdue_items(case: Case) -> Finding | None:
	"""Undisputed items past the threshold, after credits went to the oldest, beyond a tolerance per customer."""
	rest = undisputed_rest(case.overdue.amount, case.overdue.credits)
	fired = _is_overdue(case)
	days = (
		(case.today - case.overdue.oldest_due_date).days if rest > 0 and case.overdue.oldest_due_date else 0
	)
	return Finding(
		OVERDUE_ITEMS,
		measured=rest,
		threshold=case.policy.overdue_tolerance_amount,
		unit=AMOUNT,
		action=HOLD if fired else "",
		level=Decimal(days),
		note=str(days),
	)


def rests_on_slip(case: Case) -> bool:
	"""Whether an order passes the overdue test only because a payment slip says that money is on its way."""
	if not case.overdue.awaited or _is_overdue(case) or waiver(case):
		return False
	overdue = replace(case.overdue, amount=case.overdue.amount + case.overdue.awaited)
	return _is_overdue(replace(case, overdue=overdue))


def _missing_prepayment(case: Case) -> Decimal:
	"""What is neither prepaid nor secured of the share that must be."""
	required = percent_of(case.order.undelivered, case.account.prepaid_percent)
	return max(ZERO, required - case.order.paid - security_for_order(case))


@rule(
	PREPAYMENT,
	credit=True,
	fires=lambda case: bool(case.account.prepaid_percent) and _missing_prepayment(case) > 0,
)
def prepayment(case: Case) -> Finding | None:
	"""The share of the order that must be paid first (segment D); security counts like money.

	Credit asked for on the order is what is neither prepaid nor secured; the credit allowed is the rest of the
	share. A credit allowance of nothing makes any shortfall "over 25 %" (§2.2).
	"""
	if not case.account.prepaid_percent:
		return None
	order = case.order
	required = percent_of(order.undelivered, case.account.prepaid_percent)
	missing = _missing_prepayment(case)
	allowed = order.undelivered - required
	return Finding(
		PREPAYMENT,
		measured=order.paid + security_for_order(case),
		threshold=required,
		unit=AMOUNT,
		action=HOLD if missing > 0 else "",
		over=ratio(missing, allowed) if missing > 0 else ZERO,
		over_amount=missing,
	)


def _covered_and_required(case: Case) -> tuple[Decimal, Decimal]:
	"""What of the order is secured or prepaid, and what must be."""
	required = percent_of(case.order.undelivered, case.order.security_required_percent)
	return security_for_order(case) + case.order.paid, required


def _lacks_security(case: Case) -> bool:
	if not case.order.security_required_percent:
		return False
	got, required = _covered_and_required(case)
	return got < required


@rule(SECURITY, credit=True, fires=_lacks_security)
def security(case: Case) -> Finding | None:
	"""The order must be covered by security that counts, and is not; an advance for it counts too."""
	if not case.order.security_required_percent:
		return None
	got, required = _covered_and_required(case)
	return Finding(
		SECURITY,
		measured=got,
		threshold=required,
		unit=AMOUNT,
		action=HOLD if _lacks_security(case) else "",
		note=",".join(demand.what for demand in case.order.demands),
	)


def _reviews_overdue(case: Case) -> list[date]:
	"""When a review was due or a temporary limit ran out, where the policy parks for it."""
	if not case.policy.park_when_review_overdue or not case.account.has_profile:
		return []
	return [d for d in (case.account.next_review, case.account.temporary_limit_ended) if d and d < case.today]


@rule(LIMIT_REVIEW, credit=True, fires=lambda case: bool(_reviews_overdue(case)))
def limit_review(case: Case) -> Finding | None:
	"""A review that is overdue or a temporary limit that ran out, where the policy parks for it."""
	if not case.policy.park_when_review_overdue or not case.account.has_profile:
		return None
	dates = _reviews_overdue(case)
	return Finding(
		LIMIT_REVIEW,
		measured=min(dates) if dates else None,
		threshold=case.today,
		unit=DATE,
		action=HOLD if dates else "",
	)


def _terms_too_long(case: Case) -> bool:
	latest, allowed = case.order.latest_due_date, case.order.allowed_due_date
	return latest is not None and allowed is not None and latest > allowed


@rule(PAYMENT_TERMS, credit=False, fires=_terms_too_long)
def payment_terms(case: Case) -> Finding | None:
	"""Terms longer than the segment's, measured by the latest due date."""
	order = case.order
	if order.latest_due_date is None or order.allowed_due_date is None:
		return None
	days_over = (order.latest_due_date - order.allowed_due_date).days
	return Finding(
		PAYMENT_TERMS,
		measured=order.latest_due_date,
		threshold=order.allowed_due_date,
		unit=DATE,
		action=HOLD if _terms_too_long(case) else "",
		level=Decimal(max(0, days_over)),
	)


def _lacks_po(case: Case) -> bool:
	return case.account.requires_po and case.order.in_hand and not case.order.po_number.strip()


@rule(MISSING_PO, credit=False, fires=_lacks_po)
def missing_po(case: Case) -> Finding | None:
	"""The customer's purchase order number, where it is required."""
	if not case.account.requires_po or not case.order.in_hand:
		return None
	return Finding(MISSING_PO, case.order.po_number, None, TEXT, action=HOLD if _lacks_po(case) else "")


def _contract_is_missing(case: Case) -> bool:
	return case.policy.contract_required and not case.order.contract.contract


def _departs_from_contract(case: Case) -> bool:
	contract = case.order.contract
	if contract is None or contract.is_approved or not case.order.in_hand:
		return False
	return _contract_is_missing(case) or (case.policy.parks_for_contract and contract.differences > 0)


@rule(CONTRACT, credit=False, fires=_departs_from_contract)
def contract(case: Case) -> Finding | None:
	"""No signed contract in force where the policy requires one, or an order that differs from it beyond the tolerance."""
	found = case.order.contract
	if found is None or not case.order.in_hand:
		return None
	if not case.policy.contract_required and not case.policy.parks_for_contract:
		return None
	return Finding(
		CONTRACT,
		measured=found.differences,
		threshold=0,
		unit=COUNT,
		action=HOLD if _departs_from_contract(case) else "",
		note=found.contract,
	)


def security_for_order(case: Case) -> Decimal:
	"""Return what security covers of this order's unpaid part.

	What was lodged for this hold covers this order. Everything else covers what came before it first, and of what it
	can still pay, this order; what names other documents covers those alone. An advance for this order has lowered the
	exposure already; it is put back, or the security it set free would count twice. The deductible is taken from what an
	instrument can pay, once.
	"""
	order = case.order
	rest = max(ZERO, order.undelivered - order.paid)
	lodged = secured(case.lodged, rest, {case.in_hand: rest})
	own = tuple(i for i in case.instruments if not i.covers or case.in_hand in i.covers)
	# What is invoiced of this order ahead and not paid is in the exposure too, and is no earlier debt.
	before = max(ZERO, case.position.exposure + order.prepaid - (order.billed_ahead - order.paid_ahead))
	free = _capacity_of(own) - secured(own, before, case.exposed_parts(ZERO))
	covered = lodged + min(max(ZERO, free), _undeducted(own, rest - lodged))
	if case.group is None or not case.group.instruments:
		return covered
	group = case.group
	used = secured(group.instruments, group.others_to_cover + group.rate * max(ZERO, _own_net(case, ZERO)))
	free = (_capacity_of(group.instruments) - used) / group.rate
	return covered + min(max(ZERO, free), _undeducted(group.instruments, rest - covered))


def lodged_cover(case: Case) -> Decimal:
	"""Return what the security lodged for this hold covers of the exposure with the order in hand."""
	exposure = case.position.exposure + case.order.amount
	return secured(case.lodged, exposure, case.exposed_parts(case.order.amount))


def _capacity_of(instruments: tuple[Instrument, ...]) -> Decimal:
	return sum((capacity(i) for i in instruments), ZERO)


def _undeducted(instruments: tuple[Instrument, ...], amount: Decimal) -> Decimal:
	"""What instruments cover of an order's rest, whatever documents they name, before any deductible."""
	whole = tuple(replace(i, deductible=ZERO, covers=(), not_eligible=ZERO) for i in instruments)
	return secured(whole, amount)


def waiver(case: Case) -> str:
	"""Return why credit rules do not concern the order (fully prepaid, fully secured), or an empty text."""
	if not case.order.in_hand:
		return ""
	if case.order.is_fully_prepaid:
		return "prepaid"
	covers = case.covering or (case.group and case.group.instruments)
	return "secured" if covers and net_exposure(case) <= 0 else ""


@dataclass(frozen=True, slots=True)
class Room:
	"""How far a customer can go before any rule could fire, gross: a glance that saves looking at every rule.

	Gross is never below net, so what stays below these stays below them net of security. `goods` is the balance up to which
	goods leave (`delivery.py`).
	"""

	exposure: Decimal
	balance: Decimal
	overdue: Decimal
	requires_po: bool
	goods: Decimal

	def fits(
		self,
		exposure: Decimal,
		balance: Decimal,
		overdue: Decimal,
		latest_due_date: date | None,
		allowed_due_date: date | None,
		po_number: str,
	) -> bool:
		"""Whether no rule can fire on an order: `exposure` with it, the balance, what is overdue before any credit, and its
		papers.

		False says nothing: look at the rules then. An order that must be secured is not for a glance.
		"""
		return (
			exposure <= self.exposure
			and balance <= self.balance
			and overdue <= self.overdue
			and (latest_due_date is None or allowed_due_date is None or latest_due_date <= allowed_due_date)
			and not (self.requires_po and not po_number.strip())
		)


def room_of(account: Account, policy: Policy, today: date) -> Room | None:
	"""Return the room of a customer without a group on a day, None where more than amounts can hold an order."""
	if (
		account.forced_hold
		or account.negative_until
		or account.compliance_stop
		or account.prepaid_percent
		or _rating_stops(account, policy)
	):
		return None
	if not account.has_profile and policy.without_profile == PARK_FOR_ASSESSMENT:
		return None
	if policy.park_when_review_overdue and account.has_profile:
		dates = [d for d in (account.next_review, account.temporary_limit_ended) if d]
		if dates and min(dates) < today:
			return None
	return Room(
		hold_ceiling(account, policy),
		stop_ceiling(account, policy),
		policy.overdue_tolerance_amount,
		account.requires_po,
		goods_ceiling(account, policy),
	)


def goods_ceiling(account: Account, policy: Policy) -> Decimal:
	"""Return the balance up to which goods leave at a glance: minus infinity where the age of items may stop them too."""
	if is_watched_for_age(account, policy) or is_high_risk(account, policy):
		return -INFINITE
	return INFINITE if account.limit.is_unlimited else account.limit.ceiling + account.approved_excess


def is_watched_for_age(account: Account, policy: Policy) -> bool:
	"""Whether an old item stops deliveries: the bureau rates the customer C or worse (requirements §2.4)."""
	return bool(policy.delivery_age_days) and is_at_most(account.rating, WEAK)


def is_high_risk(account: Account, policy: Policy) -> bool:
	"""Whether the high-risk flow stops deliveries a fortnight after an item was due: class C and segment D, never class A."""
	high_risk = account.risk_class == "C" or (account.per_order and account.risk_class != "A")
	return bool(policy.delivery_stop_days) and high_risk
