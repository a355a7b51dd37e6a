from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.security import (
	INSTRUMENT_TYPES,
	Instrument,
	TypeRules,
	covered,
	gives_up,
	secured,
	share_of_member,
	shares,
	why_not_counted,
)

from .builders import TODAY, days, guarantee, instrument, insurance, money
from .strategies import amounts, instruments, naming, parts, securities

LATEST_DUE = days(30)


DATA_ONLY = ("Supply-chain Finance", "Performance Guarantee", "Advance-payment Guarantee")
COVERING = [t for t in INSTRUMENT_TYPES if t not in DATA_ONLY]


@pytest.mark.parametrize("instrument_type", COVERING)
def test_given_a_good_instrument_when_asked_then_it_counts(instrument_type):
	assert why_not_counted(instrument(instrument_type, 100), TODAY, LATEST_DUE) is None


@pytest.mark.parametrize("instrument_type", [*DATA_ONLY, "A type nobody knows"])
def test_given_a_type_that_is_no_cover_when_asked_then_it_never_counts(instrument_type):
	assert why_not_counted(instrument(instrument_type, 100), TODAY, LATEST_DUE) == "data_only"


@pytest.mark.parametrize("instrument_type", ["Factoring", "Invoice Discounting"])
def test_given_debts_sold_with_recourse_when_asked_then_they_do_not_count(instrument_type):
	"""The buyer of the debts can come back for them: nothing is secured (§2.6)."""
	assert (
		why_not_counted(instrument(instrument_type, 100, with_recourse=True), TODAY, LATEST_DUE)
		== "with_recourse"
	)


def test_given_a_title_that_must_be_registered_when_it_is_not_then_it_does_not_count():
	retention = instrument("Retention of Title", 100, cover_percent=50, lacks_registration=True)
	assert why_not_counted(retention, TODAY, LATEST_DUE) == "not_registered"


def test_given_a_type_with_rules_of_its_own_when_asked_then_they_decide():
	surety = instrument("Surety Bond", 100, on_demand=False, issuer_rating="BBB", has_document=False)
	assert why_not_counted(replace(surety, rules=TypeRules(takes_document=False)), TODAY, LATEST_DUE) is None
	strict = replace(surety, rules=TypeRules(takes_document=False, lowest_issuer_rating="BBB+"))
	assert why_not_counted(strict, TODAY, LATEST_DUE) == "issuer_rating"


@pytest.mark.parametrize(
	("terms", "why"),
	[
		pytest.param({"direction": "Given"}, "given", id="given: a liability, never cover"),
		pytest.param({"status": "Requested"}, "not_in_force", id="only requested"),
		pytest.param({"status": "Received"}, "not_in_force", id="received, not in force"),
		pytest.param({"status": "Released"}, "not_in_force", id="released"),
		pytest.param({"status": "Expired"}, "not_in_force", id="expired by status"),
		pytest.param({"valid_from": days(1)}, "not_yet_valid", id="valid from tomorrow"),
		pytest.param({"valid_from": days(0)}, None, id="valid from today"),
		pytest.param({"unconditional": False}, "conditional", id="conditional"),
		pytest.param({"on_demand": False}, "not_on_demand", id="not on demand"),
		pytest.param({"issuer_rating": "A-"}, None, id="issuer A-"),
		pytest.param({"issuer_rating": "BBB+"}, "issuer_rating", id="issuer a notch too low"),
		pytest.param({"issuer_rating": ""}, "issuer_rating", id="issuer without a rating"),
		pytest.param({"has_document": False}, "no_document", id="no document attached"),
		pytest.param({"expiry": LATEST_DUE}, None, id="expires on the latest due date"),
		pytest.param({"expiry": days(29)}, "expires_too_early", id="expires a day before it"),
		pytest.param({"expiry": days(44), "claim_period_days": 14}, None, id="time for a claim"),
		pytest.param(
			{"expiry": days(43), "claim_period_days": 14}, "expires_too_early", id="a day too few to claim"
		),
		pytest.param({"expiry": None, "claim_period_days": 14}, None, id="no end"),
	],
)
@pytest.mark.parametrize("instrument_type", ["Bank Guarantee", "Stand-by Letter of Credit"])
def test_given_a_bank_issued_instrument_when_asked_whether_it_counts(instrument_type, terms, why):
	assert why_not_counted(instrument(instrument_type, 100, **terms), TODAY, LATEST_DUE) == why


