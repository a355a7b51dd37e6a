"""How long a release lasts and what it keeps covering (requirements §2.4)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO
from .ratings import INSOLVENT, notches_down

AMOUNT_ROSE = "amount"
TERMS_GREW = "terms"
RATING_FELL = "rating"
EXPIRED = "expired"
DEPARTED = "contract"


@dataclass(frozen=True, slots=True)
class Terms:
	"""What was approved, or what is asked now: the order's gross amount, latest due date and customer's rating."""

	amount: Decimal
	latest_due_date: date | None
	rating: str


def valid_until(released_on: date, last_promised: date | None, grace_days: int, max_days: int) -> date:
	"""Return the last day of a release: the last promised delivery plus grace, at most `max_days` after release.

	A delivery promised for the past does not make a release that is over before it begins: the grace runs from
	the release then.
	"""
	promised = max(released_on, last_promised or released_on)
	return min(promised + timedelta(days=grace_days), released_on + timedelta(days=max_days))


def why_not_covered(approved: Terms, now: Terms, last_day: date | None, today: date) -> str | None:
	"""Return why a release no longer covers an order, or `None` while it does.

	A smaller order, shorter terms or a better rating keep it.
	"""
	if last_day is not None and today > last_day:
		return EXPIRED
	if now.amount > approved.amount:
		return AMOUNT_ROSE
	if now.latest_due_date and approved.latest_due_date and now.latest_due_date > approved.latest_due_date:
		return TERMS_GREW
	if notches_down(approved.rating, now.rating) > 0 or (now.rating == INSOLVENT != approved.rating):
		return RATING_FELL
	return None


def approved_excess(net_exposure: Decimal, ceiling: Decimal, covered: Decimal) -> Decimal:
	"""Return the money that a release approves beyond the limit, less what is covered: by security lodged for it, and
	by what earlier releases approved already.
	"""
	return max(ZERO, net_exposure - ceiling - covered)
