"""When a customer is reminded of a balance to confirm, and when it is given up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import balance_confirmations as confirmations
from b2b_contracts.engine.balance_confirmations import GIVE_UP, REMIND, Asked

from .builders import money

SENT = date(2027, 1, 4)


def day(number: int) -> date:
	return SENT + timedelta(number)


@pytest.mark.parametrize(
	("on", "reminded", "due"),
	[
		(0, None, ""),
		(13, None, ""),
		(14, None, REMIND),
		(60, None, REMIND),
		(14, 14, ""),
		(27, 14, ""),
		(28, 14, GIVE_UP),
		(60, 60, ""),
		(73, 60, ""),
		(74, 60, GIVE_UP),
	],
)
def test_what_is_due(on, reminded, due):
	asked = Asked(SENT, 14, 28, None if reminded is None else day(reminded))
	assert confirmations.due(asked, day(on)) == due


def test_the_difference_is_ours_less_theirs():
	assert confirmations.difference(money(100), money("99.50")) == money("0.50")
	assert confirmations.difference(money(100), None) is None


@given(st.integers(1, 60), st.integers(1, 90), st.lists(st.integers(0, 200), max_size=40))
def test_it_is_reminded_once_and_given_up_only_after_that(remind_after, give_up_after, days):
	reminded, told = None, []
	for number in sorted(days):
		for _run in range(2):
			due = confirmations.due(Asked(SENT, remind_after, give_up_after, reminded), day(number))
			if due == REMIND:
				reminded = day(number)
			if due:
				told.append(due)
			if due == GIVE_UP:
				assert told == [REMIND, GIVE_UP] and reminded < day(number)
				return
	assert told in ([], [REMIND])
