"""When an order takes security (requirements §2.6)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.demands import (
	TRIGGERS,
	Grounds,
	Trigger,
	amount_demanded,
	demanded,
	percent_demanded,
	triggers_of,
)

from .builders import TODAY, days, money
from .strategies import amounts, percents

D = Decimal
SHIPPED = (
	Trigger("Score", D(40), D(100)),
	Trigger("Own Equity", D(5), D(50)),
	Trigger("Annual Spend", D(20), D(50)),
	Trigger("Default", D(30), D(100)),
	Trigger("Made to Order", D(0), D(50)),
)


def fired(**grounds) -> list[str]:
	amount = grounds.pop("amount", money(1000))
	return [d.what for d in demanded(SHIPPED, Grounds(amount, **grounds), TODAY)]


@pytest.mark.parametrize(
	("grounds", "expected"),
	[
		pytest.param({}, [], id="nothing known, nothing demanded"),
		pytest.param({"score": D(40)}, [], id="score 40"),
		pytest.param({"score": D("39.9")}, ["Score"], id="score below 40"),
		pytest.param({"score": D(0)}, ["Score"], id="a score of 0 is a score"),
		pytest.param({"own_equity": D(20_000)}, [], id="5 % of own equity"),
		pytest.param({"own_equity": D(19_999)}, ["Own Equity"], id="more than 5 % of own equity"),
		pytest.param({"annual_spend": D(5_000)}, [], id="20 % of annual spend"),
		pytest.param({"annual_spend": D(4_999)}, ["Annual Spend"], id="more than 20 % of annual spend"),
		pytest.param({"late_since": days(-30)}, [], id="30 days late"),
		pytest.param({"late_since": days(-31)}, ["Default"], id="31 days late"),
		pytest.param({"last_default": days(-365)}, ["Default"], id="a default a year ago"),
		pytest.param({"last_default": days(-366)}, [], id="a default longer ago"),
		pytest.param({"made_to_order": D(10)}, ["Made to Order"], id="goods made to order"),
		pytest.param(
			{"score": D(1), "annual_spend": D(1), "made_to_order": D(1000)},
			["Score", "Annual Spend", "Made to Order"],
			id="the largest first",
		),
	],
)
def test_given_what_is_known_when_asked_then_security_is_demanded(grounds, expected):
	assert fired(**grounds) == expected


def test_given_a_part_made_to_order_when_asked_then_its_share_is_demanded():
	demands = demanded(SHIPPED, Grounds(money(1000), made_to_order=money(300)), TODAY)
	assert percent_demanded(demands) == 15
	assert amount_demanded(demands, money(1000)) == 150


def test_given_rows_when_one_demands_nothing_then_it_is_off():
	rows = [
		{"what": "Score", "threshold": 40, "percent": 0},
		{"what": "Default", "threshold": "30", "percent": "25"},
	]
	assert triggers_of(rows) == (Trigger("Default", D(30), D(25)),)


triggers = st.lists(st.builds(Trigger, st.sampled_from(TRIGGERS), percents, percents), max_size=6).map(tuple)
grounds_ = st.builds(
	Grounds,
	amount=amounts(),
	score=st.none() | percents,
	own_equity=amounts(),
	annual_spend=amounts(),
	last_default=st.none() | st.integers(-500, 0).map(days),
	late_since=st.none() | st.integers(-100, 0).map(days),
	made_to_order=amounts(),
)


@given(triggers, grounds_)
def test_never_more_than_the_order_is_demanded_and_the_largest_demand_decides(rows, grounds):
	demands = demanded(rows, grounds, TODAY)
	amount = amount_demanded(demands, grounds.amount)
	assert 0 <= amount <= grounds.amount
	assert percent_demanded(demands) == max((d.percent for d in demands), default=0)


@given(triggers, triggers, grounds_)
def test_more_triggers_never_demand_less(rows, more, grounds):
	few, many = (percent_demanded(demanded(some, grounds, TODAY)) for some in (rows, rows + more))
	assert few <= many


@given(triggers, grounds_, amounts())
def test_a_better_score_and_more_spend_never_demand_more(rows, grounds, extra):
	better = replace(grounds, annual_spend=grounds.annual_spend + extra) if grounds.annual_spend else grounds
	if grounds.score is not None:
		better = replace(better, score=min(D(100), grounds.score + extra))
	assert percent_demanded(demanded(rows, better, TODAY)) <= percent_demanded(demanded(rows, grounds, TODAY))
