from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import approval
from b2b_contracts.engine.approval import AmountEscalation, RuleRole, matrix_problems

from .builders import AMOUNT_ESCALATION, MATRIX, RULE_ROLES, matrix_row, money
from .strategies import matrices

LADDER = [
	"Account Manager",
	"Sales Manager",
	"Credit Controller",
	"Credit Manager",
	"Finance Director",
	"CFO",
	"Board",
]
UNCOVERED = {"start", "gap", "open_end", "missing_class"}


# --- who ranks above whom


def test_the_roles_rank_from_account_manager_to_board():
	assert sorted(reversed(LADDER), key=approval.rank) == LADDER


@pytest.mark.parametrize("role", ["Collector", "Compliance Officer", "Contract Manager", "", "board"])
def test_a_role_off_the_ladder_has_no_rank(role):
	with pytest.raises(ValueError, match="not a release role"):
		approval.rank(role)


@pytest.mark.parametrize(
	("roles", "highest"),
	[
		(["Credit Manager", "CFO", "Sales Manager"], "CFO"),
		(["", None, "Account Manager"], "Account Manager"),
		([], None),
		([None, ""], None),
	],
)
def test_the_highest_of_some_roles(roles, highest):
	assert approval.highest(roles) == highest


@pytest.mark.parametrize(
	("held", "required", "acts_as"),
	[
		pytest.param(["Credit Manager"], "Credit Manager", "Credit Manager", id="the same role"),
		pytest.param(["CFO"], "Credit Controller", "CFO", id="a higher role acts for a lower one"),
		pytest.param(["Credit Controller"], "Credit Manager", None, id="a lower role does not"),
		pytest.param(
			["Board", "CFO", "Account Manager"], "Credit Manager", "CFO", id="the lowest that reaches"
		),
		pytest.param(["Compliance Officer", "System Manager"], "Account Manager", None, id="off the ladder"),
		pytest.param([], "Account Manager", None, id="no role"),
	],
)
def test_given_the_roles_a_person_holds_when_one_is_required(held, required, acts_as):
	assert approval.may_act_for(held, required) == acts_as


# --- the matrix of §2.2


@pytest.mark.parametrize("percent", ["0.0001", 5, 10, "10.0001", 25, "25.0001", 900, "Infinity"])
@pytest.mark.parametrize("risk_class", "ABC")
def test_given_the_shipped_matrix_when_over_the_limit_then_its_cell_says_who(risk_class, percent):
	roles = {
		"A": ("Sales Manager", "Credit Manager", "Finance Director"),
		"B": ("Credit Manager", "Finance Director", "CFO"),
		"C": ("Finance Director", "CFO", "Board"),
	}
	band = 0 if money(percent) <= 10 else 1 if money(percent) <= 25 else 2
	for rows in (MATRIX, MATRIX[::-1]):
		row = approval.matrix_row(rows, risk_class, money(percent) / 100)
		assert row.role == roles[risk_class][band]
		assert row.security_required == (risk_class == "C" and band == 0)


@pytest.mark.parametrize("overshoot", [0, "-0.2"])
def test_given_an_exposure_within_the_limit_when_looked_up_then_no_cell_is_needed(overshoot):
	assert approval.matrix_row(MATRIX, "C", money(overshoot)) is None


@pytest.mark.parametrize(
	("rows", "overshoot"),
	[
		pytest.param(MATRIX[:1], "0.11", id="above the last row"),
		pytest.param(
			(matrix_row(0, 10, "A", "CFO"), matrix_row(20, None, "A", "CFO")), "0.15", id="in a gap"
		),
		pytest.param(MATRIX[3:], "0.05", id="class without rows"),
		pytest.param((), "0.05", id="no rows"),
	],
)
def test_given_a_hole_in_the_matrix_when_looked_up_then_it_is_an_error_and_not_a_pass(rows, overshoot):
	with pytest.raises(LookupError, match="no row for risk class A"):
		approval.matrix_row(rows, "A", money(overshoot))


@given(st.sampled_from("ABC"), st.fractions(0, 3), st.fractions(0, 3))
def test_further_over_the_limit_never_needs_a_lower_role(risk_class, one, other):
	less, more = sorted(Decimal(x.numerator) / Decimal(x.denominator) for x in (one, other))
	rows = [approval.matrix_row(MATRIX, risk_class, overshoot) for overshoot in (less, more)]
	ranks = [approval.rank(row.role) if row else -1 for row in rows]
	assert ranks[0] <= ranks[1]


