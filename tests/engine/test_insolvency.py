"""What an insolvent customer is asked for: totals, interest up to the day, what can be called until when."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import insolvency
from b2b_contracts.engine.insolvency import Item

amounts = st.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)
KINDS = ("Invoice", "Payment or Credit", "Journal Entry", "Other", "Delivered, Not Billed", "Interest")


@pytest.mark.parametrize(
	("amount", "due", "until", "rate", "expected"),
	[
		# The first part of the worked example of §3.1: 36 days at 11.25 %.
		(100_000, date(2023, 11, 15), date(2023, 12, 21), "11.25", "1109.59"),
		(60_000, date(2024, 1, 1), date(2024, 1, 31), "11.75", "579.45"),
		(100_000, date(2023, 11, 15), date(2023, 11, 15), "11.25", "0"),
		(100_000, date(2023, 11, 15), date(2023, 11, 1), "11.25", "0"),
		(100_000, date(2023, 11, 15), date(2023, 12, 21), "0", "0"),
		(-100_000, date(2023, 11, 15), date(2023, 12, 21), "11.25", "0"),
	],
)
def test_interest_up_to_the_day(amount, due, until, rate, expected):
	assert insolvency.interest(Decimal(amount), due, until, Decimal(rate)) == Decimal(expected)


@given(amounts, st.integers(0, 4_000), st.integers(0, 4_000), st.integers(0, 3_000))
def test_interest_grows_with_time_and_is_money(amount, days, more, rate):
	due = date(2020, 1, 1)
	percent = Decimal(rate) / 100
	early = insolvency.interest(amount, due, due + timedelta(days), percent)
	late = insolvency.interest(amount, due, due + timedelta(days + more), percent)
	assert 0 <= early <= late
	assert late == late.quantize(Decimal("0.01"))


@given(st.lists(st.builds(Item, st.sampled_from(KINDS), amounts)))
def test_a_claim_is_the_sum_of_its_rows(items):
	total = insolvency.total_of(items)
	assert total.claim == sum(item.amount for item in items)
	assert total.ledger == sum(i.amount for i in items if i.kind not in insolvency.BESIDE_LEDGER)


def test_securities_are_called_before_they_expire():
	expiry = date(2026, 9, 30)
	assert insolvency.last_day_to_call("Bank Guarantee", expiry) == expiry
	assert insolvency.last_day_to_call("Bank Guarantee", None) is None
	assert insolvency.last_day_to_call("Retention of Title", expiry) is None


def test_the_insurer_is_told_within_a_week():
	assert insolvency.insurer_to_be_told_by(date(2026, 6, 10)) == date(2026, 6, 17)


def test_goods_that_came_back_are_not_asked_for():
	assert insolvency.kept_quantity(Decimal(10), Decimal(4)) == 6
	assert insolvency.kept_quantity(Decimal(10), Decimal(12)) == 0
