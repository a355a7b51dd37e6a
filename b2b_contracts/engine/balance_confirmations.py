"""A customer is asked whether a balance is right: what an answer makes of it, when to remind, when to give up (requirements §3)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

SENT, CONFIRMED, DIFFERS, NO_ANSWER = "Sent", "Confirmed", "Differs", "No Answer"
STATES = (SENT, CONFIRMED, DIFFERS, NO_ANSWER)
ANSWERS = (CONFIRMED, DIFFERS)
# Whoever answers late has answered.
MAY_ANSWER = (SENT, NO_ANSWER)
REMIND_AFTER, GIVE_UP_AFTER = 14, 28

REMIND, GIVE_UP = "remind", "give up"

UNDECIDED, ACKNOWLEDGES, DOES_NOT = "Undecided", "Yes", "No"


@dataclass(frozen=True, slots=True)
class Asked:
	"""A balance that was sent on a day, and the day of its reminder, None where there was none yet."""

	sent: date
	remind_after: int = REMIND_AFTER
	give_up_after: int = GIVE_UP_AFTER
	reminded: date | None = None


def due(asked: Asked, today: date) -> str:
	"""Return what is due for a balance without answer: to remind, to give up, or nothing ("").

	It is reminded once. Where the days of the reminder were missed, it still goes out first: nobody is given up on who was
	not reminded, and then has as long to answer as they would have had.
	"""
	if asked.reminded is None:
		return REMIND if today >= asked.sent + timedelta(asked.remind_after) else ""
	wait = max(1, asked.give_up_after - asked.remind_after)
	return GIVE_UP if today >= asked.reminded + timedelta(wait) else ""


def difference(ours: Decimal, theirs: Decimal | None) -> Decimal | None:
	"""Return by how much more we think is owed than the customer does, None where they named no amount."""
	return None if theirs is None else ours - theirs
