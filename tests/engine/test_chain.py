from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.chain import GENESIS, Link, canonical, digest, link_hash, verify


def chain_of(*payloads: str, after: str = GENESIS, first: int = 1) -> list[Link]:
	"""Return an honest chain over some payloads, or the end of one that goes on after a hash."""
	links, previous = [], after
	for sequence, payload in enumerate(payloads, start=first):
		own = link_hash(sequence, previous, payload)
		links.append(Link(f"decision-{sequence}", sequence, previous, own, payload))
		previous = own
	return links


HONEST = chain_of("one", "two", "three", "four", "five")
HEAD = HONEST[-1].hash
FORGED = chain_of("one", "two", "THREE", "four", "five")


def look(links, head_sequence=5, head_hash=HEAD, exported=None):
	"""Return (kind, sequence) of every problem."""
	return [(p.kind, p.sequence) for p in verify(links, head_sequence, head_hash, exported)]


def changed(sequence: int, **fields) -> list[Link]:
	return [replace(link, **fields) if link.sequence == sequence else link for link in HONEST]


def without(*sequences: int) -> list[Link]:
	return [link for link in HONEST if link.sequence not in sequences]


def rehashed(sequence: int, payload: str) -> list[Link]:
	"""Return the chain with one payload changed and its own hash made to fit."""
	link = HONEST[sequence - 1]
	return changed(sequence, payload=payload, hash=link_hash(sequence, link.previous_hash, payload))


def shifted(sequence: int) -> list[Link]:
	"""Return the chain with a row slipped in and the numbers after it moved up by one."""
	before, after = HONEST[: sequence - 1], HONEST[sequence - 1 :]
	slipped = chain_of("slipped in", after=before[-1].hash, first=sequence)
	return [*before, *slipped, *(replace(link, sequence=link.sequence + 1) for link in after)]


@pytest.mark.parametrize("exported", [None, (0, GENESIS), (3, HONEST[2].hash), (5, HEAD)])
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_given_an_honest_chain_when_verified_then_there_is_no_problem(order, exported):
	assert look(HONEST[::order], exported=exported) == []


def test_given_a_gate_without_decisions_when_verified_then_there_is_no_problem():
	assert look([], head_sequence=0, head_hash=GENESIS) == []


@pytest.mark.parametrize(
	("links", "problems"),
	[
		pytest.param(changed(3, payload="THREE"), [("changed", 3)], id="payload changed"),
		pytest.param(changed(5, payload="FIVE"), [("changed", 5)], id="payload of the last changed"),
		pytest.param(changed(3, hash="f" * 64), [("changed", 3), ("changed", 4)], id="hash changed"),
		pytest.param(changed(3, previous_hash="f" * 64), [("changed", 3)], id="previous hash changed"),
		pytest.param(rehashed(3, "THREE"), [("changed", 4)], id="payload and hash changed: the next breaks"),
		pytest.param(
			rehashed(5, "FIVE"), [("head_differs", 5)], id="payload and hash of the last: the head breaks"
		),
		pytest.param(rehashed(1, "ONE"), [("changed", 2)], id="payload and hash of the first"),
		pytest.param(without(3), [("missing", 3)], id="one in the middle removed"),
		pytest.param(without(2, 3), [("missing", 2), ("missing", 3)], id="two in the middle removed"),
		pytest.param(without(1), [("missing", 1)], id="the first removed"),
		pytest.param(without(5), [("cut_off", 5)], id="the last cut off"),
		pytest.param(without(4, 5), [("cut_off", 4), ("cut_off", 5)], id="the tail cut off"),
		pytest.param([], [("cut_off", n) for n in range(1, 6)], id="all deleted"),
		pytest.param([*HONEST, HONEST[2]], [("inserted", 3)], id="a row twice"),
		pytest.param(
			[*HONEST, *chain_of("slipped in", after=HONEST[1].hash, first=3)],
			[("inserted", 3)],
			id="a second row in the same place",
		),
		pytest.param(
			[*chain_of("before the first", first=0), *HONEST], [("inserted", 0)], id="a row before the first"
		),
		pytest.param(
			[*HONEST, *chain_of("six", after=HEAD, first=6)],
			[("inserted", 6)],
			id="a row after the head that fits",
		),
		pytest.param(FORGED, [("head_differs", 5)], id="the whole chain rewritten, the gate left alone"),
	],
)
def test_given_a_chain_somebody_tampered_with_when_verified_then_it_is_found(links, problems):
	assert look(links) == problems


def test_given_a_row_slipped_into_the_middle_when_verified_then_the_rows_moved_by_it_are_found():
	assert {kind for kind, sequence in look(shifted(3)) if sequence >= 4} >= {"changed", "inserted"}


def test_given_a_removed_row_and_the_rest_renumbered_when_verified_then_it_is_found():
	closed_up = [replace(link, sequence=link.sequence - (link.sequence > 3)) for link in without(3)]
	assert ("changed", 3) in look(closed_up)


def test_given_two_rows_that_changed_places_when_verified_then_both_are_found():
	two, three = HONEST[1], HONEST[2]
	swapped = [HONEST[0], replace(three, sequence=2), replace(two, sequence=3), *HONEST[3:]]
	assert {("changed", 2), ("changed", 3)} <= set(look(swapped))


