"""How much of the credit hangs on few: shares, their concentration, and risk against revenue (requirements §5)."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .money import HUNDRED, ZERO

# The Herfindahl index of one who has everything.
WHOLE = Decimal(10_000)
# From so much on a book is called concentrated, and highly so: the bounds that competition authorities use.
CONCENTRATED, HIGHLY_CONCENTRATED = Decimal(1_500), Decimal(2_500)


@dataclass(frozen=True, slots=True)
class Share:
	"""A part of the whole: its amount, its share and, with all that are larger, the share so far; per cent."""

	key: str
	amount: Decimal
	percent: Decimal
	so_far: Decimal


def shares(amounts: Mapping[str, Decimal]) -> list[Share]:
	"""Return the shares of the whole, the largest first. Who owes nothing, or is in credit, has no share."""
	owed = {key: max(ZERO, amount) for key, amount in amounts.items()}
	whole = sum(owed.values(), ZERO)
	found, so_far = [], ZERO
	for key in sorted(owed, key=lambda key: (-owed[key], -amounts[key], key)):
		so_far += owed[key]
		found.append(Share(key, amounts[key], _percent(owed[key], whole), _percent(so_far, whole)))
	return found


def top(of: Sequence[Share], count: int) -> Decimal:
	"""Return the share of the largest ones together, per cent."""
	return of[min(count, len(of)) - 1].so_far if of else ZERO


def herfindahl(of: Iterable[Share]) -> Decimal:
	"""Return the Herfindahl index, from near 0 (many small ones) to 10,000 (one has everything); 0 where nobody owes."""
	return sum((share.percent**2 for share in of), ZERO)


def equal_parts(index: Decimal) -> Decimal | None:
	"""Return how many equally large ones would have the same index, None where nobody owes."""
	return WHOLE / index if index else None


def _percent(part: Decimal, whole: Decimal) -> Decimal:
	return HUNDRED * part / whole if whole else ZERO


@dataclass(frozen=True, slots=True)
class Bands:
	"""Bands of revenue: nothing, up to each bound (which is in the band below it), and more than the last."""

	bounds: tuple[Decimal, ...]

	def __post_init__(self):
		if any(low >= high for low, high in zip((ZERO, *self.bounds), self.bounds, strict=False)):
			raise ValueError(f"bounds of bands must rise from above 0: {self.bounds}")

	@property
	def count(self) -> int:
		return len(self.bounds) + 2

	def of(self, revenue: Decimal) -> int:
		"""Return the number of the band of a revenue, 0 for none (or less)."""
		return 1 + bisect_left(self.bounds, revenue) if revenue > 0 else 0


def bands_from(text: str) -> Bands:
	"""Return bands from their bounds in a text, "250000, 1000000". Raises `ValueError` for anything else."""
	try:
		return Bands(tuple(Decimal(part.strip()) for part in text.split(",") if part.strip()))
	except ArithmeticError:
		raise ValueError(f"bounds of bands are numbers with commas between: {text!r}") from None
