"""Reviews of a contract by function: until when each is due, what keeps the contract from being approved, and when people are
reminded (requirements §6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .contract_terms import LONGEST_CLOSURE, ONE_DAY, SATURDAY

AGREED, WITH_REMARKS, CHANGES_WANTED = "Agreed", "Agreed with Remarks", "Changes Wanted"
OUTCOMES = (AGREED, WITH_REMARKS, CHANGES_WANTED)
POSITIVE = (AGREED, WITH_REMARKS)
# Why it was answered is written down.
WITH_REMARK = (WITH_REMARKS, CHANGES_WANTED)
# How many days after a review was due people are reminded of it; 0 is the day itself.
REMINDED_AFTER = (0, 1, 7, 14)


@dataclass(frozen=True, slots=True)
class Review:
	"""What one function says of a contract: until when, whether it has to, and what it said (empty: nothing yet)."""

	function: str
	due: date | None = None
	is_required: bool = True
	outcome: str = ""

	@property
	def is_open(self) -> bool:
		return not self.outcome


def due_on(sent: date, working_days: int, holidays: Collection[date] = frozenset()) -> date:
	"""Return the last of so many working days after a contract was sent for review; today for none.

	Raises `ValueError` when there are not so many within a year of each other: the holiday list must be wrong.
	"""
	day, left, closed = sent, working_days, 0
	while left > 0:
		day += ONE_DAY
		if day.weekday() >= SATURDAY or day in holidays:
			closed += 1
			if closed > LONGEST_CLOSURE:
				raise ValueError(f"no working day in the year after {sent}; check the holiday list")
			continue
		left, closed = left - 1, 0
	return day


def applies(over_value: Decimal, annual_value: Decimal) -> bool:
	"""Whether a function looks at a contract of a yearly value: at all of them where it asks for none."""
	return not over_value or annual_value > over_value


def in_the_way(reviews: Iterable[Review]) -> tuple[str, ...]:
	"""Return the functions that keep a contract from being approved: required ones that have not agreed."""
	return tuple(one.function for one in reviews if one.is_required and one.outcome not in POSITIVE)


def reminder_due(review: Review, today: date, told: Collection[int]) -> int | None:
	"""Return of how many days late people are reminded today: the most that is reached, once; None for nothing new."""
	if review.due is None or not review.is_open:
		return None
	reached = [days for days in REMINDED_AFTER if (today - review.due).days >= days]
	if not reached or any(days >= reached[-1] for days in told):
		return None
	return reached[-1]
