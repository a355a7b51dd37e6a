"""What a salesperson earns on an invoice, and when: a part at invoicing, the rest as it is paid, less what is credited; and less
where an order was pushed against advice to a customer who keeps paying late (requirements §5).

One person's part of one invoice is followed through its life. Amounts are in the company's currency, to the cent; how much of the
invoice an event settles is a share of its total, so exchange differences do not touch a commission. A move is the difference
between what stood before and after an event: moves add up to the cent, whatever was rounded on the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .money import ZERO, percent_of, to_cents

# What an event does to an invoice.
PAID, CREDITED, WRITTEN_OFF = "Paid", "Credited", "Written Off"
# What a commission moves for.
AT_INVOICING, ON_PAYMENT, REVERSED, MALUS = "At Invoicing", "On Payment", "Reversed", "Malus"
KINDS = (AT_INVOICING, ON_PAYMENT, REVERSED, MALUS)

NOTHING, WHOLE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Plan:
	"""How commission is earned: per cent at invoicing, the rest when paid; per cent taken off as malus; how many invoices paid how many
	days late within how many days make a repeat late payer; whether what is written off takes back what invoicing earned."""

	invoiced_percent: Decimal = Decimal(70)
	malus_percent: Decimal = Decimal(50)
	late_invoices: int = 3
	late_days: int = 14
	within_days: int = 365
	reverses_written_off: bool = False


@dataclass(frozen=True, slots=True)
class Event:
	"""What happened to an invoice on a day: `share` of its total was paid, credited or written off; negative where it was undone.

	`of_base` is how much of what earns commission was credited, where that is another share than of the total.
	"""

	day: date
	kind: str
	share: Fraction
	of_base: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Move:
	"""What a day adds to (or takes from) a commission, and for what."""

	day: date
	kind: str
	amount: Decimal


@dataclass(slots=True)
class _State:
	"""How much of an invoice is paid, credited and written off, as shares of its total, and of what earns commission credited."""

	paid: Fraction = NOTHING
	credited: Fraction = NOTHING
	written_off: Fraction = NOTHING
	reversed: Fraction = NOTHING

	def add(self, event: Event) -> None:
		if event.kind == PAID:
			self.paid += event.share
		elif event.kind == CREDITED:
			self.credited += event.share
			self.reversed += event.share if event.of_base is None else event.of_base
		else:
			self.written_off += event.share

	def earned(self, commission: Decimal, plan: Plan) -> tuple[Decimal, Decimal]:
		"""Return what invoicing and what payments have earned by now.

		Nothing is earned on what is credited, whoever has paid it, and payments earn nothing on what is written off. Payments count
		against what is left to pay. Once that is paid, the two are the whole commission of it to the cent: the second is what the
		first has left.
		"""
		stands = WHOLE - _within(self.reversed)
		left = WHOLE - _within(self.credited)
		off = _within(self.written_off / left) if left else NOTHING
		paid = min(WHOLE - off, _within(self.paid / left)) if left else NOTHING
		invoiced = stands * (WHOLE - off) if plan.reverses_written_off else stands
		at_invoicing = _share_of(percent_of(commission, plan.invoiced_percent), invoiced)
		if paid * stands == invoiced:
			return at_invoicing, _share_of(commission, invoiced) - at_invoicing
		rest = commission - to_cents(percent_of(commission, plan.invoiced_percent))
		return at_invoicing, _share_of(rest, paid * stands)

	@property
	def is_settled(self) -> bool:
		return self.paid + self.credited + self.written_off >= WHOLE


def _within(share: Fraction) -> Fraction:
	return min(WHOLE, max(NOTHING, share))


def _share_of(amount: Decimal, share: Fraction) -> Decimal:
	return to_cents(amount * share.numerator / share.denominator)


def moves(
	commission: Decimal,
	invoiced_on: date,
	events: Iterable[Event],
	plan: Plan,
	malus_from: date | None = None,
) -> list[Move]:
	"""Return how the commission of one person on one invoice comes and goes, by day.

	`commission` is the whole of it, as if the invoice were paid in full. Events of one day count in their order; one before the day of
	the invoice counts on that day: an advance earns when the invoice is there. `malus_from` is the day from which the malus applies.
	"""
	found: list[Move] = []
	state = _State()
	earned = malus = ZERO

	def move(day: date, before: Decimal, takes_back: bool = False, kind: str = ON_PAYMENT) -> None:
		nonlocal earned, malus
		earned = sum(state.earned(commission, plan), ZERO)
		if earned != before:
			# What is credited can be what earns nothing: then the rest is paid to a larger part than before.
			kind = REVERSED if takes_back and earned < before else kind
			found.append(Move(day, kind, earned - before))
		applies = malus_from is not None and malus_from <= day
		due = -to_cents(percent_of(earned, plan.malus_percent)) if applies else ZERO
		if due != malus:
			found.append(Move(day, MALUS, due - malus))
			malus = due

	move(invoiced_on, ZERO, kind=AT_INVOICING)
	later = sorted(((max(event.day, invoiced_on), event) for event in events), key=lambda pair: pair[0])
	if malus_from is not None:
		# The day on which the malus begins, without anything else happening.
		later.append((max(malus_from, invoiced_on), None))
		later.sort(key=lambda pair: pair[0])
	for day, event in later:
		before = earned
		if event is not None:
			state.add(event)
		move(day, before, takes_back=event is not None and event.kind != PAID)
	return found


def total(moved: Iterable[Move], kind: str | None = None) -> Decimal:
	"""Return the sum of moves, of one kind or of all."""
	return sum((move.amount for move in moved if kind in (None, move.kind)), ZERO)


def still_to_come(commission: Decimal, events: Iterable[Event], plan: Plan) -> Decimal:
	"""Return what is earned yet when all that is neither credited nor written off gets paid, before any malus."""
	state = _State()
	for event in events:
		state.add(event)
	now = sum(state.earned(commission, plan), ZERO)
	state.paid = WHOLE
	return sum(state.earned(commission, plan), ZERO) - now


def settled_on(events: Iterable[Event]) -> date | None:
	"""Return the first day by whose end nothing of an invoice is open, None while something is."""
	state = _State()
	events = sorted(events, key=lambda event: event.day)
	for number, event in enumerate(events):
		state.add(event)
		is_last_of_day = number + 1 == len(events) or events[number + 1].day > event.day
		if is_last_of_day and state.is_settled:
			return event.day
	return None


def paid_share(events: Iterable[Event]) -> Fraction:
	"""Return how much of an invoice's total is paid, 0 to 1."""
	return _within(sum((event.share for event in events if event.kind == PAID), NOTHING))


def late_payer_from(late_on: Iterable[date], since: date, until: date, plan: Plan) -> date | None:
	"""Return the first day from `since` to `until` (both included) on which a customer is a repeat late payer, None without one.

	`late_on` are the days on which its invoices became late: one for each that was still open so many days after it fell due. On a
	day those of the last `within_days` days count, that day included.
	"""
	if plan.late_invoices <= 0:
		return None
	days = sorted(late_on)
	for day in [since, *(day for day in days if since < day <= until)]:
		if (
			day <= until
			and sum(0 <= (day - late).days < plan.within_days for late in days) >= plan.late_invoices
		):
			return day
	return None
