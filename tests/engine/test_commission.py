"""Commission: what is earned at invoicing, on payments and taken back adds up to the cent, whatever the order of events."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import commission as rules
from b2b_contracts.engine.commission import (
	AT_INVOICING,
	CREDITED,
	MALUS,
	ON_PAYMENT,
	PAID,
	REVERSED,
	WRITTEN_OFF,
	Event,
	Plan,
	moves,
	total,
)

INVOICED = date(2026, 3, 1)
STANDARD = Plan()

cents = st.integers(0, 10**9).map(lambda number: Decimal(number) / 100)
percents = st.integers(0, 100).map(Decimal)
plans = st.builds(Plan, invoiced_percent=percents, malus_percent=percents, reverses_written_off=st.booleans())
days = st.integers(-10, 400).map(lambda number: INVOICED + timedelta(days=number))


@st.composite
def shares_of_one(draw, most: int = 6) -> list[Fraction]:
	"""Shares of an invoice that together are all of it: parts of its total in cents."""
	whole = draw(st.integers(1, 10**7))
	cuts = sorted({0, whole, *draw(st.lists(st.integers(0, whole), max_size=most - 1))})
	return [Fraction(after - before, whole) for before, after in pairwise(cuts)]


@st.composite
def settled(draw, *kinds: str) -> list[Event]:
	"""Events of some kinds, in any order, that settle an invoice in full."""
	return [Event(draw(days), draw(st.sampled_from(kinds)), share) for share in draw(shares_of_one())]


def of(*events: tuple[int, str, str], commission: str = "100.00", plan: Plan = STANDARD, malus_from=None):
	made = [Event(INVOICED + timedelta(days=day), kind, Fraction(share)) for day, kind, share in events]
	return moves(Decimal(commission), INVOICED, made, plan, malus_from)


def told(moved) -> list[tuple[int, str, str]]:
	return [((move.day - INVOICED).days, move.kind, str(move.amount)) for move in moved]


# ------------------------------------------------------------------ worked
def test_seventy_at_invoicing_and_thirty_when_paid():
	assert told(of()) == [(0, AT_INVOICING, "70.00")]
	assert told(of((30, PAID, "1"))) == [(0, AT_INVOICING, "70.00"), (30, ON_PAYMENT, "30.00")]


def test_part_payments_pro_rata():
	assert told(of((10, PAID, "1/3"), (20, PAID, "2/3"))) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "10.00"),
		(20, ON_PAYMENT, "20.00"),
	]


def test_a_credit_note_takes_back_before_and_after_the_payment():
	assert told(of((5, CREDITED, "2/5"), (30, PAID, "3/5"))) == [
		(0, AT_INVOICING, "70.00"),
		(5, REVERSED, "-28.00"),
		(30, ON_PAYMENT, "18.00"),
	]
	assert told(of((30, PAID, "1"), (90, CREDITED, "2/5"))) == [
		(0, AT_INVOICING, "70.00"),
		(30, ON_PAYMENT, "30.00"),
		(90, REVERSED, "-40.00"),
	]


def test_what_earns_no_commission_is_credited_without_taking_any_back():
	"""Of 10,000, 4,000 earn nothing: once they are credited, 6,000 are all there is to pay."""
	credited = Event(INVOICED + timedelta(days=5), CREDITED, Fraction(2, 5), of_base=Fraction(0))
	paid = [Event(INVOICED + timedelta(days=day), PAID, Fraction(3, 10)) for day in (10, 20)]
	assert told(moves(Decimal(100), INVOICED, [credited, *paid], STANDARD)) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "15.00"),
		(20, ON_PAYMENT, "15.00"),
	]


def test_an_advance_earns_when_the_invoice_is_there():
	assert told(of((-20, PAID, "1/2"))) == [(0, AT_INVOICING, "70.00"), (0, ON_PAYMENT, "15.00")]


def test_what_is_written_off_is_never_paid():
	assert told(of((10, PAID, "1/2"), (200, WRITTEN_OFF, "1/2"))) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "15.00"),
	]
	strict = Plan(reverses_written_off=True)
	assert told(of((10, PAID, "1/2"), (200, WRITTEN_OFF, "1/2"), plan=strict)) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "15.00"),
		(200, REVERSED, "-35.00"),
	]


def test_malus_on_what_is_earned_already_and_on_what_comes():
	from_day = INVOICED + timedelta(days=20)
	assert told(of((10, PAID, "1/2"), (30, PAID, "1/2"), malus_from=from_day)) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "15.00"),
		(20, MALUS, "-42.50"),
		(30, ON_PAYMENT, "15.00"),
		(30, MALUS, "-7.50"),
	]
	known = of((30, PAID, "1"), malus_from=INVOICED - timedelta(days=5))
	assert told(known)[:2] == [(0, AT_INVOICING, "70.00"), (0, MALUS, "-35.00")]
	assert total(known) == 50


def test_a_payment_that_is_undone_is_earned_again_only_when_it_comes():
	assert told(of((10, PAID, "1"), (12, PAID, "-1"), (40, PAID, "1"))) == [
		(0, AT_INVOICING, "70.00"),
		(10, ON_PAYMENT, "30.00"),
		(12, ON_PAYMENT, "-30.00"),
		(40, ON_PAYMENT, "30.00"),
	]


def test_what_is_still_to_come():
	def to_come(*events):
		made = [Event(INVOICED, kind, Fraction(share)) for kind, share in events]
		return rules.still_to_come(Decimal(100), made, STANDARD)

	assert to_come() == 30
	assert to_come((PAID, "1/3")) == 20
	assert to_come((PAID, "1/2"), (CREDITED, "1/2")) == 0
	assert to_come((CREDITED, "1/2")) == 15
	assert to_come((WRITTEN_OFF, "1")) == 0


# ------------------------------------------------------------------ properties
@given(cents, settled(PAID), plans)
def test_paid_in_full_is_the_whole_commission(commission, events, plan):
	assert total(moves(commission, INVOICED, events, plan)) == commission


@given(cents, settled(CREDITED), st.lists(st.tuples(days, st.fractions(-1, 1)), max_size=4), plans)
def test_credited_in_full_is_nothing_whatever_was_paid(commission, credits, paid, plan):
	events = [*credits, *(Event(day, PAID, share) for day, share in paid)]
	assert total(moves(commission, INVOICED, events, plan)) == 0
	malus = moves(commission, INVOICED, events, plan, malus_from=INVOICED + timedelta(days=30))
	assert total(malus) == 0
	assert total(malus, MALUS) == 0


@given(cents, settled(PAID, CREDITED), plans)
def test_settled_by_money_and_credit_notes_is_the_commission_of_the_money(commission, events, plan):
	paid = sum((event.share for event in events if event.kind == PAID), Fraction(0))
	exact = Fraction(commission) * paid
	assert abs(Fraction(total(moves(commission, INVOICED, events, plan))) - exact) <= Fraction(1, 200)


@given(cents, settled(PAID, CREDITED, WRITTEN_OFF), plans, st.none() | days)
def test_each_kind_says_what_it_is_and_nothing_moves_by_nothing(commission, events, plan, malus_from):
	moved = moves(commission, INVOICED, events, plan, malus_from)
	assert all(move.amount and move.day >= INVOICED for move in moved)
	assert [move.day for move in moved] == sorted(move.day for move in moved)
	assert total(moved, AT_INVOICING) == rules.to_cents(commission * plan.invoiced_percent / 100)
	assert total(moved, REVERSED) <= 0 and total(moved, ON_PAYMENT) >= 0 and total(moved, MALUS) <= 0
	assert 0 <= total(moved) <= commission
	earned = total(moved) - total(moved, MALUS)
	malus = rules.to_cents(earned * plan.malus_percent / 100) if malus_from else 0
	assert total(moved, MALUS) == -malus


@given(cents, settled(PAID, CREDITED, WRITTEN_OFF), plans, st.none() | days, days)
def test_a_month_is_the_difference_of_two_days(commission, events, plan, malus_from, day):
	"""What has happened by a day does not depend on what happens later: statements of two periods add up."""
	whole = moves(commission, INVOICED, events, plan, malus_from)
	known = [event for event in events if event.day <= day]
	malus_known = malus_from if malus_from and malus_from <= day else None
	then = moves(commission, INVOICED, known, plan, malus_known) if day >= INVOICED else []
	assert sum((move.amount for move in whole if move.day <= day), Decimal(0)) == total(then)


@given(cents, settled(PAID, CREDITED, WRITTEN_OFF), plans)
def test_paying_what_stands_brings_what_is_still_to_come(commission, events, plan):
	known = events[: len(events) // 2]
	to_come = rules.still_to_come(commission, known, plan)
	open_share = 1 - sum((event.share for event in known), Fraction(0))
	paid = [*known, Event(date(2030, 1, 1), PAID, open_share)]
	assert to_come >= 0
	assert total(moves(commission, INVOICED, paid, plan)) - total(
		moves(commission, INVOICED, known, plan)
	) == pytest.approx(to_come, abs=Decimal("0.01"))


@given(settled(PAID, CREDITED, WRITTEN_OFF))
def test_an_invoice_is_settled_by_the_day_of_its_last_event(events):
	assert rules.settled_on(events) == max(event.day for event in events)
	late = [event for event in events if event.day < max(event.day for event in events)]
	assert rules.settled_on(late) is None


@given(cents.filter(bool), st.lists(cents, min_size=2, max_size=5), settled(PAID))
def test_the_shares_of_a_team_are_each_paid_in_full(_commission, team, events):
	paid = [total(moves(part, INVOICED, events, STANDARD)) for part in team]
	assert paid == team


# ------------------------------------------------------------------ repeat late payers
def test_three_late_invoices_in_a_year():
	late = [date(2026, 1, 10), date(2026, 4, 10), date(2026, 8, 10)]
	until = date(2027, 12, 31)
	assert rules.late_payer_from(late, date(2026, 9, 1), until, STANDARD) == date(2026, 9, 1)
	assert rules.late_payer_from(late, date(2026, 5, 1), until, STANDARD) == date(2026, 8, 10)
	assert rules.late_payer_from(late, date(2026, 5, 1), date(2026, 8, 9), STANDARD) is None
	# A year and a day after the first one it counts no longer.
	assert rules.late_payer_from(late, date(2027, 1, 9), until, STANDARD) == date(2027, 1, 9)
	assert rules.late_payer_from(late, date(2027, 1, 10), until, STANDARD) is None
	assert rules.late_payer_from(late[:2], date(2026, 5, 1), until, STANDARD) is None
	assert rules.late_payer_from(late, date(2026, 9, 1), until, Plan(late_invoices=0)) is None


@given(st.lists(days, max_size=12), days, days, st.integers(1, 4), st.integers(1, 400))
def test_a_late_payer_by_brute_force(late, since, until, number, within):
	plan = Plan(late_invoices=number, within_days=within)

	def is_one(day: date) -> bool:
		return len([one for one in late if day - timedelta(days=within) < one <= day]) >= number

	every_day = (since + timedelta(days=count) for count in range(max(0, (until - since).days + 1)))
	assert rules.late_payer_from(late, since, until, plan) == next(
		(day for day in every_day if is_one(day)), None
	)
