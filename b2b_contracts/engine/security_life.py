"""The life of a security: which step may follow which (requirements §2.6), and how soon it ends."""

from collections.abc import Iterable
from datetime import date

from .security import IN_FORCE

REQUESTED, RECEIVED = "Requested", "Received"
CLAIMED, RELEASED, EXPIRED, REPLACED = "Claimed", "Released", "Expired", "Replaced"
STATES = (REQUESTED, RECEIVED, IN_FORCE, CLAIMED, RELEASED, EXPIRED, REPLACED)
# Before it is in force: asked for, or here and looked at.
IN_HAND = (REQUESTED, RECEIVED)

CLAIM, WITHDRAW_CLAIM, RELEASE, TAKE_BACK, EXTEND, EXPIRE, REPLACE = (
	"claim",
	"withdraw_claim",
	"release",
	"take_back",
	"extend",
	"expire",
	"replace",
)
# step: (from which states, to which state)
STEPS = {
	CLAIM: ((IN_FORCE,), CLAIMED),
	WITHDRAW_CLAIM: ((CLAIMED,), IN_FORCE),
	RELEASE: ((IN_FORCE, CLAIMED, EXPIRED), RELEASED),
	TAKE_BACK: ((RELEASED,), IN_FORCE),
	EXTEND: ((IN_FORCE, EXPIRED), IN_FORCE),
	EXPIRE: ((IN_FORCE,), EXPIRED),
	REPLACE: ((IN_FORCE, EXPIRED), REPLACED),
}
# Days before its end at which people are reminded (requirements §2.6).
REMINDER_DAYS = (90, 60, 30, 7)


def possible(status: str) -> tuple[str, ...]:
	"""Return the steps that a security can take now."""
	return tuple(step for step, (before, _after) in STEPS.items() if status in before)


def after(status: str, step: str) -> str:
	"""Return the state after a step; raises `ValueError` where the step does not follow from the state."""
	before, then = STEPS[step]
	if status not in before:
		raise ValueError(f"{step} does not follow from {status}")
	return then


def has_ended(expiry: date | None, today: date) -> bool:
	"""Whether a security is past its last day."""
	return expiry is not None and expiry < today


def days_from(text: str) -> tuple[int, ...]:
	"""Read days before the end from a text such as "90, 60, 30, 7", the most first; none from an empty one.

	Raises `ValueError` with the word that is no number of days.
	"""
	words = [word for word in text.replace(";", ",").replace(" ", ",").split(",") if word]
	for word in words:
		if not word.isdecimal():
			raise ValueError(word)
	return tuple(sorted({int(word) for word in words}, reverse=True))


def reminder_due(
	expiry: date, today: date, told: Iterable[int], days: Iterable[int] = REMINDER_DAYS
) -> int | None:
	"""Return the reminder that is due on a day, in days before the end: the tightest one reached, None when it was sent or
	none is reached. A day on which nobody looked is caught up by the next; what it skipped is not sent late.
	"""
	left = (expiry - today).days
	reached = [step for step in days if 0 <= left <= step]
	if not reached:
		return None
	step = min(reached)
	return None if any(sent <= step for sent in told) else step