@pytest.mark.parametrize("instrument_type", [t for t in COVERING if t[:4] not in ("Bank", "Stan")])
@pytest.mark.parametrize(
	("terms", "why"),
	[
		pytest.param(
			{"unconditional": False, "on_demand": False, "issuer_rating": ""}, None, id="no bank behind it"
		),
		pytest.param({"direction": "Given"}, "given", id="given"),
		pytest.param({"status": "Released"}, "not_in_force", id="released"),
		pytest.param({"has_document": False}, "no_document", id="no document"),
		pytest.param({"expiry": days(29)}, "expires_too_early", id="expires too early"),
	],
)
def test_given_another_instrument_when_asked_whether_it_counts(instrument_type, terms, why):
	assert why_not_counted(instrument(instrument_type, 100, **terms), TODAY, LATEST_DUE) == why


def test_given_an_instrument_that_ran_out_when_what_it_covered_was_due_earlier_then_it_does_not_count():
	assert why_not_counted(guarantee(100, expiry=days(-1)), TODAY, days(-30)) == "expires_too_early"


def test_given_the_covered_invoice_is_past_due_when_the_claim_period_still_runs_then_it_counts():
	"""§2.6: expiry ≥ latest due date + claim period, whatever day it is asked on; it can be claimed today."""
	due, claim = days(-10), 30
	ends_with_claim_period = guarantee(100, expiry=due + timedelta(days=claim), claim_period_days=claim)
	assert why_not_counted(ends_with_claim_period, TODAY, due) is None


@pytest.mark.parametrize("instrument_type", INSTRUMENT_TYPES)
def test_given_an_instrument_about_which_nothing_is_said_when_asked_then_it_does_not_count(instrument_type):
	assert why_not_counted(Instrument("bare", instrument_type, money(100)), TODAY, LATEST_DUE) is not None


@pytest.mark.parametrize("missing", ["unconditional", "on_demand", "has_document"])
def test_given_a_guarantee_of_which_one_thing_is_not_said_when_asked_then_it_does_not_count(missing):
	said = {"unconditional": True, "on_demand": True, "has_document": True, "issuer_rating": "AAA"}
	del said[missing]
	assert why_not_counted(Instrument("bare", "Bank Guarantee", money(100), **said), TODAY, LATEST_DUE)


@pytest.mark.parametrize(
	("security", "exposure", "cover"),
	[
		pytest.param(
			insurance(200_000, deductible=10_000), 493_000, 170_000, id="the example of the requirements"
		),
		pytest.param(
			insurance(200_000, deductible=10_000), 645_000, 170_000, id="more exposure, the same buyer limit"
		),
		pytest.param(
			insurance(200_000, deductible=10_000), 100_000, 80_000, id="insured exposure below the limit"
		),
		pytest.param(insurance(200_000, deductible=10_000), 5_000, 0, id="all within the first loss"),
		pytest.param(guarantee(300), 1000, 300, id="guarantee, up to its amount"),
		pytest.param(guarantee(3000), 1000, 1000, id="guarantee, not more than the exposure"),
		pytest.param(guarantee(1000, haircut_percent=20), 5000, 800, id="after a haircut"),
		pytest.param(guarantee(1000, cover_percent=50), 1000, 500, id="a share of the exposure"),
		pytest.param(
			guarantee(1000, haircut_percent=70, cover_percent=50),
			1000,
			300,
			id="the lower of haircut and share",
		),
		pytest.param(guarantee(1000, deductible=100), 5000, 900, id="less a deductible"),
		pytest.param(guarantee(50, deductible=100), 5000, 0, id="a deductible above all"),
		pytest.param(
			instrument("Retention of Title", 1000, cover_percent=0), 1000, 0, id="retention of title"
		),
		pytest.param(
			instrument("Parent Guarantee", 1000, cover_percent=50), 1000, 500, id="parent guarantee"
		),
		pytest.param(guarantee(1000), -500, 0, id="nothing owed"),
	],
)
def test_given_an_instrument_and_an_exposure_when_covered(security, exposure, cover):
	assert covered(security, money(exposure)) == cover
	assert secured((security,), money(exposure)) == cover


