"""What each rule of §2.4 sees and when it fires; who may release it is in test_gate.py."""

import pytest

from b2b_contracts.engine.facts import ContractState
from b2b_contracts.engine.rules import (
	RULES,
	group_net_exposure,
	net_balance,
	net_exposure,
	security_for_order,
	waiver,
)

from .builders import CENT, case, days, finding, group, guarantee, insurance, money, segment_d

HOLD, STOP, QUIET = "Hold", "Stop", ""


def action(of, rule):
	"""Return Hold, Stop or nothing; fails when the rule does not concern the case."""
	found = finding(of, rule)
	assert found is not None, f"{rule} does not concern the case"
	return found.action


def test_every_rule_of_the_issue_is_there_once():
	assert sorted(rule.name for rule in RULES) == sorted(
		[
			"Limit Use",
			"Group Limit",
			"Overdue Items",
			"Payment Terms",
			"Missing PO",
			"Limit Review",
			"Prepayment",
			"Security",
			"Credit Stop: Balance",
			"Credit Stop: Rating",
			"Forced Hold",
			"No Profile",
			"Negative List",
			"Compliance",
			"Contract",
		]
	)


def test_po_terms_and_what_people_set_are_the_rules_that_no_money_passes():
	assert {rule.name for rule in RULES if not rule.is_credit} == {
		"Missing PO",
		"Payment Terms",
		"Forced Hold",
		"Negative List",
		"Compliance",
		"Contract",
	}


# --- limit use


@pytest.mark.parametrize(
	("given", "expected"),
	[
		pytest.param({"amount": 950_000}, QUIET, id="exactly 95 %"),
		pytest.param({"amount": "950000.01"}, HOLD, id="a cent over 95 %"),
		pytest.param({"amount": 1, "receivables": 950_000}, HOLD, id="receivables count"),
		pytest.param({"amount": 1, "delivered": 950_000}, HOLD, id="delivered, not billed counts"),
		pytest.param({"amount": 1, "granted": 950_000}, HOLD, id="granted orders count"),
		pytest.param({"amount": 1, "waiting": 950_000}, QUIET, id="waiting orders do not count"),
		pytest.param({"amount": 960_000, "receivables": -10_000}, QUIET, id="an advance counts against it"),
		pytest.param({"amount": 960_000, "instruments": [guarantee(10_000)]}, QUIET, id="net of security"),
		pytest.param({"amount": 950_000, "limit_is": "No Credit"}, HOLD, id="no credit"),
		pytest.param({"amount": CENT, "limit_is": 0}, HOLD, id="a cent over a limit of nothing"),
		pytest.param(
			{"amount": 100, "receivables": -100, "limit_is": 0}, QUIET, id="paid on account, no limit"
		),
		pytest.param(
			{"amount": 900_001, "hold_utilisation_percent": 90}, HOLD, id="the policy's own threshold"
		),
		pytest.param(
			{"amount": 1_000_000, "approved_excess": 500_000}, HOLD, id="a release raises stops, not this"
		),
	],
)
def test_given_an_order_when_the_use_of_the_limit_is_measured(given, expected):
	assert action(case(**given), "Limit Use") == expected


@pytest.mark.parametrize(("order", "expected"), [(152_000, QUIET), (152_001, HOLD), ("152000.01", HOLD)])
def test_given_the_insured_example_of_the_requirements_when_ordering(order, expected):
	"""493,000 owed, 170,000 of it insured, limit 500,000: 95 % is reached at an order of 152,000.

	The text of §2.3 says 62,000, which gives 77 % by its own formula; the formula wins.
	"""
	insured = [insurance(200_000, deductible=10_000)]
	of = case(limit_is=500_000, receivables=493_000, amount=order, instruments=insured)
	assert action(of, "Limit Use") == expected


def test_given_a_limit_that_is_exceeded_when_measured_then_percent_and_money_are_said():
	found = finding(case(limit_is=500_000, amount=570_000), "Limit Use")
	assert (found.measured, found.threshold, found.over, found.over_amount) == (
		114,
		95,
		money("0.14"),
		70_000,
	)


def test_given_a_use_between_hold_and_limit_when_measured_then_nothing_is_exceeded():
	found = finding(case(limit_is=500_000, amount=490_000), "Limit Use")
	assert (found.measured, found.action, found.over, found.over_amount) == (98, HOLD, 0, 0)


