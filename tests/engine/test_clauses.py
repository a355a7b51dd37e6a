from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import clauses as engine
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_text as ct
from b2b_contracts.engine.clauses import Clause, Wording

LIABILITY = Clause(
	"Liability",
	rank=ct.MUST,
	deviation_role=life.FINANCE_DIRECTOR,
	wordings=(
		Wording("en", "Liability", "100 %"),
		Wording("da", "Ansvar", "100 %"),
		Wording("en", "Liability", "150 %", 1),
		Wording("en", "Liability", "200 %", 2, life.FINANCE_DIRECTOR),
		Wording("en", "Liability", "300 %", 3),
	),
)


@pytest.mark.parametrize(
	("choice", "number", "role", "deviates"),
	[
		(ct.STANDARD, 0, "", False),
		(ct.FALLBACK, 1, "", False),
		(ct.FALLBACK, 2, life.FINANCE_DIRECTOR, True),
		# It comes after the second, so it cannot need less.
		(ct.FALLBACK, 3, life.FINANCE_DIRECTOR, True),
		(ct.TAILORED, 0, life.FINANCE_DIRECTOR, True),
		(ct.COUNTERPARTY, 0, life.FINANCE_DIRECTOR, True),
		(ct.LEFT_OUT, 0, life.FINANCE_DIRECTOR, True),
	],
)
def test_who_has_to_agree_to_how_a_clause_stands(choice, number, role, deviates):
	assert engine.role_of(LIABILITY, choice, number) == role
	assert engine.is_deviation(choice, role) is deviates


def test_an_optional_clause_may_be_left_out_and_nothing_else():
	assert engine.role_of(LIABILITY, ct.LEFT_OUT, is_optional=True) == ""
	assert not engine.is_deviation(ct.LEFT_OUT, "", is_optional=True)
	assert engine.is_deviation(ct.TAILORED, life.FINANCE_DIRECTOR, is_optional=True)


def test_a_deviation_without_a_role_of_its_own_is_a_contract_managers():
	assert engine.role_of(Clause("Notices"), ct.TAILORED) == life.CONTRACT_MANAGER


def test_what_there_is_not_is_refused():
	with pytest.raises(ValueError, match="fallback 4"):
		engine.role_of(LIABILITY, ct.FALLBACK, 4)
	with pytest.raises(ValueError, match="choice"):
		engine.role_of(LIABILITY, "Whatever")
	with pytest.raises(ValueError, match="rank"):
		Clause("x", rank="Maybe")
	with pytest.raises(ValueError, match="Intern"):
		Clause("x", deviation_role="Intern")


def test_languages_and_wordings():
	assert LIABILITY.languages == ("en", "da")
	assert LIABILITY.fallbacks == (1, 2, 3)
	assert LIABILITY.in_languages(0)["da"].heading == "Ansvar"
	assert list(LIABILITY.in_languages(2)) == ["en"]


ROLES = st.sampled_from(("", *life.APPROVERS))
WORDINGS = st.lists(
	st.builds(Wording, st.sampled_from(("en", "da")), st.just("H"), st.just("T"), st.integers(0, 4), ROLES),
	max_size=6,
).map(tuple)
CLAUSES = st.builds(Clause, st.just("C"), st.just(""), st.sampled_from(ct.RANKS), ROLES, WORDINGS)


def height(role: str) -> int:
	return life.APPROVERS.index(role) + 1 if role else 0


@given(CLAUSES)
def test_giving_up_more_never_needs_less(clause):
	steps = [0, *(height(engine.role_of(clause, ct.FALLBACK, number)) for number in clause.fallbacks)]
	assert steps == sorted(steps)
	for choice in engine.DEVIATING:
		role = engine.role_of(clause, choice)
		assert height(role) >= max(steps)
		assert height(role) >= height(clause.deviation_role)
		assert engine.is_deviation(choice, role)


@given(CLAUSES, st.sampled_from(engine.DEVIATING))
def test_a_deviation_reaches_the_approval_of_the_contract(clause, choice):
	role = engine.role_of(clause, choice)
	weight = life.Weight(Decimal(0), 0, None, clause.rank, ((role, clause.name),))
	assert height(life.approval_role((), weight)) >= height(role)


@given(st.lists(st.sampled_from(("", *ct.RANKS))))
def test_the_strictest_rank_is_the_first_of_the_ranks_that_is_there(ranks):
	assert engine.strictest(ranks) == next((rank for rank in ct.RANKS if rank in ranks), "")
