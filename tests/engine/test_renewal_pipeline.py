"""In which stage of its renewal a contract is, what that is worth, and which step takes it on."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import renewal_pipeline as pipeline
from b2b_contracts.engine.renewal_pipeline import Contract, Worth

TODAY = date(2026, 4, 1)
days = st.dates(TODAY - timedelta(days=900), TODAY + timedelta(days=900))
amounts = st.decimals(0, 10**9, places=2)
contracts = st.builds(
	Contract,
	st.sampled_from(life.RUNNING),
	st.sampled_from(["", "Renew", "Renegotiate", "Terminate"]),
	st.none() | days,
	st.none() | days,
	st.none() | days,
)
worths = st.builds(
	Worth,
	st.sampled_from(pipeline.STAGES),
	st.sampled_from(pipeline.LIGHTS),
	amounts,
	st.none() | st.decimals(0, 100, places=1),
)


def day(number: int) -> date:
	return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
	("contract", "stage"),
	[
		(Contract("Active", act_by=day(20)), pipeline.TO_DECIDE),
		(Contract("In Renewal", "Renegotiate", act_by=day(-20)), pipeline.RENEGOTIATION),
		(Contract("Active", "Renew", decided_for=day(0)), pipeline.RENEWED),
		# The period that was decided about is over.
		(Contract("Active", "Renew", decided_for=day(-1)), pipeline.TO_DECIDE),
		# A fixed one, renewed until a day: until it is time to decide again.
		(Contract("Active", "Renew", act_by=day(91)), pipeline.RENEWED),
		(Contract("Active", "Renew", act_by=day(90)), pipeline.TO_DECIDE),
		(Contract("Active", "Renew", decided_for=day(9), ends_on=day(9)), pipeline.ENDING),
		(Contract("In Renewal", "Terminate", ends_on=day(9)), pipeline.ENDING),
	],
)
def test_the_stage_follows_from_what_was_decided(contract, stage):
	assert pipeline.stage_of(contract, TODAY) == stage


@pytest.mark.parametrize(
	("stage", "act_by", "light"),
	[
		(pipeline.TO_DECIDE, day(-1), pipeline.RED),
		(pipeline.TO_DECIDE, day(0), pipeline.YELLOW),
		(pipeline.RENEGOTIATION, day(30), pipeline.YELLOW),
		(pipeline.TO_DECIDE, day(31), pipeline.GREEN),
		(pipeline.RENEWED, day(-1), pipeline.GREEN),
		(pipeline.ENDING, day(-1), pipeline.GREY),
		(pipeline.RENEGOTIATION, None, pipeline.GREY),
	],
)
def test_traffic_lights(stage, act_by, light):
	assert pipeline.light_of(stage, act_by, TODAY) == light


@given(days, days)
def test_a_light_never_gets_better_by_waiting(first, second):
	rank = (pipeline.GREEN, pipeline.YELLOW, pipeline.RED)
	early, late = sorted((first, second))
	near = pipeline.light_of(pipeline.TO_DECIDE, early, TODAY)
	far = pipeline.light_of(pipeline.TO_DECIDE, late, TODAY)
	assert rank.index(near) >= rank.index(far)


@given(contracts)
def test_a_step_to_another_stage_follows_from_the_state_that_the_stage_stands_for(contract):
	stage = pipeline.stage_of(contract, TODAY)
	assert stage in pipeline.STAGES
	for target in pipeline.targets(stage):
		step = pipeline.step_to(stage, target)
		if step:
			assert life.follows(contract.status, step)


@given(contracts, st.sampled_from(pipeline.STAGES))
def test_nothing_leads_out_of_a_notice_and_nothing_to_where_one_is(contract, target):
	stage = pipeline.stage_of(contract, TODAY)
	if stage in (pipeline.ENDING, target):
		assert pipeline.step_to(stage, target) is None
	assert stage not in pipeline.targets(stage)


def test_where_each_step_leads():
	assert pipeline.step_to(pipeline.TO_DECIDE, pipeline.RENEGOTIATION) == life.RENEGOTIATE
	assert pipeline.step_to(pipeline.RENEGOTIATION, pipeline.TO_DECIDE) == life.END_RENEWAL
	assert pipeline.step_to(pipeline.TO_DECIDE, pipeline.RENEWED) == life.RENEW
	assert pipeline.step_to(pipeline.RENEWED, pipeline.ENDING) == life.TERMINATE
	# What is decided is not undecided again.
	assert pipeline.step_to(pipeline.RENEWED, pipeline.TO_DECIDE) is None


def test_what_is_decided_is_certain_and_what_nobody_entered_is_not_known():
	assert pipeline.probability_of(pipeline.RENEWED, Decimal(20)) == 100
	assert pipeline.probability_of(pipeline.ENDING, Decimal(80)) == 0
	assert pipeline.probability_of(pipeline.TO_DECIDE, Decimal(80)) == 80
	assert pipeline.probability_of(pipeline.TO_DECIDE, Decimal(0)) is None


def test_a_total_worked():
	total = pipeline.total_of(
		[
			Worth(pipeline.TO_DECIDE, pipeline.RED, Decimal("1000.00"), Decimal(25)),
			Worth(pipeline.TO_DECIDE, pipeline.GREEN, Decimal("500.00"), None),
			Worth(pipeline.RENEWED, pipeline.GREEN, Decimal("200.00"), Decimal(100)),
		]
	)
	assert (total.count, total.value, total.weighted) == (3, Decimal("1700.00"), Decimal("450.00"))
	assert (total.unassessed, total.unassessed_value) == (1, Decimal("500.00"))
	assert [total.with_light(light) for light in pipeline.LIGHTS] == [1, 0, 2, 0]


@given(st.lists(worths), st.lists(worths))
def test_totals_add_up_and_the_weighted_part_is_never_more_than_the_whole(some, more):
	one, other, both = pipeline.total_of(some), pipeline.total_of(more), pipeline.total_of(some + more)
	for name in ("count", "value", "weighted", "unassessed", "unassessed_value"):
		assert getattr(both, name) == getattr(one, name) + getattr(other, name)
	assert pipeline.sum_of([one, other]) == both
	assert 0 <= both.weighted + both.unassessed_value <= both.value
	assert sum(both.with_light(light) for light in pipeline.LIGHTS) == both.count


@given(st.lists(st.tuples(st.sampled_from(pipeline.STAGES), st.none() | days, st.none() | days, amounts)))
def test_the_first_to_act_on_stands_on_top_and_of_those_the_dearest(rows):
	keys = sorted(
		pipeline.order_of(stage, act_by, ends_on, value, str(n))
		for n, (stage, act_by, ends_on, value) in enumerate(rows)
	)
	for (missing, first, cheap, _), (later_missing, later, dear, _) in pairwise(keys):
		assert (missing, first) <= (later_missing, later)
		if (missing, first) == (later_missing, later):
			assert -cheap >= -dear
