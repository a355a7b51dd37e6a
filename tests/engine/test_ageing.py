from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import ageing
from b2b_contracts.engine.ageing import DUE_DATE, POSTING_DATE, Bounds, BoundsError, Row, Sums
from b2b_contracts.engine.money import ZERO

TODAY = date(2026, 6, 30)
cents = st.integers(-10_000_000, 10_000_000).map(lambda n: Decimal(n) / 100)
positive = st.integers(1, 10_000_000).map(lambda n: Decimal(n) / 100)
days_ago = st.integers(-90, 400).map(lambda n: TODAY - timedelta(days=n))


def row(amount="100", due=TODAY, **more) -> Row:
	values = {
		"company": "Our Company",
		"customer": "Nordlys",
		"account": "Debtors - OC",
		"doctype": "Sales Invoice",
		"voucher": "INV-1",
		"posted": due - timedelta(days=30),
		"due": due,
		"open": Decimal(amount),
		"currency": "DKK",
		"open_in_account": Decimal(amount),
	}
	return Row(**values | more)


@st.composite
def rows(draw):
	amount = draw(cents)
	schedule = tuple(
		(draw(days_ago), draw(positive)) for _place in range(draw(st.sampled_from((0, 0, 2, 3, 5))))
	)
	aside = st.integers(0, 100).map(lambda percent: max(ZERO, amount) * percent / 100)
	return row(
		amount,
		draw(days_ago),
		voucher=draw(st.sampled_from(("INV-1", "INV-2", "PAY-1", "JE-1"))),
		customer=draw(st.sampled_from(("Nordlys", "Sydvest"))),
		currency=draw(st.sampled_from(("DKK", "EUR"))),
		open_in_account=draw(cents),
		schedule=tuple(sorted(schedule)),
		disputed=draw(aside),
		planned=draw(aside),
	)


# ------------------------------------------------------------------ buckets
@pytest.mark.parametrize(
	("age", "bucket"),
	[(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4000, 4)],
)
def test_buckets_by_due_date(age, bucket):
	assert Bounds().bucket(age) == bucket


@pytest.mark.parametrize(("age", "bucket"), [(0, 1), (30, 1), (31, 2), (91, 4)])
def test_by_posting_date_nothing_is_not_due(age, bucket):
	assert Bounds(basis=POSTING_DATE).bucket(age) == bucket


def test_bounds_are_read_from_a_text():
	assert Bounds.of(" 15; 45,90 ").days == (15, 45, 90)
	assert Bounds.of("30, 60, 90").spans == ((1, 30), (31, 60), (61, 90), (91, None))
	assert Bounds.of("30", POSTING_DATE).spans == ((0, 30), (31, None))


@pytest.mark.parametrize("text", ["", "60, 30", "30, 30", "0, 30", "-5", "a, b", "1.5", "1,2,3,4,5,6,7,8,9"])
def test_other_bounds_are_refused(text):
	with pytest.raises(BoundsError):
		Bounds.of(text)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8, unique=True), st.integers(-100, 1000))
def test_every_age_has_one_bucket_and_it_spans_it(days, age):
	bounds = Bounds(tuple(sorted(days)))
	place = bounds.bucket(age)
	assert 0 <= place < len(bounds)
	if place == ageing.NOT_DUE:
		assert age <= 0
	else:
		first, last = bounds.spans[place - 1]
		assert first <= age and (last is None or age <= last)


# ------------------------------------------------------------------ parts
def test_money_goes_to_the_earliest_instalment():
	schedule = ((date(2026, 3, 1), Decimal(40)), (date(2026, 5, 1), Decimal(30)), (TODAY, Decimal(30)))
	parts = ageing.parts_of(row("50", TODAY, schedule=schedule))
	assert [(part.day, part.open) for part in parts] == [(date(2026, 5, 1), 20), (TODAY, 30)]


def test_what_is_open_beyond_the_schedule_is_as_old_as_its_first_instalment():
	schedule = ((date(2026, 3, 1), Decimal(40)), (TODAY, Decimal(60)))
	parts = ageing.parts_of(row("120", TODAY, schedule=schedule))
	assert [(part.day, part.open) for part in parts] == [(date(2026, 3, 1), 60), (TODAY, 60)]


def test_an_original_due_date_counts_for_every_instalment():
	schedule = ((date(2026, 3, 1), Decimal(40)), (TODAY, Decimal(60)))
	parts = ageing.parts_of(row("100", date(2026, 2, 1), schedule=schedule))
	assert {part.day for part in parts} == {date(2026, 2, 1)}


def test_what_is_set_aside_is_the_earliest_of_what_is_open():
	schedule = ((date(2026, 3, 1), Decimal(40)), (TODAY, Decimal(60)))
	parts = ageing.parts_of(row("100", TODAY, schedule=schedule, disputed=Decimal(70)))
	assert [part.disputed for part in parts] == [40, 30]


def test_by_posting_date_a_schedule_says_nothing():
	schedule = ((date(2026, 3, 1), Decimal(40)), (TODAY, Decimal(60)))
	(part,) = ageing.parts_of(row("100", TODAY, schedule=schedule), POSTING_DATE)
	assert part.day == TODAY - timedelta(days=30)


