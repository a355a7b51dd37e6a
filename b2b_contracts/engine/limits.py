"""What a customer may owe: the calculated limit of a segment and the limit that is granted (requirements §2.1)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import HUNDRED, ZERO, percent_of, to_cents

PERCENT_OF_REVENUE = "Percent of Expected Revenue"
FIXED_AMOUNT = "Fixed Amount"
PERCENT_OF_ORDER = "Percent of Order"
LIMIT_BASES = (PERCENT_OF_REVENUE, FIXED_AMOUNT, PERCENT_OF_ORDER)

LIMITED = "Limited"
UNLIMITED = "Unlimited"
NO_CREDIT = "No Credit"
LIMIT_TYPES = (LIMITED, UNLIMITED, NO_CREDIT)

MONTHS_PER_YEAR = 12
# Gross over net sales when a customer has no invoices of its own yet: Danish VAT, and export without VAT.
DOMESTIC_GROSS_NET_RATIO = Decimal("1.25")
EXPORT_GROSS_NET_RATIO = Decimal("1.00")


@dataclass(frozen=True, slots=True)
class Limit:
	"""A credit limit: one of `LIMIT_TYPES` and, when Limited, a gross amount in the limit's currency."""

	kind: str
	amount: Decimal = ZERO

	def __post_init__(self):
		if self.kind not in LIMIT_TYPES:
			raise ValueError(f"{self.kind!r} is not a limit type; use one of {', '.join(LIMIT_TYPES)}")
		if self.amount < 0:
			raise ValueError(f"a credit limit cannot be negative: {self.amount}")

	@property
	def is_unlimited(self) -> bool:
		return self.kind == UNLIMITED

	@property
	def ceiling(self) -> Decimal:
		"""The amount to measure against; 0 for No Credit. Meaningless for Unlimited."""
		return self.amount if self.kind == LIMITED else ZERO


def calculated_limit(
	basis: str,
	percent: Decimal,
	months: Decimal,
	amount: Decimal,
	level_percent: Decimal,
	expected_annual_revenue: Decimal,
	gross_net_ratio: Decimal,
) -> Decimal:
	"""Return the gross limit that a segment and its level give a customer.

	`expected_annual_revenue` is net; `gross_net_ratio` turns it into what the customer will owe ("gross with
	gross", §2.1). `percent` and `level_percent` are per cent. For Percent of Order the level changes the share
	of the order, not the cap, so the cap (`amount`) is returned as it is.
	"""
	if basis == PERCENT_OF_REVENUE:
		revenue = expected_annual_revenue * months / MONTHS_PER_YEAR * gross_net_ratio
		return to_cents(percent_of(percent_of(revenue, percent), level_percent))
	if basis == FIXED_AMOUNT:
		return to_cents(percent_of(amount, level_percent))
	if basis == PERCENT_OF_ORDER:
		return to_cents(amount)
	raise ValueError(f"{basis!r} is not a limit basis; use one of {', '.join(LIMIT_BASES)}")


def required_prepaid_percent(
	basis: str, percent: Decimal, level_percent: Decimal, prepayment: Decimal
) -> Decimal:
	"""Return the share of an order, in per cent, that must be paid before it may go ahead.

	Only a Percent of Order segment (D) asks for it: the segment's `prepayment`, less the credit that the
	customer's level earns on the order.
	"""
	if basis != PERCENT_OF_ORDER:
		return ZERO
	credit_share = percent_of(percent, level_percent)
	return max(ZERO, min(prepayment, HUNDRED - credit_share))


def granted_limit(
	limit_type: str,
	calculated: Decimal,
	manual: Decimal | None,
	temporary: Decimal | None,
	temporary_until: date | None,
	on: date,
) -> Limit:
	"""Return the limit in force on a day.

	A temporary limit counts up to and including `temporary_until`; else the manual limit where one is set
	(`None` means not set: 0 is a limit); else the calculated one.
	"""
	if limit_type != LIMITED:
		return Limit(limit_type)
	if temporary is not None and temporary_until is not None and on <= temporary_until:
		return Limit(LIMITED, temporary)
	return Limit(LIMITED, calculated if manual is None else manual)
