"""The key figures: the worked ones of requirements §5, and what is true of any book."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import kpi
from b2b_contracts.engine.kpi import Facts, Limits, Month

D = Decimal
amounts = st.decimals(min_value=0, max_value=10**9, places=2)
signed = st.decimals(min_value=-(10**6), max_value=10**9, places=2)


def month(number: int = 1, **facts) -> Month:
	first = date(2026, number, 1)
	return Month(first, kpi.last_day(first), Facts(**{name: D(value) for name, value in facts.items()}))


class TestWorked:
	def test_effectiveness_over_three_months(self):
		assert round(kpi.effectiveness(D(6200), D(10890), 3, D(6340), D(3590)), 1) == D("55.9")

	def test_the_same_from_a_history(self):
		history = [
			month(1, receivables=6200, sales=99999),
			*(month(n, sales=3630) for n in (2, 3)),
			month(4, sales=3630, receivables=6340, not_due=3590),
		]
		found = kpi.figure("cei", history, 3)
		assert round(found.value, 1) == D("55.9")
		assert [(one.name, one.value) for one in found.inputs] == [
			("receivables_at_begin", D(6200)),
			("sales", D(10890)),
			("periods", D(3)),
			("receivables", D(6340)),
			("not_due", D(3590)),
		]

	def test_count_back(self):
		days, at_least = kpi.count_back(D(212), [(D(100), 30), (D(80), 30), (D(70), 30)])
		assert round(days, 1) == D("73.7") and not at_least

	def test_count_back_in_a_history_peels_the_days_of_calendar_months(self):
		history = [month(4, sales=70), month(5, sales=80), month(6, sales=100, receivables=212)]
		found = kpi.figure("dso_count_back", history, 1)
		assert found.value == 30 + 31 + D(32) / D(70) * 30
		assert [one.value for one in found.inputs] == [D(212), D(250), D(3)]

	def test_dso(self):
		history = [month(1, sales=900), month(2, sales=1100), month(3, sales=1000, receivables=1500)]
		assert kpi.figure("dso", history, 3).value == D(1500) / D(3000) * 90
		assert kpi.figure("dso", history, 1).value == D(1500) / D(1000) * 31

	def test_ageing_share_leaves_disputes_out_of_both(self):
		end = month(
			1,
			not_due=500,
			overdue_1_30=200,
			overdue_31_60=100,
			overdue_61_90=100,
			overdue_over_90=100,
			disputed=150,
			disputed_over_60=50,
			credits=-400,
		)
		assert kpi.figure("over_60", [end], 1).value == D(150) / D(850) * 100

	def test_bad_debt_is_of_as_many_months_as_the_record_says(self):
		history = [
			month(1, written_off=90, revenue=1),
			month(2, revenue=900),
			month(3, written_off=5, revenue=100),
		]
		assert kpi.figure("bad_debt", history, 2).value == D("0.5")

	def test_days_to_pay_weigh_by_amount(self):
		history = [
			month(1, paid=400, paid_times_days=300 * 10 + 100 * 50, paid_times_late=100 * 20, paid_late=100)
		]
		assert kpi.figure("days_to_pay", history, 1).value == 20
		assert kpi.figure("days_beyond_terms", history, 1).value == 5

	def test_overdue_collected(self):
		history = [month(1, paid_late=300, overdue_1_30=50, overdue_over_90=50)]
		assert kpi.figure("overdue_collected", history, 1).value == 75


class TestNothingToReckonFrom:
	@pytest.mark.parametrize("code", [one.code for one in kpi.KPIS])
	def test_of_an_empty_book(self, code):
		expected = D(0) if code in ("dso", "dso_count_back") else None
		assert kpi.figure(code, [month()], 3).value == expected

	def test_owed_without_any_sales_has_no_dso_but_a_count_back_that_is_at_least_so_long(self):
		history = [month(1), month(2, receivables=100)]
		assert kpi.figure("dso", history, 2).value is None
		found = kpi.figure("dso_count_back", history, 1)
		assert (found.value, found.at_least) == (D(59), True)

	def test_a_book_in_credit_has_no_days(self):
		history = [month(1, receivables=-100, sales=50)]
		assert kpi.figure("dso", history, 1).value == kpi.figure("dso_count_back", history, 1).value == 0


peeled = st.lists(st.tuples(signed, st.integers(28, 31)), max_size=24)


@given(owed=amounts, months=peeled)
def test_count_back_is_between_the_days_of_the_months_that_it_peels(owed, months):
	days, at_least = kpi.count_back(owed, months)
	assert 0 <= days <= sum(count for _sales, count in months)
	assert at_least == (sum(max(D(0), sales) for sales, _count in months) < owed)
	if at_least:
		assert days == sum(count for _sales, count in months)


@given(owed=amounts, more=amounts, months=peeled)
def test_who_owes_more_counts_back_no_less(owed, more, months):
	assert kpi.count_back(owed + more, months)[0] >= kpi.count_back(owed, months)[0]


@given(share=st.decimals(min_value=D("0.01"), max_value=1, places=2), n=st.integers(1, 12))
def test_count_back_and_dso_agree_when_every_month_is_alike(share, n):
	history = [Month(date(2026, 1, 1), date(2026, 1, 30), Facts(sales=D(100))) for _ in range(12)]
	history[-1] = replace(history[-1], facts=Facts(sales=D(100), receivables=100 * share))
	simple, peeled_off = kpi.figure("dso", history, n), kpi.figure("dso_count_back", history, n)
	assert abs(simple.value - peeled_off.value) < D("1e-18")


@given(begin=amounts, sales=amounts, n=st.integers(1, 12), current=amounts, overdue=amounts)
def test_effectiveness_is_100_when_nothing_is_overdue_and_falls_with_what_is(
	begin, sales, n, current, overdue
):
	best = kpi.effectiveness(begin, sales, n, current, current)
	worse = kpi.effectiveness(begin, sales, n, current + overdue, current)
	if best is None:
		assert worse is None
	else:
		assert best == 100 and worse <= 100


facts = st.builds(
	Facts,
	receivables=signed,
	**{name: amounts for name in kpi.FACTS if name not in ("receivables", "credits")},
)


@given(history=st.lists(facts, min_size=1, max_size=8), n=st.integers(1, 12))
def test_every_figure_of_any_history_is_a_number_or_unknown_and_tells_its_inputs(history, n):
	months = [Month(date(2026, 1 + at, 1), date(2026, 1 + at, 28), one) for at, one in enumerate(history)]
	for one in kpi.KPIS:
		found = kpi.figure(one.code, months, n)
		assert found.value is None or found.value.is_finite()
		assert found.inputs


@given(parts=st.lists(facts, min_size=1, max_size=4))
def test_facts_of_parts_add_up_to_those_of_the_whole(parts):
	whole = Facts()
	for part in parts:
		for name in kpi.FACTS:
			whole.add(name, getattr(part, name))
	assert whole.overdue == sum(part.overdue for part in parts)
	assert whole.debts == whole.not_due + whole.overdue


class TestLights:
	@pytest.mark.parametrize(
		("value", "light"),
		[
			("40.5", "Green"),
			("40.6", "Yellow"),
			("45", "Yellow"),
			("45.01", "Red"),
			("0", "Green"),
			(None, "Grey"),
		],
	)
	def test_yellow_begins_at_90_percent_of_red(self, value, light):
		assert kpi.light(Limits(kpi.HIGH, D(45)), None if value is None else D(value)) == light

	@pytest.mark.parametrize(
		("value", "light"),
		[("100", "Green"), ("91", "Green"), ("90.9", "Yellow"), ("90", "Yellow"), ("89.9", "Red")],
	)
	def test_of_what_is_bad_when_low_the_way_begins_at_100(self, value, light):
		assert kpi.light(Limits(kpi.LOW, D(90)), D(value)) == light

	def test_without_a_limit_there_is_no_light(self):
		assert kpi.light(Limits(kpi.HIGH, None), D(99)) == kpi.GREY

	@given(
		red=st.decimals(min_value=1, max_value=99, places=1),
		value=st.decimals(min_value=-10, max_value=200, places=2),
	)
	def test_better_is_never_a_worse_light(self, red, value):
		rank = {kpi.GREEN: 0, kpi.YELLOW: 1, kpi.RED: 2}
		for bad, step in ((kpi.HIGH, D(1)), (kpi.LOW, D(-1))):
			limits = Limits(bad, red)
			assert rank[kpi.light(limits, value)] <= rank[kpi.light(limits, value + step)]


class TestMonths:
	@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), n=st.integers(-60, 60))
	def test_months_go_forth_and_back(self, day, n):
		first = kpi.month_of(day)
		assert kpi.months_later(kpi.months_later(first, n), -n) == first
		assert kpi.month_of(kpi.last_day(first)) == first

	def test_between(self):
		assert kpi.months_between(date(2025, 11, 17), date(2026, 2, 1)) == [
			date(2025, 11, 1),
			date(2025, 12, 1),
			date(2026, 1, 1),
			date(2026, 2, 1),
		]

	def test_a_month_is_closed_some_days_after_it(self):
		assert not kpi.is_closed(date(2026, 1, 1), date(2026, 2, 5), 5)
		assert kpi.is_closed(date(2026, 1, 1), date(2026, 2, 6), 5)
