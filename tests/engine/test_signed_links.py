"""Signed links: read as written by whoever has the key, and by nobody else."""

from base64 import urlsafe_b64encode
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts.engine import signed_links
from b2b_contracts.engine.signed_links import NotSignedError, SignedLink

KEY = b"the site's own key"
LINK = SignedLink("dispute", "SINV-0001", date(2026, 11, 26))

lines = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=100)
links = st.builds(SignedLink, lines, lines, st.dates())
letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="


@given(links)
def test_what_is_written_is_read(link):
	assert signed_links.read(KEY, signed_links.token_of(KEY, link), link.purpose) == link


@given(links)
def test_it_stands_in_an_address_as_it_is(link):
	assert set(signed_links.token_of(KEY, link)) <= set(letters) - {"="}


@given(links, st.data())
def test_a_changed_letter_opens_nothing(link, data):
	token = signed_links.token_of(KEY, link)
	at = data.draw(st.integers(0, len(token) - 1))
	letter = data.draw(st.sampled_from(letters))
	changed = token[:at] + letter + token[at + 1 :]
	assume(changed != token)
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, changed, link.purpose)


@given(links, st.binary(min_size=1))
def test_another_key_opens_nothing(link, key):
	assume(key != KEY)
	with pytest.raises(NotSignedError):
		signed_links.read(key, signed_links.token_of(KEY, link), link.purpose)


@given(links, links)
def test_a_signature_of_one_link_is_none_of_another(link, other):
	assume(link != other)
	said = signed_links.token_of(KEY, other).partition(".")[0]
	signature = signed_links.token_of(KEY, link).partition(".")[2]
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, f"{said}.{signature}", other.purpose)


@given(st.text(max_size=2_000))
def test_anything_else_is_refused(token):
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, token, LINK.purpose)


def test_for_another_purpose_it_is_refused():
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, signed_links.token_of(KEY, LINK), "statement")


@pytest.mark.parametrize("tail", ["", "=", "\n", ".x", " ", "\ud800"])
def test_nothing_may_be_added_or_left_out(tail):
	token = signed_links.token_of(KEY, LINK)
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, token[:-1] if not tail else token + tail, LINK.purpose)


def test_what_is_no_date_is_refused():
	said = urlsafe_b64encode(b"dispute\n2026-13-01\nSINV-0001").decode().rstrip("=")
	with pytest.raises(NotSignedError):
		signed_links.read(KEY, f"{said}.x", "dispute")


def test_two_lines_would_be_two_things():
	for link in (SignedLink("a\nb", "c", LINK.until), SignedLink("a", "b\nc", LINK.until)):
		with pytest.raises(ValueError, match="one line each"):
			signed_links.token_of(KEY, link)


def test_it_is_good_until_the_end_of_its_last_day():
	assert LINK.is_good(LINK.until)
	assert not LINK.is_good(LINK.until + timedelta(days=1))


def test_a_keyed_hash_needs_the_key():
	assert signed_links.keyed_hash(KEY, "token") == signed_links.keyed_hash(KEY, "token")
	assert signed_links.keyed_hash(KEY, "token") != signed_links.keyed_hash(b"other", "token")
