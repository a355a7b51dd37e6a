"""Reviews of a contract: their deadlines, what they hold up, and reminders."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_reviews as engine
from b2b_contracts.engine.contract_reviews import Review

THURSDAY = date(2026, 4, 2)


@pytest.mark.parametrize(
	("days", "due"),
	[(0, THURSDAY), (1, date(2026, 4, 7)), (2, date(2026, 4, 8)), (5, date(2026, 4, 13))],
)
def test_weekends_and_holidays_do_not_count(days, due):
	easter = {date(2026, 4, 3), date(2026, 4, 6)}
	assert engine.due_on(THURSDAY, days, easter) == due


def test_a_year_of_holidays_is_no_holiday_list():
	closed = {THURSDAY + timedelta(days=number) for number in range(800)}
	with pytest.raises(ValueError, match="holiday list"):
		engine.due_on(THURSDAY, 1, closed)


def test_what_keeps_a_contract_from_being_approved():
	reviews = [
		Review("Legal"),
		Review("Finance", outcome="Agreed"),
		Review("Credit", outcome="Agreed with Remarks"),
		Review("Technology", outcome="Changes Wanted"),
		Review("Sales", is_required=False),
		Review("Other", is_required=False, outcome="Changes Wanted"),
	]
	assert engine.in_the_way(reviews) == ("Legal", "Technology")


@pytest.mark.parametrize(
	("over", "value", "applies"), [(0, 0, True), (100, 100, False), (100, 101, True), (0, 5, True)]
)
def test_over_which_value_a_function_looks_at_it(over, value, applies):
	assert engine.applies(Decimal(over), Decimal(value)) is applies


@pytest.mark.parametrize(
	("late", "told", "rung"),
	[(-1, [], None), (0, [], 0), (0, [0], None), (3, [0], 1), (30, [], 14), (30, [14], None), (8, [1], 7)],
)
def test_the_nearest_reminder_that_was_missed_is_told_once(late, told, rung):
	review = Review("Legal", due=THURSDAY)
	assert engine.reminder_due(review, THURSDAY + timedelta(days=late), told) == rung


def test_nobody_is_reminded_of_what_was_answered_or_has_no_day():
	assert engine.reminder_due(Review("Legal", THURSDAY, outcome="Agreed"), THURSDAY, []) is None
	assert engine.reminder_due(Review("Legal"), THURSDAY, []) is None


days = st.integers(0, 400).map(lambda number: THURSDAY + timedelta(days=number))


@given(days, st.integers(0, 30), st.frozensets(days, max_size=20))
def test_so_many_working_days_lie_between(sent, wanted, holidays):
	due = engine.due_on(sent, wanted, holidays)
	between = [sent + timedelta(days=number) for number in range(1, (due - sent).days + 1)]
	working = [day for day in between if day.weekday() < 5 and day not in holidays]
	assert len(working) == wanted
	assert not working or working[-1] == due


@given(st.lists(days, max_size=40))
def test_on_whichever_days_somebody_looks_nothing_is_told_twice(looked):
	review, told = Review("Legal", THURSDAY), []
	for day in sorted(looked):
		rung = engine.reminder_due(review, day, told)
		if rung is not None:
			assert rung not in told
			told.append(rung)
	assert told == sorted(set(told))
