from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts import standard_terms
from b2b_contracts.engine.approval import ROLE_RANK, may_act_for
from b2b_contracts.engine.mandates import of_rows
from b2b_contracts.engine.plans import (
	BEYOND_INSURER,
	MONTHLY,
	QUARTERLY,
	Instalment,
	Problem,
	Requirement,
	Split,
	Terms,
	days_between,
	first_is_paid,
	instalments,
	insured_until,
	is_broken,
	is_complete,
	last_allowed,
	last_day_of_grace,
	matched,
	most_instalments,
	needs_security,
	open_share,
	problems_of,
	required_role,
	split_counts,
)

from .builders import CENT, days, money
from .strategies import amounts

WITHIN_60 = Requirement("Credit Manager")
MANDATES = of_rows(standard_terms.MANDATES)
MILLION = money(1_000_000)


def day(month: int, number: int, year: int = 2026) -> date:
	return date(year, month, number)


def plan_of(*rows) -> tuple[Instalment, ...]:
	return tuple(Instalment(due, money(amount)) for due, amount in rows)


def dates_of(count: int, first: date, frequency: str = MONTHLY, last_day: date | None = None) -> list[date]:
	return [i.due for i in instalments(money(1000), count, first, frequency, last_day)]


# ------------------------------------------------------------------ amounts and dates
@pytest.mark.parametrize(
	("total", "count", "parts"),
	[
		pytest.param("312345.67", 3, ["104115.22", "104115.22", "104115.23"], id="the requirements' example"),
		pytest.param("200.00", 3, ["66.67", "66.67", "66.66"], id="rounded up, so the last is smaller"),
		pytest.param("100.00", 4, ["25", "25", "25", "25"], id="nothing to round"),
		pytest.param("100.00", 1, ["100"], id="one instalment"),
		pytest.param("0.03", 3, ["0.01", "0.01", "0.01"], id="a cent each"),
	],
)
def test_given_a_total_when_paid_in_instalments_then_rounding_is_on_the_last(total, count, parts):
	plan = instalments(money(total), count, day(1, 1), MONTHLY, None)
	assert [i.amount for i in plan] == [money(part) for part in parts]


@pytest.mark.parametrize(
	("count", "first", "frequency", "last_day", "dates"),
	[
		pytest.param(
			*(3, day(1, 31), MONTHLY, None),
			[day(1, 31), day(2, 28), day(3, 31)],
			id="counted from the first date: 31 January, 28 February, 31 March",
		),
		pytest.param(
			*(3, day(1, 31), MONTHLY, day(4, 1)),
			[day(1, 31), day(2, 28), day(3, 31)],
			id="59 days: not pulled in",
		),
		pytest.param(
			*(3, day(7, 1), MONTHLY, day(8, 30)),
			[day(7, 1), day(8, 1), day(8, 30)],
			id="two long months: the last is pulled in to day 60",
		),
		pytest.param(
			*(2, day(12, 31), MONTHLY, day(3, 1, 2027)),
			[day(12, 31), day(1, 31, 2027)],
			id="over the turn of the year",
		),
		pytest.param(
			*(3, day(1, 29, 2028), MONTHLY, None),
			[day(1, 29, 2028), day(2, 29, 2028), day(3, 29, 2028)],
			id="a leap year has its day",
		),
		pytest.param(
			*(4, day(11, 30), QUARTERLY, None),
			[day(11, 30), day(2, 28, 2027), day(5, 30, 2027), day(8, 30, 2027)],
			id="by the quarter",
		),
	],
)
def test_given_a_first_date_when_are_the_others_due(count, first, frequency, last_day, dates):
	assert dates_of(count, first, frequency, last_day) == dates


@pytest.mark.parametrize(
	("first", "force_majeure", "most"),
	[
		pytest.param(day(7, 1), False, 3, id="60 days"),
		pytest.param(day(2, 1), False, 3, id="short months leave no room for a fourth"),
		pytest.param(day(7, 1), True, 5, id="120 days"),
		pytest.param(day(1, 31), True, 5, id="120 days from the end of January"),
	],
)
def test_given_a_limit_when_asked_how_many_instalments_fit(first, force_majeure, most):
	limit = last_allowed(first, MONTHLY, force_majeure)
	assert most_instalments(first, MONTHLY, limit) == most
	assert timedelta(0) <= limit - dates_of(most, first, last_day=limit)[-1] <= timedelta(days=3)
	with pytest.raises(ValueError, match=f"{most} do"):
		dates_of(most + 1, first, last_day=limit)


