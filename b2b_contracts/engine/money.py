"""Small helpers for money and percentages."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
INFINITE = Decimal("Infinity")
CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
	"""Round an amount to two decimals, halves away from zero."""
	return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
	"""Return `percent` per cent of an amount, not rounded."""
	return amount * percent / HUNDRED


def ratio(part: Decimal, whole: Decimal) -> Decimal:
	"""Return part ÷ whole; with nothing to divide by, 0 when the part is not positive and infinity when it is."""
	if whole > 0:
		return part / whole
	return INFINITE if part > 0 else ZERO
