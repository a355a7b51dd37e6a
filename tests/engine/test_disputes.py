"""What a dispute sets aside, and when it stands still."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import disputes
from b2b_contracts.engine.disputes import CUSTOMER, US

from .builders import money

TODAY = date(2026, 4, 20)
AMOUNTS = st.decimals(min_value=0, max_value=10**7, places=2)


@given(st.lists(AMOUNTS, max_size=6), AMOUNTS)
def test_disputed_and_undisputed_are_what_is_open(claims, outstanding):
	standing = disputes.standing_claims(claims, outstanding)
	assert len(standing) == len(claims)
	assert all(0 <= part <= claim for part, claim in zip(standing, claims, strict=True))
	assert sum(standing) == min(sum(claims), outstanding)
	assert sum(standing) + disputes.free_to_dispute(outstanding, sum(standing)) == outstanding


@given(st.lists(AMOUNTS, min_size=1, max_size=6), AMOUNTS, AMOUNTS)
def test_a_payment_never_raises_what_is_disputed(claims, outstanding, paid):
	before = disputes.standing_claims(claims, outstanding)
	after = disputes.standing_claims(claims, outstanding - paid)
	assert all(now <= then for now, then in zip(after, before, strict=True))


def test_money_goes_to_the_undisputed_part_first_and_the_oldest_claim_stands_longest():
	claims = [money(300), money(200)]
	assert disputes.standing_claims(claims, money(500)) == claims
	assert disputes.standing_claims(claims, money(400)) == [money(300), money(100)]
	assert disputes.standing_claims(claims, money(250)) == [money(250), money(0)]


def test_an_invoice_that_is_overpaid_has_nothing_to_dispute():
	assert disputes.standing_claims([money(10)], money(-5)) == [Decimal(0)]
	assert disputes.free_to_dispute(money(-5), money(0)) == 0


@pytest.mark.parametrize(
	("days", "turn", "stops"),
	[
		pytest.param(14, CUSTOMER, None, id="14 days: still within"),
		pytest.param(15, CUSTOMER, True, id="15 days, the customer's turn: deliveries stop"),
		pytest.param(15, US, False, id="15 days, our turn: the manager is told"),
		pytest.param(0, US, None, id="moved today"),
	],
)
def test_a_standstill(days, turn, stops):
	found = disputes.standstill(TODAY - timedelta(days), turn, TODAY, 14)
	assert (found and found.stops_deliveries) is stops
	assert found is None or found.days == days


@pytest.mark.parametrize(
	("entry", "by", "moves"),
	[
		(disputes.NOTE, "owner@x", True),
		(disputes.NOTE, "seller@x", False),
		(disputes.CUSTOMER_ANSWER, "seller@x", True),
		(disputes.RESOLUTION_STEP, "controller@x", True),
	],
)
def test_only_real_progress_counts(entry, by, moves):
	assert disputes.is_progress(entry, by, "owner@x") is moves


def test_the_status_says_whose_turn_it_is():
	assert disputes.status_of(US, has_begun=False) == "Open"
	assert disputes.status_of(US, has_begun=True) == "In Progress"
	assert disputes.status_of(CUSTOMER, has_begun=False) == "Waiting for Customer"


def test_every_cause_has_a_team():
	assert set(disputes.TEAM_OF_CAUSE) == set(disputes.CAUSES)


def test_days_in_dispute():
	assert disputes.days_in_dispute(date(2026, 4, 1), None, TODAY) == 19
	assert disputes.days_in_dispute(date(2026, 4, 1), date(2026, 4, 6), TODAY) == 5
