import pytest

from b2b_contracts.engine.exposure import overshoot, utilisation
from b2b_contracts.engine.money import INFINITE

from .builders import limit, money, position

EVERYTHING = position(receivables=100, delivered=20, granted=3, waiting=5000)


def test_the_balance_is_what_is_owed_and_delivered():
	assert EVERYTHING.balance == 120


def test_the_exposure_adds_granted_orders_and_leaves_out_waiting_ones():
	assert EVERYTHING.exposure == 123


def test_an_advance_is_a_negative_receivable():
	assert position(receivables=-30, granted=100).exposure == 70


def test_positions_of_members_add_up():
	assert EVERYTHING + position(1, 2, 3, 4) == position(101, 22, 6, 5004)


def test_a_position_in_another_currency():
	assert position(1, 2, 3, 4).times(money("7.5")) == position("7.5", 15, "22.5", 30)


@pytest.mark.parametrize(
	("net", "limit_is", "used", "over"),
	[
		pytest.param(0, 100, 0, 0, id="unused"),
		pytest.param(95, 100, "0.95", 0, id="below the limit"),
		pytest.param(100, 100, 1, 0, id="all of it"),
		pytest.param(114, 100, "1.14", "0.14", id="14 percent over"),
		pytest.param(-20, 100, 0, 0, id="the customer has money to its credit"),
		pytest.param(1, 0, INFINITE, INFINITE, id="anything over a limit of nothing"),
		pytest.param(1, "No Credit", INFINITE, INFINITE, id="anything without credit"),
		pytest.param(0, "No Credit", 0, 0, id="nothing without credit"),
		pytest.param(-1, 0, 0, 0, id="money to its credit without a limit"),
	],
)
def test_given_an_exposure_and_a_limit_when_measured(net, limit_is, used, over):
	assert utilisation(money(net), limit(limit_is)) == money(used)
	assert overshoot(money(net), limit(limit_is)) == money(over)


def test_given_no_limit_when_measured_then_nothing_is_used_or_exceeded():
	assert utilisation(money(10**9), limit("Unlimited")) is None
	assert overshoot(money(10**9), limit("Unlimited")) == 0
