from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts.engine.facts import Case
from b2b_contracts.engine.milestones import (
	ACCEPTED,
	INVOICED,
	OVERDUE,
	PAID,
	PLANNED,
	Invoice,
	amounts,
	may_bill_while_held,
	paid_ahead,
	parts,
	status_of,
	whole_shares,
	why_not_invoiced,
)
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.engine.rules import (
	LIMIT_USE,
	OVERDUE_ITEMS,
	PREPAYMENT,
	SECURITY,
	prepayment,
	security_for_order,
)

from .builders import CENT, guarantee, money, position, segment_d
from .strategies import amounts as amounts_up_to

TODAY = date(2026, 4, 1)
some_amount = amounts_up_to()
shares = st.lists(st.integers(1, 10_000).map(lambda n: Decimal(n) / 100), min_size=1, max_size=8)
lines = st.lists(some_amount, min_size=1, max_size=12)


def moneys(*texts) -> tuple[Decimal, ...]:
	return tuple(money(text) for text in texts)


# ------------------------------------------------------------------ shares
@pytest.mark.parametrize(
	("given_shares", "whole"),
	[
		pytest.param(["30", "30", "30", "10"], ["30", "30", "30", "10"], id="they make up 100"),
		pytest.param(
			["33.33", "33.33", "33.33"], ["33.33", "33.33", "33.34"], id="rounding goes on the last"
		),
		pytest.param(["33.34", "33.34", "33.34"], ["33.34", "33.34", "33.32"], id="also downwards"),
		pytest.param(["100"], ["100"], id="all at once"),
		pytest.param(["30", "30", "30"], None, id="ten per cent are missing"),
		pytest.param(["60", "50"], None, id="too much"),
		pytest.param(["110", "-10"], None, id="a negative share"),
		pytest.param(["100", "0"], None, id="a share of nothing"),
		pytest.param([], None, id="none"),
	],
)
def test_shares_make_up_the_whole_order(given_shares, whole):
	assert whole_shares(moneys(*given_shares)) == (moneys(*whole) if whole else None)


# ------------------------------------------------------------------ amounts
@pytest.mark.parametrize(
	("total", "given_shares", "expected"),
	[
		pytest.param(
			"312345.67", ["30", "30", "30", "10"], ["93703.70", "93703.70", "93703.70", "31234.57"], id="four"
		),
		pytest.param("100", ["33.33", "33.33", "33.34"], ["33.33", "33.33", "33.34"], id="a third each"),
		pytest.param(
			"70", ["30", "10"], ["52.50", "17.50"], id="what is left goes by the shares that are left"
		),
		pytest.param(
			"0.05", ["30", "30", "30", "10"], ["0.02", "0.02", "0.01", "0"], id="too little to share"
		),
		pytest.param("0", ["60", "40"], ["0", "0"], id="nothing is left"),
		pytest.param("10", [], [], id="nobody is left"),
	],
)
def test_what_is_left_to_invoice_is_split_by_share(total, given_shares, expected):
	assert amounts(money(total), moneys(*given_shares)) == moneys(*expected)


def test_less_than_nothing_cannot_be_split():
	with pytest.raises(ValueError, match="less than nothing"):
		amounts(money(-1), moneys("100"))


@given(some_amount, shares)
def test_amounts_make_up_the_total_to_the_cent_and_none_is_negative(total, some_shares):
	split = amounts(total, some_shares)
	assert sum(split, ZERO) == total
	assert min(split) >= 0
	assert all(part == part.quantize(CENT) for part in split)


@given(some_amount, shares)
def test_a_larger_share_never_bills_less(total, some_shares):
	# The last takes what rounding leaves, so it is compared with nobody.
	assume(total >= len(some_shares))
	billed = sorted(zip(some_shares[:-1], amounts(total, some_shares)[:-1], strict=True))
	assert [amount for _share, amount in billed] == sorted(amount for _share, amount in billed)


@given(some_amount, some_amount, shares)
def test_a_larger_order_never_bills_a_milestone_less(total, more, some_shares):
	assume(total >= len(some_shares))
	before, after = amounts(total, some_shares), amounts(total + more, some_shares)
	assert all(a >= b for b, a in zip(before[:-1], after[:-1], strict=True))


# ------------------------------------------------------------------ lines
@given(lines, st.integers(1, 100), st.integers(1, 100))
def test_no_line_is_billed_beyond_what_is_left_and_together_they_are_the_share(left, share, rest):
	whole = money(share + rest)
	billed = parts(left, money(share), whole)
	assert all(ZERO <= part <= line for part, line in zip(billed, left, strict=True))
	exact = sum(left, ZERO) * share / whole
	assert abs(sum(billed, ZERO) - exact) <= CENT


@given(lines, shares)
def test_one_milestone_after_the_other_bills_every_line_to_the_cent(order, some_shares):
	left, billed = list(order), [ZERO] * len(order)
	for n, share in enumerate(some_shares):
		part = parts(left, share, sum(some_shares[n:], ZERO))
		billed = [b + p for b, p in zip(billed, part, strict=True)]
		left = [before - p for before, p in zip(left, part, strict=True)]
	assert billed == order


def test_a_discount_line_is_billed_by_its_share():
	assert parts(moneys("100", "-10"), money(30), HUNDRED) == moneys("30", "-3")
	assert parts(moneys("70", "-7"), money(70), money(70)) == moneys("70", "-7")


