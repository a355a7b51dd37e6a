"""What a customer may say in the portal about paying later, and until when (requirements §2.2, §3).

A promise keeps reminders back by the customer's word alone: it is short, and not taken where one was broken before.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from .promises import BROKEN, OPEN, PARTLY

# Why a promise is not taken; the sentences are in collections/portal_actions.py.
NOT_OFFERED, PROMISED_ALREADY, NOT_KEPT_BEFORE, NOTHING_FREE = (
	"not_offered",
	"promised_already",
	"not_kept_before",
	"nothing_free",
)


def last_day(today: date, days_ahead: int) -> date | None:
	"""Return the last day that may be promised, or on which a plan may begin; None where neither is offered."""
	return today + timedelta(days=days_ahead) if days_ahead > 0 else None


def is_in_time(day: date, today: date, days_ahead: int) -> bool:
	"""Return whether a day may be promised: today at the earliest, `days_ahead` days from now at the latest."""
	last = last_day(today, days_ahead)
	return last is not None and today <= day <= last


def why_no_promise(days_ahead: int, free: Decimal, statuses: Iterable[str]) -> str | None:
	"""Return why nothing can be promised of an invoice, None when it can.

	`free` is what of it is open and neither disputed nor in a plan; `statuses` are those of all promises about it so far.
	"""
	made = set(statuses)
	if days_ahead <= 0:
		return NOT_OFFERED
	if free <= 0:
		return NOTHING_FREE
	if OPEN in made:
		return PROMISED_ALREADY
	if made & {BROKEN, PARTLY}:
		return NOT_KEPT_BEFORE
	return None
