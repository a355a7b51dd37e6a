"""A hash chain over decisions, so that a changed, missing, inserted or cut-off one is found (requirements §8)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GENESIS = "0" * 64

CHANGED = "changed"
MISSING = "missing"
INSERTED = "inserted"
CUT_OFF = "cut_off"
HEAD_DIFFERS = "head_differs"
# A gap is listed number by number, up to a point: one row with a huge number must not fill the memory.
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Link:
	"""One stored decision as the chain sees it: `payload` is the stored text, byte for byte."""

	name: str
	sequence: int
	previous_hash: str
	hash: str
	payload: str


@dataclass(frozen=True, slots=True)
class Problem:
	"""What `verify` found: kind is one of the constants above, `name` the row when there is one."""

	kind: str
	sequence: int
	name: str = ""


def canonical(payload: Mapping) -> str:
	"""Return the one text of a payload: sorted keys, no blanks, UTF-8 as it is."""
	return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def link_hash(sequence: int, previous_hash: str, payload: str) -> str:
	"""Return the hash of a decision: over its place, the hash before it and its payload text."""
	text = "\n".join((str(sequence), previous_hash, payload))
	return hashlib.sha256(text.encode()).hexdigest()


def digest(value: str, salt: str) -> str:
	"""Return a salted digest that stands for a personal value; without the salt nothing can be told from it."""
	return hashlib.sha256(f"{salt}\n{value}".encode()).hexdigest()


def verify(
	links: Iterable[Link],
	head_sequence: int,
	head_hash: str,
	exported: tuple[int, str] | None = None,
) -> list[Problem]:
	"""Return every problem in the chain of one gate, in order; an empty list means it is whole.

	`links` in any order. `head_*` is what the gate remembers; `exported` is (sequence, hash) of the last
	export kept outside the database, which also finds a chain that was rewritten together with its gate.
	"""
	problems: list[Problem] = []
	previous_hash, expected, hash_at = GENESIS, 1, {0: GENESIS}
	for link in sorted(links, key=lambda x: x.sequence):
		if link.sequence < expected:
			problems.append(Problem(INSERTED, link.sequence, link.name))
			continue
		problems += [
			Problem(MISSING, gone) for gone in range(expected, min(link.sequence, expected + MOST_LISTED))
		]
		broken = link.sequence == expected and link.previous_hash != previous_hash
		if broken or link_hash(link.sequence, link.previous_hash, link.payload) != link.hash:
			problems.append(Problem(CHANGED, link.sequence, link.name))
		previous_hash, expected = link.hash, link.sequence + 1
		hash_at[link.sequence] = link.hash
	last = expected - 1
	if last < head_sequence:
		problems += [
			Problem(CUT_OFF, gone) for gone in range(expected, min(head_sequence + 1, expected + MOST_LISTED))
		]
	elif last > head_sequence:
		problems += [
			Problem(INSERTED, extra) for extra in range(head_sequence + 1, last + 1) if extra in hash_at
		]
	elif previous_hash != head_hash:
		problems.append(Problem(HEAD_DIFFERS, head_sequence))
	if exported:
		sequence, exported_hash = exported
		if sequence > max(last, head_sequence):
			problems.append(Problem(CUT_OFF, sequence))
		elif hash_at.get(sequence, exported_hash) != exported_hash:
			problems.append(Problem(CHANGED, sequence))
	return problems
