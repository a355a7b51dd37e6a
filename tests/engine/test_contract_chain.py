"""Which of a contract and its amendments is in force on which day."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_chain as chain
from b2b_contracts.engine.contract_chain import Member, Span

START = date(2026, 1, 1)
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
DAY = timedelta(days=1)

original = Member("C", START, START)
first = Member("C-1", MAY, date(2026, 4, 20), 1)


def test_an_amendment_takes_the_place_of_the_contract_on_its_day():
	assert chain.spans([first, original]) == (Span("C", START, MAY - DAY, "C-1"), Span("C-1", MAY))


def test_an_amendment_of_an_amendment():
	second = Member("C-2", JUNE, MAY, 2)
	assert chain.spans([original, second, first]) == (
		Span("C", START, MAY - DAY, "C-1"),
		Span("C-1", MAY, JUNE - DAY, "C-2"),
		Span("C-2", JUNE),
	)


@pytest.mark.parametrize(
	("signed", "wins"),
	[((date(2026, 4, 1), date(2026, 4, 2)), "C-2"), ((date(2026, 4, 3), date(2026, 4, 2)), "C-1")],
)
def test_of_two_of_the_same_day_the_one_signed_later_counts(signed, wins):
	members = [original, Member("C-1", MAY, signed[0], 1), Member("C-2", MAY, signed[1], 2)]
	assert chain.spans(members)[-1].name == wins
	loser = "C-1" if wins == "C-2" else "C-2"
	assert chain.replacements(members) == {"C": wins, loser: wins}


def test_signed_on_the_same_day_the_higher_number_counts():
	members = [original, Member("C-2", MAY, START, 2), Member("C-1", MAY, START, 1)]
	assert chain.in_force(members, MAY) == "C-2"


def test_signed_after_its_day_it_holds_from_its_day_on():
	late = Member("C-1", MAY, JULY, 1)
	assert chain.in_force([original, late], MAY) == "C-1"
	assert chain.in_force([original, late], MAY - DAY) == "C"


def test_one_that_is_signed_later_and_takes_effect_earlier_holds_until_the_next():
	earlier = Member("C-2", date(2026, 3, 1), JUNE, 2)
	assert [span.name for span in chain.spans([original, first, earlier])] == ["C", "C-2", "C-1"]


def test_from_the_first_day_on_what_it_amends_is_never_in_force():
	members = [original, Member("C-1", START, MAY, 1)]
	assert chain.spans(members) == (Span("C-1", START),)
	assert chain.replacements(members) == {"C": "C-1"}


def test_notice_goes_on_to_what_takes_its_place():
	ended = Member("C", START, START, notice_end=JULY)
	assert chain.spans([ended, first])[-1] == Span("C-1", MAY, JULY)
	withdrawn = Member("C-1", MAY, START, 1, withdraws_notice=True)
	assert chain.spans([ended, withdrawn])[-1] == Span("C-1", MAY)


def test_after_the_end_nothing_takes_effect():
	ended = Member("C", START, START, notice_end=MAY - 2 * DAY)
	withdraws = Member("C-1", MAY, START, 1, withdraws_notice=True)
	assert chain.spans([ended, withdraws]) == (Span("C", START, MAY - 2 * DAY),)
	# On the very next day it still does, but only where the notice is withdrawn.
	ended = Member("C", START, START, notice_end=MAY - DAY)
	assert chain.last_day([ended, first]) == MAY - DAY
	assert chain.last_day([ended, withdraws]) is None


def test_a_fixed_one_goes_on_with_an_amendment_of_the_day_after():
	fixed = Member("C", START, START, term_end=MAY - DAY)
	longer = Member("C-1", MAY, START, 1, term_end=JULY)
	assert chain.spans([fixed, longer]) == (Span("C", START, MAY - DAY, "C-1"), Span("C-1", MAY, JULY))


def test_one_that_is_over_before_it_begins_takes_nobodys_place():
	odd = Member("C-1", MAY, START, 1, term_end=START)
	assert chain.spans([original, odd]) == (Span("C", START),)
	assert chain.spans([original, odd, Member("C-2", JUNE, START, 2)])[-1] == Span("C-2", JUNE)


def test_nothing_is_ever_in_force():
	assert chain.spans([]) == ()
	with pytest.raises(ValueError, match="ever in force"):
		chain.last_day([])


# ------------------------------------------------------------------ any chain, any day
days = st.integers(0, 60).map(lambda number: START + timedelta(days=number))
members = st.lists(
	st.tuples(days, days, st.one_of(st.none(), days), st.one_of(st.none(), days), st.booleans()),
	min_size=1,
	max_size=6,
).map(
	lambda rows: [
		Member(f"C-{number}", effective, signed, number, term_end, notice_end, withdraws)
		for number, (effective, signed, term_end, notice_end, withdraws) in enumerate(rows)
	]
)
CALENDAR = [START + timedelta(days=number) for number in range(-2, 70)]


def day_by_day(all_members: list[Member]) -> dict[date, str]:
	"""Walk the calendar with nothing but the rules: who begins today, and whether the one before ran until yesterday."""
	held: dict[date, str] = {}
	end_of: dict[str, date | None] = {}
	notice, current, over = None, None, False
	for day in CALENDAR:
		begins = [one for one in all_members if one.effective == day]
		if current is not None and end_of[current] is not None and end_of[current] < day - DAY:
			over = True
		if begins and not over:
			newest = max(begins, key=lambda one: (one.signed_on, one.number))
			if newest.withdraws_notice:
				notice = None
			notice = newest.notice_end or notice
			ends = [end for end in (newest.term_end, notice) if end is not None]
			if not ends or min(ends) >= day:
				current = newest.name
				end_of[current] = min(ends) if ends else None
		if current is not None and not over and (end_of[current] is None or day <= end_of[current]):
			held[day] = current
	return held


@given(members)
def test_on_each_day_the_same_is_in_force_as_when_one_walks_the_days(all_members):
	expected = day_by_day(all_members)
	assert {day: chain.in_force(all_members, day) for day in CALENDAR} == {
		day: expected.get(day) for day in CALENDAR
	}


@given(members)
def test_at_most_one_is_in_force_and_there_is_no_gap(all_members):
	found = chain.spans(all_members)
	for day in CALENDAR:
		assert sum(span.holds(day) for span in found) <= 1
	for span, following in itertools.pairwise(found):
		assert (span.end, span.replaced_by) == (following.start - DAY, following.name)
		assert span.start <= span.end
	if found:
		assert found[-1].replaced_by is None


@given(members, st.randoms())
def test_the_order_in_which_they_are_told_does_not_matter(all_members, random):
	shuffled = list(all_members)
	random.shuffle(shuffled)
	assert chain.spans(shuffled) == chain.spans(all_members)


@given(members)
def test_what_is_replaced_is_replaced_by_something_that_took_effect_no_earlier(all_members):
	by_name = {one.name: one for one in all_members}
	for name, following in chain.replacements(all_members).items():
		assert by_name[following].effective >= by_name[name].effective
		assert following != name


@given(members, days)
def test_a_later_amendment_changes_nothing_before_its_day(all_members, effective):
	later = Member("late", effective, CALENDAR[-1], 99)
	for day in CALENDAR:
		if day < effective:
			assert chain.in_force([*all_members, later], day) == chain.in_force(all_members, day)
