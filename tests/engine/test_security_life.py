"""The steps of a security's life, and the reminders before its end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import security_life as life

from .builders import TODAY, days


@pytest.mark.parametrize(
	("status", "steps"),
	[
		("Requested", set()),
		("Received", set()),
		("In Force", {"claim", "release", "extend", "expire", "replace"}),
		("Claimed", {"withdraw_claim", "release"}),
		("Released", {"take_back"}),
		("Expired", {"release", "extend", "replace"}),
		("Replaced", set()),
	],
)
def test_given_a_state_when_asked_which_steps_it_can_take(status, steps):
	assert set(life.possible(status)) == steps


@given(st.sampled_from(life.STATES), st.sampled_from(list(life.STEPS)))
def test_a_step_that_is_possible_leads_to_a_state_and_any_other_is_refused(status, step):
	if step in life.possible(status):
		assert life.after(status, step) in life.STATES
	else:
		with pytest.raises(ValueError, match=step):
			life.after(status, step)


@pytest.mark.parametrize(
	("expiry", "ended"), [(None, False), (days(1), False), (days(0), False), (days(-1), True)]
)
def test_given_a_last_day_when_asked_whether_it_has_ended(expiry, ended):
	assert life.has_ended(expiry, TODAY) is ended


@pytest.mark.parametrize(
	("left", "told", "due"),
	[
		(91, (), None),
		(90, (), 90),
		(89, (90,), None),
		(60, (90,), 60),
		(31, (), 60),
		(7, (90, 60, 30), 7),
		(5, (90,), 7),
		(0, (90, 60, 30), 7),
		(0, (7,), None),
		(-1, (), None),
	],
)
def test_given_the_days_left_when_asked_for_the_reminder(left, told, due):
	assert life.reminder_due(days(left), TODAY, told) == due


@given(st.lists(st.integers(0, 120), min_size=1, max_size=40, unique=True))
def test_whatever_days_are_missed_each_reminder_goes_out_once_and_in_order(looked_at):
	expiry, told = days(120), []
	for left in sorted(looked_at, reverse=True):
		step = life.reminder_due(expiry, expiry - timedelta(days=left), told)
		if step is not None:
			assert step >= left
			told.append(step)
	assert told == sorted(set(told), reverse=True)
	assert bool(told) == (min(looked_at) <= 90)


@pytest.mark.parametrize(
	("text", "days_"),
	[("90, 60, 30, 7", (90, 60, 30, 7)), ("7;14 7", (14, 7)), ("", ()), (" , ", ()), ("0", (0,))],
)
def test_given_days_as_people_write_them_when_read_then_the_most_come_first(text, days_):
	assert life.days_from(text) == days_
	assert life.days_from(", ".join(map(str, days_))) == days_


@pytest.mark.parametrize("text", ["soon", "90, -7", "1.5", "90 days"])
def test_given_no_days_when_read_then_the_word_is_named(text):
	with pytest.raises(ValueError, match=r"soon|-7|1\.5|days"):
		life.days_from(text)
