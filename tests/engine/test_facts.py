from dataclasses import FrozenInstanceError

import pytest

from b2b_contracts.engine.facts import Policy

from .builders import case


@pytest.mark.parametrize(
	("term", "value"),
	[
		("hold_utilisation_percent", 95),
		("stop_utilisation_percent", 120),
		("overdue_hold_days", 14),
		("overdue_tolerance_amount", 500),
		("rating_stop_notches", 2),
		("credit_horizon_days", 0),
		("release_grace_days", 7),
		("release_max_days", 60),
		("without_profile", "Not Checked"),
		("require_po", False),
		("park_when_review_overdue", False),
	],
)
def test_a_policy_that_says_nothing_has_the_shipped_terms(term, value):
	assert getattr(Policy("CPOL-0001", 1, "Nord", "DKK"), term) == value


@pytest.mark.parametrize(
	("amount", "prepaid", "full"),
	[(100, 0, False), (100, "99.99", False), (100, 100, True), (100, 150, True), (0, 0, True)],
)
def test_an_order_is_fully_prepaid_when_nothing_is_left_to_pay(amount, prepaid, full):
	assert case(amount=amount, prepaid=prepaid).order.is_fully_prepaid is full


@pytest.mark.parametrize(
	("basis", "per_order"),
	[
		("Percent of Order", True),
		("Fixed Amount", False),
		("Percent of Expected Revenue", False),
		("", False),
	],
)
def test_only_segment_d_is_judged_order_by_order(basis, per_order):
	assert case(limit_basis=basis).account.per_order is per_order


@pytest.mark.parametrize(
	("has_profile", "without_profile", "unassessed"),
	[
		(False, "Park for Assessment", True),
		(False, "Default Segment", False),
		(False, "Not Checked", False),
		(True, "Park for Assessment", False),
	],
)
def test_a_customer_is_unassessed_when_the_policy_wants_a_profile(has_profile, without_profile, unassessed):
	assert case(has_profile=has_profile, without_profile=without_profile).is_unassessed is unassessed


@pytest.mark.parametrize("part", ["today", "order", "account", "position", "policy"])
def test_a_case_cannot_change_under_a_decision(part):
	of = case()
	with pytest.raises(FrozenInstanceError):
		setattr(of, part, None)
