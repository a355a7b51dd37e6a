"""What differs from the contract, and what is close enough."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_check as check
from b2b_contracts.engine.contract_check import CallOff, Difference, Document, Line, Terms
from b2b_contracts.engine.contract_prices import DISCOUNT, PRICE, Agreed, Row

PRICED = Agreed(Row("C1", PRICE, Decimal(100), item="BOLT"), rate=Decimal(100))
DISCOUNTED = Agreed(Row("C2", DISCOUNT, Decimal(10), item="NUT"), percent=Decimal(10))


def document(*lines, **fields) -> Document:
	return Document(contract="C1", lines=lines, **fields)


def line(rate, agreed=PRICED, list_rate=100, **fields) -> Line:
	return Line(1, "BOLT", Decimal(str(rate)), Decimal(list_rate), agreed, **fields)


def kinds(found) -> list[str]:
	return [difference.kind for difference in found]


class TestPrices:
	def test_what_is_as_agreed_or_not_agreed_at_all_differs_in_nothing(self):
		assert check.differences(document(line(100), line(90, DISCOUNTED), line(7, None))) == ()

	def test_below_and_above_are_said_with_how_far(self):
		below, above = check.differences(document(line(95), line(110)))
		assert below == Difference(check.PRICE, "C1", 1, "BOLT", Decimal(100), Decimal(95), Decimal(-5))
		assert above.percent == 10

	def test_a_discount_is_measured_from_the_list_price_and_one_on_no_price_is_none(self):
		found = check.differences(document(line(80, DISCOUNTED)))
		assert (kinds(found), found[0].contract, found[0].agreed) == ([check.DISCOUNT], "C2", 90)
		assert check.differences(document(line(80, DISCOUNTED, list_rate=0))) == ()

	def test_within_the_tolerance_is_no_difference(self):
		assert check.differences(document(line(98)), Decimal(2)) == ()
		assert kinds(check.differences(document(line("97.99")), Decimal(2))) == [check.PRICE]

	def test_a_rounded_price_is_as_agreed(self):
		third = Agreed(PRICED.row, rate=Decimal(10) / 3)
		assert check.differences(document(line("3.33", third))) == ()
		assert kinds(check.differences(document(line("3.34", third)))) == [check.PRICE]

	def test_another_currency_is_compared_at_its_rate_and_said(self):
		found = check.differences(
			document(
				line(746, exchange=Decimal("7.46")),
				terms=Terms(currency="DKK"),
				agreed=Terms(currency="EUR"),
			)
		)
		assert kinds(found) == [check.CURRENCY]

	def test_free_of_charge_against_a_price_and_a_price_against_free(self):
		free = Agreed(PRICED.row, rate=Decimal(0))
		assert check.differences(document(line(0)))[0].percent == -100
		assert check.differences(document(line(5, free)))[0].percent is None

	def test_a_discount_on_the_whole_undoes_agreed_prices(self):
		found = check.differences(document(line(100), whole_discount_percent=Decimal(3)))
		assert (kinds(found), found[0].actual, found[0].percent) == ([check.WHOLE_DISCOUNT], 3, -3)
		assert not check.differences(document(line(100), whole_discount_percent=Decimal(3)), Decimal(3))
		assert not check.differences(document(line(100, None), whole_discount_percent=Decimal(3)))


class TestTerms:
	def test_each_of_them_is_compared(self):
		agreed = Terms("Net 30", "DAP", "Odense", "DKK", "Export")
		found = check.differences(document(terms=Terms("Net 45", "", "", "EUR", "Standard"), agreed=agreed))
		assert kinds(found) == [
			*(check.CURRENCY, check.PRICE_LIST, check.TERMS),
			*(check.INCOTERM, check.PLACE),
		]
		assert check.differences(document(terms=agreed, agreed=agreed)) == ()

	def test_what_the_contract_does_not_say_cannot_differ_and_case_and_spaces_do_not(self):
		assert check.differences(document(terms=Terms("Net 45", "EXW"))) == ()
		assert check.differences(document(terms=Terms(place=" odense "), agreed=Terms(place="Odense"))) == ()


class TestCallOffs:
	@pytest.mark.parametrize(("called", "wanted", "left"), [(90, 11, 10), (100, 1, 0), (120, 5, 0)])
	def test_more_than_is_left_is_said(self, called, wanted, left):
		found = check.differences(document(call_offs=(_call_off(called, wanted),)))
		assert (kinds(found), found[0].agreed, found[0].actual) == ([check.QUANTITY], left, wanted)

	@pytest.mark.parametrize(("called", "wanted"), [(90, 10), (0, 0), (120, 0)])
	def test_what_is_left_may_be_called_off(self, called, wanted):
		assert check.differences(document(call_offs=(_call_off(called, wanted),))) == ()


def _call_off(called, wanted) -> CallOff:
	return CallOff("C1", "BOLT", Decimal(100), Decimal(called), Decimal(wanted))


amounts = st.integers(1, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))


@given(amounts, amounts, st.integers(0, 50).map(Decimal))
def test_a_price_differs_exactly_when_it_is_further_off_than_the_tolerance(wanted, actual, tolerance):
	agreed = Agreed(PRICED.row, rate=wanted)
	differs = bool(check.differences(document(line(actual, agreed)), tolerance))
	assert differs == (abs(actual - wanted) * 100 > max(wanted * tolerance, Decimal("0.5")))


@given(amounts, amounts, st.integers(0, 50).map(Decimal))
def test_a_wider_tolerance_finds_no_more(wanted, actual, tolerance):
	lines = document(line(actual, Agreed(PRICED.row, rate=wanted)))
	assert len(check.differences(lines, tolerance + 1)) <= len(check.differences(lines, tolerance))
