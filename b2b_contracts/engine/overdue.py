"""Which overdue amounts count against a customer (requirements §2.4)."""

from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO


def latest_due_date_that_counts(on: date, hold_days: int) -> date:
	"""Return the newest due date that is *more than* `hold_days` days overdue on a day (15 or more for 14)."""
	return on - timedelta(days=hold_days + 1)


def undisputed_rest(overdue: Decimal, credits: Decimal) -> Decimal:
	"""Return what stays overdue once unallocated payments and credit notes were set against the oldest items.

	`overdue` is the sum of the items past the threshold. They are the oldest items there are, so all the
	customer's unallocated credit (`credits`, positive) goes to them before anything younger gets any.
	"""
	return max(ZERO, overdue - max(ZERO, credits))
