"""How fast holds are answered: each against its own clock, and many together (requirements §2.4, §5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median as middle

from .money import HUNDRED

IN_TIME, LATE = "In time", "Late"
RUNNING, OVERDUE = "Clock runs", "Overdue"
NOT_NEEDED = "No answer needed"
# Those of which it is known whether somebody was in time.
DECIDED = (IN_TIME, LATE, OVERDUE)


@dataclass(frozen=True, slots=True)
class Hold:
	"""When a hold was opened, when its answer was due (None: no clock), when a person answered it, and when it ended without
	an answer, as its cause had gone. `is_open`: it still waits."""

	opened: datetime
	due: datetime | None = None
	answered: datetime | None = None
	ended: datetime | None = None
	is_open: bool = False


def clock(hold: Hold, now: datetime) -> str:
	"""Return how a hold stands against its clock.

	What ended by itself within the time needed no answer; what ended by itself later should have had one.
	"""
	if hold.answered:
		return IN_TIME if hold.due is None or hold.answered <= hold.due else LATE
	if hold.is_open:
		return OVERDUE if hold.due and now > hold.due else RUNNING
	return LATE if hold.due and hold.ended and hold.ended > hold.due else NOT_NEEDED


def in_time_percent(clocks: Iterable[str]) -> Decimal | None:
	"""Return the share of holds that were answered in time, per cent of those that were answered, or should have been by now;
	None where there is none."""
	known = [one for one in clocks if one in DECIDED]
	return HUNDRED * known.count(IN_TIME) / len(known) if known else None


def median(hours: Iterable[Decimal]) -> Decimal | None:
	"""Return the middle of some times, None without any: one hold over Christmas does not make all of them slow."""
	hours = sorted(hours)
	return middle(hours) if hours else None
