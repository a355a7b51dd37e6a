"""Variants of a reminder: who gets which never changes, an interval keeps what it promises, and chance wins no test."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b2b_contracts.engine import variants
from b2b_contracts.engine.variants import (
	NO_DIFFERENCE,
	TOO_FEW,
	WINNER,
	Counted,
	Observed,
	assigned,
	counted,
	difference,
	interval,
	verdict,
)

DAY = date(2026, 6, 1)
NAMES = st.text(min_size=1, max_size=20)
WEIGHTS = st.dictionaries(
	st.sampled_from("ABCDE"), st.integers(min_value=1, max_value=9), min_size=2, max_size=5
)
COUNTS = st.integers(min_value=1, max_value=5_000).flatmap(
	lambda of: st.integers(min_value=0, max_value=of).map(lambda paid: Counted(of, paid))
)
ERRORS = st.floats(min_value=0.001, max_value=0.2)


def observed(*arms: tuple[str, int, int], each_day: int = 1) -> list[Observed]:
	"""Customers of (variant, how many, how many of them paid), spread over the days and their fate spread over the customers."""
	found = []
	for variant, of, paid in arms:
		for number in range(of):
			has_paid = (number + 1) * paid // of > number * paid // of
			found.append(Observed(variant, DAY + timedelta(days=number // each_day), has_paid))
	return found


# ------------------------------------------------------------------ who gets which
@given(NAMES, NAMES, WEIGHTS)
def test_a_customer_has_the_same_variant_every_time(test, customer, weights):
	first = assigned(test, customer, weights)
	assert first in weights
	assert assigned(test, customer, dict(weights)) == first


def test_it_stays_the_same_from_one_release_to_the_next():
	weights = {"A": 1, "B": 1}
	assert [assigned("Subject lines", f"CUST-{n:03}", weights) for n in range(8)] == list("BBABBAAB")


@settings(max_examples=30)
@given(NAMES, WEIGHTS)
def test_variants_are_given_in_proportion_to_their_weights(test, weights):
	many, total = 4_000, sum(weights.values())
	found = [assigned(test, f"CUST-{n:05}", weights) for n in range(many)]
	for variant, weight in weights.items():
		share = weight / total
		# Six standard deviations: not once in the lifetime of this test by chance.
		bound = 6 * (share * (1 - share) / many) ** 0.5
		assert abs(found.count(variant) / many - share) <= bound


def test_one_test_says_nothing_of_another():
	weights = {"A": 1, "B": 1}
	both = [
		assigned("One", f"C{n}", weights) == assigned("Other", f"C{n}", weights) == "A" for n in range(4_000)
	]
	assert 0.2 < sum(both) / len(both) < 0.3


@given(NAMES, NAMES, WEIGHTS)
def test_a_weight_of_nothing_gets_nobody(test, customer, weights):
	assert assigned(test, customer, {**weights, "off": 0}) == assigned(test, customer, weights)


@pytest.mark.parametrize("weights", [{"A": 0, "B": 0}, {"A": 2, "B": -1}])
def test_weights_that_are_none_are_refused(weights):
	with pytest.raises(ValueError, match="no weights"):
		assigned("Test", "Customer", weights)


# ------------------------------------------------------------------ shares
def test_wilson_worked():
	# 43 of 100 by Wilson's formula at 95 %: 33.7 % to 52.8 %.
	found = interval(Counted(100, 43))
	assert (round(found.low, 4), round(found.high, 4)) == (0.3373, 0.5278)
	assert interval(Counted(0, 0)) == variants.Interval(0.0, 1.0)


def test_newcombe_worked():
	# Newcombe 1998, table II (a), method 10: 56 of 70 against 48 of 80 is 0.2000, from 0.0524 to 0.3339.
	found = difference(Counted(70, 56), Counted(80, 48))
	assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@given(COUNTS, ERRORS)
def test_the_interval_has_the_share_in_it(counts, error):
	found = interval(counts, error)
	assert 0 <= found.low <= counts.share <= found.high <= 1


@given(COUNTS, ERRORS)
def test_who_did_not_pay_is_the_mirror_of_who_did(counts, error):
	found, other = interval(counts, error), interval(Counted(counts.of, counts.of - counts.paid), error)
	assert found.low == pytest.approx(1 - other.high, abs=1e-9)


@given(COUNTS, st.integers(min_value=2, max_value=20), ERRORS)
def test_more_customers_of_the_same_share_never_widen_it(counts, times, error):
	more = Counted(counts.of * times, counts.paid * times)
	assert interval(more, error).width <= interval(counts, error).width + 1e-12


@given(COUNTS, COUNTS, st.integers(min_value=2, max_value=20), ERRORS)
def test_nor_that_of_a_difference(one, other, times, error):
	more = [Counted(c.of * times, c.paid * times) for c in (one, other)]
	assert difference(*more, error).width <= difference(one, other, error).width + 1e-9


@given(COUNTS, ERRORS, ERRORS)
def test_to_be_surer_costs_width(counts, one, other):
	surer, bolder = sorted((one, other))
	assert interval(counts, surer).width >= interval(counts, bolder).width


@given(COUNTS, COUNTS, ERRORS)
def test_a_difference_is_the_other_way_round_from_the_other_side(one, other, error):
	found, back = difference(one, other, error), difference(other, one, error)
	assert -1 <= found.low <= one.share - other.share <= found.high <= 1
	assert found.low == pytest.approx(-back.high, abs=1e-9)


def test_the_interval_keeps_what_it_promises():
	chance = random.Random(7)
	within = 0
	for _n in range(2_000):
		found = interval(Counted(120, sum(chance.random() < 0.35 for _i in range(120))))
		within += found.low <= 0.35 <= found.high
	assert within / 2_000 >= 0.93


# ------------------------------------------------------------------ which is better
def test_before_the_sample_is_full_nothing_is_said():
	found = verdict("AB", observed(("A", 43, 0), ("B", 500, 500)), 100)
	assert (found.outcome, found.sample, found.leader, found.difference) == (TOO_FEW, 100, "", None)


def test_a_difference_that_chance_may_have_made_wins_nothing():
	found = verdict("AB", observed(("A", 100, 50), ("B", 100, 58)), 100)
	assert (found.outcome, found.leader, found.second, found.next_sample) == (NO_DIFFERENCE, "B", "A", 200)
	assert found.difference.low < 0 < found.difference.high


def test_a_difference_that_chance_does_not_make_wins():
	found = verdict("AB", observed(("A", 100, 40), ("B", 100, 62)), 100)
	assert (found.outcome, found.leader, found.counted["B"]) == (WINNER, "B", Counted(100, 62))
	assert found.difference.low > 0
	assert found.error == pytest.approx(0.025)


def test_of_three_the_best_must_beat_both():
	arms = (("A", 100, 20), ("B", 100, 62), ("C", 100, 60))
	assert verdict("ABC", observed(*arms), 100).outcome == NO_DIFFERENCE
	arms = (("A", 100, 20), ("B", 100, 80), ("C", 100, 50))
	assert verdict("ABC", observed(*arms), 100).leader == "B"


def test_who_came_after_the_look_does_not_count_in_it():
	# B is sent nine times as often. What its customers did after A had its hundred is of another time.
	early = observed(("A", 100, 40), ("B", 900, 360), each_day=9)
	early = [
		o if o.variant == "B" else Observed("A", DAY + timedelta(days=n), o.has_paid)
		for n, o in enumerate(early)
	]
	late = [Observed("B", DAY + timedelta(days=200), True) for _n in range(500)]
	found = verdict("AB", early + late, 100)
	assert (found.outcome, found.counted["B"]) == (NO_DIFFERENCE, Counted(900, 360))


def test_a_small_difference_is_found_at_a_later_look():
	found = verdict("AB", observed(("A", 1_600, 720), ("B", 1_600, 880)), 100)
	assert found.outcome == WINNER
	assert found.sample in (400, 800, 1_600)


def test_a_winner_stays_the_winner():
	arms = observed(("A", 100, 30), ("B", 100, 70))
	later = [Observed(v, DAY + timedelta(days=400), v == "A") for v in "AB" for _n in range(900)]
	found = verdict("AB", arms + later, 100)
	assert (found.outcome, found.leader, found.sample) == (WINNER, "B", 100)


@given(
	st.lists(
		st.builds(
			Observed,
			st.sampled_from("ABC"),
			st.integers(min_value=0, max_value=60).map(lambda n: DAY + timedelta(days=n)),
			st.booleans(),
		),
		max_size=120,
	),
	st.integers(min_value=1, max_value=40),
	st.randoms(),
)
def test_a_winner_has_its_sample_and_its_interval(found, minimum, chance):
	result = verdict("ABC", found, minimum)
	shuffled = list(found)
	chance.shuffle(shuffled)
	assert verdict("ABC", shuffled, minimum) == result
	full = counted("ABC", found)
	assert (result.outcome == TOO_FEW) == (min(c.of for c in full.values()) < minimum)
	if result.outcome != TOO_FEW:
		assert min(c.of for c in result.counted.values()) >= result.sample >= minimum
		assert max(c.share for c in result.counted.values()) == result.counted[result.leader].share
	if result.outcome == WINNER:
		assert result.difference.low > 0
		for other in {"A", "B", "C"} - {result.leader}:
			assert difference(result.counted[result.leader], result.counted[other], result.error).low > 0


def test_looking_every_day_does_not_make_chance_a_winner():
	"""Equal variants, looked at after every day: no more than one test in twenty may call a winner."""
	chance, wrong, tests = random.Random(11), 0, 300
	for _n in range(tests):
		found = [
			Observed(variant, DAY + timedelta(days=day), chance.random() < 0.5)
			for day in range(400)
			for variant in "AB"
		]
		seen = [verdict("AB", found[: 2 * day], 50).outcome for day in (50, 75, 100, 150, 200, 300, 400)]
		wrong += WINNER in seen
	assert wrong / tests <= 0.05


def test_a_test_needs_two_variants_and_a_sample():
	with pytest.raises(ValueError, match="two variants"):
		verdict("A", [], 10)
	with pytest.raises(ValueError, match="sample"):
		verdict("AB", [], 0)
