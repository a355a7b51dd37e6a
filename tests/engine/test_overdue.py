from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.overdue import (
	bills_again,
	chased_instalments,
	latest_due_date_that_counts,
	not_chased,
	original_due_date,
	undisputed_rest,
)

from .builders import money


@pytest.mark.parametrize(
	("due", "counts"),
	[
		pytest.param(date(2026, 3, 18), False, id="14 days overdue: not yet"),
		pytest.param(date(2026, 3, 17), True, id="15 days overdue: counts"),
		pytest.param(date(2026, 4, 1), False, id="due today"),
		pytest.param(date(2025, 3, 17), True, id="a year overdue"),
	],
)
def test_given_14_days_when_an_item_is_overdue(due, counts):
	assert (due <= latest_due_date_that_counts(date(2026, 4, 1), 14)) is counts


def test_given_no_days_of_grace_when_due_yesterday_then_it_counts():
	assert latest_due_date_that_counts(date(2026, 3, 1), 0) == date(2026, 2, 28)


@pytest.mark.parametrize(
	("overdue", "credits", "rest"),
	[
		pytest.param(1000, 0, 1000, id="no credit"),
		pytest.param(1000, 400, 600, id="credit goes to the oldest, which are these"),
		pytest.param(1000, 1000, 0, id="all covered"),
		pytest.param(1000, 4000, 0, id="never less than nothing"),
		pytest.param(1000, -50, 1000, id="a negative credit adds nothing"),
	],
)
def test_given_unallocated_credits_when_set_against_overdue_items(overdue, credits, rest):
	assert undisputed_rest(money(overdue), money(credits)) == rest


@given(due=st.dates(), earlier=st.lists(st.dates()))
def test_the_original_due_date_is_never_later_and_only_given_when_it_is_earlier(due, earlier):
	found = original_due_date(due, earlier)
	assert found is None if min([due, *earlier]) == due else found == min(earlier) < due


@pytest.mark.parametrize(
	("credited", "billed", "again"),
	[
		pytest.param(1000, 1000, True, id="the same"),
		pytest.param(1000, 900, True, id="cheaper"),
		pytest.param(1000, 2000, True, id="twice as much: the last that counts"),
		pytest.param(1000, 2001, False, id="more than twice as much"),
		pytest.param(1000, 499, False, id="less than half"),
		pytest.param(0, 0, False, id="nothing"),
		pytest.param(-5, 5, False, id="not a credit"),
	],
)
def test_which_invoice_stands_for_a_credit(credited, billed, again):
	assert bills_again(money(credited), money(billed)) is again


DUES = [date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 15)]
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)


@given(st.lists(AMOUNTS, min_size=3, max_size=3), AMOUNTS, AMOUNTS)
def test_what_is_chased_of_instalments_is_what_is_open_and_not_set_aside(amounts, open_amount, aside):
	instalments = list(zip(DUES, amounts, strict=True))
	chased = chased_instalments(instalments, open_amount, aside)
	assert sum(amount for _due, amount in chased) == min(sum(amounts), max(0, open_amount - aside))
	assert [due for due, _amount in chased] == sorted(due for due, _amount in chased)
	assert all(0 < amount <= dict(instalments)[due] for due, amount in chased)


def test_the_earliest_instalment_is_paid_first_and_disputed_next():
	instalments = [(due, money(100)) for due in DUES]
	assert chased_instalments(instalments, money(300), money(0)) == instalments
	assert chased_instalments(instalments, money(250), money(0)) == [(DUES[0], money(50)), *instalments[1:]]
	assert chased_instalments(instalments, money(250), money(70)) == [(DUES[1], money(80)), instalments[2]]
	assert chased_instalments(instalments, money(60), money(60)) == []


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_what_nobody_is_reminded_of_counts_a_slip_and_a_promise_once(amounts):
	disputed, planned, awaited, promised = map(money, amounts)
	aside = not_chased(disputed, planned, awaited, promised)
	assert aside >= disputed + planned
	assert aside - disputed - planned == max(awaited, promised)
