"""How old what customers owe is: buckets, shares of several, credits against the oldest, the alarm (requirements §5).

Amounts are in the company's currency, those called `_in_account` in the currency of the receivable account. Positive is owed to
us; what is negative (money and credit notes that nobody has allocated) is a credit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .money import HUNDRED, ZERO, to_cents
from .overdue import open_instalments

DUE_DATE, POSTING_DATE = "Due Date", "Posting Date"
BASES = (DUE_DATE, POSTING_DATE)
# What becomes of credits: a column of their own, or set against the oldest debts of the same account.
APART, AGAINST_OLDEST = "Own Column", "Against the Oldest"
CREDITS = (APART, AGAINST_OLDEST)
NOT_DUE = 0
MOST_BOUNDS = 8

Instalment = tuple[date, Decimal]
"""When a part of a document is due, and over how much it was made out, in the company's currency."""


class BoundsError(ValueError):
	"""Bounds of buckets that are not whole numbers of days, each higher than the one before."""


@dataclass(frozen=True, slots=True)
class Bounds:
	"""The last days of the buckets: (30, 60, 90) are 1–30, 31–60, 61–90 and more than 90 days, after what is not due.

	By posting date nothing is not due, and the first bucket begins with 0 days.
	"""

	days: tuple[int, ...] = (30, 60, 90)
	basis: str = DUE_DATE

	def __post_init__(self):
		if not 1 <= len(self.days) <= MOST_BOUNDS or self.days[0] < 1:
			raise BoundsError(self.days)
		if any(second <= first for first, second in zip(self.days, self.days[1:], strict=False)):
			raise BoundsError(self.days)

	@classmethod
	def of(cls, text: str, basis: str = DUE_DATE) -> "Bounds":
		"""Return the bounds that a text such as "30, 60, 90" names. Raises `BoundsError` for any other text."""
		parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
		if not all(part.isdecimal() for part in parts):
			raise BoundsError(text)
		return cls(tuple(int(part) for part in parts), basis)

	@property
	def spans(self) -> tuple[tuple[int, int | None], ...]:
		"""The first and last day of each bucket after what is not due; the last one has no last day."""
		firsts = (1 if self.basis == DUE_DATE else 0, *(day + 1 for day in self.days))
		return tuple(zip(firsts, (*self.days, None), strict=True))

	def __len__(self) -> int:
		"""The number of buckets, with what is not due."""
		return len(self.days) + 2

	def bucket(self, age: int) -> int:
		"""Return which bucket an age in days belongs to: NOT_DUE, or from 1 the place in `spans`."""
		if age <= 0 and self.basis == DUE_DATE:
			return NOT_DUE
		for place, last in enumerate(self.days, 1):
			if age <= last:
				return place
		return len(self.days) + 1


# ------------------------------------------------------------------ what is open
@dataclass(slots=True)
class Row:
	"""What is open of one document on one receivable account of a customer, as of a day.

	`due` is when it counts as due: the original date where it was re-aged. `schedule` are the instalments of a document that has
	several, oldest first. `disputed`, `planned` and `promised` are what of it is set aside as of that day, `secured` what a
	security covers of it. `unexplained` is no document but what the general ledger has more than the documents together.
	"""

	company: str
	customer: str
	account: str
	doctype: str
	voucher: str
	posted: date
	due: date
	open: Decimal
	currency: str
	open_in_account: Decimal
	schedule: tuple[Instalment, ...] = ()
	team: tuple[tuple[str, Decimal], ...] = ()
	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	promised: Decimal = ZERO
	secured: Decimal = ZERO

	@property
	def is_unexplained(self) -> bool:
		return not self.voucher

	@property
	def is_credit(self) -> bool:
		return self.open < 0 or (not self.open and self.open_in_account < 0)


@dataclass(slots=True)
class Part:
	"""A piece of a row that is due on one day, with what of it is set aside. Credits, too, are a part."""

	row: Row
	day: date
	open: Decimal
	open_in_account: Decimal
	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	promised: Decimal = ZERO
	secured: Decimal = ZERO

	@property
	def undisputed(self) -> Decimal:
		"""What of a debt is not disputed; of a credit nothing."""
		return max(ZERO, self.open - self.disputed)


