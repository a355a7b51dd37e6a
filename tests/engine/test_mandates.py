from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import mandates
from b2b_contracts.engine.approval import ROLE_RANK, rank
from b2b_contracts.engine.mandates import Mandate, Problem, answer, of_rows, problems_of, required_role
from b2b_contracts.standard_terms import MANDATES

from .builders import money

STANDARD = of_rows(MANDATES)


@pytest.mark.parametrize(
	("action", "measure", "role"),
	[
		("Cash Discount", 0, "Account Manager"),
		("Cash Discount", 5, "Account Manager"),
		("Cash Discount", "5.01", "CFO"),
		("Due Date Change", 7, "Account Manager"),
		("Due Date Change", 8, "Credit Manager"),
		("Due Date Change", 30, "Credit Manager"),
		("Due Date Change", 31, "CFO"),
		("Fee Waiver", "4999.99", "Credit Manager"),
		pytest.param("Fee Waiver", 5000, "CFO", id="below 5,000, not up to it"),
		("Interest Waiver", "0.01", "CFO"),
		("Payment Plan", 60, "Credit Manager"),
		("Payment Plan", 61, "CFO"),
		("Quarterly Payment Plan", 1, "CFO"),
		("Write-off", 10_000, "Credit Manager"),
		("Write-off", "10000.01", "Finance Director"),
		("Write-off", 100_000, "Finance Director"),
		("Write-off", 1_000_000, "CFO"),
		("Write-off", "1000000.01", "Board"),
		pytest.param("Write-off", None, "Board", id="not measured is as much as can be"),
	],
)
def test_the_standard_mandates_are_those_of_the_requirements(action, measure, role):
	assert required_role(STANDARD, action, None if measure is None else money(measure)) == role


@pytest.mark.parametrize(
	("kind", "role"),
	[
		("Bank Guarantee", "CFO"),
		("Stand-by Letter of Credit", "CFO"),
		("Parent Guarantee", "CFO"),
		("Cash Deposit", "CFO"),
		("Credit Insurance", "Credit Manager"),
		("Retention of Title", "Credit Manager"),
		pytest.param("Something New", "CFO", id="a type that nobody has thought of"),
		pytest.param("", "CFO", id="no type"),
	],
)
def test_given_a_type_of_security_when_asked_who_releases_it(kind, role):
	assert required_role(STANDARD, "Security Release", money(1), kind) == role


def test_given_a_kind_with_rows_of_its_own_then_the_general_rows_do_not_count():
	rows = [
		Mandate("Security Release", "Account Manager"),
		Mandate("Security Release", "CFO", kind="Bank Guarantee"),
	]
	assert required_role(rows, "Security Release", money(1), "Bank Guarantee") == "CFO"
	assert required_role(rows, "Security Release", money(1), "Factoring") == "Account Manager"


def test_given_no_row_when_asked_then_only_the_board_may():
	assert required_role([], "Write-off", money(1)) == "Board"
	assert required_role([Mandate("Write-off", "CFO", money(5))], "Write-off", money(6)) == "Board"


@pytest.mark.parametrize(("action", "measure"), [("Gift", 1), ("Write-off", -1)])
def test_given_an_unknown_action_or_a_negative_measure_then_it_is_refused(action, measure):
	with pytest.raises(ValueError, match="not"):
		required_role(STANDARD, action, money(measure))


def test_an_answer_names_the_role_it_takes_and_the_lowest_held_role_that_reaches_it():
	held = ["Board", "CFO", "Credit Manager", "System Manager"]
	assert answer(STANDARD, "Write-off", money(50_000), held) == mandates.Answer("Finance Director", "CFO")
	assert answer(STANDARD, "Write-off", money(50_000), held[2:]) == mandates.Answer("Finance Director", None)


