"""Each way out is tried: doing exactly what it says is enough, and where it is the least, less is not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from b2b_contracts.engine.gate import decide
from b2b_contracts.engine.ways_out import smallest_cut

from .builders import (
	CENT,
	case,
	days,
	do,
	fired,
	group,
	guarantee,
	insurance,
	money,
	outcome,
	pay,
	segment_d,
	ways,
	with_order,
)
from .strategies import TRAITS, amounts, cases, instruments

# What somebody can do to the case itself; the rest (approve, lift, assess) are people's decisions.
DEEDS = (
	*("pay", "reduce", "prepay", "secure", "shorten_terms", "add_po", "review"),
	*("follow_contract", "sign_contract"),
)
ONLY_MONEY = ["group", "security", "delivered", "granted", "waiting", "excess", "overdue"]


def only(of, kind):
	"""Return the one way out of a kind."""
	found = ways(of, kind)
	assert len(found) == 1, found
	return found[0]


# --- paying


@pytest.mark.parametrize(
	("given", "amount", "resolves"),
	[
		pytest.param({"overdue": 12_840}, 12_340, {"Overdue Items"}, id="overdue, down to the tolerance"),
		pytest.param({"overdue": 12_840, "credits": 2_000}, 10_340, {"Overdue Items"}, id="after credits"),
		pytest.param({"amount": 10_000, "receivables": 945_000}, 5_000, {"Limit Use"}, id="down to 95 %"),
		pytest.param(
			{"amount": 10_000, "receivables": "945000.01"}, "5000.01", {"Limit Use"}, id="to the cent"
		),
		pytest.param({"amount": 950_000, "receivables": 5_000}, 5_000, {"Limit Use"}, id="all that is owed"),
		pytest.param(
			{"amount": 10_000, "receivables": 945_000, "overdue": 20_000},
			19_500,
			{"Limit Use", "Overdue Items"},
			id="the larger of two needs",
		),
		pytest.param(
			{"amount": 10_000, "receivables": 1_210_000},
			270_000,
			{"Limit Use", "Credit Stop: Balance"},
			id="a balance stop and the limit",
		),
		pytest.param(
			{"receivables": 1_045_000, "instruments": [insurance(100_000)]},
			15_000,
			{"Limit Use"},
			id="net of security that stays as large",
		),
		pytest.param(
			{"receivables": 1_900_000, "instruments": [insurance(10**7, cover_percent=50)]},
			10_000,
			{"Limit Use"},
			id="net of security that shrinks with the debt",
		),
		pytest.param(
			{"receivables": 950_000, "limit_is": 2_000_000, "group_is": group(100_000, rate="0.1")},
			10_000,
			{"Group Limit"},
			id="a group in another currency",
		),
		pytest.param(
			{"receivables": 970_000, "group_is": group(100_000, others=5_000, rate="0.1")},
			80_000,
			{"Limit Use", "Group Limit"},
			id="the tighter of customer and group",
		),
	],
)
def test_given_a_hold_when_the_customer_could_pay_then_how_much(given, amount, resolves):
	of = case(**given)
	way = only(of, "pay")
	assert (way.amount, set(way.resolves), way.is_enough) == (money(amount), resolves, True)
	assert outcome(do(of, way)) == "Clear"
	assert outcome(pay(of, way.amount - CENT)) != "Clear"


@pytest.mark.parametrize(
	"given",
	[
		pytest.param({"amount": 960_000}, id="nothing is owed"),
		pytest.param({"amount": 960_000, "receivables": 5_000}, id="the order alone is too large"),
		pytest.param({"amount": 10_000, "granted": 945_000}, id="promised, not owed"),
		pytest.param({"amount": 10_000, "receivables": -10, "granted": 945_000}, id="money to its credit"),
		pytest.param({"delivered": 1_300_000}, id="stopped for what is delivered and not billed"),
		pytest.param({"group_is": group(1_000, others=2_000)}, id="only the sisters owe"),
		pytest.param({"requires_po": True}, id="money is not the question"),
	],
)
def test_given_a_hold_when_paying_does_not_help_then_it_is_not_offered(given):
	assert ways(case(**given), "pay") == []


def test_given_overdue_items_and_an_order_too_large_when_paying_then_it_resolves_the_overdue_items_only():
	way = only(case(amount=960_000, receivables=1_000, overdue=1_000), "pay")
	assert (way.amount, way.resolves, way.is_enough) == (500, ("Overdue Items",), False)


@pytest.mark.parametrize(
	("given", "amount"),
	[
		pytest.param({}, 100, id="all of it"),
		pytest.param({"instruments": [guarantee(40)]}, 60, id="all that is not secured"),
	],
)
def test_given_no_credit_when_the_customer_pays_what_it_owes_then_the_stop_goes_and_the_hold_stays(
	given, amount
):
	of = case(limit_is="No Credit", receivables=100, amount=1_000, **given)
	way = only(of, "pay")
	assert (way.amount, way.resolves, way.is_enough) == (amount, ("Credit Stop: Balance",), False)
	assert fired(do(of, way)) == {"Limit Use"}


# --- reducing the order


@pytest.mark.parametrize(
	("given", "cut"),
	[
		pytest.param({"amount": 953_000}, 3_000, id="down to 95 %"),
		pytest.param({"amount": "950000.01"}, "0.01", id="to the cent"),
		pytest.param({"amount": 20_000, "receivables": 935_000}, 5_000, id="what is owed stays"),
		pytest.param({"amount": 1_053_000, "instruments": [guarantee(100_000)]}, 3_000, id="net of security"),
		pytest.param(
			{"amount": 953_000, "group_is": group(500_000, rate="0.5")}, 3_000, id="limit and group"
		),
	],
)
def test_given_an_order_too_large_when_cut_then_by_how_much(given, cut):
	of = case(**given)
	way = only(of, "reduce")
	assert (way.amount, way.remaining, way.is_enough) == (money(cut), of.order.amount - money(cut), True)
	assert outcome(do(of, way)) == "Clear"
	assert outcome(with_order(of, amount=way.remaining + CENT)) == "Held"


@pytest.mark.parametrize(
	"given",
	[
		pytest.param({"receivables": 950_000}, id="nothing of it fits"),
		pytest.param({"limit_is": "No Credit"}, id="no credit"),
		pytest.param({"overdue": 501}, id="overdue items"),
		pytest.param({"group_is": group(1_000, others=950)}, id="the group is full"),
	],
)
def test_given_a_hold_when_no_smaller_order_would_pass_then_a_cut_is_not_offered(given):
	assert ways(case(**given), "reduce") == []


def test_given_segment_d_when_over_its_cap_then_the_cut_goes_to_the_whole_cap():
	assert only(segment_d(0, amount=104_000), "reduce").amount == 4_000


def test_given_an_order_partly_prepaid_when_cut_then_to_the_prepaid_part_at_the_most():
	"""What remains when the order is cut to its prepaid part is fully prepaid, and passes."""
	of = case(limit_is=0, amount=100, prepaid=60, receivables=-60, granted=30)
	assert outcome(with_order(of, amount=60)) == "Clear"
	assert only(of, "reduce").amount == 40


# --- prepaying


def test_given_segment_d_when_its_share_is_missing_then_the_share_and_the_whole_are_offered():
	of = segment_d(75, amount=1_000, prepaid=100, receivables=-100)
	offered = ways(of, "prepay")
	assert [(w.amount, w.is_enough) for w in offered] == [(650, True), (900, True)]
	assert outcome(do(of, offered[0])) == "Clear"


def test_given_an_order_that_takes_security_for_a_half_when_asked_then_a_half_in_advance_is_offered():
	of = case(amount=1_000, security_required_percent=50)
	offered = ways(of, "prepay")
	assert [(w.amount, w.resolves, w.is_enough) for w in offered] == [
		(500, ("Security",), True),
		(1_000, ("Security",), True),
	]
	assert outcome(do(of, offered[0])) == "Clear"


def test_given_segment_d_when_its_share_is_the_whole_then_it_is_offered_once():
	assert [w.amount for w in ways(segment_d(100, amount=1_000), "prepay")] == [1_000]


@pytest.mark.parametrize(
	"given",
	[
		{"amount": 960_000},
		{"overdue": 501},
		{"receivables": 2_000_000},
		{"rating": "Insolvent"},
		{"has_profile": False, "without_profile": "Park for Assessment"},
	],
	ids=["limit", "overdue", "balance stop", "rating stop", "no profile"],
)
def test_given_a_credit_rule_when_the_order_is_prepaid_in_full_then_it_passes(given):
	of = case(**given)
	way = ways(of, "prepay")[-1]
	assert (way.amount, way.is_enough) == (of.order.amount, True)
	assert outcome(do(of, way)) == "Clear"


def test_given_an_order_a_little_too_large_when_nothing_is_owed_then_a_part_prepayment_is_offered():
	"""The cheapest way out of §2.4: 25,000 in advance is enough; it need not be all 500,000."""
	of = case(limit_is=500_000, amount=500_000)
	assert [(w.amount, w.is_enough) for w in ways(of, "prepay")] == [(25_000, True), (500_000, True)]


@pytest.mark.parametrize("given", [{"requires_po": True}, {"forced_hold": "Hold"}], ids=["PO", "forced hold"])
def test_given_a_hold_that_money_does_not_lift_when_asked_then_prepaying_is_not_offered(given):
	assert ways(case(**given), "prepay") == []


def test_given_a_credit_rule_and_a_missing_po_when_prepaid_then_it_is_not_enough():
	found = ways(case(amount=960_000, requires_po=True), "prepay")
	assert [(w.amount, w.resolves, w.is_enough) for w in found] == [
		(10_000, ("Limit Use",), False),
		(960_000, ("Limit Use",), False),
	]


# --- security, paperwork, people


@pytest.mark.parametrize(
	("given", "amount"),
	[
		pytest.param({}, 1_000, id="none there"),
		pytest.param({"instruments": [guarantee(400)]}, 600, id="a part there"),
		pytest.param({"prepaid": 400, "receivables": -400}, 600, id="a part prepaid"),
	],
)
def test_given_an_order_that_needs_security_when_lodged_then_how_much(given, amount):
	of = case(amount=1_000, security_required_percent=100, **given)
	way = only(of, "secure")
	assert (way.amount, way.resolves, way.is_enough) == (amount, ("Security",), True)
	assert outcome(do(of, way)) == "Clear"


@pytest.mark.parametrize("owed", [{"receivables": 500}, {"granted": 500}, {"delivered": 500}], ids=str)
def test_given_earlier_debt_without_security_when_what_is_asked_for_is_lodged_then_it_is_enough(owed):
	"""A guarantee that is lodged for this order must secure this order, or more of it must be asked for."""
	of = case(amount=1_000, security_required_percent=100, **owed)
	assert outcome(do(of, only(of, "secure"))) == "Clear"


@pytest.mark.parametrize(
	("given", "kind", "resolves"),
	[
		pytest.param(
			{"latest_due_date": days(75), "allowed_due_date": days(30)},
			"shorten_terms",
			"Payment Terms",
			id="terms",
		),
		pytest.param({"requires_po": True}, "add_po", "Missing PO", id="PO"),
		pytest.param(
			{"park_when_review_overdue": True, "next_review": days(-1)}, "review", "Limit Review", id="review"
		),
	],
)
def test_given_missing_paperwork_when_done_then_it_is_enough(given, kind, resolves):
	of = case(**given)
	way = only(of, kind)
	assert (way.resolves, way.is_enough) == ((resolves,), True)
	assert outcome(do(of, way)) == "Clear"


def test_given_longer_terms_when_shortened_then_to_the_last_date_that_is_allowed():
	assert only(case(latest_due_date=days(75), allowed_due_date=days(30)), "shorten_terms").until == days(30)


def test_given_a_customer_nobody_assessed_when_held_then_assessing_it_is_a_way_out():
	of = case(has_profile=False, without_profile="Park for Assessment")
	assert only(of, "assess").is_enough


@pytest.mark.parametrize(
	("given", "lifted", "enough"),
	[
		pytest.param({"forced_hold": "Hold"}, {"Forced Hold"}, True, id="forced hold"),
		pytest.param({"rating": "Insolvent"}, {"Credit Stop: Rating"}, True, id="rating stop"),
		pytest.param(
			{"rating": "Insolvent", "forced_hold": "Stop"},
			{"Credit Stop: Rating", "Forced Hold"},
			True,
			id="both",
		),
		pytest.param(
			{"forced_hold": "Hold", "overdue": 501}, {"Forced Hold"}, False, id="not the overdue items"
		),
	],
)
def test_given_a_stop_or_forced_hold_when_lifted_from_the_customer_then_it_is_gone(given, lifted, enough):
	way = only(case(**given), "lift")
	assert (set(way.resolves), way.is_enough) == (lifted, enough)


def test_given_a_mere_hold_when_asked_then_there_is_nothing_to_lift():
	assert ways(case(amount=960_000), "lift") == []


def test_the_ways_that_are_enough_come_first_and_the_cheapest_of_them_leads():
	of = case(amount=20_000, receivables=945_000, requires_po=True)
	found = [(w.kind, w.is_enough) for w in decide(of).ways_out]
	assert found == [
		("approve", True),
		("pay", False),
		("reduce", False),
		("prepay", False),
		("add_po", False),
	]
	found = [
		(w.kind, w.amount)
		for w in decide(replace(of, account=replace(of.account, requires_po=False))).ways_out
	]
	assert found == [("pay", 15_000), ("reduce", 15_000), ("prepay", 20_000), ("approve", None)]


# --- the least cut


@pytest.mark.parametrize(
	("gross", "target", "cut"),
	[
		pytest.param("100", "100", 0, id="already there"),
		pytest.param("100", "40.50", "59.50", id="the difference"),
		pytest.param("100.001", "100", "0.01", id="a part of a cent takes a cent"),
		pytest.param("100", "0", 100, id="all of it"),
		pytest.param("100", "-1", None, id="even nothing is too much"),
		pytest.param("-5", "-10", None, id="there is nothing to cut"),
	],
)
def test_given_an_exposure_and_a_target_when_cut_without_security(gross, target, cut):
	expected = None if cut is None else money(cut)
	assert smallest_cut(lambda g: g, money(gross), money(target)) == expected


@given(amounts(), amounts(), st.integers(1, 100))
def test_the_least_cut_reaches_the_target_and_a_cent_less_does_not(gross, target, share):
	def net(exposure):
		return exposure * Decimal(share) / 100

	cut = smallest_cut(net, gross, target)
	assert net(gross - cut) <= target
	assert cut == 0 or net(gross - cut + CENT) > target


# --- what must hold for every case


@given(cases())
def test_every_rule_that_fired_is_resolved_by_an_approval(of):
	rules = fired(of)
	assume(rules)
	way = only(of, "approve")
	assert (set(way.resolves), way.is_enough) == (rules, True)


@given(cases())
def test_a_way_out_resolves_something_that_fired_and_is_enough_exactly_when_it_resolves_all(of):
	decision = decide(of)
	rules = {f.rule for f in decision.fired}
	for way in decision.ways_out:
		assert set(way.resolves) and set(way.resolves) <= rules
		assert way.is_enough == (set(way.resolves) == rules)


@given(cases())
def test_ways_out_that_are_enough_come_first_and_cheaper_ones_before_dearer(of):
	found = decide(of).ways_out
	assert [w.is_enough for w in found] == sorted((w.is_enough for w in found), reverse=True)
	for enough in (True, False):
		prices = [w.amount for w in found if w.is_enough == enough and w.amount is not None]
		assert prices == sorted(prices)


@given(cases())
def test_every_amount_of_a_way_out_is_positive_and_in_whole_cents(of):
	for way in decide(of).ways_out:
		assert way.amount is None or (way.amount > 0 and way.amount == way.amount.quantize(CENT))
		assert way.remaining is None or 0 < way.remaining < of.order.amount


@given(cases([trait for trait in TRAITS if trait != "order security"]))
def test_doing_what_is_enough_clears_the_order(of):
	for way in decide(of).ways_out:
		if way.is_enough and way.kind in DEEDS:
			assert outcome(do(of, way)) == "Clear", way


@given(
	cases(["order security", "prepaid", "delivered", "granted", "terms"]),
	st.lists(instruments(False), max_size=1),
)
def test_doing_what_is_enough_clears_an_order_that_needs_security(of, held):
	of = replace(of, instruments=tuple(held))
	for way in decide(of).ways_out:
		if way.is_enough and way.kind in DEEDS:
			assert outcome(do(of, way)) == "Clear", way


@given(cases())
def test_doing_what_is_not_enough_does_not_clear_the_order_unless_it_covers_it(of):
	for way in decide(of).ways_out:
		if not way.is_enough and way.kind in ("add_po", "shorten_terms", "review"):
			assert fired(do(of, way)) == fired(of) - set(way.resolves), way


@given(cases(ONLY_MONEY))
def test_where_a_limit_binds_a_cent_less_than_is_said_does_not_clear_the_order(of):
	for way in decide(of).ways_out:
		if not way.is_enough or way.resolves == ("Overdue Items",):
			continue
		if way.kind == "pay":
			assert outcome(pay(of, way.amount - CENT)) != "Clear", way
		elif way.kind == "reduce":
			assert outcome(with_order(of, amount=way.remaining + CENT)) != "Clear", way


def test_the_random_cases_reach_every_way_out():
	"""Else the properties above would say nothing about it."""
	reached = set()

	@settings(max_examples=600)
	@given(cases())
	def look_at(of):
		reached.update((w.kind, w.is_enough) for w in decide(of).ways_out)

	look_at()
	assert {kind for kind, _enough in reached} == {*DEEDS, "assess", "lift", "approve"}
	assert {
		(kind, enough) for kind in ("pay", "reduce", "prepay", "secure") for enough in (True, False)
	} <= reached
