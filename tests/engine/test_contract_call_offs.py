"""Which agreed quantity a line takes from, and how much of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_call_offs as call_offs
from b2b_contracts.engine.contract_call_offs import Quantity
from b2b_contracts.engine.contract_prices import Item

BOLT = Item("BOLT", "TEMPLATE", ("Steel", "Goods"), "Nos", {"Box": Decimal(12)})


def row(name, **fields) -> Quantity:
	return Quantity(name, "C1", Decimal(100), **fields)


def test_the_item_comes_before_its_template_before_the_nearest_group():
	rows = [
		row("g", group="Goods"),
		row("s", group="Steel"),
		row("t", item="TEMPLATE"),
		row("i", item="BOLT"),
	]
	for last in range(4, 0, -1):
		assert call_offs.taken_from(rows[:last], BOLT).name == "gsti"[last - 1]
	assert call_offs.taken_from([row("x", item="NUT"), row("y", group="Paint")], BOLT) is None


def test_the_first_contract_that_agrees_a_quantity_counts():
	rows = [row("second", item="BOLT", rank=1), row("first", group="Goods")]
	assert call_offs.taken_from(rows, BOLT).name == "first"


@pytest.mark.parametrize(("uom", "taken"), [("", 24), ("Nos", 24), ("Box", 2), ("Pallet", 24)])
def test_it_is_counted_in_the_unit_that_was_agreed(uom, taken):
	assert call_offs.in_unit(Decimal(24), row("r", item="BOLT", uom=uom), BOLT) == taken


@pytest.mark.parametrize(
	("ordered", "delivered", "returned", "is_closed", "taken"),
	[
		pytest.param(10, 0, 0, False, 10, id="ordered"),
		pytest.param(10, 4, 0, True, 4, id="closed after a part"),
		pytest.param(
			10, 3, 1, True, 3, id="closed after a return, which ERPNext has taken off what is delivered"
		),
		pytest.param(10, 7, 3, False, 7, id="returned"),
		pytest.param(10, 10, 3, False, 10, id="returned and delivered again"),
		pytest.param(10, 0, 0, True, 0, id="closed before anything left"),
	],
)
def test_what_is_ordered_counts_of_a_closed_order_what_was_delivered_less_what_came_back(
	ordered, delivered, returned, is_closed, taken
):
	assert call_offs.counted(*map(Decimal, (ordered, delivered, returned)), is_closed) == taken


numbers = st.integers(0, 50).map(Decimal)


@given(numbers, numbers, numbers, st.booleans())
def test_it_never_takes_more_than_was_ordered_nor_less_than_nothing(ordered, delivered, returned, is_closed):
	assert 0 <= call_offs.counted(ordered, delivered, returned, is_closed) <= ordered
