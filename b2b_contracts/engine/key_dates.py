"""Which dates of a contract somebody has to know of, and when people are reminded of them (requirements §6, watchers).

Facts in, dates out: a contract that has no such thing has no such date. The ladder of reminders is that of securities: the
tightest rung that is reached is told, once, and what was skipped is not told late.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from . import contract_terms as terms
from .contract_terms import Term
from .security_life import reminder_due

EXPIRY, AUTO_RENEWAL = "Expiry", "Auto-renewal"
NOTICE_DEADLINE, LAST_DATE_TO_ACT = "Notice Deadline", "Last Date to Act"
RENEGOTIATION, PRICE_ADJUSTMENT = "Renegotiation Window", "Price Adjustment"
BINDING_END, DISCOUNT_END = "Binding End", "Discount End"
CERTIFICATE, FIRST_REVIEW = "Insurance Certificate", "First Service Review"
OBLIGATION, MILESTONE, MEETING, OWN = "Obligation", "Milestone", "Meeting", "Key Date"
KINDS = (
	*(EXPIRY, AUTO_RENEWAL, NOTICE_DEADLINE, LAST_DATE_TO_ACT, RENEGOTIATION, PRICE_ADJUSTMENT),
	*(BINDING_END, DISCOUNT_END, CERTIFICATE, FIRST_REVIEW, OBLIGATION, MILESTONE, MEETING, OWN),
)
# Something to do on a day, not the end of something agreed: nobody needs a quarter's warning of a meeting.
TASKS = (FIRST_REVIEW, OBLIGATION, MILESTONE, MEETING)
# What a decision about the period that runs has settled.
OF_DECISION = (NOTICE_DEADLINE, LAST_DATE_TO_ACT, RENEGOTIATION)

# Days before a date at which people are reminded; a contract type may say others.
REMINDER_DAYS = (90, 60, 30, 7)
TASK_REMINDER_DAYS = (30, 7)
# From how many days before on whoever escalates is told too.
ESCALATE_FROM_DAYS = 7
# A date that passed while nobody looked is told late, but not one that passed long before the contract was entered.
LATE_DAYS = 31
# The first service review is at most so many days after go-live.
FIRST_REVIEW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Item:
	"""Something dated that a contract lists itself: a discount's end, a certificate, an obligation, a meeting."""

	kind: str
	day: date
	reference: str
	title: str = ""
	responsible: str | None = None
	is_done: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
	"""What the dates of a contract follow from.

	`ends_on` is the last day of a contract that notice was given of, `decided_for` the last day of the period about which
	people have decided. The renegotiation window opens `renegotiation_days` before the deadline of the notice.
	"""

	term: Term
	lead_days: int = 0
	holidays: Collection[date] = frozenset()
	ends_on: date | None = None
	decided_for: date | None = None
	renegotiation_days: int = 0
	price_adjustment_on: date | None = None
	price_adjustment_months: int = 0
	go_live: date | None = None
	is_reviewed: bool = False
	items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyDate:
	"""A day that matters, of which kind, and what of the contract it is about (empty: the contract itself)."""

	day: date
	kind: str
	reference: str = ""
	title: str = ""
	responsible: str | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
	"""How many days before a date people are reminded: of the term of a contract, of its tasks; and from when on it escalates."""

	of_term: tuple[int, ...] = REMINDER_DAYS
	of_tasks: tuple[int, ...] = TASK_REMINDER_DAYS
	escalate_from: int = ESCALATE_FROM_DAYS

	def rungs(self, kind: str) -> tuple[int, ...]:
		return self.of_tasks if kind in TASKS else self.of_term

	@property
	def longest(self) -> int:
		return max((*self.of_term, *self.of_tasks, 0))


@dataclass(frozen=True, slots=True)
class Reminder:
	"""A key date of which people are told now, and the rung that it has reached, in days before."""

	key_date: KeyDate
	rung: int
	escalates: bool


# ------------------------------------------------------------------ dates
def key_dates(facts: Facts, on: date) -> tuple[KeyDate, ...]:
	"""Return the dates of the period that runs on a day, and all that is not done, the first on top. None after the end."""
	term = facts.term
	state, running = terms.state_on(term, on, facts.ends_on)
	if state == terms.ENDED:
		# An end that passed is still told of, by whoever looks late.
		end = terms.end_on(term, on) if facts.ends_on is None else facts.ends_on
		return (KeyDate(end, EXPIRY),)
	running = running or terms.period(term, 1)
	found = _of_term(facts, running, on)
	if term.binding_end and term.binding_end >= term.start:
		found.append(KeyDate(term.binding_end, BINDING_END))
	adjusted = next_price_adjustment(facts, on)
	if adjusted:
		found.append(KeyDate(adjusted, PRICE_ADJUSTMENT))
	if facts.go_live and not facts.is_reviewed:
		found.append(KeyDate(facts.go_live + timedelta(days=FIRST_REVIEW_DAYS), FIRST_REVIEW))
	found += [
		KeyDate(item.day, item.kind, item.reference, item.title, item.responsible)
		for item in facts.items
		if not item.is_done
	]
	if facts.ends_on:
		found = [one for one in found if one.day <= facts.ends_on or one.kind == OBLIGATION]
	return tuple(sorted(found, key=lambda one: (one.day, KINDS.index(one.kind), one.reference)))


