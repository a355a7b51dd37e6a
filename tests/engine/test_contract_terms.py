"""How long a contract runs and until when notice can be given, against a calendar that is walked day by day."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine.contract_terms import Notice, Period, Term

ONE = timedelta(days=1)


# ------------------------------------------------------------------ an independent calendar
def walked_anniversary(start: date, months: int) -> date:
	"""Go on day by day: count the firsts of months that are passed, then stop on the day, or on the next 1st."""
	day, passed = start, 0
	while passed < months:
		day += ONE
		passed += day.day == 1
	while day.day != start.day:
		day += ONE
		if day.day == 1:
			return day
	return day


def walked_periods(start: date, lengths: list[int]) -> list[tuple[date, date]]:
	"""Periods one after another, each measured from the start of the contract."""
	found, months, begins = [], 0, start
	for length in lengths:
		months += length
		after = walked_anniversary(start, months)
		found.append((begins, after - ONE))
		begins = after
	return found


def walked_lapse(given_on: date, notice: Notice) -> date:
	if notice.unit == terms.DAYS:
		day = given_on
		for _ in range(notice.length):
			day += ONE
		return day
	day = walked_anniversary(given_on + ONE, notice.length) - ONE
	while notice.unit == terms.MONTHS_TO_MONTH_END and (day + ONE).day != 1:
		day += ONE
	return day


DATES = st.dates(date(1999, 1, 1), date(2045, 12, 31))
MONTH_ENDS = st.sampled_from(
	[date(2024, 2, 29), date(2023, 2, 28), date(2024, 1, 31), date(2023, 8, 31), date(2025, 11, 30)]
)
STARTS = DATES | MONTH_ENDS
MONTHS = st.integers(1, 40)
NOTICES = st.builds(Notice, st.integers(0, 190), st.just(terms.DAYS)) | st.builds(
	Notice, st.integers(0, 14), st.sampled_from([terms.MONTHS, terms.MONTHS_TO_MONTH_END])
)


@st.composite
def renewing(draw):
	start = draw(STARTS)
	return Term(
		draw(st.sampled_from(terms.RENEWING)),
		start,
		initial_months=draw(MONTHS),
		renewal_months=draw(MONTHS),
		second_period_months=draw(MONTHS),
		first_end=draw(st.none() | st.integers(0, 900).map(lambda days: start + timedelta(days))),
		notice=draw(NOTICES),
		binding_end=draw(st.none() | st.integers(0, 1500).map(lambda days: start + timedelta(days))),
	)


def periods_of(term: Term, count: int) -> list[tuple[date, date]]:
	lengths = [term.renewal_months] * count
	if term.duration == terms.SECOND_PERIOD:
		lengths[0] = term.second_period_months
	if term.first_end is None:
		return walked_periods(term.start, [term.initial_months, *lengths])[:count]
	return [(term.start, term.first_end), *walked_periods(term.first_end + ONE, lengths)][:count]


# ------------------------------------------------------------------ what is worked in the requirements
def test_the_worked_example():
	term = Term(terms.FIXED, date(2024, 3, 1), initial_months=36, notice=Notice(90, terms.DAYS))
	assert terms.end_on(term, date(2024, 3, 1)) == date(2027, 2, 28)
	deadline = terms.deadline_on(term, date(2024, 3, 1))
	assert deadline == date(2026, 11, 30)
	assert terms.last_date_to_act(deadline, 30) == date(2026, 10, 30)
	assert date(2026, 10, 30).strftime("%a") == "Fri"


@pytest.mark.parametrize(
	("start", "months", "end"),
	[
		pytest.param(date(2024, 2, 29), 12, date(2025, 2, 28), id="leap day, a year"),
		pytest.param(date(2024, 2, 29), 48, date(2028, 2, 28), id="leap day, four years"),
		pytest.param(date(2024, 1, 31), 1, date(2024, 2, 29), id="no 31st in a leap February"),
		pytest.param(date(2023, 1, 31), 1, date(2023, 2, 28), id="no 31st in February"),
		pytest.param(date(2024, 1, 31), 2, date(2024, 3, 30), id="the 31st is back"),
		pytest.param(date(2024, 8, 31), 1, date(2024, 9, 30), id="no 31st in September"),
		pytest.param(date(2024, 12, 1), 1, date(2024, 12, 31), id="over the year"),
		pytest.param(date(2024, 1, 1), 12, date(2024, 12, 31), id="a calendar year"),
	],
)
def test_the_end_of_a_period(start, months, end):
	assert terms.period_end(start, months) == end


def test_periods_that_start_on_a_31st_do_not_drift():
	term = Term(terms.AUTO_RENEWING, date(2024, 1, 31), initial_months=1, renewal_months=1)
	assert [terms.period(term, number).start for number in range(1, 6)] == [
		date(2024, 1, 31),
		date(2024, 3, 1),
		date(2024, 3, 31),
		date(2024, 5, 1),
		date(2024, 5, 31),
	]


def test_a_second_period_comes_once_between_the_first_and_the_renewals():
	term = Term(
		terms.SECOND_PERIOD, date(2024, 3, 1), initial_months=36, second_period_months=12, renewal_months=3
	)
	assert [terms.period(term, number).end for number in range(1, 5)] == [
		date(2027, 2, 28),
		date(2028, 2, 29),
		date(2028, 5, 31),
		date(2028, 8, 31),
	]


@pytest.mark.parametrize(
	("end", "notice", "deadline"),
	[
		pytest.param(date(2027, 2, 28), Notice(90), date(2026, 11, 30), id="ninety days"),
		pytest.param(date(2027, 2, 28), Notice(3, terms.MONTHS), date(2026, 11, 30), id="three months"),
		pytest.param(date(2026, 12, 31), Notice(90), date(2026, 10, 2), id="ninety days are no three months"),
		pytest.param(date(2026, 12, 31), Notice(3, terms.MONTHS), date(2026, 9, 30), id="of a year"),
		pytest.param(date(2026, 5, 14), Notice(3, terms.MONTHS), date(2026, 2, 14), id="within a month"),
		pytest.param(
			date(2026, 5, 14),
			Notice(3, terms.MONTHS_TO_MONTH_END),
			date(2026, 1, 31),
			id="to the end of April",
		),
		pytest.param(
			date(2026, 5, 31), Notice(3, terms.MONTHS_TO_MONTH_END), date(2026, 2, 28), id="to the end of May"
		),
		pytest.param(date(2026, 5, 14), Notice(0), date(2026, 5, 14), id="none"),
	],
)
def test_until_when_notice_can_be_given(end, notice, deadline):
	assert terms.notice_deadline(end, notice) == deadline


def test_the_last_date_to_act_is_a_working_day():
	easter = {date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)}
	assert terms.last_date_to_act(date(2026, 4, 6), 0, easter) == date(2026, 4, 1)
	assert terms.last_date_to_act(date(2026, 4, 7), 0, easter) == date(2026, 4, 7)
	with pytest.raises(ValueError, match="holiday list"):
		terms.last_date_to_act(date(2026, 4, 6), 0, {date(2026, 4, 6) - timedelta(n) for n in range(400)})


# ------------------------------------------------------------------ without end, bound, too late
OPEN = Term(terms.NO_END, date(2024, 1, 1), notice=Notice(3, terms.MONTHS_TO_MONTH_END))


def test_an_open_contract_ends_when_its_notice_lapses_and_not_before_it_is_free():
	assert terms.notice_given(OPEN, date(2026, 3, 15)).effective == date(2026, 6, 30)
	bound = Term(terms.NO_END, date(2024, 1, 1), notice=Notice(30), binding_end=date(2026, 12, 31))
	assert terms.notice_given(bound, date(2026, 3, 15)).effective == date(2026, 12, 31)
	assert terms.notice_given(bound, date(2027, 3, 1)).effective == date(2027, 3, 31)
	assert terms.deadline_on(bound, date(2026, 3, 15)) is None
	assert terms.period_on(OPEN, date(2099, 1, 1)) == Period(1, date(2024, 1, 1), None)


YEARLY = Term(
	terms.AUTO_RENEWING, date(2024, 3, 1), initial_months=36, renewal_months=12, notice=Notice(90, terms.DAYS)
)


def test_notice_in_time_ends_the_period_and_a_day_too_late_costs_another():
	kept = terms.notice_given(YEARLY, date(2026, 11, 30))
	assert (kept.effective, kept.in_time, kept.extra_days) == (date(2027, 2, 28), True, 0)
	missed = terms.notice_given(YEARLY, date(2026, 12, 1))
	assert (missed.effective, missed.in_time) == (date(2028, 2, 29), False)
	assert (missed.missed_end, missed.extra_days) == (date(2027, 2, 28), 366)
	assert terms.cost_of_delay(missed, Decimal(120_000)) == Decimal(120_000)
	assert terms.cost_of_delay(kept, Decimal(120_000)) == 0


def test_a_binding_end_beyond_the_first_period_moves_the_deadline():
	bound = Term(
		*(terms.AUTO_RENEWING, date(2024, 3, 1), 12, 12),
		notice=Notice(90),
		binding_end=date(2026, 6, 1),
	)
	assert terms.free_end(bound, date(2024, 5, 1)) == date(2027, 2, 28)
	assert terms.deadline_on(bound, date(2024, 5, 1)) == date(2026, 11, 30)


def test_a_fixed_contract_ends_on_its_day_with_notice_or_without():
	fixed = Term(terms.FIXED, date(2024, 3, 1), initial_months=12, notice=Notice(90))
	assert terms.notice_given(fixed, date(2025, 2, 1)) == terms.Outcome(
		date(2025, 2, 1), date(2025, 2, 28), in_time=False
	)
	assert terms.state_on(fixed, date(2025, 3, 1)) == (terms.ENDED, None)
	assert terms.state_on(fixed, date(2024, 2, 29)) == (terms.NOT_STARTED, None)


def test_a_termination_for_cause_ends_at_once_or_on_its_day():
	assert terms.for_cause(YEARLY, date(2024, 6, 1)).effective == date(2024, 6, 1)
	assert terms.for_cause(YEARLY, date(2024, 6, 1), date(2024, 6, 30)).effective == date(2024, 6, 30)
	with pytest.raises(ValueError, match="does not end"):
		terms.for_cause(YEARLY, date(2024, 6, 1), date(2024, 5, 31))


def test_notice_cuts_the_period_that_runs():
	assert terms.state_on(YEARLY, date(2026, 1, 1), date(2026, 3, 31)) == (
		terms.RUNNING,
		Period(1, date(2024, 3, 1), date(2026, 3, 31)),
	)
	assert terms.state_on(YEARLY, date(2026, 4, 1), date(2026, 3, 31)) == (terms.ENDED, None)


@pytest.mark.parametrize(
	"wrong",
	[
		{"duration": "Forever", "start": date(2024, 1, 1)},
		{"duration": terms.FIXED, "start": date(2024, 1, 1)},
		{"duration": terms.FIXED, "start": date(2024, 1, 1), "first_end": date(2023, 12, 31)},
		{"duration": terms.AUTO_RENEWING, "start": date(2024, 1, 1), "initial_months": 12},
		{
			"duration": terms.SECOND_PERIOD,
			"start": date(2024, 1, 1),
			"initial_months": 12,
			"renewal_months": 1,
		},
	],
)
def test_a_term_that_says_too_little_is_refused(wrong):
	with pytest.raises(ValueError):
		Term(**wrong)


@pytest.mark.parametrize(("length", "unit"), [(-1, terms.DAYS), (3, "Weeks")])
def test_a_notice_that_is_none_is_refused(length, unit):
	with pytest.raises(ValueError):
		Notice(length, unit)


@pytest.mark.parametrize(("term", "number"), [(OPEN, 2), (YEARLY, 0)])
def test_a_period_that_never_is_is_refused(term, number):
	with pytest.raises(ValueError, match="no period"):
		terms.period(term, number)


def test_months_and_days_of_delay_are_both_paid():
	late = terms.Outcome(date(2026, 1, 1), date(2026, 4, 10), in_time=False, missed_end=date(2026, 1, 31))
	assert terms.cost_of_delay(late, Decimal(36_500)) == Decimal("7083.33")


# ------------------------------------------------------------------ properties
@given(STARTS, st.integers(0, 130))
def test_an_anniversary_is_that_of_the_walked_calendar(start, months):
	assert terms.anniversary(start, months) == walked_anniversary(start, months)


@given(renewing(), st.integers(1, 12))
def test_periods_are_those_of_the_walked_calendar_without_gap_or_overlap(term, count):
	found = [terms.period(term, number) for number in range(1, count + 1)]
	assert [(one.start, one.end) for one in found] == periods_of(term, count)
	for one, following in pairwise(found):
		assert following.start == one.end + ONE


@given(renewing(), st.integers(-400, 20_000))
def test_every_day_lies_in_exactly_its_period(term, after):
	day = term.start + timedelta(after)
	found = terms.period_on(term, day)
	if after < 0:
		assert found is None
	else:
		assert found.start <= day <= found.end
		assert found == terms.period(term, found.number)


@given(DATES, NOTICES)
def test_a_notice_lapses_as_in_the_walked_calendar(day, notice):
	assert terms.notice_ends(day, notice) == walked_lapse(day, notice)


@given(STARTS, NOTICES)
def test_the_deadline_is_the_last_day_that_is_in_time(end, notice):
	deadline = terms.notice_deadline(end, notice)
	assert walked_lapse(deadline, notice) <= end
	assert all(walked_lapse(deadline + timedelta(n), notice) > end for n in range(1, 40))


@given(DATES, st.integers(0, 120), st.sets(st.integers(0, 60), max_size=20))
def test_the_last_date_to_act_is_the_last_working_day_that_leaves_the_lead(deadline, lead, off):
	holidays = {deadline - timedelta(lead + n) for n in off}
	found = terms.last_date_to_act(deadline, lead, holidays)
	assert found.weekday() < 5 and found not in holidays
	between = (found + timedelta(n) for n in range(1, (deadline - found).days - lead + 1))
	assert found <= deadline - timedelta(lead)
	assert all(day.weekday() >= 5 or day in holidays for day in between)


@given(renewing(), st.integers(0, 4_000))
def test_a_notice_ends_the_contract_with_the_first_period_that_it_is_in_time_for(term, after):
	given_on = term.start + timedelta(after)
	found = terms.notice_given(term, given_on)
	lapses = walked_lapse(given_on, term.notice)
	number, free = 1, []
	while len(free) < 2:
		end = terms.period(term, number).end
		if end >= given_on and end >= (term.binding_end or end):
			free.append(end)
		number += 1
		if free and free[-1] < lapses and len(free) == 2:
			free.pop()
	assert found.effective == next(end for end in free if end >= lapses)
	assert found.in_time == (lapses <= free[0])
	assert found.missed_end == (None if found.in_time else free[0])
	assert found.in_time == (given_on <= terms.deadline_on(term, given_on))


@given(renewing(), st.integers(0, 3_000), st.integers(0, 3_000))
def test_each_renewal_is_found_once_however_the_days_are_cut(term, first, second):
	start, middle, end = (term.start + timedelta(n) for n in (0, min(first, second), max(first, second)))
	whole = terms.renewals_between(term, start, end)
	assert whole == terms.renewals_between(term, start, middle) + terms.renewals_between(term, middle, end)
	assert [one.number for one in whole] == list(range(2, 2 + len(whole)))


@given(STARTS, NOTICES, st.none() | st.integers(0, 900), st.integers(-30, 2_000))
def test_an_open_contract_is_never_over_before_its_notice_and_its_binding_end(start, notice, bound, after):
	binding = None if bound is None else start + timedelta(bound)
	term = Term(terms.NO_END, start, notice=notice, binding_end=binding)
	given_on = start + timedelta(after)
	found = terms.notice_given(term, given_on).effective
	assert found == max(walked_lapse(given_on, notice), start, given_on, binding or start)


@given(renewing(), st.integers(0, 3_000), st.integers(0, 10**7))
def test_a_delay_costs_nothing_or_the_value_of_the_time(term, after, cents):
	annual = Decimal(cents).scaleb(-2)
	outcome = terms.notice_given(term, term.start + timedelta(after))
	cost = terms.cost_of_delay(outcome, annual)
	assert (outcome.extra_days == 0) == outcome.in_time
	assert abs(cost - annual * outcome.extra_days / Decimal("365.25")) <= annual * 4 / 365 + Decimal("0.01")
