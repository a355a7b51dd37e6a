"""Who a customer is to us: what a profile and its segment make of them on a day (requirements §2, §2.1)."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from . import facts, limits
from .limits import LIMITED, NO_CREDIT, Limit
from .money import HUNDRED, ZERO

ALWAYS, NEVER = "Yes", "No"


@dataclass(frozen=True, slots=True)
class PaymentTerms:
	"""When an invoice is due: `days` after it, or after the end of its month once `months` more have gone."""

	days: int = 0
	months: int = 0
	after_month_end: bool = False

	def due_date(self, dated: date) -> date:
		"""Return the due date of an invoice of a day."""
		if not self.after_month_end:
			return dated + timedelta(days=self.days)
		month = dated.year * 12 + dated.month - 1 + self.months
		year, month = divmod(month, 12)
		last = date(year, month + 1, calendar.monthrange(year, month + 1)[1])
		return last + timedelta(days=self.days)


def longest(terms: Iterable[PaymentTerms], dated: date) -> date | None:
	"""Return the last due date that some terms give an invoice of a day, None for no terms."""
	return max((row.due_date(dated) for row in terms), default=None)


@dataclass(frozen=True, slots=True)
class SegmentTerms:
	"""The credit that a segment and a level on its ladder give; percentages per cent, amounts in the company's currency."""

	limit_basis: str
	limit_percent: Decimal = ZERO
	limit_months: Decimal = ZERO
	limit_amount: Decimal = ZERO
	prepayment_percent: Decimal = ZERO
	level_percent: Decimal = HUNDRED

	def calculated_limit(self, expected_annual_revenue: Decimal, gross_net_ratio: Decimal) -> Decimal:
		"""Return the gross limit of a customer with that net revenue a year."""
		return limits.calculated_limit(
			self.limit_basis,
			self.limit_percent,
			self.limit_months,
			self.limit_amount,
			self.level_percent,
			expected_annual_revenue,
			gross_net_ratio,
		)

	@property
	def prepaid_percent(self) -> Decimal:
		"""The share of an order that must be paid before it may go ahead."""
		return limits.required_prepaid_percent(
			self.limit_basis, self.limit_percent, self.level_percent, self.prepayment_percent
		)


@dataclass(frozen=True, slots=True)
class Profile:
	"""How a customer is judged. Amounts gross in the company's currency; `manual_limit` None is not set, 0 is a limit.

	`forced_hold` is Hold or Stop where a person has put the customer on it; `requires_po` is Yes, No, or empty for what
	the policy says.
	"""

	segment: str
	calculated_limit: Decimal = ZERO
	risk_class: str = ""
	limit_type: str = LIMITED
	manual_limit: Decimal | None = None
	temporary_limit: Decimal | None = None
	temporary_limit_until: date | None = None
	rating: str = ""
	rating_at_review: str = ""
	next_review: date | None = None
	forced_hold: str = ""
	forced_hold_reason: str = ""
	requires_po: str = ""

	def granted_limit(self, on: date) -> Limit:
		"""Return the limit in force on a day."""
		return limits.granted_limit(
			self.limit_type,
			self.calculated_limit,
			self.manual_limit,
			self.temporary_limit,
			self.temporary_limit_until,
			on,
		)


def account_of(
	profile: Profile, segment: SegmentTerms | None, policy: facts.Policy, on: date, approved_excess: Decimal
) -> facts.Account:
	"""Return what decides about a customer with a profile on a day."""
	ended = profile.temporary_limit_until
	return facts.Account(
		limit=profile.granted_limit(on),
		segment=profile.segment,
		risk_class=profile.risk_class or "B",
		limit_basis=segment.limit_basis if segment else "",
		prepaid_percent=segment.prepaid_percent if segment else ZERO,
		rating=profile.rating,
		rating_at_review=profile.rating_at_review,
		next_review=profile.next_review,
		temporary_limit_ended=ended if ended and ended < on else None,
		forced_hold=profile.forced_hold,
		forced_hold_reason=profile.forced_hold_reason,
		requires_po=profile.requires_po == ALWAYS or (profile.requires_po != NEVER and policy.require_po),
		approved_excess=approved_excess,
	)


def account_without_profile(
	policy: facts.Policy, segment: SegmentTerms | None = None, risk_class: str = ""
) -> facts.Account:
	"""Return what decides about a customer nobody has assessed: the policy's default segment, with no revenue known,
	where the policy wants that and gives one (`segment`, its `risk_class`); else no credit at all."""
	if policy.without_profile != facts.DEFAULT_SEGMENT or segment is None:
		return facts.Account(Limit(NO_CREDIT), has_profile=False, requires_po=policy.require_po)
	return facts.Account(
		Limit(LIMITED, segment.calculated_limit(ZERO, limits.EXPORT_GROSS_NET_RATIO)),
		has_profile=False,
		segment=policy.default_segment,
		risk_class=risk_class or "B",
		limit_basis=segment.limit_basis,
		prepaid_percent=segment.prepaid_percent,
		requires_po=policy.require_po,
	)