def _of_term(facts: Facts, running: terms.Period, on: date) -> list[KeyDate]:
	term = facts.term
	if facts.ends_on is not None:
		return [KeyDate(facts.ends_on, EXPIRY)]
	if running.end is None:
		return []
	found = [
		KeyDate(running.end + terms.ONE_DAY, AUTO_RENEWAL) if term.renews else KeyDate(running.end, EXPIRY)
	]
	if facts.decided_for == terms.free_end(term, on):
		return found
	deadline = terms.deadline_on(term, on)
	found.append(KeyDate(deadline, NOTICE_DEADLINE))
	found.append(KeyDate(last_date_to_act(facts, on), LAST_DATE_TO_ACT))
	if facts.renegotiation_days:
		found.append(KeyDate(deadline - timedelta(days=facts.renegotiation_days), RENEGOTIATION))
	return found


def notice_deadline(facts: Facts, on: date) -> date | None:
	"""Return until when notice can be given of the period that runs; None where there is nothing left to give notice of."""
	if facts.ends_on is not None or terms.state_on(facts.term, on)[0] == terms.ENDED:
		return None
	return terms.deadline_on(facts.term, on)


def last_date_to_act(facts: Facts, on: date) -> date | None:
	"""Return the working day by which we have to act, our own lead before the deadline of the notice."""
	deadline = notice_deadline(facts, on)
	return None if deadline is None else terms.last_date_to_act(deadline, facts.lead_days, facts.holidays)


def next_price_adjustment(facts: Facts, on: date) -> date | None:
	"""Return when prices are next adjusted: the day that was agreed, or the first of its repetitions that is not past."""
	first, months = facts.price_adjustment_on, facts.price_adjustment_months
	if first is None or first >= on or months < 1:
		return first
	# One less: where a month lacks the day, the one of the month before falls into this one.
	times = max(0, terms.months_between(first, on) // months - 1)
	while terms.anniversary(first, times * months) < on:
		times += 1
	return terms.anniversary(first, times * months)


def next_key_date(dates: Iterable[KeyDate], on: date) -> KeyDate | None:
	"""Return the first date that is not past, None where there is none."""
	return next((one for one in sorted(dates, key=lambda one: one.day) if one.day >= on), None)


# ------------------------------------------------------------------ reminders
def rung_due(day: date, today: date, told: Iterable[int], rungs: Iterable[int]) -> int | None:
	"""Return the rung of which people are told today, in days before: the tightest that is reached, None when it was told or
	none is reached. After days on which nobody looked the nearest missed one is told, once, and late where the date has
	passed within a month."""
	if (today - day).days > LATE_DAYS:
		return None
	return reminder_due(day, min(today, day), told, rungs)


def reminders_due(
	dates: Iterable[KeyDate], today: date, told: dict[tuple[str, str, date], Iterable[int]], ladder: Ladder
) -> list[Reminder]:
	"""Return of what people are told today, given the rungs that were told by kind, reference and day."""
	found = []
	for one in dates:
		key = (one.kind, one.reference, one.day)
		rung = rung_due(one.day, today, told.get(key, ()), ladder.rungs(one.kind))
		if rung is not None:
			found.append(Reminder(one, rung, rung <= ladder.escalate_from))
	return found


def next_look(facts: Facts, today: date, ladder: Ladder) -> date | None:
	"""Return the next day after today on which there may be something to tell or the dates change; None for never.

	Whoever looks on these days alone tells the same as whoever looks every day.
	"""
	state, running = terms.state_on(facts.term, today, facts.ends_on)
	days = [facts.term.start] if state == terms.NOT_STARTED else []
	if running is not None and running.end is not None:
		days.append(running.end + terms.ONE_DAY)
	for one in key_dates(facts, today):
		days += [one.day - timedelta(days=rung) for rung in ladder.rungs(one.kind)]
		# From the next day on prices are adjusted on another one.
		days.append(one.day + terms.ONE_DAY)
	return min((day for day in days if day > today), default=None)
