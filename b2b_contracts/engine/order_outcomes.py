"""What became of an order that was let go: paid in time, late, still open, or lost (requirements §5).

Amounts of an invoice are in the currency of its receivable account.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import CENT, ZERO, percent_of

PAID_IN_TIME, PAID_LATE = "Paid in time", "Paid late"
STILL_OPEN, OVERDUE = "Still open", "Overdue"
LOST, CANCELLED, NOT_INVOICED = "Written off", "Cancelled or credited", "Not invoiced yet"
OUTCOMES = (PAID_IN_TIME, PAID_LATE, STILL_OPEN, OVERDUE, LOST, CANCELLED, NOT_INVOICED)

PAID, CREDIT, LOSS = "paid", "credit", "loss"
# A difference up to the smaller of the two is no loss: what cash application lets go by itself (§4).
SMALL_AMOUNT, SMALL_PERCENT = Decimal(5), Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Settlement:
	"""What was set against an invoice on a day: money, a credit note, or a write-off."""

	on: date
	amount: Decimal
	kind: str = PAID


@dataclass(frozen=True, slots=True)
class Invoice:
	"""An invoice: its amount, when it is due (in parts, each with its amount), and what was set against it. `rate` turns its
	amounts into the company's currency."""

	amount: Decimal
	dues: Sequence[tuple[date, Decimal]]
	settlements: tuple[Settlement, ...] = ()
	rate: Decimal = Decimal(1)

	def sum_of(self, *kinds: str) -> Decimal:
		return sum((one.amount for one in self.settlements if one.kind in kinds), ZERO)

	@property
	def open(self) -> Decimal:
		return max(ZERO, self.amount - self.sum_of(PAID, CREDIT, LOSS))

	@property
	def is_settled(self) -> bool:
		return self.open <= CENT

	@property
	def is_lost(self) -> bool:
		return self.sum_of(LOSS) > min(SMALL_AMOUNT, percent_of(self.amount, SMALL_PERCENT))


def days_late(invoice: Invoice, today: date) -> int:
	"""Return by how many days the latest part of an invoice was paid after its due date, or is unpaid by now; 0 in time.

	Money goes to the oldest parts first. What is credited or written off was never to be paid, whenever that was found out.
	"""
	never = invoice.sum_of(CREDIT, LOSS)
	payments = sorted((one.on, one.amount) for one in invoice.settlements if one.kind == PAID)
	worst, needed = 0, ZERO
	for due, amount in sorted(invoice.dues):
		needed += amount
		paid_on = _reached(payments, min(needed, invoice.amount - never) - CENT)
		worst = max(worst, ((paid_on or today) - due).days)
	return worst


def _reached(payments: list[tuple[date, Decimal]], wanted: Decimal) -> date | None:
	"""Return the day on which payments came to what was wanted, None while they have not; before all days for nothing."""
	if wanted <= 0:
		return date.min
	so_far = ZERO
	for on, amount in payments:
		so_far += amount
		if so_far >= wanted:
			return on
	return None


@dataclass(frozen=True, slots=True)
class Became:
	"""What became of an order; amounts in the company's currency, `days_late` of its latest part."""

	outcome: str
	invoiced: Decimal = ZERO
	paid: Decimal = ZERO
	open: Decimal = ZERO
	lost: Decimal = ZERO
	days_late: int = 0


def became(invoices: Iterable[Invoice], is_over: bool, is_billed: bool, today: date) -> Became:
	"""Return what became of an order with these invoices. `is_over`: cancelled or closed, nothing more will come of it;
	`is_billed`: all of it is invoiced."""
	invoices = list(invoices)
	late = max((days_late(one, today) for one in invoices), default=0)
	return Became(
		_outcome(invoices, late, is_over, is_billed),
		_total(invoices, lambda one: one.amount),
		_total(invoices, lambda one: one.sum_of(PAID)),
		_total(invoices, lambda one: one.open),
		_total(invoices, lambda one: one.sum_of(LOSS)),
		late,
	)


def _outcome(invoices: list[Invoice], late: int, is_over: bool, is_billed: bool) -> str:
	if not invoices:
		return CANCELLED if is_over else NOT_INVOICED
	if any(one.is_lost for one in invoices):
		return LOST
	if not all(one.is_settled for one in invoices):
		return OVERDUE if late > 0 else STILL_OPEN
	if not any(one.sum_of(PAID) for one in invoices):
		return CANCELLED
	if not (is_billed or is_over):
		return STILL_OPEN
	return PAID_LATE if late > 0 else PAID_IN_TIME


def _total(invoices: list[Invoice], of) -> Decimal:
	return sum((of(one) * one.rate for one in invoices), ZERO)
