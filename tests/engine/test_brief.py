"""`firing` and `brief` say in short what `decide` says at length."""

from decimal import Decimal

from hypothesis import given

from b2b_contracts.engine import gate, rules

from . import builders
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


@given(cases())
def test_what_fits_at_a_glance_is_clear(case):
	"""A glance may miss what is clear, and never lets through what is not."""
	if case.group:
		return
	room = rules.room_of(case.account, case.policy, case.today)
	exposure = case.position.exposure + case.order.amount
	if room and room.fits(case.order, exposure, case.position.balance, case.overdue.amount):
		assert gate.firing(case) == []


def test_a_glance_sees_an_ordinary_order():
	case = builders.case(receivables=300_000, granted=50_000)
	room = rules.room_of(case.account, case.policy, case.today)
	assert room.fits(case.order, Decimal(360_000), Decimal(300_000), Decimal(0))
	assert not room.fits(case.order, Decimal(950_001), Decimal(300_000), Decimal(0))
	assert not room.fits(case.order, Decimal(360_000), Decimal(300_000), Decimal(501))
	for terms in ({"rating": "C", "rating_at_review": "A"}, {"forced_hold": "Hold"}, {"prepaid_percent": 50}):
		other = builders.case(**terms)
		assert rules.room_of(other.account, other.policy, other.today) is None
