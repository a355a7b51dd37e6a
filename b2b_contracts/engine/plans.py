"""Payment plans: what is due when, who may approve it, and how far the money has come (requirements §2.2, §3)."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from . import mandates
from .money import ZERO, to_cents
from .ratings import notches_down
from .working_hours import LONGEST_CLOSURE

MONTHLY, QUARTERLY = "Monthly", "Quarterly"
MONTHS_BETWEEN = {MONTHLY: 1, QUARTERLY: 3}
DAYS_OF_A_MONTH = 30

PENDING, PARTLY_PAID, PAID, MISSED = "Pending", "Partly Paid", "Paid", "Missed"


# What is wrong with a plan; the sentences are in collections/plan_drafting.py.
NO_INSTALMENT = "no_instalment"
NOT_POSITIVE = "not_positive"
WRONG_SUM = "wrong_sum"
NOT_LATER = "not_later"
TOO_LONG = "too_long"
NEEDS_FORCE_MAJEURE = "needs_force_majeure"
TOO_SMALL_FOR_QUARTERLY = "too_small_for_quarterly"
BEYOND_INSURER = "beyond_insurer"


@dataclass(frozen=True, slots=True)
class Terms:
	"""How far apart the first and the last instalment may be, in days, and from which amount it may be otherwise.

	`quarterly_above` is in the company's currency: a plan over more than that may be paid by the quarter. A customer who
	takes `slow_days` or more on average to pay, or is rated below `lowest_rating`, has to secure a plan; without such a
	rating every customer's will do. Who may approve how long a plan is said by mandates.
	"""

	longest_days: int = 60
	longest_days_with_force_majeure: int = 120
	quarterly_above: Decimal = Decimal(1_000_000)
	grace_working_days: int = 3
	slow_days: Decimal = Decimal(90)
	lowest_rating: str = "B"


STANDARD = Terms()


@dataclass(frozen=True, slots=True)
class Split:
	"""What customers may split by themselves: in how many instalments, and how much of it, in the company's currency (0: however
	much). Fewer than two instalments: nothing is offered."""

	most_instalments: int = 3
	most_amount: Decimal = ZERO


CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Instalment:
	"""An amount, to the cent in the plan's currency, and the day on which it is due."""

	due: date
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Matched:
	"""An instalment, what of it is paid, and its status: Pending, Partly Paid, Paid or Missed."""

	instalment: Instalment
	paid: Decimal
	status: str


