"""Clocks that run in working hours (requirements §2.4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

LONGEST_CLOSURE = timedelta(days=366)
# An hour has so many.
MICROSECONDS = 3_600_000_000


@dataclass(frozen=True, slots=True)
class WorkingTime:
	"""A working day from `day_start` to `day_end`, and the days on which nobody works (weekends included)."""

	day_start: time
	day_end: time
	days_off: Collection[date] = frozenset()

	def __post_init__(self):
		if self.day_end <= self.day_start:
			raise ValueError(f"the workday must end after it starts: {self.day_start} to {self.day_end}")


def due_at(start: datetime, hours: Decimal, working: WorkingTime) -> datetime:
	"""Return the moment at which `hours` working hours have passed since `start`.

	Raises `ValueError` when no working day is found within a year: the holiday list must be wrong.
	"""
	left = timedelta(seconds=float(hours * 3600))
	day = start.date()
	while day - start.date() <= LONGEST_CLOSURE:
		if day not in working.days_off:
			opens = max(start, datetime.combine(day, working.day_start))
			closes = datetime.combine(day, working.day_end)
			available = closes - opens
			if available >= left and available > timedelta(0):
				return opens + left
			left -= max(timedelta(0), available)
		day += timedelta(days=1)
	raise ValueError("no working day within a year; check the holiday list")


def hours_between(start: datetime, end: datetime, working: WorkingTime) -> Decimal:
	"""Return how many working hours lie between two moments, negative where the second comes first."""
	if end < start:
		return -hours_between(end, start, working)
	worked, day = timedelta(0), start.date()
	while day <= end.date():
		if day not in working.days_off:
			opens = max(start, datetime.combine(day, working.day_start))
			closes = min(end, datetime.combine(day, working.day_end))
			worked += max(timedelta(0), closes - opens)
		day += timedelta(days=1)
	return Decimal(worked // timedelta(microseconds=1)) / MICROSECONDS
