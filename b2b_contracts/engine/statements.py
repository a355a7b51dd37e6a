"""What a customer owes, as a statement says it: item by item as of a day, or every movement between two (requirements §3).

Amounts are in the currency of the receivable account; a credit is negative. Whatever is shown adds up to the ledger, to the
cent: nothing is dropped on the way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .ageing import Bounds
from .money import ZERO
from .overdue import open_instalments

OPEN_ITEMS, MOVEMENTS = "Open Items", "Movements"

# What an item is: a claim by invoice or entry, or a credit of the customer that is not used up.
INVOICE, ENTRY, PAYMENT, CREDIT_NOTE, CREDIT = "Invoice", "Entry", "Payment", "Credit Note", "Credit"
UNEXPLAINED = "Not by Document"

NOT_DUE, UP_TO_30, UP_TO_60, UP_TO_90, OVER_90, CREDITS = (
	"Not Due",
	"1–30",
	"31–60",
	"61–90",
	"Over 90",
	"Credits",
)
BUCKETS = (NOT_DUE, UP_TO_30, UP_TO_60, UP_TO_90, OVER_90, CREDITS)
BOUNDS = Bounds((30, 60, 90))


@dataclass(frozen=True, slots=True)
class Aside:
	"""What of a claim is not asked for just now, and until when it was promised."""

	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	awaited: Decimal = ZERO
	promised: Decimal = ZERO
	promised_until: date | None = None


NOTHING_ASIDE = Aside()


@dataclass(frozen=True, slots=True)
class Voucher:
	"""A document that is not settled: what is open of it (negative: a credit), when, and by which instalments it is due."""

	kind: str
	doctype: str
	name: str
	posted: date
	due: date
	open: Decimal
	schedule: tuple[tuple[date, Decimal], ...] = ()
	aside: Aside = NOTHING_ASIDE


@dataclass(frozen=True, slots=True)
class Item:
	"""A line of a statement: an instalment of a claim that is still open, or a credit (its amount is negative)."""

	kind: str
	doctype: str
	name: str
	posted: date
	due: date
	amount: Decimal
	days_past_due: int
	aside: Aside = NOTHING_ASIDE


@dataclass(frozen=True, slots=True)
class Entry:
	"""What a document moved on an account on a day: what was added to the debt, and what was taken off it."""

	day: date
	doctype: str
	name: str
	debit: Decimal
	credit: Decimal


@dataclass(frozen=True, slots=True)
class Line:
	"""An entry, and the balance after it."""

	entry: Entry
	balance: Decimal


# ------------------------------------------------------------------ open items
def instalments(voucher: Voucher) -> list[tuple[date, Decimal]]:
	"""Return what is still open of a claim by due date, the earliest first: payments went to the earliest.

	What is open beyond its schedule, because something was added later, stands with the first of them.
	"""
	return open_instalments(sorted(voucher.schedule), voucher.open) or [(voucher.due, voucher.open)]


def items_of(voucher: Voucher, as_of: date) -> list[Item]:
	"""Return the lines of a document as of a day: a credit is one line, a claim one for each instalment that is open.

	What is set aside of a claim is the earliest of it, as everywhere: disputed first, then in a plan, on its way, promised.
	"""
	if voucher.open <= 0:
		return [_line(voucher, voucher.posted, voucher.open, 0, NOTHING_ASIDE)]
	found, left = [], voucher.aside
	for due, amount in instalments(voucher):
		here, left = _taken(left, amount)
		found.append(_line(voucher, due, amount, max(0, (as_of - due).days), here))
	return found


def _line(voucher: Voucher, due: date, amount: Decimal, days: int, aside: Aside) -> Item:
	return Item(voucher.kind, voucher.doctype, voucher.name, voucher.posted, due, amount, days, aside)


def _taken(aside: Aside, amount: Decimal) -> tuple[Aside, Aside]:
	"""Return what of something set aside is of an amount, and what is left for the next."""
	free, taken, left = amount, [], []
	for part in (aside.disputed, aside.planned, aside.awaited, aside.promised):
		here = min(max(ZERO, part), free)
		free -= here
		taken.append(here)
		left.append(part - here)
	until = aside.promised_until if taken[3] else None
	return Aside(*taken, until), Aside(*left, aside.promised_until)


def open_items(vouchers: Iterable[Voucher], as_of: date) -> list[Item]:
	"""Return the lines of all documents: claims by due date, what no document explains, then the credits by their day."""
	found = [item for voucher in vouchers if voucher.open for item in items_of(voucher, as_of)]
	return sorted(
		found,
		key=lambda item: (item.amount < 0, item.kind == UNEXPLAINED, item.due, item.posted, item.name),
	)


def total_of(items: Iterable[Item]) -> Decimal:
	return sum((item.amount for item in items), ZERO)


def overdue_of(items: Iterable[Item]) -> Decimal:
	"""Return what of some lines is past due, disputed or not."""
	return sum((item.amount for item in items if item.amount > 0 and item.days_past_due > 0), ZERO)


def bucket_of(item: Item) -> str:
	"""Return where a line stands in the ageing."""
	if item.amount < 0:
		return CREDITS
	return BUCKETS[BOUNDS.bucket(item.days_past_due)]


def ageing(items: Iterable[Item]) -> dict[str, Decimal]:
	"""Return what stands in each part of the ageing, in the order of BUCKETS: together the total."""
	found = dict.fromkeys(BUCKETS, ZERO)
	for item in items:
		found[bucket_of(item)] += item.amount
	return found


# ------------------------------------------------------------------ movements
def running(opening: Decimal, entries: Sequence[Entry]) -> list[Line]:
	"""Return the entries of an account by day, each with the balance after it."""
	found, balance = [], opening
	for entry in sorted(entries, key=lambda e: (e.day, e.debit <= 0, e.name)):
		balance += entry.debit - entry.credit
		found.append(Line(entry, balance))
	return found


def closing(opening: Decimal, entries: Iterable[Entry]) -> Decimal:
	"""Return the balance after some entries."""
	return opening + sum((entry.debit - entry.credit for entry in entries), ZERO)
