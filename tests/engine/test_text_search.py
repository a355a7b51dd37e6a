"""What a query looks for, and where that stands in a text."""

import string
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import text_search as search
from b2b_contracts.engine.text_search import Looked, fold, parse, places, snippet, which

WORDS = st.text(string.ascii_letters + "æøåÆØÅéöß0123456789", min_size=1, max_size=8)
LINES = st.text(string.ascii_letters + "æøåÆØÅéö0123456789 .,;-–()\n", max_size=300)


def hits(text, query, around=search.AROUND):
	return [part.text for part in snippet(text, parse(query), around) if part.is_hit]


@pytest.mark.parametrize(
	("query", "looked"),
	[
		("liability cap", ["liability", "cap"]),
		("Smørrebrød ÅRHUS", ["smørrebrød", "arhus"]),
		('"retention of  title" goods', ["retention of title", "goods"]),
		("“force majeure”", ["force majeure"]),
		('"not closed', ["not closed"]),
		("(delivery), 98 %", ["delivery", "98"]),
		("CTR-2026-00001", ["ctr-2026-00001"]),
		("the The THE", ["the"]),
		("", []),
		(' ... "" - ', []),
	],
)
def test_what_a_query_looks_for(query, looked):
	assert [one.text for one in parse(query)] == looked


def test_no_query_is_without_end():
	assert len(parse(" ".join(f"w{n}" for n in range(500)))) == search.MOST_TERMS


def test_words_are_found_by_their_beginning_and_not_inside():
	assert hits("Delivery times, redelivery, DELIVERIES", "deliver") == ["Deliver", "DELIVER"]
	assert hits("På Ærø og i Århus", "ærø arhus") == ["Ærø", "Århus"]
	assert hits("ro ær", "ærø") == []


def test_a_phrase_stands_together_across_lines():
	text = "Goods stay ours: retention\n of title until paid. The title of retention."
	assert hits(text, '"retention of title"') == ["retention\n of title"]
	assert [one.text for one in which(text, parse('title "of until" paid'))] != []
	assert {one.text for one in which(text, parse('title "of until" paid'))} == {"title", "paid"}


def test_a_snippet_is_short_and_says_where_it_was_cut():
	text = "x " * 400 + "penalty for delay " + "y " * 400
	parts = snippet(text, parse("penalty"))
	assert parts[0].text == parts[-1].text == search.ELLIPSIS
	assert "penalty" in [part.text for part in parts if part.is_hit]
	assert len("".join(part.text for part in parts)) < 5 * search.AROUND
	assert "".join(part.text for part in snippet("short", parse("nothing"))) == "short"
	assert snippet("", parse("x")) == ()


@given(LINES, st.lists(WORDS, max_size=4))
def test_places_lie_in_order_and_hold_what_was_looked_for(text, words):
	looked = parse(" ".join(words))
	found = places(text, looked)
	assert all(0 <= start < end <= len(text) for start, end in found)
	assert all(one[1] <= other[0] for one, other in pairwise(found))
	for start, end in found:
		assert any(fold(text[start:end]).startswith(one.text) for one in looked)


@given(LINES, WORDS, LINES)
def test_a_word_that_stands_alone_is_always_found_and_shown(before, word, after):
	looked = (Looked(fold(word)),)
	text = f"{before} {word.swapcase()} {after}"
	assert which(text, looked) == frozenset(looked)
	parts = snippet(text, looked)
	assert any(part.is_hit for part in parts)
	shown = "".join(part.text for part in parts).strip(search.ELLIPSIS)
	assert shown in text


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once_for_what_people_write(text):
	plain = fold(unicodedata.normalize("NFC", text))
	assert fold(plain) == plain


@given(st.text(max_size=200), st.text(max_size=400))
def test_nothing_that_is_typed_breaks_it(query, text):
	looked = parse(query)
	assert all(one.words or one.text for one in looked)
	snippet(text, looked)
	which(text, looked)