# ------------------------------------------------------------------ status
@pytest.mark.parametrize(
	("invoice", "is_accepted", "status"),
	[
		pytest.param(None, False, PLANNED, id="not accepted"),
		pytest.param(None, True, ACCEPTED, id="accepted"),
		pytest.param((100, 100, TODAY), True, INVOICED, id="due today"),
		pytest.param((100, 40, TODAY - timedelta(1)), True, OVERDUE, id="part of it is overdue"),
		pytest.param((100, 0, TODAY - timedelta(9)), True, PAID, id="paid"),
		pytest.param((100, 40, None), False, INVOICED, id="no due date"),
	],
)
def test_status_follows_from_the_invoice(invoice, is_accepted, status):
	found = Invoice(money(invoice[0]), money(invoice[1]), invoice[2]) if invoice else None
	assert status_of(found, is_accepted, TODAY) == status


def test_paid_is_never_more_than_the_invoice_nor_less_than_nothing():
	assert [Invoice(money(100), money(open_), None).paid for open_ in (100, 30, 0, -5, 120)] == [
		*moneys("0", "70", "100", "100", "0")
	]


@pytest.mark.parametrize(
	("status", "needs", "is_accepted", "amount", "why"),
	[
		(PLANNED, False, False, 10, None),
		(ACCEPTED, True, True, 10, None),
		(PLANNED, True, False, 10, "not_accepted"),
		(INVOICED, True, True, 10, "invoiced"),
		(PAID, False, False, 10, "invoiced"),
		(PLANNED, False, False, 0, "nothing_left"),
	],
)
def test_what_can_be_invoiced(status, needs, is_accepted, amount, why):
	assert why_not_invoiced(status, needs, is_accepted, money(amount)) == why


# ------------------------------------------------------------------ the risk
@pytest.mark.parametrize(
	("billed", "ahead", "paid", "counts"),
	[
		pytest.param(300, 300, 0, 0, id="not paid"),
		pytest.param(300, 300, 120, 120, id="paid in part"),
		pytest.param(300, 300, 300, 300, id="paid"),
		pytest.param(600, 300, 300, 0, id="the money pays for what is delivered first"),
		pytest.param(600, 300, 450, 150, id="and then for what is not"),
		pytest.param(600, 0, 600, 0, id="all is delivered"),
	],
)
def test_what_of_the_money_comes_before_the_goods(billed, ahead, paid, counts):
	assert paid_ahead(money(billed), money(ahead), money(paid)) == counts


@given(some_amount, some_amount, some_amount, some_amount)
def test_more_money_never_counts_less_and_never_beyond_what_is_ahead(delivered, ahead, paid, more):
	billed = delivered + ahead
	before, after = (paid_ahead(billed, ahead, amount) for amount in (paid, paid + more))
	assert ZERO <= before <= after <= ahead


@pytest.mark.parametrize(
	("rules", "per_order", "may"),
	[
		((PREPAYMENT,), False, True),
		((PREPAYMENT, SECURITY), False, True),
		((PREPAYMENT, LIMIT_USE), True, True),
		((PREPAYMENT, LIMIT_USE), False, False),
		((PREPAYMENT, OVERDUE_ITEMS), True, False),
	],
)
def test_a_parked_order_is_billed_only_where_money_is_what_it_waits_for(rules, per_order, may):
	assert may_bill_while_held(rules, per_order) is may


# ------------------------------------------------------------------ an order on its way
def order_of_400(billed: int, paid: int, advance: int = 0) -> Case:
	"""An order over 400 of a customer who prepays 75 %, of which some is billed ahead and some of that paid."""
	of = segment_d(75, amount=400 - billed, prepaid=advance, billed_ahead=billed, paid_ahead=paid)
	return replace(of, position=position(receivables=billed - paid - advance))


@pytest.mark.parametrize(
	("billed", "paid", "advance", "fires"),
	[
		pytest.param(0, 0, 0, True, id="nothing is billed"),
		pytest.param(300, 0, 0, True, id="an invoice alone is no money"),
		pytest.param(300, 299, 0, True, id="a cent short would do as well"),
		pytest.param(300, 300, 0, False, id="75 % of the whole order are paid"),
		pytest.param(120, 120, 180, False, id="an invoice and an advance"),
		pytest.param(400, 300, 0, False, id="all is billed, the rest is the credit allowed"),
	],
)
def test_the_share_to_prepay_is_of_the_whole_order_however_it_is_paid(billed, paid, advance, fires):
	found = prepayment(order_of_400(billed, paid, advance))
	assert found.fired is fires
	assert (found.threshold, found.measured) == (300, paid + advance)


def test_an_order_is_prepaid_only_when_what_is_billed_is_paid_too():
	assert not order_of_400(400, 399).order.is_fully_prepaid
	assert order_of_400(400, 400).order.is_fully_prepaid
	assert order_of_400(300, 300, 100).order.is_fully_prepaid


def test_security_for_the_order_covers_its_unpaid_invoices_and_older_debt_first():
	secured_by_200 = replace(order_of_400(120, 0), instruments=(guarantee(200),))
	assert security_for_order(secured_by_200) == 200
	older = replace(secured_by_200, position=position(receivables=120 + 50))
	assert security_for_order(older) == 150
