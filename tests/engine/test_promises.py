"""Which money counts for a promise to pay, and what it comes to."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import promises
from b2b_contracts.engine.promises import Money, Promise

from .builders import money

TODAY = date(2026, 4, 20)


def day(number: int) -> date:
	return TODAY + timedelta(days=number)


def promise(name="P1", amount=1_000, made=-10, until=-1, invoice="") -> Promise:
	return Promise(name, money(amount), day(made), day(until), invoice)


def paid(amount, at, invoice="") -> Money:
	return Money(day(at), money(amount), invoice)


@pytest.mark.parametrize(
	("payments", "until", "status"),
	[
		pytest.param([paid(1_000, -1)], -1, "Kept", id="on its last day"),
		pytest.param([paid(400, -9), paid(600, -3)], -1, "Kept", id="in parts"),
		pytest.param([paid(1_000, 0)], -1, "Broken", id="a day late"),
		pytest.param([paid(1_000, -11)], -1, "Broken", id="before it was made"),
		pytest.param([paid("999.99", -2)], -1, "Partly Kept", id="a cent short"),
		pytest.param([], -1, "Broken", id="nothing"),
		pytest.param([], 0, "Open", id="until today"),
		pytest.param([paid(1_000, -2)], 5, "Kept", id="early"),
		pytest.param([paid(500, -2)], 5, "Open", id="half, and time left"),
	],
)
def test_what_it_comes_to(payments, until, status):
	one = promise(until=until)
	counted = promises.counted([one], payments)[one.name]
	assert promises.status_of(one, counted, TODAY) == status


def test_money_for_another_invoice_keeps_no_promise_about_this_one():
	about_one = promise(invoice="I1")
	assert promises.counted([about_one], [paid(1_000, -2, "I2"), paid(300, -2)])["P1"] == 0
	assert promises.counted([about_one], [paid(1_000, -2, "I1")])["P1"] == 1_000


def test_the_one_that_ends_first_takes_it_first_and_the_one_about_the_invoice_before_all():
	found = promises.counted(
		[promise("late", until=5), promise("early", until=-1), promise("exact", 200, until=5, invoice="I1")],
		[paid(700, -2), paid(500, -3, "I1")],
	)
	assert found == {"exact": 200, "early": 1_000, "late": 0}


def test_it_keeps_reminders_back_until_its_day():
	assert promises.pauses(promise(until=0), "Open", TODAY)
	assert not promises.pauses(promise(until=-1), "Open", TODAY)
	assert not promises.pauses(promise(until=5), "Kept", TODAY)


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=2)
DAYS = st.integers(-20, 20)
INVOICES = st.sampled_from(("", "I1", "I2"))
PROMISES = st.lists(st.tuples(AMOUNTS, DAYS, st.integers(0, 20), INVOICES), max_size=5).map(
	lambda rows: [promise(f"P{n}", a, made, made + length, i) for n, (a, made, length, i) in enumerate(rows)]
)
MONEY = st.lists(st.tuples(AMOUNTS, DAYS, INVOICES).map(lambda row: paid(*row)), max_size=6)


@given(PROMISES, MONEY)
def test_no_money_counts_twice(some, payments):
	found = promises.counted(some, payments)
	assert sum(found.values()) <= sum(payment.amount for payment in payments)
	assert all(0 <= found[p.name] <= p.amount for p in some)


@given(PROMISES, MONEY, AMOUNTS, DAYS)
def test_more_money_breaks_no_promise(some, payments, amount, at):
	before = promises.counted(some, payments)
	after = promises.counted(some, [*payments, paid(amount, at)])
	assert sum(after.values()) >= sum(before.values())
