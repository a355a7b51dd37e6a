"""What a customer owes and has been promised (requirements §2.3)."""

from dataclasses import dataclass
from decimal import Decimal

from .limits import Limit
from .money import ZERO, ratio


@dataclass(frozen=True, slots=True)
class Position:
	"""Open credit of one customer or group, gross, in one currency, *without* the order in hand.

	`receivables` are open items less advances and other unallocated payments (so it may be negative);
	`granted_orders` are the parts of granted orders that are neither delivered nor billed;
	`waiting_orders` are parked and shown, but use up nobody's limit.
	"""

	receivables: Decimal = ZERO
	delivered_not_billed: Decimal = ZERO
	granted_orders: Decimal = ZERO
	waiting_orders: Decimal = ZERO

	@property
	def balance(self) -> Decimal:
		"""What is owed or delivered: the base of every stop."""
		return self.receivables + self.delivered_not_billed

	@property
	def exposure(self) -> Decimal:
		"""Balance plus what has been promised."""
		return self.balance + self.granted_orders

	def __add__(self, other: "Position") -> "Position":
		return Position(
			self.receivables + other.receivables,
			self.delivered_not_billed + other.delivered_not_billed,
			self.granted_orders + other.granted_orders,
			self.waiting_orders + other.waiting_orders,
		)

	def times(self, rate: Decimal) -> "Position":
		"""Return the position in another currency."""
		return Position(
			self.receivables * rate,
			self.delivered_not_billed * rate,
			self.granted_orders * rate,
			self.waiting_orders * rate,
		)


def utilisation(net_exposure: Decimal, limit: Limit) -> Decimal | None:
	"""Return net exposure ÷ limit as a ratio (1 = 100 %); infinite over a limit of 0, `None` when unlimited."""
	if limit.is_unlimited:
		return None
	return max(ZERO, ratio(net_exposure, limit.ceiling))


def overshoot(net_exposure: Decimal, limit: Limit) -> Decimal:
	"""Return how far net exposure exceeds the limit, as a ratio of it: max(0, net ÷ limit - 1) (§2.2)."""
	if limit.is_unlimited:
		return ZERO
	return max(ZERO, ratio(net_exposure, limit.ceiling) - 1)
