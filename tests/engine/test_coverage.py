from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.coverage import (
	Customer,
	Group,
	Holder,
	Item,
	Limits,
	Sisters,
	falls,
	over_time,
	worst,
)
from b2b_contracts.engine.limits import Limit
from b2b_contracts.engine.security import secured, share_of_member

from .builders import TODAY, days, guarantee, limit, money
from .strategies import amounts, limits, naming, securities

HORIZON = days(200)
NOTHING = Decimal(0)


def item(amount, due=None, *, paid=None, promised=None, document="") -> Item:
	"""Return something open, due in so many days and paid then where `paid` does not say otherwise."""
	paid = due if paid is None else paid
	return Item(
		money(amount),
		None if due is None else days(due),
		None if paid is None or paid < 0 else days(paid),
		None if promised is None else days(promised),
		document,
	)


def holder(*items, name="customer", instruments=(), parts=(), credit=0, rolls=False) -> Holder:
	return Holder(name, TODAY, tuple(items), money(credit), tuple(instruments), tuple(parts), rolls)


def customer(*items, limit_is=0, **values) -> Customer:
	one = holder(*items, **values)
	return Customer(one, Limits(limit(limit_is)), Sisters((one,)))


# ------------------------------------------------------------------ today, and what is open then
def test_given_items_when_time_goes_on_then_what_is_paid_is_open_no_more():
	one = holder(item(100, 10), item(200, 30), item(50), item(25, -5))
	assert [one.exposure(days(n)) for n in (0, 10, 11, 30, 31)] == [375, 375, 275, 275, 75]


def test_given_credit_when_time_goes_on_then_it_went_against_the_oldest_item():
	one = holder(item(100, 10), item(200, 30), credit=120)
	assert [one.exposure(days(n)) for n in (0, 11, 31)] == [180, 180, 0]
	assert holder(item(100, 10), credit=150).exposure(days(0)) == -50


def test_given_a_promised_order_when_it_is_delivered_then_its_due_date_counts():
	one = holder(item(100, 20), item(300, 70, promised=30))
	assert [one.latest_due(days(n)) for n in (0, 29, 30, 71)] == [days(20), days(29), days(70), days(71)]


def test_given_business_that_goes_on_when_asked_later_then_as_much_is_open_and_due_as_long_after():
	one = holder(item(100, 20, paid=-1), rolls=True)
	assert (one.exposure(days(50)), one.latest_due(days(50))) == (100, days(70))


# ------------------------------------------------------------------ where cover falls
def test_given_a_guarantee_that_expires_when_something_stays_open_then_there_is_a_gap_from_the_next_day():
	held = (guarantee(400, expiry=days(25)),)
	(fall,) = falls(customer(item(1_000), instruments=held, limit_is=700), TODAY, HORIZON)
	assert (fall.lost, fall.expired) == (("guarantee",), ("guarantee",))
	assert (fall.standing.day, fall.standing.exposure, fall.standing.secured) == (days(26), 1_000, 0)
	assert (fall.uncovered, fall.standing.gap) == (400, 300)


def test_given_an_order_that_is_due_too_late_when_it_is_delivered_then_the_guarantee_counts_no_more():
	held = (guarantee(400, expiry=days(90), claim_period_days=30),)
	one = customer(item(500, 80, promised=40), instruments=held, limit_is=500)
	first, *_rest = falls(one, TODAY, HORIZON)
	assert (first.standing.day, first.expired, first.uncovered) == (days(40), (), 400)
	assert one.standing(days(39)).secured == 400


def test_given_business_that_goes_on_when_a_guarantee_nears_its_end_then_it_counts_no_more_before_it_expires():
	held = (guarantee(400, expiry=days(100), claim_period_days=30),)
	one = customer(item(500, 20, paid=-1), instruments=held, limit_is=500, rolls=True)
	(fall,) = falls(one, TODAY, HORIZON)
	assert (fall.standing.day, fall.expired) == (days(51), ())


def test_given_an_invoice_that_alone_is_covered_when_it_is_paid_then_nothing_is_lost():
	held = (guarantee(400, covers=("X",), expiry=days(60)),)
	named = item(300, 20, document="X")
	one = customer(item(300, 20), item(700, 90), instruments=held, parts=(named,))
	assert (one.standing(TODAY).secured, one.standing(days(21)).secured) == (300, 0)
	(fall,) = falls(one, TODAY, HORIZON)
	assert (fall.standing.day, fall.uncovered) == (days(61), 0)


