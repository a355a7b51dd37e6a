"""Hand-over to an agency: what may go, when, and how a case moves on (requirements §3, §3.1)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import collection_cases as cases
from b2b_contracts.engine.collection_cases import Claim, Part, Standing

TODAY = date(2026, 7, 27)
amounts = st.decimals(0, 1_000_000, places=2)
dates = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def debt(outstanding=1_000, **fields) -> Standing:
	money = {key: Decimal(value) if type(value) is int else value for key, value in fields.items()}
	return Standing(Decimal(outstanding), **money)


class TestWhatMayGo:
	def test_all_of_an_overdue_debt(self):
		assert cases.choose(debt(), TODAY) == cases.Chosen(Decimal(1_000))

	@pytest.mark.parametrize(
		("fields", "reason"),
		[
			({"is_insolvent": True}, cases.INSOLVENT),
			({"other_case": True}, cases.IN_CASE),
			({"instalments": ((TODAY, Decimal(1_000)),)}, cases.NOT_DUE),
			({"instalments": ((TODAY + timedelta(1), Decimal(1_000)),)}, cases.NOT_DUE),
			({"disputed": 1_000}, cases.DISPUTED),
			({"planned": 1_000}, cases.IN_PLAN),
			({"awaited": 1_000}, cases.PAYMENT_ON_ITS_WAY),
			({"promised": 1_000}, cases.PROMISED),
			({"covered": 1_000}, cases.COVERED),
		],
	)
	def test_nothing_of_what_is_set_aside(self, fields, reason):
		assert cases.choose(debt(**fields), TODAY) == cases.Chosen(
			Decimal(0), (Part(reason, Decimal(1_000)),)
		)

	def test_nothing_of_what_is_settled(self):
		for outstanding in (0, -5):
			assert cases.choose(debt(outstanding), TODAY).left_out == (Part(cases.SETTLED, Decimal(0)),)

	def test_the_rest_of_what_is_set_aside_in_part(self):
		chosen = cases.choose(debt(disputed=300, planned=200, awaited=50, promised=100), TODAY)
		assert chosen.principal == 400
		assert [(part.reason, part.amount) for part in chosen.left_out] == [
			(cases.DISPUTED, 300),
			(cases.IN_PLAN, 200),
			(cases.PROMISED, 100),
		]

	def test_a_slip_and_a_promise_are_about_the_same_money(self):
		chosen = cases.choose(debt(awaited=400, promised=400), TODAY)
		assert (chosen.principal, chosen.left_out) == (600, (Part(cases.PAYMENT_ON_ITS_WAY, Decimal(400)),))

	def test_of_instalments_those_that_are_overdue(self):
		agreed = tuple((TODAY + timedelta(days), Decimal(400)) for days in (-60, -1, 30))
		whole = cases.choose(debt(1_200, instalments=agreed), TODAY)
		assert (whole.principal, whole.left_out) == (800, (Part(cases.NOT_DUE, Decimal(400)),))
		# Money and what is set aside are the earliest of it.
		rest = cases.choose(debt(900, instalments=agreed, disputed=350), TODAY)
		assert rest.principal == 150
		assert [part.reason for part in rest.left_out] == [cases.DISPUTED, cases.NOT_DUE]

	def test_a_call_does_not_ask_what_is_due(self):
		assert cases.choose(debt(instalments=((TODAY, Decimal(1_000)),))).principal == 1_000

	@given(
		amounts,
		amounts,
		amounts,
		amounts,
		amounts,
		amounts,
		st.lists(st.tuples(dates, amounts), max_size=4).map(lambda rows: tuple(sorted(rows))),
		dates,
		st.booleans(),
		st.booleans(),
	)
	def test_what_goes_and_what_is_left_out_is_all_that_is_open(
		self, outstanding, disputed, planned, awaited, promised, covered, agreed, today, insolvent, elsewhere
	):
		standing = Standing(
			outstanding, agreed, disputed, planned, awaited, promised, covered, insolvent, elsewhere
		)
		chosen = cases.choose(standing, today)
		assert chosen.principal >= 0
		assert chosen.principal + sum(part.amount for part in chosen.left_out) == outstanding
		if insolvent or elsewhere:
			assert chosen.principal == 0
		assert chosen.principal <= max(Decimal(0), outstanding - disputed)


class TestWhen:
	def test_a_danish_notice_of_16_july_goes_on_27_july_at_the_earliest(self):
		assert cases.deadline(date(2026, 7, 16), 10) == date(2026, 7, 26)
		assert cases.earliest_hand_over(date(2026, 7, 16), 10) == date(2026, 7, 27)

	def test_a_norwegian_notice_has_fourteen_days(self):
		assert cases.earliest_hand_over(date(2026, 7, 16), 14) == date(2026, 7, 31)

	def test_a_deadline_is_not_before_dispatch(self):
		assert cases.deadline(TODAY, 0) == TODAY
		with pytest.raises(ValueError, match="not -1"):
			cases.deadline(TODAY, -1)

	@given(dates, st.integers(0, 90), dates)
	def test_ready_on_the_day_after_the_deadline_and_not_before(self, sent, days, today):
		earliest = cases.earliest_hand_over(sent, days)
		assert (earliest - sent).days == days + 1
		status = cases.status_by_time(cases.NOTICE_SENT, earliest, today)
		assert (status == cases.READY) == (today > cases.deadline(sent, days))

	@given(st.sampled_from((*cases.OPEN, *cases.ENDED)), dates)
	def test_time_moves_nothing_else(self, status, today):
		if status != cases.NOTICE_SENT:
			assert cases.status_by_time(status, today, today) == status
		assert cases.status_by_time(status, None, today) == status


class TestSums:
	def test_a_danish_case(self):
		totals = cases.totals_of(
			[
				Claim(Decimal(1_000), Decimal("12.50"), Decimal(300), Decimal(310)),
				Claim(Decimal("500.25"), Decimal("3.10")),
			],
			Decimal(100),
		)
		assert totals == cases.Totals(*map(Decimal, ("1500.25", "15.60", "300", "310", "100", "2225.85")))

	def test_no_fee_for_handing_over_nothing(self):
		assert cases.totals_of([], Decimal(100)).total == 0
		assert cases.totals_of([Claim(Decimal(0))], Decimal(100)).hand_over_fee == 0

	@given(st.lists(st.builds(Claim, amounts, amounts, amounts, amounts)), amounts)
	def test_the_total_is_the_sum_of_its_parts(self, claims, fee):
		totals = cases.totals_of(claims, fee)
		parts = totals.principal + totals.interest + totals.fees + totals.compensation + totals.hand_over_fee
		assert totals.total == parts == sum(c.total for c in claims) + totals.hand_over_fee

	@given(amounts, st.lists(amounts))
	def test_a_payment_is_spread_in_order_and_never_beyond_what_is_owed(self, amount, owed):
		parts = cases.spread(amount, owed)
		assert sum(parts) == min(amount, sum(owed))
		assert all(part <= claim for part, claim in zip(parts, owed, strict=True))
		for n, part in enumerate(parts):
			if part < owed[n]:
				assert not any(parts[n + 1 :])


class TestMovingOn:
	@given(st.sampled_from(cases.ENDED), st.sampled_from((*cases.OPEN, *cases.ENDED)))
	def test_what_has_ended_stays_so(self, status, new):
		assert not cases.may_become(status, new)

	def test_nothing_is_handed_over_without_a_notice(self):
		assert not cases.may_become(cases.DRAFT, cases.HANDED_OVER)
		assert cases.may_become(cases.NOTICE_SENT, cases.NOTICE_SENT)
		assert cases.may_become(cases.READY, cases.HANDED_OVER)

	def test_an_agency_has_nothing_that_was_not_handed_over(self):
		assert [s for s in cases.OPEN if cases.may_become(s, cases.WITH_AGENCY)] == list(
			cases.AFTER_HAND_OVER
		)

	@given(st.sampled_from(cases.OPEN), st.lists(amounts), st.booleans())
	def test_a_case_ends_by_itself_when_nothing_of_it_is_open(self, status, still_open, is_written_off):
		ended = cases.ended_by_books(status, still_open, is_written_off)
		if any(still_open):
			assert ended is None
		elif status in cases.BEFORE_HAND_OVER:
			assert ended == cases.CANCELLED
		else:
			assert ended == (cases.WRITTEN_OFF if is_written_off else cases.PAID)

	@given(st.sampled_from(cases.ENDED), st.booleans())
	def test_an_ended_case_does_not_end_again(self, status, is_written_off):
		assert cases.ended_by_books(status, [], is_written_off) is None
