"""When an order takes security, and for how much of it (requirements §2.6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import HUNDRED, ZERO, percent_of, to_cents

SCORE = "Score"
OWN_EQUITY = "Own Equity"
ANNUAL_SPEND = "Annual Spend"
DEFAULT = "Default"
MADE_TO_ORDER = "Made to Order"
TRIGGERS = (SCORE, OWN_EQUITY, ANNUAL_SPEND, DEFAULT, MADE_TO_ORDER)
# What a threshold is counted in; goods made to order have none.
UNIT_OF = {SCORE: "Points", OWN_EQUITY: "%", ANNUAL_SPEND: "%", DEFAULT: "Days", MADE_TO_ORDER: ""}
# A default is held against a customer for so long.
DEFAULT_COUNTS_DAYS = 365


@dataclass(frozen=True, slots=True)
class Trigger:
	"""A row of the policy: what it looks at, from where on, and which share of the order is demanded then, per cent.

	`threshold`: a score below it; an order above so many per cent of our own equity or of what the customer buys in a year;
	an item more than so many days late within the last year.
	"""

	what: str
	threshold: Decimal
	percent: Decimal


@dataclass(frozen=True, slots=True)
class Grounds:
	"""What is known of the customer and the order, gross in the company's currency. None or 0: not known, so nothing is
	demanded for it. `late_since` is the due date of the oldest item that is open and overdue, `last_default` the last day on
	which an item was later than the policy's days; `made_to_order` what of the order is."""

	amount: Decimal
	score: Decimal | None = None
	own_equity: Decimal = ZERO
	annual_spend: Decimal = ZERO
	last_default: date | None = None
	late_since: date | None = None
	made_to_order: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Demand:
	"""A trigger that fired: what was measured against its threshold, and what is demanded, per cent of the order."""

	what: str
	measured: Decimal
	threshold: Decimal
	percent: Decimal


def triggers_of(rows: Iterable[Mapping]) -> tuple[Trigger, ...]:
	"""Return the triggers of a policy document's rows, or of stored ones; what is switched off is left out."""
	return tuple(
		Trigger(
			row.get("what"), Decimal(str(row.get("threshold") or 0)), Decimal(str(row.get("percent") or 0))
		)
		for row in rows
		if Decimal(str(row.get("percent") or 0))
	)


def demanded(triggers: Iterable[Trigger], grounds: Grounds, today: date) -> tuple[Demand, ...]:
	"""Return what the order is asked security for, the largest demand first."""
	found = [demand for trigger in triggers if (demand := _LOOKS[trigger.what](trigger, grounds, today))]
	return tuple(sorted(found, key=lambda d: (-d.percent, TRIGGERS.index(d.what))))


def percent_demanded(demands: Iterable[Demand]) -> Decimal:
	"""Return the share of the order that must be secured: the largest, for one security answers every demand."""
	return max((demand.percent for demand in demands), default=ZERO)


def amount_demanded(demands: Iterable[Demand], amount: Decimal) -> Decimal:
	"""Return the amount of an order that must be secured, to the cent."""
	return to_cents(percent_of(amount, percent_demanded(demands)))


def _score(trigger: Trigger, grounds: Grounds, today: date) -> Demand | None:
	if grounds.score is None or grounds.score >= trigger.threshold:
		return None
	return Demand(SCORE, grounds.score, trigger.threshold, trigger.percent)


def _share_of(whole: Decimal, trigger: Trigger, grounds: Grounds) -> Demand | None:
	if whole <= 0 or grounds.amount <= percent_of(whole, trigger.threshold):
		return None
	return Demand(trigger.what, grounds.amount / whole * HUNDRED, trigger.threshold, trigger.percent)


def _own_equity(trigger: Trigger, grounds: Grounds, today: date) -> Demand | None:
	return _share_of(grounds.own_equity, trigger, grounds) if trigger.threshold else None


def _annual_spend(trigger: Trigger, grounds: Grounds, today: date) -> Demand | None:
	return _share_of(grounds.annual_spend, trigger, grounds) if trigger.threshold else None


def _default(trigger: Trigger, grounds: Grounds, today: date) -> Demand | None:
	days_late = Decimal((today - grounds.late_since).days) if grounds.late_since else ZERO
	if days_late > trigger.threshold:
		return Demand(DEFAULT, days_late, trigger.threshold, trigger.percent)
	last = grounds.last_default
	if last is None or last < today - timedelta(days=DEFAULT_COUNTS_DAYS):
		return None
	return Demand(DEFAULT, trigger.threshold, trigger.threshold, trigger.percent)


def _made_to_order(trigger: Trigger, grounds: Grounds, today: date) -> Demand | None:
	"""What is made for the customer alone cannot be sold to another: its share of the order is what counts."""
	if grounds.made_to_order <= 0 or grounds.amount <= 0:
		return None
	share = min(HUNDRED, grounds.made_to_order / grounds.amount * HUNDRED)
	return Demand(MADE_TO_ORDER, share, ZERO, percent_of(trigger.percent, share))


_LOOKS = {
	SCORE: _score,
	OWN_EQUITY: _own_equity,
	ANNUAL_SPEND: _annual_spend,
	DEFAULT: _default,
	MADE_TO_ORDER: _made_to_order,
}
