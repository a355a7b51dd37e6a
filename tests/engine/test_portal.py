"""What a customer may promise in the portal: how far ahead, and how often."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import portal
from b2b_contracts.engine.promises import BROKEN, KEPT, OPEN, PARTLY, WITHDRAWN

TODAY = date(2026, 6, 8)
ALL = (OPEN, KEPT, PARTLY, BROKEN, WITHDRAWN)


@pytest.mark.parametrize(
	("statuses", "why"),
	[
		((), None),
		((KEPT, WITHDRAWN), None),
		((OPEN,), portal.PROMISED_ALREADY),
		((KEPT, BROKEN), portal.NOT_KEPT_BEFORE),
		((PARTLY,), portal.NOT_KEPT_BEFORE),
		((BROKEN, OPEN), portal.PROMISED_ALREADY),
	],
)
def test_a_promise_is_taken_once_and_not_after_a_broken_one(statuses, why):
	assert portal.why_no_promise(14, Decimal(100), statuses) == why


def test_nothing_is_promised_where_it_is_not_offered_or_nothing_is_free():
	assert portal.why_no_promise(0, Decimal(100), ()) == portal.NOT_OFFERED
	assert portal.why_no_promise(14, Decimal(0), ()) == portal.NOTHING_FREE
	assert portal.last_day(TODAY, 0) is None


@given(st.integers(-400, 400), st.integers(-5, 90))
def test_a_day_is_in_time_exactly_from_today_to_the_last_day(offset, days_ahead):
	day = TODAY + timedelta(days=offset)
	assert portal.is_in_time(day, TODAY, days_ahead) == (days_ahead > 0 and 0 <= offset <= days_ahead)


@given(st.lists(st.sampled_from(ALL)), st.integers(1, 90), st.decimals(1, 10_000, places=2))
def test_more_history_never_allows_what_less_refused(statuses, days_ahead, free):
	refused = [
		portal.why_no_promise(days_ahead, free, statuses[:n]) is not None for n in range(len(statuses) + 1)
	]
	assert refused == sorted(refused)