@pytest.mark.parametrize(
	("at", "problems"),
	[
		pytest.param(1, [("changed", 2)], id="the first"),
		pytest.param(3, [("changed", 3), ("changed", 4)], id="one in the middle"),
		pytest.param(5, [("changed", 5), ("head_differs", 5)], id="the last"),
	],
)
def test_given_a_row_taken_from_another_gate_when_verified_then_it_is_found(at, problems):
	elsewhere = chain_of("uno", "due", "tre", "quattro", "cinque")
	assert look([*without(at), elsewhere[at - 1]]) == problems


def test_given_all_rows_of_another_gate_when_verified_then_the_head_differs():
	assert look(chain_of("uno", "due", "tre", "quattro", "cinque")) == [("head_differs", 5)]


def test_given_a_gate_whose_head_was_changed_when_verified_then_it_is_found():
	assert look(HONEST, head_hash="f" * 64) == [("head_differs", 5)]


FORGED_HEAD = {"head_hash": FORGED[-1].hash}


def test_given_chain_and_gate_rewritten_when_there_is_no_export_then_nothing_can_be_found():
	assert look(FORGED, **FORGED_HEAD) == []


@pytest.mark.parametrize(
	("links", "head", "exported", "problems"),
	[
		pytest.param(FORGED, FORGED_HEAD, (5, HEAD), [("changed", 5)], id="all rewritten"),
		pytest.param(
			FORGED, FORGED_HEAD, (3, HONEST[2].hash), [("changed", 3)], id="rewritten before the export"
		),
		pytest.param(
			FORGED, FORGED_HEAD, (2, HONEST[1].hash), [], id="rewritten after the export: not found"
		),
		pytest.param(HONEST[:4], {}, (5, HEAD), [("cut_off", 5)], id="tail cut off, the gate left alone"),
		pytest.param(
			HONEST[:3],
			{"head_sequence": 3, "head_hash": HONEST[2].hash},
			(5, HEAD),
			[("cut_off", 5)],
			id="tail cut off with the gate",
		),
		pytest.param(
			[],
			{"head_sequence": 0, "head_hash": GENESIS},
			(5, HEAD),
			[("cut_off", 5)],
			id="all deleted with the gate",
		),
	],
)
def test_given_chain_and_gate_rewritten_when_compared_with_the_last_export(links, head, exported, problems):
	assert look(links, exported=exported, **head) == problems


def test_a_problem_names_the_row_that_is_there_and_none_that_is_gone():
	found = verify([link for link in changed(4, payload="x") if link.sequence != 2], 5, HEAD)
	assert [(p.kind, p.name) for p in found] == [("missing", ""), ("changed", "decision-4")]


payloads = st.lists(st.text(max_size=5), min_size=1, max_size=8)


@given(payloads)
def test_every_honest_chain_is_whole(texts):
	links = chain_of(*texts)
	assert look(links, len(links), links[-1].hash, (len(links), links[-1].hash)) == []


@st.composite
def tamperings(draw):
	"""Return a chain that differs from the honest one, with the honest head."""
	honest = chain_of(*draw(payloads))
	at = draw(st.integers(0, len(honest) - 1))
	link = honest[at]
	kind = draw(
		st.sampled_from(["payload", "rehash", "hash", "previous", "remove", "double", "cut", "rewrite"])
	)
	forged = list(honest)
	other = link.payload + "!"
	if kind == "payload":
		forged[at] = replace(link, payload=other)
	elif kind == "rehash":
		forged[at] = replace(link, payload=other, hash=link_hash(link.sequence, link.previous_hash, other))
	elif kind in ("hash", "previous"):
		field = "hash" if kind == "hash" else "previous_hash"
		forged[at] = replace(link, **{field: digest(link.hash, "another")})
	elif kind == "remove":
		del forged[at]
	elif kind == "double":
		forged.append(replace(link, name="double"))
	elif kind == "cut":
		forged = forged[:at]
	else:
		texts = [x.payload for x in honest]
		forged = chain_of(*texts[:at], other, *texts[at + 1 :])
	return forged, len(honest), honest[-1].hash


@given(tamperings())
def test_every_single_tampering_is_found_while_the_gate_remembers_its_head(tampering):
	assert look(*tampering) != []


# --- what is hashed


def test_a_payload_has_one_text_whatever_the_order_of_its_keys():
	assert (
		canonical({"b": [1, 2], "a": "æøå"})
		== canonical({"a": "æøå", "b": [1, 2]})
		== '{"a":"æøå","b":[1,2]}'
	)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal(1), date(2026, 4, 1)], ids=repr)
def test_a_payload_with_a_value_that_has_no_one_text_is_refused(value):
	with pytest.raises((TypeError, ValueError)):
		canonical({"value": value})


@pytest.mark.parametrize(
	"other",
	[(2, GENESIS, "x"), (1, "f" * 64, "x"), (1, GENESIS, "y")],
	ids=["sequence", "previous hash", "payload"],
)
def test_the_hash_covers_everything_about_a_decision(other):
	assert link_hash(1, GENESIS, "x") != link_hash(*other)


def test_a_digest_depends_on_value_and_salt_and_tells_neither():
	one = digest("Jensen", "salt")
	assert one == digest("Jensen", "salt")
	assert len({one, digest("Hansen", "salt"), digest("Jensen", "other")}) == 3
	assert "Jensen" not in one and "salt" not in one
