"""Margin, price gap, lateness and cycle time: what is not known is not counted as 0."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_performance as performance
from b2b_contracts.engine.contract_performance import Bought, Gap, Lateness, Margin

money = st.decimals(min_value=0, max_value=100_000, places=2)


def test_the_margin_is_of_what_is_known_alone():
	margin = Margin(Decimal(1000), Decimal(600), Decimal(450))
	assert (margin.amount, margin.percent, margin.unknown) == (150, 25, 400)
	unknown = Margin(Decimal(1000))
	assert (unknown.amount, unknown.percent, unknown.unknown) == (None, None, 1000)


def test_the_price_gap_is_by_what_was_bought():
	gap = performance.gap_of(
		(
			Bought(Decimal(10), Decimal(90), Decimal(100)),
			Bought(Decimal(1), Decimal(300), Decimal(200)),
			Bought(Decimal(5), None, Decimal(10)),
			Bought(Decimal(5), Decimal(10), None),
			Bought(Decimal(5), Decimal(10), Decimal(0)),
		)
	)
	assert (gap.amount, gap.percent, gap.compared, gap.unknown) == (0, 0, 2, 3)
	assert performance.gap_of([Bought(Decimal(4), Decimal(75), Decimal(100))]).percent == 25
	assert (Gap().amount, Gap(unknown=3).percent) == (None, None)


def test_lateness_is_weighed_by_what_was_paid():
	late = Lateness(Decimal(100) * 10, Decimal(100)) + Lateness(Decimal(300) * -2, Decimal(300))
	assert late.days == 1
	assert Lateness().days is None


def test_cycle_time_is_known_of_what_was_signed_here():
	asked = date(2026, 3, 2)
	assert performance.cycle_days(asked, date(2026, 3, 22)) == 20
	assert performance.cycle_days(asked, None) is None
	assert performance.cycle_days(None, asked) is None
	assert performance.cycle_days(asked, asked - timedelta(days=1)) is None
	assert performance.cycle_days(asked, date(2026, 3, 22), is_taken_over=True) is None
	assert [performance.meets(days, 20) for days in (None, 18, 19, 20, 21)] == [
		"Grey",
		"Green",
		"Yellow",
		"Yellow",
		"Red",
	]
	assert performance.average([None, 10, 20]) == 15
	assert performance.average([None]) is None


@given(st.lists(st.tuples(money, money, money), max_size=12))
def test_margins_add_up(rows):
	margins = [Margin(net + known, known, cost) for net, known, cost in rows]
	total = sum(margins, Margin())
	assert total.amount == (sum((m.amount or 0) for m in margins) if total.is_known else None)
	assert total.unknown == sum(net for net, _known, _cost in rows)


@given(st.lists(st.tuples(money, money, money), min_size=1, max_size=12))
def test_gaps_add_up_and_lie_between_the_single_ones(rows):
	bought = [Bought(quantity + 1, agreed, listed + 1) for quantity, agreed, listed in rows]
	gaps = [performance.gap_of([one]) for one in bought]
	total = sum(gaps, Gap())
	assert total == performance.gap_of(bought)
	tolerance = Decimal("1e-9")
	assert min(gap.percent for gap in gaps) - tolerance <= total.percent
	assert total.percent <= max(gap.percent for gap in gaps) + tolerance


@given(st.lists(st.tuples(money, st.integers(-60, 200)), min_size=1, max_size=10))
def test_average_lateness_lies_between_the_earliest_and_the_latest(payments):
	late = sum((Lateness(amount * days, amount) for amount, days in payments), Lateness())
	counted = [days for amount, days in payments if amount]
	if not counted:
		assert late.days is None
	else:
		assert min(counted) - Decimal("1e-9") <= late.days <= max(counted) + Decimal("1e-9")
