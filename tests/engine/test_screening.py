"""Parties against lists: identifiers, countries, names; nothing crashes it, and the index misses nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import screening
from b2b_contracts.engine.screening import Entry, Index, Party, normal_id, score, words_of

TODAY = date(2026, 3, 2)
LETTERS = "abcdeø éA&-./1жα"
names = st.text(max_size=40) | st.text(LETTERS, max_size=14)


def hits(party, *entries, threshold=90, on=TODAY):
	return Index(entries, threshold).hits(party, on)


# --- names
@pytest.mark.parametrize(
	("one", "other"),
	[
		("Kvaløy Shipping A/S", "kvaloy shipping"),
		("ÅRHUS  Handel ApS", "århus handel"),
		("Trading North GmbH & Co. KG", "North Trading"),
		("Société Générale S.A.", "Societe Generale"),
		("OOO Romashka", "Romashka LLC"),
		("Ostrów Sp. z o.o.", "OSTROW"),
		("Smith, John", "John Smith"),
		("O'Neill and Sons Ltd.", "ONEILL SONS"),
		("Straße AG", "STRASSE AG"),
		("Jernløs I/S", "Jernlos"),
		("Газпром", "ГАЗПРОМ"),
	],
)
def test_given_one_name_in_two_spellings_when_compared_then_100(one, other):
	assert score(one, other) == 100


@pytest.mark.parametrize(
	("one", "other", "at_least", "at_most"),
	[
		("Müller Handel", "Mueller Handel", 90, 99),
		("Kvaløy Shipping", "Kvaløy Shiping", 90, 99),
		("Sea Wolf Maritime", "Seawolf Maritime", 90, 99),
		("Nordic Steel", "Nordic Timber", 0, 80),
		("Hansen", "Jensen", 0, 75),
		("", "Hansen", 0, 0),
		("!!!", "???", 0, 0),
	],
)
def test_how_much_alike(one, other, at_least, at_most):
	assert at_least <= score(one, other) <= at_most


def test_given_a_name_of_nothing_but_a_legal_form_when_compared_then_it_is_a_name():
	assert words_of("SE") == ("se",)
	assert score("A/S", "AS") == 100
	assert score("SE", "AS") < 90


@given(names, names)
def test_it_does_not_matter_which_is_which(one, other):
	assert score(one, other) == score(other, one)


@given(names, names)
def test_a_score_is_between_0_and_100_and_100_only_for_the_same(one, other):
	same = bool(words_of(one)) and sorted(words_of(one)) == sorted(words_of(other))
	assert 0 <= score(one, other) <= 100
	assert (score(one, other) == 100) == same


@given(names)
def test_a_name_is_like_itself(name):
	assert score(name, name) == (100 if words_of(name) else 0)
	assert normal_id(normal_id(name)) == normal_id(name)


@given(st.permutations(["Kvaløy", "Shipping", "Invest"]))
def test_the_order_of_words_is_nothing(words):
	assert score(" ".join(words), "Kvaløy Shipping Invest") == 100


def longest_common(one, other):
	row = [0] * (len(other) + 1)
	for letter in one:
		before = row[:]
		for n, other_letter in enumerate(other, 1):
			row[n] = before[n - 1] + 1 if letter == other_letter else max(before[n], row[n - 1])
	return row[-1]


@given(names, names)
def test_letters_in_common_are_counted_as_by_the_book(one, other):
	assert screening._common(one, other) == longest_common(one, other)


@given(st.text("abc ", max_size=9), st.lists(st.text("abc ", max_size=9), max_size=6), st.integers(50, 100))
def test_the_index_finds_what_comparing_with_all_finds(name, listed, threshold):
	entries = [Entry(str(n), (text,)) for n, text in enumerate(listed)]
	found = {hit.key: hit.score for hit in hits(Party((name,)), *entries, threshold=threshold)}
	assert found == {
		entry.key: alike for entry in entries if (alike := score(name, entry.names[0])) >= threshold
	}


@given(names, names, st.lists(names, max_size=4))
def test_no_text_crashes_it(name, tax_id, listed):
	entries = [Entry(str(n), (text, name), tax_id=text, country=text) for n, text in enumerate(listed)]
	for hit in hits(Party((name, tax_id), tax_id, ((name, tax_id),)), *entries):
		assert hit.matched and hit.score >= 90


# --- the rest
def test_a_tax_id_in_any_spelling():
	(hit,) = hits(Party(("Somebody else",), "dk 12.34-56 78"), Entry("e", ("Kvaløy",), tax_id="DK12345678"))
	assert (hit.kind, hit.score, hit.what) == ("Tax ID", 100, "dk 12.34-56 78")


def test_a_country_of_any_address():
	party = Party(("Handel",), countries=(("Home", "Denmark"), ("Dock 3", "Atlantis")))
	(hit,) = hits(party, Entry("e", country="Atlantis"), Entry("f", country="Utopia"))
	assert (hit.key, hit.kind, hit.what) == ("e", "Country", "Atlantis (Dock 3)")


def test_an_empty_tax_id_or_country_meets_nothing():
	assert hits(Party(("Handel",), "", (("Home", ""),)), Entry("e", ("Other",))) == ()


def test_one_hit_an_entry_by_what_is_surest_with_all_that_met():
	(hit,) = hits(Party(("Kvaløy Shiping",), "DK1"), Entry("e", ("Kvaløy Shipping", "Kvaloy"), tax_id="DK 1"))
	assert (hit.kind, hit.score, len(hit.matched)) == ("Tax ID", 100, 2)


@pytest.mark.parametrize(
	("valid_from", "valid_until", "there"),
	[
		(None, None, True),
		(TODAY, TODAY, True),
		(date(2026, 3, 3), None, False),
		(None, date(2026, 3, 1), False),
	],
)
def test_an_entry_counts_from_its_first_day_to_its_last(valid_from, valid_until, there):
	entry = Entry("e", ("Kvaløy",), valid_from=valid_from, valid_until=valid_until)
	assert bool(hits(Party(("Kvaløy",)), entry)) == there


def test_the_threshold_is_the_lists_own():
	entry = Entry("e", ("Nordic Steel Works",))
	assert hits(Party(("Nordic Steal Work",)), entry, threshold=90)
	assert not hits(Party(("Nordic Steal Work",)), entry, threshold=99)
