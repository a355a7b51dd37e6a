"""Until when a claim lives, what an acknowledgement does to it, and when people are warned."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import limitation
from b2b_contracts.engine.limitation import JUDGMENT, NO_JUDGMENT, PENDING, Claim, Suit, Terms

from .builders import money

DK = Terms(3, 10)
TODAY = date(2026, 11, 26)


def claim(due: date, *acknowledged: date, amount=1_000, name="SI-1") -> Claim:
	return Claim(name, due, money(amount), acknowledged)


@pytest.mark.parametrize(
	("due", "acknowledged", "expires", "counts_from"),
	[
		pytest.param(date(2023, 11, 15), [], date(2026, 11, 15), None, id="three years from due"),
		pytest.param(date(2024, 2, 29), [], date(2027, 2, 28), None, id="a leap day"),
		pytest.param(
			date(2023, 11, 15), [date(2024, 1, 10)], date(2034, 1, 10), date(2024, 1, 10), id="acknowledged"
		),
		pytest.param(
			date(2023, 11, 15),
			[date(2026, 11, 15)],
			date(2036, 11, 15),
			date(2026, 11, 15),
			id="on the last day",
		),
		pytest.param(date(2023, 11, 15), [date(2026, 11, 16)], date(2026, 11, 15), None, id="a day too late"),
		pytest.param(
			date(2010, 5, 1),
			[date(2021, 1, 1), date(2012, 3, 4)],
			date(2031, 1, 1),
			date(2021, 1, 1),
			id="twice, the second while the first lasts",
		),
		pytest.param(
			date(2010, 5, 1),
			[date(2012, 3, 4), date(2022, 3, 5)],
			date(2022, 3, 4),
			date(2012, 3, 4),
			id="twice, the second too late",
		),
	],
)
def test_how_long_it_lives(due, acknowledged, expires, counts_from):
	found = limitation.watched(claim(due, *acknowledged), DK)
	assert (found.expires, found.counts_from) == (expires, counts_from)


# ------------------------------------------------------------------ in court
COURT = Terms(3, 10, years_after_judgment=10, years_after_suit=1)
DUE, LAST = date(2023, 11, 15), date(2026, 11, 15)


def sued(*suits: Suit, acknowledged: tuple[date, ...] = ()) -> limitation.Watched:
	return limitation.watched(Claim("SI-1", DUE, money(1_000), acknowledged, suits), COURT)


@pytest.mark.parametrize(
	("suit", "expires", "counts_from"),
	[
		pytest.param(
			Suit(date(2026, 11, 15), JUDGMENT, date(2028, 3, 1)),
			date(2038, 3, 1),
			date(2028, 3, 1),
			id="filed on the last day, judged long after it",
		),
		pytest.param(
			Suit(date(2026, 11, 16), JUDGMENT, date(2028, 3, 1)), LAST, None, id="filed a day too late"
		),
		pytest.param(
			Suit(date(2026, 5, 1), NO_JUDGMENT, date(2027, 6, 1)),
			date(2028, 6, 1),
			date(2027, 6, 1),
			id="dismissed: a year more",
		),
		pytest.param(
			Suit(date(2024, 1, 1), NO_JUDGMENT, date(2024, 6, 1)),
			LAST,
			None,
			id="dismissed long before its end",
		),
	],
)
def test_a_suit_that_has_ended(suit, expires, counts_from):
	found = sued(suit)
	assert (found.expires, found.counts_from, found.interrupted_by) == (expires, counts_from, None)
	assert found.counts_by == (suit if counts_from else None)


def test_a_pending_suit_interrupts_and_only_if_it_came_in_time():
	in_time, late = Suit(date(2026, 11, 1)), Suit(date(2026, 12, 1))
	assert (sued(in_time).interrupted_by, sued(in_time).expires) == (in_time, LAST)
	assert sued(late).interrupted_by is None


def test_what_happens_while_a_suit_is_pending_counts():
	ended = Suit(date(2026, 11, 1), NO_JUDGMENT, date(2027, 5, 1))
	found = sued(ended, acknowledged=(date(2027, 3, 1),))
	assert found.expires == date(2037, 3, 1)
	again = Suit(date(2028, 4, 30))
	assert sued(ended, again).interrupted_by == again
	assert sued(ended, Suit(date(2028, 5, 2))).interrupted_by is None


suits = st.builds(
	lambda filed, days, outcome: Suit(
		filed, outcome, None if outcome == PENDING else filed + timedelta(days)
	),
	st.dates(date(2020, 1, 1), date(2030, 1, 1)),
	st.integers(0, 2_000),
	st.sampled_from((PENDING, JUDGMENT, NO_JUDGMENT)),
)


@given(st.lists(suits, max_size=4), st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=3), suits)
def test_no_suit_ever_shortens_the_time_and_none_that_is_late_helps(some, acknowledged, more):
	before = limitation.watched(Claim("SI-1", DUE, money(1), tuple(acknowledged), tuple(some)), COURT)
	after = limitation.watched(Claim("SI-1", DUE, money(1), tuple(acknowledged), (*some, more)), COURT)
	assert after.expires >= before.expires
	assert bool(after.interrupted_by) >= bool(before.interrupted_by)
	if not before.interrupted_by and more.filed > max(
		before.expires, *(suit.ended for suit in some if suit.ended), before.expires
	):
		assert (after.expires, after.interrupted_by) == (before.expires, None)


def test_an_acknowledgement_never_shortens_it():
	short = Terms(10, 3)
	assert limitation.watched(claim(date(2020, 1, 1), date(2021, 1, 1)), short).expires == date(2030, 1, 1)


def test_the_worst_stands_first():
	claims = [
		(claim(date(2023, 12, 1), name="soon", amount=10), DK),
		(claim(date(2022, 1, 1), name="lost"), DK),
		(claim(date(2023, 12, 1), name="soon and more", amount=20), DK),
		(claim(date(2023, 12, 1), name="paid", amount=0), DK),
		(claim(date(2025, 12, 1), name="far"), DK),
		(claim(date(2023, 12, 1), date(2024, 12, 1), name="acknowledged"), DK),
	]
	found = limitation.worst_first(claims, TODAY, 365)
	assert [one.claim.name for one in found] == ["lost", "soon and more", "soon"]
	assert [one.days_left(TODAY) for one in found] == [-694, 5, 5]


@pytest.mark.parametrize(
	("left", "told", "step"),
	[
		(400, [], None),
		(365, [], 365),
		(300, [365], None),
		(300, [], 365),
		(180, [365], 180),
		(20, [365], 30),
		(20, [], 30),
		(20, [30], None),
		(0, [90], 30),
		(-1, [], None),
	],
)
def test_each_warning_once_and_the_tightest_after_days_that_were_missed(left, told, step):
	assert limitation.warning_due(TODAY + timedelta(left), TODAY, told) == step


DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))
TERMS = st.builds(Terms, st.integers(1, 10), st.integers(1, 30))


@given(DAYS, st.lists(DAYS, max_size=4), TERMS)
def test_it_lives_as_long_as_its_years_and_more_acknowledgements_never_shorten_it(due, days, terms):
	whole = limitation.watched(claim(due, *days), terms)
	assert whole.expires >= limitation.years_later(due, terms.years)
	assert whole.expires >= limitation.watched(claim(due, *days[:-1]), terms).expires
	if whole.counts_from:
		assert whole.expires == limitation.years_later(whole.counts_from, terms.years_after_acknowledgement)


@given(DAYS, DAYS, TERMS, st.integers(0, 400))
def test_what_is_read_of_the_books_holds_every_claim_that_is_near(due, today, terms, within):
	last = limitation.oldest_due_that_matters(today, terms.years, within)
	near = limitation.worst_first([(claim(due), terms)], today, within)
	assert not near or due <= last


@given(DAYS, st.integers(0, 40))
def test_years_later_is_the_same_day_or_the_last_of_february(day, years):
	later = limitation.years_later(day, years)
	assert (later.year, later.month) == (day.year + years, day.month)
	assert later.day == day.day or (day.month, day.day, later.day) == (2, 29, 28)


@given(DAYS, st.lists(st.integers(0, 500), max_size=30))
def test_nobody_is_warned_twice_whatever_days_are_missed(expires, days_left):
	told = []
	for left in sorted(days_left, reverse=True):
		for _run in range(2):
			step = limitation.warning_due(expires, expires - timedelta(left), told)
			if step is not None:
				assert step not in told
				told.append(step)
	assert not days_left or min(days_left) > 365 or told
