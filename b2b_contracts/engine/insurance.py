"""Credit insurance: what the insurer does not cover any more, and what it wants to be told by when (requirements §2.3, §2.6)."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO
from .overdue import chased_instalments, latest_due_date_that_counts, undisputed_rest

NAMED, DISCRETIONARY = "Named", "Discretionary"
LIMIT_BASES = (NAMED, DISCRETIONARY)

DRAFT, IN_FORCE, ENDED = "Draft", "In Force", "Ended"

REPORT_OVERDUE, STOP_SHIPMENTS, HAND_OVER = "Report Overdue", "Stop Shipments", "Hand Over to Collection"
REPORT_INSOLVENCY, DECLARE_TURNOVER, RENEW = "Report Insolvency", "Declare Turnover", "Renew"
DUTIES = (REPORT_OVERDUE, STOP_SHIPMENTS, HAND_OVER, REPORT_INSOLVENCY, DECLARE_TURNOVER, RENEW)
# What an item brings about, and its payment ends.
OF_ITEMS = (REPORT_OVERDUE, STOP_SHIPMENTS, HAND_OVER)

OPEN, DONE, MISSED, NOT_NEEDED = "Open", "Done", "Missed", "Not Needed"
STILL_TO_DO = (OPEN, MISSED)

MONTHLY, QUARTERLY = "Monthly", "Quarterly"
MONTHS = {MONTHLY: 1, QUARTERLY: 3}

# A duty stands in the calendar so many days before it is due, a renewal longer.
FORESEEN_DAYS = 7
RENEWAL_FORESEEN_DAYS = 30
# The credit managers are told so many days before it is due.
WARNING_DAYS = 3


@dataclass(frozen=True, slots=True)
class Item:
	"""What is open of a due date of an invoice, and what of that is disputed, in one currency."""

	invoice: str
	due: date
	open: Decimal
	disputed: Decimal = ZERO

	@property
	def undisputed(self) -> Decimal:
		return self.open - self.disputed


def items_of(
	invoice: str, due: date, open_amount: Decimal, disputed: Decimal, instalments: list[tuple[date, Decimal]]
) -> tuple[Item, ...]:
	"""Return what is open of an invoice by due date: one item, or one an instalment (due date, amount; earliest first).

	Payments went to the earliest instalments, and what is disputed is the earliest of the rest. No instalment counts as
	due later than `due`, the original date of an invoice that was re-aged.
	"""
	disputed = min(max(ZERO, disputed), open_amount)
	if len(instalments) < 2:
		return (Item(invoice, due, open_amount, disputed),)
	chased: dict[date, Decimal] = {}
	for day, amount in chased_instalments(instalments, open_amount, disputed):
		chased[day] = chased.get(day, ZERO) + amount
	found: dict[date, Item] = {}
	for day, amount in chased_instalments(instalments, open_amount, ZERO):
		before = found.get(day, Item(invoice, min(day, due), ZERO))
		still_open = before.open + amount
		found[day] = Item(invoice, before.due, still_open, still_open - chased.get(day, ZERO))
	return tuple(found.values())


def past_maximum(items: Iterable[Item], on: date, days: int) -> Decimal:
	"""Return the undisputed items that are more than so many days past due: the insurer's maximum extension period."""
	if not days:
		return ZERO
	last = latest_due_date_that_counts(on, days)
	return sum((item.undisputed for item in items if item.due <= last), ZERO)


def not_covered(items: Iterable[Item], on: date, days: int, credits: Decimal = ZERO) -> Decimal:
	"""Return what of a customer's open items the insurer does not cover.

	That is what is past the maximum extension period, once unallocated money and credit notes (`credits`) went to the
	oldest of it; and what is disputed, however old, as insurers pay no disputed claim before it is settled. Nothing where
	the policy has no such period (0 days): then it says nothing about items.
	"""
	if not days:
		return ZERO
	items = tuple(items)
	disputed = sum((item.disputed for item in items), ZERO)
	return disputed + undisputed_rest(past_maximum(items, on, days), credits)


