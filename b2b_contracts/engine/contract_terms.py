"""How long a contract runs, until when notice can be given, and when somebody has to act (requirements §6).

A period ends on the day before its anniversary, and anniversaries are counted from the start of the contract, never from one
another: thirty-first after thirty-first does not drift. Where a month lacks the day, the 1st of the next one is the
anniversary. A notice period starts on the day after notice is given and is measured by the same rule; days stay days, and
months stay months. All dates are days that count, first and last included.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO, to_cents

NO_END, FIXED = "No End", "Fixed"
AUTO_RENEWING, SECOND_PERIOD = "Auto-renewing", "Auto-renewing, second period"
DURATIONS = (NO_END, FIXED, AUTO_RENEWING, SECOND_PERIOD)
RENEWING = (AUTO_RENEWING, SECOND_PERIOD)

DAYS, MONTHS, MONTHS_TO_MONTH_END = "Days", "Months", "Months to month end"
NOTICE_UNITS = (DAYS, MONTHS, MONTHS_TO_MONTH_END)

NOT_STARTED, RUNNING, ENDED = "Not Started", "Running", "Ended"

CONVENIENCE, CAUSE, RECEIVED = "For Convenience", "For Cause", "Received from Customer"
TERMINATIONS = (CONVENIENCE, CAUSE, RECEIVED)

SATURDAY = 5
ONE_DAY = timedelta(days=1)
LONGEST_CLOSURE = 366
MONTHS_A_YEAR = 12
SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Notice:
	"""How long before its end a contract has to be given notice of. A length of 0 days: until the last day."""

	length: int = 0
	unit: str = DAYS

	def __post_init__(self):
		if self.unit not in NOTICE_UNITS:
			raise ValueError(f"unknown unit of notice {self.unit!r}")
		if self.length < 0:
			raise ValueError(f"a notice period is not shorter than nothing: {self.length}")


@dataclass(frozen=True, slots=True)
class Period:
	"""One period of a contract, the first being number 1, with its first and its last day (None: open)."""

	number: int
	start: date
	end: date | None


@dataclass(frozen=True, slots=True)
class Term:
	"""How long a contract runs.

	The first period lasts `initial_months`, or until `first_end` where that was agreed as a day. A contract that renews itself
	goes on by `renewal_months` again and again; one with a second period has that one in between, once. Nobody can end it
	before `binding_end`.
	"""

	duration: str
	start: date
	initial_months: int = 0
	renewal_months: int = 0
	second_period_months: int = 0
	first_end: date | None = None
	notice: Notice = Notice()
	binding_end: date | None = None

	def __post_init__(self):
		if self.duration not in DURATIONS:
			raise ValueError(f"unknown duration {self.duration!r}")
		if self.duration != NO_END and self.first_end is None and self.initial_months < 1:
			raise ValueError("the first period has neither months nor an end")
		if self.first_end is not None and self.first_end < self.start:
			raise ValueError(f"the first period ends on {self.first_end}, before it starts on {self.start}")
		if self.duration in RENEWING and self.renewal_months < 1:
			raise ValueError("a contract that renews itself does so by at least a month")
		if self.duration == SECOND_PERIOD and self.second_period_months < 1:
			raise ValueError("the second period has at least a month")

	@property
	def renews(self) -> bool:
		return self.duration in RENEWING


@dataclass(frozen=True, slots=True)
class Outcome:
	"""What comes of a notice that is given on a day: the last day of the contract, and the one that it would have had, had the
	notice come in time for the period that was running."""

	given_on: date
	effective: date
	in_time: bool
	missed_end: date | None = None

	@property
	def extra_days(self) -> int:
		"""How many days longer the contract binds because notice came too late."""
		return 0 if self.missed_end is None else (self.effective - self.missed_end).days


# ------------------------------------------------------------------ the calendar
def anniversary(day: date, months: int) -> date:
	"""Return the same day so many months later (earlier, where negative), or the 1st of the next month where that month has no
	such day."""
	year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
	month += 1
	if day.day > SHORTEST_MONTH and day.day > monthrange(year, month)[1]:
		year, month = (year + 1, 1) if month == MONTHS_A_YEAR else (year, month + 1)
		return date(year, month, 1)
	return date(year, month, day.day)


def months_between(day: date, later: date) -> int:
	"""Return how many firsts of a month lie after one day and up to another."""
	return (later.year - day.year) * MONTHS_A_YEAR + later.month - day.month


def period_end(start: date, months: int) -> date:
	"""Return the last day of a period of so many months: the day before the anniversary."""
	return anniversary(start, months) - ONE_DAY


def month_end(day: date) -> date:
	"""Return the last day of a day's month."""
	return day.replace(day=monthrange(day.year, day.month)[1])


