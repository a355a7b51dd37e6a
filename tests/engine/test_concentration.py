from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.concentration import Bands, bands_from, equal_parts, herfindahl, shares, top


def decimals(**amounts) -> dict[str, Decimal]:
	return {key: Decimal(amount) for key, amount in amounts.items()}


def test_shares_are_of_what_is_owed_and_the_largest_come_first():
	found = shares(decimals(a=10, b=60, c=30, d=-500))
	assert [(share.key, share.percent, share.so_far) for share in found] == [
		("b", 60, 60),
		("c", 30, 90),
		("a", 10, 100),
		("d", 0, 100),
	]
	assert [top(found, count) for count in (1, 2, 3, 10)] == [60, 90, 100, 100]
	assert herfindahl(found) == 60 * 60 + 30 * 30 + 10 * 10


def test_nobody_owes_anything():
	assert top([], 5) == 0
	found = shares(decimals(a=-1, b=0))
	assert [share.percent for share in found] == [0, 0]
	assert herfindahl(found) == 0
	assert equal_parts(herfindahl(found)) is None


amounts = st.dictionaries(
	st.text("abcdef", min_size=1, max_size=3), st.integers(-50, 1000).map(Decimal), max_size=12
)


@given(amounts)
def test_shares_add_up_and_never_rise(of):
	found = shares(of)
	assert {share.key for share in found} == set(of)
	owed = sum(max(0, amount) for amount in of.values())
	assert float(sum(share.percent for share in found)) == pytest.approx(100 if owed else 0)
	percents = [share.percent for share in found]
	assert percents == sorted(percents, reverse=True)
	if found:
		assert float(found[-1].so_far) == pytest.approx(100 if owed else 0)


@given(st.integers(1, 40))
def test_as_many_equal_ones_are_as_many(count):
	found = shares({str(number): Decimal(7) for number in range(count)})
	assert float(equal_parts(herfindahl(found))) == pytest.approx(count)


@given(amounts)
def test_the_index_is_between_that_of_equal_ones_and_of_one_alone(of):
	found = shares(of)
	owing = [share for share in found if share.percent]
	if owing:
		index = float(herfindahl(found))
		assert 10_000 / len(owing) - 1e-6 <= index <= 10_000 + 1e-6


@given(amounts, st.integers(1, 500).map(Decimal))
def test_who_takes_from_a_smaller_one_makes_it_more_concentrated(of, amount):
	owing = sorted((key for key in of if of[key] > 0), key=lambda key: of[key])
	if len(owing) < 2:
		return
	moved = min(amount, of[owing[0]])
	more = of | {owing[0]: of[owing[0]] - moved, owing[-1]: of[owing[-1]] + moved}
	assert herfindahl(shares(more)) >= herfindahl(shares(of)) - Decimal("1e-9")


def test_bands_of_revenue():
	bands = bands_from(" 250000, 1000000 ,5000000")
	assert bands.count == 5
	values = ("-5", "0", "0.01", "250000", "250000.01", "1000000", "4999999", "5000000", "5000000.01")
	assert [bands.of(Decimal(value)) for value in values] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("text", ["100, 100", "0, 5", "-1", "200, 100", "a lot", "NaN"])
def test_bounds_that_do_not_rise_are_refused(text):
	with pytest.raises(ValueError, match="bounds of bands"):
		bands_from(text)


@given(
	st.sets(st.integers(1, 1000).map(Decimal), max_size=6).map(lambda bounds: tuple(sorted(bounds))),
	st.integers(-10, 1200).map(Decimal),
)
def test_a_revenue_is_in_the_band_whose_bounds_are_around_it(bounds, revenue):
	bands = Bands(bounds)
	number = bands.of(revenue)
	assert 0 <= number < bands.count
	if number == 0:
		assert revenue <= 0
		return
	edges = [Decimal(0), *bounds, Decimal("Infinity")]
	assert edges[number - 1] < revenue <= edges[number]
