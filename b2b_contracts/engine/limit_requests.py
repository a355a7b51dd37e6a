"""Who may grant a credit limit that somebody asks for, and how much it takes (requirements §2.1, §2.2).

A limit is an approval too: granting more than the segment gives is measured by the same matrix as letting an order go
beyond the limit. Amounts gross, in the company's currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from . import approval
from .approval import AmountEscalation, MatrixRow
from .limits import Limit
from .money import HUNDRED, ZERO, ratio

OPEN = "Open"
APPROVED, IN_PART = "Approved", "Approved in Part"
REJECTED, WITHDRAWN = "Rejected", "Withdrawn"
GRANTED = (APPROVED, IN_PART)

# Days before a temporary limit ends on which people are told (§2.5).
WARNED_BEFORE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ask:
	"""What is asked for a customer: the limit `wanted`, the one that is in force (`current`), the one that the segment gives
	at the customer's level (`calculated`), and what the highest level of its ladder would give (`highest_step`)."""

	wanted: Decimal
	current: Limit
	calculated: Decimal
	highest_step: Decimal
	risk_class: str

	@property
	def base(self) -> Decimal:
		"""The limit that nobody had to grant: the segment's, or less where a person has set it lower.

		Not the one in force: small steps, each measured from the one before, would grant any limit.
		"""
		return min(self.calculated, self.current.ceiling)

	@property
	def over_amount(self) -> Decimal:
		return max(ZERO, self.wanted - self.base)

	@property
	def overshoot(self) -> Decimal:
		"""By how much the limit goes beyond what nobody had to grant, a ratio; infinite over a limit of nothing."""
		return ratio(self.over_amount, self.base)

	@property
	def is_on_ladder(self) -> bool:
		"""Whether the segment's own ladder reaches that far, and nobody has set the limit below it."""
		return self.current.ceiling >= self.calculated and self.wanted <= self.highest_step


def required_role(
	ask: Ask,
	matrix: Iterable[MatrixRow],
	escalations: Iterable[AmountEscalation],
	on_ladder: str,
	beyond: str,
) -> str:
	"""Return who may grant a limit: `on_ladder` as far as the segment's ladder reaches, else at least `beyond` and what the
	matrix asks for; and whom the amount over the limit calls for. Raises `LookupError` when the matrix has a hole."""
	by_amount = approval.escalation_role(escalations, ask.over_amount)
	if ask.is_on_ladder:
		return approval.highest([on_ladder, by_amount])
	return approval.highest([beyond, by_amount, _matrix_role(tuple(matrix), ask)])


def _matrix_role(matrix: tuple[MatrixRow, ...], ask: Ask) -> str | None:
	"""Return the role of the matrix. Where it wants a guarantee beside a role, the next band decides instead: a guarantee
	lowers what is measured against the limit already, and would count a second time."""
	row = approval.matrix_row(matrix, ask.risk_class, ask.overshoot)
	while row is not None and row.security_required:
		upper = row.to_percent
		row = next((r for r in matrix if r.risk_class == row.risk_class and r.from_percent == upper), None)
		if row is None:
			return approval.ROLE_RANK[-1]
	return row.role if row else None


def limit_needed(net_exposure: Decimal, threshold_percent: Decimal) -> Decimal:
	"""Return the smallest limit in whole units of which a net exposure uses no more than a share (per cent)."""
	if net_exposure <= 0 or threshold_percent <= 0:
		return ZERO
	return (net_exposure * HUNDRED / threshold_percent).to_integral_value(rounding=ROUND_CEILING)


def status_of(asked: Decimal, asked_until: date | None, granted: Decimal, until: date | None) -> str:
	"""Return what a grant is to who asked: less money or fewer days is a part."""
	is_shorter = until is not None and (asked_until is None or until < asked_until)
	return IN_PART if granted < asked or is_shorter else APPROVED


def is_more_than_asked(
	asked: Decimal, asked_until: date | None, granted: Decimal, until: date | None
) -> bool:
	"""Whether a grant goes beyond what was asked for, in money or in time."""
	is_longer = asked_until is not None and (until is None or until > asked_until)
	return granted > asked or is_longer


def ends_soon(until: date, today: date) -> bool:
	"""Whether a temporary limit that is in force until a day (included) is about to end."""
	return today <= until <= today + timedelta(days=WARNED_BEFORE_DAYS)