def parts_of(row: Row, basis: str = DUE_DATE) -> list[Part]:
	"""Return the pieces of a row by the day that its age counts from, the oldest first.

	Money went to the earliest instalments, so what is open is of the latest; what is set aside is again the earliest of that
	(requirements §3). What is open beyond the whole schedule is as old as its first instalment.
	"""
	if basis == POSTING_DATE or row.open <= 0 or len(row.schedule) < 2:
		day = row.posted if basis == POSTING_DATE else row.due
		asides = (row.disputed, row.planned, row.promised, row.secured)
		return [Part(row, day, row.open, row.open_in_account, *asides)]
	found = open_instalments(row.schedule, row.open) or [(row.due, row.open)]
	pieces = [(min(due, row.due), amount) for due, amount in found]
	shares = split_by_share(row.open_in_account, [amount for _due, amount in pieces])
	parts = [Part(row, due, amount, mine) for (due, amount), mine in zip(pieces, shares, strict=True)]
	for name in ("disputed", "planned", "promised", "secured"):
		_spread(parts, name, getattr(row, name))
	return parts


def _spread(parts: Sequence[Part], name: str, amount: Decimal) -> None:
	"""Set what is aside of a row against its parts, the oldest first."""
	for part in parts:
		if amount <= 0:
			return
		mine = min(amount, part.open)
		setattr(part, name, mine)
		amount -= mine


