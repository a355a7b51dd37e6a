"""In what two states of a contract differ, and how two changes of one are put together."""

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_differences as engine
from b2b_contracts.engine.contract_differences import Change, RowChange

PRICES = ("item", "group")
FIELDS = ("item", "group", "rate")


def price(item, rate, group=None) -> dict:
	return {"item": item, "group": group, "rate": rate}


def test_nothing_an_empty_text_and_0_are_the_same():
	before = {"law": None, "months": 0, "venue": "Aarhus"}
	after = {"law": "", "months": None, "venue": "Odense"}
	assert engine.of_values(before, after, before) == (Change("venue", "Aarhus", "Odense"),)


def test_rows_are_compared_by_what_they_are_about():
	before = [price("Pallet", 100), price("Rack", 300), price(None, 5, "Bolts")]
	after = [price(None, 5, "Bolts"), price("Pallet", 110), price("Scale", 900)]
	assert engine.of_rows("prices", before, after, PRICES, FIELDS) == (
		RowChange("prices", "Changed", price("Pallet", 110), (Change("rate", 100, 110),)),
		RowChange("prices", "Added", price("Scale", 900)),
		RowChange("prices", "Removed", price("Rack", 300)),
	)


def test_of_several_about_the_same_the_first_is_compared_with_the_first():
	before, after = [price("Pallet", 1), price("Pallet", 2)], [price("Pallet", 1), price("Pallet", 3)]
	(change,) = engine.of_rows("prices", before, after, PRICES, FIELDS)
	assert change.changes == (Change("rate", 2, 3),)


def test_a_change_of_ours_is_kept_and_the_rest_is_theirs():
	base = {"terms": "Net 30", "law": "Denmark", "prices": [price("Pallet", 1)]}
	theirs = {**base, "law": "Norway", "prices": [price("Pallet", 2)]}
	ours = {**base, "terms": "Net 60"}
	assert engine.merged(base, theirs, ours, base) == {
		"terms": "Net 60",
		"law": "Norway",
		"prices": [price("Pallet", 2)],
	}
	assert engine.in_conflict(base, theirs, ours, base) == ()
	assert engine.in_conflict(base, theirs, {**base, "law": "Sweden"}, base) == ("law",)
	assert engine.in_conflict(base, theirs, {**base, "law": "Norway"}, base) == ()


# ------------------------------------------------------------------ any two states
values = st.one_of(st.none(), st.just(""), st.integers(0, 3), st.sampled_from(("a", "b")))
states = st.fixed_dictionaries({"x": values, "y": values, "z": values})
rows = st.lists(
	st.fixed_dictionaries({"item": values, "group": values, "rate": st.integers(1, 3)}), max_size=5
)


def plain(row) -> tuple:
	return tuple(row[name] or None for name in FIELDS)


@given(states, states)
def test_what_is_told_and_nothing_else_makes_one_of_the_other(before, after):
	changed = dict(before)
	for change in engine.of_values(before, after, before):
		changed[change.field] = change.after
		assert not engine.is_same(change.before, change.after)
	assert {name: value or None for name, value in changed.items()} == {
		name: value or None for name, value in after.items()
	}


@given(rows, rows)
def test_rows_that_are_told_make_one_table_of_the_other(before, after):
	made = [plain(row) for row in before]
	for change in engine.of_rows("t", before, after, PRICES, FIELDS):
		if change.kind == "Added":
			made.append(plain(change.row))
		elif change.kind == "Removed":
			made.remove(plain(change.row))
		else:
			former = {**change.row, **{one.field: one.before for one in change.changes}}
			made.remove(plain(former))
			made.append(plain(change.row))
	assert sorted(made, key=repr) == sorted((plain(row) for row in after), key=repr)


@given(rows)
def test_a_table_does_not_differ_from_itself(table):
	assert engine.of_rows("t", table, table, PRICES, FIELDS) == ()
	assert engine.same_rows(table, table)


@given(states, states, states)
def test_whoever_changed_nothing_has_no_say(base, theirs, ours):
	assert engine.merged(base, theirs, base, base) == theirs
	unchanged = engine.merged(base, base, ours, base)
	assert engine.of_values(ours, unchanged, base) == ()
	together = engine.merged(base, theirs, ours, base)
	for name in base:
		assert together[name] in (theirs[name], ours[name])
		if name not in engine.in_conflict(base, theirs, ours, base) and not engine.is_same(
			base[name], theirs[name]
		):
			assert engine.is_same(together[name], theirs[name])
