"""When what is owed is likely to come in: what was agreed comes on the day that was agreed, everything else as late as the customer
has paid so far (requirements §5).

Amounts are in the company's currency. Nothing is lost on the way: what is expected on some day, what is set aside and what is
expected on no day come to what is owed, to the cent.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from . import dunning
from .ageing import split_by_share
from .money import ZERO
from .plans import Instalment

WEEKS = 13
WEEK = timedelta(days=7)
# Who pays later than this is not told apart any more.
MOST_WEEKS = 26
# Fewer payments than this are no behaviour yet.
LEAST_PAYMENTS = 3

# Why an amount is expected on a day.
IN_PLAN, PROMISED, ANNOUNCED, BEHAVIOUR = (
	"Instalment",
	"Promise",
	"Payment Announced",
	"Payment Behaviour",
)
SOURCES = (IN_PLAN, PROMISED, ANNOUNCED, BEHAVIOUR)
# Why it is expected on none.
DISPUTED, COVERED, IN_CASE, INSOLVENT, NEVER_SO_LATE = (
	"Disputed",
	"Covered by Credits",
	"In Collection Case",
	"Insolvent",
	"Later Than Anybody Paid",
)
NOT_EXPECTED = (IN_CASE, INSOLVENT, NEVER_SO_LATE)


# ------------------------------------------------------------------ how late somebody pays
@dataclass(frozen=True, slots=True)
class Habit:
	"""How late somebody has paid: what came in by the week after the due date in which it came, 0 being on the due date or before,
	1 one to seven days after it. `payments` is how many there were."""

	paid: Mapping[int, Decimal] = field(default_factory=dict)
	payments: int = 0

	@property
	def is_known(self) -> bool:
		return self.payments >= LEAST_PAYMENTS and sum(self.paid.values(), ZERO) > 0

	@property
	def days(self) -> Decimal | None:
		"""How many days after the due date an amount came on average, None where nothing is known. What came early was on time."""
		total = sum(self.paid.values(), ZERO)
		if total <= 0:
			return None
		return sum((amount * days_late(week) for week, amount in self.paid.items()), ZERO) / total

	@property
	def on_time(self) -> Decimal | None:
		"""Which share of the money came on its due date or before, 0 to 1; None where nothing is known."""
		total = sum(self.paid.values(), ZERO)
		return self.paid.get(0, ZERO) / total if total > 0 else None

	def days_from(self, due: date, today: date) -> list[tuple[date, Decimal]]:
		"""Return the days on which something due on `due` may still come, each with what has come so late so far; none where
		nothing has ever come as late as it is already."""
		return [
			(max(today, due + timedelta(days=days_late(week))), amount)
			for week, amount in sorted(self.paid.items())
			if amount > 0 and due + week * WEEK >= today
		]


def days_late(week: int) -> int:
	"""Return how many days late what came in a week after the due date is taken to be: the middle of the week."""
	return max(0, week * 7 - 3)


def week_late(days: int) -> int:
	"""Return the week after the due date in which something came that many days late."""
	return min(MOST_WEEKS, max(0, -(-days // 7)))


# ------------------------------------------------------------------ what is owed
@dataclass(frozen=True, slots=True)
class Account:
	"""What a customer owes, and what was agreed about it.

	`parts` is what is open item by item, with what is set aside of it (`dunning.chased`). `credits` is all that is in the
	customer's favour and set against nothing (positive), also what covers none of the items. `plans` are the unpaid instalments
	of the plan that an invoice is in, `promises` the day on which an invoice is promised, `announced` the day of a payment slip;
	`promised` are promises about no invoice.
	"""

	parts: tuple[dunning.Part, ...]
	credits: Decimal = ZERO
	plans: Mapping[str, Sequence[Instalment]] = field(default_factory=dict)
	promises: Mapping[str, date] = field(default_factory=dict)
	announced: Mapping[str, date] = field(default_factory=dict)
	promised: Sequence[tuple[date, Decimal]] = ()
	is_insolvent: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
	"""An amount that is expected on a day, and why then."""

	day: date
	amount: Decimal
	source: str


@dataclass(frozen=True, slots=True)
class Forecast:
	"""When what is open of an item is expected, and what of it is not, by the reason."""

	item: dunning.Item
	expected: tuple[Expected, ...]
	aside: Mapping[str, Decimal]

	@property
	def next_day(self) -> date | None:
		return min((one.day for one in self.expected), default=None)


def forecast(account: Account, habit: Habit, everybody: Habit, today: date) -> tuple[Forecast, ...]:
	"""Return when what a customer owes is expected, item by item.

	Where the customer has paid too seldom to say, or nothing as late as an item is already, everybody's behaviour stands in.
	"""
	# The earliest promise about no invoice is about the oldest items, as reminders take it.
	general = [[day, amount] for day, amount in sorted(account.promised)]
	return tuple(_of_part(part, account, general, (habit, everybody), today) for part in account.parts)


def _of_part(
	part: dunning.Part, account: Account, general: list[list], habits: tuple[Habit, Habit], today: date
) -> Forecast:
	aside: dict[str, Decimal] = defaultdict(lambda: ZERO)
	agreed: dict[str, Decimal] = defaultdict(lambda: ZERO)
	by_habit = part.chased
	for left in part.left_out:
		if left.reason in (dunning.DISPUTED, dunning.COVERED):
			aside[DISPUTED if left.reason == dunning.DISPUTED else COVERED] += left.amount
		elif account.is_insolvent:
			aside[INSOLVENT] += left.amount
		elif left.reason == dunning.IN_CASE:
			aside[IN_CASE] += left.amount
		elif left.reason == dunning.EXCLUDED:
			# Not to be reminded is not to be let off.
			by_habit += left.amount
		else:
			agreed[left.reason] += left.amount
	if account.is_insolvent:
		aside[INSOLVENT] += by_habit
		return Forecast(part.item, (), _something(aside))
	found = [
		*_by_plan(agreed[dunning.IN_PLAN], account.plans.get(part.item.invoice, ()), part.item.due),
		*_on(agreed[dunning.AWAITED], account.announced.get(part.item.invoice, today), ANNOUNCED),
		*_by_promise(agreed[dunning.PROMISED], part.item, account.promises, general, today),
	]
	usual = _by_habit(by_habit, part.item.due, habits, today)
	if by_habit > 0 and not usual:
		aside[NEVER_SO_LATE] += by_habit
	expected = (Expected(max(today, day), amount, source) for day, amount, source in (*found, *usual))
	return Forecast(part.item, tuple(expected), _something(aside))


def _something(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
	return {why: amount for why, amount in amounts.items() if amount}


def _on(amount: Decimal, day: date, source: str) -> list[tuple[date, Decimal, str]]:
	return [(day, amount, source)] if amount > 0 else []


def _split(
	amount: Decimal, days: Sequence[tuple[date, Decimal]], source: str
) -> list[tuple[date, Decimal, str]]:
	parts = split_by_share(amount, [weight for _day, weight in days])
	return [(day, part, source) for (day, _weight), part in zip(days, parts, strict=True) if part]


def _by_plan(amount: Decimal, plan: Sequence[Instalment], due: date) -> list[tuple[date, Decimal, str]]:
	"""What an invoice owes within a plan comes with its unpaid instalments, a share of each."""
	unpaid = [(instalment.due, instalment.amount) for instalment in plan if instalment.amount > 0]
	if amount <= 0 or not unpaid:
		return _on(amount, due, IN_PLAN)
	return _split(amount, unpaid, IN_PLAN)


def _by_promise(
	amount: Decimal, item: dunning.Item, promises: Mapping[str, date], general: list[list], today: date
) -> list[tuple[date, Decimal, str]]:
	"""What is promised of the invoice comes first, then what is promised in general, the earliest day first."""
	own = min(amount, item.promised)
	found = _on(own, promises.get(item.invoice, today), PROMISED)
	rest = amount - own
	for promise in general:
		part = min(rest, promise[1])
		if part > 0:
			found.append((promise[0], part, PROMISED))
			promise[1] -= part
			rest -= part
	# More than is promised in general never is: `dunning.chased` takes it from the same promises.
	return [*found, *_on(rest, general[-1][0] if general else today, PROMISED)]


def _by_habit(
	amount: Decimal, due: date, habits: tuple[Habit, Habit], today: date
) -> list[tuple[date, Decimal, str]]:
	own, everybody = habits
	days = own.days_from(due, today) if own.is_known else []
	days = days or everybody.days_from(due, today)
	if amount <= 0 or not days:
		return []
	return _split(amount, days, BEHAVIOUR)


# ------------------------------------------------------------------ by week
def monday_of(day: date) -> date:
	return day - timedelta(days=day.weekday())


def weeks_from(today: date, count: int = WEEKS) -> tuple[date, ...]:
	"""Return the Mondays of so many weeks, the first that of today's."""
	return tuple(monday_of(today) + number * WEEK for number in range(count))


