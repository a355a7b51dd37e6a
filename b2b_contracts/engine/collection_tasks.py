"""Calls and other personal contact: what an outcome brings about, and when nothing of a task is left (requirements §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from .collection_cases import INSOLVENT, SETTLED, Chosen

PHONE_CALL, ACCOUNT_MANAGER = "Phone Call", "Account Manager Contact"
SEND_LETTER, FIND_ADDRESS = "Send Letter", "Find Address"
DECIDE_UNCLEAR, OTHER = "Decide Unclear", "Other"
KINDS = (PHONE_CALL, ACCOUNT_MANAGER, SEND_LETTER, FIND_ADDRESS, DECIDE_UNCLEAR, OTHER)

OPEN, DONE, CANCELLED = "Open", "Done", "Cancelled"

PROMISE, DISPUTE, PLAN = "Promise", "Dispute", "Payment Plan"
SAYS_PAID, REFUSES = "Says It Is Paid", "Refuses"
NOT_REACHED, WRONG_NUMBER, CARRIED_OUT = "Not Reached", "Wrong Number", "Carried Out"
REACHED = (PROMISE, DISPUTE, PLAN, SAYS_PAID, REFUSES)
OUTCOMES = (*REACHED, NOT_REACHED, WRONG_NUMBER, CARRIED_OUT)
# Nobody is talked to for these, or no money.
WITHOUT_TALK = (SEND_LETTER, FIND_ADDRESS, DECIDE_UNCLEAR)

HIGH, MEDIUM, LOW = "High", "Medium", "Low"
PRIORITIES = (HIGH, MEDIUM, LOW)


@dataclass(frozen=True, slots=True)
class Next:
	"""What an outcome brings about: the task's status and due date, and the kind of task that follows, None for none."""

	status: str
	due: date
	follow_up: str | None = None


def outcomes_of(kind: str) -> tuple[str, ...]:
	"""Return how a task of a kind can come out."""
	return (CARRIED_OUT,) if kind in WITHOUT_TALK else OUTCOMES


def after(kind: str, outcome: str, due: date, today: date, retry_on: date | None = None) -> Next:
	"""Return what an outcome brings about. Whoever was not reached is tried again, tomorrow unless another day is said.

	Raises `ValueError` for an outcome that the kind does not have, and for a retry that is not after today.
	"""
	if outcome not in outcomes_of(kind):
		raise ValueError(f"a task of kind {kind} does not come out as {outcome!r}")
	if outcome == NOT_REACHED:
		again = retry_on or today + timedelta(days=1)
		if again <= today:
			raise ValueError(f"a retry is after {today}, not on {again}")
		return Next(OPEN, again)
	return Next(DONE, due, FIND_ADDRESS if outcome == WRONG_NUMBER else None)


def key_of(*parts: str) -> str:
	"""Return what a task is known by, so that the same notice or step never makes two."""
	return sha256("\x1f".join(parts).encode()).hexdigest()


def why_over(kind: str, items: Iterable[Chosen]) -> tuple[str, ...]:
	"""Return why nothing of a task is left to chase, each reason once; nothing while there is something.

	`items` are what may be chased of its invoices. Without any, and where a person has to decide what became of a message,
	the task is never over by itself.
	"""
	items = tuple(items)
	if kind == DECIDE_UNCLEAR or not items or any(item.principal > 0 for item in items):
		return ()
	reasons = dict.fromkeys(part.reason for item in items for part in item.left_out)
	if INSOLVENT in reasons:
		return (INSOLVENT,)
	# What was paid needs no word when the rest is waited for.
	return tuple(reason for reason in reasons if reason != SETTLED) or (SETTLED,)
