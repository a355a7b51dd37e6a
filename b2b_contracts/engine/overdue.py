"""Which overdue amounts count against a customer (requirements §2.4)."""

from collections.abc import Iterable
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


def chased_instalments(
	instalments: list[tuple[date, Decimal]], open_amount: Decimal, aside: Decimal
) -> list[tuple[date, Decimal]]:
	"""Return what is still chased of some instalments (due date, amount), earliest first, as (due date, amount).

	Payments went to the earliest, so `open_amount` is what is open of the latest of them; and `aside`, what is disputed
	or in a payment plan (requirements §3), is again the earliest of that.
	"""
	left = max(ZERO, open_amount - max(ZERO, aside))
	found = []
	for due, amount in reversed(instalments):
		part = min(left, amount)
		if part > 0:
			found.append((due, part))
		left -= part
	return found[::-1]


def open_instalments(
	instalments: Iterable[tuple[date, Decimal]], open_amount: Decimal
) -> list[tuple[date, Decimal]]:
	"""Return what is open of a claim by instalment (due date, amount), earliest first: together what is open of it.

	What is open beyond all of them, because something was added later, stands with the first that is open. Without instalments
	there is nothing to return.
	"""
	found = chased_instalments([row for row in instalments if row[1] > 0], open_amount, ZERO)
	beyond = open_amount - sum((amount for _due, amount in found), ZERO)
	if found and beyond:
		(due, amount), *later = found
		return [(due, amount + beyond), *later]
	return found


def not_chased(disputed: Decimal, planned: Decimal, awaited: Decimal, promised: Decimal) -> Decimal:
	"""Return what of an invoice nobody is reminded of: disputed, in a plan, and what is on its way or promised.

	A slip and a promise are mostly about the same money, so the larger of the two counts.
	"""
	return disputed + planned + max(awaited, promised)


def original_due_date(due: date, earlier: Iterable[date]) -> date | None:
	"""Return the earliest date that a debt was due before it was billed or booked anew, None when `due` is that date.

	Billing a debt again, editing its due date or moving it by journal does not make it younger (requirements §2.4).
	"""
	oldest = min(earlier, default=due)
	return oldest if oldest < due else None


def bills_again(credited: Decimal, billed: Decimal) -> bool:
	"""Whether an invoice over `billed` stands for a credit over `credited`: each is at least half the other.

	A corrected price or quantity is the same debt still; a small credit beside a large new invoice is not.
	"""
	return credited > 0 and billed > 0 and credited * 2 >= billed and billed * 2 >= credited
