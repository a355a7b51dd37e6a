"""What somebody looks for in texts, and where it stands: words by their beginnings, phrases word by word (requirements §6).

Small and capital letters are the same, and so are letters with and without an accent (å and a, é and e); æ and ø are letters
of their own. That is how the database compares text too, so what it finds can be shown.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

MOST_TERMS = 12
# Characters before and after what was found.
AROUND = 70
ELLIPSIS = "…"

_QUERY = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"\w+")
_EDGES = re.compile(r"^\W+|\W+$")
# No accent in Unicode, and for the database the letter without it.
_PLAIN = str.maketrans({"ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Looked:
	"""What is looked for, folded: a word (by its beginning) or a phrase of several."""

	text: str

	@property
	def words(self) -> tuple[str, ...]:
		return tuple(_WORD.findall(self.text))

	@property
	def is_phrase(self) -> bool:
		return self.words != (self.text,)


@dataclass(frozen=True, slots=True)
class Part:
	"""A piece of a snippet, and whether it is what was looked for."""

	text: str
	is_hit: bool = False


# ------------------------------------------------------------------ what is looked for
def fold(text: str) -> str:
	"""Return a text as it is compared: small letters without accents."""
	return "".join(_folded(character) for character in text)


def _folded(character: str) -> str:
	plain = unicodedata.normalize("NFKD", character.casefold())
	return "".join(c for c in plain if not unicodedata.combining(c)).translate(_PLAIN)


def parse(query: str) -> tuple[Looked, ...]:
	"""Return what a query looks for, all of which has to be found: its words, and what stands in quotation marks as it stands
	there. The first of a dozen count, the same only once; a query without a letter or digit looks for nothing."""
	found: dict[str, None] = {}
	for quoted, word in _QUERY.findall(
		query.replace("“", '"').replace("”", '"').replace("»", '"').replace("«", '"')
	):
		text = " ".join(_EDGES.sub("", fold(quoted or word)).split())
		if text:
			found[text] = None
	return tuple(Looked(text) for text in list(found)[:MOST_TERMS])


# ------------------------------------------------------------------ where it stands
def places(text: str, looked: Iterable[Looked]) -> list[tuple[int, int]]:
	"""Return where in a text any of what is looked for stands, at the beginning of words: (start, end), in order, none of them
	overlapping."""
	folded, origin = [], []
	for place, character in enumerate(text):
		for plain in _folded(character):
			folded.append(" " if plain.isspace() else plain)
			origin.append(place)
	line = "".join(folded)
	found: list[tuple[int, int]] = []
	for one in looked:
		pattern = r"(?<!\w)" + r"\s+".join(re.escape(piece) for piece in one.text.split())
		found += [(origin[m.start()], origin[m.end() - 1] + 1) for m in re.finditer(pattern, line)]
	merged: list[tuple[int, int]] = []
	for start, end in sorted(found):
		if merged and start < merged[-1][1]:
			merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
		else:
			merged.append((start, end))
	return merged


def which(text: str, looked: Collection[Looked]) -> frozenset[Looked]:
	"""Return what of all that is looked for stands in a text."""
	return frozenset(one for one in looked if places(text, (one,)))


def snippet(text: str, looked: Collection[Looked], around: int = AROUND) -> tuple[Part, ...]:
	"""Return the piece of a text where what is looked for stands first, with what stands around it and what was found marked;
	the beginning of the text where nothing was."""
	found = places(text, looked)
	first = found[0][0] if found else 0
	start = _word_from(text, max(0, first - around))
	end = _word_to(text, min(len(text), (found[0][1] if found else 0) + 2 * around))
	parts = [Part(ELLIPSIS)] if start > 0 else []
	at = start
	for begins, ends in found:
		if ends > end:
			break
		parts += [Part(text[at:begins])] if begins > at else []
		parts.append(Part(text[begins:ends], True))
		at = ends
	parts += [Part(text[at:end])] if end > at else []
	return (*parts, *([Part(ELLIPSIS)] if end < len(text) else []))


def _word_from(text: str, place: int) -> int:
	"""Return the beginning of the first whole word from a place on, the place itself where none is near."""
	if place == 0:
		return 0
	blank = text.find(" ", place, place + AROUND // 2)
	return place if blank < 0 else blank + 1


def _word_to(text: str, place: int) -> int:
	if place == len(text):
		return place
	blank = text.rfind(" ", place - AROUND // 2, place)
	return place if blank < 0 else blank
