"""The dates of a contract that matter, and who is reminded of them when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.engine.contract_terms import Notice, Term
from b2b_contracts.engine.key_dates import Facts, Item, KeyDate, Ladder

YEARLY = Term(terms.AUTO_RENEWING, date(2024, 3, 1), 36, 12, notice=Notice(90), binding_end=date(2025, 2, 28))
FACTS = Facts(YEARLY, lead_days=30, renegotiation_days=60)
TODAY = date(2026, 4, 1)


def by_kind(facts: Facts, on: date = TODAY) -> dict[str, date]:
	return {one.kind: one.day for one in keys.key_dates(facts, on)}


def test_the_dates_of_a_contract_that_renews_itself():
	assert by_kind(FACTS) == {
		keys.BINDING_END: date(2025, 2, 28),
		keys.RENEGOTIATION: date(2026, 10, 1),
		keys.LAST_DATE_TO_ACT: date(2026, 10, 30),
		keys.NOTICE_DEADLINE: date(2026, 11, 30),
		keys.AUTO_RENEWAL: date(2027, 3, 1),
	}


def test_a_fixed_contract_expires_instead():
	fixed = replace(FACTS, term=replace(YEARLY, duration=terms.FIXED))
	assert by_kind(fixed)[keys.EXPIRY] == date(2027, 2, 28)
	assert keys.AUTO_RENEWAL not in by_kind(fixed)
	assert keys.key_dates(fixed, date(2027, 3, 5)) == (KeyDate(date(2027, 2, 28), keys.EXPIRY),)
	assert keys.notice_deadline(fixed, date(2027, 3, 5)) is None


def test_after_a_renewal_the_dates_are_those_of_the_next_period():
	assert by_kind(FACTS, date(2027, 3, 1))[keys.NOTICE_DEADLINE] == date(2027, 12, 1)
	assert keys.last_date_to_act(FACTS, date(2027, 3, 1)) == date(2027, 11, 1)


def test_a_decision_about_the_period_settles_its_deadline_alone():
	decided = replace(FACTS, decided_for=date(2027, 2, 28))
	assert set(by_kind(decided)) == {keys.BINDING_END, keys.AUTO_RENEWAL}
	assert keys.NOTICE_DEADLINE in by_kind(decided, date(2027, 3, 1))


def test_notice_that_was_given_leaves_the_end_and_what_is_owed_after_it():
	rows = (
		Item(keys.MEETING, date(2026, 9, 1), "m"),
		Item(keys.OBLIGATION, date(2026, 9, 1), "o", "Delete the data"),
		Item(keys.MEETING, date(2026, 5, 1), "n"),
	)
	ended = replace(FACTS, ends_on=date(2026, 6, 30), items=rows)
	assert [(one.kind, one.reference) for one in keys.key_dates(ended, TODAY)] == [
		(keys.BINDING_END, ""),
		(keys.MEETING, "n"),
		(keys.EXPIRY, ""),
		(keys.OBLIGATION, "o"),
	]
	assert keys.notice_deadline(ended, TODAY) is None
	assert keys.last_date_to_act(ended, TODAY) is None


def test_a_contract_without_end_has_none():
	without = Facts(Term(terms.NO_END, date(2024, 1, 1), notice=Notice(30)), lead_days=5)
	assert keys.key_dates(without, TODAY) == ()
	assert keys.last_date_to_act(without, TODAY) is None
	assert keys.next_key_date((), TODAY) is None


def test_before_it_starts_a_contract_has_the_dates_of_its_first_period():
	assert by_kind(FACTS, date(2024, 1, 1))[keys.AUTO_RENEWAL] == date(2027, 3, 1)


@pytest.mark.parametrize(
	("first", "months", "found"),
	[
		(date(2026, 4, 1), 12, date(2026, 4, 1)),
		(date(2025, 3, 31), 12, date(2027, 3, 31)),
		(date(2025, 1, 31), 1, date(2026, 5, 1)),
		(date(2025, 1, 1), 0, date(2025, 1, 1)),
		(None, 12, None),
	],
)
def test_prices_are_adjusted_on_a_day_and_again(first, months, found):
	facts = replace(FACTS, price_adjustment_on=first, price_adjustment_months=months)
	assert keys.next_price_adjustment(facts, TODAY) == found
	assert by_kind(facts).get(keys.PRICE_ADJUSTMENT) == found


def test_an_adjustment_that_a_month_lacks_the_day_for_is_not_skipped():
	facts = replace(FACTS, price_adjustment_on=date(2020, 1, 29), price_adjustment_months=1)
	assert keys.next_price_adjustment(facts, date(2021, 3, 1)) == date(2021, 3, 1)
	assert keys.next_price_adjustment(facts, date(2021, 3, 2)) == date(2021, 3, 29)


@given(
	st.dates(date(2020, 1, 1), date(2032, 12, 31)),
	st.integers(1, 25),
	st.dates(date(2020, 1, 1), date(2036, 12, 31)),
)
def test_the_next_adjustment_is_the_first_of_all_that_is_not_past(first, months, on):
	facts = replace(FACTS, price_adjustment_on=first, price_adjustment_months=months)
	every = [terms.anniversary(first, months * times) for times in range(220)]
	assert keys.next_price_adjustment(facts, on) == next(day for day in every if day >= on)


def test_the_first_service_review_is_within_thirty_days_of_going_live():
	facts = replace(FACTS, go_live=date(2026, 4, 10))
	assert by_kind(facts)[keys.FIRST_REVIEW] == date(2026, 5, 10)
	assert keys.FIRST_REVIEW not in by_kind(replace(facts, is_reviewed=True))


def test_what_is_done_is_no_date_any_more_and_the_next_one_is_the_first_to_come():
	rows = (
		Item(keys.MILESTONE, date(2026, 4, 3), "1", is_done=True),
		Item(keys.CERTIFICATE, date(2026, 4, 5), "2", "Liability", "legal@example.com"),
		Item(keys.OWN, date(2026, 3, 1), "3"),
	)
	found = keys.key_dates(replace(FACTS, items=rows), TODAY)
	assert keys.next_key_date(found, TODAY) == KeyDate(
		date(2026, 4, 5), keys.CERTIFICATE, "2", "Liability", "legal@example.com"
	)


# ------------------------------------------------------------------ reminders
@pytest.mark.parametrize(
	("left", "told", "rung"),
	[
		(91, [], None),
		(90, [], 90),
		(90, [90], None),
		(59, [90], 60),
		(20, [90], 30),
		(20, [], 30),
		(0, [90, 60, 30], 7),
		(-3, [90, 60, 30], 7),
		(-3, [7], None),
		(-31, [], 7),
		(-32, [], None),
	],
)
def test_which_rung_is_told(left, told, rung):
	assert keys.rung_due(TODAY + timedelta(left), TODAY, told, keys.REMINDER_DAYS) == rung


def test_a_task_is_told_later_than_a_term_and_the_last_rung_escalates():
	dates = (KeyDate(TODAY + timedelta(60), keys.MEETING), KeyDate(TODAY + timedelta(60), keys.EXPIRY))
	assert [(one.key_date.kind, one.rung) for one in keys.reminders_due(dates, TODAY, {}, Ladder())] == [
		(keys.EXPIRY, 60)
	]
	soon = keys.reminders_due(
		[KeyDate(TODAY + timedelta(7), keys.MEETING)],
		TODAY,
		{(keys.MEETING, "", TODAY + timedelta(7)): [30]},
		Ladder(),
	)
	assert [(one.rung, one.escalates) for one in soon] == [(7, True)]


DATES = st.dates(date(2020, 1, 1), date(2032, 12, 31))
LADDERS = st.builds(
	Ladder,
	st.lists(st.integers(0, 120), max_size=5, unique=True).map(tuple),
	st.lists(st.integers(0, 60), max_size=3, unique=True).map(tuple),
	st.integers(0, 60),
)
ITEMS = st.lists(
	st.builds(
		Item,
		st.sampled_from([keys.DISCOUNT_END, keys.CERTIFICATE, keys.OBLIGATION, keys.MEETING, keys.OWN]),
		DATES,
		st.sampled_from("abcdefgh"),
		is_done=st.booleans(),
	),
	max_size=5,
	unique_by=lambda item: (item.kind, item.reference),
).map(tuple)


@st.composite
def facts(draw):
	start = draw(DATES)
	term = Term(
		draw(st.sampled_from(terms.DURATIONS)),
		start,
		*(draw(st.integers(1, 36)) for _ in range(3)),
		notice=draw(st.builds(Notice, st.integers(0, 12), st.sampled_from(terms.NOTICE_UNITS))),
		binding_end=draw(st.none() | DATES),
	)
	return Facts(
		term,
		lead_days=draw(st.integers(0, 60)),
		ends_on=draw(st.none() | st.integers(0, 900).map(lambda n: start + timedelta(n))),
		renegotiation_days=draw(st.sampled_from([0, 60])),
		price_adjustment_on=draw(st.none() | DATES),
		price_adjustment_months=draw(st.sampled_from([0, 1, 12])),
		go_live=draw(st.none() | DATES),
		items=draw(ITEMS),
	)


@given(facts(), DATES)
def test_whatever_is_agreed_the_dates_are_in_order_and_each_is_there_once(one, on):
	found = keys.key_dates(one, on)
	assert list(found) == sorted(found, key=lambda key: key.day)
	assert len({(key.kind, key.reference) for key in found}) == len(found)
	upcoming = keys.next_key_date(found, on)
	assert upcoming == next((key for key in found if key.day >= on), None)
	act, deadline = keys.last_date_to_act(one, on), keys.notice_deadline(one, on)
	assert (act is None) == (deadline is None)
	if act:
		assert act <= deadline - timedelta(one.lead_days) and act.weekday() < 5


@given(facts(), LADDERS, st.lists(st.integers(0, 700), min_size=1, max_size=15), DATES)
def test_nothing_is_told_twice_whatever_days_are_missed_and_however_often_one_looks(
	one, ladder, after, since
):
	told: dict = {}
	for day in sorted(since + timedelta(n) for n in after):
		for _run in range(2):
			for reminder in keys.reminders_due(keys.key_dates(one, day), day, told, ladder):
				date_ = reminder.key_date
				rungs = told.setdefault((date_.kind, date_.reference, date_.day), [])
				assert reminder.rung in ladder.rungs(date_.kind)
				assert all(reminder.rung < earlier for earlier in rungs)
				assert date_.day - day <= timedelta(reminder.rung)
				rungs.append(reminder.rung)


@given(DATES, st.lists(st.integers(0, 120), min_size=1, max_size=5, unique=True), st.integers(-31, 200))
def test_whoever_looks_once_is_told_exactly_when_a_rung_is_reached(day, rungs, left):
	found = keys.rung_due(day, day - timedelta(left), (), rungs)
	assert found == min((rung for rung in rungs if rung >= left), default=None)


@given(facts(), DATES, LADDERS)
def test_a_daily_look_tells_every_rung_of_a_date_that_stays(one, on, ladder):
	lasting = [item for item in one.items if not item.is_done]
	told: dict = {}
	alone = [KeyDate(item.day, item.kind, item.reference) for item in lasting]
	for before in range(ladder.longest, -1, -1):
		for key in alone:
			today = key.day - timedelta(before)
			for reminder in keys.reminders_due([key], today, told, ladder):
				told.setdefault((key.kind, key.reference, key.day), []).append(reminder.rung)
	for key in alone:
		wanted = sorted(set(ladder.rungs(key.kind)), reverse=True)
		assert told.get((key.kind, key.reference, key.day), []) == wanted


def told_on(days: list[date], one: Facts, ladder: Ladder) -> list:
	told: dict = {}
	found = []
	for day in days:
		for reminder in keys.reminders_due(keys.key_dates(one, day), day, told, ladder):
			about = reminder.key_date
			told.setdefault((about.kind, about.reference, about.day), []).append(reminder.rung)
			found.append((day, about.kind, about.reference, about.day, reminder.rung))
	return found


@given(facts(), LADDERS, DATES)
def test_looking_only_when_it_is_time_tells_the_same_as_looking_every_day(one, ladder, since):
	every_day = [since + timedelta(n) for n in range(500)]
	now_and_then, day = [], since
	while day is not None and day <= every_day[-1]:
		now_and_then.append(day)
		following = keys.next_look(one, day, ladder)
		assert following is None or following > day
		day = following
	assert told_on(now_and_then, one, ladder) == told_on(every_day, one, ladder)
