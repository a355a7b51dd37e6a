import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.release import Terms, approved_excess, valid_until, why_not_covered

from .builders import CENT, days, money

APPROVED = Terms(money(1000), days(30), "A")


@pytest.mark.parametrize(
	("promised", "last_day"),
	[
		pytest.param(days(20), days(27), id="last promised delivery and 7 days"),
		pytest.param(days(0), days(7), id="promised today"),
		pytest.param(days(53), days(60), id="just within 60 days"),
		pytest.param(days(54), days(60), id="60 days at most"),
		pytest.param(days(400), days(60), id="promised in a year: 60 days"),
		pytest.param(days(-30), days(7), id="promised in the past: not over before it begins"),
		pytest.param(None, days(7), id="nothing promised"),
	],
)
def test_given_a_release_today_when_does_it_end(promised, last_day):
	assert valid_until(days(0), promised, 7, 60) == last_day


@given(st.integers(-400, 400), st.integers(0, 90), st.integers(0, 90))
def test_a_release_lasts_from_its_day_to_the_longest_at_most(promised, grace, longest):
	assert days(0) <= valid_until(days(0), days(promised), grace, longest) <= days(longest)


@pytest.mark.parametrize(
	("now", "why"),
	[
		pytest.param(APPROVED, None, id="the same"),
		pytest.param(Terms(money(1000) + CENT, days(30), "A"), "amount", id="a cent more"),
		pytest.param(Terms(money(999), days(30), "A"), None, id="smaller order"),
		pytest.param(Terms(money(1000), days(31), "A"), "terms", id="a day longer"),
		pytest.param(Terms(money(1000), days(29), "A"), None, id="shorter terms"),
		pytest.param(Terms(money(1000), None, "A"), None, id="nothing left to pay for later"),
		pytest.param(Terms(money(1000), days(30), "B"), "rating", id="a notch down"),
		pytest.param(Terms(money(1000), days(30), "AN"), None, id="AN is not a notch"),
		pytest.param(Terms(money(1000), days(30), "AA"), None, id="better rating"),
		pytest.param(Terms(money(1000), days(30), "Insolvent"), "rating", id="insolvent"),
		pytest.param(Terms(money(1), days(1), "B"), "rating", id="smaller and shorter, but rated worse"),
	],
)
def test_given_a_release_when_the_order_is_looked_at_again(now, why):
	assert why_not_covered(APPROVED, now, days(60), days(10)) == why


def test_given_a_release_without_a_rating_when_the_customer_goes_insolvent_then_it_covers_no_more():
	unrated = Terms(money(1000), days(30), "")
	insolvent = Terms(money(1000), days(30), "Insolvent")
	assert why_not_covered(unrated, insolvent, days(60), days(10)) == "rating"


def test_given_a_release_of_an_insolvent_customer_when_still_insolvent_then_it_is_kept():
	insolvent = Terms(money(1000), days(30), "Insolvent")
	assert why_not_covered(insolvent, insolvent, days(60), days(10)) is None


def test_given_a_release_without_a_due_date_when_looked_at_again_then_there_is_an_answer():
	undated = Terms(money(1000), None, "A")
	assert why_not_covered(undated, APPROVED, days(60), days(10)) in (None, "terms")


@pytest.mark.parametrize(
	("last_day", "why"),
	[
		pytest.param(days(10), None, id="on its last day"),
		pytest.param(days(9), "expired", id="the day after"),
		pytest.param(None, None, id="without an end"),
	],
)
def test_given_a_release_when_time_goes_by(last_day, why):
	assert why_not_covered(APPROVED, APPROVED, last_day, days(10)) == why


@pytest.mark.parametrize(
	("net", "ceiling", "lodged", "excess"),
	[
		pytest.param(570, 500, 0, 70, id="what is over the limit"),
		pytest.param(570, 500, 30, 40, id="less what was lodged for it"),
		pytest.param(570, 500, 90, 0, id="lodged for more than it"),
		pytest.param(490, 500, 0, 0, id="released below the limit"),
		pytest.param(80, 0, 0, 80, id="no limit at all"),
	],
)
def test_what_a_release_approves_beyond_the_limit(net, ceiling, lodged, excess):
	assert approved_excess(money(net), money(ceiling), money(lodged)) == excess
