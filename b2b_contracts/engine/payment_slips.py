"""“We paid yesterday”: how long a payment slip lets goods wait for its money, and what came of it (requirements §2.4, §3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from .money import ZERO
from .plans import last_day_of_grace

WAIT_DAYS = 3
# A slip shows money that is on its way; a later value date is a promise.
LATEST_VALUE_DAYS = 7
# Banks book between banks of one house before the value date.
BEFORE_VALUE = timedelta(days=5)
REPEAT_DAYS = 90

REPORTED, ACCEPTED, ARRIVED, NOT_ARRIVED = "Reported", "Accepted", "Arrived", "Not Arrived"
REJECTED, CANCELLED = "Rejected", "Cancelled"
LIVE = (REPORTED, ACCEPTED)

CONTROLLER, MANAGER = "Credit Controller", "Credit Manager"


@dataclass(frozen=True, slots=True)
class Slip:
	"""An amount that is said to be paid, in the currency of the receivable account, with its value date and the last day
	on which the money is waited for. `invoices` is empty where it is for anything that is open."""

	name: str
	amount: Decimal
	reported_at: datetime
	value_date: date
	wait_until: date
	reference: str = ""
	invoices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Money:
	"""Money that came in on a day: when it was booked, under which payment reference, against which invoice ("" = none)."""

	day: date
	amount: Decimal
	booked_at: datetime
	reference: str = ""
	invoice: str = ""


def wait_until(value_date: date, working_days: int, days_off: Collection[date]) -> date:
	"""Return the last day on which the money of a slip is waited for: so many working days after its value date.

	Raises `ValueError` when there are not so many within a year: the holiday list must be wrong.
	"""
	return last_day_of_grace(value_date, days_off, working_days)


def plain_reference(reference: str) -> str:
	"""Return a payment reference as it is compared: banks write them in capitals, with and without spaces."""
	return "".join(sign for sign in reference.upper() if sign.isalnum())


def counted(slips: Sequence[Slip], money: Sequence[Money]) -> dict[str, Decimal]:
	"""Return how much of the money that came in is the money of each slip, by its name. No money counts twice.

	The same payment reference says it best; then money that was set against an invoice of the slip; then money set
	against none, or any where the slip names no invoice. The slip that is waited for the shortest takes its money first.
	"""
	found = {slip.name: ZERO for slip in slips}
	left = [payment.amount for payment in money]
	for says_so in (_same_reference, _same_invoice, _may_be):
		for slip in sorted(slips, key=lambda s: (s.wait_until, s.value_date, s.name)):
			for position, payment in enumerate(money):
				missing = slip.amount - found[slip.name]
				if missing > 0 and _in_time(slip, payment) and says_so(slip, payment):
					part = max(ZERO, min(missing, left[position]))
					found[slip.name] += part
					left[position] -= part
	return found


def _in_time(slip: Slip, payment: Money) -> bool:
	return slip.value_date - BEFORE_VALUE <= payment.day <= slip.wait_until


def _same_reference(slip: Slip, payment: Money) -> bool:
	reference = plain_reference(slip.reference)
	return bool(reference) and reference == plain_reference(payment.reference)


def _is_news(slip: Slip, payment: Money) -> bool:
	"""Whether money was booked after the slip came: what was known before is not what the slip is about."""
	return payment.booked_at >= slip.reported_at


def _same_invoice(slip: Slip, payment: Money) -> bool:
	return _is_news(slip, payment) and payment.invoice in slip.invoices


def _may_be(slip: Slip, payment: Money) -> bool:
	return _is_news(slip, payment) and (not payment.invoice or not slip.invoices)


def status_of(slip: Slip, status: str, arrived: Decimal, today: date) -> str:
	"""Return what a slip has come to: arrived as soon as all is there, given up on the day after its last."""
	if status not in LIVE:
		return status
	if arrived >= slip.amount:
		return ARRIVED
	return NOT_ARRIVED if today > slip.wait_until else status


def spread(amount: Decimal, claims: Sequence[tuple[Decimal, Decimal]]) -> list[Decimal]:
	"""Return what is awaited of each invoice: `claims` are (what the slip says of it, what is open of it), in the order in
	which they are served. Together never more than `amount`, of none more than is open."""
	left = max(ZERO, amount)
	parts = []
	for wanted, still_open in claims:
		part = min(left, max(ZERO, wanted), max(ZERO, still_open))
		parts.append(part)
		left -= part
	return parts


def accepted_by(last_failed: date | None, today: date) -> str:
	"""Return the role that accepting a slip takes: a higher one when money of the customer did not come lately."""
	if last_failed is not None and (today - last_failed).days <= REPEAT_DAYS:
		return MANAGER
	return CONTROLLER


def pauses(status: str, value_date: date, on: date) -> bool:
	"""Whether a slip keeps reminders back on a day: once accepted, until its value date (requirements §3)."""
	return status == ACCEPTED and on <= value_date