# ------------------------------------------------------------------ tables
@pytest.mark.parametrize(
	("rows", "problems"),
	[
		pytest.param(STANDARD, [], id="the standard ones"),
		pytest.param([Mandate("Write-off", "CFO", money(5))], [Problem("no_end", "Write-off")], id="ends"),
		pytest.param(
			[Mandate("Write-off", "CFO"), Mandate("Write-off", "Board")],
			[Problem("repeated", "Write-off", row=2)],
			id="twice",
		),
		pytest.param([Mandate("Gift", "CFO")], [Problem("unknown_action", "Gift", row=1)], id="unknown"),
		pytest.param(
			[Mandate("Write-off", "CFO"), Mandate("Write-off", "CFO", money(5), kind="X")],
			[Problem("no_end", "Write-off", "X")],
			id="a kind that ends",
		),
		pytest.param(
			[
				Mandate("Write-off", "CFO"),
				Mandate("Write-off", "Credit Manager", money(5)),
				Mandate("Write-off", "Account Manager", money(5), is_below=True),
			],
			[],
			id="below 5 and up to 5 are two",
		),
	],
)
def test_given_a_table_when_checked(rows, problems):
	assert problems_of(rows) == problems


def test_rows_of_a_document_are_read_with_0_as_no_end():
	assert of_rows(
		[{"action": "Write-off", "role": "CFO", "up_to": "0", "is_below": None, "kind": None}]
	) == (Mandate("Write-off", "CFO"),)
	assert of_rows([{"action": "Fee Waiver", "role": "CFO", "up_to": "5000", "is_below": "1"}]) == (
		Mandate("Fee Waiver", "CFO", Decimal(5000), is_below=True),
	)


# ------------------------------------------------------------------ properties
actions = st.sampled_from(mandates.ACTIONS)
roles = st.sampled_from(ROLE_RANK)
measures = st.one_of(st.none(), st.integers(0, 20).map(Decimal))
tables = st.lists(
	st.builds(
		Mandate,
		action=actions,
		role=roles,
		up_to=st.one_of(st.none(), st.integers(1, 20).map(Decimal)),
		kind=st.sampled_from(("", "Factoring")),
		is_below=st.booleans(),
	),
	max_size=12,
)
kinds = st.sampled_from(("", "Factoring", "Bank Guarantee"))


def stricter(row: Mandate, role: str, up_to: Decimal | None) -> Mandate:
	"""Return a row that gives a role at least as high no more than `row` does."""
	higher = max(row.role, role, key=rank)
	ends = [end for end in (row.up_to, up_to) if end is not None]
	return Mandate(row.action, higher, min(ends, default=None), row.kind, row.is_below)


@given(
	st.lists(st.tuples(tables.filter(bool).map(lambda t: t[0]), roles, measures), max_size=12),
	actions,
	measures,
	kinds,
	roles,
)
def test_a_stricter_table_never_approves_more(rows, action, measure, kind, role):
	loose = [row for row, _role, _end in rows]
	strict = [stricter(row, higher, end or None) for row, higher, end in rows]
	if answer(strict, action, measure, [role], kind).acting:
		assert answer(loose, action, measure, [role], kind).acting == role


@given(tables, actions, measures, measures, kinds)
def test_giving_more_away_never_takes_less(rows, action, one, other, kind):
	less, more = sorted((one, other), key=lambda m: Decimal("Infinity") if m is None else m)
	assert rank(required_role(rows, action, less, kind)) <= rank(required_role(rows, action, more, kind))


@given(tables, actions, measures, kinds, roles, roles)
def test_what_a_role_may_every_higher_role_may(rows, action, measure, kind, one, other):
	lower, higher = sorted((one, other), key=rank)
	if answer(rows, action, measure, [lower], kind).acting:
		assert answer(rows, action, measure, [higher], kind).acting == higher


@given(tables, actions, measures, kinds)
def test_somebody_may_always(rows, action, measure, kind):
	assert answer(rows, action, measure, ["Board"], kind).acting == "Board"
