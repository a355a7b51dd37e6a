"""What stops the deliveries of a customer, beside the credit stops of `rules.py` (requirements §2.4).

A case here has no order in hand: its balance is measured with the goods that are about to leave, where some are. None of
these rules parks a new order; each is passed by goods that are paid for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from .exposure import overshoot
from .facts import DELIVERY_STOP, Case
from .money import ZERO
from .overdue import undisputed_rest
from .ratings import INSOLVENT
from .rules import (
	AMOUNT,
	DAYS,
	FORCED_HOLD,
	STOP_BY_BALANCE,
	STOP_BY_RATING,
	Finding,
	is_high_risk,
	is_stopped_by_balance,
	is_watched_for_age,
	net_balance,
)
from .ways_out import cut_of_balance

LIMIT = "Delivery: Limit"
AGE = "Delivery: Age"
DUNNING = "Delivery: Dunning"
DISPUTE = "Delivery: Dispute"
INSURANCE = "Delivery: Insurance"


@dataclass(frozen=True, slots=True)
class DeliveryRule:
	"""A rule that stops deliveries: what it saw of a case, None where it does not concern the customer."""

	name: str
	look: Callable[[Case], Finding | None]


RULES: list[DeliveryRule] = []


def rule(name: str):
	"""Register a delivery rule."""

	def register(look):
		RULES.append(DeliveryRule(name, look))
		return look

	return register


def look(case: Case) -> tuple[Finding, ...]:
	"""Return what every delivery rule that concerns the customer found; what a person has lifted is waived.

	Lifting the limit's stop approves an amount instead: it raises the ceiling.
	"""
	found = (finding for rule in RULES if (finding := rule.look(case)) is not None)
	return tuple(_lifted(f) if f.fired and f.rule in case.arrears.lifted - {LIMIT} else f for f in found)


def firing(case: Case) -> tuple[Finding, ...]:
	"""Return what stops the deliveries of a customer. A balance beyond the credit stop is not told of twice."""
	stopped = is_stopped_by_balance(case)
	return tuple(f for f in look(case) if f.fired and not (stopped and f.rule == LIMIT))


PAY, ANSWER, REVIEW, SOLVENT, PERSON = "pay", "answer", "review", "solvent", "person"


@dataclass(frozen=True, slots=True)
class Lift:
	"""What would lift a stop: a payment (`amount`), an answer in a dispute (`name`), a look at the rating, the end of an
	insolvency, or a person."""

	kind: str
	amount: Decimal | None = None
	name: str = ""


def what_lifts(case: Case, findings: Iterable[Finding]) -> tuple[Lift, ...]:
	"""Return what must happen so that what stops a customer (credit stop or delivery stop) is gone: all of it.

	One payment serves every rule that money lifts, so it is the largest that one of them takes.
	"""
	fired = {finding.rule: finding for finding in findings}
	amounts = [_to_pay(case, finding) for finding in fired.values()]
	needed = max((amount for amount in amounts if amount), default=None)
	lifts = [Lift(PAY, needed)] if needed else []
	if DISPUTE in fired:
		lifts.append(Lift(ANSWER, name=fired[DISPUTE].note))
	if STOP_BY_RATING in fired:
		lifts.append(Lift(SOLVENT if case.account.rating == INSOLVENT else REVIEW))
	if not lifts or FORCED_HOLD in fired:
		lifts.append(Lift(PERSON))
	return tuple(lifts)


def _to_pay(case: Case, finding: Finding) -> Decimal | None:
	if finding.rule in (STOP_BY_BALANCE, LIMIT):
		# Below the credit stop the limit still keeps goods back, but while a plan is kept.
		target = finding.threshold if case.arrears.has_good_plan else ceiling(case)
		return cut_of_balance(case, target)
	if finding.rule in (AGE, DUNNING, INSURANCE):
		return finding.measured - finding.threshold
	return None


def _lifted(finding: Finding) -> Finding:
	return replace(finding, action="", over=ZERO, over_amount=ZERO, waived="lifted")


def ceiling(case: Case) -> Decimal:
	"""Return the net balance above which nothing more leaves: the limit, and what releases approved beyond it."""
	return case.account.limit.ceiling + case.account.approved_excess


@rule(LIMIT)
def delivery_limit(case: Case) -> Finding | None:
	"""More would be owed than the limit, and what releases approved beyond it. Not while a payment plan is kept."""
	limit = case.account.limit
	if limit.is_unlimited or case.is_unassessed or case.arrears.has_good_plan:
		return None
	net, allowed = net_balance(case), ceiling(case)
	fired = net > allowed
	return Finding(
		LIMIT,
		measured=net,
		threshold=allowed,
		unit=AMOUNT,
		action=DELIVERY_STOP if fired else "",
		over=overshoot(net, limit) if fired else ZERO,
		over_amount=max(ZERO, net - limit.ceiling) if fired else ZERO,
	)


def _overdue(case: Case, name: str, amount: Decimal, days: int) -> Finding:
	"""Items past some days, once credits went to the oldest, beyond what the policy tolerates."""
	rest = undisputed_rest(amount, case.overdue.credits)
	tolerated = case.policy.overdue_tolerance_amount
	return Finding(
		name,
		measured=rest,
		threshold=tolerated,
		unit=AMOUNT,
		action=DELIVERY_STOP if rest > tolerated else "",
		level=Decimal(days),
		note=str(days),
	)


@rule(AGE)
def delivery_age(case: Case) -> Finding | None:
	"""An item far overdue, of a customer whom the bureau rates C or lower."""
	if not is_watched_for_age(case.account, case.policy):
		return None
	return _overdue(case, AGE, case.arrears.aged, case.policy.delivery_age_days)


@rule(DUNNING)
def delivery_dunning(case: Case) -> Finding | None:
	"""The high-risk flow: class C and segment D are stopped a fortnight after an item was due, class A never (§3)."""
	if not is_high_risk(case.account, case.policy):
		return None
	return _overdue(case, DUNNING, case.arrears.late, case.policy.delivery_stop_days)


@rule(DISPUTE)
def delivery_dispute(case: Case) -> Finding | None:
	"""A dispute that has waited too long for the customer."""
	if not case.arrears.standing_still:
		return None
	return Finding(
		DISPUTE,
		measured=case.arrears.standing_still,
		threshold=case.policy.dispute_standstill_days,
		unit=DAYS,
		action=DELIVERY_STOP,
		note=case.arrears.dispute,
	)


@rule(INSURANCE)
def delivery_insurance(case: Case) -> Finding | None:
	"""An insured item past the insurer's maximum extension period: what leaves while it is open, the insurer does not cover.

	A payment plan or a promise does not stop that clock: the insurer has agreed to neither (requirements §2.4).
	"""
	if not case.arrears.extension_days:
		return None
	return _overdue(case, INSURANCE, case.arrears.uninsured, case.arrears.extension_days)
