"""How near a contract is to being renewed, what that is worth, and how it gets from one stage to the next (requirements §6).

A stage follows from what was decided of a contract, never the other way round: to move one on is to take a step of its life.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from . import contract_life_cycle as life
from .money import ZERO, to_cents

TO_DECIDE, RENEGOTIATION, RENEWED, ENDING = "To Decide", "In Renegotiation", "Renewed", "Ending"
STAGES = (TO_DECIDE, RENEGOTIATION, RENEWED, ENDING)
# Where somebody still has to act.
OPEN = (TO_DECIDE, RENEGOTIATION)

RED, YELLOW, GREEN, GREY = "Red", "Yellow", "Green", "Grey"
LIGHTS = (RED, YELLOW, GREEN, GREY)
# Yellow from so many days before the last date to act.
NEAR_DAYS = 30
# A fixed contract that was renewed until a day is to be decided about again so many days before it has to be acted on.
AGAIN_DAYS = 90

ALL_OF_IT = Decimal(100)

# (from stage, to stage): the step of the contract's life that does it
_STEPS = {
	(TO_DECIDE, RENEGOTIATION): life.RENEGOTIATE,
	(RENEWED, RENEGOTIATION): life.RENEGOTIATE,
	(RENEGOTIATION, TO_DECIDE): life.END_RENEWAL,
	(TO_DECIDE, RENEWED): life.RENEW,
	(RENEGOTIATION, RENEWED): life.RENEW,
	(TO_DECIDE, ENDING): life.TERMINATE,
	(RENEGOTIATION, ENDING): life.TERMINATE,
	(RENEWED, ENDING): life.TERMINATE,
}
RENEW_DECIDED = "Renew"


@dataclass(frozen=True, slots=True)
class Contract:
	"""What the stage of a running contract follows from. `decided_for` is the last day of the period that a decision to renew
	was about (None where a fixed contract was renewed until a day), `ends_on` the last day of one that notice was given of."""

	status: str
	decision: str = ""
	decided_for: date | None = None
	act_by: date | None = None
	ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Worth:
	"""What a contract is worth a year, in one currency, and how probable its renewal is (per cent; None: nobody has assessed it)."""

	stage: str
	light: str
	value: Decimal
	probability: Decimal | None


@dataclass(frozen=True, slots=True)
class Total:
	"""What some contracts are worth together: all of it, weighted by the probability of their renewal, and what of it nobody has
	assessed (it counts as nothing in the weighted value)."""

	count: int = 0
	value: Decimal = ZERO
	weighted: Decimal = ZERO
	unassessed: int = 0
	unassessed_value: Decimal = ZERO
	lights: tuple[tuple[str, int], ...] = ()

	def with_light(self, light: str) -> int:
		return dict(self.lights).get(light, 0)


def stage_of(contract: Contract, today: date) -> str:
	"""Return the stage of a running contract."""
	if contract.ends_on is not None:
		return ENDING
	if contract.status == life.IN_RENEWAL:
		return RENEGOTIATION
	if contract.decision != RENEW_DECIDED:
		return TO_DECIDE
	if contract.decided_for is not None:
		return RENEWED if contract.decided_for >= today else TO_DECIDE
	again = contract.act_by is not None and contract.act_by - timedelta(days=AGAIN_DAYS) <= today
	return TO_DECIDE if again else RENEWED


def light_of(stage: str, act_by: date | None, today: date) -> str:
	"""Return the traffic light: red when the last date to act has passed, yellow within a month of it; grey where the contract ends
	or no day is the last."""
	if stage == RENEWED:
		return GREEN
	if stage == ENDING or act_by is None:
		return GREY
	left = (act_by - today).days
	return RED if left < 0 else YELLOW if left <= NEAR_DAYS else GREEN


def probability_of(stage: str, entered: Decimal) -> Decimal | None:
	"""Return how probable a renewal is, in per cent: what is decided is certain, what was entered as 0 is not assessed."""
	if stage == RENEWED:
		return ALL_OF_IT
	if stage == ENDING:
		return ZERO
	return entered or None


def weighted(value: Decimal, probability: Decimal | None) -> Decimal:
	"""Return a value weighted by a probability in per cent, nothing where that is not known."""
	return ZERO if probability is None else to_cents(value * probability / ALL_OF_IT)


def total_of(contracts: Iterable[Worth]) -> Total:
	"""Return what contracts are worth together; their values are in one currency."""
	count, unassessed = 0, 0
	value = weighted_value = unassessed_value = ZERO
	lights = dict.fromkeys(LIGHTS, 0)
	for one in contracts:
		count += 1
		value += one.value
		lights[one.light] += 1
		if one.probability is None:
			unassessed += 1
			unassessed_value += one.value
		else:
			weighted_value += weighted(one.value, one.probability)
	return Total(
		count,
		value,
		weighted_value,
		unassessed,
		unassessed_value,
		tuple((k, n) for k, n in lights.items() if n),
	)


def sum_of(totals: Iterable[Total]) -> Total:
	"""Return what several totals come to together."""
	totals = tuple(totals)
	lights = {light: sum(total.with_light(light) for total in totals) for light in LIGHTS}
	return Total(
		*(
			sum(total.count for total in totals),
			sum((total.value for total in totals), ZERO),
			sum((total.weighted for total in totals), ZERO),
			sum(total.unassessed for total in totals),
			sum((total.unassessed_value for total in totals), ZERO),
		),
		tuple((light, number) for light, number in lights.items() if number),
	)


def order_of(stage: str, act_by: date | None, ends_on: date | None, value: Decimal, name: str) -> tuple:
	"""Return what contracts are sorted by: the last date to act (of those that end, their end), then the money at stake, the most
	first. Where there is no such day they come last."""
	day = ends_on if stage == ENDING else act_by
	return day is None, day or date.max, -value, name


def step_to(stage: str, target: str) -> str | None:
	"""Return the step of a contract's life that takes it from one stage to another, None where no step does."""
	return _STEPS.get((stage, target))


def targets(stage: str) -> Collection[str]:
	"""Return the other stages, in their order."""
	return tuple(other for other in STAGES if other != stage)
