from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.working_hours import WorkingTime, due_at, hours_between

# Maundy Thursday, Good Friday and Easter Monday 2026, and every weekend of that year.
EASTER = {date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)}
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
DANISH = WorkingTime(time(8), time(16), frozenset(EASTER | {day for day in YEAR if day.weekday() >= 5}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
	"""A moment in April 2026."""
	return datetime(2026, 4, day, hour, minute)


@pytest.mark.parametrize(
	("start", "hours", "due"),
	[
		pytest.param(at(1, 14, 30), 4, at(7, 10, 30), id="held Wed 14:30 before Easter: Tue 10:30"),
		pytest.param(at(8, 9), 4, at(8, 13), id="the same day"),
		pytest.param(at(8, 12), 4, at(8, 16), id="exactly at the end of the day"),
		pytest.param(at(8, 12, 1), 4, at(9, 8, 1), id="a minute over goes on in the morning"),
		pytest.param(at(8, 6), 4, at(8, 12), id="before opening counts from opening"),
		pytest.param(at(8, 19), 4, at(9, 12), id="after closing counts from the next morning"),
		pytest.param(at(8, 16), 4, at(9, 12), id="at closing time too"),
		pytest.param(at(10, 15), 4, at(13, 11), id="over a weekend"),
		pytest.param(at(11, 10), 4, at(13, 12), id="held on a Saturday"),
		pytest.param(at(3, 10), 4, at(7, 12), id="held on Good Friday"),
		pytest.param(at(8, 8), 20, at(10, 12), id="two days and a half"),
		pytest.param(at(8, 9), Decimal("0.5"), at(8, 9, 30), id="half an hour"),
		pytest.param(at(8, 9), 0, at(8, 9), id="no time, at work: now"),
		pytest.param(at(11, 9), 0, at(13, 8), id="no time, on a day off: when work starts"),
		pytest.param(at(8, 16), 0, at(9, 8), id="no time, at closing time: when work starts again"),
	],
)
def test_given_a_clock_in_working_hours_when_started(start, hours, due):
	assert due_at(start, Decimal(hours), DANISH) == due


def test_given_another_workday_when_started_then_its_hours_count():
	nine_to_five = WorkingTime(time(9), time(17), DANISH.days_off)
	assert due_at(at(8, 16), Decimal(4), nine_to_five) == at(9, 12)


@pytest.mark.parametrize("end", [time(8), time(7, 59)])
def test_a_workday_that_ends_before_it_starts_is_refused(end):
	with pytest.raises(ValueError, match="must end after it starts"):
		WorkingTime(time(8), end)


def test_a_holiday_list_that_never_ends_is_refused_instead_of_running_for_ever():
	closed = WorkingTime(
		time(8), time(16), frozenset(at(1, 0).date() + timedelta(days=n) for n in range(400))
	)
	with pytest.raises(ValueError, match="holiday list"):
		due_at(at(1, 9), Decimal(1), closed)


@st.composite
def working_times(draw):
	opens = draw(st.integers(0, 22))
	closes = draw(st.integers(opens + 1, 23))
	off = draw(st.sets(st.sampled_from(YEAR[:60]), max_size=40))
	return WorkingTime(time(opens), time(closes), frozenset(off))


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 20)).map(lambda d: d.replace(microsecond=0))
minutes = st.integers(1, 3000).map(lambda n: Decimal(n) / 60)


@given(starts, minutes, working_times())
def test_an_answer_is_due_within_working_time_and_not_before_the_start(start, hours, working):
	due = due_at(start, hours, working)
	assert due > start
	assert due.date() not in working.days_off
	assert working.day_start <= due.time() <= working.day_end


@given(starts, minutes, minutes, working_times())
def test_hours_in_two_steps_are_due_when_they_are_at_once(start, first, then, working):
	in_two_steps = due_at(due_at(start, first, working), then, working)
	at_once = due_at(start, first + then, working)
	assert abs(in_two_steps - at_once) < timedelta(milliseconds=1)


@given(starts, minutes, minutes, working_times())
def test_more_hours_are_due_later(start, hours, more, working):
	assert due_at(start, hours, working) < due_at(start, hours + more, working)


@given(starts, starts, minutes, working_times())
def test_what_starts_later_is_not_due_earlier(one, other, hours, working):
	first, last = sorted((one, other))
	assert due_at(first, hours, working) <= due_at(last, hours, working)


@pytest.mark.parametrize(
	("start", "end", "hours"),
	[
		pytest.param(at(1, 14, 30), at(7, 10, 30), 4, id="over Easter"),
		pytest.param(at(8, 9), at(8, 9), 0, id="at once"),
		pytest.param(at(8, 6), at(8, 9, 30), "1.5", id="what is before opening counts nothing"),
		pytest.param(at(8, 15), at(9, 7), 1, id="what is after closing counts nothing"),
		pytest.param(at(10, 17), at(12, 12), 0, id="a weekend"),
		pytest.param(at(7, 10, 30), at(1, 14, 30), -4, id="backwards"),
	],
)
def test_given_two_moments_when_counted_then_only_working_hours_are(start, end, hours):
	assert hours_between(start, end, DANISH) == Decimal(hours)


@given(starts, minutes, working_times())
def test_as_many_hours_have_gone_when_an_answer_is_due(start, hours, working):
	assert abs(hours_between(start, due_at(start, hours, working), working) - hours) < Decimal("0.001")


@given(starts, starts, starts, working_times())
def test_hours_add_up(one, two, three, working):
	there = hours_between(one, two, working) + hours_between(two, three, working)
	assert abs(there - hours_between(one, three, working)) < Decimal("1e-9")


@given(starts, starts, working_times())
def test_a_minute_at_a_time_comes_to_the_same(one, other, working):
	"""Every minute of the clock is looked at by itself."""
	first, last = (
		moment.replace(second=0) for moment in sorted((one, one + (other - one) % timedelta(days=3)))
	)
	minute, worked = first, 0
	while minute < last:
		worked += (
			minute.date() not in working.days_off and working.day_start <= minute.time() < working.day_end
		)
		minute += timedelta(minutes=1)
	assert abs(hours_between(first, last, working) * 60 - worked) < Decimal("1e-9")
