from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from b2b_contracts.engine import credit_standing as standing
from b2b_contracts.engine.credit_standing import figures, status
from b2b_contracts.engine.facts import Order
from b2b_contracts.engine.gate import decide

from .builders import case, group, guarantee
from .strategies import cases

ZERO = Decimal(0)


def without_order(of):
	return replace(of, order=Order(ZERO, in_hand=False), in_hand="")


@given(cases(deductibles=True))
def test_figures_are_those_of_the_gate(of):
	of = without_order(of)
	found, decision = figures(of), decide(of)
	assert found.exposure == decision.exposure_before == decision.exposure_after
	assert (found.secured, found.net) == (decision.secured, decision.net_exposure)
	assert found.utilisation == decision.utilisation_after
	assert found.group_utilisation == decision.group_utilisation_after


@given(cases())
def test_what_is_free_is_the_tighter_of_the_two_limits(of):
	of = without_order(of)
	found = figures(of)
	rooms = [room for room in (found.headroom, found.group_headroom) if room is not None]
	assert found.free == (min(rooms) if rooms else None)
	assert (found.headroom is None) == of.account.limit.is_unlimited
	assert (found.group_headroom is None) == (of.group is None)


@given(cases())
def test_every_customer_stands_somewhere(of):
	of = without_order(of)
	for of_profile in ("", "Open", "Hold", "Stop", "Delivery Stop"):
		assert status(of, figures(of), of_profile) in standing.STATUSES


def customer(limit_is, receivables):
	of = without_order(case(limit_is=limit_is, receivables=receivables))
	return status(of, figures(of), "Open")


@pytest.mark.parametrize(
	("limit_is", "receivables", "expected"),
	[
		pytest.param(1000, 950, standing.WITHIN, id="95 % is within"),
		pytest.param(1000, "950.01", standing.NEAR, id="more would hold the next order"),
		pytest.param(1000, 1000, standing.NEAR, id="full"),
		pytest.param(1000, "1000.01", standing.OVER, id="a cent over"),
		pytest.param(0, 0, standing.WITHIN, id="a limit of nothing, nothing owed"),
		pytest.param(0, 1, standing.OVER, id="a limit of nothing"),
		pytest.param(1000, -50, standing.WITHIN, id="in credit"),
	],
)
def test_the_word_for_a_limit(limit_is, receivables, expected):
	assert customer(limit_is, receivables) == expected


def test_the_word_for_other_limits():
	assert customer("Unlimited", 10**9) == standing.UNLIMITED
	assert customer("No Credit", 0) == standing.WITHOUT_CREDIT
	assert customer("No Credit", 1) == standing.OVER


def test_what_a_release_approved_beyond_the_limit_is_said():
	of = without_order(case(limit_is=1000, receivables=1200))
	of = replace(of, account=replace(of.account, approved_excess=Decimal(200)))
	assert status(of, figures(of), "Open") == standing.OVER_APPROVED
	of = replace(of, position=replace(of.position, receivables=Decimal(1201)))
	assert status(of, figures(of), "Open") == standing.OVER


def test_what_is_stopped_comes_first_and_a_group_makes_its_members_wait():
	of = without_order(case(limit_is=1000, receivables=100))
	assert status(of, figures(of), "Stop") == standing.STOPPED
	of = replace(of, group=group(500, others=450))
	assert status(of, figures(of), "Open") == standing.GROUP_OVER
	of = replace(of, instruments=(guarantee(100),))
	assert status(of, figures(of), "Open") == standing.WITHIN
