from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.order_outcomes import (
	CANCELLED,
	CREDIT,
	LOSS,
	LOST,
	NOT_INVOICED,
	OUTCOMES,
	OVERDUE,
	PAID_IN_TIME,
	PAID_LATE,
	STILL_OPEN,
	Invoice,
	Settlement,
	became,
	days_late,
)

TODAY = date(2026, 6, 1)


def day(number: int) -> date:
	return TODAY + timedelta(days=number)


def invoice(amount, *settlements: tuple, due: int = -10, dues=None) -> Invoice:
	return Invoice(
		Decimal(amount),
		[(day(on), Decimal(part)) for on, part in dues] if dues else [(day(due), Decimal(amount))],
		tuple(Settlement(day(on), Decimal(part), *kind) for on, part, *kind in settlements),
	)


@pytest.mark.parametrize(
	("of", "outcome", "late"),
	[
		pytest.param(invoice(100, (-10, 100)), PAID_IN_TIME, 0, id="on the due date"),
		pytest.param(invoice(100, (-30, 100)), PAID_IN_TIME, 0, id="in advance"),
		pytest.param(invoice(100, (-9, 100)), PAID_LATE, 1, id="a day late"),
		pytest.param(invoice(100, (-12, 60), (-5, 40)), PAID_LATE, 5, id="the rest late"),
		pytest.param(invoice(100, (-12, 60)), OVERDUE, 10, id="the rest not at all"),
		pytest.param(invoice(100, due=0), STILL_OPEN, 0, id="due today"),
		pytest.param(invoice(100, (-12, 60), (5, 40, CREDIT)), PAID_IN_TIME, 0, id="the rest credited"),
		pytest.param(invoice(100, (-2, 100, CREDIT)), CANCELLED, 0, id="all credited"),
		pytest.param(invoice(100, (-12, 60), (-1, 40, LOSS)), LOST, 0, id="the rest written off"),
		pytest.param(
			invoice(1000, (-12, "999.50"), (-1, "0.50", LOSS)),
			PAID_IN_TIME,
			0,
			id="a small difference is no loss",
		),
		pytest.param(invoice(100, (-10, "99.995")), PAID_IN_TIME, 0, id="within a cent"),
		pytest.param(
			invoice(100, (-21, 50), (-8, 50), dues=[(-20, 50), (-10, 50)]),
			PAID_LATE,
			2,
			id="the second part late",
		),
		pytest.param(
			invoice(100, (-21, 50), dues=[(-20, 50), (10, 50)]), STILL_OPEN, 0, id="the second part due"
		),
		pytest.param(
			invoice(100, (-25, 50), (-15, 50), dues=[(10, 50), (-20, 50)]), PAID_IN_TIME, 0, id="not in order"
		),
	],
)
def test_what_became_of_an_order_with_one_invoice(of, outcome, late):
	result = became([of], is_over=False, is_billed=True, today=TODAY)
	assert (result.outcome, result.days_late) == (outcome, late)


def test_an_order_without_invoices():
	assert became([], is_over=False, is_billed=False, today=TODAY).outcome == NOT_INVOICED
	assert became([], is_over=True, is_billed=False, today=TODAY).outcome == CANCELLED


def test_an_order_that_is_paid_in_part_is_open_until_the_rest_is_invoiced_or_nothing_more_comes():
	paid = [invoice(100, (-12, 100))]
	assert became(paid, is_over=False, is_billed=False, today=TODAY).outcome == STILL_OPEN
	assert became(paid, is_over=True, is_billed=False, today=TODAY).outcome == PAID_IN_TIME


def test_the_worst_of_several_invoices_counts_and_amounts_are_in_the_company_currency():
	paid, lost = invoice(100, (-12, 100)), invoice(50, (-1, 50, LOSS))
	result = became([paid, replace(lost, rate=Decimal(2))], is_over=False, is_billed=True, today=TODAY)
	assert (result.outcome, result.invoiced, result.paid, result.lost) == (LOST, 200, 100, 100)


amounts = st.integers(1, 500).map(Decimal)
settlements = st.lists(
	st.builds(
		Settlement,
		st.integers(-60, 0).map(day),
		amounts,
		st.sampled_from(["paid", "paid", "paid", CREDIT, LOSS]),
	),
	max_size=5,
).map(tuple)


@st.composite
def invoices(draw):
	parts = draw(st.lists(st.tuples(st.integers(-60, 60).map(day), amounts), min_size=1, max_size=4))
	return Invoice(sum((amount for _due, amount in parts), Decimal(0)), parts, draw(settlements))


def late_by_brute_force(of: Invoice) -> int:
	"""Look at every day: how long was less paid than what was due by then?"""
	never = of.sum_of(CREDIT, LOSS)
	worst = 0
	for due, _amount in of.dues:
		needed = min(sum(part for on, part in of.dues if on <= due), max(Decimal(0), of.amount - never))
		on = due
		while on < TODAY and sum(
			one.amount for one in of.settlements if one.kind == "paid" and one.on <= on
		) < needed - Decimal("0.01"):
			on += timedelta(days=1)
		worst = max(worst, (on - due).days)
	return worst


@given(invoices())
def test_days_late_are_those_of_a_look_at_every_day(of):
	assert days_late(of, TODAY) == late_by_brute_force(of)


@given(st.lists(invoices(), max_size=3), st.booleans(), st.booleans())
def test_every_order_has_become_something_and_amounts_add_up(some, is_over, is_billed):
	result = became(some, is_over, is_billed, TODAY)
	assert result.outcome in OUTCOMES
	assert result.invoiced == sum(one.amount for one in some)
	assert result.open == 0 or result.outcome in (OVERDUE, STILL_OPEN, LOST, PAID_LATE, PAID_IN_TIME)
	if result.outcome == PAID_IN_TIME:
		assert result.days_late == 0
		assert result.open <= len(some) * Decimal("0.01")


@given(invoices(), amounts)
def test_paying_more_at_once_makes_nobody_later(of, amount):
	sooner = replace(of, settlements=(*of.settlements, Settlement(day(-60), amount)))
	assert days_late(sooner, TODAY) <= days_late(of, TODAY)