@pytest.mark.parametrize(
	"given",
	[
		pytest.param({"limit_is": "Unlimited"}, id="unlimited"),
		pytest.param(
			{"has_profile": False, "without_profile": "Park for Assessment"},
			id="nobody assessed the customer",
		),
	],
)
def test_given_no_limit_to_measure_when_looked_at_then_limit_and_stop_do_not_concern_it(given):
	of = case(amount=10**9, receivables=10**9, **given)
	assert finding(of, "Limit Use") is None
	assert finding(of, "Credit Stop: Balance") is None


@pytest.mark.parametrize(
	("order", "expected"),
	[
		pytest.param(98_000, QUIET, id="98 % of the cap: utilisation does not apply"),
		pytest.param(100_000, QUIET, id="all of the cap"),
		pytest.param("100000.01", HOLD, id="a cent over the cap"),
	],
)
def test_given_segment_d_when_the_cap_over_all_open_credit_is_measured(order, expected):
	assert action(segment_d(amount=order), "Limit Use") == expected


def test_given_segment_d_when_open_credit_comes_from_elsewhere_then_the_cap_counts_it_too():
	of = segment_d(
		amount=40_000, prepaid=30_000, receivables=50_000 - 30_000, delivered=30_000, granted=10_001
	)
	assert action(of, "Limit Use") == HOLD


# --- group limit


def grouped(order=10_000, *, limit_is=2_000_000, group_limit=1_000_000, others=0, rate=1, **given):
	return case(
		amount=order, limit_is=limit_is, group_is=group(group_limit, others=others, rate=rate), **given
	)


@pytest.mark.parametrize(
	("given", "expected"),
	[
		pytest.param({"order": 950_000}, QUIET, id="exactly 95 % of the group's"),
		pytest.param({"order": "950000.01"}, HOLD, id="a cent more"),
		pytest.param({"order": 5_000, "receivables": 945_000}, QUIET, id="its own debt up to 95 %"),
		pytest.param({"order": 5_001, "receivables": 945_000}, HOLD, id="its own debt counts"),
		pytest.param({"order": 5_001, "others": 945_000}, HOLD, id="what sisters owe counts"),
		pytest.param(
			{"order": 5_001, "others": 945_000, "limit_is": "Unlimited"},
			HOLD,
			id="an unlimited member counts",
		),
		pytest.param(
			{"order": 5_001, "others": 945_000, "waiting": 9_999}, HOLD, id="waiting orders do not add"
		),
		pytest.param({"order": 5_000, "others": 945_000, "waiting": 9_999}, QUIET, id="nor do they hold"),
		pytest.param({"order": 10_000, "group_limit": "No Credit"}, HOLD, id="group without credit"),
		pytest.param(
			{"order": 10_000, "receivables": 990_000, "instruments": [guarantee(50_000)]},
			QUIET,
			id="net of security",
		),
		pytest.param({"order": 475_000, "rate": 2}, QUIET, id="in the group's currency: 95 %"),
		pytest.param({"order": "475000.01", "rate": 2}, HOLD, id="in the group's currency: a cent more"),
	],
)
def test_given_a_group_when_its_limit_is_measured(given, expected):
	assert action(grouped(**given), "Group Limit") == expected


def test_given_a_group_in_another_currency_when_measured_then_its_own_figures_count():
	found = finding(grouped(6_000, group_limit=1_000, others=160, rate="0.125"), "Group Limit")
	assert (found.measured, found.threshold, found.action) == (91, 95, QUIET)


@pytest.mark.parametrize(
	"of", [case(), grouped(group_limit="Unlimited")], ids=["no group", "unlimited group"]
)
def test_given_no_group_limit_when_looked_at_then_it_does_not_concern_the_case(of):
	assert finding(of, "Group Limit") is None


def test_given_segment_d_in_a_group_when_the_group_is_96_percent_used_then_it_is_held():
	of = segment_d(amount=960, group_is=group(1_000))
	assert action(of, "Group Limit") == HOLD


# --- overdue items