def test_given_a_quarterly_plan_when_asked_for_its_limit_then_there_is_none():
	assert last_allowed(day(1, 1), QUARTERLY, False) is None
	assert most_instalments(day(1, 1), QUARTERLY, None) is None


@pytest.mark.parametrize(("total", "count"), [("100", 0), ("0.02", 3), ("0", 1), ("-5", 2)])
def test_given_nothing_to_pay_in_each_instalment_then_it_is_refused(total, count):
	with pytest.raises(ValueError, match=r"instalment"):
		instalments(money(total), count, day(1, 1), MONTHLY, None)


# ------------------------------------------------------------------ mandates
@pytest.mark.parametrize(
	("length", "frequency", "total", "expected"),
	[
		pytest.param(0, MONTHLY, 100, Requirement("Credit Manager"), id="one instalment"),
		pytest.param(60, MONTHLY, 100, Requirement("Credit Manager"), id="60 days"),
		pytest.param(61, MONTHLY, 100, Requirement("CFO", force_majeure=True), id="a day more"),
		pytest.param(120, MONTHLY, 100, Requirement("CFO", force_majeure=True), id="120 days"),
		pytest.param(121, MONTHLY, 9e9, Requirement(None, problem="too_long"), id="beyond: nobody"),
		pytest.param(
			91,
			QUARTERLY,
			1_000_000,
			Requirement("CFO", problem="too_small_for_quarterly"),
			id="a million is not more than a million",
		),
		pytest.param(91, QUARTERLY, "1000000.01", Requirement("CFO"), id="quarterly over a million"),
		pytest.param(400, QUARTERLY, 2_000_000, Requirement("CFO"), id="quarterly may run longer"),
	],
)
def test_given_a_plan_when_asked_who_may_approve_it(length, frequency, total, expected):
	assert required_role(length, frequency, money(total), MANDATES) == expected


@pytest.mark.parametrize(
	("average", "rating", "needed"),
	[
		pytest.param(89.9, "B", False, id="fast enough and B"),
		pytest.param(90, "B", True, id="90 days"),
		pytest.param(10, "C", True, id="rated C"),
		pytest.param(10, "Insolvent", True, id="insolvent"),
		pytest.param(10, "AAA", False, id="AAA"),
		pytest.param(10, "AN", False, id="new, beside A"),
		pytest.param(10, "", True, id="not rated"),
		pytest.param(None, "AAA", True, id="has paid nothing yet"),
	],
)
def test_given_a_customer_when_asked_whether_a_plan_is_secured(average, rating, needed):
	assert needs_security(None if average is None else money(average), rating) is needed


@pytest.mark.parametrize(
	("terms", "average", "rating", "needed"),
	[
		pytest.param(Terms(slow_days=money(30)), 30, "AAA", True, id="slow by a stricter policy"),
		pytest.param(Terms(slow_days=money(0)), 0, "AAA", True, id="everybody"),
		pytest.param(Terms(lowest_rating="A"), 10, "B", True, id="rated too low for a stricter policy"),
		pytest.param(Terms(lowest_rating="C"), 10, "C", False, id="rated well enough for a milder one"),
		pytest.param(Terms(lowest_rating=""), 10, "", False, id="the rating does not matter"),
		pytest.param(Terms(lowest_rating=""), 90, "", True, id="but how fast they pay does"),
	],
)
def test_given_the_terms_of_a_policy_when_asked_whether_a_plan_is_secured(terms, average, rating, needed):
	assert needs_security(money(average), rating, terms) is needed


def test_given_the_terms_of_a_policy_then_they_are_the_limits():
	terms = Terms(longest_days=30, longest_days_with_force_majeure=45, quarterly_above=money(500))
	assert last_allowed(days(0), MONTHLY, False, terms) == days(30)
	assert last_allowed(days(0), MONTHLY, True, terms) == days(45)
	assert required_role(31, MONTHLY, money(1), MANDATES, terms).force_majeure
	assert required_role(46, MONTHLY, money(1), MANDATES, terms).problem == "too_long"
	assert required_role(90, QUARTERLY, money(501), MANDATES, terms).problem is None


# ------------------------------------------------------------------ the insurer
def test_given_an_insurer_then_it_stands_by_a_plan_from_the_oldest_due_date_on():
	assert insured_until([days(5), days(-20), days(0)], 60) == days(40)
	assert insured_until([days(5)], 0) is None
	assert insured_until([], 60) is None


