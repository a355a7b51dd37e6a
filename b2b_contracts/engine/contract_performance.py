"""What a contract has brought against what was agreed: margin, price gap, lateness, disputes and how long it took to sign
(requirements §5 and §6, quarterly performance review).

What is not known is None, never 0: goods whose cost nobody wrote down, items without a list price, contracts that were signed
before they were entered. Amounts are in one currency, net of tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import HUNDRED, ZERO, to_cents

# From request to signature (requirements §5).
TARGET_DAYS = 20
# Of the target: nearly missed.
NEAR = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Margin:
	"""What was invoiced (`net`), of which for goods whose cost is known (`known`), and that cost."""

	net: Decimal = ZERO
	known: Decimal = ZERO
	cost: Decimal = ZERO

	def __add__(self, other: "Margin") -> "Margin":
		return Margin(self.net + other.net, self.known + other.known, self.cost + other.cost)

	@property
	def is_known(self) -> bool:
		return bool(self.known or self.cost)

	@property
	def unknown(self) -> Decimal:
		"""What was invoiced for goods and services whose cost is not known."""
		return self.net - self.known

	@property
	def amount(self) -> Decimal | None:
		return self.known - self.cost if self.is_known else None

	@property
	def percent(self) -> Decimal | None:
		"""Return the margin in per cent of what was invoiced for goods whose cost is known."""
		return percent(self.known - self.cost, self.known)


@dataclass(frozen=True, slots=True)
class Bought:
	"""A quantity that was bought under a contract: what a unit costs by the contract today and by the price list today, None where
	one of the two says nothing."""

	quantity: Decimal
	agreed: Decimal | None
	listed: Decimal | None


@dataclass(frozen=True, slots=True)
class Gap:
	"""What some quantities cost by the contract and by the price list, and how many of them cannot be compared."""

	agreed: Decimal = ZERO
	listed: Decimal = ZERO
	compared: int = 0
	unknown: int = 0

	def __add__(self, other: "Gap") -> "Gap":
		return Gap(
			self.agreed + other.agreed,
			self.listed + other.listed,
			self.compared + other.compared,
			self.unknown + other.unknown,
		)

	@property
	def amount(self) -> Decimal | None:
		"""Return by how much the list is dearer than the contract for these quantities (negative: cheaper)."""
		return to_cents(self.listed - self.agreed) if self.compared else None

	@property
	def percent(self) -> Decimal | None:
		"""Return by how many per cent of the list price the contract is below it."""
		return percent(self.listed - self.agreed, self.listed) if self.compared else None


@dataclass(frozen=True, slots=True)
class Lateness:
	"""How late was paid: amounts times days after the due date (early is negative), and the amounts."""

	amount_days: Decimal = ZERO
	paid: Decimal = ZERO

	def __add__(self, other: "Lateness") -> "Lateness":
		return Lateness(self.amount_days + other.amount_days, self.paid + other.paid)

	@property
	def days(self) -> Decimal | None:
		"""Return the days after the due date on which a crown was paid on average, None where nothing was paid."""
		return self.amount_days / self.paid if self.paid > 0 else None


def gap_of(bought: Iterable[Bought]) -> Gap:
	"""Return what some quantities cost by contract and by list. What is given back is compared as well: it was bought before."""
	total = Gap()
	for one in bought:
		if one.agreed is None or not one.listed:
			total += Gap(unknown=1)
		else:
			total += Gap(one.quantity * one.agreed, one.quantity * one.listed, 1)
	return total


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
	"""Return part of whole in per cent, None where there is no whole."""
	return Decimal(part) / Decimal(whole) * HUNDRED if whole > 0 else None


def cycle_days(asked_on: date | None, signed_on: date | None, is_taken_over: bool = False) -> int | None:
	"""Return for how many days a contract was on its way from its request to its signature; None for one that is not signed, and
	for one that was signed before it was entered here."""
	if is_taken_over or asked_on is None or signed_on is None or signed_on < asked_on:
		return None
	return (signed_on - asked_on).days


def meets(days: int | Decimal | None, target: int) -> str:
	"""Return the traffic light of a cycle time: red above the target, yellow above nine tenths of it."""
	if days is None:
		return "Grey"
	if days > target:
		return "Red"
	return "Yellow" if days > NEAR * target else "Green"


def average(values: Iterable[int | Decimal | None]) -> Decimal | None:
	"""Return the average of what is known, None where nothing is."""
	known = [Decimal(value) for value in values if value is not None]
	return sum(known, ZERO) / len(known) if known else None
