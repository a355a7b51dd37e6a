"""Variants of a reminder, compared honestly: who gets which, what share of each paid, and when one may be called better
(requirements §3).

A customer gets the same variant every time. A winner is called only where chance is no likely reason: at a fixed number of
customers of each variant and at each doubling of it, by an error that all these looks and all pairs share. However often
somebody looks at the figures, two equal variants come out as unequal in one test of twenty at most.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from statistics import NormalDist

ERROR = 0.05
"""How likely a test of equal variants may call a winner."""
TOO_FEW, NO_DIFFERENCE, WINNER = "Too Few", "No Difference", "Winner"


@dataclass(frozen=True, slots=True)
class Interval:
	"""Between which two shares (or differences of shares) something lies; 1 is everything."""

	low: float
	high: float

	@property
	def width(self) -> float:
		return self.high - self.low


@dataclass(frozen=True, slots=True)
class Observed:
	"""What became of a customer whose time is over: when it came into the test, by which variant, and whether it paid."""

	variant: str
	entered: date
	has_paid: bool


@dataclass(frozen=True, slots=True)
class Counted:
	"""The customers of a variant whose time is over, and how many of them paid."""

	of: int
	paid: int

	@property
	def share(self) -> float:
		return self.paid / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
	"""What a test says so far.

	`sample` is how many customers of each variant the last look took (before the first: how many it needs), `next_sample` how
	many the next one needs. `leader` is the variant with the largest share at that look, `second` the next
	one, `difference` by how much the leader's share is larger, `error` how likely that interval misses. All empty before the
	first look.
	"""

	outcome: str
	sample: int
	next_sample: int
	leader: str = ""
	second: str = ""
	counted: Mapping[str, Counted] | None = None
	difference: Interval | None = None
	error: float = 0.0


# ------------------------------------------------------------------ who gets which
def assigned(test: str, customer: str, weights: Mapping[str, int]) -> str:
	"""Return the variant that a customer has in a test, the same every time: in proportion to the weights, by chance as far as
	anybody can tell, and in one test without regard to another."""
	total = sum(weights.values())
	if total <= 0 or min(weights.values()) < 0:
		raise ValueError(f"the weights of test {test} are no weights: {dict(weights)}")
	digest = hashlib.sha256(f"{test}\n{customer}".encode()).digest()
	place = int.from_bytes(digest, "big") * total >> 8 * len(digest)
	for variant, weight in weights.items():
		if place < weight:
			return variant
		place -= weight
	raise AssertionError("a hash is less than one")


# ------------------------------------------------------------------ shares
def interval(counted: Counted, error: float = ERROR) -> Interval:
	"""Return between which shares the true one lies (Wilson's score interval, 1927); everything where nobody was asked."""
	n, share = counted.of, counted.share
	if not n:
		return Interval(0.0, 1.0)
	z = _quantile(error)
	middle = (share + z * z / (2 * n)) / (1 + z * z / n)
	half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
	# Rounding must not leave the share itself outside.
	return Interval(min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def difference(one: Counted, other: Counted, error: float = ERROR) -> Interval:
	"""Return by how much the share of one is larger than that of another (Newcombe's interval, 1998, of two of Wilson's)."""
	first, second = interval(one, error), interval(other, error)
	gap = one.share - other.share
	down = math.hypot(one.share - first.low, second.high - other.share)
	up = math.hypot(first.high - one.share, other.share - second.low)
	return Interval(max(-1.0, gap - down), min(1.0, gap + up))


def _quantile(error: float) -> float:
	return NormalDist().inv_cdf(1 - error / 2)


# ------------------------------------------------------------------ which is better
def counted(variants: Sequence[str], observed: Sequence[Observed]) -> dict[str, Counted]:
	"""Return how many customers each variant had, and how many of them paid."""
	found = {variant: [0, 0] for variant in variants}
	for one in observed:
		found[one.variant][0] += 1
		found[one.variant][1] += one.has_paid
	return {variant: Counted(*pair) for variant, pair in found.items()}


def verdict(variants: Sequence[str], observed: Sequence[Observed], minimum: int) -> Verdict:
	"""Return what a test says of its variants, with `minimum` customers of each before the first look.

	A look takes in everybody who entered until each variant had so many: earlier customers of one are never compared with
	later ones of another. The first look that finds a winner stays the answer.
	"""
	if len(variants) < 2 or minimum < 1:
		raise ValueError("a test has two variants and a sample at least")
	days = {variant: sorted(o.entered for o in observed if o.variant == variant) for variant in variants}
	most = min(len(entered) for entered in days.values())
	if most < minimum:
		return Verdict(TOO_FEW, minimum, minimum)
	sample, error = minimum, ERROR / 2
	while True:
		until = max(entered[sample - 1] for entered in days.values())
		found = _look(variants, [o for o in observed if o.entered <= until], sample, error)
		if found.outcome == WINNER or sample * 2 > most:
			return found
		sample, error = sample * 2, error / 2


def _look(variants: Sequence[str], observed: Sequence[Observed], sample: int, error: float) -> Verdict:
	pairs = len(list(combinations(variants, 2)))
	each = error / pairs
	by_share = counted(variants, observed)
	leader, second, *_rest = sorted(variants, key=lambda v: -by_share[v].share)
	others = [v for v in variants if v != leader]
	is_better = all(difference(by_share[leader], by_share[other], each).low > 0 for other in others)
	return Verdict(
		outcome=WINNER if is_better else NO_DIFFERENCE,
		sample=sample,
		next_sample=sample * 2,
		leader=leader,
		second=second,
		counted=by_share,
		difference=difference(by_share[leader], by_share[second], each),
		error=each,
	)
