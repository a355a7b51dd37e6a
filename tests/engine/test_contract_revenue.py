"""What contracts bring by month: adds up to the term's value to the cent, follows amendments, notices and renewals."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_revenue as revenue
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine.contract_revenue import Amounts, Contract
from b2b_contracts.engine.contract_terms import Notice, Term

CENT = Decimal("0.01")
ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)
days = st.dates(date(2022, 1, 1), date(2026, 12, 31))
money = st.decimals(min_value="0.01", max_value="9999999.99", places=2)
percents = st.none() | st.integers(1, 100).map(Decimal)


@st.composite
def fixed(draw):
	start = draw(days)
	if draw(st.booleans()):
		term = Term(terms.FIXED, start, draw(st.integers(1, 40)), draw(st.sampled_from((0, 6, 12))))
	else:
		term = Term(terms.FIXED, start, first_end=start + timedelta(days=draw(st.integers(0, 1200))))
	return term


@st.composite
def any_term(draw):
	kind = draw(st.sampled_from(terms.DURATIONS))
	if kind == terms.FIXED:
		return draw(fixed())
	notice = Notice(draw(st.integers(0, 6)), draw(st.sampled_from(terms.NOTICE_UNITS)))
	return Term(
		kind,
		draw(days),
		draw(st.integers(1, 36)),
		draw(st.integers(1, 24)),
		draw(st.integers(1, 24)),
		notice=notice,
	)


@st.composite
def contracts(draw):
	term = draw(any_term())
	goes_on = draw(st.booleans())
	until = None if goes_on else term.start + timedelta(days=draw(st.integers(0, 1500)))
	if not goes_on and term.duration == terms.FIXED:
		until = min(until, terms.period(term, 1).end)
	return Contract(term, term.start, until, draw(money), ZERO, draw(percents), goes_on=goes_on)


def total(amounts) -> Amounts:
	return sum(amounts, Amounts())


def months_over(first: date, last: date) -> int:
	return terms.months_between(first, last) + 1


# ------------------------------------------------------------------ worked
def test_a_year_that_starts_on_the_first_brings_equal_months():
	term = Term(terms.FIXED, date(2026, 1, 1), 12)
	contract = Contract(term, term.start, date(2026, 12, 31), Decimal(120_000), goes_on=False)
	months = revenue.by_month(contract, date(2026, 1, 1), 12, date(2026, 1, 1))
	assert {month.committed for month in months} == {Decimal("10000.00")}


def test_a_month_in_which_it_starts_counts_by_its_days():
	# From 16 June on: 15 of the 30 days of the contract's first month lie in June.
	term = Term(terms.FIXED, date(2026, 6, 16), 12)
	contract = Contract(term, term.start, None, Decimal(12_000))
	june, july = revenue.by_month(contract, date(2026, 6, 1), 2, date(2026, 6, 16))
	assert (june.committed, july.committed) == (Decimal("500.00"), Decimal("1016.13"))


def test_a_total_value_counts_over_the_first_period_where_there_is_no_annual_one():
	term = Term(terms.AUTO_RENEWING, date(2026, 1, 1), 36, 12)
	contract = Contract(term, term.start, None, ZERO, Decimal(36_000), Decimal(50))
	assert revenue.term_value(contract) == 36_000
	year = revenue.between(contract, date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 1))
	assert year.committed == 12_000
	renewed = revenue.between(contract, date(2029, 1, 1), date(2029, 12, 31), date(2026, 1, 1))
	assert (renewed.committed, renewed.possible, renewed.weighted) == (0, 12_000, 6_000)
	both = replace(contract, annual_value=Decimal(10_000))
	assert revenue.term_value(both) == 30_000


def test_each_further_renewal_is_less_probable():
	term = Term(terms.AUTO_RENEWING, date(2026, 1, 1), 12, 12, notice=Notice(90))
	contract = Contract(term, term.start, None, Decimal(1200), probability=Decimal(50))
	years = [
		revenue.between(contract, date(year, 1, 1), date(year, 12, 31), date(2026, 3, 1))
		for year in (2026, 2027, 2028)
	]
	assert [(year.committed, year.weighted) for year in years] == [(1200, 0), (0, 600), (0, 300)]


def test_once_the_deadline_has_passed_the_next_period_is_committed():
	term = Term(terms.AUTO_RENEWING, date(2026, 1, 1), 12, 12, notice=Notice(90))
	contract = Contract(term, term.start, None, Decimal(1200), probability=Decimal(50))
	deadline = terms.deadline_on(term, date(2026, 3, 1))
	year = (date(2027, 1, 1), date(2027, 12, 31))
	assert revenue.between(contract, *year, deadline).committed == 0
	assert revenue.between(contract, *year, deadline + ONE_DAY).committed == 1200


def test_a_renewal_that_is_decided_is_committed_and_the_one_after_it_is_not():
	term = Term(terms.AUTO_RENEWING, date(2026, 1, 1), 12, 12, notice=Notice(90))
	contract = Contract(
		term, term.start, None, Decimal(1200), probability=Decimal(50), renewed_for=date(2026, 12, 31)
	)
	years = [
		revenue.between(contract, date(year, 1, 1), date(year, 12, 31), date(2026, 3, 1))
		for year in (2026, 2027, 2028)
	]
	assert [(year.committed, year.weighted) for year in years] == [(1200, 0), (1200, 0), (0, 600)]


def test_a_fixed_one_may_be_renewed_by_its_months_and_one_without_end_by_notice():
	term = Term(terms.FIXED, date(2026, 1, 1), 24, 12)
	contract = Contract(term, term.start, date(2027, 12, 31), Decimal(1200), probability=Decimal(50))
	years = [
		revenue.between(contract, date(year, 1, 1), date(year, 12, 31), date(2026, 3, 1))
		for year in (2027, 2028, 2029)
	]
	assert [(year.committed, year.weighted) for year in years] == [(1200, 0), (0, 600), (0, 300)]
	ending = replace(contract, goes_on=False)
	assert revenue.between(ending, date(2028, 1, 1), date(2030, 1, 1), date(2026, 3, 1)) == Amounts()
	endless = Contract(
		Term(terms.NO_END, date(2025, 1, 1), notice=Notice(3, terms.MONTHS)),
		date(2025, 1, 1),
		annual_value=Decimal(1200),
	)
	year = revenue.between(endless, date(2026, 1, 1), date(2026, 12, 31), date(2025, 12, 31))
	# Notice of 31 December ends it on 31 March; what comes after that is not assessed.
	assert (year.committed, year.possible, year.weighted, year.unassessed) == (300, 900, 0, 900)


def test_without_a_value_nothing_is_known():
	term = Term(terms.NO_END, date(2025, 1, 1))
	assert not Contract(term, term.start, None, ZERO, Decimal(5000)).is_valued
	assert revenue.term_value(Contract(term, term.start, None, Decimal(5))) is None
	assert (
		revenue.between(Contract(term, term.start), date(2025, 1, 1), date(2026, 1, 1), date(2025, 1, 1))
		== Amounts()
	)


# ------------------------------------------------------------------ properties
@given(fixed(), money, st.booleans(), st.decimals(min_value="0.01", max_value="20", places=4))
def test_months_add_up_to_the_terms_value_to_the_cent(term, value, by_total, rate):
	end = terms.period(term, 1).end
	worth = {"total_value": value} if by_total else {"annual_value": value}
	contract = Contract(term, term.start, end, goes_on=False, **worth)
	months = revenue.by_month(contract, term.start, months_over(term.start, end), term.start)
	assert total(months).committed == revenue.term_value(contract)
	if by_total:
		assert revenue.term_value(contract) == value
	abroad = revenue.by_month(contract, term.start, months_over(term.start, end), term.start, rate)
	assert total(abroad).committed == terms.to_cents(revenue.term_value(contract) * rate)


@given(fixed(), money, st.data())
def test_an_amendment_that_changes_no_value_changes_no_month(term, value, data):
	end = terms.period(term, 1).end
	whole = Contract(term, term.start, end, value, goes_on=False)
	cut = data.draw(st.dates(term.start, end))
	assume(cut > term.start)
	before, after = replace(whole, until=cut - ONE_DAY), replace(whole, starts=cut)
	count = months_over(term.start, end)
	months = [
		a + b
		for a, b in zip(
			revenue.by_month(before, term.start, count, cut),
			revenue.by_month(after, term.start, count, cut),
			strict=True,
		)
	]
	assert months == list(revenue.by_month(whole, term.start, count, cut))


@given(contracts(), days, st.integers(1, 30))
def test_months_are_what_their_days_are_by_hand(contract, today, count):
	first = contract.term.start
	months = revenue.by_month(contract, first, count, today)
	starts = revenue.month_starts(first, count + 1)
	by_hand = by_days(contract, today, starts[-1] - ONE_DAY)
	for number, month in enumerate(months):
		committed, possible, weighted = by_hand[starts[number].replace(day=1)]
		# A cent for each rounded end of a stretch that lies in the month.
		assert abs(month.committed - committed) <= 4 * CENT
		assert abs(month.possible - possible) <= 4 * CENT
		assert abs(month.weighted - weighted) <= 4 * CENT


def by_days(contract: Contract, today: date, last: date) -> dict:
	"""The same by brute force: each day asks which period it lies in, and adds its part of a twelfth."""
	found: dict = defaultdict(lambda: [Fraction(0)] * 3)
	certain = revenue.committed_until(contract, today)
	if contract.until is not None:
		last = min(last, contract.until)
	day, uncertain = contract.starts, []
	while day <= last:
		anchor, number = place(contract, day)
		if anchor is None:
			break
		month = 0
		while terms.anniversary(anchor, month + 1) <= day:
			month += 1
		length = (terms.anniversary(anchor, month + 1) - terms.anniversary(anchor, month)).days
		value = Fraction(contract.annual_value) / 12 / length
		sums = found[day.replace(day=1)]
		if certain is None or day <= certain:
			found[day.replace(day=1)] = [sums[0] + value, sums[1], sums[2]]
		else:
			if number not in uncertain:
				uncertain.append(number)
			chance = Fraction(contract.probability or 0) / 100
			weighted = value * chance ** len(uncertain)
			found[day.replace(day=1)] = [sums[0], sums[1] + value, sums[2] + weighted]
		day += ONE_DAY
	made: dict = defaultdict(lambda: [ZERO] * 3)
	for month, sums in found.items():
		made[month] = [Decimal(one.numerator) / one.denominator for one in sums]
	return made


def place(contract: Contract, day: date):
	term = contract.term
	if term.duration == terms.NO_END:
		return term.start, 1
	period = terms.period_on(term, day)
	if period is not None:
		return period.start, period.number
	if not contract.goes_on:
		return None, 0
	first = terms.period(term, 1)
	months = revenue.months_from(first.start, first.end + ONE_DAY)
	length = term.renewal_months or term.initial_months or max(1, round(months))
	number = 0
	while terms.anniversary(first.end + ONE_DAY, (number + 1) * length) <= day:
		number += 1
	return terms.anniversary(first.end + ONE_DAY, number * length), number + 2


@given(contracts(), days, st.integers(0, 20), st.integers(1, 20))
def test_a_month_is_the_same_whatever_is_asked_beside_it(contract, today, skipped, count):
	starts = revenue.month_starts(contract.term.start, skipped + count)
	wide = revenue.by_month(contract, contract.term.start, skipped + count, today)
	assert wide[skipped:] == revenue.by_month(contract, starts[skipped], count, today)
	last = terms.month_end(starts[-1])
	assert total(wide) == revenue.between(contract, starts[0], last, today)


@given(contracts(), days, st.integers(1, 40))
def test_what_is_weighted_is_never_more_than_what_is_possible(contract, today, count):
	for month in revenue.by_month(contract, contract.term.start, count, today):
		assert ZERO <= month.weighted <= month.possible
		assert month.committed >= 0
		assert month.unassessed == (month.possible if contract.probability is None else 0)
		if contract.probability == 100:
			assert month.weighted == month.possible
	if not contract.goes_on:
		assert total(revenue.by_month(contract, contract.until + ONE_DAY * 32, 24, today)) == Amounts()


@given(any_term(), money, days, days)
def test_what_is_committed_only_grows_as_time_goes_by(term, value, today, later):
	contract = Contract(term, term.start, None, value)
	first, last = sorted((today, later))
	assert revenue.committed_until(contract, first) <= revenue.committed_until(contract, last)


@given(days, st.integers(0, 900))
def test_months_from_a_day_add_up(anchor, length):
	day = anchor + timedelta(days=length)
	assert revenue.months_from(anchor, anchor) == 0
	assert revenue.months_from(anchor, day) < revenue.months_from(anchor, day + ONE_DAY)