@pytest.mark.parametrize(
	("overdue", "credits", "expected"),
	[
		pytest.param(0, 0, QUIET, id="nothing overdue"),
		pytest.param(500, 0, QUIET, id="exactly the tolerance"),
		pytest.param("500.01", 0, HOLD, id="a cent over the tolerance"),
		pytest.param(5_000, 4_500, QUIET, id="credits leave the tolerance"),
		pytest.param(5_000, "4499.99", HOLD, id="credits leave a cent more"),
		pytest.param(5_000, 9_000, QUIET, id="more credit than is overdue"),
	],
)
def test_given_items_past_14_days_when_credits_went_to_the_oldest(overdue, credits, expected):
	assert action(case(overdue=overdue, credits=credits), "Overdue Items") == expected


def test_given_overdue_items_when_found_then_rest_and_days_of_the_oldest_are_said():
	found = finding(case(overdue=5_000, credits=1_000, oldest_due_date=days(-20)), "Overdue Items")
	assert (found.measured, found.threshold, found.note) == (4_000, 500, "20")


def test_given_overdue_items_that_credits_cover_when_found_then_nothing_is_any_days_overdue():
	assert finding(case(overdue=400, credits=400, oldest_due_date=days(-20)), "Overdue Items").note == "0"


# --- payment terms, missing PO, review


@pytest.mark.parametrize(
	("latest", "allowed", "expected"),
	[
		pytest.param(days(30), days(30), QUIET, id="as allowed"),
		pytest.param(days(14), days(30), QUIET, id="shorter"),
		pytest.param(days(31), days(30), HOLD, id="a day longer"),
	],
)
def test_given_terms_when_compared_by_latest_due_date(latest, allowed, expected):
	assert action(case(latest_due_date=latest, allowed_due_date=allowed), "Payment Terms") == expected


@pytest.mark.parametrize(("latest", "allowed"), [(None, days(30)), (days(30), None), (None, None)])
def test_given_nothing_to_compare_when_looked_at_then_terms_do_not_concern_the_case(latest, allowed):
	assert finding(case(latest_due_date=latest, allowed_due_date=allowed), "Payment Terms") is None


@pytest.mark.parametrize(("number", "expected"), [("PO 4711", QUIET), ("", HOLD), ("  ", HOLD)])
def test_given_a_customer_that_requires_a_po_when_the_order_has(number, expected):
	assert action(case(requires_po=True, po_number=number), "Missing PO") == expected


def test_given_a_customer_that_requires_no_po_when_there_is_none_then_it_does_not_matter():
	assert finding(case(), "Missing PO") is None


@pytest.mark.parametrize(
	("given", "expected"),
	[
		pytest.param({}, QUIET, id="no dates"),
		pytest.param({"next_review": days(0)}, QUIET, id="review due today"),
		pytest.param({"next_review": days(-1)}, HOLD, id="review overdue"),
		pytest.param({"temporary_limit_ended": days(-1)}, HOLD, id="temporary limit ran out"),
		pytest.param({"next_review": days(90), "temporary_limit_ended": days(-1)}, HOLD, id="one of the two"),
	],
)
def test_given_a_policy_that_parks_for_a_review_when_looked_at(given, expected):
	assert action(case(park_when_review_overdue=True, **given), "Limit Review") == expected


def test_given_a_review_and_a_limit_that_ran_out_when_found_then_the_earlier_date_is_said():
	of = case(park_when_review_overdue=True, next_review=days(-9), temporary_limit_ended=days(-2))
	assert finding(of, "Limit Review").measured == days(-9)


@pytest.mark.parametrize("given", [{}, {"park_when_review_overdue": True, "has_profile": False}])
def test_given_no_such_policy_or_profile_when_a_review_is_overdue_then_it_does_not_matter(given):
	assert finding(case(next_review=days(-1), **given), "Limit Review") is None


# --- prepayment and security


@pytest.mark.parametrize(
	("share", "given", "expected"),
	[
		pytest.param(100, {"prepaid": 1_000}, QUIET, id="all of 100 %"),
		pytest.param(100, {"prepaid": "999.99"}, HOLD, id="all but a cent"),
		pytest.param(100, {}, HOLD, id="nothing"),
		pytest.param(75, {"prepaid": 750}, QUIET, id="75 % at the top level"),
		pytest.param(75, {"prepaid": "749.99"}, HOLD, id="75 % but a cent"),
		pytest.param(
			75,
			{"prepaid": 250, "receivables": -250, "instruments": [guarantee(500)]},
			QUIET,
			id="security counts like money",
		),
		pytest.param(75, {"prepaid": 250, "lodged": [guarantee(500)]}, QUIET, id="lodged for this hold"),
		pytest.param(
			75,
			{"prepaid": 250, "receivables": -250, "instruments": [guarantee("499.99")]},
			HOLD,
			id="security a cent short",
		),
	],
)
def test_given_segment_d_when_its_share_is_to_be_prepaid(share, given, expected):
	assert action(segment_d(share, amount=1_000, **given), "Prepayment") == expected


