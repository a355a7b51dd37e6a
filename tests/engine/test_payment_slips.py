"""Payment slips: which money is theirs, how long it is waited for, what they set aside."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import payment_slips as slips
from b2b_contracts.engine.payment_slips import Money, Slip

TODAY = date(2026, 6, 10)  # a Wednesday
NOON = datetime(2026, 6, 10, 12)
WEEKENDS = {TODAY + timedelta(n) for n in range(-30, 400) if (TODAY + timedelta(n)).weekday() > 4}


def slip(name="A", amount=1_000, **fields) -> Slip:
	given_ = {"reported_at": NOON, "value_date": TODAY, "wait_until": TODAY + timedelta(5), **fields}
	return Slip(name, Decimal(amount), **given_)


def money(amount=1_000, day=0, after=1, **fields) -> Money:
	return Money(TODAY + timedelta(day), Decimal(amount), NOON + timedelta(hours=after), **fields)


def test_three_working_days_from_a_wednesday_end_on_monday():
	assert slips.wait_until(TODAY, 3, WEEKENDS) == date(2026, 6, 15)
	assert slips.wait_until(TODAY, 0, WEEKENDS) == TODAY


@pytest.mark.parametrize(
	("about", "payment", "counts"),
	[
		({}, {}, True),
		({}, {"invoice": "SI-9"}, True),
		({"invoices": frozenset({"SI-1"})}, {"invoice": "SI-1"}, True),
		({"invoices": frozenset({"SI-1"})}, {"invoice": "SI-9"}, False),
		({"invoices": frozenset({"SI-1"})}, {}, True),
		({"invoices": frozenset({"SI-1"}), "reference": "RF 96tu-06fx"}, {"invoice": "SI-9", "reference": "RF96TU06FX"}, True),
		({}, {"day": -6}, False),
		({}, {"day": -5}, True),
		({}, {"day": 5}, True),
		({}, {"day": 6}, False),
		# Known before the slip came: not its money, unless the reference says so.
		({}, {"after": -1}, False),
		({"reference": "42"}, {"after": -1, "reference": "42"}, True),
	],
)  # fmt: skip
def test_which_money_is_a_slips(about, payment, counts):
	found = slips.counted([slip(**about)], [money(**payment)])
	assert found == {"A": Decimal(1_000) if counts else 0}


def test_the_reference_goes_before_the_date():
	first = slip("A", wait_until=TODAY + timedelta(1))
	second = slip("B", reference="42")
	assert slips.counted([first, second], [money(reference="42")]) == {"A": 0, "B": 1_000}


@pytest.mark.parametrize(
	("status", "arrived", "days", "comes_to"),
	[
		("Reported", 0, 5, "Reported"),
		("Accepted", 999, 5, "Accepted"),
		("Accepted", 1_000, 5, "Arrived"),
		("Reported", 1_000, 0, "Arrived"),
		("Accepted", 999, 6, "Not Arrived"),
		("Reported", 0, 6, "Not Arrived"),
		("Rejected", 1_000, 0, "Rejected"),
		("Not Arrived", 1_000, 0, "Not Arrived"),
	],
)
def test_what_it_comes_to(status, arrived, days, comes_to):
	assert slips.status_of(slip(), status, Decimal(arrived), TODAY + timedelta(days)) == comes_to


@pytest.mark.parametrize(
	("days_ago", "role"), [(None, "Credit Controller"), (91, "Credit Controller"), (90, "Credit Manager"), (0, "Credit Manager")]
)  # fmt: skip
def test_money_that_did_not_come_takes_a_manager_the_next_time(days_ago, role):
	last = None if days_ago is None else TODAY - timedelta(days_ago)
	assert slips.accepted_by(last, TODAY) == role


def test_reminders_wait_until_the_value_date_and_not_longer():
	assert slips.pauses("Accepted", TODAY, TODAY)
	assert not slips.pauses("Accepted", TODAY, TODAY + timedelta(1))
	assert not slips.pauses("Reported", TODAY, TODAY)


amounts = st.integers(0, 100_000).map(lambda cents: Decimal(cents) / 100)
names = st.sampled_from(["", "SI-1", "SI-2"])
some_slips = st.lists(
	st.builds(
		Slip,
		name=st.uuids().map(str),
		amount=amounts,
		reported_at=st.just(NOON),
		value_date=st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)),
		wait_until=st.integers(3, 9).map(lambda n: TODAY + timedelta(n)),
		reference=st.sampled_from(["", "42"]),
		invoices=st.sets(st.sampled_from(["SI-1", "SI-2"])).map(frozenset),
	),
	max_size=4,
)
some_money = st.lists(
	st.builds(
		money,
		amount=amounts,
		day=st.integers(-9, 12),
		after=st.integers(-2, 2),
		invoice=names,
		reference=st.sampled_from(["", "42"]),
	),
	max_size=5,
)


@given(some_slips, some_money)
def test_no_money_counts_twice_and_no_slip_gets_more_than_it_says(of, paid):
	found = slips.counted(of, paid)
	assert sum(found.values()) <= sum(payment.amount for payment in paid)
	assert all(0 <= found[one.name] <= one.amount for one in of)


@given(some_slips, some_money)
def test_more_money_never_makes_less_arrive(of, paid):
	assert sum(slips.counted(of, paid[:-1]).values()) <= sum(slips.counted(of, paid).values())


@given(amounts, st.lists(st.tuples(amounts, amounts), max_size=5))
def test_never_more_awaited_than_the_slip_says_or_is_open(amount, claims):
	parts = slips.spread(amount, claims)
	assert sum(parts) <= amount
	assert all(0 <= part <= min(claim) for part, claim in zip(parts, claims, strict=True))
	assert sum(parts) == min(amount, sum(min(claim) for claim in claims))
