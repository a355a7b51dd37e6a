"""Interest: the worked figures of requirements §3.1, and what holds of every statement."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts import standard_law
from b2b_contracts.engine.interest import (
	ACTUAL_360,
	ACTUAL_365,
	DAY_COUNTS,
	DAYS_OF_YEAR,
	THIRTY_E_360,
	Gap,
	Paid,
	Rate,
	allotted,
	days_between,
	half_yearly,
	statement,
	together,
	with_agreed,
)

from .builders import CENT, money

ZERO = Decimal(0)
MARGIN = Decimal(8)


def shipped(jurisdiction: str) -> tuple[Rate, ...]:
	return half_yearly(
		Rate(date.fromisoformat(row["valid_from"]), money(row["percent"]) + MARGIN, bool(row["is_confirmed"]))
		for row in standard_law.REFERENCE_RATES
		if row["jurisdiction"] == jurisdiction
	)


DANISH, NORWEGIAN = shipped(standard_law.DENMARK), shipped(standard_law.NORWAY)


def in_force(rates, day: date) -> Rate:
	return [rate for rate in rates if rate.valid_from <= day][-1]


# ------------------------------------------------------------------ the worked figures
@pytest.mark.parametrize(
	("day_count", "segments", "total"),
	[
		pytest.param(
			ACTUAL_365, [(35, "1078.77"), (12, "221.92"), (30, "579.45")], "1880.14", id="actual/365"
		),
		pytest.param(
			ACTUAL_360, [(35, "1093.75"), (12, "225.00"), (30, "587.50")], "1906.25", id="actual/360"
		),
		pytest.param(
			THIRTY_E_360, [(35, "1093.75"), (11, "206.25"), (29, "567.92")], "1867.92", id="30E/360"
		),
	],
)
def test_given_100000_due_15_november_2023_when_paid_in_two_then_interest_is_as_worked(
	day_count, segments, total
):
	found = statement(
		money(100_000),
		date(2023, 11, 15),
		[Paid(date(2023, 12, 20), money(40_000)), Paid(date(2024, 1, 31), money(60_000))],
		date(2024, 6, 1),
		DANISH,
		day_count,
	)
	assert [(s.days, s.amount) for s in found.segments] == [(n, money(a)) for n, a in segments]
	assert [s.percent for s in found.segments] == [money("11.25"), money("11.25"), money("11.75")]
	assert found.total == money(total)
	assert found.is_confirmed and found.unknown_from is None
	assert (found.open_principal, found.per_day) == (ZERO, ZERO)


@pytest.mark.parametrize(
	("day", "percent", "is_confirmed"),
	[
		(date(2021, 1, 1), "8.05", True),
		(date(2021, 7, 1), "7.65", True),
		(date(2022, 1, 1), "7.55", True),
		(date(2022, 12, 31), "7.55", True),
		(date(2023, 1, 1), "9.90", True),
		(date(2023, 7, 1), "11.25", True),
		(date(2024, 1, 1), "11.75", True),
		(date(2024, 6, 30), "11.75", True),
		(date(2024, 7, 1), "11.50", False),
		(date(2025, 1, 1), "10.75", False),
		(date(2025, 7, 1), "9.75", False),
	],
)
def test_given_a_day_when_asked_for_the_danish_rate_then_it_is_that_of_the_half_year(
	day, percent, is_confirmed
):
	rate = in_force(DANISH, day)
	assert (rate.percent, rate.is_confirmed, rate.is_known) == (money(percent), is_confirmed, True)


@pytest.mark.parametrize(
	("day", "is_confirmed"),
	[
		(date(2024, 1, 1), True),
		(date(2024, 12, 31), True),
		(date(2025, 6, 30), True),
		(date(2025, 7, 1), False),
		(date(2026, 11, 26), False),
	],
)
def test_given_a_day_when_asked_for_the_norwegian_rate_then_it_is_12_5_and_later_unconfirmed(
	day, is_confirmed
):
	rate = in_force(NORWEGIAN, day)
	assert (rate.percent, rate.is_confirmed, rate.is_known) == (money("12.5"), is_confirmed, is_confirmed)


def test_given_a_half_year_without_a_rate_when_asked_then_the_last_is_carried_on_as_unknown():
	found = statement(money(1000), date(2025, 12, 1), [], date(2026, 2, 1), DANISH)
	assert [(s.first, s.percent, s.is_known) for s in found.segments] == [
		(date(2025, 12, 1), money("9.75"), True),
		(date(2026, 1, 1), money("9.75"), False),
	]
	assert found.unknown_from == date(2026, 1, 1)
	assert not found.is_confirmed


def test_given_a_hole_between_two_rates_when_carried_on_then_each_half_year_in_it_is_unknown():
	known = [Rate(date(2022, 1, 1), money(1)), Rate(date(2024, 1, 1), money(2))]
	assert [(r.valid_from, r.percent, r.is_known) for r in half_yearly(reversed(known))] == [
		(date(2022, 1, 1), money(1), True),
		(date(2022, 7, 1), money(1), False),
		(date(2023, 1, 1), money(1), False),
		(date(2023, 7, 1), money(1), False),
		(date(2024, 1, 1), money(2), True),
		(date(2024, 7, 1), money(2), False),
	]
	assert half_yearly([]) == ()


def test_given_days_before_the_first_rate_when_stated_then_they_are_a_gap_and_not_free_of_interest():
	found = statement(money(1000), date(2020, 12, 1), [], date(2021, 1, 11), DANISH)
	assert found.gaps == (Gap(date(2020, 12, 1), date(2021, 1, 1), money(1000)),)
	assert [s.days for s in found.segments] == [10]
	assert found.unknown_from == date(2020, 12, 1)
	assert not found.is_confirmed


def test_given_no_rate_at_all_when_stated_then_all_of_it_is_a_gap():
	found = statement(money(1000), date(2026, 1, 1), [], date(2026, 2, 1), [])
	assert (found.total, found.per_day, len(found.gaps)) == (ZERO, ZERO, 1)


@pytest.mark.parametrize(
	("first", "until", "day_count", "expected"),
	[
		pytest.param(date(2024, 2, 28), date(2024, 3, 1), ACTUAL_365, 2, id="a leap day counts"),
		pytest.param(date(2024, 2, 28), date(2024, 3, 1), ACTUAL_360, 2, id="also over 360"),
		pytest.param(date(2024, 2, 28), date(2024, 3, 1), THIRTY_E_360, 3, id="February has 30 days"),
		pytest.param(date(2024, 1, 31), date(2024, 3, 31), THIRTY_E_360, 60, id="a 31st is the 30th"),
		pytest.param(date(2023, 12, 15), date(2024, 12, 15), THIRTY_E_360, 360, id="a year"),
		pytest.param(date(2024, 1, 30), date(2024, 1, 31), THIRTY_E_360, 0, id="the 31st is no day"),
	],
)
def test_given_two_days_when_counted_then_by_the_convention(first, until, day_count, expected):
	assert days_between(first, until, day_count) == expected


def test_given_another_day_count_when_asked_then_it_is_refused():
	with pytest.raises(ValueError, match="30/365"):
		days_between(date(2024, 1, 1), date(2024, 2, 1), "30/365")
	with pytest.raises(ValueError, match="30/365"):
		statement(money(1), date(2024, 1, 1), [], date(2024, 2, 1), DANISH, "30/365")


def test_given_money_before_the_due_date_when_stated_then_it_never_carried_interest():
	found = statement(
		money(1000), date(2024, 2, 1), [Paid(date(2024, 1, 5), money(400))], date(2024, 3, 1), DANISH
	)
	assert [(s.principal, s.days) for s in found.segments] == [(money(600), 29)]


def test_given_payment_on_the_due_date_when_stated_then_there_is_no_interest():
	found = statement(
		money(1000), date(2024, 2, 1), [Paid(date(2024, 2, 1), money(1000))], date(2024, 3, 1), DANISH
	)
	assert (found.segments, found.total) == ((), ZERO)


def test_given_money_that_went_back_when_stated_then_it_carries_interest_again():
	paid = [Paid(date(2024, 2, 11), money(1000)), Paid(date(2024, 2, 21), money(-1000))]
	found = statement(money(1000), date(2024, 2, 1), paid, date(2024, 3, 2), DANISH)
	assert [(s.first, s.days) for s in found.segments] == [(date(2024, 2, 1), 10), (date(2024, 2, 21), 10)]


def test_given_something_open_when_stated_then_it_says_what_each_further_day_costs():
	found = statement(money(36_500), date(2024, 2, 1), [], date(2024, 2, 2), DANISH)
	assert (found.open_principal, found.per_day) == (money(36_500), money("11.75"))


# ------------------------------------------------------------------ an agreed rate
def test_given_a_higher_agreed_rate_with_its_contract_when_applied_then_it_holds_throughout():
	rates = with_agreed(DANISH, money(18), True, "CON-0001")
	found = statement(money(36_500), date(2020, 1, 1), [], date(2020, 1, 11), rates)
	assert [(s.percent, s.source, s.amount) for s in found.segments] == [(18, "CON-0001", money(180))]


def test_given_a_higher_agreed_rate_without_contract_when_applied_then_the_statutory_one_holds():
	assert with_agreed(DANISH, money(18), False, "") == DANISH


def test_given_a_lower_agreed_rate_when_applied_then_no_more_than_it_is_charged():
	rates = with_agreed(DANISH, money(8), False, "")
	assert in_force(rates, date(2021, 1, 1)).percent == money(8)
	assert in_force(rates, date(2022, 1, 1)).percent == money("7.55")


# ------------------------------------------------------------------ instalments
def jan(number: int, amount) -> Paid:
	return Paid(date(2024, 1, number), money(amount))


def test_given_instalments_when_money_comes_then_the_first_is_paid_first():
	parts = allotted([money(100), money(50)], [jan(20, 40), jan(5, 80), jan(9, 100)])
	assert parts == ((jan(5, 80), jan(9, 20)), (jan(9, 50),))


def test_given_money_that_goes_back_when_set_against_instalments_then_the_last_opens_first():
	parts = allotted([money(100), money(50)], [jan(5, 120), jan(9, -40)])
	assert parts == ((jan(5, 100), jan(9, -20)), (jan(5, 20), jan(9, -20)))


def test_given_money_for_something_else_when_set_against_items_then_the_last_of_it_is_left():
	assert allotted([money(100)], [jan(5, 60), jan(9, 40)], money(50)) == ((jan(5, 50),),)
	assert allotted([money(100)], [jan(5, 60)], money(90)) == ((),)


def test_given_two_instalments_when_stated_together_then_the_rows_of_both_add_up():
	first = statement(money(1000), date(2024, 1, 11), [], date(2024, 2, 1), DANISH)
	second = statement(money(500), date(2024, 1, 21), [], date(2024, 2, 1), DANISH)
	both = together([first, second])
	assert (both.first, both.until, both.principal) == (date(2024, 1, 11), date(2024, 2, 1), 1500)
	assert both.total == first.total + second.total
	assert both.open_principal == 1500
	assert both.per_day == first.per_day + second.per_day
	assert together([first]) is first
	assert together([]) is None


# ------------------------------------------------------------------ what holds of every statement
DAY = date(2021, 6, 1)
some_days = st.integers(0, 1500).map(lambda n: DAY + timedelta(days=n))
sums = st.integers(0, 20_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
some_paid = st.lists(st.builds(Paid, some_days, sums), max_size=5)
day_counts = st.sampled_from(DAY_COUNTS)


def exact(found) -> Decimal:
	year = DAYS_OF_YEAR[found.day_count]
	return sum((s.principal * s.percent * s.days / 100 / year for s in found.segments), ZERO)


@given(sums, some_days, some_paid, some_days, day_counts)
def test_segments_partition_the_period(principal, first, paid, until, day_count):
	found = statement(principal, first, paid, until, DANISH, day_count)
	spans = [(s.first, s.until) for s in found.segments]
	for (_first, end), (start, _until) in pairwise(spans):
		assert end == start
	if spans:
		assert spans[0][0] == first
		assert spans[-1][1] == until or found.open_principal == 0
		assert sum(s.days for s in found.segments) == days_between(first, spans[-1][1], day_count)
	assert all(s.first < s.until and s.principal > 0 for s in found.segments)


@given(sums, some_days, some_paid, some_days, day_counts)
def test_the_printed_rows_add_up_to_the_cent(principal, first, paid, until, day_count):
	found = statement(principal, first, paid, until, DANISH, day_count)
	assert found.total == sum(s.amount for s in found.segments)
	assert all(s.amount == s.amount.quantize(CENT) and s.amount >= 0 for s in found.segments)
	assert abs(found.total - exact(found)) <= CENT / 2 * len(found.segments)


@given(sums, sums, some_days, some_paid, some_days, day_counts)
def test_more_principal_never_carries_less_interest(principal, more, first, paid, until, day_count):
	less = statement(principal, first, paid, until, DANISH, day_count)
	assert less.total <= statement(principal + more, first, paid, until, DANISH, day_count).total


@given(sums, some_days, some_paid, st.builds(Paid, some_days, sums), some_days, day_counts)
def test_a_payment_never_raises_interest(principal, first, paid, another, until, day_count):
	before = statement(principal, first, paid, until, DANISH, day_count)
	after = statement(principal, first, [*paid, another], until, DANISH, day_count)
	assert exact(after) <= exact(before)
	# It may split a row in two, and each of them is rounded.
	assert after.total <= before.total + CENT


@given(sums, some_days, some_paid, some_days, st.integers(0, 400), day_counts)
def test_interest_never_falls_with_time(principal, first, paid, until, later, day_count):
	now = statement(principal, first, paid, until, DANISH, day_count)
	then = statement(principal, first, paid, until + timedelta(days=later), DANISH, day_count)
	assert exact(now) <= exact(then)


@given(sums, some_days, some_paid, some_days, sums)
def test_an_agreed_rate_without_ground_never_raises_interest(principal, first, paid, until, agreed):
	statutory = statement(principal, first, paid, until, DANISH)
	found = statement(principal, first, paid, until, with_agreed(DANISH, agreed, False, ""))
	assert found.total <= statutory.total


@given(st.lists(sums, max_size=4), some_paid, sums)
def test_no_item_gets_more_than_it_is_and_all_together_no_more_than_came(amounts, paid, beside):
	parts = allotted(amounts, paid, beside)
	got = [sum((p.amount for p in part), ZERO) for part in parts]
	came = sum((p.amount for p in paid), ZERO)
	assert all(ZERO <= one <= amount for one, amount in zip(got, amounts, strict=True))
	assert sum(got, ZERO) == min(sum(amounts, ZERO), max(ZERO, came - beside))
	for (one, amount), later in zip(zip(got, amounts, strict=True), got[1:], strict=False):
		assert one == amount or later == ZERO
