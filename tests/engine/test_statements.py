"""What a statement shows of an account: it adds up to the ledger, whatever was paid, disputed or promised."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import statements
from b2b_contracts.engine.statements import Aside, Entry, Voucher

from .builders import money

TODAY = date(2026, 4, 20)


def day(number: int) -> date:
	return TODAY + timedelta(number)


def voucher(
	amount, due=-10, schedule=(), aside=statements.NOTHING_ASIDE, name="SI-1", kind="Invoice"
) -> Voucher:
	rows = tuple((day(number), money(part)) for number, part in schedule)
	return Voucher(kind, "Sales Invoice", name, day(due - 30), day(due), money(amount), rows, aside)


def shown(one: Voucher) -> list[tuple]:
	return [(item.due, item.amount, item.days_past_due) for item in statements.items_of(one, TODAY)]


def test_an_invoice_without_schedule_is_one_line():
	assert shown(voucher("412.50")) == [(day(-10), money("412.50"), 10)]


def test_payments_went_to_the_earliest_instalment():
	one = voucher(700, schedule=((-40, 500), (-10, 500), (20, 500)))
	assert shown(one) == [(day(-10), money(200), 10), (day(20), money(500), 0)]


def test_what_was_added_later_stands_with_the_first():
	one = voucher("1000.03", schedule=((-40, 500), (20, 500)))
	assert shown(one) == [(day(-40), money("500.03"), 40), (day(20), money(500), 0)]


def test_a_credit_is_one_line_and_not_past_due():
	one = voucher(-80, schedule=((-40, 500),), kind="Payment")
	assert shown(one) == [(one.posted, money(-80), 0)]


def test_what_is_set_aside_is_the_earliest():
	aside = Aside(money(300), money(400), money(100), money(500), day(9))
	one = voucher(1_500, schedule=((-40, 500), (-10, 500), (20, 500)), aside=aside)
	first, second, third = (item.aside for item in statements.items_of(one, TODAY))
	assert first == Aside(money(300), money(200))
	assert second == Aside(planned=money(200), awaited=money(100), promised=money(200), promised_until=day(9))
	assert third == Aside(promised=money(300), promised_until=day(9))


def test_credits_stand_below_the_claims():
	items = statements.open_items(
		[
			voucher(-50, due=-90, name="PE-1"),
			voucher(10, due=5, name="SI-2"),
			voucher(0),
			voucher(10, due=-5),
		],
		TODAY,
	)
	assert [item.name for item in items] == ["SI-1", "SI-2", "PE-1"]
	assert (statements.total_of(items), statements.overdue_of(items)) == (money(-30), money(10))


@pytest.mark.parametrize(
	("days", "bucket"),
	[
		*((-5, "Not Due"), (0, "Not Due"), (1, "1–30"), (30, "1–30"), (31, "31–60"), (60, "31–60")),
		*((61, "61–90"), (90, "61–90"), (91, "Over 90")),
	],
)
def test_the_ageing(days, bucket):
	items = statements.items_of(voucher(100, due=-days), TODAY)
	aged = statements.ageing(items)
	assert tuple(aged) == statements.BUCKETS
	assert {name: amount for name, amount in aged.items() if amount} == {bucket: 100}


def test_movements_run_from_the_opening_balance():
	entries = [
		Entry(day(-3), "Payment Entry", "PE-1", money(0), money(150)),
		Entry(day(-9), "Sales Invoice", "SI-1", money(100), money(0)),
		Entry(day(-3), "Sales Invoice", "SI-2", money("0.10"), money(0)),
	]
	lines = statements.running(money(20), entries)
	assert [(line.entry.name, line.balance) for line in lines] == [
		("SI-1", money(120)),
		("SI-2", money("120.10")),
		("PE-1", money("-29.90")),
	]
	assert statements.closing(money(20), entries) == money("-29.90")


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=2)
SIGNED = st.decimals(min_value=-10_000, max_value=10_000, places=2)
ROWS = st.lists(st.tuples(st.integers(-100, 100), AMOUNTS), max_size=5)
ASIDES = st.builds(Aside, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.just(day(5)))
VOUCHERS = st.lists(
	st.builds(voucher, SIGNED, st.integers(-200, 50), ROWS, ASIDES, st.sampled_from(("A", "B", "C"))),
	max_size=6,
)


@given(VOUCHERS)
def test_the_lines_add_up_to_what_is_open_and_so_does_the_ageing(vouchers):
	items = statements.open_items(vouchers, TODAY)
	ledger = sum((one.open for one in vouchers), Decimal(0))
	assert statements.total_of(items) == ledger
	assert sum(statements.ageing(items).values(), Decimal(0)) == ledger
	assert all(item.amount != 0 for item in items)


@given(VOUCHERS)
def test_no_more_is_set_aside_than_is_open_of_a_line_or_was_of_the_document(vouchers):
	for one in vouchers:
		items = statements.items_of(one, TODAY)
		for item in items:
			aside = item.aside
			assert aside.disputed + aside.planned + aside.awaited + aside.promised <= max(0, item.amount)
		for part in ("disputed", "planned", "awaited", "promised"):
			assert sum(getattr(item.aside, part) for item in items) <= getattr(one.aside, part)


@given(
	SIGNED,
	st.lists(
		st.builds(Entry, st.dates(day(-50), day(0)), st.just("X"), st.text(max_size=3), AMOUNTS, AMOUNTS)
	),
)
def test_the_last_balance_is_the_closing_one(opening, entries):
	lines = statements.running(opening, entries)
	assert len(lines) == len(entries)
	assert (lines[-1].balance if lines else opening) == statements.closing(opening, entries)