@pytest.mark.parametrize(
	("securities_", "exposure", "cover"),
	[
		pytest.param((), 1000, 0, id="none"),
		pytest.param((guarantee(300, "a"), guarantee(400, "b")), 1000, 700, id="together"),
		pytest.param((guarantee(800, "a"), guarantee(800, "b")), 1000, 1000, id="not more than the exposure"),
		pytest.param(
			(guarantee(400, "a"), insurance(1000, "b")),
			1000,
			940,
			id="insured is what the guarantee left: 90 % of 600",
		),
	],
)
def test_given_several_instruments_when_secured_then_each_covers_what_the_ones_before_left(
	securities_, exposure, cover
):
	assert secured(securities_, money(exposure)) == cover


exposures = amounts() | amounts().map(lambda a: -a)


@given(securities(), exposures)
def test_security_covers_from_nothing_to_the_whole_exposure(held, exposure):
	assert 0 <= secured(held, exposure) <= max(Decimal(0), exposure)


@given(securities(), exposures, exposures)
def test_net_exposure_and_cover_never_fall_when_the_exposure_rises(held, one, other):
	low, high = sorted((one, other))
	assert low - secured(held, low) <= high - secured(held, high)
	assert secured(held, low) <= secured(held, high)


@given(securities(), exposures, st.data())
def test_the_order_of_the_instruments_does_not_matter(held, exposure, data):
	assert secured(tuple(data.draw(st.permutations(held))), exposure) == secured(held, exposure)


@given(securities(), instruments(), exposures)
def test_one_more_instrument_never_covers_less(held, more, exposure):
	assert secured(held, exposure) <= secured((*held, more), exposure)


@given(instruments(), amounts(500), amounts())
def test_a_bigger_guarantee_never_covers_less(one, extra, exposure):
	values = {field: getattr(one, field) for field in ("haircut_percent", "cover_percent", "deductible")}
	bigger = instrument(one.instrument_type, one.amount + extra, **values)
	assert covered(one, exposure) <= covered(bigger, exposure)


# ------------------------------------------------------------------ named documents
def test_given_two_guarantees_for_one_order_when_secured_then_the_order_is_covered_once():
	held = (guarantee(100, "a", covers=("X",)), guarantee(100, "b", covers=("X",)))
	assert secured(held, money(1100), {"X": money(100)}) == 100


def test_given_a_guarantee_for_an_order_when_something_else_is_owed_then_that_is_not_covered():
	held = (guarantee(500, covers=("X",)),)
	assert secured(held, money(1000)) == 0
	assert secured(held, money(1000), {"X": money(300), "Y": money(700)}) == 300


def test_given_a_guarantee_for_an_order_and_a_general_one_when_secured_then_the_general_one_covers_the_rest():
	held = (guarantee(500, "general"), guarantee(300, "for X", covers=("X",)))
	assert shares(held, money(700), {"X": money(300)}) == {"for X": 300, "general": 400}


def test_given_a_guarantee_for_two_orders_when_one_is_covered_by_another_then_it_serves_the_second():
	held = (guarantee(100, "both", covers=("X", "Y")), guarantee(100, "X alone", covers=("X",)))
	assert secured(held, money(500), {"X": money(100), "Y": money(100)}) == 200


def test_given_items_the_insurer_does_not_cover_any_more_when_secured_then_they_are_not_eligible():
	assert secured((insurance(1000, not_eligible=400),), money(500)) == 90


@st.composite
def named(draw):
	"""Instruments of which some name documents, an exposure, and what of it belongs to the documents."""
	held = naming(draw(securities(most=4)), draw)
	return held, draw(exposures), {p.name: p.balance for p in draw(parts())}


@given(named())
def test_no_document_and_no_part_of_the_exposure_is_covered_twice(drawn):
	held, exposure, of_documents = drawn
	found = shares(held, exposure, of_documents)
	assert sum(found.values()) <= max(Decimal(0), exposure)
	assert all(0 <= found[i.name] <= i.amount for i in held)
	for names in ({"X"}, {"Y"}, {"X", "Y"}):
		only = sum(found[i.name] for i in held if i.covers and set(i.covers) <= names)
		assert only <= sum(of_documents.get(name, 0) for name in names)