@given(st.lists(st.dates(max_value=date(9000, 1, 1)), min_size=1), st.integers(1, 400))
def test_an_older_invoice_never_gives_more_time(dues, extension):
	assert insured_until(dues, extension) <= insured_until(dues[1:] or dues, extension)


@pytest.mark.parametrize(
	("last", "problems"),
	[
		pytest.param(days(30), [], id="on the last day"),
		pytest.param(days(29), [Problem(BEYOND_INSURER, day=days(29))], id="a day too late"),
		pytest.param(None, [], id="nobody insures it, or the insurer agrees"),
	],
)
def test_given_an_insurer_when_the_last_instalment_is_looked_at(last, problems):
	plan = plan_of((days(0), 60), (days(30), 40))
	assert problems_of(plan, money(100), WITHIN_60, False, last) == problems


@pytest.mark.parametrize(
	("plan", "problems"),
	[
		pytest.param(plan_of((days(0), 60), (days(30), 40)), [], id="fine"),
		pytest.param((), [Problem("no_instalment")], id="none"),
		pytest.param(
			plan_of((days(0), 60), (days(30), "39.99")),
			[Problem("wrong_sum", None, money("99.99"))],
			id="a cent short",
		),
		pytest.param(
			plan_of((days(0), 110), (days(30), -10)),
			[Problem("not_positive", 2, money(-10))],
			id="a negative one",
		),
		pytest.param(plan_of((days(5), 60), (days(5), 40)), [Problem("not_later", 2)], id="twice on one day"),
		pytest.param(plan_of((days(0), 60), (days(61), 40)), [Problem("needs_force_majeure")], id="61 days"),
		pytest.param(plan_of((days(0), 60), (days(121), 40)), [Problem("too_long")], id="121 days"),
	],
)
def test_given_instalments_typed_by_hand_when_looked_at(plan, problems):
	requirement = required_role(days_between(plan), MONTHLY, money(100), MANDATES)
	assert problems_of(plan, money(100), requirement, force_majeure=False) == problems


def test_given_force_majeure_when_a_plan_takes_61_days_then_nothing_is_wrong():
	plan = plan_of((days(0), 60), (days(61), 40))
	requirement = required_role(days_between(plan), MONTHLY, money(100), MANDATES)
	assert problems_of(plan, money(100), requirement, force_majeure=True) == []


# ------------------------------------------------------------------ money
PLAN = plan_of((days(0), 100), (days(30), 100), (days(60), "100.01"))


@pytest.mark.parametrize(
	("today", "paid", "statuses"),
	[
		pytest.param(0, 0, ["Pending", "Pending", "Pending"], id="nothing paid, just due"),
		pytest.param(3, 0, ["Pending", "Pending", "Pending"], id="the last day of grace"),
		pytest.param(4, 0, ["Missed", "Pending", "Pending"], id="grace is over"),
		pytest.param(4, "99.99", ["Missed", "Pending", "Pending"], id="a cent short is missed"),
		pytest.param(3, 40, ["Partly Paid", "Pending", "Pending"], id="a part, in grace"),
		pytest.param(4, 100, ["Paid", "Pending", "Pending"], id="the first"),
		pytest.param(4, 150, ["Paid", "Partly Paid", "Pending"], id="the earliest first"),
		pytest.param(34, 150, ["Paid", "Missed", "Pending"], id="the second is missed"),
		pytest.param(99, "300.01", ["Paid", "Paid", "Paid"], id="all"),
		pytest.param(0, 900, ["Paid", "Paid", "Paid"], id="more than all"),
	],
)
def test_given_money_when_it_is_matched(today, paid, statuses):
	rows = matched(PLAN, money(paid), days(today), lambda due: due + timedelta(days=3))
	assert [row.status for row in rows] == statuses
	assert first_is_paid(rows) is (statuses[0] == "Paid")
	assert is_broken(rows) is ("Missed" in statuses)
	assert is_complete(rows) is (set(statuses) == {"Paid"})


def test_given_no_instalments_then_the_plan_is_neither_begun_nor_complete():
	assert not first_is_paid(()) and not is_complete(()) and not is_broken(())


