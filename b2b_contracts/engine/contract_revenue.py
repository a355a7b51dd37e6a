"""What contracts bring in month by month: what is committed, and what renewals may bring, weighted by their probability
(requirements §6, contracted-revenue forecast).

A period of a contract is worth its annual value by twelfths (a contract without one: its total value, over the first period).
That is spread over the period's own months, from anniversary to anniversary, each by its days; amounts are rounded cumulatively,
so months add up to what the period is worth to the cent, however they are cut.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from . import contract_terms as terms
from .contract_terms import MONTHS_A_YEAR, ONE_DAY, Term
from .money import HUNDRED, ZERO, to_cents


@dataclass(frozen=True, slots=True)
class Contract:
	"""A signed contract: in force from `starts` until `until` (None: open), worth `annual_value` a year or, without one,
	`total_value` for its first period, in one currency.

	`goes_on` says that a renewal may follow what is agreed: neither was notice given nor does another one take its place.
	`renewed_for` is the last day of a period whose renewal is decided already. `probability` is of one renewal, in per cent;
	None: nobody has assessed it.
	"""

	term: Term
	starts: date
	until: date | None = None
	annual_value: Decimal = ZERO
	total_value: Decimal = ZERO
	probability: Decimal | None = None
	goes_on: bool = True
	renewed_for: date | None = None

	@property
	def is_valued(self) -> bool:
		"""Whether it is known what a day of the contract is worth."""
		return bool(self.annual_value) or bool(self.total_value and self.term.duration != terms.NO_END)


@dataclass(frozen=True, slots=True)
class Amounts:
	"""What months bring: `committed` is agreed, `possible` comes if the contract is renewed, `weighted` is that by the probability
	of every renewal until then, and `unassessed` what of it has no probability (it counts as nothing in the weighted amount)."""

	committed: Decimal = ZERO
	possible: Decimal = ZERO
	weighted: Decimal = ZERO
	unassessed: Decimal = ZERO

	def __add__(self, other: "Amounts") -> "Amounts":
		return Amounts(
			self.committed + other.committed,
			self.possible + other.possible,
			self.weighted + other.weighted,
			self.unassessed + other.unassessed,
		)

	def __bool__(self) -> bool:
		return bool(self.committed or self.possible)

	@property
	def expected(self) -> Decimal:
		return self.committed + self.weighted


@dataclass(frozen=True, slots=True)
class Stretch:
	"""Days of one period of a contract in which its revenue is equally certain: after `renewals` renewals that nobody has agreed
	(0: committed). The period starts on `anchor` and is worth `value` in all; `length` is its months (None: open, and `value` is of
	a year)."""

	anchor: date
	length: Fraction | None
	value: Decimal
	first: date
	last: date
	renewals: int


# ------------------------------------------------------------------ time
def months_from(anchor: date, day: date) -> Fraction:
	"""Return how many months lie between the starts of two days: whole ones from anniversary to anniversary, and of the last one
	its days."""
	return Fraction(*_ratio(anchor, day))


def _ratio(anchor: date, day: date) -> tuple[int, int]:
	"""Return the same as numerator and denominator, as they come."""
	whole = terms.months_between(anchor, day) - (day.day < anchor.day)
	start, end = terms.anniversary(anchor, whole), terms.anniversary(anchor, whole + 1)
	while end <= day:
		whole, start, end = whole + 1, end, terms.anniversary(anchor, whole + 2)
	while start > day:
		whole, start, end = whole - 1, terms.anniversary(anchor, whole - 1), start
	length = (end - start).days
	return whole * length + (day - start).days, length


def month_starts(first: date, count: int) -> tuple[date, ...]:
	"""Return the firsts of so many calendar months from the one of a day on."""
	return tuple(terms.anniversary(first.replace(day=1), number) for number in range(count))


# ------------------------------------------------------------------ what is certain
def committed_until(contract: Contract, today: date) -> date | None:
	"""Return the last day that is agreed as of a day, None for open.

	What notice that is given today ends is the least: once its deadline has passed, a contract that renews itself is bound for
	another period. A renewal that is decided binds for its period, too.
	"""
	if not contract.goes_on:
		return contract.until
	term = contract.term
	certain = terms.notice_given(term, max(today, term.start)).effective
	if not term.renews and term.duration != terms.NO_END:
		certain = terms.period(term, 1).end
	if contract.renewed_for is not None and term.renews:
		certain = max(certain, terms.period_on(term, contract.renewed_for + ONE_DAY).end)
	return certain if contract.until is None else min(certain, contract.until)


# ------------------------------------------------------------------ stretches
def stretches(contract: Contract, today: date, until: date) -> Iterator[Stretch]:
	"""Return the days of a contract up to one, cut where a period ends and where it is no longer certain."""
	if not contract.is_valued:
		return
	certain = committed_until(contract, today)
	end = until
	if contract.until is not None and not _outlasts(contract):
		end = min(end, contract.until)
	renewals = 0
	for start, stop, value in _periods(contract, end):
		first, last = max(start, contract.starts), end if stop is None else min(stop, end)
		length = None if stop is None else months_from(start, stop + ONE_DAY)
		if first > last:
			continue
		if certain is None or last <= certain:
			yield Stretch(start, length, value, first, last, 0)
			continue
		if first <= certain:
			yield Stretch(start, length, value, first, certain, 0)
		renewals += 1
		yield Stretch(start, length, value, max(first, certain + ONE_DAY), last, renewals)


def _outlasts(contract: Contract) -> bool:
	"""Whether a contract may go on after the day until which it is in force: a fixed one that runs out and may be renewed."""
	if not contract.goes_on or contract.term.duration != terms.FIXED:
		return False
	return contract.until >= terms.period(contract.term, 1).end


def _periods(contract: Contract, until: date) -> Iterator[tuple[date, date | None, Decimal]]:
	"""Return first day, last day and worth of the periods of a contract, also of those that a fixed one would be renewed for."""
	term = contract.term
	first = terms.period(term, 1)
	if first.end is None:
		yield first.start, None, contract.annual_value
		return
	months = months_from(first.start, first.end + ONE_DAY)
	start, end, number = first.start, first.end, 1
	while start <= until:
		yield start, end, _worth(contract, months, months_from(start, end + ONE_DAY))
		if not term.renews and not contract.goes_on:
			return
		number += 1
		if term.renews:
			following = terms.period(term, number)
			start, end = following.start, following.end
		else:
			# Anniversaries are counted from the first day after the agreed end: they do not drift.
			length = term.renewal_months or term.initial_months or max(1, round(months))
			anchor = first.end + ONE_DAY
			start = terms.anniversary(anchor, (number - 2) * length)
			end = terms.anniversary(anchor, (number - 1) * length) - ONE_DAY


def _worth(contract: Contract, first: Fraction, months: Fraction) -> Decimal:
	"""Return what a period of so many months is worth, the first one having `first`."""
	if contract.annual_value:
		return _part(contract.annual_value, months / MONTHS_A_YEAR)
	return _part(contract.total_value, months / first)


def term_value(contract: Contract) -> Decimal | None:
	"""Return what the first period of a contract is worth, None without an end or without a value."""
	first = terms.period(contract.term, 1)
	if first.end is None or not contract.is_valued:
		return None
	months = months_from(first.start, first.end + ONE_DAY)
	return _worth(contract, months, months)


# ------------------------------------------------------------------ amounts
def between(contract: Contract, first: date, last: date, today: date, rate: Decimal = Decimal(1)) -> Amounts:
	"""Return what a contract brings from one day to another (both in it), in the currency that `rate` leads to."""
	return spread(contract, (first, last + ONE_DAY), today, rate)[0]


def by_month(
	contract: Contract, first: date, count: int, today: date, rate: Decimal = Decimal(1)
) -> tuple[Amounts, ...]:
	"""Return what a contract brings in each of so many calendar months, from the one of a day on."""
	return spread(contract, month_starts(first, count + 1), today, rate)


def spread(
	contract: Contract, bounds: Sequence[date], today: date, rate: Decimal = Decimal(1)
) -> tuple[Amounts, ...]:
	"""Return what a contract brings between each two days of `bounds`, the latter of the two not in it."""
	found = [[ZERO, ZERO, ZERO, ZERO] for _bound in bounds[1:]]
	for stretch in stretches(contract, today, bounds[-1] - ONE_DAY):
		following = stretch.last + ONE_DAY
		if following <= bounds[0]:
			continue
		chance = None
		if stretch.renewals and contract.probability is not None:
			chance = (contract.probability / HUNDRED) ** stretch.renewals
		curve = _Curve(stretch, rate, chance)
		place = max(0, bisect_right(bounds, stretch.first) - 1)
		day = max(stretch.first, bounds[0])
		before = curve.until(day)
		while day < following:
			day = min(following, bounds[place + 1])
			sums = curve.until(day)
			value, sum_of = sums[0] - before[0], found[place]
			if not stretch.renewals:
				sum_of[0] += value
			else:
				sum_of[1] += value
				sum_of[2] += sums[1] - before[1]
				if chance is None:
					sum_of[3] += value
			before = sums
			place += 1
	return tuple(Amounts(*sums) for sums in found)


class _Curve:
	"""What a period has brought by the start of a day, rounded, and that weighted by a chance (None: as nothing)."""

	def __init__(self, stretch: Stretch, rate: Decimal, chance: Decimal | None):
		length = stretch.length or Fraction(MONTHS_A_YEAR)
		self.anchor = stretch.anchor
		self.value = to_cents(stretch.value * rate)
		self.weighted = None if chance is None else self.value * chance
		self.numerator, self.denominator = length.denominator, length.numerator

	def until(self, day: date) -> tuple[Decimal, Decimal]:
		months, of = _ratio(self.anchor, day)
		months, of = months * self.numerator, of * self.denominator
		value = to_cents(self.value * months / of)
		return value, ZERO if self.weighted is None else to_cents(self.weighted * months / of)


def _part(amount: Decimal, part: Fraction) -> Decimal:
	return to_cents(amount * part.numerator / part.denominator)
