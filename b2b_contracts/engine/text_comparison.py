"""Two versions of a contract's text, clause by clause and word by word (requirements §6).

Sections are paired by the clause that they are, then by heading, then by how much of their wording they share. So a clause that
was renumbered, renamed or moved is compared with itself, not with what stands in its place.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from .contract_text import MUST, RANKS, SHOULD, Section

SAME, CHANGED, ADDED, LEFT_OUT, MOVED = "Same", "Changed", "Added", "Left Out", "Moved"
KEPT, REMOVED, INSERTED = "Kept", "Removed", "Inserted"
# Two sections without a common clause or heading are the same one from this share of common words on.
ALIKE = 0.6
# Word by word up to so many pairs of words (about two thousand words on each side); beyond, line by line.
MOST_PAIRS = 4_000_000
_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_NUMBER = re.compile(r"^\s*(§\s*)?\d+([.)]\d+)*[.):]?\s+")


@dataclass(frozen=True, slots=True)
class Part:
	"""A piece of text that was Kept, Removed or Inserted."""

	kind: str
	text: str


@dataclass(frozen=True, slots=True)
class Change:
	"""What became of one section. `heading` and `parts` tell its heading and its paragraphs word by word: what was kept and removed
	is the text before, what was kept and inserted the text after. A changed section may have moved too."""

	kind: str
	before: Section | None
	after: Section | None
	heading: tuple[Part, ...] = ()
	parts: tuple[Part, ...] = ()
	is_moved: bool = False

	@property
	def clause(self) -> str:
		"""The clause that it is about, empty for a section of none."""
		return next((part.clause for part in (self.before, self.after) if part and part.clause), "")

	@property
	def rank(self) -> str:
		"""How strictly the clause has to be kept: the stricter of the two, empty without."""
		ranks = {part.rank for part in (self.before, self.after) if part}
		return next((rank for rank in RANKS if rank in ranks), "")


def compare(before: Sequence[Section], after: Sequence[Section]) -> tuple[Change, ...]:
	"""Return what became of each section, in the order of the later text; what was left out stands where it stood."""
	pairs = _pairs(before, after)
	moved = _moved([pairs[index] for index in sorted(pairs)])
	found = [_change(before, after, pairs.get(index), index, moved) for index in range(len(after))]
	gone = set(range(len(before))) - set(pairs.values())
	place = {old: new for new, old in pairs.items()}
	return tuple(_with_what_is_gone(before, found, sorted(gone), place))


def recognised(sections: Iterable[Section], known: Sequence[Section]) -> tuple[Section, ...]:
	"""Return sections of a file from outside with the clause and the rank of those they are the later version of."""
	sections = tuple(sections)
	pairs = _pairs(known, sections)
	return tuple(
		replace(part, clause=known[pairs[index]].clause, rank=known[pairs[index]].rank)
		if index in pairs
		else part
		for index, part in enumerate(sections)
	)


def likeness(one: Iterable[Section], other: Iterable[Section]) -> float:
	"""Return how much of their words two texts share, from 0 to 1: which of some versions a text was made from is the likest."""
	return _share(*(sum((_words(part) for part in text), Counter()) for text in (one, other)))


def differences(changes: Iterable[Change]) -> tuple[Change, ...]:
	"""Return what is not the same: must first, then should, can and what is no clause of the library."""
	order = {MUST: 0, SHOULD: 1}
	found = [change for change in changes if change.kind != SAME]
	return tuple(sorted(found, key=lambda change: order.get(change.rank, 2 if change.rank else 3)))


# ------------------------------------------------------------------ which is which
def _pairs(before: Sequence[Section], after: Sequence[Section]) -> dict[int, int]:
	"""Return for the index of each section after that of the one before that it was."""
	pairs: dict[int, int] = {}
	free = dict.fromkeys(range(len(before)))
	for key in (_clause_of, _heading_of):
		by_key: dict[str, list[int]] = {}
		for index in free:
			by_key.setdefault(key(before[index]), []).append(index)
		for index, section in enumerate(after):
			candidates = by_key.get(key(section)) if index not in pairs and key(section) else None
			other = next((c for c in candidates or () if _may_be(before[c], section)), None)
			if other is not None:
				candidates.remove(other)
				pairs[index] = other
				del free[other]
	_pair_alike(before, after, pairs, free)
	return pairs


def _clause_of(section: Section) -> str:
	return section.clause


def _heading_of(section: Section) -> str:
	return " ".join(_NUMBER.sub("", section.heading).casefold().split())


def _may_be(one: Section, other: Section) -> bool:
	"""Two clauses of the library are never the same one."""
	return not (one.clause and other.clause) or one.clause == other.clause


def _pair_alike(before, after, pairs: dict[int, int], free: dict[int, None]) -> None:
	words = {index: _words(before[index]) for index in free}
	scores = []
	for index, section in enumerate(after):
		if index in pairs:
			continue
		own = _words(section)
		for other in free:
			if _may_be(before[other], section) and (score := _share(words[other], own)) >= ALIKE:
				scores.append((-score, abs(other - index), index, other))
	for _score, _distance, index, other in sorted(scores):
		if index not in pairs and other in free:
			pairs[index] = other
			del free[other]


def _words(section: Section) -> Counter:
	return Counter(re.findall(r"\w+", section.text.casefold()))


def _share(one: Counter, other: Counter) -> float:
	total = one.total() + other.total()
	return 2 * (one & other).total() / total if total else 0.0


def _moved(order: list[int]) -> set[int]:
	"""Return which of the sections, given by their former places in the later order, have moved: all outside a longest run that kept
	its order."""
	tails: list[int] = []
	places: list[int] = []
	for value in order:
		place = bisect_left(tails, value)
		tails[place : place + 1] = [value]
		places.append(place)
	kept, wanted = set(), len(tails) - 1
	for value, place in zip(reversed(order), reversed(places), strict=True):
		if place == wanted:
			kept.add(value)
			wanted -= 1
	return set(order) - kept


# ------------------------------------------------------------------ what became of each
def _change(before, after, old: int | None, new: int, moved: set[int]) -> Change:
	section = after[new]
	if old is None:
		return Change(ADDED, None, section, words("", section.heading), words("", section.text))
	former, is_moved = before[old], old in moved
	heading, parts = words(former.heading, section.heading), words(former.text, section.text)
	is_changed = any(part.kind != KEPT for part in (*heading, *parts))
	kind = CHANGED if is_changed else MOVED if is_moved else SAME
	return Change(kind, former, section, heading, parts, is_moved)


def _with_what_is_gone(before, found: list[Change], gone: list[int], place: dict[int, int]):
	"""Each section that was left out follows the one that it followed."""
	after_place: dict[int, list[Change]] = {}
	for index in gone:
		section = before[index]
		follows = next((place[other] for other in range(index - 1, -1, -1) if other in place), -1)
		change = Change(LEFT_OUT, section, None, words(section.heading, ""), words(section.text, ""))
		after_place.setdefault(follows, []).append(change)
	result = after_place.get(-1, [])
	for index, change in enumerate(found):
		result = [*result, change, *after_place.get(index, [])]
	return result


# ------------------------------------------------------------------ word by word
def words(before: str, after: str) -> tuple[Part, ...]:
	"""Return how one text became another, word by word."""
	if before == after:
		return (Part(KEPT, before),) if before else ()
	old, new = _TOKEN.findall(before), _TOKEN.findall(after)
	if len(old) * len(new) > MOST_PAIRS:
		old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
	if len(old) * len(new) > MOST_PAIRS:
		return tuple(part for part in (Part(REMOVED, before), Part(INSERTED, after)) if part.text)
	return tuple(_parts(old, new))


def _parts(old: list[str], new: list[str]) -> Iterable[Part]:
	# (kept, removed, inserted), of which either the first or the others are filled
	groups: list[list[str]] = []
	for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
		removed, inserted = "".join(old[i:j]), "".join(new[k:m])
		if tag == "equal":
			groups.append([removed, "", ""])
		elif len(groups) > 1 and not groups[-1][0].strip(" \t") and groups[-2][0] == "":
			# A blank between two changes belongs to both: one change is read more easily than two.
			blank = groups.pop()[0]
			groups[-1][1] += blank + removed
			groups[-1][2] += blank + inserted
		else:
			groups.append(["", removed, inserted])
	for kept, removed, inserted in groups:
		for kind, text in ((KEPT, kept), (REMOVED, removed), (INSERTED, inserted)):
			if text:
				yield Part(kind, text)
