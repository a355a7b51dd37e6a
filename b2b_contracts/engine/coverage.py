"""What security covers as time goes on, and the gap where it ends (requirements §2.3, §2.6).

Today's figures are those of the gate. Later ones rest on when each item is assumed to be paid; the caller says so by its
`paid_on`. Amounts of a customer are in its company's currency, those of a group in the group's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from .exposure import utilisation
from .limits import Limit
from .money import ZERO
from .security import Instrument, secured, share_of_member, shares, why_not_counted

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Item:
	"""Something that is open today: owed, delivered or promised.

	`paid_on` is the day on which its money is assumed to come, None when it stays open. `owed_from` is the day from which
	it is owed and no longer promised, None when that is so already. `document` is named where a security may name it.
	"""

	amount: Decimal
	due: date | None = None
	paid_on: date | None = None
	owed_from: date | None = None
	document: str = ""

	def is_open(self, on: date) -> bool:
		return self.paid_on is None or self.paid_on >= on

	def is_owed(self, on: date) -> bool:
		return self.is_open(on) and (self.owed_from is None or self.owed_from <= on)


@dataclass(frozen=True, slots=True)
class Limits:
	"""A limit, and the one that takes its place after `until`, where it is temporary."""

	now: Limit
	until: date | None = None
	later: Limit | None = None

	def on(self, day: date) -> Limit:
		return self.later if self.later and self.until and day > self.until else self.now


@dataclass(frozen=True)
class Holder:
	"""A customer in a company: what is open, and the securities in force that it alone has given, counted or not.

	`credits` are unallocated payments and credit notes, set against the oldest items first. `parts` is what belongs to
	documents that the securities name. With `rolls` the business goes on: as much is open on every day as today, due as
	long after it.
	"""

	name: str
	today: date
	items: tuple[Item, ...] = ()
	credits: Decimal = ZERO
	instruments: tuple[Instrument, ...] = ()
	parts: tuple[Item, ...] = ()
	rolls: bool = False

	@cached_property
	def _left(self) -> tuple[tuple[Item, ...], Decimal]:
		"""The items after the credits, and what is left of the credits."""
		credit, left = self.credits, []
		for item in sorted(self.items, key=lambda i: i.due or date.min):
			taken = min(credit, item.amount)
			credit -= taken
			left.append(Item(item.amount - taken, item.due, item.paid_on, item.owed_from) if taken else item)
		return tuple(left), credit

	def exposure(self, on: date) -> Decimal:
		items, credit = self._left
		return sum((item.amount for item in items if item.is_open(on)), ZERO) - credit

	def latest_due(self, on: date) -> date:
		"""Return the last due date of what is owed on a day, the day itself where nothing is."""
		if self.rolls:
			return on + max(timedelta(), self._latest(self.today) - self.today)
		return self._latest(on)

	def _latest(self, on: date) -> date:
		return max((item.due for item in self.items if item.due and item.is_owed(on)), default=on)

	def counting(self, on: date) -> tuple[Instrument, ...]:
		"""Return which of its own securities count on a day."""
		latest = self.latest_due(on)
		return tuple(
			instrument
			for instrument in self.instruments
			if why_not_counted(
				instrument, on, self._latest_of(instrument, on) if instrument.covers else latest
			)
			is None
		)

	def _latest_of(self, instrument: Instrument, on: date) -> date:
		named = (part for part in self.parts if part.document in instrument.covers and part.is_open(on))
		return max((part.due for part in named if part.due), default=on)

	def shares(self, on: date, all_the_same: frozenset[str] = frozenset()) -> dict[str, Decimal]:
		"""Return what each of its own securities covers on a day; some count whatever stands against it."""
		covering = _with(self.counting(on), self.instruments, all_the_same)
		return shares(covering, self.exposure(on), self._parts(on)) if covering else {}

	def _parts(self, on: date) -> dict[str, Decimal]:
		return {part.document: part.amount for part in self.parts if part.is_open(on)}

	def net(self, on: date, all_the_same: frozenset[str] = frozenset()) -> Decimal:
		"""Return the exposure net of what its own securities cover."""
		return self.exposure(on) - sum(self.shares(on, all_the_same).values(), ZERO)

	def days(self) -> set[date]:
		"""Return the days on which something about it changes."""
		found = {item.owed_from for item in self.items if item.owed_from}
		found |= {item.paid_on + ONE_DAY for item in (*self.items, *self.parts) if item.paid_on}
		return found | _ends(self.instruments, self.latest_due(self.today) - self.today)


@dataclass(frozen=True)
class Sisters:
	"""The customers of a credit group in one company, and the securities in force that cover them together (in the group's
	currency, as `rate` makes it of the company's). A customer without a group is alone among them."""

	holders: tuple[Holder, ...]
	instruments: tuple[Instrument, ...] = ()
	rate: Decimal = Decimal(1)

	def counting(self, on: date) -> tuple[Instrument, ...]:
		latest = max((holder.latest_due(on) for holder in self.holders), default=on)
		return tuple(i for i in self.instruments if why_not_counted(i, on, latest) is None)

	def covering(self, on: date, all_the_same: frozenset[str]) -> tuple[Instrument, ...]:
		return _with(self.counting(on), self.instruments, all_the_same)

	def to_cover(self, on: date, all_the_same: frozenset[str] = frozenset(), but: str = "") -> Decimal:
		"""Return what is left for them to cover, in the group's currency; without the holder `but`."""
		nets = (h.net(on, all_the_same) for h in self.holders if h.name != but)
		return sum((max(ZERO, net) * self.rate for net in nets), ZERO)

	def shares(self, on: date) -> dict[str, Decimal]:
		"""Return what each security of the group covers on a day, in the group's currency."""
		covering = self.counting(on)
		return shares(covering, self.to_cover(on)) if covering else {}

	def days(self) -> set[date]:
		latest = max((h.latest_due(h.today) - h.today for h in self.holders), default=timedelta())
		return _ends(self.instruments, latest).union(*(holder.days() for holder in self.holders))


def _with(
	counting: tuple[Instrument, ...], held: tuple[Instrument, ...], all_the_same: frozenset[str]
) -> tuple[Instrument, ...]:
	names = {instrument.name for instrument in counting} | all_the_same
	return tuple(instrument for instrument in held if instrument.name in names)


def _ends(instruments: Iterable[Instrument], span: timedelta) -> set[date]:
	"""The days from which securities count no more: past their end, and where the business goes on, too near it."""
	found: set[date] = set()
	for instrument in instruments:
		if instrument.valid_from:
			found.add(instrument.valid_from)
		if instrument.expiry:
			claim = timedelta(days=instrument.claim_period_days)
			found |= {instrument.expiry + ONE_DAY, instrument.expiry + ONE_DAY - claim}
			found.add(instrument.expiry + ONE_DAY - claim - max(timedelta(), span))
	return found


@dataclass(frozen=True, slots=True)
class Standing:
	"""What is open on a day, what of it is covered, and the limit that the rest is measured by."""

	day: date
	exposure: Decimal
	secured: Decimal
	limit: Limit

	@property
	def net(self) -> Decimal:
		return self.exposure - self.secured

	@property
	def gap(self) -> Decimal:
		"""What is neither covered nor within the limit."""
		return ZERO if self.limit.is_unlimited else max(ZERO, self.net - self.limit.ceiling)

	@property
	def utilisation(self) -> Decimal | None:
		return utilisation(self.net, self.limit)


class Covered(Protocol):
	"""A customer, or a credit group: what it is asked about a day."""

	def standing(self, on: date, all_the_same: frozenset[str] = frozenset()) -> Standing: ...

	def counting(self, on: date) -> tuple[Instrument, ...]: ...

	def days(self) -> set[date]: ...


@dataclass(frozen=True)
class Customer:
	"""A customer with its limit, among its sisters."""

	holder: Holder
	limits: Limits
	sisters: Sisters

	def standing(self, on: date, all_the_same: frozenset[str] = frozenset()) -> Standing:
		own = self.holder.shares(on, all_the_same)
		exposure = self.holder.exposure(on)
		covered = sum(own.values(), ZERO)
		together, rate = self.sisters.covering(on, all_the_same), self.sisters.rate
		if together:
			others = self.sisters.to_cover(on, all_the_same, but=self.holder.name)
			covered += share_of_member(together, (exposure - covered) * rate, others) / rate
		return Standing(on, exposure, covered, self.limits.on(on))

	def counting(self, on: date) -> tuple[Instrument, ...]:
		return self.holder.counting(on) + self.sisters.counting(on)

	def days(self) -> set[date]:
		return self.sisters.days()


@dataclass(frozen=True)
class Group:
	"""A credit group over all its companies, with its own limit in its own currency."""

	companies: tuple[Sisters, ...]
	limits: Limits

	def standing(self, on: date, all_the_same: frozenset[str] = frozenset()) -> Standing:
		exposure = covered = ZERO
		for sisters in self.companies:
			for holder in sisters.holders:
				exposure += holder.exposure(on) * sisters.rate
				covered += sum(holder.shares(on, all_the_same).values(), ZERO) * sisters.rate
			covered += secured(sisters.covering(on, all_the_same), sisters.to_cover(on, all_the_same))
		return Standing(on, exposure, covered, self.limits.on(on))

	def counting(self, on: date) -> tuple[Instrument, ...]:
		return tuple(
			instrument
			for sisters in self.companies
			for of in (*sisters.holders, sisters)
			for instrument in of.counting(on)
		)

	def days(self) -> set[date]:
		return set().union(*(sisters.days() for sisters in self.companies))


@dataclass(frozen=True, slots=True)
class Fall:
	"""A day from which securities count no more that counted on the day before.

	`lost` are their names; `expired` those of them that are past their end, while the others end too early for what is
	owed by then. `uncovered` is what they would cover on that day.
	"""

	lost: tuple[str, ...]
	expired: tuple[str, ...]
	standing: Standing
	uncovered: Decimal


def falls(of: Covered, today: date, until: date) -> tuple[Fall, ...]:
	"""Return the days after today, until a day, on which cover falls, the earliest first."""
	found = []
	before = {instrument.name: instrument for instrument in of.counting(today)}
	for day in sorted(day for day in of.days() if today < day <= until):
		now = {instrument.name: instrument for instrument in of.counting(day)}
		lost = {name: instrument for name, instrument in before.items() if name not in now}
		if lost:
			standing = of.standing(day)
			covered = of.standing(day, frozenset(lost)).secured
			past = tuple(sorted(name for name, i in lost.items() if i.expiry and i.expiry < day))
			found.append(Fall(tuple(sorted(lost)), past, standing, covered - standing.secured))
		before = now
	return tuple(found)


def worst(standings: Iterable[Standing]) -> Standing | None:
	"""Return where the gap is widest, the earliest such day; None where there is no gap."""
	gaps = [standing for standing in standings if standing.gap > 0]
	return max(gaps, key=lambda standing: (standing.gap, -standing.day.toordinal()), default=None)


def over_time(of: Iterable[Covered], days: Iterable[date]) -> list[Mapping[str, Decimal]]:
	"""Return what is open and what is covered of it together on each day: {exposure, secured}."""
	of = list(of)
	found = []
	for day in days:
		standings = [one.standing(day) for one in of]
		found.append(
			{
				"exposure": sum((standing.exposure for standing in standings), ZERO),
				"secured": sum((standing.secured for standing in standings), ZERO),
			}
		)
	return found
