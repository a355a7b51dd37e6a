"""Interest on money that is paid late: simple, by the day, by the rate of each half-year (requirements §3.1).

Amounts are in the claim's currency, rates are totals in per cent p.a. (reference rate and what the law or the contract adds).
A day belongs to a segment from its first day on and no longer on its last: from the due date, inclusive, to the day of
payment, exclusive.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from .dunning_law import lawful_percent
from .money import HUNDRED, INFINITE, ZERO, to_cents

ACTUAL_365, ACTUAL_360, THIRTY_E_360 = "Actual/365", "Actual/360", "30E/360"
DAY_COUNTS = (ACTUAL_365, ACTUAL_360, THIRTY_E_360)
DAYS_OF_YEAR = {ACTUAL_365: 365, ACTUAL_360: 360, THIRTY_E_360: 360}


@dataclass(frozen=True, slots=True)
class Rate:
	"""A rate of interest from a day on, in per cent p.a., where it is from and whether that is confirmed.

	`is_known` is False where nobody has said what the rate of a half-year is, and the last one is carried on.
	"""

	valid_from: date
	percent: Decimal
	is_confirmed: bool = True
	source: str = ""
	is_known: bool = True


@dataclass(frozen=True, slots=True)
class Paid:
	"""Money that came, on its value date; a negative amount went back."""

	day: date
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
	"""Days on which principal and rate stand still: `first` inclusive, `until` exclusive; `amount` is rounded to the cent."""

	first: date
	until: date
	principal: Decimal
	percent: Decimal
	days: int
	amount: Decimal
	is_confirmed: bool = True
	source: str = ""
	is_known: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
	"""Days of which no rate is known at all, and what was owed on them: they carry no interest in a statement, and say so."""

	first: date
	until: date
	principal: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
	"""Interest from `first` (inclusive) to `until` (exclusive), segment by segment.

	`open_principal` is what is still owed at `until`, and `per_day` what each further day of 1/365 (or 1/360) of a year
	adds to the total, not rounded.
	"""

	first: date
	until: date
	principal: Decimal
	day_count: str
	segments: tuple[Segment, ...] = ()
	gaps: tuple[Gap, ...] = ()
	open_principal: Decimal = ZERO
	per_day: Decimal = ZERO

	@property
	def total(self) -> Decimal:
		"""The sum of the rounded segments: it adds up to the cent."""
		return sum((segment.amount for segment in self.segments), ZERO)

	@property
	def is_confirmed(self) -> bool:
		"""Whether every day of it has a rate that somebody has confirmed."""
		return not self.gaps and all(segment.is_confirmed for segment in self.segments)

	@property
	def unknown_from(self) -> date | None:
		"""The first day whose rate nobody knows, None when every one is known."""
		days = [gap.first for gap in self.gaps] + [s.first for s in self.segments if not s.is_known]
		return min(days, default=None)


def days_between(first: date, until: date, day_count: str) -> int:
	"""Return the days that count from `first` to `until`. Raises `ValueError` for a day count that there is not."""
	if day_count in (ACTUAL_365, ACTUAL_360):
		return (until - first).days
	if day_count == THIRTY_E_360:
		return _thirty_day(until) - _thirty_day(first)
	raise ValueError(f"no such day count: {day_count}")


def _thirty_day(day: date) -> int:
	"""Return the number of a day when every month has 30: a 31st is the 30th."""
	return 360 * day.year + 30 * day.month + min(day.day, 30)


def half_yearly(rates: Iterable[Rate]) -> tuple[Rate, ...]:
	"""Return the rates with the last one carried on, as unknown, into each half-year that has none of its own.

	A reference rate holds from 1 January or 1 July for half a year; what follows the newest is carried on once, open-ended.
	"""
	known = sorted(rates, key=lambda rate: rate.valid_from)
	found = []
	for rate, after in pairwise([*known, None]):
		found.append(rate)
		day = _next_half_year(rate.valid_from)
		while after is not None and day < after.valid_from:
			found.append(_carried_on(rate, day))
			day = _next_half_year(day)
		if after is None:
			found.append(_carried_on(rate, day))
	return tuple(found)


def _next_half_year(day: date) -> date:
	return date(day.year, 7, 1) if day.month < 7 else date(day.year + 1, 1, 1)


def _carried_on(rate: Rate, day: date) -> Rate:
	return replace(rate, valid_from=day, is_confirmed=False, is_known=False)


def with_agreed(rates: Iterable[Rate], agreed: Decimal, has_ground: bool, source: str) -> tuple[Rate, ...]:
	"""Return the rates of a claim whose contract says `agreed`, in per cent p.a.

	With the contract or the terms that carry it, it holds throughout, and `source` names them. Without, it holds only where
	it is not above the statutory rate.
	"""
	if has_ground:
		return (Rate(date.min, agreed, True, source),)
	return tuple(replace(rate, percent=lawful_percent(rate.percent, agreed, False)) for rate in rates)


def statement(
	principal: Decimal,
	first: date,
	paid: Iterable[Paid],
	until: date,
	rates: Iterable[Rate],
	day_count: str = ACTUAL_365,
) -> Statement:
	"""Return the interest on `principal` from `first` on, split where the rate changes and where money came.

	What is paid by a day no longer carries interest on it; nothing carries interest on interest. Days before the first rate
	are returned as gaps, never as days without interest. Raises `ValueError` for a day count that there is not.
	"""
	if day_count not in DAY_COUNTS:
		raise ValueError(f"no such day count: {day_count}")
	paid, rates = tuple(paid), sorted(rates, key=lambda rate: rate.valid_from)
	turns = {first, max(first, until)}
	turns.update(day for day in _turning_days(paid, rates) if first < day < until)
	segments, gaps = [], []
	for start, end in pairwise(sorted(turns)):
		owed = _owed(principal, paid, start)
		if not owed:
			continue
		rate = _in_force(rates, start)
		if rate is None:
			gaps.append(Gap(start, end, owed))
			continue
		days = days_between(start, end, day_count)
		amount = to_cents(owed * rate.percent * days / HUNDRED / DAYS_OF_YEAR[day_count])
		segments.append(
			Segment(
				start, end, owed, rate.percent, days, amount, rate.is_confirmed, rate.source, rate.is_known
			)
		)
	owed, rate = _owed(principal, paid, max(first, until)), _in_force(rates, max(first, until))
	per_day = owed * rate.percent / HUNDRED / DAYS_OF_YEAR[day_count] if rate else ZERO
	return Statement(
		first, max(first, until), principal, day_count, tuple(segments), tuple(gaps), owed, per_day
	)


def allotted(
	amounts: Iterable[Decimal], paid: Iterable[Paid], beside: Decimal = ZERO
) -> tuple[tuple[Paid, ...], ...]:
	"""Return what of some money went to each of some amounts: the first is paid before the second, whatever the day.

	`beside` is the last of the money that none of them gets. What exceeds the amounts goes to none either.
	"""
	amounts = tuple(amounts)
	paid = sorted(paid, key=lambda payment: payment.day)
	most = sum((payment.amount for payment in paid), ZERO) - beside if beside > 0 else INFINITE
	parts: list[list[Paid]] = [[] for _amount in amounts]
	before = ZERO
	for payment in paid:
		after = before + payment.amount
		start = ZERO
		for amount, part in zip(amounts, parts, strict=True):
			went = _within(min(after, most) - start, amount) - _within(min(before, most) - start, amount)
			if went:
				part.append(Paid(payment.day, went))
			start += amount
		before = after
	return tuple(map(tuple, parts))


def _within(value: Decimal, most: Decimal) -> Decimal:
	return max(ZERO, min(value, most))


def together(statements: Iterable[Statement]) -> Statement | None:
	"""Return the statements of several instalments as one, in the order of their days; None for none.

	Its segments stand beside each other where the instalments do, so they no longer partition its days.
	"""
	statements = tuple(statements)
	if len(statements) < 2:
		return statements[0] if statements else None
	return Statement(
		first=min(s.first for s in statements),
		until=max(s.until for s in statements),
		principal=sum((s.principal for s in statements), ZERO),
		day_count=statements[0].day_count,
		segments=tuple(
			sorted((segment for s in statements for segment in s.segments), key=lambda g: (g.first, g.until))
		),
		gaps=tuple(sorted((gap for s in statements for gap in s.gaps), key=lambda g: (g.first, g.until))),
		open_principal=sum((s.open_principal for s in statements), ZERO),
		per_day=sum((s.per_day for s in statements), ZERO),
	)


def _turning_days(paid: Iterable[Paid], rates: Iterable[Rate]) -> set[date]:
	return {payment.day for payment in paid} | {rate.valid_from for rate in rates}


def _owed(principal: Decimal, paid: Iterable[Paid], on: date) -> Decimal:
	return max(ZERO, principal - sum((p.amount for p in paid if p.day <= on), ZERO))


def _in_force(rates: list[Rate], on: date) -> Rate | None:
	return next((rate for rate in reversed(rates) if rate.valid_from <= on), None)