def test_given_two_guarantees_when_both_expire_on_a_day_then_the_day_is_named_once():
	held = (guarantee(100, "a", expiry=days(5)), guarantee(100, "b", expiry=days(5)))
	(fall,) = falls(customer(item(1_000), instruments=held), TODAY, HORIZON)
	assert (fall.lost, fall.uncovered) == (("a", "b"), 200)


def test_given_a_day_beyond_the_last_one_asked_for_when_cover_falls_then_it_is_not_named():
	one = customer(item(1_000), instruments=(guarantee(100, expiry=days(25)),))
	assert falls(one, TODAY, days(25)) == ()
	assert len(falls(one, TODAY, days(26))) == 1


def test_given_a_temporary_limit_when_it_has_ended_then_the_later_one_counts():
	one = holder(item(1_000), instruments=(guarantee(400, expiry=days(25)),))
	temporary = Limits(limit(2_000), days(20), limit(500))
	(fall,) = falls(Customer(one, temporary, Sisters((one,))), TODAY, HORIZON)
	assert (fall.standing.limit, fall.standing.gap) == (limit(500), 500)
	unlimited = Limits(limit("Unlimited"))
	assert Customer(one, unlimited, Sisters((one,))).standing(days(26)).gap == 0


def test_given_two_gaps_when_asked_for_the_worst_then_it_is_the_earliest_of_the_widest():
	held = (guarantee(100, "a", expiry=days(5)), guarantee(100, "b", expiry=days(9)))
	one = customer(item(1_000), instruments=held, limit_is=800)
	standings = [fall.standing for fall in falls(one, TODAY, HORIZON)]
	assert [standing.gap for standing in standings] == [100, 200]
	assert worst(standings).day == days(10)
	assert worst([]) is None


# ------------------------------------------------------------------ sisters
def sisters(rate=1):
	own = (guarantee(60, "own", expiry=days(40)),)
	one, other = holder(item(160), name="one", instruments=own), holder(item(300), name="other")
	return Sisters((one, other), (guarantee(200, "shared", expiry=days(25)),), money(rate)), one, other


def test_given_a_guarantee_for_a_group_when_it_ends_then_it_ends_for_each_and_for_the_group():
	together, one, other = sisters()
	first = Customer(one, Limits(limit(0)), together)
	second = Customer(other, Limits(limit(0)), together)
	whole = Group((together,), Limits(limit(200)))
	assert [of.standing(TODAY).secured for of in (first, second, whole)] == [110, 150, 260]
	found = [
		[(fall.standing.day, fall.uncovered) for fall in falls(of, TODAY, HORIZON)] for of in (first, whole)
	]
	assert found == [[(days(26), 50), (days(41), 60)], [(days(26), 200), (days(41), 60)]]
	assert falls(whole, TODAY, HORIZON)[0].standing.gap == 200


def test_given_a_group_in_another_currency_when_secured_then_its_guarantee_is_turned_into_the_customers():
	together, one, _other = sisters(rate=2)
	assert Customer(one, Limits(limit(0)), together).standing(TODAY).secured == 60 + 25


# ------------------------------------------------------------------ what holds of all
@st.composite
def items(draw):
	due = draw(st.none() | st.integers(-40, 120))
	late = draw(st.integers(0, 30))
	paid = None if due is None or due + late < 0 else days(due + late)
	promised = draw(st.none() | st.integers(1, 60)) if due is not None and due >= 0 else None
	return Item(
		draw(amounts()),
		None if due is None else days(due),
		paid,
		None if promised is None else days(promised),
	)


@st.composite
def holders(draw, name="customer"):
	held = naming(draw(securities(most=4)), draw, names=("X", "Y"))
	held = tuple(
		replace(
			i,
			name=f"{name} {i.name}",
			expiry=draw(st.none() | st.integers(0, 150).map(days)),
			claim_period_days=draw(st.sampled_from([0, 30])),
			**_GOOD,
		)
		for i in held
	)
	parts = tuple(
		replace(draw(items()), document=document) for document in draw(st.sets(st.sampled_from("XY")))
	)
	return Holder(
		name,
		TODAY,
		tuple(draw(st.lists(items(), max_size=4))),
		draw(st.just(NOTHING) | amounts(300)),
		held,
		parts,
		draw(st.booleans()),
	)


