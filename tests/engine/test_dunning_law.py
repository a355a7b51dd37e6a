"""What a letter may charge: every figure of requirements §3.1, and what holds under any law."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts import standard_law
from b2b_contracts.engine import dunning_law as law
from b2b_contracts.engine.dunning_law import (
	ABSORBED,
	ADDED,
	APPLIED,
	ARREARS,
	CLAIM,
	COLLECTION_NOTICE,
	DEDUCTED,
	DROP_FEE,
	DROPPED,
	HAND_OVER,
	MOVE_LETTER,
	MOVED,
	PAYMENT_PLAN,
	REDUCED,
	REMINDER,
	WARNED,
	Acceptance,
	Asked,
	Claim,
	Figure,
	Law,
	Payable,
	Sent,
	converted,
	hand_over_day,
	interest_from,
	judge,
	law_of,
	lawful_percent,
	overdue_from,
	payable,
	rate_check,
	terms_checks,
	unbroken_since,
	value_of,
)

from .builders import money

ZERO = Decimal(0)
DUE = date(2026, 6, 1)


def shipped(name: str, on: date = date(2026, 1, 1)) -> Law:
	(row,) = [row for row in standard_law.JURISDICTIONS if row["jurisdiction_name"] == name]
	figures = [
		Figure(
			r["rule"],
			value_of(r["rule"], r["value"]),
			date.fromisoformat(r["valid_from"]),
			r["source"],
			bool(r["is_confirmed"]),
		)
		for r in row["rules"]
	]
	return law_of(name, row["currency"], figures, on)


DK, NO, SE, EU = map(
	shipped, (standard_law.DENMARK, standard_law.NORWAY, standard_law.SWEDEN, standard_law.EU)
)


def day(month: int, number: int) -> date:
	return date(2026, month, number)


def letter(fee=0, compensation=0, *claims: Claim, **more) -> Asked:
	"""Return a letter about one claim due on 1 June 2026, unless others are given."""
	return Asked(claims or (Claim("A", DUE),), fee=money(fee), compensation=money(compensation), **more)


def sent(on: date, fee=0, compensation=0, claims="A", **more) -> Sent:
	return Sent(on, frozenset(claims), fee=money(fee), compensation=money(compensation), **more)


def rules(judged, *outcomes) -> list[str]:
	return [check.rule for check in judged.checks if check.outcome in (outcomes or (DROPPED, MOVED, REDUCED))]


# ------------------------------------------------------------------ Denmark: the fee
@pytest.mark.parametrize(
	("asked", "charged", "outcome"), [(100, 100, APPLIED), (99, 99, APPLIED), (101, 100, REDUCED)]
)
def test_given_a_danish_fee_when_judged_then_it_is_100_at_most(asked, charged, outcome):
	judged = judge(DK, letter(asked), [], day(6, 8))
	(check,) = [c for c in judged.checks if c.rule == law.REMINDER_FEE]
	assert judged.fee == charged
	assert (check.outcome, check.before, check.after, check.limit) == (outcome, asked, charged, 100)
	assert (check.source, check.is_confirmed) == ("Renteloven § 9 b", True)


def test_given_one_letter_about_many_claims_when_judged_then_it_carries_one_fee():
	claims = [Claim(key, DUE) for key in "ABC"]
	judged = judge(DK, letter(100, 0, *claims), [], day(6, 8))
	assert (judged.fee, judged.fee_claims) == (100, ("A", "B", "C"))


def test_given_d7_d21_d30_when_the_third_comes_after_nine_days_then_it_carries_no_fee():
	before = [sent(day(6, 8), 100), sent(day(6, 22), 100)]
	assert judge(DK, letter(100), [], day(6, 8)).fee == 100
	assert judge(DK, letter(100), before[:1], day(6, 22)).fee == 100
	judged = judge(DK, letter(100), before, day(7, 1))
	assert (judged.fee, judged.earliest_day, judged.may_go(day(7, 1))) == (ZERO, day(7, 1), True)
	(check,) = judged.changes
	assert (check.rule, check.outcome, check.number, check.limit, check.day) == (
		law.DAYS_BETWEEN_FEES,
		DROPPED,
		9,
		10,
		day(7, 2),
	)
	assert judge(DK, letter(100), before, day(7, 2)).fee == 100


def test_given_d7_d21_d30_when_letters_are_moved_then_the_third_goes_on_2_july():
	before = [sent(day(6, 8), 100), sent(day(6, 22), 100)]
	moving = replace(DK, fee_too_soon=MOVE_LETTER)
	judged = judge(moving, letter(100), before, day(7, 1))
	assert (judged.fee, judged.earliest_day, judged.may_go(day(7, 1))) == (ZERO, day(7, 2), False)
	(check,) = judged.changes
	assert (check.rule, check.outcome, check.before, check.after) == (
		law.DAYS_BETWEEN_FEES,
		MOVED,
		day(7, 1),
		day(7, 2),
	)
	then = judge(moving, letter(100), before, day(7, 2))
	assert (then.fee, then.may_go(day(7, 2))) == (100, True)


def test_given_three_danish_fees_for_a_claim_when_a_fourth_is_asked_then_it_is_dropped():
	before = [sent(day(6, 8), 100), sent(day(6, 22), 100), sent(day(7, 2), 100)]
	assert judge(DK, letter(100), before[:2], day(7, 12)).fee == 100
	judged = judge(DK, letter(100), before, day(7, 12))
	assert judged.fee == ZERO
	(check,) = judged.changes
	assert (check.rule, check.limit, check.number) == (law.FEES_PER_CLAIM, 3, 3)


def test_given_three_fees_in_an_unbroken_period_when_another_claim_is_overdue_then_it_carries_none():
	before = [sent(day(6, 8), 100), sent(day(6, 22), 100), sent(day(7, 2), 100)]
	another = letter(100, 0, Claim("B", day(6, 20)), arrears_since=day(6, 2))
	assert rules(judge(DK, another, before, day(7, 12))) == [law.FEES_PER_ARREARS]
	by_claim = replace(DK, fees_per_arrears=None)
	assert judge(by_claim, another, before, day(7, 12)).fee == 100
	after_a_break = replace(another, arrears_since=day(7, 3))
	assert judge(DK, after_a_break, before, day(7, 12)).fee == 100


def test_given_a_claim_with_three_fees_beside_a_new_one_when_judged_then_the_new_one_bears_the_fee():
	before = [sent(day(6, 8), 100), sent(day(6, 22), 100), sent(day(7, 2), 100)]
	both = letter(100, 0, Claim("A", DUE), Claim("B", day(7, 1)))
	judged = judge(replace(DK, fees_per_arrears=None), both, before, day(7, 12))
	assert (judged.fee, judged.fee_claims) == (100, ("B",))


def test_given_a_letter_without_fee_before_when_judged_then_it_does_not_count():
	assert judge(DK, letter(100), [sent(day(6, 7))], day(6, 8)).fee == 100


def test_given_a_broken_plan_when_judged_then_there_is_no_danish_fee_of_any_kind():
	claim = Claim("A", DUE, had_broken_plan=True)
	judged = judge(DK, letter(100, 0, claim), [], day(6, 8))
	assert (judged.fee, rules(judged)) == (ZERO, [law.FEE_AFTER_BROKEN_PLAN])
	allowed = replace(DK, fee_after_broken_plan=True)
	assert judge(allowed, letter(100, 0, claim), [], day(6, 8)).fee == 100


def test_given_a_danish_reminder_when_judged_then_it_names_a_deadline():
	assert judge(DK, letter(100), [], day(6, 8)).deadline == day(6, 18)
	judged = judge(DK, letter(100, deadline=day(6, 10)), [], day(6, 8))
	assert (judged.deadline, rules(judged)) == (day(6, 18), [law.DAYS_TO_PAY])
	assert judge(DK, letter(100, deadline=day(6, 30)), [], day(6, 8)).deadline == day(6, 30)


def test_given_a_friendly_notice_when_judged_then_its_deadline_is_its_own():
	assert judge(DK, letter(deadline=DUE), [], day(5, 28)).deadline == DUE
	assert judge(DK, letter(), [], day(5, 10)).deadline == DUE


def test_given_a_danish_fee_when_asked_then_it_carries_no_vat():
	assert not DK.fee_with_vat


def test_given_a_call_when_judged_then_it_carries_no_fee():
	assert rules(judge(DK, letter(100, is_written=False), [], day(6, 15))) == [law.FEE_IN_WRITING]


@pytest.mark.parametrize("on", [day(5, 31), DUE])
def test_given_a_claim_that_is_not_overdue_when_judged_then_it_bears_no_charge(on):
	judged = judge(DK, letter(100, 310), [], on)
	assert (judged.fee, judged.compensation) == (ZERO, ZERO)
	assert rules(judged) == [law.NOT_OVERDUE, law.NOT_OVERDUE]
	the_day_after = judge(DK, letter(100, 310), [], DUE + timedelta(days=1))
	assert (the_day_after.fee, the_day_after.compensation) == (100, 310)


def test_given_a_disputed_claim_when_judged_then_it_bears_nothing_and_the_others_do():
	disputed = Claim("A", DUE, is_disputed=True)
	judged = judge(DK, letter(100, 310, disputed), [], day(6, 8))
	assert (judged.fee, judged.compensation) == (ZERO, ZERO)
	assert rules(judged) == [law.DISPUTED, law.DISPUTED]
	judged = judge(DK, letter(100, 310, disputed, Claim("B", DUE)), [], day(6, 8))
	assert (judged.fee, judged.fee_claims, judged.compensation_claims) == (100, ("B",), ("B",))


# ------------------------------------------------------------------ Denmark: compensation
def test_given_an_overdue_danish_invoice_when_judged_then_310_stand_beside_the_fee():
	judged = judge(DK, letter(100, 310), [sent(day(6, 8), 100)], day(6, 22))
	assert (judged.fee, judged.compensation, judged.deducted) == (100, 310, ZERO)
	assert judged.compensation_claims == ("A",)


def test_given_more_than_310_when_asked_then_310_are_left():
	judged = judge(DK, letter(0, 500), [], day(6, 8))
	assert (judged.compensation, rules(judged)) == (310, [law.COMPENSATION])


def test_given_running_arrears_when_compensation_is_asked_again_then_it_is_dropped():
	before = [sent(day(6, 8), 0, 310)]
	same = judge(DK, letter(0, 310), before, day(6, 22))
	another = judge(DK, letter(0, 310, Claim("B", day(6, 10)), arrears_since=day(6, 2)), before, day(6, 22))
	assert (same.compensation, another.compensation) == (ZERO, ZERO)
	assert rules(same) == rules(another) == [law.COMPENSATION_ONCE_PER]
	(check,) = same.changes
	assert check.day == day(6, 8)


def test_given_arrears_that_were_paid_when_others_run_then_compensation_is_due_again():
	before = [sent(day(6, 8), 0, 310)]
	asked = letter(0, 310, Claim("B", day(7, 10)), arrears_since=day(7, 11))
	assert judge(DK, asked, before, day(7, 20)).compensation == 310


def test_given_compensation_for_each_claim_when_several_are_overdue_then_each_bears_it_once():
	by_claim = replace(DK, compensation_once_per=CLAIM)
	three = letter(0, 310, *(Claim(key, DUE) for key in "ABC"))
	assert judge(by_claim, three, [], day(6, 8)).compensation == 930
	assert judge(DK, three, [], day(6, 8)).compensation == 310
	judged = judge(by_claim, three, [sent(day(6, 3), 0, 310, claims="AC")], day(6, 8))
	assert (judged.compensation, judged.compensation_claims) == (310, ("B",))


def test_given_a_consumer_or_the_public_sector_when_judged_then_there_is_no_compensation():
	consumer = judge(DK, letter(100, 310, is_business=False), [], day(6, 8))
	public = judge(DK, letter(100, 310, is_public_sector=True), [], day(6, 8))
	assert (consumer.fee, consumer.compensation) == (public.fee, public.compensation) == (100, ZERO)
	assert rules(consumer) == [law.BUSINESS_ONLY]
	assert rules(public) == [law.COMPENSATION_FROM_PUBLIC_SECTOR]
	allowed = replace(DK, compensation_from_public_sector=True)
	assert judge(allowed, letter(0, 310, is_public_sector=True), [], day(6, 8)).compensation == 310


# ------------------------------------------------------------------ Denmark: collection
def test_given_a_notice_of_16_july_when_handed_over_then_27_july_at_the_earliest():
	assert hand_over_day(DK, day(7, 16)) == day(7, 27)
	before = [sent(day(7, 16), kind=COLLECTION_NOTICE)]
	asked = letter(100, kind=HAND_OVER)
	early = judge(DK, asked, before, day(7, 26))
	assert (early.fee, early.earliest_day, early.may_go(day(7, 26))) == (ZERO, day(7, 27), False)
	assert rules(early) == [law.DAYS_BEFORE_COLLECTION]
	in_time = judge(DK, asked, before, day(7, 27))
	assert (in_time.fee, in_time.may_go(day(7, 27))) == (100, True)


def test_given_a_longer_deadline_in_the_notice_when_handed_over_then_that_holds():
	assert hand_over_day(DK, day(7, 16), day(8, 1)) == day(8, 2)
	assert hand_over_day(DK, day(7, 16), day(7, 20)) == day(7, 27)


def test_given_a_notice_before_collection_when_judged_then_it_gives_ten_days():
	asked = letter(kind=COLLECTION_NOTICE, deadline=day(7, 20))
	judged = judge(DK, asked, [], day(7, 16))
	assert (judged.deadline, rules(judged)) == (day(7, 26), [law.DAYS_BEFORE_COLLECTION])


def test_given_no_notice_when_handed_over_then_it_waits_for_one():
	asked = letter(100, kind=HAND_OVER)
	for before in ([], [sent(day(6, 8), 100)]):
		judged = judge(DK, asked, before, day(7, 27))
		assert (judged.fee, judged.earliest_day, judged.may_go(day(7, 27))) == (ZERO, None, False)
		assert rules(judged) == [law.NOTICE_FIRST]


def test_given_a_claim_that_no_notice_named_when_handed_over_then_all_of_it_waits():
	before = [sent(day(7, 1), kind=COLLECTION_NOTICE)]
	asked = letter(100, 0, Claim("A", DUE), Claim("B", DUE), kind=HAND_OVER)
	assert judge(DK, asked, before, day(7, 27)).earliest_day is None
	both = [*before, sent(day(7, 20), claims="B", kind=COLLECTION_NOTICE)]
	assert judge(DK, asked, both, day(7, 27)).earliest_day == day(7, 31)


def test_given_a_disputed_claim_when_handed_over_then_it_never_goes_to_collection():
	asked = letter(100, 0, Claim("A", DUE, is_disputed=True), kind=HAND_OVER)
	judged = judge(DK, asked, [sent(day(7, 1), kind=COLLECTION_NOTICE)], day(7, 27))
	assert (judged.earliest_day, rules(judged)) == (None, [law.DISPUTED])


def test_given_three_reminder_fees_when_handed_over_then_100_more_once():
	before = [
		*(sent(d, 100) for d in (day(6, 8), day(6, 22), day(7, 2))),
		sent(day(7, 16), kind=COLLECTION_NOTICE),
	]
	assert judge(DK, letter(100, kind=HAND_OVER), before, day(7, 27)).fee == 100
	again = judge(
		DK, letter(100, kind=HAND_OVER), [*before, sent(day(7, 27), 100, kind=HAND_OVER)], day(8, 27)
	)
	assert (again.fee, rules(again)) == (ZERO, [law.ONCE_PER_CLAIM])


def test_given_a_danish_notice_before_collection_when_it_carries_a_fee_then_it_is_one_of_the_three():
	before = [sent(d, 100) for d in (day(6, 8), day(6, 22))] + [sent(day(7, 2), 100, kind=COLLECTION_NOTICE)]
	assert judge(DK, letter(100, kind=COLLECTION_NOTICE), before[:2], day(7, 2)).fee == 100
	assert rules(judge(DK, letter(100), before, day(7, 12))) == [law.FEES_PER_CLAIM]


# ------------------------------------------------------------------ Norway
@pytest.mark.parametrize(("on", "fee"), [(day(6, 2), 0), (day(6, 14), 0), (day(6, 15), 35), (day(6, 16), 35)])
def test_given_a_norwegian_reminder_when_it_goes_then_its_fee_is_free_14_days_after_due(on, fee):
	judged = judge(NO, letter(35), [], on)
	assert (judged.fee, judged.may_go(on)) == (fee, True)
	assert rules(judged) == ([] if fee else [law.DAYS_BEFORE_FEE])


def test_given_a_norwegian_fee_when_asked_then_it_is_35_in_writing_with_14_days():
	judged = judge(NO, letter(70, deadline=day(6, 20)), [], day(6, 15))
	assert (judged.fee, judged.deadline) == (35, day(6, 29))
	assert rules(judged) == [law.REMINDER_FEE, law.DAYS_TO_PAY]
	assert rules(judge(NO, letter(35, is_written=False), [], day(6, 15))) == [law.FEE_IN_WRITING]


def test_given_two_norwegian_fees_when_a_third_is_asked_then_it_is_dropped():
	before = [sent(day(6, 15), 35), sent(day(6, 29), 35)]
	assert judge(NO, letter(35), before[:1], day(6, 29)).fee == 35
	assert rules(judge(NO, letter(35), before, day(7, 13))) == [law.FEES_PER_CLAIM]


@pytest.mark.parametrize(("fees", "compensation"), [((), 470), ((35,), 435), ((35, 35), 400)])
def test_given_norwegian_fees_charged_when_compensation_is_claimed_then_they_are_deducted(fees, compensation):
	before = [sent(day(6, 15) + timedelta(days=14 * n), fee) for n, fee in enumerate(fees)]
	judged = judge(NO, letter(0, 470), before, day(7, 20))
	assert (judged.compensation, judged.deducted) == (compensation, sum(fees))


def test_given_a_norwegian_fee_and_compensation_in_one_letter_when_judged_then_they_come_to_470():
	judged = judge(NO, letter(35, 470), [sent(day(6, 15), 35)], day(6, 29))
	assert (judged.fee, judged.compensation, judged.deducted) == (35, 400, 70)
	later = judge(NO, letter(35), [sent(day(6, 15), 0, 470)], day(6, 29))
	assert (later.fee, rules(later)) == (ZERO, [law.COMPENSATION_AND_FEES])


def test_given_a_norwegian_collection_notice_when_handed_over_then_after_14_days():
	assert hand_over_day(NO, day(7, 1)) == day(7, 16)


# ------------------------------------------------------------------ Sweden
def test_given_a_swedish_reminder_when_no_fee_was_agreed_then_it_carries_none():
	agreed = letter(60, 0, Claim("A", DUE, is_fee_agreed=True))
	assert judge(SE, agreed, [], day(6, 8)).fee == 60
	judged = judge(SE, letter(60), [], day(6, 8))
	assert (judged.fee, rules(judged)) == (ZERO, [law.FEE_NEEDS_AGREEMENT])


@pytest.mark.parametrize(("kind", "fee"), [(COLLECTION_NOTICE, 180), (PAYMENT_PLAN, 170)])
def test_given_a_swedish_demand_or_plan_when_judged_then_its_fee_is_set_and_once(kind, fee):
	assert judge(SE, letter(500, kind=kind), [], day(6, 8)).fee == fee
	again = judge(SE, letter(fee, kind=kind), [sent(day(6, 8), fee, kind=kind)], day(7, 8))
	assert (again.fee, rules(again)) == (ZERO, [law.ONCE_PER_CLAIM])


def test_given_swedish_fees_when_compensation_is_claimed_then_450_absorb_them():
	claim = Claim("A", DUE, is_fee_agreed=True)
	before = [sent(day(6, 8), 60), sent(day(6, 22), 180, kind=COLLECTION_NOTICE)]
	judged = judge(SE, letter(0, 450, claim), before, day(7, 20))
	assert (judged.compensation, judged.deducted) == (210, 240)
	together = judge(SE, letter(180, 450, claim, kind=COLLECTION_NOTICE), before[:1], day(6, 22))
	assert (together.fee, together.compensation, together.deducted) == (ZERO, 390, 60)
	assert together.fee_claims == ()
	later = judge(SE, letter(170, 0, claim, kind=PAYMENT_PLAN), [sent(day(6, 8), 0, 450)], day(7, 20))
	assert (later.fee, rules(later)) == (ZERO, [law.COMPENSATION_AND_FEES])


# ------------------------------------------------------------------ the European Union
def test_given_the_eu_default_when_judged_then_40_euro_and_no_fee():
	judged = judge(EU, letter(20, 40, Claim("A", DUE, is_fee_agreed=True)), [], day(6, 8))
	assert (EU.currency, judged.fee, judged.compensation) == ("EUR", ZERO, 40)
	assert rules(judged) == [law.REMINDER_FEE]


@pytest.mark.parametrize(
	("days", "agreed", "warned"),
	[(60, False, []), (61, False, [law.LONGEST_TERMS]), (61, True, [])],
)
def test_given_long_terms_when_checked_then_they_need_express_agreement(days, agreed, warned):
	checks = terms_checks(EU, days, agreed)
	assert [check.rule for check in checks] == warned
	assert all(check.outcome == WARNED for check in checks)
	assert terms_checks(Law("X", "EUR"), days, agreed) == ()


def test_given_long_terms_when_a_letter_is_judged_then_it_says_so_once():
	long = [Claim(key, DUE, invoiced=DUE - timedelta(days=90)) for key in "AB"]
	assert rules(judge(EU, letter(0, 0, *long), [], day(6, 8)), WARNED) == [law.LONGEST_TERMS]
	agreed = [replace(claim, are_terms_agreed=True) for claim in long]
	assert rules(judge(EU, letter(0, 0, *agreed), [], day(6, 8)), WARNED) == []


# ------------------------------------------------------------------ a procedure of acceptance
INVOICED = DUE - timedelta(days=30)


@pytest.mark.parametrize(
	("acceptance", "later", "noted"),
	[
		(None, 0, []),
		(Acceptance(0), 0, []),
		(Acceptance(14), 14, [law.ACCEPTANCE]),
		(Acceptance(30), 30, [law.ACCEPTANCE]),
		# Longer than 30 days: 30 count, unless it was expressly agreed and is not grossly unfair.
		(Acceptance(45), 30, [law.LONGEST_ACCEPTANCE, law.ACCEPTANCE]),
		(Acceptance(45, True), 45, [law.LONGEST_ACCEPTANCE, law.ACCEPTANCE]),
		(Acceptance(45, True, True), 30, [law.LONGEST_ACCEPTANCE, law.ACCEPTANCE]),
		(Acceptance(45, False, True), 30, [law.LONGEST_ACCEPTANCE, law.ACCEPTANCE]),
	],
)
def test_given_an_acceptance_procedure_then_the_time_to_pay_runs_from_its_end(acceptance, later, noted):
	found = payable(EU, DUE, INVOICED, INVOICED, acceptance)
	assert found.due == DUE + timedelta(days=later)
	assert [check.rule for check in found.checks] == noted
	assert found.accepted_on == (INVOICED + timedelta(days=later) if later else None)
	assert all("2011/7/EU" in check.source for check in found.checks)
	reduced = [check for check in found.checks if check.outcome == REDUCED]
	assert [(check.before, check.after) for check in reduced] == (
		[(45, 30)] if noted and later == 30 and len(noted) == 2 else []
	)


def test_given_goods_that_were_received_before_the_invoice_then_their_days_have_run_already():
	acceptance = Acceptance(30)
	early = payable(EU, DUE, INVOICED, INVOICED - timedelta(days=20), acceptance)
	assert early.due == DUE + timedelta(days=10)
	assert payable(EU, DUE, INVOICED, INVOICED - timedelta(days=40), acceptance) == Payable(DUE)
	later = payable(EU, DUE, INVOICED, INVOICED + timedelta(days=5), acceptance)
	assert later.due == DUE + timedelta(days=35)
	assert payable(EU, DUE, INVOICED, None, acceptance).due == DUE + timedelta(days=30)


def test_given_a_law_that_knows_no_limit_then_what_was_agreed_counts():
	assert payable(Law("X", "EUR"), DUE, INVOICED, INVOICED, Acceptance(90)).due == DUE + timedelta(days=90)


def test_given_an_acceptance_procedure_when_judged_then_nothing_goes_before_it_is_overdue():
	claim = Claim("A", DUE, invoiced=INVOICED, received=INVOICED, acceptance=Acceptance(45))
	asked = letter(20, 40, claim)
	judged = judge(EU, asked, [], DUE + timedelta(days=30))
	assert (judged.fee, judged.compensation, judged.earliest_day) == (ZERO, ZERO, DUE + timedelta(days=31))
	assert not judged.may_go(DUE + timedelta(days=30))
	assert rules(judged)[:2] == [law.LONGEST_ACCEPTANCE, law.ACCEPTANCE]
	judged = judge(EU, asked, [], DUE + timedelta(days=31))
	assert (judged.compensation, judged.earliest_day) == (40, DUE + timedelta(days=31))
	# Beside one that is overdue it waits for nobody, and bears nothing.
	judged = judge(EU, letter(20, 40, claim, Claim("B", DUE)), [], DUE + timedelta(days=5))
	assert (judged.compensation_claims, judged.earliest_day) == (("B",), DUE + timedelta(days=5))


def test_from_when_on_any_of_several_claims_is_overdue_that_are_put_off():
	put_off = Claim("A", DUE, invoiced=INVOICED, acceptance=Acceptance(10))
	assert overdue_from(EU, [put_off]) == DUE + timedelta(days=11)
	assert overdue_from(EU, [put_off, Claim("B", DUE + timedelta(days=3))]) == DUE + timedelta(days=4)
	assert overdue_from(EU, [Claim("B", DUE), replace(put_off, acceptance=None)]) is None
	assert overdue_from(EU, []) is None


acceptances = st.builds(Acceptance, st.integers(0, 120), st.booleans(), st.booleans())


@given(acceptances, st.integers(-60, 60), st.integers(0, 90))
def test_a_procedure_never_brings_a_debt_forward_nor_takes_longer_than_the_law_lets_it(
	acceptance, received, terms
):
	due = INVOICED + timedelta(days=terms)
	found = payable(EU, due, INVOICED, INVOICED + timedelta(days=received), acceptance)
	holds = acceptance.is_expressly_agreed and not acceptance.is_grossly_unfair
	counted = acceptance.days if holds else min(acceptance.days, 30)
	later = max(0, received + counted) if acceptance.days else 0
	assert found.due == due + timedelta(days=later)
	assert (found.accepted_on is None) == (later == 0) == (not found.checks)
	# What counts as 30 is as if 30 had been agreed.
	as_counted = payable(EU, due, INVOICED, INVOICED + timedelta(days=received), Acceptance(counted, holds))
	assert (found.due, found.accepted_on) == (as_counted.due, as_counted.accepted_on)


@given(acceptances, st.integers(-40, 40), st.integers(-10, 150))
def test_a_letter_charges_as_if_the_debt_were_due_when_it_is_payable(acceptance, received, days):
	on = DUE + timedelta(days=days)
	arrived = INVOICED + timedelta(days=received)
	claim = Claim("A", DUE, is_fee_agreed=True, invoiced=INVOICED, received=arrived, acceptance=acceptance)
	lawful = payable(DK, DUE, INVOICED, arrived, acceptance).due
	judged = judge(DK, letter(100, 310, claim), [], on)
	plain = judge(DK, letter(100, 310, Claim("A", lawful, is_fee_agreed=True)), [], on)
	assert (judged.fee, judged.compensation, judged.deadline) == (
		plain.fee,
		plain.compensation,
		plain.deadline,
	)
	if on <= lawful:
		assert judged.fee == judged.compensation == ZERO
	if lawful > DUE:
		assert judged.may_go(on) == (on > lawful)


# ------------------------------------------------------------------ interest: from when, how much
def test_given_an_agreed_due_date_when_asked_then_interest_runs_from_it():
	assert interest_from(DK, DUE, True, None) == DUE


@pytest.mark.parametrize(
	("demanded", "first"),
	[(None, None), (day(6, 8), day(7, 8)), (day(4, 1), DUE)],
	ids=["never demanded", "30 days after the demand", "never before the due date"],
)
def test_given_no_agreed_due_date_when_asked_then_interest_waits_for_a_demand(demanded, first):
	assert interest_from(DK, DUE, False, demanded) == first


@pytest.mark.parametrize(
	("agreed", "has_ground", "percent", "outcome"),
	[
		(None, False, "11.75", None),
		("18", True, "18", APPLIED),
		("18", False, "11.75", REDUCED),
		("6", False, "6", APPLIED),
	],
)
def test_given_an_agreed_rate_when_higher_than_the_law_then_it_needs_its_contract(
	agreed, has_ground, percent, outcome
):
	agreed = None if agreed is None else money(agreed)
	assert lawful_percent(money("11.75"), agreed, has_ground) == money(percent)
	check = rate_check(money("11.75"), agreed, has_ground)
	assert (check and check.outcome) == outcome


@pytest.mark.parametrize(("known", "outcomes"), [(True, []), (False, [law.RATE])])
def test_given_interest_by_a_rate_nobody_knows_when_judged_then_it_is_warned_of(known, outcomes):
	asked = letter(interest=money(12), is_interest_confirmed=known)
	assert rules(judge(DK, asked, [], day(6, 8)), WARNED) == outcomes


def test_given_the_shipped_law_when_asked_for_the_margin_then_it_is_8():
	assert {DK.interest_margin, NO.interest_margin, SE.interest_margin, EU.interest_margin} == {Decimal(8)}


def test_given_the_danish_law_when_asked_for_limitation_then_3_and_10_years():
	assert (DK.limitation_years, DK.limitation_years_acknowledged) == (3, 10)


# ------------------------------------------------------------------ arrears
@pytest.mark.parametrize(
	("items", "since"),
	[
		pytest.param([], None, id="nothing"),
		pytest.param([(1, None)], 2, id="overdue from the day after"),
		pytest.param([(20, None)], None, id="due today"),
		pytest.param([(1, 10)], None, id="all paid"),
		pytest.param([(1, 10), (8, None)], 2, id="one runs into the other"),
		pytest.param([(1, 10), (10, None)], 2, id="the next runs overdue on the following day"),
		pytest.param([(1, 10), (11, None)], 12, id="a day without anything overdue breaks it"),
		pytest.param([(15, None), (1, 5), (4, 16)], 2, id="in any order, through a chain"),
		pytest.param([(1, 5), (9, 12), (15, None)], 16, id="broken twice"),
		pytest.param([(1, 1), (15, None)], 16, id="paid in time is no arrears"),
		pytest.param([(1, 20)], 2, id="paid today: still"),
	],
)
def test_given_items_when_are_they_in_arrears_without_a_break(items, since):
	found = [(day(6, due), settled and day(6, settled)) for due, settled in items]
	assert unbroken_since(found, day(6, 20)) == (since and day(6, since))


# ------------------------------------------------------------------ the law of a day
def test_given_rows_of_several_dates_when_asked_then_the_newest_that_has_begun_holds():
	rows = [
		Figure(law.REMINDER_FEE, money(100), date(2020, 1, 1), "old"),
		Figure(law.REMINDER_FEE, money(120), date(2026, 7, 1), "new", is_confirmed=False),
		Figure(law.COMPENSATION, money(310), date(2020, 1, 1), valid_until=date(2026, 6, 30)),
	]
	before, after = (law_of("X", "DKK", rows, on) for on in (day(6, 30), day(7, 1)))
	assert (before.reminder_fee, before.compensation) == (100, 310)
	assert (after.reminder_fee, after.compensation) == (120, ZERO)
	assert after.origin(law.REMINDER_FEE).source == "new"
	assert [figure.rule for figure in after.unconfirmed] == [law.REMINDER_FEE]
	assert law_of("X", "DKK", rows, date(2019, 12, 31)) == Law("X", "DKK")


def test_given_a_law_without_rows_when_judged_then_nothing_may_be_charged():
	judged = judge(Law("X", "DKK"), letter(100, 310), [], day(7, 1))
	assert (judged.fee, judged.compensation) == (ZERO, ZERO)
	assert rules(judged) == [law.COMPENSATION, law.REMINDER_FEE]


def test_given_an_unconfirmed_figure_when_applied_then_the_check_says_so():
	rows = [Figure(law.REMINDER_FEE, money(100), date(2020, 1, 1), "hearsay", is_confirmed=False)]
	judged = judge(law_of("X", "DKK", rows, DUE), letter(100), [], day(6, 8))
	(check,) = judged.changes
	assert (check.outcome, check.source, check.is_confirmed) == (APPLIED, "hearsay", False)


def test_given_another_currency_when_converted_then_amounts_are_rounded_down():
	found = converted(EU, "DKK", money("7.46038"))
	assert (found.currency, found.compensation, found.reminder_fee) == ("DKK", money("298.41"), ZERO)
	assert converted(SE, "EUR", money("0.0877")).demand_fee == money("15.78")
	assert converted(EU, "EUR", money(3)) is EU
	assert found.longest_terms == 60


@pytest.mark.parametrize(
	("rule", "text", "value"),
	[
		(law.REMINDER_FEE, " 100.50 ", Decimal("100.50")),
		(law.FEES_PER_CLAIM, "3", 3),
		(law.DAYS_TO_PAY, "10", 10),
		(law.LIMITATION, "3", 3),
		(law.INTEREST_MARGIN, "8.5", Decimal("8.5")),
		(law.FEE_WITH_VAT, "No", False),
		(law.FEE_NEEDS_AGREEMENT, "Yes", True),
		(law.FEE_TOO_SOON, MOVE_LETTER, MOVE_LETTER),
	],
)
def test_given_a_value_in_words_when_read_then_it_has_its_unit(rule, text, value):
	assert value_of(rule, text) == value
	assert type(value_of(rule, text)) is type(value)


@pytest.mark.parametrize(
	("rule", "text"),
	[
		("Tea", "1"),
		(law.REMINDER_FEE, "hundred"),
		(law.REMINDER_FEE, "-1"),
		(law.REMINDER_FEE, "Infinity"),
		(law.REMINDER_FEE, ""),
		(law.FEES_PER_CLAIM, "2.5"),
		(law.FEE_WITH_VAT, "yes"),
		(law.FEE_TOO_SOON, DROPPED),
	],
)
def test_given_a_value_that_its_unit_does_not_allow_when_read_then_it_is_refused(rule, text):
	with pytest.raises(ValueError, match=r"no such rule|is no|neither|none of"):
		value_of(rule, text)


# ------------------------------------------------------------------ what holds under any law
def counts(most: int):
	return st.none() | st.integers(0, most)


sums = st.integers(0, 50_000).map(lambda cents: Decimal(cents).scaleb(-2))
days_of = st.integers(0, 20)
some_days = st.integers(0, 60).map(lambda n: day(5, 20) + timedelta(days=n))
laws = st.builds(
	Law,
	st.just("X"),
	st.just("DKK"),
	reminder_fee=sums,
	demand_fee=st.none() | sums,
	plan_fee=sums,
	hand_over_fee=sums,
	compensation=sums,
	fees_per_claim=counts(4),
	fees_per_arrears=counts(4),
	days_between_fees=days_of,
	days_before_fee=days_of,
	days_to_pay=days_of,
	days_before_collection=days_of,
	fee_needs_agreement=st.booleans(),
	fee_in_writing=st.booleans(),
	fee_after_broken_plan=st.booleans(),
	compensation_from_public_sector=st.booleans(),
	compensation_once_per=st.sampled_from([CLAIM, ARREARS]),
	compensation_and_fees=st.sampled_from([ADDED, DEDUCTED, ABSORBED]),
	fee_too_soon=st.sampled_from([DROP_FEE, MOVE_LETTER]),
)
KEYS = "ABCD"


@st.composite
def letters(draw) -> Asked:
	keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
	truth = st.booleans()
	claims = tuple(
		Claim(
			*(k, draw(some_days), draw(truth), draw(truth), draw(truth)),
			invoiced=draw(st.none() | some_days),
			received=draw(st.none() | some_days),
			acceptance=draw(st.none() | acceptances),
			are_terms_agreed=draw(truth),
		)
		for k in keys
	)
	return Asked(
		claims,
		draw(st.sampled_from(law.KINDS)),
		draw(sums),
		draw(sums),
		deadline=draw(st.none() | some_days),
		is_written=draw(truth),
		is_business=draw(truth),
		is_public_sector=draw(truth),
		arrears_since=draw(st.none() | some_days),
	)


earlier_letters = st.lists(
	st.builds(
		Sent,
		some_days,
		st.frozensets(st.sampled_from(KEYS), min_size=1),
		st.sampled_from(law.KINDS),
		st.just(ZERO) | sums,
		st.just(ZERO) | sums,
		st.none() | some_days,
	),
	max_size=6,
)


@given(laws, letters(), earlier_letters, some_days)
def test_a_fee_is_never_above_its_cap_nor_above_what_was_asked(a_law, asked, before, on):
	judged = judge(a_law, asked, before, on)
	caps = [a_law.reminder_fee, a_law.demand_fee or ZERO, a_law.plan_fee, a_law.hand_over_fee]
	assert ZERO <= judged.fee <= min(asked.fee, max(caps))
	assert ZERO <= judged.compensation <= min(asked.compensation, a_law.compensation) * len(asked.claims)
	assert bool(judged.fee) == bool(judged.fee_claims)
	assert bool(judged.compensation) == bool(judged.compensation_claims)


@given(laws, letters(), earlier_letters, some_days)
def test_whatever_is_taken_off_has_a_check_that_says_why(a_law, asked, before, on):
	judged = judge(a_law, asked, before, on)
	said = rules(judged)
	if judged.fee < asked.fee or judged.earliest_day != on:
		assert said
	if asked.compensation and not judged.compensation:
		assert said
	if not judged.may_go(on):
		assert judged.fee == ZERO


@given(laws, letters(), earlier_letters, some_days)
def test_a_deadline_is_never_shorter_than_the_law(a_law, asked, before, on):
	judged = judge(a_law, asked, before, on)
	if judged.fee and asked.kind == REMINDER:
		assert judged.deadline >= on + timedelta(days=a_law.days_to_pay)
	if asked.kind == COLLECTION_NOTICE:
		assert judged.deadline >= on + timedelta(days=a_law.days_before_collection)


def stricter(draw, a_law: Law) -> Law:
	"""Return a law that differs in some rules, each of them the stricter way."""

	def fewer(limit):
		return draw(counts(3)) if limit is None else draw(st.integers(0, limit))

	def less(amount):
		return amount if amount is None else draw(st.sampled_from([ZERO, amount / 2, amount]))

	return replace(
		a_law,
		reminder_fee=less(a_law.reminder_fee),
		demand_fee=less(a_law.demand_fee),
		plan_fee=less(a_law.plan_fee),
		hand_over_fee=less(a_law.hand_over_fee),
		compensation=less(a_law.compensation),
		fees_per_claim=fewer(a_law.fees_per_claim),
		fees_per_arrears=fewer(a_law.fees_per_arrears),
		days_between_fees=a_law.days_between_fees + draw(days_of),
		days_before_fee=a_law.days_before_fee + draw(days_of),
		days_before_collection=a_law.days_before_collection + draw(days_of),
		fee_needs_agreement=a_law.fee_needs_agreement or draw(st.booleans()),
		fee_in_writing=a_law.fee_in_writing or draw(st.booleans()),
		fee_after_broken_plan=a_law.fee_after_broken_plan and draw(st.booleans()),
		compensation_from_public_sector=a_law.compensation_from_public_sector and draw(st.booleans()),
		compensation_once_per=draw(st.sampled_from([a_law.compensation_once_per, ARREARS])),
		compensation_and_fees=draw(
			st.sampled_from([a_law.compensation_and_fees, DEDUCTED, ABSORBED])
			if a_law.compensation_and_fees == ADDED
			else st.just(a_law.compensation_and_fees)
		),
	)


@given(st.data(), laws, letters(), earlier_letters, some_days)
def test_a_stricter_law_never_charges_more(data, a_law, asked, before, on):
	judged = judge(a_law, asked, before, on)
	other = judge(stricter(data.draw, a_law), asked, before, on)
	assert other.fee + other.compensation <= judged.fee + judged.compensation
	if not asked.compensation:
		assert other.fee <= judged.fee
	if not judged.may_go(on):
		assert not other.may_go(on) or asked.kind != HAND_OVER


@given(laws, letters(), earlier_letters, some_days, st.sampled_from(KEYS), some_days, sums)
def test_an_earlier_letter_with_a_fee_never_raises_the_fee(a_law, asked, before, on, key, day_of, fee):
	more = [*before, Sent(day_of, frozenset(key), asked.kind, fee)]
	assert judge(a_law, asked, more, on).fee <= judge(a_law, asked, before, on).fee or asked.compensation


@given(laws, st.lists(letters(), min_size=2, max_size=5), st.lists(some_days, min_size=5, max_size=5))
def test_over_many_letters_compensation_is_claimed_once_and_fees_keep_their_number(a_law, asked, when):
	before: list[Sent] = []
	for letter_asked, on in zip(asked, sorted(when), strict=False):
		letter_asked = replace(letter_asked, arrears_since=None)
		judged = judge(a_law, letter_asked, before, on)
		if judged.may_go(on):
			keys = frozenset(claim.key for claim in letter_asked.claims)
			before.append(Sent(on, keys, letter_asked.kind, judged.fee, judged.compensation, judged.deadline))
			claimed = judged.compensation_claims
			if claimed and a_law.compensation_once_per == ARREARS:
				assert sum(s.compensation > 0 for s in before) == 1 and len(claimed) == 1
			for key in claimed:
				assert sum(s.compensation > 0 and key in s.claims for s in before) == 1
	counted = (REMINDER,) if a_law.demand_fee is not None else (REMINDER, COLLECTION_NOTICE)
	fees = [s.day for s in before if s.fee > 0 and s.kind in counted]
	assert len(fees) <= (9 if a_law.fees_per_arrears is None else a_law.fees_per_arrears)
	assert all((b - a).days >= a_law.days_between_fees for a, b in pairwise(fees))
