"""The proof that a letter left: what counts as one, and that it is asked for until it is there."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import dispatch
from b2b_contracts.engine.dispatch import Proof

DAY = date(2026, 11, 2)
DAYS = st.integers(min_value=0, max_value=400)


@pytest.mark.parametrize(
	("proof", "missing"),
	[
		(Proof(dispatch.REGISTERED, DAY, "RR 1 DK"), ()),
		(Proof(dispatch.REGISTERED, DAY, "  "), (dispatch.NUMBER,)),
		(Proof(dispatch.REGISTERED, DAY, has_file=True), ()),
		(Proof(dispatch.COURIER, DAY), (dispatch.NUMBER,)),
		(Proof(dispatch.LETTER, DAY, "RR 1 DK"), (dispatch.FILE,)),
		(Proof(dispatch.HANDED_OVER, DAY, has_file=True), ()),
		(Proof(dispatch.EMAIL, DAY), (dispatch.FILE,)),
		(Proof("Pigeon", DAY, "1", True), (dispatch.METHOD,)),
		(Proof(dispatch.LETTER, DAY + timedelta(days=3), has_file=True), (dispatch.DAY_AHEAD,)),
		(Proof(dispatch.LETTER, DAY - timedelta(days=1)), (dispatch.DAY_BEFORE, dispatch.FILE)),
	],
)
def test_what_proves_that_a_letter_left(proof, missing):
	assert dispatch.obstacles(proof, DAY, DAY + timedelta(days=2)) == missing


def test_the_days_on_which_it_is_asked_for():
	asked, next_on = [], dispatch.next_reminder(DAY, DAY)
	for days in range(40):
		today = DAY + timedelta(days=days)
		if today >= next_on:
			asked.append(days)
			next_on = dispatch.next_reminder(DAY, today)
	assert asked == [1, 3, 7, 14, 21, 28, 35]


@given(DAYS)
def test_it_is_asked_for_again_within_a_week_and_never_on_the_same_rung(days):
	today = DAY + timedelta(days=days)
	following = dispatch.next_reminder(DAY, today)
	assert timedelta(0) < following - today <= timedelta(days=7)
	rung = dispatch.rung_on(DAY, today)
	assert dispatch.rung_on(DAY, following) == (following - DAY).days
	assert rung is None or rung <= days < (following - DAY).days


@given(st.sets(DAYS, min_size=1))
def test_however_seldom_the_job_runs_it_asks_once_a_rung_and_does_not_forget(runs):
	next_on, told = dispatch.next_reminder(DAY, DAY), []
	for days in sorted(runs):
		today = DAY + timedelta(days=days)
		if today >= next_on:
			told.append(dispatch.rung_on(DAY, today))
			next_on = dispatch.next_reminder(DAY, today)
	assert None not in told
	assert told == sorted(set(told))
	assert bool(told) == any(days >= 1 for days in runs)


def test_from_a_week_on_others_are_told_too():
	assert not dispatch.escalates(3)
	assert dispatch.escalates(7)
	assert dispatch.escalates(14)
