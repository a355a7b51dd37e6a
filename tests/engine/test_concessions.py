import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.approval import ROLE_RANK, rank
from b2b_contracts.engine.concessions import interest_cost, is_agreed, split_loss

from .builders import CENT, money
from .strategies import amounts


@pytest.mark.parametrize(
	("amount", "days", "percent", "cost"),
	[
		pytest.param(100_000, 30, 6, "493.15", id="30 days at 6 %"),
		pytest.param(5_000, 50, "7.3", "50.00", id="no rounding"),
		pytest.param(100_000, 0, 6, "0", id="no later"),
		pytest.param(100_000, -30, 6, "0", id="earlier costs nothing"),
		pytest.param(100_000, 30, 0, "0", id="cost of credit not said"),
	],
)
def test_given_longer_terms_when_asked_what_they_cost(amount, days, percent, cost):
	assert interest_cost(money(amount), days, money(percent)) == money(cost)


def test_only_whoever_may_accept_due_dates_makes_a_debt_younger():
	agreeing = [role for role in ROLE_RANK if is_agreed(role, "Credit Manager")]
	assert agreeing == [role for role in ROLE_RANK if rank(role) >= rank("Credit Manager")]
	assert not is_agreed(None, "Credit Manager")


def test_a_loss_is_split_into_itself_and_its_tax():
	assert split_loss(money(1250), {"VAT": money(250)}) == (money(1000), {"VAT": money(250)})
	assert split_loss(money(100), {}) == (money(100), {})
	assert split_loss(money(100), {"VAT": money("0.004")}) == (money(100), {})


def test_given_more_tax_than_loss_when_split_then_it_is_refused():
	with pytest.raises(ValueError, match="tax"):
		split_loss(money(100), {"VAT": money("100.01")})


@given(amounts(), st.lists(st.integers(0, 40), max_size=2))
def test_loss_and_taxes_are_the_amount_to_the_cent(amount, percents):
	loss, taxes = split_loss(amount, {str(n): amount * p / 125 for n, p in enumerate(percents)})
	assert loss + sum(taxes.values()) == amount
	assert all(tax % CENT == 0 and tax > 0 for tax in taxes.values())


@given(amounts(), st.integers(0, 400), st.integers(0, 400), st.integers(0, 20).map(money))
def test_later_money_never_costs_less(amount, days, more, percent):
	assert 0 <= interest_cost(amount, days, percent) <= interest_cost(amount, days + more, percent)
