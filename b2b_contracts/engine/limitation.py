"""Until when a claim can still be enforced, and whose time runs out first (requirements §3).

How long a claim lives is the law of a country (`Terms`): in Denmark three years from the due date, ten after the debtor
has acknowledged the debt in writing.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import ZERO
from .security_life import reminder_due

# Days before a claim is lost at which people are warned.
WARNING_DAYS = (365, 180, 90, 30)


@dataclass(frozen=True, slots=True)
class Terms:
	"""How many years a claim lives: from its due date, and from a written acknowledgement of the debt on."""

	years: int = 3
	years_after_acknowledgement: int = 10
	is_confirmed: bool = True
	source: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
	"""An amount that is owed since a day, in one currency, and when the debtor acknowledged to owe it."""

	name: str
	due: date
	amount: Decimal
	acknowledged: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
	"""A claim, the last day on which it can be enforced, and the acknowledgement that this counts from (None: the due date)."""

	claim: Claim
	expires: date
	counts_from: date | None

	def days_left(self, today: date) -> int:
		"""Return how many days are left, negative once it is lost."""
		return (self.expires - today).days


def years_later(day: date, years: int) -> date:
	"""Return the same day so many years later: of a leap day the last of February, so that nothing is reckoned too long."""
	year = day.year + years
	return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def watched(claim: Claim, terms: Terms) -> Watched:
	"""Return until when a claim lives. An acknowledgement counts while the claim lives: one that comes too late revives nothing."""
	expires, since = years_later(claim.due, terms.years), None
	for day in sorted(claim.acknowledged):
		renewed = years_later(day, terms.years_after_acknowledgement)
		if day <= expires and renewed > expires:
			expires, since = renewed, day
	return Watched(claim, expires, since)


def worst_first(claims: Iterable[tuple[Claim, Terms]], today: date, within: int) -> list[Watched]:
	"""Return the claims whose time runs out within so many days, lost ones too: the first to go on top, of one day the largest."""
	found = [watched(claim, terms) for claim, terms in claims if claim.amount > ZERO]
	near = [one for one in found if one.days_left(today) <= within]
	return sorted(near, key=lambda one: (one.expires, -one.claim.amount, one.claim.name))


def oldest_due_that_matters(today: date, years: int, within: int) -> date:
	"""Return the newest due date of a claim that nobody acknowledged and that is lost within so many days, given its years."""
	try:
		last = date.fromordinal(today.toordinal() + within)
		# The last of February stands for a leap day too.
		return (
			years_later(last, -years) if last.month != 2 or last.day != 28 else date(last.year - years, 3, 1)
		)
	except ValueError:
		return date.min


def warning_due(expires: date, today: date, told: Iterable[int]) -> int | None:
	"""Return the warning that is due, in days before the end: the tightest reached, None when it was given or none is reached."""
	return reminder_due(expires, today, told, WARNING_DAYS)
