"""What a test of a dunning step has shown so far: for each variant the customers, the share that paid in time with its interval,
and whether one may be called better (requirements §3).

Everybody counts whom the test came to, by the day on which the step was reached, whether the notice went out then, waited as
its variant has it, or failed: what is left out would be left out of some variants more than of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import frappe
from frappe import _
from frappe.query_builder.functions import Max, Sum
from frappe.utils import cint, create_batch, getdate

from b2b_contracts.engine import variants as engine

from . import dunning_tests
from .dunning_notices import NOTICE
from .dunning_payments import HALF_A_CENT, ITEM, asked_and_paid, paid_within

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
	"""The first notice by which a test came to a customer."""

	notice: str
	variant: str
	day: date


def of(test) -> dict:
	"""Return the results of a test for the desk: `{variants: [{label, customers, over, paid, share, low, high, paid_amount_share,
	difference: {low, high} | None}], against, outcome, sentence}`.

	Shares are per cent. `over` are the customers whose days are over; `difference` is in percentage points to the first variant,
	`against`.
	"""
	labels = [row.label for row in test.variants]
	entries = _entries(test)
	days = cint(test.paid_within_days)
	# The last of the days is over once it is yesterday.
	over = [entry for entry in entries if entry.day + timedelta(days=days) < getdate()]
	paid = _paid([entry.notice for entry in over], days, cint(test.step_day))
	observed = [
		engine.Observed(entry.variant, entry.day, paid[entry.notice][0])
		for entry in over
		if entry.notice in paid
	]
	counted = engine.counted(labels, observed)
	rows = []
	for label in labels:
		notices = [entry.notice for entry in over if entry.variant == label]
		rows.append(
			{
				"label": label,
				"customers": sum(entry.variant == label for entry in entries),
				**_shares(counted, label, labels[0]),
				"paid_amount_share": _amount_share([paid[name] for name in notices if name in paid]),
			}
		)
	verdict = engine.verdict(labels, observed, cint(test.minimum_sample))
	return {
		"variants": rows,
		"against": labels[0],
		"outcome": verdict.outcome,
		"sentence": sentence(verdict, counted, days),
	}


def _shares(counted: dict[str, engine.Counted], label: str, first: str) -> dict:
	own = counted[label]
	found = engine.interval(own)
	gap = engine.difference(own, counted[first]) if label != first and own.of and counted[first].of else None
	return {
		"over": own.of,
		"paid": own.paid,
		"share": _percent(own.share) if own.of else None,
		"low": _percent(found.low) if own.of else None,
		"high": _percent(found.high) if own.of else None,
		"difference": {"low": _percent(gap.low), "high": _percent(gap.high)} if gap else None,
	}


def _amount_share(paid: Sequence[tuple[bool, float, float]]) -> float | None:
	asked = sum(amount for _all, amount, _part in paid)
	return _percent(sum(part for _all, _amount, part in paid) / asked) if asked else None


def _percent(share: float) -> float:
	return round(100 * share, 1)


# ------------------------------------------------------------------ who is in it
def _entries(test) -> list[Entry]:
	"""Return the first notice of each customer. Whoever was planned under another name than it has now is left out."""
	first: dict[str, Entry] = {}
	for name, customer, variant, day in dunning_tests.notices_of(test.name).run():
		if variant == dunning_tests.variant_of(test, customer):
			first.setdefault(customer, Entry(name, variant, getdate(day)))
	return list(first.values())


def _paid(notices: Sequence[str], days: int, step_day: int) -> dict[str, tuple[bool, float, float]]:
	"""Return for each notice whether everything that had come to the step was paid within so many days, how much that was, and
	how much of it was paid; in the notice's own currency."""
	found: dict[str, tuple[bool, float, float]] = {}
	for some in create_batch(list(notices), BATCH):
		notice, item = frappe.qb.DocType(NOTICE), frappe.qb.DocType(ITEM)
		these = (
			frappe.qb.from_(notice)
			.select(notice.name, notice.run_date.as_("day"), notice.creation.as_("seen"))
			.where(notice.name.isin(some))
		)
		each = asked_and_paid(these, [days], getdate(), item.days >= step_day).as_("each")
		paid = each[paid_within(days)]
		rows = (
			frappe.qb.from_(each)
			.select(each.name, Max(each.asked - paid), Sum(each.asked), Sum(paid))
			.groupby(each.name)
			.run()
		)
		for name, most_open, asked, in_time in rows:
			found[name] = (float(most_open) < HALF_A_CENT, float(asked), float(in_time))
	return found


# ------------------------------------------------------------------ in words
def sentence(verdict: engine.Verdict, counted: dict[str, engine.Counted], days: int) -> str:
	"""Return what a test says, with its numbers; never more than it shows."""
	if verdict.outcome == engine.TOO_FEW:
		fewest = min(counted, key=lambda label: counted[label].of)
		return _(
			"No winner yet: {0} of {1} customers of variant {2} have had their {3} days. Before that the shares say little."
		).format(counted[fewest].of, verdict.sample, fewest, days)
	at_look = verdict.counted
	leader, second = at_look[verdict.leader], at_look[verdict.second]
	low, high = _points(verdict.difference.low), _points(verdict.difference.high)
	if verdict.outcome == engine.NO_DIFFERENCE:
		return _(
			"No winner: with {0} customers of each variant, {1} has between {2} and {3} percentage points more than {4}, which may be chance. The next look is at {5}."
		).format(verdict.sample, verdict.leader, low, high, verdict.second, verdict.next_sample)
	return _(
		"{0} is better: {1} of {2} customers paid within {3} days, of {4} it was {5} of {6}. The true difference lies between {7} and {8} percentage points. Chance makes such a winner in one test of {9} at most."
	).format(
		verdict.leader,
		leader.paid,
		leader.of,
		days,
		verdict.second,
		second.paid,
		second.of,
		low,
		high,
		round(1 / engine.ERROR),
	)


def _points(share: float) -> str:
	return f"{100 * share:+.1f}"