def working_day_on_or_before(day: date, holidays: Collection[date] = frozenset()) -> date:
	"""Return the last day up to this one that is neither Saturday, Sunday nor a holiday.

	Raises `ValueError` when there is none within a year: the holiday list must be wrong.
	"""
	found = day
	while found.weekday() >= SATURDAY or found in holidays:
		found -= ONE_DAY
		if (day - found).days > LONGEST_CLOSURE:
			raise ValueError(f"no working day in the year before {day}; check the holiday list")
	return found


# ------------------------------------------------------------------ periods
def _months_before(term: Term, number: int) -> int:
	"""Return how many months after the anchor of its anniversaries a period starts; number 1 has none."""
	if number <= 1:
		return 0
	months = term.initial_months if term.first_end is None else 0
	renewals = number - 2
	if term.duration == SECOND_PERIOD and renewals > 0:
		months += term.second_period_months
		renewals -= 1
	return months + renewals * term.renewal_months


def _anchor(term: Term) -> date:
	"""Return the day whose anniversaries count: the start, or the day after a first period that was agreed to end on a day."""
	return term.start if term.first_end is None else term.first_end + ONE_DAY


def period(term: Term, number: int) -> Period:
	"""Return a period by its number. Raises `ValueError` for one that the contract never has."""
	if number < 1 or (number > 1 and not term.renews):
		raise ValueError(f"a contract of duration {term.duration} has no period {number}")
	if term.duration == NO_END:
		return Period(1, term.start, None)
	start = term.start if number == 1 else anniversary(_anchor(term), _months_before(term, number))
	if number == 1 and term.first_end is not None:
		return Period(1, start, term.first_end)
	return Period(number, start, anniversary(_anchor(term), _months_before(term, number + 1)) - ONE_DAY)


