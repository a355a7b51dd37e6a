"""Measures: the key figures of the summary, the figures of a segment and of a month."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from statistics import fmean
from typing import NamedTuple

from b2b_contracts.engine.money import ZERO

from ..figures import ENDS, FATES, Hold, Month, SegmentFigures
from ..result import WorldResult, amount_of
from .cells import COUNT, DAYS, MONEY, SHARE, WORDS
from .context import Context


class Figure(NamedTuple):
	"""A key figure, or a heading over some where `of` is None."""

	label: str
	kind: str = WORDS
	of: Callable[[WorldResult], object] | None = None
	in_past: bool = False
	new_page: bool = False


def key_figures(context: Context) -> Iterator[Figure]:
	"""Yield the figures of the summary under their headings, in order."""
	_ = context.translate
	yield Figure(_("Orders"))
	yield Figure(_("Orders in the book"), COUNT, lambda w: w.figures.orders.count, True)
	yield Figure(_("Orders in the book: amount"), MONEY, lambda w: w.figures.orders.amount, True)
	yield Figure(
		_("Decisions about orders, each time one is decided"), COUNT, lambda w: w.figures.checked.count
	)
	yield Figure(_("Decisions: amount"), MONEY, lambda w: w.figures.checked.amount)
	yield Figure(_("Held"), COUNT, lambda w: w.figures.held_orders.count)
	yield Figure(_("Held: amount"), MONEY, lambda w: w.figures.held_orders.amount)
	yield Figure(
		_("Held: share of the amount decided about"),
		SHARE,
		lambda w: ratio(w.figures.held_orders.amount, w.figures.checked.amount),
	)
	yield Figure(_("   of these stopped"), COUNT, lambda w: w.figures.stopped_orders.count)
	yield Figure(_("   of these stopped: amount"), MONEY, lambda w: w.figures.stopped_orders.amount)
	yield Figure(_("Held orders, each counted once"), COUNT, lambda w: len(w.held_orders))
	yield Figure(_("Held orders: amount"), MONEY, lambda w: amount_of(w.held_orders))
	yield Figure(_("Deliveries stopped on their way"), COUNT, lambda w: w.figures.stopped_deliveries.count)
	yield Figure(_("Deliveries stopped: amount"), MONEY, lambda w: w.figures.stopped_deliveries.amount)
	yield Figure(_("Credit stops of customers"), COUNT, lambda w: w.figures.stops)

	yield Figure(_("Holds, and how they ended"))
	yield Figure(_("Average days on hold"), DAYS, lambda w: w.hold_days and w.hold_days[0])
	yield Figure(_("Median days on hold"), DAYS, lambda w: w.hold_days and w.hold_days[1])
	for end in ENDS:
		yield Figure(_(end), COUNT, lambda w, end=end: context.ends[w][end])
	yield Figure(_("Guarantees asked for"), COUNT, lambda w: w.figures.guarantees_asked)

	yield Figure(_("What became of the held orders in the past"), new_page=True)
	for fate in FATES:
		yield Figure(_(fate), COUNT, lambda w, fate=fate: w.by_fate[fate][0].count)
		yield Figure(_("{0}: amount").format(_(fate)), MONEY, lambda w, fate=fate: w.by_fate[fate][0].amount)

	yield Figure(_("Losses"))
	yield Figure(_("Written off"), MONEY, lambda w: w.loss, True)
	yield Figure(_("Loss avoided, under the assumptions below"), MONEY, lambda w: w.loss_avoided)
	yield Figure(
		_("Held orders that were lost in the past: what the policy pointed at"),
		MONEY,
		lambda w: amount_of(w.lost_after_hold),
	)

	yield Figure(_("Good business: orders that were paid on time in the past"))
	yield Figure(_("Delayed"), COUNT, lambda w: len(w.delayed_good))
	yield Figure(_("Delayed: amount"), MONEY, lambda w: amount_of(w.delayed_good))
	yield Figure(_("Delayed: average days"), DAYS, lambda w: average_delay(w.delayed_good))
	yield Figure(_("Lost, since it waited too long"), COUNT, lambda w: len(w.lost_good))
	yield Figure(_("Lost: amount"), MONEY, lambda w: amount_of(w.lost_good))

	yield Figure(_("Receivables and cash"))
	yield Figure(_("DSO, average of the month ends"), DAYS, lambda w: w.dso_average, True)
	yield Figure(_("DSO at the end"), DAYS, lambda w: w.dso_of(w.months[-1]) if w.months else None, True)
	yield Figure(_("Average days from invoice to payment"), DAYS, lambda w: w.figures.days_to_pay, True)
	yield Figure(_("Average days beyond terms"), DAYS, lambda w: w.figures.days_beyond_terms, True)
	yield Figure(_("Receivables, average of the month ends"), MONEY, lambda w: w.receivables_average, True)
	yield Figure(
		_("Overdue share of open items, average of the month ends"),
		SHARE,
		lambda w: w.overdue_share_average,
		True,
	)
	yield Figure(_("Cash received"), MONEY, lambda w: w.cash, True)
	yield Figure(
		_("   of these advances that the policy asked for"),
		MONEY,
		lambda w: sum((month.advances for month in w.months), ZERO),
	)


def segment_figures(context: Context) -> Iterator[tuple[str, str, Callable[[SegmentFigures], object]]]:
	"""Yield the figures of a segment: what each is called, its kind, and how it is found."""
	_ = context.translate
	yield _("Decisions"), COUNT, lambda s: s.orders.count
	yield _("Decisions: amount"), MONEY, lambda s: s.orders.amount
	yield _("Held"), COUNT, lambda s: s.held.count
	yield _("Held: amount"), MONEY, lambda s: s.held.amount
	yield _("Held: share of the amount"), SHARE, lambda s: ratio(s.held.amount, s.orders.amount)
	yield _("   of these stopped"), COUNT, lambda s: s.stopped.count
	yield _("   of these stopped: amount"), MONEY, lambda s: s.stopped.amount
	yield _("Customers at the end"), COUNT, lambda s: s.customers
	yield _("   of these unlimited"), COUNT, lambda s: s.unlimited
	yield _("Limits at the end"), MONEY, lambda s: s.limit
	yield _("Used, net of security"), MONEY, lambda s: s.used
	yield _("Unused"), MONEY, lambda s: s.unused
	yield _("Over the limit"), MONEY, lambda s: s.over


def month_figures(context: Context) -> Iterator[tuple[str, str, str, Callable[[WorldResult, Month], object]]]:
	"""Yield the figures of a month: a name for charts, what each is called, its kind, and how it is found."""
	_ = context.translate
	yield "cash", _("Cash received"), MONEY, lambda w, m: m.cash
	yield "receivables", _("Receivables"), MONEY, lambda w, m: m.receivables
	yield "overdue", _("Overdue"), MONEY, lambda w, m: m.overdue
	yield "share", _("Overdue share"), SHARE, lambda w, m: overdue_share(m)
	yield "dso", _("DSO"), DAYS, lambda w, m: w.dso_of(m)


def overdue_share(month: Month) -> Decimal | None:
	return ratio(month.overdue, month.overdue + month.not_due)


def ratio(part: Decimal, whole: Decimal) -> Decimal | None:
	"""Return a share; None of nothing."""
	return part / whole if whole else None


def average_delay(holds: Sequence[Hold]) -> float | None:
	return fmean(hold.days_delayed for hold in holds) or None if holds else None
