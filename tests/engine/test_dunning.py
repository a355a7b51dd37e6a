"""Which reminder goes out on which day: the flows of requirements §3 over simulated days, and what is left out."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import dunning
from b2b_contracts.engine.dunning import (
	ACCOUNT_MANAGER,
	AGENCY,
	AWAITED,
	BELOW_MINIMUM,
	COLLECTION,
	COVERED,
	CREDIT_BALANCE,
	DELIVERY_STOP,
	DISPUTED,
	EMAIL,
	ESCALATE,
	EXCLUDED,
	HAND_OVER,
	IN_CASE,
	IN_PLAN,
	INSOLVENT,
	INTEREST,
	LEGAL_NOTICE,
	LETTER,
	NO_FLOW,
	NOT_ANNOUNCED,
	NOT_HANDED_OVER,
	PHONE,
	PROMISED,
	PUBLIC_SECTOR,
	REGISTERED_LETTER,
	SMS,
	Account,
	Dropped,
	Flow,
	Had,
	Item,
	LeftOut,
	Step,
	chased,
	payment_day,
	plan,
)

DUE = date(2026, 6, 1)


def on(days: int) -> date:
	return DUE + timedelta(days=days)


def step(code: str, day: int, channel: str = EMAIL, **fields) -> Step:
	return Step(code, day, channel, **fields)


LADDER = Flow(
	"Standard",
	(
		step("D0", 0),
		step("D7", 7),
		step("D14", 14, PHONE),
		step(
			"D21",
			21,
			LETTER,
			may_be_skipped=False,
			announces=frozenset({DELIVERY_STOP, INTEREST, COLLECTION}),
		),
		step("D30", 30, REGISTERED_LETTER, may_be_skipped=False, acts=frozenset({DELIVERY_STOP})),
		step("D45", 45, LEGAL_NOTICE, may_be_skipped=False, announces=frozenset({COLLECTION})),
		step("D60", 60, AGENCY, may_be_skipped=False, acts=frozenset({HAND_OVER})),
	),
)


def item(key: str = "a", amount: int = 1000, due: date = DUE, **fields) -> Item:
	return Item(key, f"INV-{key}", due, Decimal(amount), **fields)


def account(*items: Item, **fields) -> Account:
	return Account(items or (item(),), **fields)


def simulated(flow: Flow, start: Account, days: range, skip: frozenset[int] = frozenset()) -> list[tuple]:
	"""Run every day but those in `skip`, remembering what was sent; returns (day, message, contact)."""
	found, of = [], start
	for day in days:
		if day in skip:
			continue
		planned = plan(flow, of, on(day))
		if not planned or planned.reason:
			continue
		found.append((day, planned.step and planned.step.code, planned.contact and planned.contact.code))
		of = remembered(of, planned, on(day))
	return found


def remembered(of: Account, planned, day: date, deadline: int = 5) -> Account:
	had = {
		part.item.key: Had(
			part.step.code, part.step.day, day, part.step.announces, day + timedelta(days=deadline)
		)
		for part in planned.parts
		if part.step
	}
	return replace(
		of,
		items=tuple(replace(i, had=(*i.had, had[i.key])) if i.key in had else i for i in of.items),
	)


# ------------------------------------------------------------------ the ladder over days
def test_the_standard_ladder_over_the_days():
	assert simulated(LADDER, account(), range(-10, 90)) == [
		(0, "D0", None),
		(7, "D7", None),
		(14, None, "D14"),
		(21, "D21", None),
		(30, "D30", None),
		(45, "D45", None),
		(60, None, "D60"),
	]


def test_a_missed_day_is_caught_up_and_nothing_comes_twice():
	missed = frozenset({7, 8, 21, 22, 23})
	assert [day for day, *_ in simulated(LADDER, account(), range(0, 40), missed)] == [0, 9, 14, 24, 30]


def test_a_second_run_on_the_same_day_has_nothing_to_do():
	first = plan(LADDER, account(), on(7))
	assert plan(LADDER, remembered(account(), first, on(7)), on(7)) is None


def test_an_old_item_begins_with_the_first_step_that_may_not_be_skipped():
	days = simulated(LADDER, account(), range(100, 180))
	assert [codes for _day, *codes in days] == [["D21", None], ["D30", None], ["D45", None], [None, "D60"]]
	# The flow has nine days between the first two; what came late keeps the shortest gap from the next.
	assert [day for day, *_ in days] == [100, 103, 106, 109]


def test_the_gap_is_never_longer_than_the_flow_has_it():
	close = Flow("Close", (step("A", 0), step("B", 1)), shortest_gap=5)
	assert [day for day, *_ in simulated(close, account(), range(0, 10))] == [0, 1]


def test_steps_before_the_due_date_are_for_items_that_are_not_due():
	flow = Flow("Early", (step("before", -5, ACCOUNT_MANAGER), step("D1", 1)))
	assert simulated(flow, account(), range(-9, 5)) == [(-5, None, "before"), (1, "D1", None)]
	assert simulated(flow, account(), range(0, 5)) == [(1, "D1", None)]


def test_a_flow_that_was_changed_goes_on_by_the_day_of_what_was_sent():
	had = (Had("former", 10, on(10)),)
	assert plan(LADDER, account(item(had=had)), on(13)) is None
	assert plan(LADDER, account(item(had=had)), on(14)).contact.code == "D14"


def test_conditions_of_a_step():
	flow = Flow(
		"Low",
		(
			step("D3", 3),
			step("D7", 7, SMS, balance_below=Decimal(25_000)),
			step("only A", 8, segments=frozenset({"A"})),
			step("not A", 9, not_segments=frozenset({"A"})),
			step("rated", 10, ratings=frozenset({"C"})),
		),
	)
	large, small = account(item(amount=25_000)), account(item(amount=24_999))
	assert [c for _d, c, _p in simulated(flow, small, range(0, 20))] == ["D3", "D7", "not A"]
	assert [c for _d, c, _p in simulated(flow, large, range(0, 20))] == ["D3", "not A"]
	strategic = replace(small, segment="A", rating="C")
	assert [c for _d, c, _p in simulated(flow, strategic, range(0, 20))] == ["D3", "D7", "only A", "rated"]


# ------------------------------------------------------------------ one message
def test_the_highest_step_wins_and_every_due_item_is_in_the_message():
	old, new = item("old", had=(Had("D0", 0, on(0)),)), item("new", 200, due=on(7))
	listed = item("listed", 300, due=on(-2), had=(Had("D7", 7, on(5)),))
	not_due = item("not due", due=on(20))
	planned = plan(LADDER, account(old, new, listed, not_due), on(7))
	assert planned.step.code == "D7"
	assert {part.item.key: part.step and part.step.code for part in planned.parts} == {
		"old": "D7",
		"new": "D0",
		"listed": None,
	}
	assert planned.amount == 1500


def test_a_call_does_not_swallow_a_notice_that_must_be_written():
	flow = Flow("Mixed", (step("must", 5, may_be_skipped=False), step("may", 6), step("call", 10, PHONE)))
	called = item("old", had=(Had("must", 5, on(5)), Had("may", 6, on(6))))
	planned = plan(flow, account(called, item("new", due=on(5))), on(10))
	assert (planned.step.code, planned.contact.code) == ("must", "call")
	skippable = item("new", due=on(4), had=(Had("must", 5, on(6)),))
	planned = plan(flow, account(called, skippable), on(10))
	assert (planned.step, planned.contact.code) == (None, "call")


def test_less_than_the_minimum_is_not_worth_a_message():
	flow = Flow("Min", (step("D3", 3, minimum=Decimal(100)),))
	assert plan(flow, account(item(amount=99)), on(3)).reason == BELOW_MINIMUM
	assert plan(flow, account(item(amount=99), item("b", 1)), on(3)).step.code == "D3"


def test_without_a_flow_the_run_says_so():
	assert plan(None, account(), on(3)).reason == NO_FLOW
	assert plan(None, account(), on(-3)) is None


# ------------------------------------------------------------------ what is left out
def test_parts_are_left_out_in_their_order_and_the_rest_goes_on():
	part = chased(
		account(item(disputed=Decimal(300), planned=Decimal(200), awaited=Decimal(100), promised=Decimal(50)), credits=Decimal(40)),
		on(5),
	)[0]  # fmt: skip
	assert part.left_out == (
		LeftOut(DISPUTED, Decimal(300)),
		LeftOut(IN_PLAN, Decimal(200)),
		LeftOut(AWAITED, Decimal(100)),
		LeftOut(COVERED, Decimal(40)),
		LeftOut(PROMISED, Decimal(50)),
	)
	assert part.chased == 310


def test_credits_go_to_the_oldest_items_first():
	old, new = item("old", 100, due=on(-9)), item("new", 100)
	first, second = chased(account(new, old, credits=Decimal(150)), on(5))
	assert (first.item.key, first.chased, second.chased) == ("old", 0, 50)
	all_covered = account(new, old, credits=Decimal(200))
	assert plan(LADDER, all_covered, on(7)).reason == CREDIT_BALANCE


def test_a_promise_in_general_covers_what_is_due_only():
	due, later = item("due", 100), item("later", 100, due=on(9))
	parts = chased(account(due, later, promised=Decimal(500)), on(5))
	assert [part.chased for part in parts] == [0, 100]


@pytest.mark.parametrize(
	("fields", "reason"),
	[
		({"disputed": Decimal(1000)}, DISPUTED),
		({"planned": Decimal(1000)}, IN_PLAN),
		({"awaited": Decimal(1000)}, AWAITED),
		({"promised": Decimal(1000)}, PROMISED),
		({"excluded": "Friend of the house"}, EXCLUDED),
		({"case": "CASE-1"}, IN_CASE),
	],
)
def test_what_keeps_an_item_back_is_the_reason_of_the_customer(fields, reason):
	planned = plan(LADDER, account(item(**fields)), on(7))
	assert (planned.reason, planned.parts, planned.step) == (reason, (), None)
	assert planned.kept_back[0].left_out == (LeftOut(reason, Decimal(1000)),)
	beside = plan(LADDER, account(item(**fields), item("b", 10)), on(7))
	assert [part.item.key for part in beside.parts] == ["b"]
	assert [part.item.key for part in beside.kept_back] == ["a"]


def test_an_insolvent_or_excluded_customer_gets_nothing():
	assert plan(LADDER, account(is_insolvent=True), on(7)).reason == INSOLVENT
	assert plan(LADDER, account(excluded="asked to"), on(7)).reason == EXCLUDED
	assert plan(LADDER, account(is_insolvent=True), on(-7)) is None


# ------------------------------------------------------------------ what has to be announced
def test_a_stop_needs_an_earlier_notice_that_announced_it():
	told = Had("D21", 21, on(21), frozenset({DELIVERY_STOP}), on(31))
	assert plan(LADDER, account(item(had=(told,))), on(30)).acts == {DELIVERY_STOP}
	untold = replace(told, announced=frozenset())
	planned = plan(LADDER, account(item(had=(untold,))), on(30))
	assert planned.acts == frozenset()
	assert planned.dropped == (Dropped(DELIVERY_STOP, NOT_ANNOUNCED),)
	assert planned.step.code == "D30"


def test_a_hand_over_waits_until_the_time_of_the_notice_is_over():
	told = Had("D45", 45, on(45), frozenset({COLLECTION}), on(60))
	assert plan(LADDER, account(item(had=(told,))), on(60)) is None
	assert plan(LADDER, account(item(had=(told,))), on(61)).acts == {HAND_OVER}


TOLD = Had("D45", 45, on(45), frozenset({COLLECTION}), on(55))


def test_what_may_not_go_to_collection_is_held_and_goes_once_it_may():
	held = account(item(had=(TOLD,), stays="disputed"))
	for day in (60, 61, 75):
		planned = plan(LADDER, held, on(day))
		assert (planned.step, planned.contact, planned.reason) == (None, None, NOT_HANDED_OVER)
		assert (
			[part.item.key for part in planned.held] == [part.item.key for part in planned.kept_back] == ["a"]
		)
	assert plan(LADDER, account(item(had=(TOLD,))), on(75)).acts == {HAND_OVER}
	# It is no hindrance to anything but the hand-over.
	assert plan(LADDER, account(item(stays="disputed")), on(7)).step.code == "D7"


def test_what_is_held_keeps_no_other_item_from_its_step():
	held, going = item("held", had=(TOLD,), stays="disputed"), item("going", had=(TOLD,))
	planned = plan(LADDER, account(held, going), on(60))
	assert (planned.contact.code, planned.reason) == ("D60", "")
	assert {part.item.key: part.step and part.step.code for part in planned.parts} == {
		"held": None,
		"going": "D60",
	}
	young = item("young", due=on(53))
	planned = plan(LADDER, account(held, young), on(60))
	assert (planned.step.code, planned.contact) == ("D7", None)
	assert {part.item.key for part in planned.parts} == {"held", "young"}


def test_a_hand_over_is_no_reminder_of_the_other_items():
	planned = plan(LADDER, account(item("going", had=(TOLD,)), item("young", due=on(53))), on(60))
	assert (planned.step.code, planned.contact.code) == ("D7", "D60")


def test_the_public_sector_is_not_threatened_with_a_stop():
	public = account(is_public_sector=True)
	planned = plan(LADDER, public, on(25))
	assert planned.announces == {INTEREST, COLLECTION}
	assert planned.dropped == (Dropped(DELIVERY_STOP, PUBLIC_SECTOR),)


def test_an_action_of_one_item_is_not_dropped_for_another():
	told = Had("D21", 21, on(21), frozenset({DELIVERY_STOP}), on(28))
	untold = replace(told, announced=frozenset())
	planned = plan(LADDER, account(item("a", had=(told,)), item("b", had=(untold,))), on(30))
	assert (planned.acts, planned.dropped) == ({DELIVERY_STOP}, ())


# ------------------------------------------------------------------ fixed payment days
@pytest.mark.parametrize(
	("due", "days", "expected"),
	[
		(date(2026, 2, 3), (), date(2026, 2, 3)),
		(date(2026, 2, 3), (15,), date(2026, 2, 15)),
		(date(2026, 2, 15), (15,), date(2026, 2, 15)),
		(date(2026, 2, 16), (1, 15), date(2026, 3, 1)),
		(date(2026, 2, 16), (31,), date(2026, 2, 28)),
		(date(2026, 12, 20), (10,), date(2027, 1, 10)),
	],
)
def test_payment_days(due, days, expected):
	assert payment_day(due, days) == expected


def test_the_days_count_from_the_day_on_which_the_customer_pays():
	assert [d for d, *_ in simulated(LADDER, account(payment_days=(10,)), range(0, 20))] == [9, 16]


def test_a_flow_in_disorder_is_refused():
	with pytest.raises(ValueError, match="order of their days"):
		Flow("Bad", (step("b", 5), step("a", 3)))
	with pytest.raises(ValueError, match="two steps of one name"):
		Flow("Bad", (step("a", 3), step("a", 5)))


# ------------------------------------------------------------------ invoices in instalments
SCHEDULE = [("1", on(0), Decimal(100)), ("2", on(30), Decimal(100)), ("3", on(60), Decimal(100))]


def test_money_went_to_the_earliest_instalments_and_so_does_what_is_set_aside():
	assert dunning.instalments(SCHEDULE, Decimal(150), (Decimal(60), Decimal(20))) == [
		("2", on(30), 50, 50, 0),
		("3", on(60), 100, 10, 20),
	]


def test_what_the_schedule_does_not_explain_is_of_the_first_instalment():
	assert [part[2] for part in dunning.instalments(SCHEDULE, Decimal("300.02"), ())] == [
		Decimal("100.02"),
		100,
		100,
	]


@given(st.integers(1, 400).map(Decimal), st.lists(st.integers(0, 400).map(Decimal), max_size=4))
def test_instalments_add_up(open_amount, aside):
	parts = dunning.instalments(SCHEDULE, open_amount, aside)
	assert sum(part[2] for part in parts) == open_amount
	for _key, _due, amount, *taken in parts:
		assert amount > 0
		assert 0 <= sum(taken) <= amount
	taken = [sum(column) for column in zip(*(part[3:] for part in parts), strict=True)]
	assert sum(taken) == min(open_amount, sum(aside, Decimal(0)))


# ------------------------------------------------------------------ properties
amounts = st.integers(0, 5000).map(Decimal)


@st.composite
def accounts(draw) -> Account:
	items = tuple(
		Item(
			f"k{i}",
			f"INV-{i}",
			DUE + timedelta(days=draw(st.integers(-70, 20))),
			draw(st.integers(1, 5000).map(Decimal)),
			disputed=draw(amounts),
			planned=draw(st.sampled_from([Decimal(0), Decimal(100)])),
			awaited=draw(st.sampled_from([Decimal(0), Decimal(100)])),
			promised=draw(st.sampled_from([Decimal(0), Decimal(100)])),
			excluded=draw(st.sampled_from(["", "", "", "x"])),
			case=draw(st.sampled_from(["", "", "", "y"])),
			stays=draw(st.sampled_from(["", "", "z"])),
		)
		for i in range(draw(st.integers(1, 5)))
	)
	return Account(
		items,
		credits=draw(amounts),
		promised=draw(amounts),
		segment=draw(st.sampled_from("ABCD")),
		is_public_sector=draw(st.booleans()),
		payment_days=draw(st.sampled_from([(), (1, 15), (31,)])),
	)


@given(accounts(), st.integers(-20, 90))
def test_open_is_what_is_chased_and_what_is_left_out(of, day):
	parts = chased(of, on(day))
	assert sorted(part.item.key for part in parts) == sorted(i.key for i in of.items)
	for part in parts:
		assert part.chased >= 0
		assert part.chased + sum(left.amount for left in part.left_out) == part.item.open_amount
		assert all(left.amount > 0 for left in part.left_out)
	covered = sum(left.amount for part in parts for left in part.left_out if left.reason == COVERED)
	assert covered <= of.credits


@given(accounts(), st.sets(st.integers(0, 80)))
def test_whatever_days_are_missed_no_item_has_a_step_twice_or_a_stop_unannounced(of, missed):
	seen = set()
	for day in sorted(set(range(0, 81)) - missed):
		planned = plan(LADDER, of, on(day))
		if not planned or planned.reason:
			continue
		assert planned.step or planned.contact
		assert planned.amount > 0
		for part in planned.parts:
			if part.step:
				assert not (part.item.stays and part.step.channel == AGENCY)
				assert (part.item.key, part.step.code) not in seen
				seen.add((part.item.key, part.step.code))
		if DELIVERY_STOP in planned.acts:
			assert any(
				DELIVERY_STOP in had.announced and had.on < on(day)
				for part in planned.parts
				for had in part.item.had
			)
			assert not of.is_public_sector
		of = remembered(of, planned, on(day))


@given(accounts(), st.integers(0, 80), st.integers(1, 5000))
def test_more_money_never_chases_more(of, day, more):
	before = sum(part.chased for part in chased(of, on(day)))
	after = sum(part.chased for part in chased(replace(of, credits=of.credits + more), on(day)))
	assert after <= before


def test_every_channel_is_written_or_by_a_person():
	assert {step("x", 0, c).is_written for c in dunning.CHANNELS} == {True, False}
	assert not step("x", 0, AGENCY).is_written
	assert ESCALATE not in dunning.NEEDS_ANNOUNCEMENT