@given(named(), exposures)
def test_naming_documents_net_exposure_never_falls_when_the_exposure_rises(drawn, other):
	held, one, of_documents = drawn
	low, high = sorted((one, other))
	assert low - secured(held, low, of_documents) <= high - secured(held, high, of_documents)


@given(named())
def test_an_instrument_that_names_documents_never_covers_more_than_one_that_names_none(drawn):
	held, exposure, of_documents = drawn
	free = tuple(replace(i, covers=()) for i in held)
	assert len(held) != 1 or secured(held, exposure, of_documents) <= secured(free, exposure)


# ------------------------------------------------------------------ credit groups
def test_given_a_guarantee_for_a_group_when_two_members_owe_then_each_has_its_share():
	held = (guarantee(300),)
	assert share_of_member(held, money(100), money(500)) == 50
	assert share_of_member(held, money(500), money(100)) == 250


@given(securities(), st.lists(amounts(), min_size=1, max_size=4))
def test_no_instrument_of_a_group_is_counted_twice_across_sisters(held, owed):
	whole = sum(owed, Decimal(0))
	given_ = [share_of_member(held, own, whole - own) for own in owed]
	assert sum(given_) <= secured(held, whole)
	assert secured(held, whole) - sum(given_) <= Decimal("0.01") * len(owed)


@given(securities(), amounts(), amounts(), amounts())
def test_what_a_member_owes_net_of_its_share_never_falls_when_it_owes_more(held, one, other, others):
	low, high = sorted((one, other))
	assert low - share_of_member(held, low, others) <= high - share_of_member(held, high, others)


@pytest.mark.parametrize(
	("former", "new", "gives"),
	[
		pytest.param(guarantee(100), guarantee(100), False, id="as good"),
		pytest.param(guarantee(100), guarantee(200), False, id="more"),
		pytest.param(guarantee(100), guarantee(99), True, id="less"),
		pytest.param(guarantee(100), guarantee(100, haircut_percent=1), True, id="after a haircut"),
		pytest.param(guarantee(100), guarantee(100, cover_percent=99), True, id="a smaller share"),
		pytest.param(guarantee(100), guarantee(200, deductible=1), True, id="with a deductible"),
		pytest.param(guarantee(100, expiry=days(90)), guarantee(100, expiry=days(89)), True, id="sooner"),
		pytest.param(guarantee(100, expiry=days(90)), guarantee(100, expiry=None), False, id="without end"),
		pytest.param(guarantee(100, expiry=None), guarantee(100, expiry=days(900)), True, id="with an end"),
		pytest.param(guarantee(100), guarantee(100, covers=("X",)), True, id="one order alone"),
		pytest.param(
			guarantee(100, covers=("X",)), guarantee(100, covers=("X", "Y")), False, id="another as well"
		),
		pytest.param(guarantee(100, covers=("X", "Y")), guarantee(100, covers=("X",)), True, id="one of two"),
		pytest.param(guarantee(100, covers=("X",)), guarantee(100), False, id="all that is owed"),
	],
)
def test_given_one_that_takes_the_place_of_another_when_asked_then_what_is_given_up_shows(former, new, gives):
	assert gives_up(former, new, new_counts=True) is gives
	assert gives_up(former, new, new_counts=False) is True


@given(instruments(), amounts(), st.integers(-5, 20), st.integers(-20, 5), amounts())
def test_what_gives_nothing_up_never_covers_less(former, extra, haircut, cover, exposure):
	former = replace(former, covers=(), not_eligible=Decimal(0))
	new = replace(
		former,
		amount=former.amount + extra,
		haircut_percent=min(Decimal(100), max(Decimal(0), former.haircut_percent + haircut)),
		cover_percent=min(Decimal(100), max(Decimal(0), former.cover_percent - cover)),
	)
	if not gives_up(former, new, new_counts=True):
		assert secured((new,), exposure) >= secured((former,), exposure)
