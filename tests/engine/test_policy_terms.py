"""The terms of a policy as they are stored: what goes in comes out, and versions of before have the standard."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import plans, policy_terms
from b2b_contracts.engine.plans import Terms

FIELDS = {
	"plan_longest_days": "longest_days",
	"plan_longest_days_with_force_majeure": "longest_days_with_force_majeure",
	"plan_grace_working_days": "grace_working_days",
	"plan_quarterly_above": "quarterly_above",
	"plan_slow_days": "slow_days",
	"plan_lowest_rating": "lowest_rating",
}

plan_terms = st.builds(
	Terms,
	longest_days=st.integers(0, 1_000),
	longest_days_with_force_majeure=st.integers(0, 1_000),
	quarterly_above=st.decimals(0, 10**9, places=2),
	grace_working_days=st.integers(0, 30),
	slow_days=st.integers(0, 365).map(Decimal),
	lowest_rating=st.sampled_from(["", "AAA", "AA", "A", "B", "C"]),
)


@given(plan_terms)
def test_the_limits_of_payment_plans_come_out_as_they_went_in(terms):
	entered = {field: getattr(terms, name) for field, name in FIELDS.items()}
	assert policy_terms.plan_terms_of(policy_terms.stored(entered)) == terms


def test_a_version_of_before_has_the_standard_limits():
	stored = policy_terms.stored({})
	for field in policy_terms.PLAN_TERMS:
		del stored[field]
	assert policy_terms.plan_terms_of(stored) == plans.STANDARD


def test_every_limit_is_stored():
	assert set(FIELDS) == set(policy_terms.PLAN_TERMS)
	assert set(FIELDS.values()) == set(Terms.__dataclass_fields__)
