"""The cheapest ways out of a hold: how much to pay, cut, prepay or secure (requirements §2.4).

Each way says which of the rules that fired it resolves; one that resolves them all is enough on its own. Amounts
are in the limit's currency, rounded up to the cent, so that doing exactly what is said is enough.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from . import rules
from .facts import STOP, Case
from .money import CENT, ZERO, percent_of
from .overdue import undisputed_rest
from .rules import Finding
from .security import BANK_GUARANTEE, Instrument

PAY = "pay"
REDUCE = "reduce"
PREPAY = "prepay"
SECURE = "secure"
SHORTEN_TERMS = "shorten_terms"
ADD_PO = "add_po"
ASSESS = "assess"
REVIEW = "review"
LIFT = "lift"
APPROVE = "approve"
FOLLOW_CONTRACT = "follow_contract"
SIGN_CONTRACT = "sign_contract"

_LIMIT_RULES = (rules.LIMIT_USE, rules.GROUP_LIMIT)
_CREDIT_RULES = tuple(rule.name for rule in rules.RULES if rule.is_credit)


@dataclass(frozen=True, slots=True)
class WayOut:
	"""One thing somebody can do. `remaining` is what is left of the order after a cut; `until` a latest due date."""

	kind: str
	resolves: tuple[str, ...]
	amount: Decimal | None = None
	remaining: Decimal | None = None
	until: date | None = None
	is_enough: bool = False


def find(case: Case, findings: tuple[Finding, ...]) -> tuple[WayOut, ...]:
	"""Return the ways out, those that are enough on their own first, then by amount."""
	fired = {f.rule: f for f in findings if f.fired}
	if not fired:
		return ()
	ways = [way for finder in _FINDERS for way in finder(case, fired)]
	done = set(fired)
	ways = [
		WayOut(w.kind, w.resolves, w.amount, w.remaining, w.until, is_enough=done <= set(w.resolves))
		for w in ways
	]
	return tuple(sorted(ways, key=lambda w: (not w.is_enough, w.amount is None, w.amount or ZERO)))


def smallest_cut(net: Callable[[Decimal], Decimal], gross: Decimal, target: Decimal) -> Decimal | None:
	"""Return the least amount, in whole cents, by which `gross` must fall so that `net` of it is at most `target`.

	`net` must not fall when gross rises (exposure less security). None when even nothing is too much.
	"""
	if net(gross) <= target:
		return ZERO
	high = int((gross / CENT).to_integral_value(rounding=ROUND_CEILING))
	if high <= 0 or net(gross - high * CENT) > target:
		return None
	low = 0
	while high - low > 1:
		middle = (low + high) // 2
		if net(gross - middle * CENT) <= target:
			high = middle
		else:
			low = middle
	return high * CENT


def _ceil(amount: Decimal) -> Decimal:
	return amount.quantize(CENT, rounding=ROUND_CEILING)


def _cut_for_limits(case: Case, fired: dict[str, Finding], by_payment: bool = False) -> Decimal | None:
	"""Return what must be cut from the order (or paid of what is owed) so that every limit that fired is kept; None when
	nothing helps. A payment leaves the order that a security names as it is, a cut makes that smaller too."""

	def at(amount: Decimal) -> tuple[Decimal, Decimal]:
		return (case.order.amount, amount) if by_payment else (case.order.amount - amount, ZERO)

	cuts: list[Decimal | None] = [ZERO]
	if rules.LIMIT_USE in fired:
		target = percent_of(case.account.limit.ceiling, rules.limit_threshold_percent(case))
		cuts.append(_cut(case, lambda cut: rules.net_exposure_at(case, *at(cut)), target))
	if rules.GROUP_LIMIT in fired:
		group = case.group
		free = percent_of(group.limit.ceiling, case.policy.hold_utilisation_percent)
		if case.has_security:
			cuts.append(_cut(case, lambda cut: rules.group_net_exposure_at(case, *at(cut)), free))
		else:
			own = (free - group.others_net) / group.rate
			cuts.append(_cut(case, lambda cut: rules.net_exposure_at(case, *at(cut)), own))
	return None if None in cuts else max(cuts)


def _cut(case: Case, net: Callable[[Decimal], Decimal], target: Decimal) -> Decimal | None:
	gross = case.position.exposure + case.order.amount
	if not case.has_security and target >= 0:
		return max(ZERO, _ceil(gross - target))
	return smallest_cut(lambda left: net(gross - left), gross, target)


def cut_of_balance(case: Case, target: Decimal) -> Decimal | None:
	"""Return what must be paid so that the balance, net of security, is at most `target`; None when nothing helps."""
	balance = case.position.balance
	if not case.has_security and target >= 0:
		return max(ZERO, _ceil(balance - target))
	return smallest_cut(lambda left: rules.net_balance(case, balance - left), balance, target)


def _cut_for_stop(case: Case, fired: dict[str, Finding]) -> Decimal | None:
	if rules.STOP_BY_BALANCE not in fired:
		return ZERO
	return cut_of_balance(case, fired[rules.STOP_BY_BALANCE].threshold)


def _payable(case: Case) -> Decimal:
	"""What of the receivables can be paid without paying what a security names, which would set nothing free."""
	return max(ZERO, case.position.receivables - sum(case.owed_parts.values(), ZERO))


def _pay(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	resolves, needs = [], [ZERO]
	if rules.OVERDUE_ITEMS in fired:
		rest = undisputed_rest(case.overdue.amount, case.overdue.credits)
		needs.append(_ceil(rest - case.policy.overdue_tolerance_amount))
		resolves.append(rules.OVERDUE_ITEMS)
	limits = [r for r in _LIMIT_RULES if r in fired]
	cut = _cut_for_limits(case, fired, by_payment=True)
	if limits and cut is not None:
		# One can only pay what is owed: an order too large for the limit needs a cut, not a payment.
		if cut <= _payable(case):
			needs.append(cut)
			resolves += limits
	stop = _cut_for_stop(case, fired)
	if rules.STOP_BY_BALANCE in fired and stop is not None and stop <= _payable(case):
		needs.append(stop)
		resolves.append(rules.STOP_BY_BALANCE)
	amount = max(needs)
	return [WayOut(PAY, tuple(resolves), amount)] if resolves and amount > 0 else []


def _reduce(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	"""Cut the order to what fits the limits; or to what is prepaid already, which passes every credit rule."""
	order = case.order
	limits = tuple(r for r in _LIMIT_RULES if r in fired)
	cut = _cut_for_limits(case, fired) if limits else None
	to_prepaid = order.undelivered - order.paid if order.paid > 0 else None
	# What is invoiced cannot be cut.
	if to_prepaid and to_prepaid < order.amount and (cut is None or to_prepaid < cut):
		credit = tuple(name for name in fired if name in _CREDIT_RULES)
		return (
			[WayOut(REDUCE, credit, _ceil(to_prepaid), remaining=order.amount - _ceil(to_prepaid))]
			if credit
			else []
		)
	if cut is None or not ZERO < cut < order.amount:
		return []
	return [WayOut(REDUCE, limits, cut, remaining=order.amount - cut)]


def _prepay(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	"""The share that is asked for, and, always, the whole rest of the order: that passes every credit rule."""
	ways = []
	credit = tuple(name for name in fired if name in _CREDIT_RULES)
	whole = case.order.undelivered - case.order.paid
	shares = _shares_to_prepay(case, fired)
	for share in sorted(set(shares.values())):
		if share < whole:
			ways.append(
				WayOut(PREPAY, tuple(name for name, needed in shares.items() if needed <= share), share)
			)
	limits = tuple(r for r in _LIMIT_RULES if r in fired)
	cut = _cut_for_limits(case, fired) if limits else None
	# An advance lowers the exposure like any payment; where something is owed, paying that is the way offered.
	if cut is not None and max(ZERO, case.position.receivables) < cut < whole:
		ways.append(WayOut(PREPAY, limits, cut))
	if credit and whole > 0:
		ways.append(WayOut(PREPAY, credit, _ceil(whole)))
	return ways


def _shares_to_prepay(case: Case, fired: dict[str, Finding]) -> dict[str, Decimal]:
	"""Return what must be paid in advance for each rule that asks for a share of the order: an advance answers a demand for
	security too, though a security that covers a share of what is open covers less then."""
	shares = {}
	if rules.PREPAYMENT in fired:
		shares[rules.PREPAYMENT] = _ceil(fired[rules.PREPAYMENT].over_amount)
	if rules.SECURITY in fired:
		required = fired[rules.SECURITY].threshold

		def missing(paid: Decimal) -> Decimal:
			order = replace(case.order, prepaid=case.order.prepaid + paid)
			position = replace(case.position, receivables=case.position.receivables - paid)
			trial = replace(case, order=order, position=position)
			return required - order.paid - rules.security_for_order(trial)

		share = smallest_cut(lambda left: missing(required - left), required, ZERO)
		if share:
			shares[rules.SECURITY] = share
	return shares


def _secure(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	"""Lodge a guarantee for this order: the least that makes up what is missing, beside what covers it already."""
	if rules.SECURITY not in fired:
		return []
	required = fired[rules.SECURITY].threshold

	def missing(lodged: Decimal) -> Decimal:
		guarantee = Instrument("", BANK_GUARANTEE, lodged)
		trial = replace(case, lodged=(*case.lodged, guarantee))
		return required - case.order.paid - rules.security_for_order(trial)

	# What must be lodged is what must be cut from `required` until nothing is missing.
	amount = smallest_cut(lambda left: missing(required - left), required, ZERO)
	return [WayOut(SECURE, (rules.SECURITY,), amount)] if amount else []


def _paperwork(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	ways = []
	if rules.PAYMENT_TERMS in fired:
		ways.append(WayOut(SHORTEN_TERMS, (rules.PAYMENT_TERMS,), until=case.order.allowed_due_date))
	for rule, kind in ((rules.MISSING_PO, ADD_PO), (rules.NO_PROFILE, ASSESS), (rules.LIMIT_REVIEW, REVIEW)):
		if rule in fired:
			ways.append(WayOut(kind, (rule,)))
	if rules.CONTRACT in fired:
		# Without a contract there is nothing to follow.
		kind = FOLLOW_CONTRACT if fired[rules.CONTRACT].note else SIGN_CONTRACT
		ways.append(WayOut(kind, (rules.CONTRACT,)))
	return ways


def _people(case: Case, fired: dict[str, Finding]) -> list[WayOut]:
	"""A release answers every rule at once; a stop or a forced hold can also be lifted from the customer, but for what
	compliance looks at."""
	lifted = tuple(
		name
		for name, finding in fired.items()
		if name != rules.SANCTIONS and (finding.action == STOP or name == rules.FORCED_HOLD)
	)
	ways = [WayOut(LIFT, lifted)] if lifted else []
	return [*ways, WayOut(APPROVE, tuple(fired))]


_FINDERS = (_pay, _reduce, _prepay, _secure, _paperwork, _people)