@given(rows(), st.sampled_from((DUE_DATE, POSTING_DATE)))
def test_parts_add_up_to_their_row(of, basis):
	parts = ageing.parts_of(of, basis)
	for name in ("open", "open_in_account", "disputed", "planned"):
		assert sum((getattr(part, name) for part in parts), ZERO) == getattr(of, name), name
	assert [part.day for part in parts] == sorted(part.day for part in parts)


# ------------------------------------------------------------------ shares
@given(cents, st.lists(st.integers(0, 10_000).map(lambda n: Decimal(n) / 100), min_size=1, max_size=6))
def test_a_split_adds_up_and_is_fair_to_the_cent(amount, shares):
	parts = ageing.split_by_share(amount, shares)
	assert sum(parts, ZERO) == amount
	total = sum(shares, ZERO)
	for part, share in zip(parts, shares, strict=True):
		if total:
			assert abs(part - amount * share / total) <= Decimal("0.01")


def test_a_team_leaves_the_rest_to_nobody():
	team = (("Anna", Decimal(50)), ("Bo", Decimal(30)))
	assert ageing.shares_of_team(Decimal("100.01"), team) == [
		("Anna", Decimal("50.01")),
		("Bo", Decimal("30.00")),
		("", Decimal("20.00")),
	]
	assert ageing.shares_of_team(Decimal(100), ()) == [("", Decimal(100))]
	assert ageing.shares_of_team(Decimal(100), (("Anna", Decimal(100)),)) == [("Anna", Decimal(100))]
	assert ageing.shares_of_team(Decimal(90), (("Anna", Decimal(100)), ("Bo", Decimal(200)))) == [
		("Anna", Decimal(30)),
		("Bo", Decimal(60)),
	]


# ------------------------------------------------------------------ credits
def test_credits_go_to_the_oldest_debt_and_the_rest_stays():
	parts = [
		part
		for of in (
			row("100", date(2026, 5, 1), voucher="INV-2", disputed=Decimal(80)),
			row("40", date(2026, 3, 1), voucher="INV-1"),
			row("-90", date(2026, 6, 1), voucher="PAY-1", doctype="Payment Entry"),
			row("-7", date(2026, 6, 1), voucher="PAY-2", customer="Sydvest"),
		)
		for part in ageing.parts_of(of)
	]
	ageing.set_against_oldest(parts)
	assert {part.row.voucher: part.open for part in parts} == {
		"INV-1": 0,
		"INV-2": 50,
		"PAY-1": 0,
		"PAY-2": -7,
	}
	assert next(part.disputed for part in parts if part.row.voucher == "INV-2") == 50


def test_a_credit_in_another_currency_is_not_set_off():
	parts = [*ageing.parts_of(row("100")), *ageing.parts_of(row("-50", currency="EUR", voucher="PAY-1"))]
	ageing.set_against_oldest(parts)
	assert [part.open for part in parts] == [100, -50]


@given(st.lists(rows(), max_size=12))
def test_setting_off_keeps_every_total_and_leaves_one_sign(of):
	parts = list(ageing.all_parts(of))
	ageing.set_against_oldest(parts)
	for name in ("open", "open_in_account"):
		left: dict[tuple, list[Decimal]] = {}
		for part in parts:
			left.setdefault((part.row.customer, part.row.currency), []).append(getattr(part, name))
		for account, amounts in left.items():
			before = [getattr(one, name) for one in of if (one.customer, one.currency) == account]
			assert sum(amounts, ZERO) == sum(before, ZERO)
			assert min(amounts) >= 0 or max(amounts) <= 0
	assert all(part.disputed <= max(ZERO, part.open) for part in parts)


# ------------------------------------------------------------------ sums
@given(st.lists(rows(), max_size=12))
def test_sums_are_the_total_of_the_rows(of):
	of = [*of, row("3.21", voucher="", doctype="")]
	sums = Sums(Bounds())
	for part in ageing.all_parts(of):
		sums.add(part, TODAY)
	assert sums.total == sum((one.open for one in of), ZERO)
	assert sums.total_in_account == sum((one.open_in_account for one in of), ZERO)
	assert sums.unexplained == Decimal("3.21")
	assert sums.debts == sum((one.open for one in of if one.open > 0 and one.voucher), ZERO)
	assert sums.credits <= 0


def test_the_alarm_looks_at_undisputed_items_over_sixty_days():
	old, new = TODAY - timedelta(days=61), TODAY - timedelta(days=60)
	parts = [
		*ageing.parts_of(row("100", old, disputed=Decimal(40))),
		*ageing.parts_of(row("340", new, voucher="INV-2")),
		*ageing.parts_of(row("-500", old, voucher="PAY-1")),
	]
	sums = Sums(Bounds(), 60)
	for part in parts:
		sums.add(part, TODAY)
	assert sums.share_old == ageing.share_over(parts, TODAY, 60) == 15
	assert ageing.share_over([], TODAY) is None


def test_an_exchange_difference_alone_is_a_debt_and_a_credit_by_its_sign():
	assert not row("5", open_in_account=ZERO).is_credit
	assert replace(row("-5"), open_in_account=ZERO).is_credit
