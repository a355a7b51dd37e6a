"""Which step of a contract follows from which state, who may take it, and what stands in the way."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine.contract_life_cycle import Contract, Control, Obstacle, Person, Reason, Rule, Weight

TODAY = date(2026, 4, 1)
MANAGER = Person(frozenset([life.CONTRACT_MANAGER]))
SELLER = Person(frozenset([life.ACCOUNT_MANAGER]), owns=True)


@pytest.mark.parametrize(
	("status", "steps"),
	[
		("Request", {"take_up", "reject"}),
		("Draft", {"send_for_review", "reject"}),
		("In Review", {"send_back", "approve", "reject"}),
		("Approved", {"send_back", "send_for_signature", "reject"}),
		("Out for Signature", {"send_back", "sign", "reject"}),
		("Active", {"renegotiate", "renew", "terminate"}),
		("In Renewal", {"end_renewal", "renew", "terminate"}),
		("Terminated", set()),
		("Expired", set()),
		("Rejected", {"reopen"}),
	],
)
def test_what_a_contract_manager_can_do(status, steps):
	assert set(life.possible(Contract(status), MANAGER, TODAY)) == steps


@pytest.mark.parametrize(
	("status", "steps"),
	[
		("Request", {"take_up"}),
		("Draft", {"send_for_review"}),
		("In Review", {"send_back"}),
		("Approved", {"send_back"}),
		("Out for Signature", {"send_back"}),
		("Active", {"renegotiate"}),
		("In Renewal", {"end_renewal"}),
		("Rejected", {"reopen"}),
	],
)
def test_what_a_seller_can_do(status, steps):
	assert set(life.possible(Contract(status), SELLER, TODAY)) == steps


def obstacles(contract: Contract, step: str, person: Person = MANAGER) -> list[tuple[str, tuple[str, ...]]]:
	return [(one.reason, one.about) for one in life.obstacles(contract, step, person, TODAY)]


def test_nobody_approves_a_contract_of_their_own():
	assert obstacles(Contract("In Review"), life.APPROVE, replace(MANAGER, owns=True)) == [(life.OWN, ())]


def test_the_checklist_blocks_the_approval_and_is_told_whole():
	contract = Contract(
		"In Review",
		controls=(
			Control("Sanctions", True),
			Control("Tax", False),
			Control("Data processing", False),
			Control("Insurance", True, TODAY - timedelta(1)),
			Control("Licence", True, TODAY),
			Control("Nice to have", False, is_required=False),
		),
	)
	assert obstacles(contract, life.APPROVE) == [
		(life.OPEN_CONTROL, ("Tax", "Data processing")),
		(life.EXPIRED_CONTROL, ("Insurance",)),
	]
	assert life.SEND_BACK in life.possible(contract, MANAGER, TODAY)


def test_what_is_missing_keeps_it_from_review():
	assert obstacles(Contract("Draft", missing=("Customer",)), life.SEND_FOR_REVIEW) == [
		(life.MISSING, ("Customer",))
	]


def test_a_signed_contract_is_not_sent_back_or_rejected():
	signed = Contract("Out for Signature", is_signed=True)
	assert life.possible(signed, MANAGER, TODAY) == ()
	assert obstacles(signed, life.REJECT) == [(life.SIGNED, ())]


def test_a_contract_that_ends_is_not_ended_again():
	ends = Contract("Active", is_signed=True, ends_on=TODAY)
	assert obstacles(ends, life.TERMINATE) == [(life.ENDS_ALREADY, ())]


def test_a_renewal_is_decided_like_an_approval_and_notice_is_not():
	large = Contract("Active", is_signed=True, approval_role=life.CFO)
	assert obstacles(large, life.RENEW) == [(life.WRONG_ROLE, (life.CFO,))]
	assert obstacles(large, life.RENEW, Person(frozenset([life.CFO]), owns=True)) == [(life.OWN, ())]
	assert not obstacles(large, life.TERMINATE, replace(MANAGER, owns=True))


@pytest.mark.parametrize("step", life.BY_ITSELF)
def test_what_the_days_do_nobody_does(step):
	(status, *_others), _then = life.STEPS[step]
	assert obstacles(Contract(status, is_signed=True), step) == [(life.NOT_BY_HAND, ())]
	assert life.who_may(Contract(status), step) == ()


RULES = (
	Rule(life.FINANCE_DIRECTOR, over_value=Decimal(1_000_000), over_months=36),
	Rule(life.CFO, over_value=Decimal(5_000_000), over_months=60),
)


@pytest.mark.parametrize(
	("value", "months", "role"),
	[
		(1_000_000, 36, life.CONTRACT_MANAGER),
		(1_000_001, 12, life.FINANCE_DIRECTOR),
		(10, 37, life.FINANCE_DIRECTOR),
		(5_000_001, 12, life.CFO),
		(10, None, life.CFO),
	],
)
def test_who_approves_goes_by_value_and_length(value, months, role):
	assert life.approval_role(RULES, Weight(Decimal(value), months)) == role


def test_a_rule_that_asks_for_one_thing_alone_or_for_nothing():
	by_length = [Rule(life.CFO, over_months=36)]
	assert life.approval_role(by_length, Weight(Decimal(10**9), 36)) == life.CONTRACT_MANAGER
	assert life.approval_role([Rule(life.FINANCE_DIRECTOR)], Weight(Decimal(0), 1)) == life.FINANCE_DIRECTOR
	assert life.approval_role([], Weight(Decimal(10**9), None)) == life.CONTRACT_MANAGER


CAP = Rule(life.CFO, over_liability_cap=Decimal(1_000_000))
SHOULD_RULE = Rule(life.FINANCE_DIRECTOR, on_deviation="Should")
MUST_RULE = Rule(life.CFO, on_deviation="Must")


@pytest.mark.parametrize(
	("cap", "role"),
	[
		(Decimal(1_000_000), life.CONTRACT_MANAGER),
		(Decimal(1_000_001), life.CFO),
		(None, life.CFO),
	],
)
def test_a_contract_without_a_cap_is_over_any(cap, role):
	assert life.approval_role([CAP], Weight(liability_cap=cap)) == role


@pytest.mark.parametrize(
	("deviation", "role"),
	[
		("", life.CONTRACT_MANAGER),
		("Can", life.CONTRACT_MANAGER),
		("Should", life.FINANCE_DIRECTOR),
		("Must", life.CFO),
	],
)
def test_a_deviation_calls_for_who_approves_those_of_its_rank_and_of_looser_ones(deviation, role):
	assert life.approval_role([SHOULD_RULE, MUST_RULE], Weight(deviation=deviation)) == role


def test_a_clause_calls_for_a_role_itself_and_all_reasons_are_named():
	weight = Weight(Decimal(2_000_000), 40, None, "Should", ((life.CFO, "Liability"),))
	assert life.approval_reasons([*RULES, SHOULD_RULE], weight) == (
		Reason(life.CFO, life.BY_CLAUSE, "Liability"),
		Reason(life.FINANCE_DIRECTOR, life.BY_VALUE, Decimal(1_000_000)),
		Reason(life.FINANCE_DIRECTOR, life.BY_LENGTH, 36),
		Reason(life.FINANCE_DIRECTOR, life.BY_DEVIATION, "Should"),
	)
	assert life.approval_role(RULES, weight) == life.CFO
	assert life.approval_reasons([CAP], Weight()) == (Reason(life.CFO, life.NO_CAP),)


def test_an_open_text_and_a_deviation_without_a_reason_keep_it_from_review():
	draft = Contract("Draft", open_text=("Venue",), unexplained=("Liability",))
	for contract, step in ((draft, life.SEND_FOR_REVIEW), (replace(draft, status="In Review"), life.APPROVE)):
		found = [obstacle.reason for obstacle in life.obstacles(contract, step, MANAGER, TODAY)]
		assert found == [life.OPEN_TEXT, life.NO_REASON]


def test_a_higher_role_acts_for_a_lower_and_not_the_reverse():
	contract = Contract("In Review", approval_role=life.FINANCE_DIRECTOR)
	assert life.who_may(contract, life.APPROVE) == (life.FINANCE_DIRECTOR, life.CFO)
	assert not obstacles(contract, life.APPROVE, Person(frozenset([life.CFO])))
	assert obstacles(contract, life.APPROVE) == [(life.WRONG_ROLE, (life.FINANCE_DIRECTOR, life.CFO))]


@pytest.mark.parametrize(
	("contract", "expires", "step"),
	[
		(Contract("Out for Signature", starts=TODAY), None, None),
		(Contract("Out for Signature", is_signed=True, starts=TODAY), None, life.ACTIVATE),
		(Contract("Out for Signature", is_signed=True, starts=TODAY + timedelta(1)), None, None),
		(Contract("Active"), TODAY, None),
		(Contract("Active"), TODAY - timedelta(1), life.EXPIRE),
		(Contract("In Renewal"), TODAY - timedelta(1), life.EXPIRE),
		(Contract("Active", ends_on=TODAY), TODAY - timedelta(1), None),
		(Contract("Active", ends_on=TODAY - timedelta(1)), None, life.END),
		(Contract("Active"), None, None),
		(Contract("Draft", starts=TODAY), TODAY - timedelta(9), None),
	],
)
def test_what_the_days_do(contract, expires, step):
	assert life.by_itself(contract, expires, TODAY) == step


# ------------------------------------------------------------------ properties
AMOUNTS = st.integers(0, 5).map(lambda n: Decimal(n * 100))
DELEGATIONS = st.lists(
	st.builds(
		Rule,
		st.sampled_from(life.APPROVERS),
		AMOUNTS,
		st.integers(0, 5),
		AMOUNTS,
		st.sampled_from(["", "Must", "Should"]),
	),
	max_size=5,
)
RANKED = ("", "Can", "Should", "Must")


@given(
	DELEGATIONS,
	*(st.integers(0, 5) for _ in range(3)),
	st.integers(0, 3),
	st.integers(0, 2),
	st.integers(0, 2),
	st.integers(0, 2),
	st.integers(0, 3),
)
def test_more_value_length_liability_or_deviation_never_needs_a_lower_role(
	rules, value, months, cap, rank, more_value, more_months, more_cap, more_rank
):
	def role(v, m, c, r):
		return life.APPROVERS.index(
			life.approval_role(rules, Weight(Decimal(v * 100), m, c if c is None else Decimal(c * 100), r))
		)

	less = role(value, months, cap, RANKED[rank])
	assert role(value + more_value, months, cap, RANKED[rank]) >= less
	assert role(value, months + more_months, cap, RANKED[rank]) >= less
	assert role(value, None, cap, RANKED[rank]) >= less
	assert role(value, months, cap + more_cap, RANKED[rank]) >= less
	assert role(value, months, None, RANKED[rank]) >= less
	assert role(value, months, cap, RANKED[max(rank, more_rank)]) >= less


@given(DELEGATIONS, AMOUNTS, st.none() | st.integers(0, 6), st.none() | AMOUNTS, st.sampled_from(RANKED))
def test_whoever_approves_is_named_by_a_reason_or_is_the_contract_manager(rules, value, months, cap, rank):
	weight = Weight(value, months, cap, rank)
	role = life.approval_role(rules, weight)
	roles = [reason.role for reason in life.approval_reasons(rules, weight)]
	assert role == (roles[0] if roles else life.CONTRACT_MANAGER)


STATES = st.sampled_from(life.STATES)
STEPS = st.sampled_from(list(life.STEPS))
CONTROLS = st.lists(
	st.builds(
		Control,
		st.sampled_from("abcd"),
		st.booleans(),
		st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)),
		st.booleans(),
	),
	max_size=4,
).map(tuple)
CONTRACTS = st.builds(
	Contract,
	STATES,
	st.booleans(),
	st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)),
	st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)),
	st.sampled_from(life.APPROVERS),
	CONTROLS,
	st.lists(st.sampled_from(["Title", "Value"]), max_size=2, unique=True).map(tuple),
)
ROLES = st.sampled_from([*life.APPROVERS, life.ACCOUNT_MANAGER, life.SALES_MANAGER, "Stock User"])
PEOPLE = st.builds(Person, st.frozensets(ROLES, max_size=3), st.booleans(), st.booleans())


@given(CONTRACTS, STEPS, PEOPLE)
def test_a_step_that_is_possible_leads_to_a_state_and_any_other_says_why(contract, step, person):
	found = life.obstacles(contract, step, person, TODAY)
	assert (step in life.possible(contract, person, TODAY)) == (not found)
	if not found:
		assert life.after(contract.status, step) in life.STATES
		assert person.is_administrator or not person.roles.isdisjoint(life.who_may(contract, step))
	if not life.follows(contract.status, step):
		assert found == (Obstacle(life.WRONG_STATE, life.STEPS[step][0]),)
		with pytest.raises(ValueError, match=step):
			life.after(contract.status, step)


@given(CONTRACTS, PEOPLE)
def test_nothing_is_approved_with_a_required_control_open_or_by_its_owner(contract, person):
	if life.APPROVE in life.possible(contract, person, TODAY):
		assert all(
			control.is_done and (control.expires is None or control.expires >= TODAY)
			for control in contract.controls
			if control.is_required
		)
		assert person.is_administrator or not person.owns
		assert not contract.missing


@given(st.lists(STEPS, max_size=30))
def test_no_way_leads_to_a_running_contract_but_through_approval_and_signature(steps):
	status, seen = life.DRAFT, []
	for step in steps:
		if life.follows(status, step):
			status = life.after(status, step)
			seen.append(step)
	if status in life.RUNNING:
		assert seen.index(life.APPROVE) < seen.index(life.SEND_FOR_SIGNATURE) < seen.index(life.ACTIVATE)


@given(CONTRACTS, st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)))
def test_the_days_come_to_rest(contract, expires):
	step = life.by_itself(contract, expires, TODAY)
	if step:
		assert life.follows(contract.status, step)
		then = replace(contract, status=life.after(contract.status, step))
		again = life.by_itself(then, expires, TODAY)
		assert again is None or (step == life.ACTIVATE and again in (life.EXPIRE, life.END))
