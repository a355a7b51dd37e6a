from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import cash_forecast as cash
from b2b_contracts.engine import dunning
from b2b_contracts.engine.cash_forecast import (
	ANNOUNCED,
	BEHAVIOUR,
	DISPUTED,
	IN_CASE,
	IN_PLAN,
	INSOLVENT,
	NEVER_SO_LATE,
	PROMISED,
	Account,
	Habit,
	Sums,
	days_late,
	forecast,
	monday_of,
	week_late,
	weeks_from,
)
from b2b_contracts.engine.dunning import Item
from b2b_contracts.engine.plans import Instalment

from .builders import money
from .strategies import amounts

# A Wednesday
TODAY = date(2026, 3, 11)
ZERO = Decimal(0)


def ahead(days: int) -> date:
	return TODAY + timedelta(days=days)


def habit(**weeks) -> Habit:
	return Habit({int(week[1:]): money(amount) for week, amount in weeks.items()}, payments=5)


ON_TIME = habit(w0=100)
NOBODY = Habit()


def account(*items: Item, credits=0, promised=(), **more) -> Account:
	"""An account as the use case makes it: what reminders leave out is what they say it is."""
	owed = dunning.Account(
		items=items,
		credits=money(credits),
		promised=sum((amount for _day, amount in promised), ZERO),
	)
	return Account(dunning.chased(owed, TODAY), money(credits), promised=promised, **more)


def item(amount, due=0, key="a", **more) -> Item:
	sums = {name: money(value) if isinstance(value, int) else value for name, value in more.items()}
	return Item(key, f"INV-{key}", ahead(due), money(amount), **sums)


def expected(account, own=ON_TIME, everybody=NOBODY) -> list[tuple]:
	found = forecast(account, own, everybody, TODAY)
	return sorted(((one.day - TODAY).days, one.amount, one.source) for part in found for one in part.expected)


def aside(account, own=ON_TIME, everybody=NOBODY) -> dict:
	return dict(forecast(account, own, everybody, TODAY)[0].aside)


# ------------------------------------------------------------------ behaviour
@pytest.mark.parametrize(
	("days", "week"), [(-9, 0), (0, 0), (1, 1), (7, 1), (8, 2), (182, 26), (183, 26), (9_999, 26)]
)
def test_given_days_late_then_the_week_is_that_after_the_due_date(days, week):
	assert week_late(days) == week


@given(st.integers(1, 180))
def test_given_a_week_late_then_the_days_it_stands_for_are_in_it(days):
	assert week_late(days_late(week_late(days))) == week_late(days)


def test_given_who_pays_half_on_time_and_half_in_the_second_week_then_so_it_is_expected():
	own = habit(w0=500, w2=500)
	assert own.days == Decimal("5.5")
	assert own.on_time == Decimal("0.5")
	assert expected(account(item(100, due=10)), own) == [(10, 50, BEHAVIOUR), (21, 50, BEHAVIOUR)]


def test_given_an_item_that_is_late_then_what_has_not_happened_is_all_that_can():
	own = habit(w0=800, w1=100, w3=100)
	# Nine days late: neither on time nor in the first week.
	assert expected(account(item(100, due=-9)), own) == [(9, 100, BEHAVIOUR)]


def test_given_a_week_that_has_begun_then_it_still_counts_and_nothing_is_expected_in_the_past():
	# Six days late: the middle of the week is over, its last day is not.
	assert expected(account(item(100, due=-6)), habit(w1=1, w4=1)) == [
		(0, 50, BEHAVIOUR),
		(19, 50, BEHAVIOUR),
	]


def test_given_too_few_payments_then_everybodys_behaviour_stands_in():
	own = Habit({0: money(1_000)}, payments=cash.LEAST_PAYMENTS - 1)
	assert not own.is_known
	assert expected(account(item(100, due=7)), own, habit(w1=1)) == [(11, 100, BEHAVIOUR)]


def test_given_later_than_ever_then_everybodys_behaviour_and_at_last_no_day():
	late = account(item(100, due=-30))
	assert expected(late, ON_TIME, habit(w0=5, w6=5)) == [(9, 100, BEHAVIOUR)]
	assert expected(late, ON_TIME, habit(w1=5)) == []
	assert aside(late, ON_TIME, habit(w1=5)) == {NEVER_SO_LATE: 100}


def test_given_who_never_paid_anything_then_nothing_is_known():
	assert (NOBODY.days, NOBODY.on_time, NOBODY.is_known) == (None, None, False)


# ------------------------------------------------------------------ agreed
def test_given_a_plan_then_each_instalment_has_its_share():
	plan = (Instalment(ahead(-2), money(30)), Instalment(ahead(28), money(60)))
	found = account(item(100, due=-50, planned=90), plans={"INV-a": plan})
	# What is in its days of grace may come today; the rest outside the plan by behaviour, of which nobody knows.
	assert expected(found) == [(0, 30, IN_PLAN), (28, 60, IN_PLAN)]
	assert aside(found) == {NEVER_SO_LATE: 10}


def test_given_a_plan_with_nothing_left_to_pay_then_it_is_expected_when_due():
	found = account(item(100, due=3, planned=100), plans={"INV-a": (Instalment(ahead(9), ZERO),)})
	assert expected(found) == [(3, 100, IN_PLAN)]


def test_given_promises_then_that_of_the_invoice_first_then_the_earliest_in_general():
	one, other = item(100, due=-20, promised=40), item(50, due=-10, key="b")
	found = account(
		*(one, other),
		promises={"INV-a": ahead(9)},
		promised=((ahead(12), money(20)), (ahead(4), money(70))),
	)
	assert expected(found) == [(4, 10, PROMISED), (4, 60, PROMISED), (9, 40, PROMISED), (12, 20, PROMISED)]


