"""`firing` and `brief` say in short what `decide` says at length."""

from hypothesis import given

from b2b_contracts.engine import gate

from .strategies import cases


@given(cases())
def test_brief_says_what_decide_says(case):
	decision, brief = gate.decide(case), gate.brief(case)
	assert (brief is None) == decision.is_clear
	if brief:
		assert brief.outcome == decision.outcome
		assert brief.fired == decision.fired
		assert brief.requirement == decision.requirement


@given(cases())
def test_the_rules_that_fire_are_those_that_were_found(case):
	assert [rule.name for rule in gate.firing(case)] == [finding.rule for finding in gate.decide(case).fired]