@given(st.fractions(0, 3).filter(bool))
def test_a_higher_risk_never_needs_a_lower_role(overshoot):
	overshoot = Decimal(overshoot.numerator) / Decimal(overshoot.denominator)
	ranks = [approval.rank(approval.matrix_row(MATRIX, risk_class, overshoot).role) for risk_class in "ABC"]
	assert ranks == sorted(ranks)


# --- what is wrong with a matrix


def problems_of_class_a(*bands):
	"""Return (kind, from, to) of every problem of class A, whose rows are given as (from, to)."""
	rows = [*MATRIX[3:], *(matrix_row(lower, upper, "A", "CFO") for lower, upper in bands)]
	return [(p.kind, p.from_percent, p.to_percent) for p in matrix_problems(rows) if p.risk_class == "A"]


def test_the_shipped_matrix_is_whole_in_any_order_of_its_rows():
	assert matrix_problems(MATRIX) == matrix_problems(reversed(MATRIX)) == []


@pytest.mark.parametrize(
	("bands", "problems"),
	[
		pytest.param([(0, None)], [], id="one row for all"),
		pytest.param([(0, 10), (10, None)], [], id="rows that touch"),
		pytest.param([(0, 10), (15, None)], [("gap", 10, 15)], id="gap"),
		pytest.param([(0, 10), ("10.01", None)], [("gap", 10, money("10.01"))], id="hair gap"),
		pytest.param([(0, 15), (10, None)], [("overlap", 10, 15)], id="overlap"),
		pytest.param([(0, None), (10, 20)], [("overlap", 10, None)], id="overlap with a row without end"),
		pytest.param([(0, 10), (0, 10), (10, None)], [("overlap", 0, 10)], id="the same row twice"),
		pytest.param([(5, None)], [("start", 0, 5)], id="does not start at 0"),
		pytest.param([(0, 10), (10, 25)], [("open_end", 25, None)], id="ends"),
		pytest.param([(0, None), (10, 5)], [("reversed", 10, 5)], id="reversed row"),
		pytest.param([(0, None), (7, 7)], [("reversed", 7, 7)], id="row of nothing"),
		pytest.param([], [("missing_class", None, None)], id="class forgotten"),
		pytest.param(
			[(1, 10), (12, 20)], [("start", 0, 1), ("gap", 10, 12), ("open_end", 20, None)], id="all at once"
		),
		pytest.param(
			[(0, 25), (5, 10), (25, None)], [("overlap", 5, 25)], id="a row within another leaves no gap"
		),
	],
)
def test_given_the_rows_of_a_class_when_checked(bands, problems):
	assert problems_of_class_a(*bands) == problems


def test_given_no_rows_when_checked_then_every_class_is_missing():
	assert [(p.kind, p.risk_class) for p in matrix_problems([])] == [("missing_class", c) for c in "ABC"]


def times_covered(rows, risk_class):
	"""Return how many rows cover each whole band of one per cent; the last one stands for all above."""
	middles = [Decimal(n) + Decimal("0.5") for n in range(15)]
	return [sum(r.risk_class == risk_class and r.covers(m) for r in rows) for m in middles]


@given(matrices())
def test_a_hole_is_reported_exactly_when_some_percentage_is_not_covered(rows):
	reported = {p.risk_class for p in matrix_problems(rows) if p.kind in UNCOVERED}
	assert reported == {c for c in "ABC" if 0 in times_covered(rows, c)}


@given(matrices())
def test_an_overlap_is_reported_exactly_when_some_percentage_is_covered_twice(rows):
	reported = {p.risk_class for p in matrix_problems(rows) if p.kind == "overlap"}
	assert reported == {c for c in "ABC" if max(times_covered(rows, c)) > 1}


@given(matrices(), st.integers(0, 14).map(lambda n: Decimal(n) + Decimal("0.5")), st.sampled_from("ABC"))
def test_looking_up_a_percentage_fails_exactly_when_no_row_covers_it(rows, percent, risk_class):
	if times_covered(rows, risk_class)[int(percent)]:
		assert approval.matrix_row(rows, risk_class, percent / 100).covers(percent)
	else:
		with pytest.raises(LookupError):
			approval.matrix_row(rows, risk_class, percent / 100)


# --- roles by rule and by amount