def period_on(term: Term, day: date) -> Period | None:
	"""Return the period that a day lies in, None before the contract starts and after it ends. Renewals are taken for granted:
	who gave notice asks `state_on`."""
	if day < term.start:
		return None
	first = period(term, 1)
	if first.end is None or day <= first.end:
		return first
	if not term.renews:
		return None
	# At least one, and never beyond the right one: no anniversary lies more than a day after its month.
	elapsed = months_between(first.end, day)
	head = 1 + (term.duration == SECOND_PERIOD)
	passed = elapsed - (term.second_period_months if head == 2 else 0)
	number = max(2, head + passed // term.renewal_months - 1)
	found = period(term, number)
	while found.end < day:
		number += 1
		found = period(term, number)
	return found


def end_on(term: Term, day: date) -> date | None:
	"""Return the last day of the period that runs on a day, of the first one before the start, of the last one after the end;
	None where the contract has no end."""
	found = period_on(term, day)
	return (found or period(term, 1)).end


def state_on(term: Term, day: date, ends_on: date | None = None) -> tuple[str, Period | None]:
	"""Return the state of a contract on a day and the period that runs, cut off where notice ends the contract (`ends_on`)."""
	if day < term.start:
		return NOT_STARTED, None
	found = period_on(term, day)
	if found is None or (ends_on is not None and day > ends_on):
		return ENDED, None
	if ends_on is not None and (found.end is None or ends_on < found.end):
		found = Period(found.number, found.start, ends_on)
	return RUNNING, found


def renewals_between(term: Term, after: date, until: date) -> list[Period]:
	"""Return the periods that started by renewal after one day and up to another, in their order."""
	found: list[Period] = []
	if not term.renews or until < term.start:
		return found
	running = period_on(term, until)
	while running.number > 1 and running.start > after:
		found.append(running)
		running = period(term, running.number - 1)
	return found[::-1]


# ------------------------------------------------------------------ notice
def notice_ends(given_on: date, notice: Notice) -> date:
	"""Return the last day of a contract of which notice was given on a day, if nothing else binds."""
	if notice.unit == DAYS:
		return given_on + timedelta(days=notice.length)
	found = period_end(given_on + ONE_DAY, notice.length)
	return month_end(found) if notice.unit == MONTHS_TO_MONTH_END else found


def notice_deadline(end: date, notice: Notice) -> date:
	"""Return the last day on which notice still ends a contract on a day."""
	if notice.unit == DAYS:
		return end - timedelta(days=notice.length)
	# A day too late at first: the anniversary backwards is never more than a few days from the right one.
	found = anniversary(end, -notice.length) + timedelta(days=4)
	if notice.unit == MONTHS_TO_MONTH_END:
		found = month_end(anniversary(end.replace(day=1), -notice.length))
	while notice_ends(found, notice) > end:
		found -= ONE_DAY
	return found


def free_end(term: Term, day: date) -> date | None:
	"""Return the first end of a period, on or after a day, on which the contract may end: not before its binding end. None
	where it has no ends."""
	first = period(term, 1).end
	if first is None:
		return None
	binds = max(day, term.binding_end or day)
	if not term.renews or binds <= first:
		return first
	return period_on(term, binds).end


def deadline_on(term: Term, day: date) -> date | None:
	"""Return until when notice can be given (or could be) of the period that runs on a day, or of the first one after that is
	free to end. None for a contract without end: notice of that can be given on any day."""
	end = free_end(term, day)
	return None if end is None else notice_deadline(end, term.notice)


def last_date_to_act(deadline: date, lead_days: int, holidays: Collection[date] = frozenset()) -> date:
	"""Return the day by which we have to act: our own lead before the deadline, moved back to a working day."""
	return working_day_on_or_before(deadline - timedelta(days=lead_days), holidays)


def notice_given(term: Term, given_on: date) -> Outcome:
	"""Return what comes of a notice for convenience that is given (or received) on a day.

	It ends the contract with the first period whose deadline it keeps and that is not bound; a contract without end when the
	notice period is over. A fixed one ends on its day with or without notice.
	"""
	lapses = notice_ends(given_on, term.notice)
	day = max(given_on, term.start)
	if term.duration == NO_END:
		free = max(lapses, day, term.binding_end or day)
		return Outcome(given_on, free, in_time=True)
	wanted = free_end(term, day)
	if not term.renews:
		return Outcome(given_on, wanted, in_time=lapses <= wanted)
	if lapses <= wanted:
		return Outcome(given_on, wanted, in_time=True)
	return Outcome(given_on, free_end(term, lapses), in_time=False, missed_end=wanted)


def for_cause(term: Term, given_on: date, ends_on: date | None = None) -> Outcome:
	"""Return what comes of a termination for cause: it ends the contract on the day that it names, at once where it names none.
	Neither notice nor a binding end stands in its way. Raises `ValueError` for a day before it is given."""
	effective = ends_on or given_on
	if effective < given_on:
		raise ValueError(f"a termination of {given_on} does not end a contract on {effective}")
	end = end_on(term, given_on)
	return Outcome(given_on, effective if end is None or term.renews else min(effective, end), in_time=True)


def cost_of_delay(outcome: Outcome, annual_value: Decimal) -> Decimal:
	"""Return what the time is worth by which a contract binds longer because notice came too late, in the currency of its annual
	value: whole months by twelfths of it, days beyond by 365ths."""
	if outcome.missed_end is None:
		return ZERO
	start, after = outcome.missed_end + ONE_DAY, outcome.effective + ONE_DAY
	months = months_between(start, after)
	while anniversary(start, months) > after:
		months -= 1
	rest = (after - anniversary(start, months)).days
	return to_cents(annual_value * months / MONTHS_A_YEAR + annual_value * rest / 365)
