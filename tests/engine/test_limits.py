from decimal import Decimal

import pytest
from hypothesis import given

from b2b_contracts.engine.limits import (
	DOMESTIC_GROSS_NET_RATIO,
	EXPORT_GROSS_NET_RATIO,
	Limit,
	calculated_limit,
	granted_limit,
	required_prepaid_percent,
)

from .builders import days, money
from .strategies import amounts

REVENUE, FIXED, PER_ORDER = "Percent of Expected Revenue", "Fixed Amount", "Percent of Order"


def calculate(
	basis, percent=100, months=3, amount=0, level=100, revenue=12_000_000, ratio=DOMESTIC_GROSS_NET_RATIO
):
	return calculated_limit(basis, *(money(x) for x in (percent, months, amount, level, revenue, ratio)))


def test_the_gross_net_ratio_is_25_percent_vat_at_home_and_none_abroad():
	assert (Decimal("1.25"), Decimal(1)) == (DOMESTIC_GROSS_NET_RATIO, EXPORT_GROSS_NET_RATIO)


@pytest.mark.parametrize(
	("given", "expected"),
	[
		pytest.param({}, "3750000.00", id="A, 12 million net, domestic: the example of the requirements"),
		pytest.param({"ratio": EXPORT_GROSS_NET_RATIO}, "3000000.00", id="A, export: gross is net"),
		pytest.param({"ratio": "1.1"}, "3300000.00", id="A, the customer's own ratio"),
		pytest.param({"level": 50}, "1875000.00", id="A, level of 50 %"),
		pytest.param({"level": 125}, "4687500.00", id="A, level of 125 %"),
		pytest.param({"percent": 50, "months": 2}, "1250000.00", id="B, half of two months"),
		pytest.param({"percent": 50, "months": 2, "level": 150}, "1875000.00", id="B, top level is 75 %"),
		pytest.param({"revenue": 0}, "0.00", id="no revenue expected, no limit"),
		pytest.param({"revenue": "0.10", "months": 1, "ratio": 1}, "0.01", id="rounded to the cent"),
	],
)
def test_given_a_limit_by_revenue_when_calculated(given, expected):
	assert str(calculate(REVENUE, **given)) == expected


@pytest.mark.parametrize(
	("basis", "level", "expected"),
	[
		pytest.param(FIXED, 100, "100000.00", id="C, fixed cap"),
		pytest.param(FIXED, 75, "75000.00", id="C, a level takes its share of the cap"),
		pytest.param(PER_ORDER, 100, "100000.00", id="D, cap over all open credit"),
		pytest.param(
			PER_ORDER, 0, "100000.00", id="D, the level changes the share of the order, not the cap"
		),
	],
)
def test_given_a_fixed_amount_when_calculated_then_revenue_plays_no_part(basis, level, expected):
	assert str(calculate(basis, amount=100_000, level=level)) == expected


def test_given_an_unknown_basis_when_calculated_then_it_is_refused():
	with pytest.raises(ValueError, match="not a limit basis"):
		calculate("Percent of Mood")


@given(amounts(), amounts())
def test_more_expected_revenue_never_lowers_the_limit(one, other):
	low, high = sorted((one, other))
	assert calculate(REVENUE, revenue=low) <= calculate(REVENUE, revenue=high)


@pytest.mark.parametrize(
	("basis", "level", "prepayment", "expected"),
	[
		pytest.param(PER_ORDER, 0, 100, 100, id="D, first level: all in advance"),
		pytest.param(PER_ORDER, 100, 100, 75, id="D, top level: a quarter on credit"),
		pytest.param(PER_ORDER, 50, 100, "87.5", id="D, half the ladder"),
		pytest.param(PER_ORDER, 0, 30, 30, id="never more than the segment asks for"),
		pytest.param(PER_ORDER, 500, 100, 0, id="never negative"),
		pytest.param(REVENUE, 0, 100, 0, id="only a limit by order asks for prepayment"),
		pytest.param(FIXED, 0, 100, 0, id="nor does a fixed amount"),
	],
)
def test_given_a_segment_and_level_when_asked_for_the_prepaid_share(basis, level, prepayment, expected):
	share = required_prepaid_percent(basis, money(25), money(level), money(prepayment))
	assert share == money(expected)


@pytest.mark.parametrize(
	("manual", "temporary", "until", "expected"),
	[
		pytest.param(None, None, None, 100, id="calculated"),
		pytest.param(200, None, None, 200, id="manual beats calculated"),
		pytest.param(0, None, None, 0, id="a manual limit of nothing is a limit"),
		pytest.param(200, 300, days(1), 300, id="temporary beats manual"),
		pytest.param(200, 50, days(1), 50, id="a lower temporary limit counts too"),
		pytest.param(200, 0, days(1), 0, id="a temporary limit of nothing is a limit"),
		pytest.param(None, 300, days(0), 300, id="temporary counts on its last day"),
		pytest.param(200, 300, days(-1), 200, id="then the manual limit is back"),
		pytest.param(None, 300, days(-1), 100, id="or the calculated one"),
		pytest.param(None, 300, None, 100, id="temporary without an end does not count"),
		pytest.param(200, None, days(1), 200, id="an end without a temporary limit neither"),
	],
)
def test_given_several_limits_when_granted(manual, temporary, until, expected):
	limits = [None if x is None else money(x) for x in (100, manual, temporary)]
	assert granted_limit("Limited", *limits, until, days(0)) == Limit("Limited", money(expected))


@pytest.mark.parametrize("kind", ["Unlimited", "No Credit"])
def test_given_a_type_without_an_amount_when_granted_then_no_amount_changes_it(kind):
	limit = granted_limit(kind, money(100), money(200), money(300), days(9), days(0))
	assert (limit.kind, limit.ceiling) == (kind, 0)


@pytest.mark.parametrize(
	("kind", "amount", "ceiling", "unlimited"),
	[
		("Limited", 500, 500, False),
		("No Credit", 500, 0, False),
		("Unlimited", 500, 0, True),
	],
)
def test_the_ceiling_of_a_limit(kind, amount, ceiling, unlimited):
	limit = Limit(kind, money(amount))
	assert (limit.ceiling, limit.is_unlimited) == (ceiling, unlimited)


@pytest.mark.parametrize(
	("kind", "amount", "message"),
	[("Limited", -1, "cannot be negative"), ("Sometimes", 1, "not a limit type")],
)
def test_an_impossible_limit_is_refused(kind, amount, message):
	with pytest.raises(ValueError, match=message):
		Limit(kind, money(amount))
