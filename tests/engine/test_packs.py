"""The pack of a period: which one, when it is due, what is in it, and who is most at risk."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import packs

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
kinds = st.sampled_from(packs.PERIODS)
amounts = st.decimals(-1000, 1_000_000, places=2)


@given(kinds, days)
def test_periods_follow_each_other_without_gap(kind, day):
	period = packs.period_of(kind, day)
	assert period.first <= day <= period.last
	assert period.first.day == 1 and (period.last + timedelta(days=1)).day == 1
	following = packs.next_period(period)
	assert following.first == period.last + timedelta(days=1)
	assert (following.last - following.first).days in range(27, 92)
	assert packs.period_of(kind, period.last) == period == packs.period_of(kind, period.first)


@given(kinds, days)
def test_the_last_closed_period_is_over_and_the_next_is_not(kind, today):
	closed = packs.last_closed(kind, today)
	assert closed.last < today <= packs.next_period(closed).last


def test_quarters_are_calendar_quarters():
	assert packs.period_of(packs.QUARTER, date(2026, 11, 27)) == packs.Period(
		date(2026, 12, 31), date(2026, 10, 1), packs.QUARTER
	)
	assert packs.last_closed(packs.QUARTER, date(2026, 1, 1)).first == date(2025, 10, 1)


def test_months_for_a_trend():
	months = packs.months_until(date(2026, 2, 28), 13)
	assert [month.first for month in months[:2]] == [date(2025, 2, 1), date(2025, 3, 1)]
	assert len(months) == 13 and months[-1].last == date(2026, 2, 28)


def test_due_so_many_days_after_the_end():
	schedule = packs.Schedule(packs.MONTH, date(2026, 9, 30), 5)
	assert packs.due(schedule, (), date(2026, 10, 4), 12) == []
	assert [p.last for p in packs.due(schedule, (), date(2026, 10, 5), 12)] == [date(2026, 9, 30)]
	assert packs.due(schedule, {date(2026, 9, 30)}, date(2026, 10, 5), 12) == []
	# Nobody was there for two months: both are made up for, the older first; what was before the schedule is not.
	missed = packs.due(schedule, {date(2026, 9, 30)}, date(2026, 12, 20), 12)
	assert [p.last for p in missed] == [date(2026, 10, 31), date(2026, 11, 30)]


@given(kinds, days, days, st.integers(0, 40), st.integers(1, 12))
def test_what_is_due_is_made_once_and_nothing_before_its_time(kind, since, today, after, most):
	schedule = packs.Schedule(kind, since, after)
	found = packs.due(schedule, (), today, most)
	assert found == sorted(found) and len(found) <= most
	assert all(since <= p.last and p.last + timedelta(days=after) <= today for p in found)
	assert packs.due(schedule, {p.last for p in found}, today, most) == []
	# Made one by one over the days, nothing is made twice and nothing is missed.
	made: set[date] = set()
	for day in range(60):
		new = packs.due(schedule, made, today - timedelta(days=59 - day), most)
		assert not made & {p.last for p in new}
		made |= {p.last for p in new}
	assert {p.last for p in found} <= made


def test_every_audience_begins_with_the_cover_and_ends_with_the_sources():
	assert packs.sheets_of(packs.EVERYBODY) == packs.SHEETS
	for audience in packs.AUDIENCES:
		sheets = packs.sheets_of(audience)
		assert sheets[0] == packs.COVER and sheets[-1] == packs.SOURCES
		assert packs.AGEING in sheets and packs.KPIS in sheets
	# What the requirements ask of each.
	committee = packs.sheets_of(packs.COMMITTEE)
	assert {packs.RISKS, packs.EXCEPTIONS, packs.DECISIONS} <= set(committee)
	assert packs.LOG in packs.sheets_of(packs.AUDITOR) and packs.LOG not in committee


def standing(customer="A", owed=100, **more):
	return packs.Standing(customer, Decimal(owed), **more)


@pytest.mark.parametrize(
	("more", "sign"),
	[
		({"is_insolvent": True}, packs.INSOLVENT),
		({"status": "Stop"}, packs.STOPPED),
		({"status": "Delivery Stop"}, packs.STOPPED),
		({"status": "Hold"}, packs.ON_HOLD),
		({"exposure": Decimal(150), "limit": Decimal(100), "secured": Decimal(49)}, packs.OVER_LIMIT),
		({"late": Decimal("0.01")}, packs.LONG_OVERDUE),
		({"broke_plan": True}, packs.PLAN_BROKEN),
		({"broke_promise": True}, packs.PROMISE_BROKEN),
		({"notches_down": 1}, packs.RATING_DOWN),
		({"risk_class": "C"}, packs.HIGH_RISK),
		({"has_profile": False}, packs.NO_PROFILE),
	],
)
def test_each_warning_sign(more, sign):
	assert packs.signs_of(standing(**more)) == (sign,)


def test_no_sign_no_risk_list():
	calm = standing(
		exposure=Decimal(150), limit=Decimal(100), secured=Decimal(50), risk_class="A", status="Open"
	)
	assert packs.signs_of(calm) == ()
	assert packs.most_at_risk([calm]) == []
	assert packs.most_at_risk([standing(status="Stop", secured=Decimal(100))]) == []


@given(
	st.lists(
		st.builds(
			packs.Standing,
			st.text("abcdef", min_size=1, max_size=3),
			amounts,
			amounts,
			amounts,
			st.none() | amounts,
			amounts,
			st.sampled_from(("", "Open", "Hold", "Stop", "Delivery Stop")),
			st.sampled_from(("", "A", "B", "C")),
		),
		max_size=40,
		unique_by=lambda one: one.customer,
	)
)
def test_the_ten_that_would_cost_most(standings):
	found = packs.most_at_risk(standings)
	with_signs = [one for one in standings if packs.signs_of(one) and one.unsecured > 0]
	assert len(found) == min(10, len(with_signs))
	if found:
		least = found[-1][0].unsecured
		listed = {one.customer for one, _signs in found}
		assert all(one.unsecured <= least for one in with_signs if one.customer not in listed)
	assert [one.unsecured for one, _signs in found] == sorted((o.unsecured for o, _s in found), reverse=True)
	# The order of what comes in does not matter.
	assert packs.most_at_risk(reversed(standings)) == found
