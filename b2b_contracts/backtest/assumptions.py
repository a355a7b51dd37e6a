"""What a replay takes for granted where the past cannot tell: how holds would have been answered."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Assumptions:
	"""How a replay answers what the policy holds.

	`release_hours`: a person releases a hold after so many working hours; None: after the policy's response hours.
	`nobody_releases`: holds wait until their cause has gone. Credit stops and forced holds always do.
	`prepay_days`: a customer who is asked for prepayment or security pays after so many days; None: never.
	`give_up_days`: an order that waits longer is lost.
	`recorded_answers`: people answered as the book says they did, and nothing else of the above happens.
	`observe`: nothing is held back: every order goes on as it did, and a hold is only noted (mode Observe).
	`profiles_from_start`: the first profile, rating and group limit that the book knows hold from its beginning: for a past
	in which nobody wrote them down yet.
	`late_days`: an invoice counts as paid late when it was paid more than so many days after it was due.
	`follow_terms`: invoices on a segment's standard terms get the policy's terms; customers stay as late as they were.
	"""

	release_hours: Decimal | None = None
	nobody_releases: bool = False
	prepay_days: int | None = 5
	give_up_days: int = 30
	recorded_answers: bool = False
	observe: bool = False
	profiles_from_start: bool = False
	late_days: int = 14
	follow_terms: bool = True

	def __post_init__(self):
		if self.release_hours is not None and self.release_hours < 0:
			raise ValueError(f"release hours cannot be negative: {self.release_hours}")
		for name in ("prepay_days", "give_up_days", "late_days"):
			value = getattr(self, name)
			if value is not None and value < 0:
				raise ValueError(f"{name.replace('_', ' ')} cannot be negative: {value}")