def test_given_a_slip_then_on_its_day():
	found = account(item(100, due=-20, awaited=100), announced={"INV-a": ahead(3)})
	assert expected(found) == [(3, 100, ANNOUNCED)]


def test_given_what_is_not_reminded_of_then_it_is_owed_all_the_same():
	assert expected(account(item(100, due=5, excluded="A friend of the house"))) == [(5, 100, BEHAVIOUR)]


# ------------------------------------------------------------------ not expected
def test_given_a_dispute_a_case_and_an_insolvency_then_each_is_set_aside():
	assert aside(account(item(100, disputed=30), is_insolvent=True)) == {DISPUTED: 30, INSOLVENT: 70}
	in_case = account(item(100, due=-90, planned=20, case="CASE-1"))
	assert aside(in_case) == {IN_CASE: 80}


def test_given_weeks_then_they_begin_on_monday_and_the_rest_is_later():
	assert weeks_from(TODAY, 2) == (date(2026, 3, 9), date(2026, 3, 16))
	sums = Sums(monday_of(TODAY))
	for due in (0, 4, 5, 13 * 7 - 3, 13 * 7 - 2):
		sums.add(forecast(account(item(100, due=due, key=str(due))), ON_TIME, NOBODY, TODAY))
	assert [sums.week(number) for number in (0, 1, 2, 12)] == [200, 100, 0, 100]
	assert (sums.later, sums.in_weeks, sums.total) == (100, 400, 500)


def test_given_an_advance_then_it_covers_nothing_and_shows_as_what_it_is():
	sums = Sums(monday_of(TODAY))
	owed = dunning.Account(items=(item(100),), credits=money(30))
	parts = dunning.chased(owed, TODAY)
	sums.add(forecast(Account(parts), ON_TIME, NOBODY, TODAY), credits=money(80))
	assert (sums.in_weeks, sums.credits, sums.total) == (70, -50, 20)


# ------------------------------------------------------------------ nothing is lost
@st.composite
def items(draw, number: int) -> Item:
	open_amount = draw(amounts().filter(bool))
	return Item(
		str(number),
		f"INV-{number // 2}",
		ahead(draw(st.integers(-250, 150))),
		open_amount,
		**{name: draw(st.just(ZERO) | amounts()) for name in ("disputed", "planned", "awaited", "promised")},
		case=draw(st.sampled_from(["", "", "", "CASE-1"])),
		excluded=draw(st.sampled_from(["", "", "", "Excluded"])),
	)


@st.composite
def habits(draw) -> Habit:
	paid = draw(st.dictionaries(st.integers(0, cash.MOST_WEEKS), amounts(), max_size=6))
	return Habit(paid, draw(st.integers(0, 6)))


@st.composite
def accounts(draw) -> tuple[Account, Decimal]:
	owed = [draw(items(number)) for number in range(draw(st.integers(0, 5)))]
	general = [(ahead(draw(st.integers(0, 60))), draw(amounts())) for _ in range(draw(st.integers(0, 3)))]
	credits = draw(amounts())
	advances = draw(st.just(ZERO) | amounts())
	invoices = {f"INV-{number}": ahead(7 * number) for number in range(3)}
	some = {name: day for name, day in invoices.items() if draw(st.booleans())}
	plans = {
		name: tuple(
			Instalment(ahead(draw(st.integers(-3, 120))), draw(amounts()))
			for _ in range(draw(st.integers(0, 3)))
		)
		for name in some
	}
	parts = dunning.chased(
		dunning.Account(tuple(owed), credits, sum((amount for _day, amount in general), ZERO)), TODAY
	)
	found = Account(
		parts,
		credits + advances,
		plans,
		some,
		some,
		tuple(general),
		draw(st.sampled_from([False, False, True])),
	)
	return found, sum((one.open_amount for one in owed), ZERO) - credits - advances


@given(accounts(), habits(), habits())
def test_whatever_is_owed_comes_to_it_to_the_cent(given_account, own, everybody):
	found, owed = given_account
	forecasts = forecast(found, own, everybody, TODAY)
	sums = Sums(monday_of(TODAY))
	sums.add(forecasts, found.credits)
	assert sums.total == owed
	assert sums.credits <= 0
	for part in forecasts:
		amounts_ = [*(one.amount for one in part.expected), *part.aside.values()]
		assert sum(amounts_, ZERO) == part.item.open_amount
		assert all(amount > 0 and amount == amount.quantize(Decimal("0.01")) for amount in amounts_)
		assert all(one.day >= TODAY for one in part.expected)


@given(accounts(), habits(), habits())
def test_nothing_disputed_insolvent_or_in_collection_is_expected(given_account, own, everybody):
	found, _owed = given_account
	for part, seen in zip(found.parts, forecast(found, own, everybody, TODAY), strict=True):
		disputed = sum((left.amount for left in part.left_out if left.reason == dunning.DISPUTED), ZERO)
		assert seen.aside.get(DISPUTED, ZERO) == disputed
		if found.is_insolvent:
			assert seen.expected == ()
		if part.item.case:
			assert all(one.source != BEHAVIOUR for one in seen.expected)


@given(habits(), st.integers(-250, 100))
def test_what_may_still_come_is_no_more_than_what_has_come_so(own, due):
	days = own.days_from(ahead(due), TODAY)
	assert sum((amount for _day, amount in days), ZERO) <= sum(own.paid.values(), ZERO)
	assert [day for day, _amount in days] == sorted(day for day, _amount in days)
	if due >= 0:
		assert sum((amount for _day, amount in days), ZERO) == sum(own.paid.values(), ZERO)