def test_given_a_missing_prepayment_when_found_then_what_is_missing_is_said():
	found = finding(segment_d(75, amount=1_000, prepaid=700), "Prepayment")
	assert (found.measured, found.threshold, found.over_amount, found.over) == (700, 750, 50, money("0.2"))


@pytest.mark.parametrize("prepaid", [0, 500])
def test_given_credit_of_nothing_on_the_order_when_a_prepayment_is_missing_then_it_is_infinitely_over(
	prepaid,
):
	assert finding(segment_d(100, amount=1_000, prepaid=prepaid), "Prepayment").over == money("Infinity")


def test_given_a_segment_that_asks_for_no_prepayment_when_looked_at_then_it_does_not_concern_the_case():
	assert finding(case(), "Prepayment") is None


@pytest.mark.parametrize(
	("share", "given", "expected"),
	[
		pytest.param(100, {}, HOLD, id="none"),
		pytest.param(100, {"instruments": [guarantee(1_000)]}, QUIET, id="all of it"),
		pytest.param(100, {"lodged": [guarantee(1_000)]}, QUIET, id="lodged for this hold"),
		pytest.param(100, {"instruments": [guarantee("999.99")]}, HOLD, id="all but a cent"),
		pytest.param(30, {"instruments": [guarantee(300)]}, QUIET, id="the share that is asked for"),
		pytest.param(
			30, {"instruments": [guarantee(300)], "granted": 1}, HOLD, id="what came before is covered first"
		),
		pytest.param(
			100, {"instruments": [guarantee(600)], "prepaid": 400, "receivables": -400}, QUIET, id="and paid"
		),
	],
)
def test_given_an_order_that_needs_security_when_looked_at(share, given, expected):
	assert action(case(amount=1_000, security_required_percent=share, **given), "Security") == expected


def test_given_an_order_that_needs_no_security_when_looked_at_then_it_does_not_concern_the_case():
	assert finding(case(), "Security") is None


@pytest.mark.parametrize(
	("receivables", "covered"),
	[
		pytest.param(0, 600, id="nothing before: all of it"),
		pytest.param(200, 400, id="what came before takes its part"),
		pytest.param(700, 0, id="what came before takes all"),
		pytest.param(-300, 600, id="money to its credit takes nothing"),
	],
)
def test_security_covers_an_order_after_everything_that_came_before(receivables, covered):
	of = case(amount=1_000, receivables=receivables, instruments=[guarantee(600)])
	assert security_for_order(of) == covered


@pytest.mark.parametrize("rule", ["Prepayment", "Security"])
def test_given_an_advance_when_a_guarantee_covers_earlier_debt_then_the_order_gets_no_double_credit(rule):
	"""50 owed and guaranteed, an order of 100, 50 of it prepaid: the other 50 is neither paid nor secured.

	The advance lowers the receivables by 50 (to 0). That must not hand the guarantee to the order as well.
	"""
	terms = {"amount": 100, "prepaid": 50, "receivables": 50 - 50, "instruments": [guarantee(50)]}
	of = segment_d(100, **terms) if rule == "Prepayment" else case(security_required_percent=100, **terms)
	assert action(of, rule) == HOLD


@pytest.mark.parametrize("receivables", [10, 5, 0])
def test_given_an_order_secured_as_required_when_older_items_are_paid_then_it_stays_secured(receivables):
	"""Paying earlier items moves the deductible on to the order; a payment must not undo its security."""
	enough = guarantee(1_000, deductible=10)
	of = case(amount=10, receivables=receivables, security_required_percent=100, instruments=[enough])
	assert action(of, "Security") == QUIET


# --- credit stops


