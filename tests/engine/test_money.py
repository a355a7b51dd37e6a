from decimal import Decimal

import pytest

from b2b_contracts.engine.money import INFINITE, percent_of, ratio, to_cents


@pytest.mark.parametrize(
	("amount", "rounded"),
	[
		pytest.param("1.004", "1.00", id="below half goes down"),
		pytest.param("1.005", "1.01", id="half goes up"),
		pytest.param("-1.005", "-1.01", id="a negative half goes away from zero"),
		pytest.param("7", "7.00", id="whole"),
	],
)
def test_amounts_are_rounded_to_cents(amount, rounded):
	assert str(to_cents(Decimal(amount))) == rounded


def test_a_percentage_of_an_amount_is_exact():
	assert percent_of(Decimal("0.01"), Decimal("12.5")) == Decimal("0.00125")


@pytest.mark.parametrize(
	("part", "whole", "expected"),
	[
		pytest.param(1, 4, Decimal("0.25"), id="a quarter"),
		pytest.param(1, "0.5", Decimal(2), id="of less than one"),
		pytest.param(-1, 4, Decimal("-0.25"), id="negative part"),
		pytest.param(1, 0, INFINITE, id="something of nothing is infinite"),
		pytest.param(0, 0, Decimal(0), id="nothing of nothing is none"),
		pytest.param(-1, 0, Decimal(0), id="less than nothing of nothing is none"),
	],
)
def test_a_ratio_never_divides_by_zero(part, whole, expected):
	assert ratio(Decimal(part), Decimal(whole)) == expected
