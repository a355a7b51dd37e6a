"""What stops the deliveries of a customer, beside the credit stops of `rules.py` (requirements §2.4).

A case here has no order in hand: its balance is measured with the goods that are about to leave, where some are. None of
these rules parks a new order; each is passed by goods that are paid for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from .exposure import overshoot
from .facts import DELIVERY_STOP, Case
from .money import ZERO
from .overdue import undisputed_rest
from .ratings import is_at_most
from .rules import AMOUNT, DAYS, Finding, is_stopped_by_balance, net_balance

LIMIT = "Delivery: Limit"
AGE = "Delivery: Age"
DUNNING = "Delivery: Dunning"
DISPUTE = "Delivery: Dispute"

# The bureau rating at which an old item stops deliveries.
WEAK = "C"


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
	days = case.policy.delivery_age_days
	if not days or not is_at_most(case.account.rating, WEAK):
		return None
	return _overdue(case, AGE, case.arrears.aged, days)


@rule(DUNNING)
def delivery_dunning(case: Case) -> Finding | None:
	"""The high-risk flow: class C and segment D are stopped a fortnight after an item was due, class A never (§3)."""
	days, account = case.policy.delivery_stop_days, case.account
	high_risk = account.risk_class == "C" or (account.per_order and account.risk_class != "A")
	if not days or not high_risk:
		return None
	return _overdue(case, DUNNING, case.arrears.late, days)


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
