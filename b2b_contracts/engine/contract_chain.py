"""A contract and its amendments: which of them is in force on which day (requirements §6).

Each amendment is a whole contract that takes the place of the one before from its day on. On any day the one that took effect
last is in force; of two that take effect on the same day, the one that was signed later. A chain runs without a gap from its
first day on, until the one in force ends: what was to take effect later than on the day after that never does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Member:
	"""A signed contract of a chain: the day it takes effect, when it was signed, and its number (0: the one that is amended).

	`term_end` is the last day of a term that nothing renews, `notice_end` the last day by a notice that was given of it. A
	notice goes on to whatever takes its place, unless that says that the notice is withdrawn.
	"""

	name: str
	effective: date
	signed_on: date
	number: int = 0
	term_end: date | None = None
	notice_end: date | None = None
	withdraws_notice: bool = False


@dataclass(frozen=True, slots=True)
class Span:
	"""From when until when (first and last day, None: open) one of a chain is in force, and what takes its place after that."""

	name: str
	start: date
	end: date | None = None
	replaced_by: str | None = None

	def holds(self, day: date) -> bool:
		"""Whether it is in force on a day."""
		return self.start <= day and (self.end is None or day <= self.end)


def in_order(members: Iterable[Member]) -> list[Member]:
	"""Return members of a chain in the order in which they take each other's place; of those of one day the last one counts."""
	return sorted(members, key=lambda one: (one.effective, one.signed_on, one.number, one.name))


def spans(members: Iterable[Member]) -> tuple[Span, ...]:
	"""Return when each of a chain is in force, in their order. What is never in force has no span."""
	last_of_day = {one.effective: one for one in in_order(members)}
	found: list[Span] = []
	notice: date | None = None
	for one in last_of_day.values():
		before = found[-1] if found else None
		if before and before.end is not None and before.end + ONE_DAY < one.effective:
			break
		if one.withdraws_notice:
			notice = None
		notice = one.notice_end or notice
		end = min((day for day in (one.term_end, notice) if day is not None), default=None)
		if end is not None and end < one.effective:
			# It would be over before it began: it takes nobody's place.
			continue
		if before:
			found[-1] = Span(before.name, before.start, one.effective - ONE_DAY, one.name)
		found.append(Span(one.name, one.effective, end))
	return tuple(found)


def in_force(members: Iterable[Member], day: date) -> str | None:
	"""Return which of a chain is in force on a day, None before its first and after its last day."""
	return next((span.name for span in spans(members) if span.holds(day)), None)


def replacements(members: Iterable[Member]) -> dict[str, str]:
	"""Return, for those of a chain that another one takes the place of, which that is; also for what is never in force because
	another one of the same day was signed later."""
	ordered = in_order(members)
	found = {span.name: span.replaced_by for span in spans(ordered) if span.replaced_by}
	last_of_day = {one.effective: one.name for one in ordered}
	for one in ordered:
		if last_of_day[one.effective] != one.name:
			found[one.name] = last_of_day[one.effective]
	return found


def last_day(members: Iterable[Member]) -> date | None:
	"""Return the last day of a chain, None where it is open. Raises `ValueError` where nothing of it is ever in force."""
	found = spans(members)
	if not found:
		raise ValueError("nothing of this contract is ever in force")
	return found[-1].end