@pytest.mark.parametrize(
	("planned", "then", "now", "beside", "still_open"),
	[
		pytest.param(600, 1000, 1000, 0, 600, id="nothing paid"),
		pytest.param(600, 1000, 900, 0, 500, id="money goes to the plan first"),
		pytest.param(600, 1000, 400, 0, 0, id="the plan's share is paid, the rest is not"),
		pytest.param(600, 1000, 0, 0, 0, id="all is paid"),
		pytest.param(600, 1000, 1200, 0, 600, id="an older payment was taken back"),
		pytest.param(600, 1000, 600, 400, 600, id="a credit note of the disputed rest"),
		pytest.param(600, 1000, 500, 500, 500, id="a credit note of more than the rest cuts into the plan"),
		pytest.param(600, 1000, -50, 0, 0, id="overpaid"),
	],
)
def test_given_an_invoice_when_asked_what_is_open_of_its_share(planned, then, now, beside, still_open):
	assert open_share(*map(money, (planned, then, now, beside))) == still_open


EASTER_2026 = {day(4, 2), day(4, 3), day(4, 6)}
DAYS_OFF = EASTER_2026 | {d for n in range(365) if (d := day(1, 1) + timedelta(days=n)).weekday() >= 5}


@pytest.mark.parametrize(
	("due", "last_day"),
	[
		pytest.param(day(3, 16), day(3, 19), id="Monday: Thursday"),
		pytest.param(day(3, 19), day(3, 24), id="Thursday: over the weekend"),
		pytest.param(day(3, 21), day(3, 25), id="due on a Saturday"),
		pytest.param(day(4, 1), day(4, 9), id="over Easter"),
	],
)
def test_given_a_due_date_when_does_grace_end(due, last_day):
	assert last_day_of_grace(due, DAYS_OFF, 3) == last_day


def test_given_no_grace_then_it_ends_on_the_due_date():
	assert last_day_of_grace(day(4, 3), DAYS_OFF, 0) == day(4, 3)


def test_a_holiday_list_that_never_ends_is_refused_instead_of_running_for_ever():
	closed = {day(1, 1) + timedelta(days=n) for n in range(500)}
	with pytest.raises(ValueError, match="holiday list"):
		last_day_of_grace(day(1, 1), closed, 1)