def split_by_share(amount: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
	"""Return an amount split by shares (of any total), in cents: the parts add up to it exactly.

	With nothing to split by, it is all the first one's.
	"""
	total = sum(shares, ZERO)
	if total <= 0:
		return [amount, *(ZERO for _share in shares[1:])]
	parts, so_far, given = [], ZERO, ZERO
	for share in shares[:-1]:
		so_far += share
		until = to_cents(amount * so_far / total)
		parts.append(until - given)
		given = until
	return [*parts, amount - given]


def shares_of_team(
	amount: Decimal, team: Sequence[tuple[str, Decimal]], nobody: str = ""
) -> list[tuple[str, Decimal]]:
	"""Return whose an amount is, by the percentages of a sales team; what they leave is `nobody`'s. More than 100 % count in
	proportion."""
	percents = [(person, max(ZERO, percent)) for person, percent in team]
	rest = HUNDRED - sum((percent for _person, percent in percents), ZERO)
	if rest > 0:
		percents.append((nobody, rest))
	parts = split_by_share(amount, [percent for _person, percent in percents])
	return [(person, part) for (person, percent), part in zip(percents, parts, strict=True) if percent]


# ------------------------------------------------------------------ credits
def set_against_oldest(parts: Iterable[Part]) -> None:
	"""Set the credits among some parts against the oldest debts of the same customer, company and currency.

	Both lose what is set against each other, so the totals stay. The amounts in the two currencies are set off each for itself:
	what is left of an exchange difference is seen. What is set aside of a debt is never more than is left of it.
	"""
	accounts: dict[tuple[str, str, str], list[Part]] = defaultdict(list)
	for part in parts:
		if not part.row.is_unexplained:
			accounts[part.row.company, part.row.customer, part.row.currency].append(part)
	for of_account in accounts.values():
		of_account.sort(key=lambda part: (part.day, part.row.posted, part.row.voucher))
		for name in ("open", "open_in_account"):
			_set_off(of_account, name)
		for part in of_account:
			left = max(ZERO, part.open)
			for name in ("disputed", "planned", "promised", "secured"):
				setattr(part, name, min(getattr(part, name), left))


def _set_off(parts: Sequence[Part], name: str) -> None:
	debts = iter([part for part in parts if getattr(part, name) > 0])
	debt = next(debts, None)
	for credit in parts:
		while getattr(credit, name) < 0 and debt is not None:
			amount = min(-getattr(credit, name), getattr(debt, name))
			setattr(credit, name, getattr(credit, name) + amount)
			setattr(debt, name, getattr(debt, name) - amount)
			if not getattr(debt, name):
				debt = next(debts, None)


# ------------------------------------------------------------------ sums
# What `Sums` has beside its buckets.
SUMMED = (
	*("credits", "credits_in_account", "unexplained", "unexplained_in_account"),
	*("disputed", "planned", "promised", "secured", "undisputed", "undisputed_old"),
)


@dataclass(slots=True)
class Sums:
	"""What some parts come to, by bucket (debts), and beside them credits and what the documents do not explain.

	`total` is all of it, and what the general ledger has. `undisputed_old` is what of `undisputed` is older than the days of the
	alarm.
	"""

	bounds: Bounds
	alarm_days: int = 60
	buckets: list[Decimal] = field(default_factory=list)
	buckets_in_account: list[Decimal] = field(default_factory=list)
	credits: Decimal = ZERO
	credits_in_account: Decimal = ZERO
	unexplained: Decimal = ZERO
	unexplained_in_account: Decimal = ZERO
	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	promised: Decimal = ZERO
	secured: Decimal = ZERO
	undisputed: Decimal = ZERO
	undisputed_old: Decimal = ZERO

	def __post_init__(self):
		nothing = [ZERO] * len(self.bounds)
		self.buckets = self.buckets or nothing
		self.buckets_in_account = self.buckets_in_account or nothing.copy()

	def add(self, part: Part, as_of: date) -> None:
		"""Add a part, as old as it is on a day."""
		row, amount, in_account = part.row, part.open, part.open_in_account
		if not row.voucher:
			self.unexplained += amount
			self.unexplained_in_account += in_account
			return
		if amount < 0 or (not amount and in_account < 0):
			self.credits += amount
			self.credits_in_account += in_account
			return
		age = (as_of - part.day).days
		place = self.bounds.bucket(age)
		self.buckets[place] += amount
		self.buckets_in_account[place] += in_account
		if row.disputed or row.planned or row.promised or row.secured:
			self.disputed += part.disputed
			self.planned += part.planned
			self.promised += part.promised
			self.secured += part.secured
			amount = part.undisputed
		self.undisputed += amount
		if age > self.alarm_days:
			self.undisputed_old += amount

	def include(self, other: "Sums") -> None:
		"""Add what other parts come to, in the same buckets."""
		for mine, its in ((self.buckets, other.buckets), (self.buckets_in_account, other.buckets_in_account)):
			for place, amount in enumerate(its):
				if amount:
					mine[place] += amount
		for name in SUMMED:
			if amount := getattr(other, name):
				setattr(self, name, getattr(self, name) + amount)

	@property
	def debts(self) -> Decimal:
		return sum(self.buckets, ZERO)

	@property
	def overdue(self) -> Decimal:
		return sum(self.buckets[1:], ZERO)

	@property
	def total(self) -> Decimal:
		return self.debts + self.credits + self.unexplained

	@property
	def total_in_account(self) -> Decimal:
		return sum(self.buckets_in_account, ZERO) + self.credits_in_account + self.unexplained_in_account

	@property
	def share_old(self) -> Decimal | None:
		"""What per cent of the undisputed debts is older than the days of the alarm, None where there are none."""
		return percent_old(self.undisputed_old, self.undisputed)


def percent_old(old: Decimal, total: Decimal) -> Decimal | None:
	"""Return how many per cent of a total are old, None of nothing."""
	return old * HUNDRED / total if total > 0 else None


def share_over(parts: Iterable[Part], as_of: date, days: int = 60) -> Decimal | None:
	"""Return how many per cent of the undisputed debts are more than so many days old on a day, None without any."""
	old = total = ZERO
	for part in parts:
		if part.open > 0 and not part.row.is_unexplained:
			total += part.undisputed
			if (as_of - part.day).days > days:
				old += part.undisputed
	return percent_old(old, total)


def all_parts(rows: Iterable[Row], basis: str = DUE_DATE) -> Iterator[Part]:
	"""Return the pieces of rows, one after the other."""
	for row in rows:
		yield from parts_of(row, basis)
