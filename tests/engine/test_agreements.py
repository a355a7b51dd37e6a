from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine.agreements import Tally
from b2b_contracts.engine.promises import BROKEN, KEPT, OPEN, PARTLY, WITHDRAWN

from .builders import money
from .strategies import amounts


def test_given_promises_then_what_was_kept_by_number_and_by_amount():
	tally = Tally()
	for status, amount, paid in ((KEPT, 600, 600), (PARTLY, 300, 100), (BROKEN, 100, 0), (OPEN, 900, 50)):
		tally.add_promise(status, money(amount), money(paid))
	tally.add_promise(WITHDRAWN, money(70), money(0))
	assert (tally.kept, tally.partly, tally.broken, tally.judged) == (1, 1, 1, 3)
	assert round(tally.kept_percent, 1) == Decimal("33.3")
	assert (tally.promised, tally.came, tally.came_percent) == (1_000, 700, 70)


def test_given_plans_then_completed_of_those_that_ended():
	tally = Tally()
	for status in ("Completed", "Completed", "Broken", "Active", "Approved", "Cancelled"):
		tally.add_plan(status)
	assert (tally.completed, tally.failed, round(tally.success_percent, 1)) == (2, 1, Decimal("66.7"))


def test_given_instalments_then_paid_of_those_that_were_due():
	tally = Tally()
	for is_paid, is_missed in ((True, False), (True, True), (False, True), (False, False)):
		tally.add_instalment(is_paid, is_missed)
	assert (tally.paid, tally.missed, round(tally.paid_percent, 1)) == (2, 1, Decimal("66.7"))


def test_given_nothing_that_ended_then_nothing_is_known():
	tally = Tally()
	assert (tally.kept_percent, tally.came_percent, tally.success_percent, tally.paid_percent) == (None,) * 4


@given(
	st.lists(st.tuples(st.sampled_from([OPEN, KEPT, PARTLY, BROKEN, WITHDRAWN]), amounts(), amounts())),
)
def test_no_share_is_more_than_everything(rows):
	tally = Tally()
	for row in rows:
		tally.add_promise(*row)
	assert tally.came <= tally.promised
	for share in (tally.kept_percent, tally.came_percent):
		assert share is None or 0 <= share <= 100