@dataclass(frozen=True, slots=True)
class Requirement:
	"""What approving a plan takes: a role, perhaps documented force majeure; or the kind of problem that no role solves."""

	role: str | None
	force_majeure: bool = False
	problem: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong with a plan: its kind, and the instalment (counted from 1), the amount and the day that it is about."""

	kind: str
	number: int | None = None
	amount: Decimal | None = None
	day: date | None = None


# ------------------------------------------------------------------ what is due when
def last_allowed(
	first_date: date, frequency: str, force_majeure: bool, terms: Terms = STANDARD
) -> date | None:
	"""Return the last day on which a plan may end, None for quarterly plans, which have no such day."""
	if frequency == QUARTERLY:
		return None
	days = terms.longest_days_with_force_majeure if force_majeure else terms.longest_days
	return first_date + timedelta(days=days)


def most_instalments(first_date: date, frequency: str, last_day: date | None) -> int | None:
	"""Return how many instalments fit until `last_day`, None without such a day.

	A limit counts months of 30 days: 60 days are three monthly instalments. Where the months are longer the last is pulled
	in to it by those days, and never by more.
	"""
	if last_day is None:
		return None
	return (last_day - first_date).days // (DAYS_OF_A_MONTH * MONTHS_BETWEEN[frequency]) + 1


def instalments(
	total: Decimal, count: int, first_date: date, frequency: str, last_day: date | None
) -> tuple[Instalment, ...]:
	"""Return equal instalments to the cent, what rounding leaves on the last, always counted from the first date.

	An instalment of the 31st falls on the last day of a shorter month. The last is pulled in to `last_day` (None: as it
	comes). Raises `ValueError` for more instalments than fit until then, or when there is less than a cent for each.
	"""
	if count < 1:
		raise ValueError(f"a plan has one instalment at least, not {count}")
	most = most_instalments(first_date, frequency, last_day)
	if most is not None and count > most:
		raise ValueError(f"{count} instalments do not fit until {last_day}; {most} do")
	each = to_cents(total / count)
	amounts = [each] * (count - 1)
	amounts.append(total - sum(amounts, ZERO))
	if min(amounts) <= 0:
		raise ValueError(f"{total} is too little for {count} instalments")
	dates = [_due(first_date, frequency, number) for number in range(count)]
	if last_day is not None:
		dates[-1] = min(dates[-1], last_day)
	return tuple(map(Instalment, dates, amounts))


def split_counts(
	offer: Split, amount: Decimal, in_company_currency: Decimal, fitting: int
) -> tuple[int, ...]:
	"""Return in how many instalments a customer may split what is due by itself, the fewest first; none where that is not offered.

	`amount` is in the plan's currency, `fitting` how many instalments the terms of a plan have room for.
	"""
	if amount <= 0 or (offer.most_amount and in_company_currency > offer.most_amount):
		return ()
	most = min(offer.most_instalments, fitting, int(amount / CENT))
	counts = range(2, most + 1)
	# Rounding must leave something for the last.
	return tuple(count for count in counts if amount - to_cents(amount / count) * (count - 1) > 0)


def _due(first_date: date, frequency: str, number: int) -> date:
	"""Return the date of an instalment, counted from 0: the same day of the month as the first, or the month's last."""
	months = first_date.month - 1 + number * MONTHS_BETWEEN[frequency]
	year, month = first_date.year + months // 12, months % 12 + 1
	return date(year, month, min(first_date.day, monthrange(year, month)[1]))


def days_between(plan: Iterable[Instalment]) -> int:
	"""Return the days from the first to the last instalment, 0 without any."""
	dates = [instalment.due for instalment in plan]
	return (max(dates) - min(dates)).days if dates else 0


# ------------------------------------------------------------------ what it takes
def required_role(
	days: int, frequency: str, total: Decimal, rows: Iterable[mandates.Mandate], terms: Terms = STANDARD
) -> Requirement:
	"""Return what approving a plan takes: `days` from its first to its last instalment, `total` in company currency.

	`rows` are the mandates in force.
	"""
	if frequency == QUARTERLY:
		role = mandates.required_role(rows, mandates.QUARTERLY_PLAN, total)
		return Requirement(role, problem=None if total > terms.quarterly_above else TOO_SMALL_FOR_QUARTERLY)
	if days > terms.longest_days_with_force_majeure:
		return Requirement(None, problem=TOO_LONG)
	role = mandates.required_role(rows, mandates.PAYMENT_PLAN, Decimal(days))
	return Requirement(role, force_majeure=days > terms.longest_days)


def insured_until(due_dates: Iterable[date], maximum_extension_days: int) -> date | None:
	"""Return the last day on which an insurer stands by a plan: its maximum extension period after the oldest due date.

	None where it has no such period (0 days), or insures nothing of the plan.
	"""
	oldest = min(due_dates, default=None)
	if oldest is None or not maximum_extension_days:
		return None
	return oldest + timedelta(days=maximum_extension_days)


