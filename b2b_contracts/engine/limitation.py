"""Until when a claim can still be enforced, and whose time runs out first (requirements §3).

How long a claim lives is the law of a country (`Terms`): in Denmark three years from the due date, ten after the debtor
has acknowledged the debt in writing or a court has decided on it. A suit that is filed in time interrupts it.
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
	"""How many years a claim lives: from its due date, from a written acknowledgement of the debt on, from a judgment on, and at
	least after a suit that ended without one. `is_court_confirmed`: the last two."""

	years: int = 3
	years_after_acknowledgement: int = 10
	is_confirmed: bool = True
	source: str = ""
	years_after_judgment: int = 10
	years_after_suit: int = 0
	is_court_confirmed: bool = False


PENDING, JUDGMENT, NO_JUDGMENT = "Pending", "Judgment", "No Judgment"
OUTCOMES = (JUDGMENT, NO_JUDGMENT)


@dataclass(frozen=True, slots=True)
class Suit:
	"""A suit over a claim: the day on which it was filed, and how and when it ended (None: it is pending)."""

	filed: date
	outcome: str = PENDING
	ended: date | None = None

	@property
	def is_pending(self) -> bool:
		return self.outcome == PENDING or self.ended is None


@dataclass(frozen=True, slots=True)
class Claim:
	"""An amount that is owed since a day, in one currency, and when the debtor acknowledged to owe it."""

	name: str
	due: date
	amount: Decimal
	acknowledged: tuple[date, ...] = ()
	suits: tuple[Suit, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
	"""A claim, the last day on which it can be enforced, and the acknowledgement or judgment that this counts from (None: the due
	date). `interrupted_by` is the suit that is pending, during which no time is over; `counts_by` a suit that moved the day."""

	claim: Claim
	expires: date
	counts_from: date | None
	interrupted_by: Suit | None = None
	counts_by: Suit | None = None

	def days_left(self, today: date) -> int:
		"""Return how many days are left, negative once it is lost."""
		return (self.expires - today).days


def years_later(day: date, years: int) -> date:
	"""Return the same day so many years later: of a leap day the last of February, so that nothing is reckoned too long."""
	year = day.year + years
	return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def watched(claim: Claim, terms: Terms) -> Watched:
	"""Return until when a claim lives. An acknowledgement or a suit counts while the claim lives: one that comes too late revives
	nothing. While a suit that came in time is pending the claim lives, whatever day it is."""
	expires, since, by = years_later(claim.due, terms.years), None, None
	pending: Suit | None = None
	# Until when it lives at least, because it is before a court.
	alive = date.min
	events = [(day, 1, None) for day in claim.acknowledged] + [(suit.filed, 0, suit) for suit in claim.suits]
	for day, _rank, suit in sorted(events, key=lambda event: event[:2]):
		if day > max(expires, alive):
			continue
		if suit is None:
			renewed = years_later(day, terms.years_after_acknowledgement)
			if renewed > expires:
				expires, since, by = renewed, day, None
		elif suit.is_pending:
			pending, alive = suit, date.max
		else:
			alive = max(alive, suit.ended)
			is_judged = suit.outcome == JUDGMENT
			years = terms.years_after_judgment if is_judged else terms.years_after_suit
			# Without further years it lives until the court has done with it, and not longer than before.
			renewed = years_later(suit.ended, years) if years else expires
			if renewed > expires:
				expires, since, by = renewed, suit.ended, suit
	return Watched(claim, expires, since, pending, by)


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
