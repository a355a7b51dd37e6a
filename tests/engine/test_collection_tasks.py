"""Calls and other personal contact: what an outcome brings about, and when nothing of a task is left (requirements §3)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import collection_cases as cases
from b2b_contracts.engine import collection_tasks as tasks
from b2b_contracts.engine.collection_cases import Chosen, Part
from b2b_contracts.engine.collection_tasks import Next

TODAY = date(2026, 6, 15)
DUE = date(2026, 6, 14)
kinds = st.sampled_from(tasks.KINDS)
dates = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def left_out(reason: str, amount: int = 100) -> Chosen:
	return Chosen(Decimal(0), (Part(reason, Decimal(amount)),))


class TestOutcomes:
	@pytest.mark.parametrize("outcome", tasks.REACHED)
	def test_who_was_reached_is_not_called_again(self, outcome):
		assert tasks.after(tasks.PHONE_CALL, outcome, DUE, TODAY) == Next(tasks.DONE, DUE)

	def test_who_was_not_reached_is_called_again_tomorrow_or_when_it_is_said(self):
		again = tasks.after(tasks.PHONE_CALL, tasks.NOT_REACHED, DUE, TODAY)
		assert again == Next(tasks.OPEN, TODAY + timedelta(1))
		later = TODAY + timedelta(5)
		assert tasks.after(tasks.PHONE_CALL, tasks.NOT_REACHED, DUE, TODAY, later).due == later
		with pytest.raises(ValueError, match="a retry is after"):
			tasks.after(tasks.PHONE_CALL, tasks.NOT_REACHED, DUE, TODAY, TODAY)

	def test_a_wrong_number_has_somebody_look_for_the_right_one(self):
		assert tasks.after(tasks.PHONE_CALL, tasks.WRONG_NUMBER, DUE, TODAY).follow_up == tasks.FIND_ADDRESS

	@pytest.mark.parametrize("kind", tasks.WITHOUT_TALK)
	def test_what_needs_no_talk_is_carried_out_and_nothing_else(self, kind):
		assert tasks.outcomes_of(kind) == (tasks.CARRIED_OUT,)
		with pytest.raises(ValueError, match="does not come out as"):
			tasks.after(kind, tasks.PROMISE, DUE, TODAY)

	@given(kinds, dates, dates)
	def test_every_outcome_of_a_kind_leads_somewhere(self, kind, due, today):
		for outcome in tasks.outcomes_of(kind):
			following = tasks.after(kind, outcome, due, today)
			assert (following.status == tasks.OPEN) == (outcome == tasks.NOT_REACHED)
			assert following.status == tasks.DONE or following.due > today


class TestNothingLeft:
	def test_something_is_left(self):
		assert tasks.why_over(tasks.PHONE_CALL, [Chosen(Decimal(1)), left_out(cases.SETTLED, 0)]) == ()

	@pytest.mark.parametrize(
		("reasons", "why"),
		[
			([cases.SETTLED], (cases.SETTLED,)),
			([cases.SETTLED, cases.DISPUTED], (cases.DISPUTED,)),
			([cases.DISPUTED, cases.IN_PLAN, cases.DISPUTED], (cases.DISPUTED, cases.IN_PLAN)),
			([cases.DISPUTED, cases.INSOLVENT], (cases.INSOLVENT,)),
		],
	)
	def test_each_reason_is_given_once(self, reasons, why):
		assert tasks.why_over(tasks.PHONE_CALL, map(left_out, reasons)) == why

	def test_a_task_about_no_invoice_ends_by_hand_only(self):
		assert tasks.why_over(tasks.OTHER, []) == ()

	def test_what_became_of_a_message_is_decided_by_a_person(self):
		assert tasks.why_over(tasks.DECIDE_UNCLEAR, [left_out(cases.SETTLED)]) == ()

	@given(kinds, st.lists(st.integers(0, 3).map(Decimal)))
	def test_it_is_over_only_when_no_amount_is_left(self, kind, principals):
		items = [Chosen(p) if p else left_out(cases.SETTLED, 0) for p in principals]
		if any(principals):
			assert tasks.why_over(kind, items) == ()


class TestKeys:
	@given(st.lists(st.text()), st.lists(st.text()))
	def test_equal_for_equal_parts_only(self, one, other):
		if not any("\x1f" in part for part in (*one, *other)) and [] not in (one, other):
			assert (tasks.key_of(*one) == tasks.key_of(*other)) == (one == other)

	def test_fits_a_column(self):
		assert len(tasks.key_of("Phone Call", "x" * 1_000)) == 64
