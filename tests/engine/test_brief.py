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
	# A book, which is looked at like this, says nothing of contracts.
	if case.group or case.order.contract:
		return
	room = rules.room_of(case.account, case.policy, case.today)
	if room and not case.order.security_required_percent and fits(room, case):
		assert gate.firing(case) == []


def fits(room, case, **other) -> bool:
	"""Look at a case at a glance; `other` are amounts instead of the case's own."""
	order = case.order
	given = {
		"exposure": case.position.exposure + order.amount,
		"balance": case.position.balance,
		"overdue": case.overdue.amount,
	}
	return room.fits(
		**{**given, **other},
		latest_due_date=order.latest_due_date,
		allowed_due_date=order.allowed_due_date,
		po_number=order.po_number,
	)


def test_a_glance_sees_an_ordinary_order():
	case = builders.case(receivables=300_000, granted=50_000)
	room = rules.room_of(case.account, case.policy, case.today)
	assert fits(room, case)
	assert not fits(room, case, exposure=Decimal(950_001))
	assert not fits(room, case, balance=Decimal(1_200_001))
	assert not fits(room, case, overdue=Decimal(501))
	late = builders.case(latest_due_date=builders.days(31), allowed_due_date=builders.days(30))
	assert not fits(room, late)
	papers = builders.case(requires_po=True)
	assert not fits(rules.room_of(papers.account, papers.policy, papers.today), papers)
	for terms in (
		{"rating": "C", "rating_at_review": "A"},
		{"forced_hold": "Hold"},
		{"prepaid_percent": 50},
		{"negative_until": builders.days(1)},
		{"compliance_stop": True},
	):
		other = builders.case(**terms)
		assert rules.room_of(other.account, other.policy, other.today) is None
