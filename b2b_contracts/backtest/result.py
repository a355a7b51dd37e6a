"""What a back-test found: the past and each policy side by side, ready for the workbook, the desk and the terminal."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from statistics import median

from b2b_contracts.engine.gate import STOPPED
from b2b_contracts.engine.money import ZERO

from .assumptions import Assumptions
from .decisions import Decisions
from .figures import BAD_FATES, FATES, GAVE_UP, LOST, ON_TIME, Figures, Hold, Month, Tally, Totals, dso
from .policy_file import Difference, PolicyTerms, differences

MONTHS_OF_SALES = 3


class WorldResult:
	"""One world at the end of the replay. `before` is the past, None for the past itself."""

	def __init__(
		self,
		title: str,
		figures: Figures,
		last: date,
		before: "WorldResult | None" = None,
		terms: PolicyTerms | None = None,
	):
		self.title, self.figures, self.last, self.before, self.terms = title, figures, last, before, terms

	# -------------------------------------------------------------- months
	@cached_property
	def months(self) -> list[Month]:
		"""The months in order."""
		return [self.figures.months[key] for key in sorted(self.figures.months)]

	def dso_of(self, month: Month) -> Decimal | None:
		"""Return the DSO at the end of a month, from the sales of the three months until then; None before there are."""
		place = self.months.index(month)
		if place + 1 < MONTHS_OF_SALES:
			return None
		window = self.months[place + 1 - MONTHS_OF_SALES : place + 1]
		ends = min(self.last + timedelta(days=1), _next_month(month.month))
		sales = sum((m.invoiced - m.credited - m.cancelled for m in window), ZERO)
		return dso(month.receivables, sales, max(1, (ends - window[0].month).days))

	@cached_property
	def dso_average(self) -> Decimal | None:
		"""The average of the month-end DSOs."""
		found = [value for month in self.months if (value := self.dso_of(month)) is not None]
		return sum(found, ZERO) / len(found) if found else None

	@property
	def cash(self) -> Decimal:
		"""All money that came in."""
		return sum((month.cash for month in self.months), ZERO)

	@cached_property
	def receivables_average(self) -> Decimal:
		"""The average of what is owed at the ends of the months."""
		return sum((m.receivables for m in self.months), ZERO) / len(self.months) if self.months else ZERO

	@cached_property
	def overdue_share_average(self) -> Decimal | None:
		"""The average share of open items that is overdue at the ends of the months, a ratio; None when nothing is open."""
		shares = [m.overdue / (m.overdue + m.not_due) for m in self.months if m.overdue + m.not_due]
		return sum(shares, ZERO) / len(shares) if shares else None

	# -------------------------------------------------------------- holds
	@cached_property
	def held_orders(self) -> list[Hold]:
		"""The held orders, each once: by its last hold."""
		found: dict[str, Hold] = {}
		for hold in self.figures.holds:
			found[hold.key] = hold
		return list(found.values())

	@property
	def loss(self) -> Decimal:
		"""What was written off."""
		return self.figures.loss

	@property
	def loss_avoided(self) -> Decimal:
		"""What was written off in the past and would not have been, under the assumptions of the replay."""
		return self.before.loss - self.loss if self.before else ZERO

	@cached_property
	def avoided(self) -> list[Hold]:
		"""The orders whose loss would have been avoided, the largest first."""
		return sorted((h for h in self.held_orders if h.effect), key=lambda h: -h.effect)

	@cached_property
	def lost_after_hold(self) -> list[Hold]:
		"""Orders that the policy holds and that were lost in the past: what it pointed at, whoever released them."""
		return sorted((h for h in self.held_orders if h.fate == LOST), key=lambda h: -h.amount)

	@cached_property
	def rightly_stopped(self) -> list[Hold]:
		"""Stopped orders that were later lost, disputed or paid late, the largest first."""
		found = [h for h in self.held_orders if h.fate in BAD_FATES and h.outcome == STOPPED]
		return sorted(found, key=lambda h: -h.amount)

	@cached_property
	def delayed_good(self) -> list[Hold]:
		"""Orders that were paid on time in the past and whose goods would have come later, the longest delay first."""
		found = [h for h in self.held_orders if h.fate == ON_TIME and h.shift > 0]
		return sorted(found, key=lambda h: (-h.shift, -h.amount))

	@cached_property
	def lost_good(self) -> list[Hold]:
		"""Orders that were paid on time in the past and would have been given up, the largest first."""
		found = [h for h in self.held_orders if h.fate == ON_TIME and h.end == GAVE_UP]
		return sorted(found, key=lambda h: -h.amount)

	@cached_property
	def by_fate(self) -> dict[str, tuple[Tally, Tally]]:
		"""Held orders by their fate in the past: (all, of which stopped)."""
		result = {fate: (Tally(), Tally()) for fate in FATES}
		for hold in self.held_orders:
			result[hold.fate][0].add(hold.amount)
			if hold.outcome == STOPPED:
				result[hold.fate][1].add(hold.amount)
		return result

	@cached_property
	def hold_days(self) -> tuple[float, float] | None:
		"""Average and median length of the holds that ended, in days; None without any."""
		days = [hold.days for hold in self.figures.holds if hold.days is not None]
		return (sum(days) / len(days), median(days)) if days else None


def amount_of(holds: list[Hold]) -> Decimal:
	"""Return what some held orders come to."""
	return sum((hold.amount for hold in holds), ZERO)


@dataclass
class Result:
	"""A whole back-test. Money in `currency`, the book's main one, unless said otherwise.

	`customers` are the book's rows by name: (customer, name, company, currency, number).
	"""

	book: str
	currency: str
	first: date
	last: date
	from_date: date
	to_date: date
	assumptions: Assumptions
	past: WorldResult
	policies: list[WorldResult]
	decisions: Decisions
	customers: dict[str, tuple]

	@property
	def worlds(self) -> list[WorldResult]:
		"""The past and the policies."""
		return [self.past, *self.policies]

	@cached_property
	def differences(self) -> list[Difference]:
		"""The terms in which the two policies differ; none with one policy."""
		if len(self.policies) < 2:
			return []
		return differences(self.policies[0].terms, self.policies[1].terms)


def not_conserved(past: Figures, world: Figures) -> dict[str, Decimal]:
	"""Return what of the past's money is neither booked in a world, nor given up, nor still to come; all 0 when it adds up.

	Amounts are in the customers' currencies.
	"""
	was, has, later = past.totals, world.totals, world.to_come
	return {
		"delivered": was.delivered - has.delivered - has.never_delivered - later.delivered,
		"invoiced": was.invoiced - has.invoiced - has.never_invoiced - later.invoiced,
		"credited": was.credited - has.credited - has.never_credited - later.credited,
		"received": was.received - has.received - has.paid_ahead - has.never_paid - later.received,
		"written off": was.written_off
		+ was.not_written_off
		- has.written_off
		- has.not_written_off
		- has.never_written_off
		- later.written_off,
	}


def owed(totals: Totals) -> Decimal:
	"""Return what customers owe after everything that was booked."""
	came = totals.received + totals.advanced
	return totals.invoiced - totals.cancelled - totals.credited - came - totals.written_off


def _next_month(month: date) -> date:
	return date(month.year + month.month // 12, month.month % 12 + 1, 1)
