"""Whether a promise to pay was kept: which money counts for it, and what it came to (requirements §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import ZERO

OPEN, KEPT, PARTLY, BROKEN, WITHDRAWN = "Open", "Kept", "Partly Kept", "Broken", "Withdrawn"


@dataclass(frozen=True, slots=True)
class Promise:
	"""An amount promised on a day until another, in the currency of the receivable account. `invoice` is empty when it is
	not about one."""

	name: str
	amount: Decimal
	made_on: date
	until: date
	invoice: str = ""


@dataclass(frozen=True, slots=True)
class Money:
	"""Money that came in on a day, and the invoice that it was set against, empty when it was set against none."""

	day: date
	amount: Decimal
	invoice: str = ""


def counted(promises: Sequence[Promise], money: Sequence[Money]) -> dict[str, Decimal]:
	"""Return how much of the money that came in counts for each promise, by its name.

	A promise about an invoice counts what was set against that invoice, any other what came in at all; from the day on
	which it was made until its own. No money counts twice: the promise that ends first takes it first, one about its
	invoice before one about none.
	"""
	found = {promise.name: ZERO for promise in promises}
	left = [payment.amount for payment in money]
	for promise in sorted(promises, key=lambda p: (not p.invoice, p.until, p.made_on, p.name)):
		for position, payment in enumerate(money):
			missing = promise.amount - found[promise.name]
			if missing <= 0:
				break
			if (
				promise.invoice not in ("", payment.invoice)
				or not promise.made_on <= payment.day <= promise.until
			):
				continue
			part = max(ZERO, min(missing, left[position]))
			found[promise.name] += part
			left[position] -= part
	return found


def status_of(promise: Promise, paid: Decimal, today: date) -> str:
	"""Return what a promise has come to: kept as soon as all is paid, judged on the day after its last."""
	if paid >= promise.amount:
		return KEPT
	if today <= promise.until:
		return OPEN
	return PARTLY if paid > 0 else BROKEN


def pauses(promise: Promise, status: str, today: date) -> bool:
	"""Whether a promise keeps reminders back: while it is open and its day has not passed."""
	return status == OPEN and today <= promise.until
