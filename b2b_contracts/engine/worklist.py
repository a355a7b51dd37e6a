"""Whom to call first, and what to do next: a customer's priority as a product of factors that can be shown, and the next best
action from what is known of the customer (requirements §3).

Amounts are in the company's currency; days are days after the due date.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from . import collection_tasks, dunning
from .money import HUNDRED, ONE, ZERO

# The factors of a priority, in the order in which they are shown.
AMOUNT, AGE, RISK, BROKEN_PROMISES, DISPUTE_AGE = (
	"Amount",
	"Age",
	"Risk",
	"Broken Promises",
	"Age of Dispute",
)
FACTORS = (AMOUNT, AGE, RISK, BROKEN_PROMISES, DISPUTE_AGE)
LOW, MEDIUM, HIGH, UNKNOWN = "A", "B", "C", ""

# What to do.
CALL, CONTACT, REMINDER = "Call", "Account Manager Contact", "Reminder"
ANSWER_DISPUTE, SET_OFF, FIND_ADDRESS = "Answer Dispute", "Set off Credits", "Find Address"
DO_TASK, HAND_OVER, WAIT, NOTHING = "Do Task", "Hand Over", "Wait", "Nothing"
ACTIONS = (
	CALL,
	CONTACT,
	REMINDER,
	ANSWER_DISPUTE,
	SET_OFF,
	FIND_ADDRESS,
	DO_TASK,
	HAND_OVER,
	WAIT,
	NOTHING,
)

# Why.
INSOLVENT, EXCLUDED, IN_CASE = "Insolvent", "Excluded", "In Collection Case"
BROKEN_PROMISE, MISSED_INSTALMENT = "Broken Promise", "Missed Instalment"
UNANSWERED_DISPUTE, IN_DISPUTE = "Unanswered Dispute", "In Dispute"
TASK, STEP, NO_ADDRESS, NO_STEP, NO_FLOW = "Task", "Step", "No Address", "No Step Left", "No Flow"
COVERED, AWAITED, PROMISED, IN_PLAN = "Covered by Credits", "Payment Announced", "Promised", "In Payment Plan"
NOTHING_DUE, CONTACTED, HELD = "Nothing Due", "Contacted Today", "Held"


# ------------------------------------------------------------------ how urgent
@dataclass(frozen=True, slots=True)
class Weights:
	"""What the factors weigh. `amount_unit` is what makes one point, in the company's currency; of disputed amounts
	`disputed_percent` per cent count. Each `…_weight` is what one step of so many days, or one promise, adds to a factor of 1;
	`…_most` is where it stops growing."""

	amount_unit: Decimal = Decimal(1000)
	disputed_percent: Decimal = Decimal(25)
	age_days: int = 30
	age_weight: Decimal = ONE
	age_most: int = 180
	risk_low: Decimal = Decimal("0.8")
	risk_medium: Decimal = ONE
	risk_high: Decimal = Decimal("1.5")
	risk_unknown: Decimal = ONE
	broken_weight: Decimal = Decimal("0.5")
	broken_most: int = 3
	dispute_days: int = 14
	dispute_weight: Decimal = Decimal("0.25")
	dispute_most: int = 84

	def __post_init__(self):
		if self.amount_unit <= 0 or self.age_days <= 0 or self.dispute_days <= 0:
			raise ValueError("a point, and a step of days, is more than nothing")

	def risk(self, risk_class: str) -> Decimal:
		return {LOW: self.risk_low, MEDIUM: self.risk_medium, HIGH: self.risk_high}.get(
			risk_class, self.risk_unknown
		)


@dataclass(frozen=True, slots=True)
class Debt:
	"""What a customer's priority is made of.

	`chased` is overdue and may be asked for, `disputed` is overdue and disputed. `money_days` is each amount of what counts
	(see `counted`) times the days that it is late. `broken` is how many promises were not kept lately, `dispute_days` how
	long the oldest open dispute lasts, 0 without one.
	"""

	chased: Decimal
	disputed: Decimal = ZERO
	money_days: Decimal = ZERO
	risk_class: str = UNKNOWN
	broken: int = 0
	dispute_days: int = 0


@dataclass(frozen=True, slots=True)
class Factor:
	"""A factor of a priority: what was measured (an amount, days, a risk class, a number), and what it comes to."""

	name: str
	measured: Decimal | str
	value: Decimal


@dataclass(frozen=True, slots=True)
class Priority:
	"""How urgent a customer is, and why: the value is the product of the factors."""

	value: Decimal
	factors: tuple[Factor, ...]


def counted(chased: Decimal, disputed: Decimal, weights: Weights) -> Decimal:
	"""Return how much of a debt counts: what can be asked for, and a share of what is disputed, or a customer who disputes
	everything would never be looked at."""
	return chased + disputed * weights.disputed_percent / HUNDRED


def priority(debt: Debt, weights: Weights) -> Priority:
	"""Return amount × age × risk × broken promises × age of the dispute."""
	amount = counted(debt.chased, debt.disputed, weights)
	age = debt.money_days / amount if amount > 0 else ZERO
	factors = (
		Factor(AMOUNT, amount, amount / weights.amount_unit),
		Factor(AGE, age, _growing(age, weights.age_most, weights.age_days, weights.age_weight)),
		Factor(RISK, debt.risk_class, weights.risk(debt.risk_class)),
		Factor(
			BROKEN_PROMISES,
			Decimal(debt.broken),
			_growing(Decimal(debt.broken), weights.broken_most, 1, weights.broken_weight),
		),
		Factor(
			DISPUTE_AGE,
			Decimal(debt.dispute_days),
			_growing(
				Decimal(debt.dispute_days), weights.dispute_most, weights.dispute_days, weights.dispute_weight
			),
		),
	)
	value = ONE
	for factor in factors:
		value *= factor.value
	return Priority(value, factors)


def _growing(measured: Decimal, most: int, step: int, weight: Decimal) -> Decimal:
	"""Return a factor of 1 that grows by `weight` for each step, up to a most."""
	return ONE + weight * max(ZERO, min(measured, Decimal(most))) / step


def debt_of(
	parts: Sequence[tuple[dunning.Part, Decimal]],
	on: date,
	weights: Weights,
	risk_class: str = UNKNOWN,
	broken: int = 0,
	dispute_days: int = 0,
) -> Debt:
	"""Return what a priority is made of, from what is chased of each item (`dunning.chased`), each with the rate by which its
	currency is converted."""
	chased = disputed = money_days = ZERO
	for part, rate in parts:
		if part.days <= 0:
			continue
		ours = part.chased * rate
		theirs = _left_out(part, dunning.DISPUTED) * rate
		chased += ours
		disputed += theirs
		money_days += counted(ours, theirs, weights) * (on - part.item.due).days
	return Debt(chased, disputed, money_days, risk_class, broken, dispute_days)


def _left_out(part: dunning.Part, reason: str) -> Decimal:
	return sum((left.amount for left in part.left_out if left.reason == reason), ZERO)


# ------------------------------------------------------------------ which step comes
# A flow that rests longer is not looked at further.
MOST_QUIET_DAYS = 60


@dataclass(frozen=True, slots=True)
class Coming:
	"""A step of the flow, and the day on which it comes."""

	step: dunning.Step
	day: date


def days_of_change(flows: Iterable[dunning.Flow], account: dunning.Account, on: date) -> Iterator[date]:
	"""Yield the days, `on` and later, on which another step may come of an account by one of some flows, in no order: on all
	others a run does nothing that it would not have done the day before.

	They are the days of the steps, the due dates, the ends of the gap after the last step and of the time that it gave.
	"""
	flows = tuple(flows)
	for part in dunning.chased(account, on):
		if not part.chased:
			continue
		days = {0, -part.days, 1 - part.days}
		days |= {step.day - part.days for flow in flows for step in flow.steps}
		for had in part.item.had:
			gaps = {
				min(flow.shortest_gap, max(0, step.day - had.day)) for flow in flows for step in flow.steps
			}
			changes = {had.on + timedelta(days=gap) for gap in (1, *gaps)}
			if had.deadline:
				changes.add(had.deadline + timedelta(days=1))
			days |= {(day - on).days for day in changes}
		yield from (on + timedelta(days=ahead) for ahead in days if ahead >= 0)


def first_step(
	planned_on: Callable[[date], dunning.Planned | None],
	days: Iterable[date],
	is_quiet: Callable[[date], bool] = lambda day: False,
) -> Coming | None:
	"""Return the step that a run takes on the first of some days on which it takes any, None where it takes none.

	`planned_on` is what a run plans on a day. What comes on a quiet day comes on the next one that is not.
	"""
	waiting = set(days)
	last = max(waiting, default=date.min)
	while waiting:
		day = min(waiting)
		waiting.remove(day)
		planned = planned_on(day)
		if not planned or planned.reason:
			continue
		if not is_quiet(day):
			return Coming(planned.step or planned.contact, day)
		if day <= last + timedelta(days=MOST_QUIET_DAYS):
			waiting.add(day + timedelta(days=1))
	return None


# ------------------------------------------------------------------ what to do next
@dataclass(frozen=True, slots=True)
class Task:
	"""An open task about a customer."""

	name: str
	kind: str
	due: date


@dataclass(frozen=True, slots=True)
class Situation:
	"""What is known of a customer.

	`chased` is overdue and may be asked for; `left_out` is what of the overdue may not, by the reasons of `engine/dunning.py`.
	`broken_on` and `missed_on` are the days of the newest promise, and the newest instalment, that was not paid;
	`unanswered_since` is that of the oldest dispute that nobody of us has answered. `promised_until`, `awaited_until` and
	`instalment_on` are the days that are waited for. `last_contact` is the last day on which somebody tried to reach them.
	`coming` is the step that a run gives them now or first, `held` why a run gives none although one is reached.
	"""

	chased: Decimal
	left_out: Mapping[str, Decimal] = field(default_factory=dict)
	is_insolvent: bool = False
	excluded: str = ""
	broken_on: date | None = None
	missed_on: date | None = None
	unanswered_since: date | None = None
	promised_until: date | None = None
	awaited_until: date | None = None
	instalment_on: date | None = None
	tasks: tuple[Task, ...] = ()
	last_contact: date | None = None
	can_be_written_to: bool = True
	has_flow: bool = True
	coming: Coming | None = None
	held: str = ""


@dataclass(frozen=True, slots=True)
class Action:
	"""What to do, on which day (None: no day is known), and why. `task` and `step` say which."""

	kind: str
	reason: str
	day: date | None = None
	task: str = ""
	step: dunning.Step | None = None


def next_best(seen: Situation, today: date) -> Action:
	"""Return the next best action: what hinders everything, then what cannot wait, then what is due, then what comes."""
	return next(_actions(seen, today))


def _actions(seen: Situation, today: date) -> Iterator[Action]:
	if seen.is_insolvent:
		yield Action(NOTHING, INSOLVENT)
	if seen.excluded:
		yield Action(NOTHING, EXCLUDED)
	if seen.chased > 0:
		yield from _calls(seen, today)
	if seen.unanswered_since:
		yield Action(ANSWER_DISPUTE, UNANSWERED_DISPUTE, today)
	due = min((task for task in seen.tasks if task.due <= today), key=lambda t: (t.due, t.name), default=None)
	if due:
		yield _by_task(due, today)
	if seen.chased <= 0:
		yield from _nothing_to_chase(seen)
	yield from _by_flow(seen, today)


def _calls(seen: Situation, today: date) -> Iterator[Action]:
	"""What was promised or agreed and not kept, unless somebody has spoken with them since."""
	for day, reason in ((seen.broken_on, BROKEN_PROMISE), (seen.missed_on, MISSED_INSTALMENT)):
		if day and (seen.last_contact is None or seen.last_contact <= day):
			yield Action(CALL, reason, today)


def _by_task(task: Task, day: date) -> Action:
	kind = {
		collection_tasks.PHONE_CALL: CALL,
		collection_tasks.ACCOUNT_MANAGER: CONTACT,
		collection_tasks.FIND_ADDRESS: FIND_ADDRESS,
	}.get(task.kind, DO_TASK)
	return Action(kind, TASK, day, task.name)


def _nothing_to_chase(seen: Situation) -> Iterator[Action]:
	"""Why nothing is asked for: by what most of the money is set aside for."""
	days = {
		PROMISED: seen.promised_until,
		AWAITED: seen.awaited_until,
		IN_PLAN: seen.instalment_on,
	}
	names = {
		dunning.IN_CASE: IN_CASE,
		dunning.AWAITED: AWAITED,
		dunning.PROMISED: PROMISED,
		dunning.IN_PLAN: IN_PLAN,
		dunning.DISPUTED: IN_DISPUTE,
		dunning.COVERED: COVERED,
		dunning.EXCLUDED: EXCLUDED,
	}
	most = max(seen.left_out, key=lambda reason: (seen.left_out[reason], reason), default=None)
	if most is None or not seen.left_out[most]:
		yield Action(NOTHING, NOTHING_DUE)
		return
	reason = names[most]
	if reason == COVERED:
		yield Action(SET_OFF, COVERED)
	kind = NOTHING if reason in (IN_CASE, EXCLUDED) else WAIT
	yield Action(kind, reason, days.get(reason))


def _by_flow(seen: Situation, today: date) -> Iterator[Action]:
	"""What the flow does now, else whatever comes first: its next step, or a task."""
	later = min(seen.tasks, key=lambda task: (task.due, task.name), default=None)
	coming = seen.coming
	# Who could not be reached is not called again by the flow before the day on which it is tried again.
	is_tried = coming and not coming.step.is_written and (later or seen.last_contact == today)
	if coming and coming.day <= today and not is_tried:
		yield _by_step(coming.step, seen, today)
	if later and (not coming or later.due <= max(coming.day, today) or is_tried):
		yield Action(WAIT, TASK, later.due, later.name)
	if coming and coming.day > today:
		yield Action(WAIT, STEP, coming.day, step=coming.step)
	if seen.last_contact == today:
		yield Action(WAIT, CONTACTED)
	if seen.held:
		yield Action(WAIT, HELD)
	# Nothing comes by itself: somebody has to say how it goes on.
	yield Action(CALL, NO_STEP if seen.has_flow else NO_FLOW, today)


def _by_step(step: dunning.Step, seen: Situation, day: date) -> Action:
	if step.is_written and not seen.can_be_written_to:
		return Action(FIND_ADDRESS, NO_ADDRESS, day, step=step)
	kind = {dunning.PHONE: CALL, dunning.ACCOUNT_MANAGER: CONTACT, dunning.AGENCY: HAND_OVER}.get(
		step.channel, REMINDER
	)
	return Action(kind, STEP, day, step=step)
