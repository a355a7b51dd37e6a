"""Whether a party may stand on a sanctions list: identifiers, countries and names compared (requirements §2.4).

A hit says that a person must look, never that the party is listed. Names are compared letter by letter, after case,
accents, legal forms and the order of words are taken away; scripts are not turned into one another, so a list must carry
the Latin spelling as an alias.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil

TAX_ID, NAME, COUNTRY = "Tax ID", "Name", "Country"
DEFAULT_THRESHOLD = 90
"""From this score (0 to 100) a similar name is a hit."""
EXACT = 100

# What Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans(
	{"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ħ": "h", "ŋ": "n"}
)
_FILLING = frozenset(("and", "og", "och", "und", "et", "the"))
_LEGAL_FORMS = frozenset(
	"""
	ab ag amba ans aps as asa ba bv bvba co company corp corporation da doo eood fmba fze fzco gmbh hb inc
	incorporated is ivs jsc kb kft kg kgaa ks limited llc llp lp ltd mbh nuf nv oao ohg ojsc ooo ou oy oyj
	pao pjsc plc ps pte pvt sa sal sarl sas se sia sl smba spa spzoo srl sro uab ug zao zrt
	""".split()
)


def normal_id(text: str | None) -> str:
	"""Return a tax ID or registration number as it is compared: letters and digits, in capitals."""
	folded = unicodedata.normalize("NFKC", text or "").upper()
	return "".join(character for character in folded if character.isalnum())


def words_of(text: str | None) -> tuple[str, ...]:
	"""Return the words of a name that are compared, in their order: small, without accents, legal forms and "and".

	A name of nothing but legal forms keeps them, or a firm called "SE" could never be found.
	"""
	folded = unicodedata.normalize("NFKD", (text or "").casefold()).casefold().translate(_LETTERS)
	plain = "".join(character for character in folded if not unicodedata.combining(character))
	plain = re.sub(r"\b(\w)/(\w)\b", r"\1\2", re.sub(r"[.'’`´]", "", plain))
	plain = re.sub(r"\bsp z oo\b", "spzoo", plain)
	separated = "".join(character if character.isalnum() else " " for character in plain)
	words = separated.split()
	kept = [word for word in words if word not in _FILLING] or words
	first, last = 0, len(kept)
	while first < last and kept[first] in _LEGAL_FORMS:
		first += 1
	while last > first and kept[last - 1] in _LEGAL_FORMS:
		last -= 1
	return tuple(kept[first:last] or kept)


def score(one: str | None, other: str | None) -> int:
	"""Return how much alike two names are, 0 to 100; 100 when they say the same, in whatever order of words."""
	return _score(_Name.of(one), _Name.of(other))


@dataclass(frozen=True, slots=True)
class Entry:
	"""A party or a country on a list, valid from one day to another, both included (None: without end)."""

	key: str
	names: tuple[str, ...] = ()
	tax_id: str = ""
	country: str = ""
	valid_from: date | None = None
	valid_until: date | None = None

	def is_valid(self, on: date) -> bool:
		return (self.valid_from is None or self.valid_from <= on) and (
			self.valid_until is None or on <= self.valid_until
		)


@dataclass(frozen=True, slots=True)
class Party:
	"""Who is looked for: by names, a tax ID, and the countries of their addresses, {address: country}."""

	names: tuple[str, ...]
	tax_id: str = ""
	countries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
	"""What of a party meets an entry. `matched` are the values that met, by which a later look tells whether anything is new."""

	key: str
	kind: str
	score: int
	what: str
	matched: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Name:
	text: str
	given: str
	sorted: str
	pairs: Counter

	@classmethod
	def of(cls, text: str | None) -> "_Name":
		words = words_of(text)
		pairs = Counter(word[n : n + 2] for word in words for n in range(len(word) - 1))
		return cls(text or "", " ".join(words), " ".join(sorted(words)), pairs)

	def slack(self, threshold: int) -> float:
		"""Return what this name gives to the least number of letter pairs that it shares with any name alike enough.

		A letter more or less takes away at most two pairs of one name and one of the other, so names of lengths a and b
		with at most (1 - threshold) × (a + b) such letters share at least the sum of both their slacks.
		"""
		return self.pairs.total() / 2 - 1.5 * (EXACT - threshold) / EXACT * len(self.given)


def _score(one: _Name, other: _Name) -> int:
	if not one.given or not other.given:
		return 0
	if one.sorted == other.sorted:
		return EXACT
	alike = max(_alike(one.sorted, other.sorted), _alike(one.given, other.given))
	return min(EXACT - 1, alike)


def _alike(one: str, other: str) -> int:
	"""Return the share of letters that two texts have in common in their order, per cent, rounded down."""
	return 2 * EXACT * _common(one, other) // (len(one) + len(other))


def _common(one: str, other: str) -> int:
	"""Return the length of the longest common subsequence: a bit for each letter of `one`, a step for each of `other`."""
	places: dict[str, int] = defaultdict(int)
	for n, letter in enumerate(one):
		places[letter] |= 1 << n
	whole = (1 << len(one)) - 1
	row = whole
	for letter in other:
		found = row & places.get(letter, 0)
		row = ((row + found) | (row - found)) & whole
	return len(one) - row.bit_count()


class Index:
	"""The entries of one list, laid out so that a party is compared with few of them. Finds what comparing with all would."""

	def __init__(self, entries: Iterable[Entry], threshold: int = DEFAULT_THRESHOLD):
		self.threshold = threshold
		self.entries = {entry.key: entry for entry in entries}
		self._by_id: dict[str, list[str]] = defaultdict(list)
		self._by_country: dict[str, list[str]] = defaultdict(list)
		self._names: list[tuple[str, _Name, float]] = []
		self._by_length: dict[int, list[int]] = defaultdict(list)
		self._by_pair: dict[tuple[int, str], list[int]] = defaultdict(list)
		self._least_slack: dict[int, float] = {}
		for entry in self.entries.values():
			if normal_id(entry.tax_id):
				self._by_id[normal_id(entry.tax_id)].append(entry.key)
			if entry.country:
				self._by_country[entry.country].append(entry.key)
			for text in entry.names:
				self._add(entry.key, _Name.of(text))

	def _add(self, key: str, name: _Name) -> None:
		number, length = len(self._names), len(name.given)
		slack = name.slack(self.threshold)
		self._names.append((key, name, slack))
		self._by_length[length].append(number)
		for pair in name.pairs:
			self._by_pair[length, pair].append(number)
		self._least_slack[length] = min(slack, self._least_slack.get(length, slack))

	def hits(self, party: Party, on: date) -> tuple[Hit, ...]:
		"""Return what of a party meets entries that are valid on a day: one hit an entry, by what is surest."""
		found: dict[str, list[Hit]] = defaultdict(list)
		for hit in (*self._same_id(party), *self._same_country(party), *self._alike_names(party)):
			if self.entries[hit.key].is_valid(on):
				found[hit.key].append(hit)
		return tuple(_together(found[key]) for key in sorted(found))

	def _same_id(self, party: Party) -> Iterable[Hit]:
		tax_id = normal_id(party.tax_id)
		for key in self._by_id.get(tax_id, ()) if tax_id else ():
			yield Hit(key, TAX_ID, EXACT, party.tax_id.strip(), frozenset({f"{TAX_ID}:{tax_id}"}))

	def _same_country(self, party: Party) -> Iterable[Hit]:
		for address, country in party.countries:
			for key in self._by_country.get(country, ()):
				what = f"{country} ({address})"
				yield Hit(key, COUNTRY, EXACT, what, frozenset({f"{COUNTRY}:{country}:{address}"}))

	def _alike_names(self, party: Party) -> Iterable[Hit]:
		for text in dict.fromkeys(party.names):
			name = _Name.of(text)
			for number in self._candidates(name) if name.given else ():
				key, other, _slack = self._names[number]
				alike = _score(name, other)
				if alike >= self.threshold:
					matched = frozenset({f"{NAME}:{name.sorted}:{other.sorted}"})
					yield Hit(key, NAME, alike, f"{text.strip()} ~ {other.text.strip()}", matched)

	def _candidates(self, name: _Name) -> list[int]:
		"""Return the names that may be alike enough: of a length near enough, and with one of the rarest letter pairs.

		Who shares `least` of so many pairs shares one of any that are so many less than all, so the rarest are enough.
		"""
		found: set[int] = set()
		longer = 2 * EXACT - self.threshold
		own, length = name.slack(self.threshold), len(name.given)
		for other, numbers in self._by_length.items():
			if other * self.threshold > length * longer or length * self.threshold > other * longer:
				continue
			least = ceil(own + self._least_slack[other])
			if least <= 0:
				# So short that they may share no pair at all.
				found.update(numbers)
				continue
			left = name.pairs.total() - least + 1
			for postings, count in sorted(
				((self._by_pair.get((other, pair), []), count) for pair, count in name.pairs.items()),
				key=lambda of_pair: len(of_pair[0]),
			):
				if left <= 0:
					break
				found.update(postings)
				left -= count
		return sorted(n for n in found if self._shares_enough(name, own, n))

	def _shares_enough(self, name: _Name, own: float, number: int) -> bool:
		_key, other, slack = self._names[number]
		pairs = other.pairs
		return (
			sum(min(count, pairs[pair]) for pair, count in name.pairs.items() if pair in pairs) >= own + slack
		)


def _together(hits: list[Hit]) -> Hit:
	surest = max(hits, key=lambda hit: (hit.score, hit.kind == TAX_ID, hit.what))
	what = "; ".join(
		dict.fromkeys(hit.what for hit in sorted(hits, key=lambda h: (-h.score, h.kind, h.what)))
	)
	return Hit(surest.key, surest.kind, surest.score, what, frozenset().union(*(hit.matched for hit in hits)))
