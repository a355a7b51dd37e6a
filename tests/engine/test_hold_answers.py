from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.hold_answers import (
	DECIDED,
	IN_TIME,
	LATE,
	NOT_NEEDED,
	OVERDUE,
	RUNNING,
	Hold,
	clock,
	in_time_percent,
	median,
)

OPENED, DUE = datetime(2026, 4, 8, 9), datetime(2026, 4, 8, 13)
BEFORE, AFTER = DUE - timedelta(minutes=1), DUE + timedelta(minutes=1)


@pytest.mark.parametrize(
	("hold", "now", "expected"),
	[
		pytest.param(Hold(OPENED, DUE, answered=DUE), AFTER, IN_TIME, id="at the last moment"),
		pytest.param(Hold(OPENED, DUE, answered=AFTER), AFTER, LATE, id="a minute late"),
		pytest.param(Hold(OPENED, None, answered=AFTER), AFTER, IN_TIME, id="nobody set a clock"),
		pytest.param(Hold(OPENED, DUE, is_open=True), DUE, RUNNING, id="the clock runs"),
		pytest.param(Hold(OPENED, DUE, is_open=True), AFTER, OVERDUE, id="it has run out"),
		pytest.param(Hold(OPENED, None, is_open=True), AFTER, RUNNING, id="there is none to run out"),
		pytest.param(Hold(OPENED, DUE, ended=BEFORE), AFTER, NOT_NEEDED, id="paid in time"),
		pytest.param(Hold(OPENED, DUE, ended=AFTER), AFTER, LATE, id="paid before anybody had answered"),
		pytest.param(Hold(OPENED, DUE), AFTER, NOT_NEEDED, id="cancelled"),
	],
)
def test_how_a_hold_stands_against_its_clock(hold, now, expected):
	assert clock(hold, now) == expected


def test_what_is_running_or_needed_no_answer_is_in_no_share():
	assert in_time_percent([IN_TIME, IN_TIME, LATE, OVERDUE, RUNNING, NOT_NEEDED]) == 50
	assert in_time_percent([RUNNING, NOT_NEEDED]) is None


@given(st.lists(st.sampled_from([*DECIDED, RUNNING, NOT_NEEDED]), max_size=30))
def test_the_share_is_the_count(clocks):
	known = [one for one in clocks if one in DECIDED]
	share = in_time_percent(clocks)
	if not known:
		assert share is None
	else:
		assert share * len(known) / 100 == pytest.approx(clocks.count(IN_TIME))


@given(st.lists(st.decimals(0, 1000, places=2), max_size=20))
def test_half_of_the_answers_are_as_fast_as_the_median(hours):
	middle = median(hours)
	if not hours:
		assert middle is None
		return
	assert sum(one <= middle for one in hours) * 2 >= len(hours)
	assert sum(one >= middle for one in hours) * 2 >= len(hours)


def test_one_slow_answer_does_not_make_all_slow():
	assert median([Decimal(1), Decimal(2), Decimal(300)]) == 2
