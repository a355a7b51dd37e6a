"""Who may grant a limit: by how far it goes beyond what nobody had to grant."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts.engine import limit_requests as engine
from b2b_contracts.engine.approval import ROLE_RANK, rank
from b2b_contracts.engine.limit_requests import Ask

from .builders import AMOUNT_ESCALATION, MATRIX, TODAY, days, limit, matrix_row, money


def ask(wanted, current=100_000, calculated=100_000, highest_step=100_000, risk_class="B") -> Ask:
	return Ask(money(wanted), limit(current), money(calculated), money(highest_step), risk_class)


def role(of: Ask, matrix=MATRIX) -> str:
	return engine.required_role(of, matrix, AMOUNT_ESCALATION, "Credit Controller", "Credit Manager")


@pytest.mark.parametrize(
	("wanted", "risk_class", "expected"),
	[
		(110_000, "A", "Credit Manager"),  # the matrix says Sales Manager: nobody below grants a limit
		(125_000, "A", "Credit Manager"),
		(125_001, "A", "Finance Director"),
		(110_000, "B", "Credit Manager"),
		(110_001, "B", "Finance Director"),
		(125_001, "B", "CFO"),
		(110_000, "C", "CFO"),  # the matrix wants a guarantee beside: the next band
		(125_000, "C", "CFO"),
		(125_001, "C", "Board"),
	],
)
def test_the_matrix_grades_what_goes_beyond_the_segment(wanted, risk_class, expected):
	assert role(ask(wanted, risk_class=risk_class)) == expected


def test_as_far_as_the_ladder_reaches_a_lower_role_may():
	assert role(ask(150_000, highest_step=150_000)) == "Credit Controller"
	assert role(ask(150_001, highest_step=150_000)) == "CFO"


def test_a_limit_that_a_person_has_cut_is_not_on_the_ladder():
	assert role(ask(100_000, current=50_000)) == "CFO"  # twice what is left
	assert role(ask(105_000, current=100_000, calculated=120_000, highest_step=150_000)) == "Credit Manager"


def test_small_steps_do_not_lead_past_the_matrix():
	"""A limit that was granted once is no base for the next one."""
	assert role(ask(200_000, current=190_000)) == "CFO"


def test_over_a_limit_of_nothing_it_is_the_last_band():
	assert role(ask(1, current=0, calculated=0, highest_step=0)) == "CFO"
	assert role(ask(1, current="No Credit", risk_class="A")) == "Finance Director"


def test_more_than_two_millions_over_is_for_the_cfo_even_on_the_ladder():
	large = ask(12_000_001, current=10_000_000, calculated=10_000_000, highest_step=15_000_000)
	assert role(large) == "CFO"
	assert role(replace(large, wanted=money(12_000_000))) == "Credit Controller"


def test_where_only_a_guarantee_helps_and_no_band_is_above_the_board_decides():
	matrix = (matrix_row(0, None, "C", "Finance Director", security_required=True),)
	assert role(ask(110_000, risk_class="C"), matrix) == "Board"


amounts = st.integers(0, 5_000_000).map(Decimal)
asks = st.builds(
	ask,
	wanted=amounts,
	current=st.one_of(amounts, st.just("No Credit")),
	calculated=amounts,
	highest_step=amounts,
	risk_class=st.sampled_from("ABC"),
)


@given(asks, amounts)
def test_more_money_never_takes_a_lower_role(of, more):
	assume(of.wanted > of.current.ceiling)
	assert rank(role(replace(of, wanted=of.wanted + more))) >= rank(role(of))


@given(asks)
def test_a_limit_beyond_the_ladder_takes_a_credit_manager_at_least(of):
	assume(of.wanted > of.current.ceiling)
	least = "Credit Controller" if of.is_on_ladder else "Credit Manager"
	assert rank(role(of)) >= ROLE_RANK.index(least)


@given(asks)
def test_what_a_person_cut_never_takes_a_lower_role_than_the_segment_alone(of):
	assume(of.wanted > of.current.ceiling)
	whole = replace(of, current=limit(max(of.calculated, of.current.ceiling)))
	assume(whole.wanted > whole.current.ceiling)
	assert rank(role(of)) >= rank(role(whole))


@given(st.integers(1, 10**9).map(lambda cents: Decimal(cents).scaleb(-2)), st.integers(1, 200).map(Decimal))
def test_the_limit_needed_is_the_smallest_that_is_enough(net, threshold):
	needed = engine.limit_needed(net, threshold)
	assert net <= needed * threshold / 100
	assert net > (needed - 1) * threshold / 100


def test_nothing_is_needed_for_nothing():
	assert engine.limit_needed(Decimal(-5), Decimal(95)) == 0


@pytest.mark.parametrize(
	("granted", "until", "status", "is_more"),
	[
		(100, days(30), engine.APPROVED, False),
		(99, days(30), engine.IN_PART, False),
		(100, days(29), engine.IN_PART, False),
		(101, days(30), engine.APPROVED, True),
		(100, days(31), engine.APPROVED, True),
		(100, None, engine.APPROVED, True),
	],
)
def test_a_part_is_less_money_or_fewer_days(granted, until, status, is_more):
	of = (money(100), days(30), money(granted), until)
	assert engine.status_of(*of) == status
	assert engine.is_more_than_asked(*of) == is_more


def test_an_end_to_what_was_to_last_is_a_part():
	assert engine.status_of(money(100), None, money(100), days(30)) == engine.IN_PART
	assert not engine.is_more_than_asked(money(100), None, money(100), days(30))


def test_it_ends_soon_from_the_seventh_day_before():
	assert not engine.ends_soon(days(8), TODAY)
	assert engine.ends_soon(days(7), TODAY)
	assert engine.ends_soon(TODAY, TODAY)
	assert not engine.ends_soon(TODAY - timedelta(days=1), TODAY)
