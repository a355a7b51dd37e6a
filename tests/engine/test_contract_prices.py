"""Which agreed price counts, and the same as rules that ERPNext follows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_prices as prices
from b2b_contracts.engine.contract_prices import Asked, Item, Row, Tree

DAY = date(2026, 4, 1)
ROOT, GOODS, STEEL = "All Item Groups", "Goods", "Steel"
BOLT = Item("BOLT", groups=(STEEL, GOODS, ROOT), stock_uom="Nos", factors={"Box": Decimal(12)})
TREE = Tree({ROOT: 0, GOODS: 1, STEEL: 2}, ROOT, factors={("BOLT", "Box"): Decimal(12)})


def price(value, **fields) -> Row:
	return Row(**{"contract": "C1", "kind": prices.PRICE, "value": Decimal(value), "item": "BOLT", **fields})


def discount(value, **fields) -> Row:
	return Row(**{"contract": "C1", "kind": prices.DISCOUNT, "value": Decimal(value), **fields})


def asked(quantity=1, uom="Nos", day=DAY, price_list="") -> Asked:
	return Asked(BOLT, Decimal(quantity), day, uom, BOLT.factor_of(uom), price_list)


def rate(rows, *args, **kwargs):
	found = prices.agreed(rows, asked(*args, **kwargs))
	return found and found.rate


class TestWhatCounts:
	def test_nothing_was_agreed(self):
		assert prices.agreed([], asked()) is None
		assert prices.agreed([price(10, item="NUT"), discount(5, group="Paint")], asked()) is None

	def test_the_item_before_its_groups_and_the_nearest_group_first(self):
		rows = [price(30, item="", group=ROOT), price(20, item="", group=STEEL), price(10)]
		assert rate(rows) == 10
		assert rate(rows[:2]) == 20
		assert rate(rows[:1]) == 30

	def test_a_template_counts_for_its_variants_after_their_own(self):
		variant = Item("BOLT-M8", template="BOLT", groups=(STEEL,), stock_uom="Nos")
		found = prices.agreed([price(10), price(20, item="", group=STEEL)], Asked(variant, Decimal(1), DAY))
		assert found.rate == 10
		own = prices.agreed([price(10), price(9, item="BOLT-M8")], Asked(variant, Decimal(1), DAY))
		assert own.rate == 9

	def test_a_price_before_a_discount_on_the_same_and_a_nearer_discount_before_a_price(self):
		assert rate([discount(10, item="BOLT"), price(8)]) == 8
		found = prices.agreed([price(8, item="", group=GOODS), discount(10, item="BOLT")], asked())
		assert found.percent == 10

	def test_quantity_breaks_count_from_the_quantity_on(self):
		rows = [price(10), price(9, from_quantity=Decimal(10)), price(8, from_quantity=Decimal(100))]
		assert [rate(rows, n) for n in ("9.999", 10, 99, 100, 1000)] == [10, 9, 9, 8, 8]
		assert rate(rows[1:], 9) is None

	def test_the_unit_ordered_in_before_another_and_both_ways_converted(self):
		boxes = price(108, uom="Box")
		assert rate([price(10)], 2, "Box") == 120
		assert rate([price(10), boxes], 2, "Box") == 108
		assert rate([boxes], 24) == 9
		assert rate([price(10), boxes], 24) == 10
		assert rate([price(1, uom="Pallet")]) is None

	def test_a_break_in_boxes_is_reached_by_pieces(self):
		rows = [price(96, uom="Box", from_quantity=Decimal(10))]
		assert rate(rows, 119) is None
		assert rate(rows, 120) == 8
		assert rate(rows, 10, "Box") == 96

	def test_it_counts_from_its_first_day_to_its_last(self):
		row = price(10, valid_from=DAY, valid_until=DAY + timedelta(days=1))
		days = [rate([row], day=DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)]
		assert days == [None, 10, 10, None]

	def test_what_started_last_counts_of_two_alike_and_of_two_on_a_day_the_later_row(self):
		older, newer = price(10, valid_from=DAY - timedelta(days=9)), price(11, valid_from=DAY)
		assert rate([newer, older]) == 11
		assert rate([price(1, number=1), price(2, number=2)]) == 2

	def test_a_discount_on_one_price_list_counts_with_that_list_alone(self):
		rows = [discount(10, price_list="Export"), discount(3, group=ROOT)]
		assert prices.agreed(rows[:1], asked()) is None
		assert prices.agreed(rows[:1], asked(price_list="Export")).percent == 10
		# A group is more than nothing but the list.
		assert prices.agreed(rows, asked(price_list="Export")).percent == 3

	def test_the_first_contract_that_says_something_counts_whatever_the_next_says(self):
		rows = [price(10, rank=1, contract="FRAME"), discount(5, group=ROOT, rank=0, contract="OWN")]
		assert prices.agreed(rows, asked()).row.contract == "OWN"

	@pytest.mark.parametrize(("row", "net"), [(price(10), "74.6"), (discount(25, item="BOLT"), "150")])
	def test_a_price_is_turned_into_the_documents_currency_and_a_discount_needs_no_rate(self, row, net):
		found = prices.agreed([row], asked())
		assert found.net(Decimal(200), Decimal("7.46")) == Decimal(net)


# ------------------------------------------------------------------ as ERPNext follows it
def followed(rules, asked: Asked):
	"""What ERPNext makes of rules, as its `get_pricing_rules` chooses: written down anew from there."""
	stock = asked.quantity * asked.factor

	def matches(rule) -> bool:
		if rule.item and rule.item != asked.item.name:
			return False
		if not rule.item and rule.group not in asked.item.groups:
			return False
		if rule.uom and rule.uom != asked.uom:
			return False
		if rule.price_list and rule.price_list != asked.price_list:
			return False
		if not (rule.valid_from or date.min) <= asked.day <= (rule.valid_until or date.max):
			return False
		# ERPNext knows no box of an item group.
		factor = asked.item.factor_of(rule.uom) if rule.item and rule.uom else Decimal(1)
		return stock >= rule.min_quantity * factor and (
			rule.max_quantity is None or stock <= rule.max_quantity * factor
		)

	found = [rule for rule in rules if matches(rule)]
	top = max((rule.priority for rule in found), default=0)
	best = [rule for rule in found if rule.priority == top]
	assert len(best) <= 1, "ERPNext refuses to choose between rules of one priority"
	if not best:
		return None
	rule = best[0]
	if rule.kind == prices.DISCOUNT:
		return ("percent", rule.value)
	return ("rate", rule.value * (1 if rule.uom == asked.uom else asked.factor))


days = st.none() | st.integers(-20, 20).map(lambda n: DAY + timedelta(days=n))


@st.composite
def rows(draw) -> list[Row]:
	found = []
	for number in range(draw(st.integers(0, 7))):
		start, end = draw(days), draw(days)
		if start and end and end < start:
			start, end = end, start
		item, group = draw(st.sampled_from([("BOLT", ""), ("NUT", ""), ("", STEEL), ("", GOODS), ("", ROOT)]))
		kind = draw(st.sampled_from([prices.PRICE, prices.DISCOUNT]))
		found.append(
			Row(
				*("C1", kind, Decimal(draw(st.integers(1, 90))), item, group),
				draw(st.sampled_from(["", "", "Export"])) if kind == prices.DISCOUNT else "",
				draw(st.sampled_from(["", "", "Box"])) if kind == prices.PRICE else "",
				Decimal(draw(st.sampled_from([0, 0, 5, 10, 24]))),
				*(start, end, draw(st.integers(0, 1)), number),
			)
		)
	return found


questions = st.builds(
	asked,
	st.sampled_from(["0.5", 1, 4, 5, 9, 10, 23, 24, 60, 119, 120, 288, 1000]),
	st.sampled_from(["Nos", "Box"]),
	st.integers(-25, 25).map(lambda n: DAY + timedelta(days=n)),
	st.sampled_from(["", "Export"]),
)


@given(rows(), st.lists(questions, min_size=1, max_size=8))
def test_erpnext_follows_the_rules_to_the_same_price_and_never_has_to_choose(agreed_rows, asked_for):
	rules, left_out = prices.rules_of(agreed_rows, TREE)
	carried = [row for row in agreed_rows if row not in left_out]
	for question in asked_for:
		wanted = prices.agreed(carried, question)
		# A box of a group is no price per piece for ERPNext: it counts as the document is saved.
		if wanted and wanted.row.group and wanted.row.uom and question.uom != wanted.row.uom:
			continue
		got = followed(rules, question)
		if wanted is None:
			assert got is None
		elif wanted.percent is not None:
			assert got == ("percent", wanted.percent)
		else:
			assert got[0] == "rate"
			assert abs(got[1] - wanted.rate) < Decimal("1e-20")


@given(rows(), questions)
def test_one_more_row_about_something_else_changes_nothing(agreed_rows, question):
	other = price(1, item="SCREW")
	assert prices.agreed([*agreed_rows, other], question) == prices.agreed(agreed_rows, question)


@given(rows(), questions)
def test_the_order_in_which_rows_are_read_does_not_matter(agreed_rows, question):
	assert prices.agreed(agreed_rows[::-1], question) == prices.agreed(agreed_rows, question)


def test_what_starts_and_ends_leaves_no_gap_and_no_overlap():
	later = DAY + timedelta(days=10)
	rules, left_out = prices.rules_of([price(10, valid_until=later), price(11, valid_from=DAY)], TREE)
	assert not left_out
	assert [(r.value, r.valid_from, r.valid_until) for r in rules] == [
		(10, None, DAY - timedelta(days=1)),
		(11, DAY, None),
	]


def test_more_grades_than_erpnext_knows_are_left_to_the_document():
	rows = [price(n, rank=n) for n in range(1, 26)]
	rules, left_out = prices.rules_of(rows, TREE)
	assert (len(rules), len(left_out)) == (20, 5)
	assert max(rule.priority for rule in rules) == prices.PRIORITIES
	assert {row.rank for row in left_out} == set(range(21, 26))


def test_a_box_of_a_group_with_breaks_and_an_unknown_group_are_left_to_the_document():
	with_breaks = price(9, item="", group=STEEL, uom="Box", from_quantity=Decimal(10))
	unknown = price(9, item="", group="Gone")
	assert prices.rules_of([with_breaks, unknown], TREE) == ((), (unknown, with_breaks))


def test_templates_come_after_the_variants_that_have_a_price_of_their_own():
	tree = Tree(TREE.depths, ROOT, templates=("BOLT",))
	rules, _left_out = prices.rules_of([price(10), price(9, item="BOLT-M8")], tree)
	assert {rule.item: rule.priority for rule in rules} == {"BOLT-M8": 20, "BOLT": 19}