def problems_of(
	plan: tuple[Instalment, ...],
	total: Decimal,
	requirement: Requirement,
	force_majeure: bool,
	last_insured: date | None = None,
) -> list[Problem]:
	"""Return everything wrong with the instalments of a plan over `total`, however they came about.

	`requirement` is what `required_role` says of them, `force_majeure` whether it is claimed. After `last_insured` no insurer
	would pay; None where nobody insures it, or the insurer agrees.
	"""
	if not plan:
		return [Problem(NO_INSTALMENT)]
	found = [Problem(NOT_POSITIVE, n, i.amount) for n, i in enumerate(plan, 1) if i.amount <= 0]
	found += [
		Problem(NOT_LATER, n)
		for n, (before, after) in enumerate(pairwise(plan), 2)
		if after.due <= before.due
	]
	amount = sum((instalment.amount for instalment in plan), ZERO)
	if amount != total:
		found.append(Problem(WRONG_SUM, amount=amount))
	if requirement.problem:
		found.append(Problem(requirement.problem))
	elif requirement.force_majeure and not force_majeure:
		found.append(Problem(NEEDS_FORCE_MAJEURE))
	if last_insured and max(instalment.due for instalment in plan) > last_insured:
		found.append(Problem(BEYOND_INSURER, day=last_insured))
	return found


def needs_security(average_days_to_pay: Decimal | None, rating: str, terms: Terms = STANDARD) -> bool:
	"""Return whether a plan takes a guarantee or insurance: not when the customer pays fast and is rated well enough.

	`rating` is a bureau rating; a customer who is not rated, or has paid nothing yet (None), is not known to be good.
	Raises `ValueError` for a rating outside the scale.
	"""
	if average_days_to_pay is None or average_days_to_pay >= terms.slow_days:
		return True
	if not terms.lowest_rating:
		return False
	return not rating or notches_down(terms.lowest_rating, rating) > 0


# ------------------------------------------------------------------ how far the money has come
def open_share(
	planned: Decimal, outstanding_then: Decimal, outstanding_now: Decimal, settled_beside: Decimal = ZERO
) -> Decimal:
	"""Return what is still open of an invoice's share in a plan: money goes to the plan first, then to the rest.

	`outstanding_then` is what the invoice owed when the plan was approved; `settled_beside` is what has since been taken
	off its rest and not off the plan, such as the credit note of a dispute. All in the plan's currency.
	"""
	beside = max(ZERO, outstanding_then - settled_beside - planned)
	return min(max(ZERO, outstanding_now - beside), planned, max(ZERO, outstanding_now))


def last_day_of_grace(due: date, days_off: Collection[date], working_days: int) -> date:
	"""Return the last of so many working days after a due date: until then an instalment is not missed.

	Raises `ValueError` when there are not so many within a year: the holiday list must be wrong.
	"""
	day, left = due, working_days
	while left:
		day += timedelta(days=1)
		if day - due > LONGEST_CLOSURE:
			raise ValueError("no working day within a year; check the holiday list")
		left -= day not in days_off
	return day


def matched(
	plan: Iterable[Instalment], paid: Decimal, today: date, grace_until: Callable[[date], date]
) -> tuple[Matched, ...]:
	"""Set the money paid against the instalments, the earliest first.

	`grace_until` gives the last day of grace, the due date or later; it is asked of unpaid instalments that are past due.
	"""
	left = max(ZERO, paid)
	found = []
	for instalment in sorted(plan, key=lambda i: i.due):
		part = min(left, instalment.amount)
		left -= part
		found.append(Matched(instalment, part, _status(instalment, part, today, grace_until)))
	return tuple(found)


def _status(instalment: Instalment, paid: Decimal, today: date, grace_until: Callable[[date], date]) -> str:
	if paid >= instalment.amount:
		return PAID
	if today > instalment.due and today > grace_until(instalment.due):
		return MISSED
	return PARTLY_PAID if paid else PENDING


def first_is_paid(rows: tuple[Matched, ...]) -> bool:
	return bool(rows) and rows[0].status == PAID


def is_broken(rows: tuple[Matched, ...]) -> bool:
	"""Return whether less was paid than is due by now, grace included."""
	return any(row.status == MISSED for row in rows)


def is_complete(rows: tuple[Matched, ...]) -> bool:
	return bool(rows) and all(row.status == PAID for row in rows)