# ------------------------------------------------------------------ duties
@dataclass(frozen=True, slots=True)
class Terms:
	"""What an insurance policy asks for; days in days.

	`reporting_days` after due an item must have been reported, 0: never. `hand_over_days` after the maximum extension
	period it must be with a collection agency. `declares` the turnover "", Monthly or Quarterly, within
	`declaration_days` after the period. `renewal_days` before its end somebody sees to the next policy. Nothing is asked
	for that was due before `duties_from`.
	"""

	period_from: date
	period_to: date
	duties_from: date
	maximum_extension_days: int = 60
	reporting_days: int = 0
	hand_over_days: int = 30
	declares: str = ""
	declaration_days: int = 30
	renewal_days: int = 60


@dataclass(frozen=True, slots=True)
class Duty:
	"""Something to be done for an insurer by a day; `reference` says what it is about (an item, a period)."""

	kind: str
	due: date
	reference: str
	invoice: str = ""


def reference_of(item: Item) -> str:
	"""Return how duties name an item: its invoice and due date."""
	return f"{item.invoice} {item.due.isoformat()}"


def duties_of_items(terms: Terms, items: Iterable[Item], today: date) -> tuple[Duty, ...]:
	"""Return what the items of one customer ask for by now, as far ahead as it is foreseen: nothing of what is disputed or
	not overdue yet. Shipments are stopped for the oldest item alone."""
	overdue = sorted(
		(item for item in items if item.undisputed > 0 and item.due < today),
		key=lambda item: (item.due, item.invoice),
	)
	horizon = today + timedelta(days=FORESEEN_DAYS)
	found = []
	for number, item in enumerate(overdue):
		maximum = item.due + timedelta(days=terms.maximum_extension_days)
		reference = reference_of(item)
		if terms.reporting_days:
			by = item.due + timedelta(days=terms.reporting_days)
			found += [Duty(REPORT_OVERDUE, by, reference, item.invoice)] if by <= horizon else []
		if not terms.maximum_extension_days:
			continue
		if not number and maximum <= horizon:
			found.append(Duty(STOP_SHIPMENTS, maximum, reference, item.invoice))
		if maximum < today:
			by = maximum + timedelta(days=terms.hand_over_days)
			found.append(Duty(HAND_OVER, by, reference, item.invoice))
	return tuple(duty for duty in found if duty.due >= terms.duties_from)


def duties_of_policy(terms: Terms, today: date) -> tuple[Duty, ...]:
	"""Return what a policy itself asks for by now: the turnover of each period that has ended, and its renewal."""
	found = []
	for name, last in _periods_ended(terms, today):
		found.append(Duty(DECLARE_TURNOVER, last + timedelta(days=terms.declaration_days), name))
	by = terms.period_to - timedelta(days=terms.renewal_days)
	if by - timedelta(days=RENEWAL_FORESEEN_DAYS) <= today <= terms.period_to:
		found.append(Duty(RENEW, by, terms.period_to.isoformat()))
	return tuple(duty for duty in found if duty.due >= terms.duties_from)


def _periods_ended(terms: Terms, today: date) -> list[tuple[str, date]]:
	"""Return the calendar months or quarters of a policy that are over, (name, last day); the last ends with the policy."""
	months = MONTHS.get(terms.declares)
	if not months:
		return []
	found = []
	year, month = terms.period_from.year, terms.period_from.month
	month += -month % months
	while True:
		last = min(date(year, month, monthrange(year, month)[1]), terms.period_to)
		if last >= today:
			return found
		name = f"{year}-{month:02d}" if months == 1 else f"{year}-Q{month // months}"
		found.append((name, last))
		if last == terms.period_to:
			return found
		year, month = year + (month + months - 1) // 12, (month + months - 1) % 12 + 1


def is_asked_for(duty: Duty, items: Iterable[Item], today: date) -> bool:
	"""Whether the item that a duty is about is still open, undisputed and overdue."""
	return any(
		reference_of(item) == duty.reference and item.undisputed > 0 and item.due < today for item in items
	)


def status_on(due: date, today: date) -> str:
	"""Return how a duty that nobody has done stands on a day."""
	return MISSED if due < today else OPEN


def is_near(due: date, today: date) -> bool:
	"""Whether the credit managers are to be told that a duty is due soon."""
	return due - timedelta(days=WARNING_DAYS) <= today