@pytest.mark.parametrize(
	("given", "expected"),
	[
		pytest.param({"receivables": 1_200_000}, QUIET, id="exactly 120 %"),
		pytest.param({"receivables": "1200000.01"}, STOP, id="a cent more"),
		pytest.param(
			{"receivables": 1_000_000, "delivered": "200000.01"}, STOP, id="delivered, not billed counts"
		),
		pytest.param({"receivables": 1_200_000, "amount": 500_000}, QUIET, id="without the order in hand"),
		pytest.param({"receivables": 1_200_000, "granted": 500_000}, QUIET, id="open orders never stop"),
		pytest.param(
			{"receivables": 1_300_000, "approved_excess": 100_000}, QUIET, id="what a release approved"
		),
		pytest.param(
			{"receivables": "1300000.01", "approved_excess": 100_000},
			STOP,
			id="a cent beyond what it approved",
		),
		pytest.param(
			{"receivables": 1_300_000, "instruments": [guarantee(100_000)]}, QUIET, id="net of security"
		),
		pytest.param(
			{"receivables": 1_300_000, "lodged": [guarantee(100_000)]}, QUIET, id="lodged for this hold"
		),
		pytest.param({"receivables": 1, "limit_is": "No Credit"}, STOP, id="anything owed without credit"),
		pytest.param({"receivables": 0, "limit_is": 0}, QUIET, id="nothing owed, no limit"),
		pytest.param(
			{"receivables": 1_100_001, "stop_utilisation_percent": 110}, STOP, id="the policy's own share"
		),
	],
)
def test_given_a_balance_when_measured_against_the_stop(given, expected):
	assert action(case(**given), "Credit Stop: Balance") == expected


def test_given_a_balance_stop_when_found_then_the_money_over_the_limit_is_said():
	found = finding(case(receivables=1_300_000), "Credit Stop: Balance")
	assert (found.measured, found.threshold) == (1_300_000, 1_200_000)
	assert (found.over, found.over_amount) == (money("0.3"), 300_000)


@pytest.mark.parametrize(
	("reviewed", "rating", "expected"),
	[
		pytest.param("AA", "A", QUIET, id="one notch"),
		pytest.param("AA", "B", STOP, id="two notches"),
		pytest.param("A", "C", STOP, id="two notches, lower"),
		pytest.param("A", "AN", QUIET, id="AN is not a notch"),
		pytest.param("AN", "B", QUIET, id="AN to B is one"),
		pytest.param("AN", "C", STOP, id="AN to C is two"),
		pytest.param("C", "Insolvent", STOP, id="insolvent, from the notch above"),
		pytest.param("", "Insolvent", STOP, id="insolvent, never reviewed"),
		pytest.param("Insolvent", "Insolvent", STOP, id="insolvent, and reviewed as such"),
		pytest.param("", "C", QUIET, id="never reviewed"),
		pytest.param("B", "AAA", QUIET, id="better"),
	],
)
def test_given_a_rating_when_compared_with_the_reviewed_one(reviewed, rating, expected):
	assert action(case(rating_at_review=reviewed, rating=rating), "Credit Stop: Rating") == expected


def test_given_a_policy_of_three_notches_when_two_were_lost_then_nothing_stops():
	assert (
		action(case(rating_at_review="AAA", rating="A", rating_stop_notches=3), "Credit Stop: Rating")
		== QUIET
	)


def test_given_a_policy_that_counts_no_notches_when_insolvent_then_it_still_stops():
	"""§2.4: ≥ 2 notches down, *or insolvent*: switching the notches off does not trade with the insolvent."""
	assert action(case(rating="Insolvent", rating_stop_notches=0), "Credit Stop: Rating") == STOP


def test_given_no_rating_when_looked_at_then_it_does_not_concern_the_case():
	assert finding(case(rating_at_review="A"), "Credit Stop: Rating") is None


# --- forced hold, no profile


@pytest.mark.parametrize("set_as", [HOLD, STOP])
def test_given_a_forced_hold_when_looked_at_then_it_acts_as_set_and_says_why(set_as):
	found = finding(case(forced_hold=set_as, forced_hold_reason="Owner died"), "Forced Hold")
	assert (found.action, found.measured) == (set_as, "Owner died")


def test_given_no_forced_hold_when_looked_at_then_it_does_not_concern_the_case():
	assert finding(case(), "Forced Hold") is None


