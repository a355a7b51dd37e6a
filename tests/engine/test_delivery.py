"""What stops deliveries, rule by rule (requirements §2.4)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from b2b_contracts.engine import delivery, gate
from b2b_contracts.engine.facts import Arrears
from b2b_contracts.engine.rules import is_stopped_by_balance, room_of, stop_by_balance, stop_by_rating

from .builders import CENT, case, guarantee, money, segment_d
from .strategies import cases

LIMIT, AGE, DUNNING, DISPUTE = "Delivery: Limit", "Delivery: Age", "Delivery: Dunning", "Delivery: Dispute"
INSURANCE = "Delivery: Insurance"


def arrears(**facts) -> Arrears:
	amounts = {name: money(facts.pop(name)) for name in ("late", "aged", "uninsured") if name in facts}
	return Arrears(**amounts, **facts)


def stopped(of, **facts) -> set[str]:
	"""Return the delivery rules that stop a customer with some arrears."""
	return {finding.rule for finding in delivery.firing(replace(of, arrears=arrears(**facts)))}


def customer(**terms):
	"""Return the case of a customer with a limit of 100,000 and no order in hand."""
	return case(**{"limit_is": 100_000, "amount": 0, "in_hand": False, **terms})


@pytest.mark.parametrize(
	("terms", "fires"),
	[
		pytest.param({"receivables": 100_000}, False, id="exactly the limit"),
		pytest.param({"receivables": "100000.01"}, True, id="a cent over it"),
		pytest.param({"receivables": 90_000, "delivered": 10_001}, True, id="the goods in hand count"),
		pytest.param({"receivables": 90_000, "granted": 50_000}, False, id="open orders stop nothing"),
		pytest.param({"receivables": 105_000, "approved_excess": 5_000}, False, id="a release raises it"),
		pytest.param(
			{"receivables": 105_000, "instruments": [guarantee(5_000)]}, False, id="net of security"
		),
		pytest.param({"receivables": 1, "limit_is": "No Credit"}, True, id="no credit"),
		pytest.param(
			{"delivered": 500, "receivables": -500, "limit_is": "No Credit"}, False, id="paid ahead"
		),
		pytest.param({"receivables": 10**9, "limit_is": "Unlimited"}, False, id="unlimited"),
		pytest.param(
			{"receivables": 1, "limit_is": 0, "has_profile": False, "without_profile": "Park for Assessment"},
			False,
			id="nobody has assessed: the order waits for that",
		),
	],
)
def test_the_limit(terms, fires):
	assert any(f.rule == LIMIT and f.fired for f in delivery.look(customer(**terms))) is fires


def test_a_kept_plan_lets_goods_leave_over_the_limit():
	over = customer(receivables=110_000)
	assert stopped(over) == {LIMIT}
	assert stopped(over, has_good_plan=True) == set()


def test_beyond_the_credit_stop_the_limit_is_not_told_of_twice():
	assert stopped(customer(receivables=120_001)) == set()


@pytest.mark.parametrize(
	("rating", "aged", "credits", "fires"),
	[
		pytest.param("C", 501, 0, True, id="C"),
		pytest.param("Insolvent", 501, 0, True, id="insolvent"),
		pytest.param("B", 100_000, 0, False, id="B"),
		pytest.param("", 100_000, 0, False, id="not rated"),
		pytest.param("C", 500, 0, False, id="tolerated"),
		pytest.param("C", 1_000, 500, False, id="credits go to the oldest"),
		pytest.param("C", 1_000, "499.99", True, id="a cent beyond the tolerance"),
	],
)
def test_an_old_item_of_a_weak_customer(rating, aged, credits, fires):
	assert (AGE in stopped(customer(rating=rating, credits=credits), aged=aged)) is fires


@pytest.mark.parametrize(
	("given_case", "fires"),
	[
		pytest.param(customer(risk_class="C"), True, id="class C"),
		pytest.param(customer(risk_class="B"), False, id="class B"),
		pytest.param(segment_d(amount=0, in_hand=False), True, id="segment D"),
		pytest.param(segment_d(amount=0, in_hand=False, risk_class="B"), True, id="segment D, class B"),
		pytest.param(segment_d(amount=0, in_hand=False, risk_class="A"), False, id="never class A"),
	],
)
def test_a_fortnight_late_in_the_high_risk_flow(given_case, fires):
	assert (DUNNING in stopped(given_case, late=501)) is fires
	assert DUNNING not in stopped(given_case, late=500)


def test_a_dispute_that_waits_for_the_customer():
	(found,) = delivery.firing(replace(customer(), arrears=arrears(standing_still=15, dispute="DIS-1")))
	assert (found.rule, found.measured, found.threshold, found.note) == (DISPUTE, 15, 14, "DIS-1")


@pytest.mark.parametrize(
	("terms", "facts", "fires"),
	[
		pytest.param({}, {"uninsured": "500.01", "extension_days": 60}, True, id="past it"),
		pytest.param({}, {"uninsured": 500, "extension_days": 60}, False, id="tolerated"),
		pytest.param({"credits": 400}, {"uninsured": 900, "extension_days": 60}, False, id="credits"),
		pytest.param({}, {"uninsured": 900}, False, id="not insured"),
		pytest.param({}, {"uninsured": 900, "extension_days": 60, "has_good_plan": True}, True, id="a plan"),
	],
)
def test_an_insured_item_past_the_maximum_extension(terms, facts, fires):
	assert (INSURANCE in stopped(customer(**terms), **facts)) is fires


def test_paying_the_insured_item_lifts_the_stop_of_the_insurer():
	late = replace(customer(), arrears=arrears(uninsured=900, extension_days=60))
	(lift,) = delivery.what_lifts(late, delivery.firing(late))
	assert (lift.kind, lift.amount) == ("pay", money(400))


def test_days_of_nothing_switch_a_rule_off():
	off = customer(rating="C", risk_class="C", delivery_age_days=0, delivery_stop_days=0)
	assert stopped(off, late=10_000, aged=10_000) == set()


def test_what_a_person_has_lifted_is_told_and_stops_nothing():
	lifted = customer(rating="C")
	facts = {"aged": 10_000, "lifted": frozenset({AGE, LIMIT})}
	assert stopped(lifted, **facts) == set()
	found = delivery.look(replace(lifted, arrears=arrears(**facts)))
	assert [(f.rule, f.waived) for f in found if f.waived] == [(AGE, "lifted")]
	# Lifting the limit approves an amount, it does not switch the rule off.
	assert stopped(customer(receivables=100_001), lifted=frozenset({LIMIT})) == {LIMIT}


def test_who_lifts_the_stop_of_the_limit_goes_by_the_matrix():
	over = customer(receivables=115_000)
	assert gate.requirement_of(over, delivery.firing(over)).role == "Finance Director"


@given(cases())
def test_more_goods_never_end_a_stop(any_case):
	more = replace(
		any_case,
		position=replace(
			any_case.position, delivered_not_billed=any_case.position.delivered_not_billed + CENT
		),
	)
	fired = {f.rule for f in delivery.look(any_case) if f.fired}
	assert fired <= {f.rule for f in delivery.look(more) if f.fired}


@given(cases())
def test_paying_everything_ends_every_stop_of_money(any_case):
	owed = max(Decimal(0), any_case.position.balance)
	paid = replace(
		any_case,
		position=replace(any_case.position, receivables=any_case.position.receivables - owed),
		arrears=Arrears(),
	)
	assert not [f.rule for f in delivery.look(paid) if f.fired]


@given(cases())
def test_paying_what_is_said_lifts_a_stop_of_money(any_case):
	stop = tuple(f for f in (stop_by_balance(any_case),) if f and f.fired)
	fired = (*stop, *delivery.firing(any_case))
	for lift in delivery.what_lifts(any_case, fired) if fired else ():
		if lift.kind == delivery.PAY:
			assert _rules_after_paying(any_case, lift.amount) == set()
			assert _rules_after_paying(any_case, lift.amount - CENT)


def _rules_after_paying(of, amount) -> set[str]:
	position = replace(of.position, receivables=of.position.receivables - amount)
	paid = replace(of, position=position)
	stop = stop_by_balance(paid)
	return {f.rule for f in delivery.firing(paid)} | ({stop.rule} if stop and stop.fired else set())


@pytest.mark.parametrize(
	("terms", "facts", "kinds"),
	[
		pytest.param({"rating": "C"}, {"aged": 900}, [("pay", money(400))], id="the old items"),
		pytest.param(
			{"rating": "C", "receivables": 101_000},
			{"aged": 900},
			[("pay", money(1_000))],
			id="the larger of two",
		),
		pytest.param(
			{"risk_class": "C"},
			{"late": 900, "standing_still": 20, "dispute": "DIS-1"},
			[("pay", money(400)), ("answer", None)],
			id="money and an answer",
		),
	],
)
def test_what_lifts_a_stop(terms, facts, kinds):
	stopped_case = replace(customer(**terms), arrears=arrears(**facts))
	lifts = delivery.what_lifts(stopped_case, delivery.firing(stopped_case))
	assert [(lift.kind, lift.amount) for lift in lifts] == kinds


def test_what_no_money_lifts_takes_a_person():
	assert [lift.kind for lift in delivery.what_lifts(customer(), ())] == ["person"]
	fallen = customer(rating="C", rating_at_review="AA")
	assert [lift.kind for lift in delivery.what_lifts(fallen, (stop_by_rating(fallen),))] == ["review"]
	insolvent = customer(rating="Insolvent")
	assert [lift.kind for lift in delivery.what_lifts(insolvent, (stop_by_rating(insolvent),))] == ["solvent"]


@given(cases())
def test_what_leaves_at_a_glance_is_stopped_by_no_rule(any_case):
	room = room_of(any_case.account, any_case.policy, any_case.today)
	much = replace(any_case, arrears=arrears(late=10**6, aged=10**6))
	if room is not None and any_case.position.balance <= room.goods:
		assert not delivery.firing(much)
		assert not is_stopped_by_balance(much)
