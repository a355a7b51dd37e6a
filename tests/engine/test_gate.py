"""The whole decision: outcome, who may release it, and what no input may ever do to it."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from b2b_contracts.engine.approval import RuleRole, rank
from b2b_contracts.engine.facts import ContractState
from b2b_contracts.engine.gate import decide, look
from b2b_contracts.engine.limits import Limit

from .builders import (
	CENT,
	MATRIX,
	case,
	days,
	finding,
	fired,
	group,
	guarantee,
	insurance,
	money,
	outcome,
	pay,
	required_role,
	segment_d,
	with_limit,
	with_order,
)
from .strategies import amounts, cases, groups, limits

UNASSESSED = {"has_profile": False, "without_profile": "Park for Assessment"}
LONGER_TERMS = {"latest_due_date": days(31), "allowed_due_date": days(30)}
# One case for every rule, in which this rule fires and no other.
ONE_RULE = {
	"Limit Use": case(amount=960_000),
	"Group Limit": case(group_is=group(1_000)),
	"Overdue Items": case(overdue=501),
	"Payment Terms": case(**LONGER_TERMS),
	"Missing PO": case(requires_po=True),
	"Limit Review": case(park_when_review_overdue=True, next_review=days(-1)),
	"Prepayment": segment_d(75, amount=1_000, risk_class="B", prepaid=740),
	"Security": case(security_required_percent=30),
	"Credit Stop: Balance": case(receivables=1_300_000, granted=-400_000),
	"Credit Stop: Rating": case(rating="C", rating_at_review="A"),
	"Forced Hold": case(forced_hold="Hold", forced_hold_reason="Disputed ownership"),
	"No Profile": case(**UNASSESSED),
	"Negative List": case(negative_until=days(30), negative_reason="Cheques that bounced"),
	"Compliance": case(compliance_stop=True),
	"Contract": case(contract_required=True, contract=ContractState()),
}
STOPS = ("Credit Stop: Balance", "Credit Stop: Rating", "Compliance")
NOT_CREDIT = ("Payment Terms", "Missing PO", "Forced Hold", "Negative List", "Compliance", "Contract")


def prepaid_in_full(of):
	return with_order(of, prepaid=of.order.amount, paid_ahead=of.order.billed_ahead)


def secured_in_full(of):
	return replace(of, instruments=(guarantee(10**9),))


# --- outcome


def test_given_nothing_wrong_when_decided_then_clear_without_role_or_ways_out():
	decision = decide(case())
	assert (decision.outcome, decision.is_clear, decision.fired, decision.ways_out) == ("Clear", True, (), ())
	assert decision.requirement.role is None


@pytest.mark.parametrize("rule", ONE_RULE)
def test_given_one_rule_that_fires_when_decided_then_it_alone_is_shown_and_acts(rule):
	decision = decide(ONE_RULE[rule])
	assert [f.rule for f in decision.fired] == [rule]
	assert decision.outcome == ("Stopped" if rule in STOPS else "Held")
	assert not decision.is_clear


def test_given_a_hold_and_a_stop_when_decided_then_all_are_shown_and_the_stop_wins():
	of = case(amount=960_000, overdue=501, requires_po=True, rating="Insolvent")
	assert fired(of) == {"Limit Use", "Overdue Items", "Missing PO", "Credit Stop: Rating"}
	assert outcome(of) == "Stopped"


@pytest.mark.parametrize(("set_as", "expected"), [("Hold", "Held"), ("Stop", "Stopped")])
def test_given_a_forced_hold_when_decided_then_it_acts_as_set(set_as, expected):
	assert outcome(case(forced_hold=set_as)) == expected


def test_given_rules_that_do_not_fire_when_decided_then_what_was_looked_at_is_kept():
	looked_at = {f.rule for f in decide(case(rating="A", requires_po=True, po_number="1")).findings}
	assert looked_at == {
		"Limit Use",
		"Overdue Items",
		"Credit Stop: Balance",
		"Credit Stop: Rating",
		"Missing PO",
	}


@pytest.mark.parametrize(
	("own", "groups", "expected"),
	[
		pytest.param(1_000, 1_000, set(), id="room in both"),
		pytest.param(900, 1_000, {"Limit Use"}, id="the customer's is tighter"),
		pytest.param(1_000, 900, {"Group Limit"}, id="the group's is tighter"),
		pytest.param(900, 900, {"Limit Use", "Group Limit"}, id="none in both"),
		pytest.param("Unlimited", 900, {"Group Limit"}, id="unlimited in a group without room"),
		pytest.param(900, "Unlimited", {"Limit Use"}, id="no room in an unlimited group"),
		pytest.param("Unlimited", "Unlimited", set(), id="both unlimited"),
	],
)
def test_given_a_customer_in_a_group_when_an_order_of_900_comes_then_the_tighter_limit_wins(
	own, groups, expected
):
	assert fired(case(amount=900, limit_is=own, group_is=group(groups))) == expected


def test_given_an_unlimited_customer_when_it_has_overdue_items_then_it_is_still_held():
	assert fired(case(limit_is="Unlimited", amount=10**9, overdue=501)) == {"Overdue Items"}


def test_given_two_parked_orders_when_each_is_decided_again_then_they_do_not_block_each_other():
	one = case(amount=600_000, waiting=600_000)
	assert outcome(one) == "Clear"
	assert outcome(with_order(one, amount=950_000)) == "Clear"


# --- prepaid and secured orders


@pytest.mark.parametrize("cover", [prepaid_in_full, secured_in_full], ids=["prepaid", "secured"])
@pytest.mark.parametrize("rule", [rule for rule in ONE_RULE if rule not in NOT_CREDIT])
def test_given_a_credit_rule_when_the_order_is_prepaid_or_secured_in_full_then_it_passes(rule, cover):
	decision = decide(cover(ONE_RULE[rule]))
	assert decision.is_clear
	assert decision.requirement.role is None


@pytest.mark.parametrize("cover", [prepaid_in_full, secured_in_full], ids=["prepaid", "secured"])
@pytest.mark.parametrize("rule", NOT_CREDIT)
def test_given_po_terms_or_forced_hold_when_prepaid_or_secured_then_it_is_held_all_the_same(rule, cover):
	assert fired(cover(ONE_RULE[rule])) == {rule}


@pytest.mark.parametrize(
	("given", "why"),
	[({"prepaid": 960_000}, "prepaid"), ({"instruments": [guarantee(960_000)]}, "secured")],
	ids=["prepaid", "secured"],
)
def test_given_a_rule_that_was_waived_when_explained_then_it_says_why_and_what_was_measured(given, why):
	of = case(limit_is=100, amount=960_000, rating="Insolvent", **given)
	rating = finding(of, "Credit Stop: Rating")
	assert (rating.fired, rating.waived, rating.note) == (False, why, "Insolvent")


def test_given_a_rule_that_did_not_fire_when_prepaid_then_nothing_was_waived():
	assert {f.waived for f in look(case(prepaid=10_000))} == {""}


def test_given_a_secured_order_of_an_insolvent_customer_when_it_also_pays_ahead_then_it_stays_clear():
	"""With money to its credit the exposure is below zero: less to secure, not a reason to stop."""
	of = case(amount=100, rating="Insolvent", instruments=[guarantee(1_000)])
	assert [outcome(of), outcome(pay(of, money(200)))] == ["Clear", "Clear"]


@pytest.mark.parametrize("risk_class", "AB")
def test_given_class_a_or_b_when_a_guarantee_lodged_for_the_hold_makes_room_then_the_order_clears(risk_class):
	"""§2.2: the overshoot is net of security; only for class C it is taken before what was lodged."""
	of = case(limit_is=500_000, amount=540_000, risk_class=risk_class, lodged=[guarantee(100_000)])
	assert outcome(of) == "Clear"


# --- who may release it


@pytest.mark.parametrize(
	("over_percent", "roles"),
	[
		pytest.param(
			"-4.9999", ("Sales Manager", "Credit Controller", "Credit Controller"), id="95.0001 % used"
		),
		pytest.param(0, ("Sales Manager", "Credit Controller", "Credit Controller"), id="100 % used"),
		pytest.param("0.0001", ("Sales Manager", "Credit Manager", "Finance Director"), id="a hair over"),
		pytest.param(10, ("Sales Manager", "Credit Manager", "Finance Director"), id="10 % over"),
		pytest.param("10.0001", ("Credit Manager", "Finance Director", "CFO"), id="10.0001 % over"),
		pytest.param(25, ("Credit Manager", "Finance Director", "CFO"), id="25 % over"),
		pytest.param("25.0001", ("Finance Director", "CFO", "Board"), id="25.0001 % over"),
	],
)
@pytest.mark.parametrize("risk_class", "ABC")
def test_given_an_order_over_the_limit_when_asked_who_may_release_it(risk_class, over_percent, roles):
	of = case(amount=10_000 * (100 + money(over_percent)), risk_class=risk_class)
	assert required_role(of) == roles["ABC".index(risk_class)]


@pytest.mark.parametrize(
	("over_percent", "demanded", "at_least"),
	[
		pytest.param(0, False, 0, id="not over"),
		pytest.param("0.0001", True, 1, id="a hair over"),
		pytest.param(10, True, 100_000, id="10 % over"),
		pytest.param("10.0001", False, 0, id="10.0001 % over: the CFO instead"),
	],
)
def test_given_class_c_up_to_10_percent_over_when_released_then_a_guarantee_of_the_overshoot_is_demanded(
	over_percent, demanded, at_least
):
	of = case(amount=10_000 * (100 + money(over_percent)), risk_class="C")
	requirement = decide(of).requirement
	assert (requirement.security_required, requirement.security_amount) == (demanded, at_least)


def test_given_class_c_when_a_guarantee_was_lodged_then_the_overshoot_is_taken_before_it():
	of = case(amount=1_080_000, risk_class="C")
	lodged = replace(of, lodged=(guarantee(500_000),))
	assert decide(lodged).requirement == decide(of).requirement
	assert decide(lodged).requirement.security_amount == 80_000


@pytest.mark.parametrize("risk_class", "AB")
def test_given_class_a_or_b_when_over_the_limit_then_no_guarantee_is_demanded(risk_class):
	requirement = decide(case(amount=1_050_000, risk_class=risk_class)).requirement
	assert (requirement.security_required, requirement.security_amount) == (False, 0)


@pytest.mark.parametrize("limit_is", [0, "No Credit"])
@pytest.mark.parametrize(
	("risk_class", "role"), zip("ABC", ["Finance Director", "CFO", "Board"], strict=True)
)
def test_given_no_limit_when_anything_is_ordered_then_it_is_more_than_25_percent_over(
	limit_is, risk_class, role
):
	of = case(limit_is=limit_is, amount=CENT, risk_class=risk_class)
	assert (outcome(of), required_role(of)) == ("Held", role)


@pytest.mark.parametrize(
	("given", "role"),
	[
		pytest.param({"amount": 102_000_000}, "Sales Manager", id="2,000,000 over: the matrix"),
		pytest.param({"amount": "102000000.01"}, "CFO", id="a cent more: the CFO"),
		pytest.param({"amount": 126_000_000, "risk_class": "C"}, "Board", id="at least the CFO: the Board"),
		pytest.param(
			{"amount": 102_000_001, "instruments": [guarantee(1)]}, "Sales Manager", id="net of security"
		),
	],
)
def test_given_more_than_two_million_over_the_limit_when_released_then_by_the_cfo_at_least(given, role):
	assert required_role(case(**{"limit_is": 100_000_000, "risk_class": "A", **given})) == role


@pytest.mark.parametrize(
	("rate", "role"),
	[
		pytest.param("0.125", "CFO", id="300,000 EUR are 2,400,000 DKK"),
		pytest.param("0.2", "Sales Manager", id="300,000 EUR are 1,500,000 DKK"),
		pytest.param("10", "Sales Manager", id="300,000 of a small currency"),
	],
)
def test_given_a_group_in_another_currency_when_over_its_limit_then_two_million_are_of_the_company(
	rate, role
):
	in_euro = group(10_000_000, others=10_300_000 - 80_000 * money(rate), rate=rate, currency="EUR")
	of = case(amount=80_000, risk_class="A", limit_is="Unlimited", group_is=in_euro)
	assert (fired(of), required_role(of)) == ({"Group Limit"}, role)


def test_given_class_c_in_a_foreign_group_when_a_guarantee_is_demanded_then_in_the_limits_currency():
	in_euro = group(1_000, others=1_040, rate="0.125", currency="EUR")
	requirement = decide(case(amount=80, risk_class="C", limit_is="Unlimited", group_is=in_euro)).requirement
	assert (requirement.security_required, requirement.security_amount) == (True, 400)


@pytest.mark.parametrize(
	("rule", "roles"),
	[
		("Overdue Items", ("Sales Manager", "Credit Controller", "Credit Controller")),
		("Missing PO", ("Credit Manager",) * 3),
		("Limit Review", ("Credit Controller",) * 3),
		("Security", ("Credit Manager",) * 3),
		("Credit Stop: Rating", ("Credit Manager",) * 3),
		("Forced Hold", ("Credit Manager",) * 3),
		("No Profile", ("Credit Manager",) * 3),
		pytest.param(
			"Prepayment", ("Credit Manager", "Credit Manager", "Finance Director"), id="Prepayment, 4 % over"
		),
		pytest.param("Group Limit", ("Finance Director", "CFO", "Board"), id="Group Limit, 900 % over"),
		pytest.param(
			"Credit Stop: Balance", ("Finance Director", "CFO", "Board"), id="Credit Stop: Balance, 30 % over"
		),
	],
)
@pytest.mark.parametrize("risk_class", "ABC")
def test_given_one_rule_that_fires_when_asked_who_may_release_it(rule, risk_class, roles):
	of = replace(ONE_RULE[rule], account=replace(ONE_RULE[rule].account, risk_class=risk_class))
	assert required_role(of) == roles["ABC".index(risk_class)]


@pytest.mark.parametrize(
	("days_over", "role"),
	[
		(1, "Account Manager"),
		(7, "Account Manager"),
		(8, "Credit Manager"),
		(30, "Credit Manager"),
		(31, "CFO"),
	],
)
def test_given_terms_that_are_longer_than_allowed_when_released(days_over, role):
	assert required_role(case(latest_due_date=days(30 + days_over), allowed_due_date=days(30))) == role


@pytest.mark.parametrize(
	("limit_is", "role"),
	[
		pytest.param(1_000, "Credit Manager", id="21 % over"),
		pytest.param(960, "Finance Director", id="26 % over"),
	],
)
def test_given_a_balance_stop_in_class_a_when_released_then_by_a_credit_manager_at_least_and_the_matrix(
	limit_is, role
):
	of = case(limit_is=limit_is, receivables=1_210, amount=CENT, risk_class="A")
	assert (outcome(of), required_role(of)) == ("Stopped", role)


def test_given_a_stop_that_no_limit_explains_when_released_then_class_a_needs_a_credit_manager_too():
	assert required_role(case(rating="C", rating_at_review="A", risk_class="A")) == "Credit Manager"


@pytest.mark.parametrize(
	("given", "role"),
	[
		pytest.param({"overdue": 501, "requires_po": True}, "Credit Manager", id="overdue and PO"),
		pytest.param({"overdue": 501, "amount": 1_200_000}, "Finance Director", id="overdue and 20 % over"),
		pytest.param(
			{"requires_po": True, "amount": 1_050_000, "risk_class": "C"}, "Finance Director", id="PO and 5 %"
		),
		pytest.param(
			{"amount": 1_050_000, "latest_due_date": days(75), "allowed_due_date": days(30)},
			"CFO",
			id="terms",
		),
	],
)
def test_given_several_rules_that_fire_when_released_then_by_the_highest_of_their_roles(given, role):
	assert required_role(case(**given)) == role


def test_given_a_rule_nobody_is_named_for_when_released_then_by_the_top_of_the_ladder():
	assert required_role(case(requires_po=True, rule_roles=())) == "Board"


def test_given_segment_d_when_nothing_is_prepaid_then_the_board_decides():
	of = segment_d(100, amount=1_000)
	assert (fired(of), required_role(of)) == ({"Prepayment"}, "Board")


def test_given_a_hole_in_the_matrix_when_decided_then_it_fails_instead_of_passing():
	with pytest.raises(LookupError):
		decide(case(amount=1_300_000, matrix=MATRIX[:5]))


# --- the figures of a decision


def test_given_an_insured_customer_when_decided_then_every_figure_is_explained():
	insured = [insurance(200_000, deductible=10_000)]
	decision = decide(case(limit_is=500_000, receivables=493_000, amount=247_000, instruments=insured))
	assert (decision.exposure_before, decision.exposure_after) == (493_000, 740_000)
	assert (decision.secured, decision.net_exposure) == (170_000, 570_000)
	assert (decision.utilisation_before, decision.utilisation_after) == (money("0.646"), money("1.14"))
	assert (decision.overshoot, decision.over_amount) == (money("0.14"), 70_000)
	assert decision.group_utilisation_after is None


def test_given_a_group_when_decided_then_its_utilisation_is_said():
	of = case(amount=60_000, group_is=group(100_000, others=20_000, rate="0.5"))
	assert decide(of).group_utilisation_after == money("0.5")


def test_given_no_limit_when_decided_then_there_is_no_utilisation():
	decision = decide(case(limit_is="Unlimited", amount=10**9))
	assert (decision.utilisation_before, decision.utilisation_after) == (None, None)
	assert (decision.overshoot, decision.over_amount) == (0, 0)


# --- what must hold for every case


def tighter(one: Limit, other: Limit) -> tuple[Limit, Limit]:
	"""Return two limits, the tighter one first."""
	return tuple(sorted((one, other), key=lambda x: (x.is_unlimited, x.ceiling)))


@given(cases())
def test_the_same_case_is_always_decided_the_same_way(of):
	assert decide(of) == decide(replace(of))


@given(cases(deductibles=True), st.data())
def test_the_order_in_which_securities_were_registered_does_not_matter(of, data):
	shuffled = tuple(data.draw(st.permutations(of.instruments)))
	assert decide(replace(of, instruments=shuffled)) == decide(of)


@given(cases(), amounts())
def test_utilisation_never_falls_when_the_order_grows(of, more):
	bigger = with_order(of, amount=of.order.amount + more)
	if of.account.limit.is_unlimited:
		assert decide(bigger).utilisation_after is None
	else:
		assert decide(of).utilisation_after <= decide(bigger).utilisation_after


@given(cases(), amounts())
def test_a_bigger_order_is_never_clear_where_a_smaller_one_is_not(of, more):
	assume(outcome(of) != "Clear")
	assert outcome(with_order(of, amount=of.order.amount + more)) != "Clear"


@given(cases(), amounts())
def test_a_bigger_order_never_needs_a_lower_role(of, more):
	# Who answers for a contract stands on no ladder, and does not look at the amount.
	of = with_order(of, contract=None)
	needed = [decide(x).requirement for x in (of, with_order(of, amount=of.order.amount + more))]
	roles = [requirement.then if of.account.compliance_stop else requirement.role for requirement in needed]
	small, big = (rank(role) if role else -1 for role in roles)
	assert small <= big


@given(cases(), limits, limits)
def test_a_bigger_limit_never_turns_clear_into_held(of, one, other):
	tight, wide = tighter(one, other)
	assume(outcome(with_limit(of, tight)) == "Clear")
	assert outcome(with_limit(of, wide)) == "Clear"


@given(cases(), groups(), limits)
def test_a_bigger_group_limit_never_turns_clear_into_held(of, one, other):
	tight, wide = (replace(of, group=replace(one, limit=x)) for x in tighter(one.limit, other))
	assert outcome(tight) != "Clear" or outcome(wide) == "Clear"


@given(cases(), amounts())
def test_a_payment_of_what_is_owed_never_turns_clear_into_held(of, amount):
	amount = min(amount, max(money(0), of.position.receivables))
	assume(outcome(of) == "Clear")
	assert outcome(pay(of, amount)) == "Clear"


@given(cases(), amounts())
def test_waiting_orders_never_change_a_decision(of, waiting):
	others = replace(of, position=replace(of.position, waiting_orders=waiting))
	assert decide(others) == decide(of)


@given(cases())
def test_an_order_is_clear_exactly_when_no_rule_fired_and_then_needs_nobody(of):
	decision = decide(of)
	assert decision.is_clear == (not decision.fired) == (decision.requirement.role is None)
	assert decision.is_clear == (decision.ways_out == ())


@given(cases())
def test_the_strictest_action_wins(of):
	decision = decide(of)
	actions = {f.action for f in decision.fired}
	expected = "Stopped" if "Stop" in actions else "Held" if actions else "Clear"
	assert decision.outcome == expected


@given(cases())
def test_a_prepaid_order_is_held_by_nothing_but_po_terms_and_people(of):
	assert fired(prepaid_in_full(of)) <= set(NOT_CREDIT)


def test_the_random_cases_reach_every_rule_and_every_outcome():
	"""Else the properties above would say nothing about it."""
	reached = set()

	@settings(max_examples=600)
	@given(cases())
	def look_at(of):
		reached.update({outcome(of)} | fired(of))

	look_at()
	assert reached == {*ONE_RULE, "Clear", "Held", "Stopped"}


# --- compliance


def test_given_a_match_alone_when_decided_then_compliance_decides():
	requirement = decide(case(compliance_stop=True)).requirement
	assert (requirement.role, requirement.then) == ("Compliance Officer", None)


def test_given_a_match_and_a_credit_rule_when_decided_then_compliance_is_first_and_credit_follows():
	requirement = decide(case(compliance_stop=True, amount=1_110_000)).requirement
	assert (requirement.role, requirement.then) == ("Compliance Officer", "Finance Director")


def test_given_a_match_when_a_policy_names_somebody_for_it_then_compliance_decides_all_the_same():
	of = case(compliance_stop=True, rule_roles=(RuleRole("Compliance", "Account Manager"),))
	assert required_role(of) == "Compliance Officer"


@given(cases())
def test_a_match_stops_every_order_and_what_credit_asks_for_stays(of):
	stopped = replace(of, account=replace(of.account, compliance_stop=True))
	without = replace(of, account=replace(of.account, compliance_stop=False))
	decision = decide(stopped)
	assert (decision.outcome, decision.requirement.role) == ("Stopped", "Compliance Officer")
	assert decision.requirement.then == decide(without).requirement.role


# --- whoever answers for the contract


def departs(**terms):
	return case(parks_for_contract=True, contract=ContractState("C1", 1, "s"), **terms)


def test_an_order_that_departs_from_its_contract_is_for_whoever_answers_for_that():
	requirement = decide(departs()).requirement
	assert (requirement.role, requirement.then) == ("Contract Manager", None)
	assert [way.kind for way in decide(departs()).ways_out] == ["follow_contract", "approve"]


def test_where_credit_has_to_decide_too_it_does_so_next():
	requirement = decide(departs(amount=1_200_000)).requirement
	assert (requirement.role, requirement.then) == ("Contract Manager", "Finance Director")


def test_compliance_comes_before_the_contract():
	requirement = decide(departs(compliance_stop=True)).requirement
	assert (requirement.role, requirement.then) == ("Compliance Officer", "Contract Manager")


def test_an_order_without_the_contract_that_is_required_wants_one_signed():
	kinds = [way.kind for way in decide(case(contract_required=True, contract=ContractState())).ways_out]
	assert kinds == ["sign_contract", "approve"]
