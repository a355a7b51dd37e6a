import pytest

from b2b_contracts.engine.ratings import BUREAU, ISSUER, issuer_at_least, notches_down


@pytest.mark.parametrize(
	("reviewed", "current", "notches"),
	[
		("AAA", "AAA", 0),
		("AAA", "AA", 1),
		("AAA", "A", 2),
		("AA", "B", 2),
		("A", "B", 1),
		("A", "C", 2),
		("B", "C", 1),
		("AAA", "C", 4),
		pytest.param("A", "AN", 0, id="A to AN: AN is not a notch"),
		pytest.param("AN", "A", 0, id="AN to A: nor the other way"),
		pytest.param("AN", "B", 1, id="AN to B: the next after A"),
		pytest.param("AN", "C", 2, id="AN to C"),
		pytest.param("C", "AAA", 0, id="better is no fall"),
		pytest.param("", "C", 0, id="never reviewed"),
		pytest.param("A", "", 0, id="no rating now"),
	],
)
def test_notches_fallen_since_a_person_reviewed(reviewed, current, notches):
	assert notches_down(reviewed, current) == notches


@pytest.mark.parametrize("reviewed", [r for r in BUREAU if r != "Insolvent"])
def test_insolvent_is_below_every_rating(reviewed):
	assert notches_down(reviewed, "Insolvent") >= 1


@pytest.mark.parametrize(("reviewed", "current"), [("A+", "A"), ("A", "BBB"), ("", "insolvent")])
def test_a_rating_off_the_bureau_scale_is_refused(reviewed, current):
	with pytest.raises(ValueError, match="not a bureau rating"):
		notches_down(reviewed, current)


@pytest.mark.parametrize("rating", ["AAA", "AA+", "AA", "AA-", "A+", "A", "A-"])
def test_an_issuer_of_a_minus_or_better_is_accepted(rating):
	assert issuer_at_least(rating, "A-")


@pytest.mark.parametrize("rating", ["BBB+", "BBB", "BB", "B", "CCC", "CC", "C", "D", "", "AN", "a-"])
def test_an_issuer_below_a_minus_or_unknown_is_not(rating):
	assert not issuer_at_least(rating, "A-")


def test_the_issuer_scale_runs_from_aaa_to_d_without_doubles():
	assert (ISSUER[0], ISSUER[-1], len(ISSUER)) == ("AAA", "D", len(set(ISSUER)))


def test_a_floor_off_the_issuer_scale_is_refused():
	with pytest.raises(ValueError, match="not an issuer rating"):
		issuer_at_least("AAA", "AN")