_GOOD = {"issuer_rating": "AA", "unconditional": True, "on_demand": True, "has_document": True}


@st.composite
def customers(draw):
	one, other = draw(holders("one")), draw(holders("other"))
	shared = tuple(
		replace(i, name=f"shared {i.name}", expiry=draw(st.none() | st.integers(0, 150).map(days)), **_GOOD)
		for i in draw(st.just(()) | securities(most=2))
	)
	return Customer(one, Limits(draw(limits)), Sisters((one, other), shared, draw(st.sampled_from(_RATES))))


_RATES = (Decimal(1), Decimal("0.125"))
moments = st.integers(0, 200).map(days)


@given(customers(), moments)
def test_what_is_covered_is_what_the_gate_covers(of, day):
	own, together = of.holder.counting(day), of.sisters.counting(day)
	exposure = of.holder.exposure(day)
	parts = {part.document: part.amount for part in of.holder.parts if part.is_open(day)}
	covered = secured(own, exposure, parts)
	rate = of.sisters.rate
	others = max(NOTHING, of.sisters.holders[1].net(day)) * rate
	covered += share_of_member(together, (exposure - covered) * rate, others) / rate
	assert of.standing(day).secured == covered


@given(customers(), moments)
def test_cover_is_never_counted_twice(of, day):
	standing = of.standing(day)
	assert 0 <= standing.secured <= max(NOTHING, standing.exposure)
	both = [replace(of, holder=holder_) for holder_ in of.sisters.holders]
	group = Group((of.sisters,), of.limits).standing(day)
	rate = of.sisters.rate
	assert sum(one.standing(day).secured for one in both) * rate <= group.secured
	assert group.exposure == sum(one.standing(day).exposure for one in both) * rate


@given(customers(), moments)
def test_there_is_no_gap_while_cover_and_limit_reach(of, day):
	standing = of.standing(day)
	if standing.secured >= standing.exposure:
		assert standing.gap == 0
	assert standing.gap <= max(NOTHING, standing.net)
	if not standing.limit.is_unlimited:
		assert standing.net - standing.gap <= standing.limit.ceiling


@given(customers(), st.integers(1, 100), moments, st.data())
def test_a_security_that_is_extended_never_widens_the_gap(of, longer, day, data):
	ending = [i for i in of.holder.instruments if i.expiry]
	if not ending:
		return
	chosen = data.draw(st.sampled_from(ending))
	extended = replace(chosen, expiry=chosen.expiry + timedelta(days=longer))
	held = tuple(extended if i is chosen else i for i in of.holder.instruments)
	one = replace(of.holder, instruments=held)
	after = replace(of, holder=one, sisters=replace(of.sisters, holders=(one, of.sisters.holders[1])))
	assert after.standing(day).gap <= of.standing(day).gap


@given(customers())
def test_cover_falls_on_the_days_that_are_named_and_on_no_other(of):
	named = {fall.standing.day for fall in falls(of, TODAY, HORIZON)}
	day = TODAY
	while day < HORIZON:
		before = {i.name for i in of.counting(day)}
		day += timedelta(days=1)
		assert (not before <= {i.name for i in of.counting(day)}) == (day in named)


@given(customers())
def test_what_becomes_uncovered_was_covered_by_what_ended(of):
	for fall in falls(of, TODAY, HORIZON):
		assert set(fall.expired) <= set(fall.lost)
		assert 0 <= fall.uncovered <= max(NOTHING, fall.standing.net)


@given(st.lists(customers(), max_size=2), moments)
def test_totals_are_the_sum_of_the_customers(of, day):
	(total,) = over_time(of, [day])
	assert total["exposure"] == sum((one.standing(day).exposure for one in of), NOTHING)
	assert total["secured"] == sum((one.standing(day).secured for one in of), NOTHING)


def test_given_a_limit_of_nothing_when_used_then_its_use_is_endless():
	assert customer(item(100)).standing(TODAY).utilisation == Decimal("Infinity")
	assert Limits(Limit("Unlimited")).on(HORIZON).is_unlimited
