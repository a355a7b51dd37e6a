"""Two versions of a contract's text: every word of both is accounted for, and a clause is compared with itself."""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import text_comparison as engine
from b2b_contracts.engine.contract_text import MUST, SHOULD, Section, numbered
from b2b_contracts.engine.text_comparison import (
	ADDED,
	CHANGED,
	INSERTED,
	KEPT,
	LEFT_OUT,
	MOVED,
	REMOVED,
	SAME,
	compare,
)

LINES = st.text(alphabet="abc xyz.,0159\tæøå—", min_size=1, max_size=40).map(
	lambda text: " ".join(text.split())
)
SECTIONS = st.builds(
	Section,
	number=st.just(""),
	heading=LINES,
	rank=st.sampled_from(("", "Must", "Should", "Can")),
	clause=st.sampled_from(("", "Liability", "Term", "Price", "Law")),
	choice=st.just(""),
	paragraphs=st.lists(LINES.filter(bool), max_size=4).map(tuple),
)
TEXTS = st.lists(SECTIONS, max_size=6).map(numbered)


def section(heading: str, *paragraphs: str, clause: str = "", rank: str = "") -> Section:
	return Section("", heading, rank, clause, "", paragraphs)


LIABILITY = section("Liability", "Liability is capped at 1,000,000.", clause="Liability", rank=MUST)
TERM = section("Term", "The contract runs for 36 months.", clause="Term", rank=SHOULD)
PRICE = section("Price", "Prices are adjusted once a year.", clause="Price")
LAW = section("Law", "Danish law applies.", clause="Law", rank=MUST)


def before_of(change) -> tuple[str, str]:
	return tuple(
		"".join(p.text for p in parts if p.kind != INSERTED) for parts in (change.heading, change.parts)
	)


def after_of(change) -> tuple[str, str]:
	return tuple(
		"".join(p.text for p in parts if p.kind != REMOVED) for parts in (change.heading, change.parts)
	)


# ------------------------------------------------------------------ for every text
@given(TEXTS, TEXTS)
def test_every_section_of_both_is_there_once(before, after):
	changes = compare(before, after)
	assert [c.after for c in changes if c.after] == list(after)
	assert sorted(c.before.number for c in changes if c.before) == sorted(s.number for s in before)


@given(TEXTS, TEXTS)
def test_the_words_of_both_can_be_read_back(before, after):
	for change in compare(before, after):
		assert before_of(change) == (
			(change.before.heading, change.before.text) if change.before else ("", "")
		)
		assert after_of(change) == ((change.after.heading, change.after.text) if change.after else ("", ""))


@given(TEXTS)
def test_a_text_is_the_same_as_itself(text):
	assert {c.kind for c in compare(text, text)} <= {SAME}


@given(TEXTS, TEXTS)
def test_the_kind_says_what_happened(before, after):
	for change in compare(before, after):
		kinds = {part.kind for part in (*change.heading, *change.parts)}
		assert (change.before is None) == (change.kind == ADDED)
		assert (change.after is None) == (change.kind == LEFT_OUT)
		if change.kind in (SAME, MOVED):
			assert kinds <= {KEPT}
		if change.kind == CHANGED:
			assert kinds & {REMOVED, INSERTED}
		assert change.kind != MOVED or change.is_moved


@given(TEXTS, TEXTS)
def test_two_clauses_of_the_library_are_never_compared_with_each_other(before, after):
	for change in compare(before, after):
		if change.before and change.after and change.before.clause and change.after.clause:
			assert change.before.clause == change.after.clause


@given(st.lists(st.sampled_from((LIABILITY, TERM, PRICE, LAW)), unique=True), st.randoms())
def test_what_changes_places_is_moved_and_nothing_else(text, random):
	shuffled = random.sample(text, len(text))
	changes = compare(text, shuffled)
	assert {c.kind for c in changes} <= {SAME, MOVED}
	kept = [text.index(c.before) for c in changes if c.kind == SAME]
	assert kept == sorted(kept)
	assert (MOVED in {c.kind for c in changes}) == (shuffled != text)


@given(LINES, LINES)
def test_words_read_back(before, after):
	parts = engine.words(before, after)
	assert "".join(p.text for p in parts if p.kind != INSERTED) == before
	assert "".join(p.text for p in parts if p.kind != REMOVED) == after
	assert all(part.text for part in parts)


@given(TEXTS, TEXTS)
def test_likeness_is_a_share_and_the_same_both_ways(one, other):
	found = engine.likeness(one, other)
	assert 0 <= found <= 1
	assert found == engine.likeness(other, one)
	if any(any(letter.isalnum() for letter in part.text) for part in one):
		assert engine.likeness(one, one) == 1


# ------------------------------------------------------------------ examples
def test_a_changed_number_is_shown_as_that_number():
	after = replace(LIABILITY, paragraphs=("Liability is capped at 5,000,000.",))
	(change,) = compare([LIABILITY], [after])
	assert (change.kind, change.rank, change.clause) == (CHANGED, MUST, "Liability")
	assert [(p.kind, p.text) for p in change.parts] == [
		(KEPT, "Liability is capped at "),
		(REMOVED, "1"),
		(INSERTED, "5"),
		(KEPT, ",000,000."),
	]


def test_a_blank_between_two_changes_does_not_split_them():
	parts = engine.words("within thirty days of receipt", "within forty five weeks of receipt")
	assert [p.kind for p in parts] == [KEPT, REMOVED, INSERTED, KEPT]


def test_a_clause_is_found_under_another_heading_and_number():
	after = [section("7. Limitation of liability", *LIABILITY.paragraphs)]
	(change,) = compare([LIABILITY], after)
	assert (change.kind, change.clause) == (CHANGED, "Liability")
	assert engine.recognised(after, [TERM, LIABILITY])[0].clause == "Liability"


def test_a_heading_is_the_same_whatever_its_number():
	for heading in ("3. Term", "§ 3 Term", "3) TERM", "3.1 Term", "Term"):
		(change,) = compare(
			[replace(TERM, paragraphs=())], [section(heading, "Wholly different words here.")]
		)
		assert change.clause == "Term", heading


def test_what_is_left_out_stands_where_it_stood_and_what_is_new_is_added():
	new = section("Audit", "We may audit you at any time, at your cost.")
	changes = compare([LIABILITY, TERM, PRICE], [LIABILITY, PRICE, new])
	assert [c.kind for c in changes] == [SAME, LEFT_OUT, SAME, ADDED]
	assert [c.kind for c in engine.differences(changes)] == [LEFT_OUT, ADDED]


def test_must_comes_before_should_before_the_rest():
	after = [replace(s, paragraphs=("Changed.",)) for s in (PRICE, TERM, LAW)]
	found = engine.differences(compare([PRICE, TERM, LAW], after))
	assert [c.clause for c in found] == ["Law", "Term", "Price"]


def test_a_moved_clause_may_be_changed_too():
	changed = replace(LAW, paragraphs=("Norwegian law applies.",))
	changes = compare([LAW, TERM, PRICE], [TERM, PRICE, changed])
	assert [(c.kind, c.is_moved) for c in changes] == [(SAME, False), (SAME, False), (CHANGED, True)]


def test_a_hostile_length_does_not_take_for_ever():
	before = section("A", " ".join(f"word{n}" for n in range(30_000)))
	after = section("A", " ".join(f"other{n}" for n in range(30_000)))
	started = time.perf_counter()
	(change,) = compare([before], [after])
	assert time.perf_counter() - started < 5
	assert before_of(change)[1] == before.text
