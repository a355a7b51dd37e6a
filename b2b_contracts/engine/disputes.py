"""What a dispute sets aside, whose turn it is, and when it stands still (requirements §2.4, §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import ZERO

STANDSTILL_DAYS = 14

US, CUSTOMER = "Us", "Customer"
PARTIES = (US, CUSTOMER)

DRAFT, OPEN, IN_PROGRESS, WAITING = "Draft", "Open", "In Progress", "Waiting for Customer"
ACCEPTED, REJECTED, CANCELLED = "Resolved: Accepted", "Resolved: Rejected", "Cancelled"
RUNNING = (OPEN, IN_PROGRESS, WAITING)
RESOLVED = (ACCEPTED, REJECTED)

PRICE, PO_MISMATCH, DELIVERY, QUALITY, OTHER = "Price", "PO Mismatch", "Delivery", "Quality", "Other"
CAUSES = (PRICE, PO_MISMATCH, DELIVERY, QUALITY, OTHER)
SALES, LOGISTICS, CREDIT_CONTROL = "Sales", "Logistics", "Credit Control"
TEAM_OF_CAUSE = {
	PRICE: SALES,
	PO_MISMATCH: SALES,
	DELIVERY: LOGISTICS,
	QUALITY: LOGISTICS,
	OTHER: CREDIT_CONTROL,
}

# What an entry in a dispute's progress is.
NOTE, CUSTOMER_ANSWER, RESOLUTION_STEP = "Note", "Customer Answer", "Resolution Step"
ENTRIES = (NOTE, CUSTOMER_ANSWER, RESOLUTION_STEP)


@dataclass(frozen=True, slots=True)
class Standstill:
	"""What follows when a dispute stands still: a delivery stop where it is the customer's turn, else its owner's manager
	is told."""

	days: int
	stops_deliveries: bool


def is_progress(entry: str, by: str, owner: str) -> bool:
	"""Whether an entry moves a dispute on: its owner's word, the customer's answer, or a step towards its end.

	What anybody else notes does not: a note a fortnight would keep a dispute alive for ever.
	"""
	return entry in (CUSTOMER_ANSWER, RESOLUTION_STEP) or by == owner


def status_of(next_action_by: str, has_begun: bool) -> str:
	"""Return the status of a running dispute: whose turn it is, and whether anybody has touched it yet."""
	if next_action_by == CUSTOMER:
		return WAITING
	return IN_PROGRESS if has_begun else OPEN


def standstill(
	last_progress_on: date, next_action_by: str, today: date, days_allowed: int
) -> Standstill | None:
	"""Return what follows from a dispute without progress for more than `days_allowed` days, None while it moves.

	With 0 days allowed nothing ever does.
	"""
	days = (today - last_progress_on).days
	if not days_allowed or days <= days_allowed:
		return None
	return Standstill(days, stops_deliveries=next_action_by == CUSTOMER)


def standing_claims(disputed: Iterable[Decimal], outstanding: Decimal) -> list[Decimal]:
	"""Return what still stands of some disputed amounts of one invoice, in their order: together never more than is open.

	What was disputed first stands first. Money and credit notes go to the undisputed part before they go to these.
	"""
	left = max(ZERO, outstanding)
	standing = []
	for amount in disputed:
		part = min(max(ZERO, amount), left)
		standing.append(part)
		left -= part
	return standing


def free_to_dispute(outstanding: Decimal, set_aside: Decimal) -> Decimal:
	"""Return how much of an invoice can still be disputed: what is open and neither disputed nor in a payment plan."""
	return max(ZERO, outstanding - max(ZERO, set_aside))


def days_in_dispute(opened_on: date, ended_on: date | None, today: date) -> int:
	"""Return the days from registration to resolution, or until today (requirements §5)."""
	return max(0, ((ended_on or today) - opened_on).days)