@dataclass(slots=True)
class Sums:
	"""What is owed by when it is expected: week by week (`weeks`, by source), `later` than those, `disputed`, and on no day for some
	reason (`aside`); `credits` is what is in the customer's favour and covers nothing of it (negative), `unexplained` what the
	ledger has beside all documents."""

	first: date
	count: int = WEEKS
	weeks: dict[int, dict[str, Decimal]] = field(default_factory=dict)
	later: Decimal = ZERO
	disputed: Decimal = ZERO
	aside: dict[str, Decimal] = field(default_factory=dict)
	credits: Decimal = ZERO
	unexplained: Decimal = ZERO

	def add(self, forecasts: Iterable[Forecast], credits: Decimal = ZERO) -> None:
		"""Add what some items of one customer come to. `credits` is all that is in the customer's favour, positive: what of it
		covers items is taken from those, so the rest alone shows here."""
		self.credits -= credits
		for found in forecasts:
			for one in found.expected:
				self._expect(one)
			for reason, amount in found.aside.items():
				if reason == DISPUTED:
					self.disputed += amount
				elif reason == COVERED:
					self.credits += amount
				else:
					self.aside[reason] = self.aside.get(reason, ZERO) + amount

	def merge(self, other: "Sums") -> None:
		"""Add what others owe."""
		for number, sources in other.weeks.items():
			week = self.weeks.setdefault(number, {})
			for source, amount in sources.items():
				week[source] = week.get(source, ZERO) + amount
		for reason, amount in other.aside.items():
			self.aside[reason] = self.aside.get(reason, ZERO) + amount
		for name in ("later", "disputed", "credits", "unexplained"):
			setattr(self, name, getattr(self, name) + getattr(other, name))

	def _expect(self, one: Expected) -> None:
		number = (one.day - self.first).days // 7
		if number >= self.count:
			self.later += one.amount
			return
		week = self.weeks.setdefault(number, {})
		week[one.source] = week.get(one.source, ZERO) + one.amount

	def week(self, number: int) -> Decimal:
		return sum(self.weeks.get(number, {}).values(), ZERO)

	@property
	def not_expected(self) -> Decimal:
		return sum(self.aside.values(), ZERO)

	@property
	def in_weeks(self) -> Decimal:
		return sum((self.week(number) for number in self.weeks), ZERO)

	@property
	def total(self) -> Decimal:
		"""Return what is owed: everything together."""
		return (
			self.in_weeks + self.later + self.disputed + self.not_expected + self.credits + self.unexplained
		)
