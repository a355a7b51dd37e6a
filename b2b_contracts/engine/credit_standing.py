"""Where a customer stands without an order in hand: the gate's own figures, and one word for them (requirements §2.3)."""

from dataclasses import dataclass
from decimal import Decimal

from .exposure import utilisation
from .facts import Case
from .limits import NO_CREDIT
from .money import ZERO
from .rules import group_net_exposure_at, hold_ceiling, net_exposure_at

STOPPED, DELIVERIES_STOPPED, ON_HOLD = "Stopped", "Deliveries stopped", "On hold"
OVER, OVER_APPROVED, GROUP_OVER = "Over the limit", "Over the limit, approved", "Group over its limit"
NEAR, WITHIN, UNLIMITED = "Near the limit", "Within the limit", "Unlimited"
NO_PROFILE, WITHOUT_CREDIT = "No profile", "No credit"
STATUSES = (
	*(STOPPED, DELIVERIES_STOPPED, ON_HOLD, OVER, GROUP_OVER, OVER_APPROVED, NEAR),
	*(WITHIN, WITHOUT_CREDIT, UNLIMITED, NO_PROFILE),
)
# What a person has stopped, or the gate has: the status of a profile.
_STOPPED = {"Stop": STOPPED, "Delivery Stop": DELIVERIES_STOPPED, "Hold": ON_HOLD}


@dataclass(frozen=True, slots=True)
class Figures:
	"""Exposure, what security covers of it, and how far the limit is used: a ratio (1 = 100 %), None where there is none to
	use. `headroom` is what may be added, negative when over; the group's is in the customer's currency."""

	exposure: Decimal
	secured: Decimal
	net: Decimal
	utilisation: Decimal | None
	headroom: Decimal | None
	group_net: Decimal | None = None
	group_utilisation: Decimal | None = None
	group_headroom: Decimal | None = None

	@property
	def free(self) -> Decimal | None:
		"""What may be added before the tighter of the two limits is reached; None without any limit."""
		return min((room for room in (self.headroom, self.group_headroom) if room is not None), default=None)


def figures(case: Case) -> Figures:
	"""Return how a customer stands, as the gate measures it."""
	exposure = case.position.exposure
	net = net_exposure_at(case, ZERO)
	limit, group = case.account.limit, case.group
	group_net = group_net_exposure_at(case, ZERO) if group else None
	return Figures(
		exposure=exposure,
		secured=exposure - net,
		net=net,
		utilisation=utilisation(net, limit),
		headroom=None if limit.is_unlimited else limit.ceiling - net,
		group_net=group_net,
		group_utilisation=utilisation(group_net, group.limit) if group else None,
		group_headroom=(group.limit.ceiling - group_net) / group.rate if group else None,
	)


def status(case: Case, of: Figures, profile_status: str) -> str:
	"""Return one word for it, the worst first. `profile_status` is the status of the profile: what is stopped already."""
	if profile_status in _STOPPED:
		return _STOPPED[profile_status]
	if not case.account.has_profile:
		return NO_PROFILE
	limit = case.account.limit
	if not limit.is_unlimited and of.net > max(ZERO, limit.ceiling):
		return OVER_APPROVED if of.net <= limit.ceiling + case.account.approved_excess else OVER
	if of.group_headroom is not None and of.group_headroom < 0:
		return GROUP_OVER
	if limit.kind == NO_CREDIT:
		return WITHOUT_CREDIT
	if limit.is_unlimited:
		return UNLIMITED
	return NEAR if of.net > hold_ceiling(case.account, case.policy) else WITHIN