# ------------------------------------------------------------------ properties
totals = st.integers(100, 100_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
first_dates = st.dates(date(2024, 1, 1), date(2028, 12, 31))
frequencies = st.sampled_from([MONTHLY, QUARTERLY])


@st.composite
def plans(draw):
	"""A plan that the engine makes, and the last day that it was given."""
	first, frequency = draw(first_dates), draw(frequencies)
	limit = last_allowed(first, frequency, draw(st.booleans()))
	count = draw(st.integers(1, most_instalments(first, frequency, limit) or 12))
	return instalments(draw(totals), count, first, frequency, limit), limit


@given(totals, st.integers(1, 12), first_dates, frequencies)
def test_instalments_sum_to_the_total_and_differ_by_cents(total, count, first, frequency):
	plan = instalments(total, count, first, frequency, None)
	assert sum(i.amount for i in plan) == total
	assert max(i.amount for i in plan) - min(i.amount for i in plan) <= count * CENT
	assert len({i.amount for i in plan[:-1]}) <= 1


@given(plans())
def test_dates_rise_and_the_last_is_within_the_limit(made):
	plan, limit = made
	dates = [i.due for i in plan]
	assert dates == sorted(set(dates))
	assert limit is None or dates[-1] <= limit


@given(plans())
def test_the_last_is_pulled_in_by_a_few_days_at_most(made):
	plan, _limit = made
	as_it_comes = dates_of(len(plan), plan[0].due, MONTHLY)[-1]
	assert plan[-1].due >= as_it_comes - timedelta(days=3)


@given(plans())
def test_only_the_last_is_ever_moved_from_the_day_of_the_month(made):
	plan, _limit = made
	first = plan[0].due
	for instalment in plan[:-1]:
		assert instalment.due.day == first.day or instalment.due.day < first.day == max(first.day, 29)


@given(plans(), amounts(), st.integers(-10, 500))
def test_what_is_paid_is_matched_to_the_cent_and_never_twice(made, paid, later):
	plan, _limit = made
	total = sum(i.amount for i in plan)
	rows = matched(plan, paid, plan[0].due + timedelta(days=later), lambda due: due)
	assert sum(row.paid for row in rows) == min(paid, total)
	assert all(0 <= row.paid <= row.instalment.amount for row in rows)
	for before, after in pairwise(rows):
		assert after.paid == 0 or before.status == "Paid"


@given(plans(), amounts(), amounts(), st.integers(0, 200))
def test_more_money_never_breaks_a_plan(made, paid, more, later):
	plan, _limit = made
	today = plan[0].due + timedelta(days=later)
	if not is_broken(matched(plan, paid, today, lambda due: due)):
		assert not is_broken(matched(plan, paid + more, today, lambda due: due))


@given(plans(), amounts(), st.integers(0, 200), st.integers(0, 200))
def test_time_never_mends_a_plan(made, paid, later, still_later):
	plan, _limit = made
	today = plan[0].due + timedelta(days=later)
	if is_broken(matched(plan, paid, today, lambda due: due)):
		assert is_broken(matched(plan, paid, today + timedelta(days=still_later), lambda due: due))


@given(st.sampled_from(ROLE_RANK), st.sampled_from(ROLE_RANK), st.integers(0, 200), frequencies, totals)
def test_a_higher_role_approves_whatever_a_lower_one_does(one, other, length, frequency, total):
	lower, higher = sorted((one, other), key=ROLE_RANK.index)
	required = required_role(length, frequency, total, MANDATES)
	assume(required.role)
	assert not may_act_for([lower], required.role) or may_act_for([higher], required.role)


@given(st.sampled_from(ROLE_RANK), st.integers(0, 200), st.integers(0, 200), frequencies, totals)
def test_a_longer_plan_never_takes_less(role, length, more, frequency, total):
	def approves(requirement):
		return bool(requirement.role and not requirement.problem and may_act_for([role], requirement.role))

	shorter, longer = (required_role(n, frequency, total, MANDATES) for n in (length, length + more))
	assert approves(shorter) or not approves(longer)
	assert longer.force_majeure or longer.problem or not shorter.force_majeure


@given(amounts(), amounts(), amounts(), amounts())
def test_an_open_share_is_part_of_the_plan_and_of_the_invoice(planned, rest, now, beside):
	share = open_share(planned, planned + rest, now, beside)
	assert 0 <= share <= min(planned, now)


@given(first_dates, st.sets(st.integers(0, 60), max_size=40), st.integers(0, 10))
def test_grace_ends_on_a_working_day_after_so_many(due, off, working_days):
	days_off = {due + timedelta(days=n) for n in off}
	last_day = last_day_of_grace(due, days_off, working_days)
	worked = [n for n in range(1, (last_day - due).days + 1) if due + timedelta(days=n) not in days_off]
	assert len(worked) == working_days


# ------------------------------------------------------------------ split by the customer
@pytest.mark.parametrize(
	("offer", "amount", "fitting", "counts"),
	[
		pytest.param(Split(3), "1000", 3, (2, 3), id="from two on"),
		pytest.param(Split(6), "1000", 3, (2, 3), id="no more than fit into the terms of a plan"),
		pytest.param(Split(2), "1000", 3, (2,), id="no more than the company allows"),
		pytest.param(Split(1), "1000", 3, (), id="one is no split"),
		pytest.param(Split(0), "1000", 3, (), id="switched off"),
		pytest.param(Split(3, money(999)), "1000", 3, (), id="too much"),
		pytest.param(Split(3, money(1000)), "1000", 3, (2, 3), id="just so much"),
		pytest.param(Split(3), "0", 3, (), id="nothing due"),
		pytest.param(Split(9), "0.02", 9, (2,), id="a cent each"),
		pytest.param(Split(9), "0.14", 9, (2, 3, 4, 5, 6, 7), id="rounding takes nothing from the last"),
	],
)
def test_in_how_many_instalments_a_customer_may_split(offer, amount, fitting, counts):
	assert split_counts(offer, money(amount), money(amount), fitting) == counts


def test_the_limit_of_a_split_is_in_the_companys_currency():
	offer = Split(3, money(1000))
	assert split_counts(offer, money(200), money(1492), 3) == ()
	assert split_counts(offer, money(1492), money(200), 3) == (2, 3)


@given(amounts(), st.integers(0, 12), st.integers(0, 12), first_dates)
def test_what_is_offered_can_be_agreed_on(amount, most, fitting, first):
	for count in split_counts(Split(most), amount, amount, fitting):
		assert 2 <= count <= min(most, fitting)
		made = instalments(amount, count, first, MONTHLY, None)
		assert sum(i.amount for i in made) == amount
		assert min(i.amount for i in made) > 0
