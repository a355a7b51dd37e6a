from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.provisions import Line, rates_of, total_of

from .builders import money
from .strategies import amounts, percents


@pytest.mark.parametrize(
	("owed", "secured", "rate", "provision"),
	[
		pytest.param("1000.00", "0", "2", "20.00", id="nothing secured"),
		pytest.param("1000.00", "900", "50", "50.00", id="of what is not secured"),
		pytest.param("1000.00", "1200", "50", "0", id="secured beyond it"),
		pytest.param("-300.00", "0", "10", "0", id="a credit is no debt"),
		pytest.param("333.33", "0", "0.5", "1.67", id="to the cent, halves up"),
	],
)
def test_given_a_line_then_the_rate_is_of_what_is_not_secured(owed, secured, rate, provision):
	assert Line(money(owed), money(secured), Decimal(rate)).provision == money(provision)


def test_given_a_text_then_a_rate_for_each_bucket():
	assert rates_of("0.5, 2,10 , 25, 50", 5) == tuple(map(Decimal, ("0.5", "2", "10", "25", "50")))


@pytest.mark.parametrize(
	("text", "why"),
	[
		("", "5 rates"),
		("1, 2, 3, 4", "5 rates"),
		("1, 2, 3, 4, five", "no number"),
		("1, 2, 3, 4, 101", "from 0 to 100"),
		("-1, 2, 3, 4, 5", "from 0 to 100"),
		("1, 2, 3, 4, NaN", "from 0 to 100"),
		("1, 2, 3, 2, 5", "lower rate"),
	],
)
def test_given_rates_that_mean_nothing_then_it_says_why(text, why):
	with pytest.raises(ValueError, match=why):
		rates_of(text, 5)


@given(st.lists(st.tuples(amounts(), amounts(), percents), max_size=6))
def test_a_provision_is_never_negative_nor_more_than_what_is_owed(rows):
	lines = [Line(*row) for row in rows]
	for line in lines:
		assert 0 <= line.provision <= max(0, line.owed)
	assert total_of(lines) == sum((line.provision for line in lines), Decimal(0))