def test_given_a_customer_on_the_negative_list_when_looked_at_then_it_is_held_and_says_until_when_and_why():
	found = finding(case(negative_until=days(30), negative_reason="Fraud"), "Negative List")
	assert (found.action, found.measured, found.note) == (HOLD, days(30), "Fraud")


def test_given_a_customer_on_no_list_when_looked_at_then_the_list_does_not_concern_the_case():
	assert finding(case(), "Negative List") is None


def test_given_a_match_that_nobody_cleared_when_looked_at_then_it_is_stopped_and_says_nothing_more():
	found = finding(case(compliance_stop=True), "Compliance")
	assert (found.action, found.measured, found.threshold, found.note) == (STOP, None, None, "")
	assert finding(case(), "Compliance") is None


def test_given_a_customer_nobody_assessed_when_the_policy_parks_those_then_it_is_held():
	assert action(case(has_profile=False, without_profile="Park for Assessment"), "No Profile") == HOLD


@pytest.mark.parametrize("without_profile", ["Not Checked", "Default Segment"])
def test_given_a_customer_without_profile_when_the_policy_does_not_park_then_it_does_not_concern_it(
	without_profile,
):
	assert finding(case(has_profile=False, without_profile=without_profile), "No Profile") is None


# --- what is measured


def test_given_class_c_when_measured_then_the_limit_before_and_the_stop_after_what_was_lodged_for_the_hold():
	held = {"receivables": 500, "delivered": 50, "granted": 30, "amount": 20, "risk_class": "C"}
	of = case(**held, instruments=[guarantee(100)], lodged=[guarantee(7, "lodged")])
	assert (net_exposure(of), net_balance(of)) == (500, 443)


def test_a_guarantee_for_one_member_covers_nothing_that_its_sisters_owe():
	of = grouped(10_000, others=990_000, instruments=[guarantee(60_000)])
	assert group_net_exposure(of) == 990_000


@pytest.mark.parametrize(
	("given", "why"),
	[
		pytest.param({}, "", id="neither"),
		pytest.param({"prepaid": 10_000}, "prepaid", id="fully prepaid"),
		pytest.param({"prepaid": "9999.99"}, "", id="all but a cent"),
		pytest.param({"instruments": [guarantee(10_000)]}, "secured", id="fully secured"),
		pytest.param({"instruments": [guarantee("9999.99")]}, "", id="all but a cent secured"),
		pytest.param(
			{"receivables": 1, "instruments": [guarantee(10_000)]}, "", id="earlier debt is secured first"
		),
		pytest.param(
			{"receivables": 90, "instruments": [guarantee(10_090)]}, "secured", id="all of it secured"
		),
		pytest.param({"instruments": [insurance(10**6)]}, "", id="90 % insured is not fully secured"),
	],
)
def test_given_an_order_when_asked_whether_credit_rules_concern_it(given, why):
	assert waiver(case(**given)) == why


# --- contract


NONE, DIFFERS, FOLLOWS = ContractState(), ContractState("C1", 2, "s"), ContractState("C1")
LET_GO = ContractState("C1", 2, "s", is_approved=True)


@pytest.mark.parametrize(
	("terms", "fires"),
	[
		pytest.param({"contract_required": True, "contract": NONE}, HOLD, id="none where one is required"),
		pytest.param({"contract_required": True, "contract": DIFFERS}, QUIET, id="one is enough to require"),
		pytest.param({"parks_for_contract": True, "contract": DIFFERS}, HOLD, id="a difference is parked"),
		pytest.param({"parks_for_contract": True, "contract": FOLLOWS}, QUIET, id="it follows"),
		pytest.param({"parks_for_contract": True, "contract": NONE}, QUIET, id="none to differ from"),
		pytest.param({"parks_for_contract": True, "contract": LET_GO}, QUIET, id="let go"),
	],
)
def test_given_a_policy_about_contracts_when_an_order_is_looked_at(terms, fires):
	of = case(**terms)
	assert action(of, "Contract") == fires
	assert action(case(**terms, prepaid=10_000), "Contract") == fires, "money pays for no other price"


def test_a_policy_that_asks_for_nothing_of_contracts_and_a_book_without_them_find_nothing():
	assert finding(case(contract=DIFFERS), "Contract") is None
	assert finding(case(contract_required=True), "Contract") is None
	assert finding(case(contract_required=True, contract=NONE, in_hand=False), "Contract") is None