@pytest.mark.parametrize(
	("rule", "risk_class", "measure", "role"),
	[
		pytest.param("Limit Use", "B", None, "Credit Controller", id="limit use"),
		pytest.param("Limit Use", "A", None, "Sales Manager", id="limit use, class A"),
		pytest.param("Overdue Items", "C", 20, "Credit Controller", id="overdue"),
		pytest.param("Overdue Items", "A", 20, "Sales Manager", id="overdue, class A"),
		pytest.param("Payment Terms", "B", 7, "Account Manager", id="7 days over"),
		pytest.param("Payment Terms", "B", 8, "Credit Manager", id="8 days over"),
		pytest.param("Payment Terms", "A", 30, "Credit Manager", id="30 days over"),
		pytest.param("Payment Terms", "A", 31, "CFO", id="31 days over"),
		pytest.param("Payment Terms", "B", None, "CFO", id="not measured: the row without an end"),
		pytest.param("Missing PO", "A", None, "Credit Manager", id="missing PO"),
		pytest.param("Sanctions", "A", None, None, id="nobody is named"),
	],
)
def test_given_the_shipped_rule_roles_when_a_rule_fires(rule, risk_class, measure, role):
	measure = None if measure is None else money(measure)
	assert approval.rule_role(RULE_ROLES, rule, risk_class, measure) == role


def test_given_a_row_with_an_end_only_when_beyond_it_then_nobody_is_named():
	rows = [RuleRole("Payment Terms", "Account Manager", up_to=Decimal(7))]
	assert approval.rule_role(rows, "Payment Terms", "A", Decimal(8)) is None


@pytest.mark.parametrize(
	("over", "role"),
	[
		pytest.param(0, None, id="not over"),
		pytest.param(2_000_000, None, id="exactly 2 million"),
		pytest.param("2000000.01", "CFO", id="a cent more"),
	],
)
def test_given_the_shipped_escalation_when_over_by_an_amount(over, role):
	assert approval.escalation_role(AMOUNT_ESCALATION, money(over)) == role


def test_given_several_escalations_when_over_both_then_the_highest_role_counts():
	rows = [AmountEscalation(Decimal(100), "Board"), AmountEscalation(Decimal(50), "CFO")]
	assert [approval.escalation_role(rows, Decimal(n)) for n in (50, 51, 101)] == [None, "CFO", "Board"]


# --- up the ladder when nobody answers


@pytest.mark.parametrize(
	("role", "staffed", "up"),
	[
		pytest.param("Credit Manager", LADDER, "Finance Director", id="the next one"),
		pytest.param("Credit Manager", ["CFO", "Board", "Credit Manager"], "CFO", id="that somebody has"),
		pytest.param("Credit Manager", ["Credit Manager", "Sales Manager"], None, id="nobody above"),
		pytest.param("Board", LADDER, None, id="the Board is the end"),
		pytest.param("Sales Manager", ["Collector", "System Manager"], None, id="roles off the ladder"),
	],
)
def test_given_an_unanswered_request_when_it_goes_up(role, staffed, up):
	assert approval.next_role_up(role, staffed) == up


@given(st.sampled_from(LADDER), st.lists(st.sampled_from(LADDER)))
def test_going_up_ends_and_never_goes_down(role, staffed):
	steps = [role]
	while up := approval.next_role_up(steps[-1], staffed):
		steps.append(up)
	assert steps == sorted(set(steps), key=LADDER.index)
	assert not any(approval.rank(r) > approval.rank(steps[-1]) for r in staffed)


# --- compliance


@pytest.mark.parametrize("role", approval.ROLE_RANK)
def test_no_role_of_the_ladder_acts_for_compliance_nor_compliance_for_one(role):
	assert approval.may_act_for(approval.ROLE_RANK, approval.COMPLIANCE) is None
	assert approval.may_act_for([approval.COMPLIANCE], role) is None
	assert approval.may_act_for([role, approval.COMPLIANCE], approval.COMPLIANCE) == approval.COMPLIANCE


def test_nobody_stands_above_compliance():
	assert approval.next_role_up(approval.COMPLIANCE, approval.ROLE_RANK) is None
	assert approval.roles_from(approval.COMPLIANCE) == (approval.COMPLIANCE,)
	assert approval.roles_from("CFO") == ("CFO", "Board")


@pytest.mark.parametrize("role", ["Account Manager", "Sales Manager", "Credit Controller", "Credit Manager"])
def test_no_credit_role_lets_go_what_a_contract_says(role):
	assert approval.may_act_for([role], approval.CONTRACT_MANAGER) is None
	assert approval.may_act_for([approval.CONTRACT_MANAGER], role) is None


def test_those_above_contract_managers_act_for_them():
	assert approval.roles_from(approval.CONTRACT_MANAGER)[0] == approval.CONTRACT_MANAGER
	assert approval.may_act_for(["CFO", "Finance Director"], approval.CONTRACT_MANAGER) == "Finance Director"
	assert approval.may_act_for(["CFO", "Contract Manager"], approval.CONTRACT_MANAGER) == "Contract Manager"
	assert approval.next_role_up(approval.CONTRACT_MANAGER, ["Credit Manager", "CFO"]) == "CFO"
