"""The pack of a month or quarter: which period it is of, what each audience reads in it, when it is due, and which customers are most
at risk (requirements §5)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO

MONTH, QUARTER = "Month", "Quarter"
PERIODS = (MONTH, QUARTER)
_MONTHS = {MONTH: 1, QUARTER: 3}

# The sheets, in the order in which they stand in a workbook.
COVER, KPIS, AGEING, RISKS, EXCEPTIONS = "Cover", "KPIs", "Ageing", "Risks", "Exceptions"
CASH = "Cash"
DECISIONS, COLLECTIONS, CONTRACTS, LOG, SOURCES = "Decisions", "Collections", "Contracts", "Log", "Sources"
SHEETS = (COVER, KPIS, AGEING, CASH, RISKS, EXCEPTIONS, DECISIONS, COLLECTIONS, CONTRACTS, LOG, SOURCES)

EVERYBODY, CFO, COMMITTEE = "Everybody", "CFO", "Credit Committee"
AUDITOR, BOARD = "Auditor", "Board"
# One workbook has everything; the others leave out what their readers do not decide about or check.
_LEFT_OUT: dict[str, tuple[str, ...]] = {
	EVERYBODY: (),
	CFO: (LOG,),
	COMMITTEE: (CASH, CONTRACTS, LOG),
	AUDITOR: (DECISIONS, CONTRACTS),
	BOARD: (COLLECTIONS, LOG),
}
AUDIENCES = tuple(_LEFT_OUT)

MOST_AT_RISK = 10


# ------------------------------------------------------------------ which period
@dataclass(frozen=True, slots=True, order=True)
class Period:
	"""A calendar month or quarter, both days in it."""

	last: date
	first: date
	kind: str


def period_of(kind: str, day: date) -> Period:
	"""Return the month or quarter that a day is in."""
	months = _MONTHS[kind]
	first = date(day.year, (day.month - 1) // months * months + 1, 1)
	return Period(_first_of_next(first, months) - timedelta(days=1), first, kind)


def next_period(period: Period) -> Period:
	return period_of(period.kind, period.last + timedelta(days=1))


def last_closed(kind: str, today: date) -> Period:
	"""Return the newest period that is over."""
	return period_of(kind, period_of(kind, today).first - timedelta(days=1))


def months_until(last: date, count: int) -> list[Period]:
	"""Return so many months, the oldest first, up to the one that a day is in."""
	found = [period_of(MONTH, last)]
	while len(found) < count:
		found.append(period_of(MONTH, found[-1].first - timedelta(days=1)))
	return found[::-1]


def _first_of_next(first: date, months: int) -> date:
	year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
	return date(year, month + 1, 1)


# ------------------------------------------------------------------ when it is due
@dataclass(frozen=True, slots=True)
class Schedule:
	"""A pack of every period that ends on a day or later, made so many days after its end."""

	kind: str
	since: date
	days_after: int


def due(schedule: Schedule, made: Collection[date], today: date, most: int) -> list[Period]:
	"""Return the periods whose pack is due and not made, the oldest first: no more than the newest `most` periods are looked at.

	`made` are the last days of the periods that have one. A day that nobody was at work is made up for on the next.
	"""
	newest = last_closed(schedule.kind, today)
	looked_at = [newest]
	while len(looked_at) < most:
		looked_at.append(period_of(schedule.kind, looked_at[-1].first - timedelta(days=1)))
	return [
		period
		for period in reversed(looked_at)
		if period.last >= schedule.since
		and period.last not in made
		and period.last + timedelta(days=schedule.days_after) <= today
	]


# ------------------------------------------------------------------ who reads what
def sheets_of(audience: str) -> tuple[str, ...]:
	"""Return the sheets of an audience's workbook, in their order."""
	left_out = _LEFT_OUT[audience]
	return tuple(sheet for sheet in SHEETS if sheet not in left_out)


# ------------------------------------------------------------------ whose risk is highest
INSOLVENT, STOPPED, ON_HOLD = "Insolvent", "Stopped", "On hold"
OVER_LIMIT, LONG_OVERDUE, PLAN_BROKEN = "Over the limit", "Long overdue", "Plan broken"
PROMISE_BROKEN, RATING_DOWN, HIGH_RISK = "Promise broken", "Rating down", "Risk class C"
NO_PROFILE = "No profile"
SIGNS = (
	*(INSOLVENT, STOPPED, ON_HOLD, OVER_LIMIT, LONG_OVERDUE, PLAN_BROKEN, PROMISE_BROKEN, RATING_DOWN),
	*(HIGH_RISK, NO_PROFILE),
)


@dataclass(frozen=True, slots=True)
class Standing:
	"""How a customer stands at the end of a period, amounts in the company's currency. `limit` is None where there is none to be
	over (unlimited, or no profile); `late` is what is undisputed and overdue for longer than the alarm allows."""

	customer: str
	owed: Decimal
	secured: Decimal = ZERO
	exposure: Decimal = ZERO
	limit: Decimal | None = None
	late: Decimal = ZERO
	status: str = ""
	risk_class: str = ""
	has_profile: bool = True
	is_insolvent: bool = False
	broke_plan: bool = False
	broke_promise: bool = False
	notches_down: int = 0

	@property
	def unsecured(self) -> Decimal:
		"""What would be lost: what is owed and no security covers."""
		return max(ZERO, self.owed - max(ZERO, self.secured))

	@property
	def over(self) -> Decimal:
		"""How far the exposure, net of security, is over the limit."""
		return ZERO if self.limit is None else max(ZERO, self.exposure - self.secured - self.limit)


def signs_of(standing: Standing) -> tuple[str, ...]:
	"""Return the warning signs of a customer, the gravest first."""
	shown = {
		INSOLVENT: standing.is_insolvent,
		STOPPED: standing.status in ("Stop", "Delivery Stop"),
		ON_HOLD: standing.status == "Hold",
		OVER_LIMIT: standing.over > ZERO,
		LONG_OVERDUE: standing.late > ZERO,
		PLAN_BROKEN: standing.broke_plan,
		PROMISE_BROKEN: standing.broke_promise,
		RATING_DOWN: standing.notches_down > 0,
		HIGH_RISK: standing.risk_class == "C",
		NO_PROFILE: not standing.has_profile,
	}
	return tuple(sign for sign in SIGNS if shown[sign])


def most_at_risk(
	standings: Iterable[Standing], most: int = MOST_AT_RISK
) -> list[tuple[Standing, tuple[str, ...]]]:
	"""Return the customers with a warning sign that owe most without security, with their signs: by what would be lost, not by a
	score that nobody can check."""
	found = [(standing, signs) for standing in standings if (signs := signs_of(standing))]
	found = [(standing, signs) for standing, signs in found if standing.unsecured > ZERO]
	found.sort(key=lambda pair: (-pair[0].unsecured, pair[0].customer))
	return found[:most]
