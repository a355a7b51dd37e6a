"""Credit insurance: what is covered no more, and the duties to the insurer (requirements §2.3, §2.6)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import insurance
from b2b_contracts.engine.insurance import (
	DECLARE_TURNOVER,
	HAND_OVER,
	REPORT_OVERDUE,
	STOP_SHIPMENTS,
	Item,
	Terms,
	duties_of_items,
	duties_of_policy,
	items_of,
	not_covered,
	past_maximum,
)
from b2b_contracts.engine.security import Instrument, covered, insures, why_not_counted

from .builders import money

TODAY = date(2026, 3, 31)
TERMS = Terms(date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 1), reporting_days=30)


def ago(days: int) -> date:
	return TODAY - timedelta(days=days)


def item(days: int, amount=1_000, disputed=0, invoice: str = "INV-1") -> Item:
	return Item(invoice, ago(days), money(amount), money(disputed))


# ------------------------------------------------------------------ covered no more
@pytest.mark.parametrize(
	("items", "credits", "expected"),
	[
		pytest.param([item(60)], 0, 0, id="on the last day of the period it is covered"),
		pytest.param([item(61)], 0, 1_000, id="the day after it is not"),
		pytest.param([item(61), item(10)], 0, 1_000, id="younger items are"),
		pytest.param([item(61)], 400, 600, id="unallocated money goes to the oldest"),
		pytest.param([item(61)], 5_000, 0, id="never below nothing"),
		pytest.param([item(-10, disputed=300)], 0, 300, id="what is disputed, however young"),
		pytest.param([item(61, disputed=300)], 0, 1_000, id="not twice"),
		pytest.param([item(61, disputed=300)], 900, 300, id="no credit settles a dispute"),
	],
)
def test_what_the_insurer_does_not_cover(items, credits, expected):
	assert not_covered(items, TODAY, 60, money(credits)) == expected


def test_without_a_maximum_nothing_grows_too_old():
	assert past_maximum([item(1_000)], TODAY, 0) == 0
	assert not_covered([item(1_000, disputed=5)], TODAY, 0) == 0


def test_a_buyer_limit_covers_what_is_eligible_alone():
	limit = Instrument(
		"SEC-1",
		"Credit Insurance",
		money(200_000),
		cover_percent=Decimal(90),
		deductible=money(10_000),
		has_document=True,
	)
	assert covered(limit, money(493_000)) == 170_000
	assert covered(replace(limit, not_eligible=money(393_000)), money(493_000)) == 80_000


def test_a_buyer_limit_counts_only_while_its_policy_is_in_force():
	limit = Instrument("SEC-1", "Credit Insurance", money(1_000), has_document=True)
	assert why_not_counted(limit, TODAY, TODAY) is None
	assert why_not_counted(replace(limit, lacks_policy=True), TODAY, TODAY) == "policy_not_in_force"


@pytest.mark.parametrize(
	("terms", "expected"),
	[
		pytest.param({}, True, id="insured"),
		pytest.param({"maximum_extension_days": 0}, False, id="without a period"),
		pytest.param({"lacks_policy": True}, False, id="the policy is not in force"),
		pytest.param({"expiry": TODAY}, True, id="its last day"),
		pytest.param({"expiry": ago(1)}, False, id="over"),
		pytest.param({"status": "Claimed"}, False, id="called upon"),
	],
)
def test_whom_somebody_insures(terms, expected):
	limit = Instrument(
		"SEC-1",
		"Credit Insurance",
		money(1),
		has_document=True,
		maximum_extension_days=60,
		claim_period_days=30,
	)
	assert insures(replace(limit, **terms), TODAY) is expected


# ------------------------------------------------------------------ items of an invoice
def test_an_invoice_in_instalments_is_open_from_the_latest_on():
	instalments = [(ago(90), money(100)), (ago(30), money(100)), (ago(-30), money(100))]
	assert items_of("I", ago(-30), money(150), money(0), instalments) == (
		Item("I", ago(30), money(50)),
		Item("I", ago(-30), money(100)),
	)


def test_what_is_disputed_is_the_earliest_of_the_rest():
	instalments = [(ago(90), money(100)), (ago(30), money(100))]
	first, second = items_of("I", ago(30), money(200), money(120), instalments)
	assert (first.undisputed, second.undisputed) == (0, 80)


def test_billed_again_it_is_as_old_as_it_was():
	instalments = [(ago(30), money(100)), (ago(0), money(100))]
	assert [i.due for i in items_of("I", ago(70), money(200), money(0), instalments)] == [ago(70), ago(70)]


amounts = st.integers(1, 10**6).map(Decimal)


@given(
	st.lists(st.tuples(st.integers(-100, 200), amounts), min_size=1, max_size=5),
	st.integers(0, 120),
	st.data(),
)
def test_the_items_of_an_invoice_add_up(rows, days, data):
	instalments = sorted((ago(d), amount) for d, amount in rows)
	total = sum(amount for _day, amount in instalments)
	still_open = Decimal(data.draw(st.integers(0, int(total))))
	disputed = Decimal(data.draw(st.integers(0, int(total))))
	items = items_of("I", instalments[-1][0], still_open, disputed, instalments)
	assert sum(i.open for i in items) == still_open
	assert sum(i.disputed for i in items) == min(disputed, still_open)
	assert all(0 <= i.disputed <= i.open for i in items)
	assert 0 <= past_maximum(items, TODAY, days) <= not_covered(items, TODAY, days) <= still_open
	assert past_maximum(items, TODAY, days + 1) <= past_maximum(items, TODAY, days) or not days


# ------------------------------------------------------------------ duties
def kinds(found) -> list[tuple[str, date]]:
	return [(duty.kind, duty.due) for duty in found]


@pytest.mark.parametrize(
	("days", "expected"),
	[
		pytest.param(22, [], id="too early to foresee"),
		pytest.param(23, [(REPORT_OVERDUE, -7)], id="a week ahead"),
		pytest.param(53, [(REPORT_OVERDUE, 23), (STOP_SHIPMENTS, -7)], id="shipments"),
		pytest.param(60, [(REPORT_OVERDUE, 30), (STOP_SHIPMENTS, 0)], id="the last day"),
		pytest.param(61, [(REPORT_OVERDUE, 31), (STOP_SHIPMENTS, 1), (HAND_OVER, -29)], id="past it"),
	],
)
def test_what_an_item_asks_for(days, expected):
	assert kinds(duties_of_items(TERMS, [item(days)], TODAY)) == [(kind, ago(d)) for kind, d in expected]


def test_shipments_are_stopped_once_for_the_oldest_item():
	found = duties_of_items(TERMS, [item(70, invoice="NEW"), item(75, invoice="OLD")], TODAY)
	assert [duty.invoice for duty in found if duty.kind == STOP_SHIPMENTS] == ["OLD"]
	assert [duty.invoice for duty in found if duty.kind == HAND_OVER] == ["OLD", "NEW"]


def test_a_disputed_item_asks_for_nothing():
	assert duties_of_items(TERMS, [item(70, disputed=1_000)], TODAY) == ()


def test_nothing_is_asked_for_that_was_due_before():
	late = replace(TERMS, duties_from=TODAY)
	assert [duty.kind for duty in duties_of_items(late, [item(70)], TODAY)] == [HAND_OVER]


@pytest.mark.parametrize(
	("declares", "today", "names"),
	[
		pytest.param("", date(2026, 12, 31), [], id="none"),
		pytest.param("Monthly", date(2026, 3, 31), ["2026-01", "2026-02"], id="the month is not over"),
		pytest.param("Monthly", date(2026, 4, 1), ["2026-01", "2026-02", "2026-03"], id="it is"),
		pytest.param("Quarterly", date(2026, 7, 1), ["2026-Q1", "2026-Q2"], id="quarters"),
		pytest.param("Quarterly", date(2027, 9, 1), [f"2026-Q{n}" for n in (1, 2, 3, 4)], id="no more"),
	],
)
def test_the_turnover_of_each_period_that_is_over(declares, today, names):
	found = duties_of_policy(replace(TERMS, declares=declares), today)
	assert [duty.reference for duty in found if duty.kind == DECLARE_TURNOVER] == names


def test_a_policy_that_begins_and_ends_within_a_quarter():
	terms = replace(TERMS, period_from=date(2026, 2, 10), period_to=date(2026, 5, 20), declares="Quarterly")
	found = [duty for duty in duties_of_policy(terms, date(2026, 6, 1)) if duty.kind == DECLARE_TURNOVER]
	assert [(d.reference, d.due) for d in found] == [
		("2026-Q1", date(2026, 4, 30)),
		("2026-Q2", date(2026, 6, 19)),
	]


def test_the_renewal_is_foreseen_a_month_ahead():
	by = date(2026, 11, 1)
	assert duties_of_policy(TERMS, by - timedelta(days=31)) == ()
	assert kinds(duties_of_policy(TERMS, by - timedelta(days=30))) == [("Renew", by)]


@given(
	st.lists(st.tuples(st.integers(-30, 200), amounts, st.integers(0, 1)), max_size=6),
	st.integers(0, 90),
	st.integers(0, 90),
	st.integers(0, 60),
)
def test_duties_are_the_same_whenever_they_are_looked_for(rows, reporting, maximum, hand_over):
	items = [
		Item(f"I-{number}", ago(days), amount, amount * disputed)
		for number, (days, amount, disputed) in enumerate(rows)
	]
	terms = replace(
		TERMS,
		reporting_days=reporting,
		maximum_extension_days=maximum,
		hand_over_days=hand_over,
		duties_from=date.min,
	)
	found = duties_of_items(terms, items, TODAY)
	assert len({(duty.kind, duty.reference) for duty in found}) == len(found)
	assert all(insurance.is_asked_for(duty, items, TODAY) for duty in found)
	later = duties_of_items(terms, items, TODAY + timedelta(days=1))
	assert set(found) <= set(later) | {d for d in found if d.kind == STOP_SHIPMENTS}
	assert not any(insurance.is_asked_for(duty, [], TODAY) for duty in found)


@pytest.mark.parametrize(
	("days", "status", "near"),
	[(4, "Open", False), (3, "Open", True), (0, "Open", True), (-1, "Missed", True)],
)
def test_how_a_duty_stands(days, status, near):
	due = TODAY + timedelta(days=days)
	assert (insurance.status_on(due, TODAY), insurance.is_near(due, TODAY)) == (status, near)
