"""Policy files: the terms of the documents as TOML, read without guessing."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts import standard_terms
from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.policy_file import (
	PolicyFileError,
	differences,
	dumps,
	load,
	loads,
	of_values,
	shipped,
)
from b2b_contracts.engine import facts, policy_terms
from b2b_contracts.engine.accounts import PaymentTerms


def wrong(text: str) -> list[str]:
	with pytest.raises(PolicyFileError) as caught:
		loads(text, "A.toml")
	assert all(line.startswith("A.toml: ") for line in str(caught.value).splitlines())
	return list(caught.value.problems)


def test_an_empty_file_is_what_a_new_credit_policy_starts_with():
	terms = loads("")
	assert terms.policy.matrix == policy_terms.matrix_rows(standard_terms.APPROVAL_MATRIX)
	given_defaults = facts.Policy(
		"",
		1,
		"",
		"",
		mode=facts.OBSERVE,
		matrix=terms.policy.matrix,
		rule_roles=terms.policy.rule_roles,
		amount_escalation=terms.policy.amount_escalation,
	)
	assert terms.policy == given_defaults
	assert sorted(terms.segments) == ["A", "B", "C", "D"]
	assert terms.segments["A"].at(None).calculated_limit(Decimal(12_000_000), Decimal("1.25")) == 3_750_000
	assert terms.segments["C"].payment_terms == (PaymentTerms(14),)


def test_the_shipped_policies_are_complete_and_say_what_they_should():
	standard, alternative = shipped("standard"), shipped("alternative")
	assert not [row for row in differences(standard, loads("")) if row.where != "policy: without_profile"]
	assert {row.where for row in differences(standard, alternative)} == {
		"segments A: limit_months",
		"segments A: title",
		"segments B: levels",
		"segments B: limit_percent",
		"segments B: title",
		"segments D: levels",
		"segments D: limit_percent",
		"segments D: title",
	}
	month = Decimal(1_000_000)
	assert alternative.segments["A"].at(None).calculated_limit(12 * month, Decimal(1)) == 5 * month
	assert alternative.segments["B"].at(None).calculated_limit(12 * month, Decimal(1)) == 2 * month
	assert alternative.segments["D"].at(None).prepaid_percent == 100
	for terms in (standard, alternative):
		assert dumps(terms) == (policy_file.SHIPPED / f"{terms.name.lower()}.toml").read_text(
			encoding="utf-8"
		)


def test_everything_that_is_wrong_is_told_at_once():
	found = wrong(
		"""
		spam = 1
		[policy]
		colour = "red"
		hold_utilisation_percent = "95"
		overdue_hold_days = 1.5
		require_po = 3
		mode = "On"
		workday_start = "late"
		[calendar]
		weekly_off = ["Caturday"]
		days_off = ["2026-02-30"]
		[[approval_matrix]]
		risk_class = "A"
		role = "Boss"
		[[segments]]
		segment_code = "A"
		levels = [{ level = 1 }]
		"""
	)
	for part in (
		"[spam] is not known",
		"[policy]: colour is not known",
		'hold_utilisation_percent = "95" must be a number',
		"overdue_hold_days",
		"require_po = 3 must be true or false",
		'mode = "On" must be one of Off, Observe, Enforce',
		'workday_start = "late" must be a time',
		"weekly_off",
		"days_off",
		'[[approval_matrix]] row 1: role = "Boss" must be one of',
		"[[segments]] row 1: limit_basis is missing",
		"percent_of_base is missing",
	):
		assert any(part in problem for problem in found), part


def test_contradictions_are_told():
	found = wrong(
		"""
		[policy]
		hold_utilisation_percent = 130
		without_profile = "Default Segment"
		default_segment = "Z"
		workday_start = 17:00:00
		[[approval_matrix]]
		risk_class = "A"
		from_percent = 5
		role = "CFO"
		[[segments]]
		segment_code = "A"
		limit_basis = "Fixed Amount"
		default_level = 3
		levels = [{ level = 1, percent_of_base = 50 }, { level = 1, percent_of_base = 60 }]
		[[segments]]
		segment_code = "A"
		limit_basis = "Fixed Amount"
		"""
	)
	text = "\n".join(found)
	for part in (
		"lies below",
		"ends before it starts",
		"none of the segments",
		"A stands there twice",
		"not on its ladder",
		"on its ladder twice",
		"risk class B has a missing class",
		"risk class A has a start at",
	):
		assert part in text, part


def test_not_toml_and_not_there(tmp_path):
	assert wrong("[policy")[0].startswith("is not TOML")
	with pytest.raises(PolicyFileError, match="cannot be read"):
		load(tmp_path / "none.toml")
	(tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
	with pytest.raises(PolicyFileError, match="not a UTF-8"):
		load(tmp_path / "x.toml")


def test_working_time_knows_holidays_and_weekends():
	terms = loads('[calendar]\ndays_off = [2026-04-02, "2026-04-03", 2026-04-06]')
	assert terms.answered_at(datetime(2026, 4, 1, 14, 30), Decimal(4)) == datetime(2026, 4, 7, 10, 30), (
		"Danish Easter"
	)
	assert date(2026, 4, 4) in terms.working.days_off and date(2026, 4, 7) not in terms.working.days_off


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NUMBERS = st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False)


@given(
	st.fixed_dictionaries(
		{
			"name": TEXT,
			"company": TEXT,
			"hold_utilisation_percent": st.integers(0, 100),
			"overdue_tolerance_amount": NUMBERS,
			"require_po": st.booleans(),
			"response_hours": NUMBERS,
			"workday_end": st.times(min_value=datetime(2026, 1, 1, 9).time()),
			"without_profile": st.sampled_from(("Not Checked", "Park for Assessment")),
		}
	),
	st.lists(st.dates(), max_size=4),
	TEXT.filter(str.strip),
	NUMBERS,
)
def test_what_is_written_is_read_back(policy, days_off, title, amount):
	segment = {
		"segment_code": title,
		"title": title,
		"limit_basis": "Fixed Amount",
		"limit_amount": amount,
		"levels": [{"level": 2, "percent_of_base": amount}],
		"default_level": 2,
	}
	terms = of_values(
		{"policy": policy, "calendar": {"days_off": days_off}, "segments": [segment], "amount_escalation": []}
	)
	again = loads(dumps(terms))
	assert again.values == terms.values
	assert again.policy == terms.policy
	assert not differences(again, terms)


def test_differences_name_the_term_and_both_values():
	one = loads("")
	other = loads(
		"[policy]\noverdue_hold_days = 7\n[[amount_escalation]]\namount_over_limit = 5\nrole = 'Board'"
	)
	rows = {row.where: (row.ours, row.theirs) for row in differences(one, other)}
	assert rows == {
		"policy: overdue_hold_days": ("14", "7"),
		"amount_escalation 2000000: role": ("CFO", ""),
		"amount_escalation 5: role": ("", "Board"),
	}
