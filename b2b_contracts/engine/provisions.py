"""What of the receivables is written down in advance: a rate for each ageing bucket, and one for whoever is insolvent
(requirements §5). Amounts are in the company's currency, rates in per cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .money import HUNDRED, ZERO, percent_of, to_cents


@dataclass(frozen=True, slots=True)
class Line:
	"""A line of the matrix: what is owed, what of it is secured, and what is provided for of the rest."""

	owed: Decimal
	secured: Decimal
	rate: Decimal

	@property
	def base(self) -> Decimal:
		"""Return what a provision is made for. Nobody provides for a credit."""
		return max(ZERO, self.owed - max(ZERO, self.secured))

	@property
	def provision(self) -> Decimal:
		return to_cents(percent_of(self.base, self.rate))


def rates_of(text: str, buckets: int) -> tuple[Decimal, ...]:
	"""Return the rates that a text such as "0.5, 2, 10, 25, 50" says, one for each bucket from what is not due on.

	Raises `ValueError` where they are not as many as the buckets, no numbers, not from 0 to 100, or fall with age.
	"""
	try:
		rates = tuple(Decimal(part.strip()) for part in (text or "").split(",") if part.strip())
	except InvalidOperation:
		raise ValueError("a rate is no number") from None
	if len(rates) != buckets:
		raise ValueError(f"{buckets} rates are needed, not {len(rates)}")
	if any(not rate.is_finite() or not ZERO <= rate <= HUNDRED for rate in rates):
		raise ValueError("a rate is not from 0 to 100")
	if list(rates) != sorted(rates):
		raise ValueError("an older bucket has a lower rate")
	return rates


def total_of(lines: Sequence[Line]) -> Decimal:
	return sum((line.provision for line in lines), ZERO)
