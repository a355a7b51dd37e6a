"""What a replay makes of orders: each test is a small book whose answer can be worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from b2b_contracts.backtest import figures
from b2b_contracts.backtest.book import SECONDS_A_DAY
from b2b_contracts.backtest.result import not_conserved, owed

from .books import START, Rows, day, outcomes, policy, replay, world

D = Decimal


def month(result, at: int, number: int = 0):
	when = (START + timedelta(days=at)).replace(day=1)
	return next(m for m in result.worlds[number].months if m.month == when)


def the_hold(result, order: str, number: int = 0):
	return [hold for hold in result.policies[number].figures.holds if hold.name == order][-1]


# ------------------------------------------------------------------ decisions
def test_an_order_within_the_limit_is_clear_and_one_beyond_is_held():
	rows = Rows().customer().order("O1", 95_000, 1).order("O2", 1, 2)
	assert outcomes(replay(rows)) == {"O1": "Clear", "O2": "Held"}


def test_only_what_was_known_then_counts():
	"""A payment of the evening before frees the limit, one of the same day (without a time) does not."""
	rows = Rows().customer().trade("O1", 90_000, 0, paid=20)
	assert outcomes(replay(rows.order("O2", 90_000, 21)))["O2"] == "Clear"
	rows = Rows().customer().trade("O1", 90_000, 0, paid=20).order("O2", 90_000, 20)
	assert outcomes(replay(rows))["O2"] == "Held"


def test_times_of_day_order_the_events_of_a_day():
	def book(paid_at: str, ordered_at: str) -> Rows:
		rows = Rows().customer().trade("O1", 90_000, 0)
		rows.pay(90_000, 20, "I-O1", date=f"{day(20)} {paid_at}")
		return rows.order("O2", 90_000, 20, date=f"{day(20)} {ordered_at}")

	assert outcomes(replay(book("09:00", "10:00")))["O2"] == "Clear"
	assert outcomes(replay(book("10:00", "09:00")))["O2"] == "Held"


def test_overdue_items_hold_after_credits_and_disputes():
	late = Rows().customer().trade("O1", 10_000, 0)
	assert outcomes(replay(late.order("O2", 1_000, 50)))["O2"] == "Clear", "14 days late"
	rows = Rows().customer().trade("O1", 10_000, 0).order("O2", 1_000, 51)
	result = replay(rows)
	assert outcomes(result)["O2"] == "Held", "15 days late"
	assert the_hold(result, "O2").rules == ("Overdue Items",)
	on_account = Rows().customer().trade("O1", 10_000, 0).pay(9_500, 40).order("O2", 1_000, 51)
	assert outcomes(replay(on_account))["O2"] == "Clear", "500 are tolerated"
	disputed = Rows().customer().trade("O1", 10_000, 0).order("O2", 1_000, 51).order("O3", 1_000, 61)
	disputed.add(
		"disputes",
		dispute="X",
		customer="C1",
		invoice="I-O1",
		amount=10_000,
		opened_on=day(45),
		closed_on=day(60),
	)
	assert outcomes(replay(disputed)) == {"O1": "Clear", "O2": "Clear", "O3": "Held"}


def test_a_kept_plan_is_not_overdue_and_a_broken_one_is():
	rows = Rows().customer().trade("O1", 10_000, 0).order("O2", 1_000, 60).order("O3", 1_000, 71)
	rows.add(
		"plans",
		plan="X",
		customer="C1",
		invoice="I-O1",
		amount=10_000,
		agreed_on=day(50),
		ended_on=day(70),
		outcome="Broken",
	)
	assert outcomes(replay(rows)) == {"O1": "Clear", "O2": "Clear", "O3": "Held"}


def test_instalments_are_overdue_one_by_one():
	rows = Rows().customer().order("O1", 10_000, 0).deliver("D1", "O1", 10_000, 1)
	rows.bill("I1", 4_000, 2, "O1", "D1", due=10).bill("I1", 6_000, 2, "O1", "D1", due=40)
	rows.order("O2", 1_000, 27)
	result = replay(rows)
	assert outcomes(result)["O2"] == "Held"
	paid = Rows().customer().order("O1", 10_000, 0).deliver("D1", "O1", 10_000, 1)
	paid.bill("I1", 4_000, 2, "O1", "D1", due=10).bill("I1", 6_000, 2, "O1", "D1", due=40)
	paid.pay(4_000, 20, "I1").order("O2", 1_000, 27)
	assert outcomes(replay(paid))["O2"] == "Clear", "money goes to the earliest instalment"


def test_an_invoice_that_was_billed_again_counts_from_its_original_due_date():
	rows = (
		Rows()
		.customer()
		.bill("I1", 10_000, 0, due=60, counts_from=day(2), kind="Journal")
		.order("O1", 1_000, 20)
	)
	assert outcomes(replay(rows))["O1"] == "Held"


def test_a_group_shares_one_limit_over_currencies():
	def book(rate) -> Rows:
		rows = (
			Rows()
			.add("rates", date=day(0), currency="DKK", rate=1)
			.add("rates", date=day(0), currency="EUR", rate=rate)
		)
		rows.add("groups", date=day(0), credit_group="G", currency="DKK", limit=100_000)
		rows.customer("C1", 1_000_000, credit_group="G").customer(
			"C2", 1_000_000, credit_group="G", currency="EUR"
		)
		return rows.order("O1", 10_000, 1, "C2").order("O2", 20_000, 2, "C1")

	assert outcomes(replay(book("7.5")))["O2"] == "Clear", "75,000 + 20,000 are 95 %"
	result = replay(book("7.6"))
	assert outcomes(result)["O2"] == "Held"
	assert the_hold(result, "O2").rules == ("Group Limit",)


def test_security_counts_while_it_is_good():
	guarantee = {
		"type": "Bank Guarantee",
		"issuer_rating": "A",
		"unconditional": "yes",
		"on_demand": "yes",
		"has_document": "yes",
	}

	def book(**cells) -> Rows:
		rows = Rows().customer(limit=10_000)
		rows.add(
			"securities",
			security="S",
			customer="C1",
			amount=50_000,
			**{"in_force_from": day(0), **guarantee, **cells},
		)
		return rows.order("O1", 55_000, 5)

	assert outcomes(replay(book()))["O1"] == "Clear"
	for cells in (
		{"has_document": "no"},
		{"on_demand": "no"},
		{"issuer_rating": "BBB"},
		{"expiry": day(20)},
		{"in_force_until": day(4)},
		{"direction": "Given"},
		{"in_force_from": day(6)},
	):
		assert outcomes(replay(book(**cells)))["O1"] == "Held", cells


GUARANTEE = {
	"type": "Bank Guarantee",
	"issuer_rating": "A",
	"unconditional": "yes",
	"on_demand": "yes",
	"has_document": "yes",
}


def _secured(rows: Rows, amount, **cells) -> Rows:
	given = {"security": "S", "customer": "C1", "in_force_from": day(0), **GUARANTEE, **cells}
	return rows.add("securities", amount=amount, **given)


def test_a_guarantee_for_an_order_covers_that_order_alone():
	def book(covers: str) -> Rows:
		return _secured(Rows().customer(limit=10_000), 50_000, covers=covers).order("O1", 55_000, 5)

	assert outcomes(replay(book("O1")))["O1"] == "Clear"
	assert outcomes(replay(book("O2")))["O1"] == "Held"
	both = book("O1").order("O2", 6_000, 6)
	assert outcomes(replay(both)) == {"O1": "Clear", "O2": "Held"}, "5,000 of O1 are not covered"


def test_a_guarantee_for_an_order_serves_its_delivery_and_its_invoice():
	rows = _secured(Rows().customer(limit=10_000), 50_000, covers="O1").order("O1", 50_000, 5)
	rows.deliver("D1", "O1", 50_000, 10).bill("I1", 50_000, 11, "O1", "D1").order("O2", 9_000, 12)
	result = replay(rows)
	assert outcomes(result) == {"O1": "Clear", "O2": "Clear"}
	assert not result.policies[0].figures.holds, "no delivery was stopped"


def test_a_guarantee_for_a_group_is_shared_and_counted_once():
	def book(amount) -> Rows:
		rows = Rows().add("rates", date=day(0), currency="DKK", rate=1)
		rows.add("groups", date=day(0), credit_group="G", currency="DKK", limit=1_000_000)
		for customer in ("C1", "C2"):
			rows.customer(customer, 10_000, credit_group="G")
		_secured(rows, amount, credit_group="G")
		return rows.order("O1", 29_000, 1, "C1").order("O2", 29_000, 2, "C2")

	assert outcomes(replay(book(39_000))) == {"O1": "Clear", "O2": "Clear"}, "9,500 each are left"
	assert outcomes(replay(book(38_000))) == {"O1": "Clear", "O2": "Held"}, "each is covered with half of it"


def test_debts_sold_with_recourse_and_rules_of_its_own():
	def book(**cells) -> Rows:
		return _secured(Rows().customer(limit=10_000), 50_000, **cells).order("O1", 55_000, 5)

	factoring = {"type": "Factoring", "covers": ""}
	assert outcomes(replay(book(**factoring)))["O1"] == "Clear"
	assert outcomes(replay(book(**factoring, with_recourse="yes")))["O1"] == "Held"
	title = {"type": "Retention of Title", "cover_percent": 100}
	assert outcomes(replay(book(**title)))["O1"] == "Clear"
	assert outcomes(replay(book(**title, lacks_registration="yes")))["O1"] == "Held"
	assert outcomes(replay(book(issuer_rating="BBB", rules="plain")))["O1"] == "Clear"
	assert outcomes(replay(book(rules="unconditional, issuer AA")))["O1"] == "Held"


INSURANCE = {"type": "Credit Insurance", "has_document": "yes", "max_extension_days": 60}


def insured(amount=100_000, **cells) -> Rows:
	"""A customer whose 40,000 are due on day 36, and insured until 60 days after that."""
	rows = _secured(Rows().customer(limit=40_000), amount, **{**INSURANCE, **cells})
	return rows.trade("O1", 40_000, 0)


PATIENT = policy(overdue_hold_days=400)


def test_what_the_insurer_does_not_cover_any_more_holds_an_order():
	def outcome(rows: Rows) -> str:
		return outcomes(replay(rows, PATIENT))["O2"]

	assert outcome(insured().order("O2", 50_000, 96)) == "Clear", "the last day"
	assert outcome(insured().order("O2", 50_000, 97)) == "Held"
	assert outcome(insured(max_extension_days="").order("O2", 50_000, 97)) == "Clear", "no such period"
	paid = insured().pay(40_000, 90)
	assert outcome(paid.order("O2", 50_000, 97)) == "Clear", "money on account goes to the oldest"


def test_what_is_disputed_is_not_insured_however_young():
	rows = insured().order("O2", 50_000, 20)
	disputed = insured().order("O2", 50_000, 20)
	disputed.add("disputes", dispute="D", opened_on=day(10), customer="C1", invoice="I-O1", amount=40_000)
	assert outcomes(replay(rows, PATIENT))["O2"] == "Clear"
	assert outcomes(replay(disputed, PATIENT))["O2"] == "Held"


def test_no_more_goods_leave_past_the_maximum_extension_of_the_insurer():
	def stopped(at: int, **cells) -> list:
		rows = insured(**cells).order("O2", 1_000, 90, promised=at - 90).deliver("D2", "O2", 1_000, at)
		return [hold.rules for hold in replay(rows, PATIENT).policies[0].figures.holds]

	assert stopped(96) == []
	assert stopped(97) == [("Delivery Stop",)]
	assert stopped(97, max_extension_days="") == []


def test_a_fallen_rating_stops_and_a_review_lifts():
	rows = Rows().customer().add("ratings", date=day(0), customer="C1", rating="A", reviewed="yes")
	rows.add("ratings", date=day(5), customer="C1", rating="C").order("O1", 1_000, 6, promised=60)
	rows.add("ratings", date=day(10), customer="C1", rating="C", reviewed="yes").order("O2", 1_000, 11)
	result = replay(rows)
	assert outcomes(result) == {"O1": "Stopped", "O2": "Clear"}
	hold = the_hold(result, "O1")
	assert (hold.end, hold.days) == (figures.CLEARED, 4.0)


def test_temporary_limits_end_and_forced_holds_wait_for_people():
	rows = Rows().customer(limit=1_000, temporary_limit=50_000, temporary_limit_until=day(10))
	rows.order("O1", 20_000, 10, closed_on=day(11)).order("O2", 20_000, 12)
	assert outcomes(replay(rows)) == {"O1": "Clear", "O2": "Held"}
	rows = (
		Rows()
		.customer(forced_hold="Hold", forced_hold_reason="Court")
		.order("O1", 1, 1)
		.profile(at=8)
		.add("ratings", date=day(60), customer="C1", rating="A")
	)
	result = replay(rows)
	hold = the_hold(result, "O1")
	assert (hold.rules, hold.end, hold.days) == (("Forced Hold",), figures.CLEARED, 7.0)


def test_customers_nobody_assessed_go_by_the_policy():
	rows = Rows().add("customers", customer="C1", currency="DKK").order("O1", 1_000, 1, due=14)
	assert outcomes(replay(rows)) == {"O1": "Held"}
	assert outcomes(replay(rows, policy(without_profile="Not Checked"))) == {}
	default = policy(without_profile="Default Segment", default_segment="C")
	assert outcomes(replay(rows, default)) == {"O1": "Clear"}


def test_the_horizon_leaves_far_orders_out():
	rows = Rows().customer().order("O1", 90_000, 1, promised=90).order("O2", 90_000, 2, promised=5)
	assert outcomes(replay(rows))["O2"] == "Held"
	assert outcomes(replay(rows, policy(credit_horizon_days=30)))["O2"] == "Clear"


def test_other_companies_orders_are_facts_and_not_decided_about():
	rows = Rows().add("customers", customer="C1", currency="DKK", company="North").profile()
	rows.add("customers", customer="C2", currency="DKK", company="South").profile("C2")
	rows.order("O1", 200_000, 1).order("O2", 200_000, 1, "C2")
	assert outcomes(replay(rows, policy(company="North"))) == {"O1": "Held"}


def test_the_period_limits_what_is_decided_about_and_not_what_is_known():
	rows = Rows().customer().order("O1", 90_000, 0).order("O2", 90_000, 10).order("O3", 90_000, 20)
	result = replay(rows, from_date=START + timedelta(days=5), to_date=START + timedelta(days=15))
	assert outcomes(result) == {"O2": "Held"}
	with pytest.raises(ValueError, match="before it begins"):
		replay(rows, from_date=date(2026, 1, 1), to_date=date(2025, 1, 1))


def test_deliveries_and_invoices_without_an_order_are_decided_about():
	rows = (
		Rows()
		.customer(limit=10_000)
		.deliver("X1", "", 8_000, 1)
		.bill("X1", 8_000, 2)
		.bill("X2", 5_000, 3, kind="Journal")
	)
	result = replay(rows)
	assert outcomes(result)["X1"] == "Clear"
	kinds = [(row.name, row.kind, row.made[0].outcome) for row in result.decisions]
	assert kinds == [("X1", "deliveries", "Clear"), ("X1", "invoices", "Held")], (
		"a journal is nobody's decision"
	)


def test_a_changed_order_is_decided_about_again_where_it_asks_for_more():
	rows = (
		Rows()
		.customer()
		.order("O1", 50_000, 1, due=30)
		.order("O1", 40_000, 2, due=29)
		.order("O1", 96_000, 3, due=28)
	)
	result = replay(rows)
	assert [(row.day, row.made[0].outcome) for row in result.decisions] == [
		(START + timedelta(days=1), "Clear"),
		(START + timedelta(days=3), "Held"),
	]


# ------------------------------------------------------------------ holds and how they end
def test_a_person_releases_after_working_hours():
	"""Ordered on Friday at 15:00 with an answer in four hours of 8–16: Monday at 11:00."""
	rows = (
		Rows()
		.customer()
		.order("O1", 200_000, 4, date=f"{day(4)} 15:00")
		.add("ratings", date=day(30), customer="C1", rating="A")
	)
	hold = the_hold(replay(rows), "O1")
	assert hold.end == figures.RELEASED
	assert hold.ended - hold.began == 2 * SECONDS_A_DAY + 20 * 3600


def test_waiting_orders_do_not_use_up_the_limit():
	rows = Rows().customer().order("O1", 96_000, 1).order("O2", 50_000, 2)
	assert outcomes(replay(rows, nobody_releases=True)) == {"O1": "Held", "O2": "Clear"}
	assert outcomes(replay(rows)) == {"O1": "Held", "O2": "Held"}, "released on the first day, so it counts"


def test_a_hold_ends_when_its_cause_has_gone_earliest_promise_first():
	rows = Rows().customer().trade("O1", 90_000, 0, paid=25)
	rows.order("O2", 60_000, 10, promised=30).order("O3", 60_000, 11, promised=20)
	result = replay(rows, nobody_releases=True)
	assert the_hold(result, "O3").end == figures.CLEARED
	assert the_hold(result, "O3").days == 14.0
	assert the_hold(result, "O2").end == figures.OPEN, "no room for both"


def test_an_order_that_waits_too_long_is_lost_with_all_that_followed():
	rows = Rows().customer().trade("O1", 200_000, 0, paid=50).trade("O2", 1_000, 60, paid=99)
	result = replay(rows, nobody_releases=True, give_up_days=20)
	hold = the_hold(result, "O1")
	assert (hold.end, hold.days) == (figures.GAVE_UP, 20.0)
	totals = result.policies[0].figures.totals
	assert (totals.invoiced, totals.received) == (D(1_000), D(1_000))
	assert (totals.never_invoiced, totals.never_paid, totals.never_delivered) == (D(200_000),) * 3
	assert [held.name for held in result.policies[0].lost_good] == ["O1"]


def test_goods_come_as_much_later_as_they_were_held_up():
	"""Released on day 12: the delivery of day 5 comes on day 12, all that follows seven days later."""
	rows = Rows().customer().trade("O1", 90_000, 0, paid=12).trade("O2", 50_000, 1, paid=50)
	result = replay(rows, nobody_releases=True)
	hold = the_hold(result, "O2")
	assert (hold.end, hold.days, hold.days_delayed) == (figures.CLEARED, 11.0, 6.0)
	books, _part = world(rows, nobody_releases=True)
	assert [date.fromordinal(i.day) for i in books.ledger.invoices.values()] == [START + timedelta(days=13)]
	assert books.figures.to_come.received == D(50_000), "after the book's end"


def test_a_hold_that_ends_before_the_goods_were_to_leave_delays_nothing():
	rows = Rows().customer().trade("O1", 200_000, 0, paid=40)
	result = replay(rows)
	assert (the_hold(result, "O1").end, the_hold(result, "O1").days_delayed) == (figures.RELEASED, 0.0)
	assert result.policies[0].cash == result.past.cash == D(200_000)


def test_due_dates_move_with_the_goods_and_lateness_stays():
	rows = (
		Rows()
		.customer()
		.trade("O1", 90_000, 0, paid=20)
		.trade("O2", 50_000, 1, paid=47)
		.add("ratings", date=day(90), customer="C1", rating="A")
	)
	result = replay(rows, nobody_releases=True)
	past, after = result.past.figures, result.policies[0].figures
	assert past.late_days == after.late_days, "as late as they were, each by its own terms"
	assert month(result, 20, 0).received == month(result, 20, 1).received == D(90_000)


def test_who_is_asked_for_prepayment_pays_before_the_goods_leave():
	"""Segment D, 100 % in advance: the money comes on day 5 instead of day 40, once."""
	rows = Rows().customer(segment="D").trade("O1", 40_000, 0, paid=40, due=0)
	result = replay(rows)
	hold = the_hold(result, "O1")
	assert (hold.rules, hold.end, hold.days) == (("Prepayment",), figures.PREPAID, 5.0)
	totals = result.policies[0].figures.totals
	assert (totals.advanced, totals.received, totals.paid_ahead) == (D(40_000), D(0), D(40_000))
	assert owed(totals) == 0
	assert the_hold(replay(rows, prepay_days=None), "O1").end == figures.GAVE_UP


def test_a_loss_is_avoided_where_the_customer_had_to_pay_first():
	rows = (
		Rows().customer(segment="D").trade("O1", 40_000, 0, due=0).pay(40_000, 80, "I-O1", kind="Write-off")
	)
	result = replay(rows)
	assert (result.past.loss, result.policies[0].loss, result.policies[0].loss_avoided) == (
		D(40_000),
		D(0),
		D(40_000),
	)
	assert [(hold.name, hold.effect) for hold in result.policies[0].avoided] == [("O1", D(40_000))]


def test_the_insolvent_are_asked_in_vain():
	rows = Rows().customer(segment="D").add("ratings", date=day(3), customer="C1", rating="Insolvent")
	rows.trade("O1", 40_000, 0, due=0).pay(40_000, 80, "I-O1", kind="Write-off")
	result = replay(rows)
	assert the_hold(result, "O1").end == figures.GAVE_UP
	assert result.policies[0].loss_avoided == D(40_000)


def test_a_stop_keeps_goods_of_granted_orders_back_until_money_comes():
	rows = (
		Rows()
		.customer(limit=100_000)
		.order("O1", 90_000, 0, promised=40)
		.bill("I0", 100_000, 1, kind="Journal", due=90)
	)
	rows.deliver("D1", "O1", 90_000, 10).bill("I1", 90_000, 11, "O1", "D1").pay(100_000, 20, "I0")
	result = replay(rows)
	hold = the_hold(result, "O1")
	assert (hold.rules, hold.end, hold.days, hold.days_delayed) == (
		(figures.DELIVERY_STOP,),
		figures.CLEARED,
		10.0,
		10.0,
	)
	assert result.policies[0].figures.stopped_deliveries.count == 1


def test_goods_beyond_the_limit_are_kept_back_until_money_comes():
	rows = Rows().customer(limit=100_000).order("O1", 60_000, 0, promised=40)
	rows.bill("I0", 40_001, 1, kind="Journal", due=90)
	rows.deliver("D1", "O1", 60_000, 10).bill("I1", 60_000, 11, "O1", "D1").pay(1, 14, "I0")
	hold = the_hold(replay(rows), "O1")
	assert (hold.rules, hold.end, hold.days) == ((figures.DELIVERY_STOP,), figures.CLEARED, 4.0)


@pytest.mark.parametrize(
	("profile", "rating", "due", "kept"),
	[
		pytest.param({}, "C", 1, True, id="rated C, 39 days overdue"),
		pytest.param({}, "B", 1, False, id="rated B"),
		pytest.param({}, "C", 15, False, id="rated C, 25 days overdue"),
		pytest.param({"risk_class": "C"}, "B", 25, True, id="class C, 15 days overdue"),
		pytest.param({"risk_class": "C"}, "B", 26, False, id="class C, 14 days overdue"),
	],
)
def test_old_items_of_risky_customers_keep_goods_back(profile, rating, due, kept):
	rows = (
		Rows().customer(**profile).add("ratings", date=day(0), customer="C1", rating=rating, reviewed="yes")
	)
	rows.order("O1", 1_000, 0, promised=60).bill("I0", 5_000, 0, kind="Journal", due=due)
	rows.deliver("D1", "O1", 1_000, 40).bill("I1", 1_000, 41, "O1", "D1")
	stopped = replay(rows).policies[0].figures.stopped_deliveries.count
	assert stopped == kept


def test_goods_leave_over_the_limit_while_a_plan_is_kept():
	rows = Rows().customer(limit=100_000).order("O1", 60_000, 0, promised=40)
	rows.bill("I0", 50_000, 1, kind="Journal", due=5)
	rows.add("plans", plan="PL1", agreed_on=day(8), customer="C1", invoice="I0", amount=50_000)
	rows.deliver("D1", "O1", 60_000, 10).bill("I1", 60_000, 11, "O1", "D1")
	assert replay(rows).policies[0].figures.stopped_deliveries.count == 0


def test_a_prepaid_order_passes_a_stop():
	rows = Rows().customer(limit=100_000).order("O1", 90_000, 0, promised=40).pay(90_000, 2, order="O1")
	rows.bill("I0", 250_000, 3, kind="Journal", due=90).deliver("D1", "O1", 90_000, 10)
	result = replay(rows)
	assert result.policies[0].figures.stopped_deliveries.count == 0


def test_a_release_that_ran_out_is_decided_about_again_when_goods_leave():
	"""Promised for day 5, released on day 0: the release ends on day 12, the goods go on day 20."""
	rows = (
		Rows()
		.customer()
		.order("O1", 200_000, 0)
		.deliver("D1", "O1", 200_000, 20)
		.bill("I1", 200_000, 21, "O1", "D1")
		.add("ratings", date=day(40), customer="C1", rating="A")
	)
	result = replay(rows)
	held = [hold for hold in result.policies[0].figures.holds if hold.name == "O1"]
	assert [hold.end for hold in held] == [figures.RELEASED, figures.RELEASED]
	assert held[1].because == figures.EXPIRED


def test_a_release_raises_the_stop_until_the_goods_are_paid():
	"""Released at 160,000 of 100,000: an excess of 60,000, so the stop is at 180,000 while it is not paid."""
	rows = (
		Rows()
		.customer()
		.trade("O1", 160_000, 0, paid=40)
		.bill("I2", 15_000, 30, kind="Journal", due=90)
		.order("O2", 1_000, 31, promised=60)
	)
	result = replay(rows)
	assert the_hold(result, "O2").outcome == "Held", "175,000 owed is below 180,000"
	rows = (
		Rows()
		.customer()
		.trade("O1", 160_000, 0, paid=40)
		.bill("I2", 25_000, 30, kind="Journal", due=90)
		.order("O2", 1_000, 31, promised=60)
	)
	assert the_hold(replay(rows), "O2").outcome == "Stopped"


def test_a_release_raises_the_stop_no_longer_when_the_goods_are_credited():
	"""Released at 160,000 of 100,000 as above, then credited in full: the stop is at 120,000 again."""
	rows = (
		Rows()
		.customer()
		.order("O1", 160_000, 0, promised=10)
		.deliver("D1", "O1", 160_000, 10)
		.bill("I1", 160_000, 10, "O1", "D1", due=90)
		.order("O2", 1_000, 20, promised=60)
		.deliver("D2", "O2", 1_000, 23)
		.add(
			"credit_notes",
			credit_note="N1",
			customer="C1",
			date=day(25),
			amount=160_000,
			invoice="I1",
		)
		.bill("I2", 125_000, 30, kind="Journal", due=90)
		.order("O3", 1_000, 31, promised=60)
	)
	result = replay(rows)
	assert the_hold(result, "O2").outcome == "Held", "160,000 owed is below 180,000"
	assert the_hold(result, "O3").outcome == "Stopped"


def test_observing_holds_nothing_back():
	rows = Rows().customer().trade("O1", 200_000, 0, paid=40).trade("O2", 1_000, 1, paid=40)
	result = replay(rows, observe=True)
	assert outcomes(result) == {"O1": "Held", "O2": "Held"}
	assert the_hold(result, "O1").end == figures.NOTED
	assert result.policies[0].cash == result.past.cash


def test_recorded_answers_are_those_of_the_book():
	rows = (
		Rows()
		.customer()
		.order("O1", 200_000, 0, released_on=f"{day(2)} 10:00")
		.order("O2", 200_000, 0, rejected_on=f"{day(1)} 09:00", closed_on=day(9))
	)
	result = replay(rows.add("ratings", date=day(20), customer="C1", rating="A"), recorded_answers=True)
	assert the_hold(result, "O1").ended - the_hold(result, "O1").began == 2 * SECONDS_A_DAY + 10 * 3600
	assert the_hold(result, "O2").end == figures.CLOSED


# ------------------------------------------------------------------ terms
def test_changed_terms_move_payments_and_not_lateness():
	"""Net 30 becomes Net 14: paid three days late on day 36 + 3, now 16 days earlier. Agreed terms stay."""

	def book() -> Rows:
		rows = (
			Rows()
			.customer(limit=1_000_000, terms_days=30)
			.trade("O1", 10_000, 0, paid=39)
			.trade("O2", 10_000, 40, paid=90, due=45)
		)
		return rows.add("ratings", date=day(120), customer="C1", rating="A")

	shorter = policy({"B": {"payment_terms": [{"credit_days": 14}]}})
	result = replay(book(), policy(), shorter)
	same, moved = (w.figures for w in result.policies)
	assert (same.paid_days, same.late_days) == (result.past.figures.paid_days, result.past.figures.late_days)
	assert moved.paid_days == same.paid_days - 16 * 10_000
	assert moved.late_days == same.late_days
	kept = replay(book(), shorter, follow_terms=False)
	assert kept.policies[0].figures.paid_days == same.paid_days
	assert outcomes(kept)["O1"] == "Held", "30 days are longer than 14 then"
	longer = policy({"B": {"payment_terms": [{"credit_days": 60}]}})
	assert replay(book(), longer).policies[0].figures.paid_days == same.paid_days + 30 * 10_000


def test_nobody_pays_before_the_invoice_is_there():
	rows = (
		Rows()
		.customer(limit=1_000_000, terms_days=30)
		.trade("O1", 10_000, 0, paid=10)
		.add("ratings", date=day(60), customer="C1", rating="A")
	)
	result = replay(rows, policy({"B": {"payment_terms": [{"credit_days": 0}]}}))
	assert result.policies[0].figures.paid_days == 0


# ------------------------------------------------------------------ figures
def test_dso_ageing_and_cash_by_month():
	rows = Rows().customer(limit=10_000_000)
	for number in range(4):
		rows.trade(f"O{number}", 31_000, 31 * number, paid=31 * number + 41 if number < 3 else None)
	rows.add("ratings", date="2025-06-30", customer="C1", rating="A")
	result = replay(rows)
	june = result.past.months[-1]
	assert june.month == date(2025, 6, 1)
	assert june.receivables == june.not_due + june.overdue == D(31_000)
	assert june.days_1_30 == 0
	window = result.past.months[-3:]
	assert result.past.dso_of(june) == june.receivables / sum(m.invoiced for m in window) * 91
	assert sum(m.cash for m in result.past.months) == D(93_000)
	assert result.past.figures.days_to_pay == 35
	assert result.past.figures.days_beyond_terms == 5


def test_roles_rules_and_limits_by_segment():
	rows = Rows().customer(limit=100_000).order("O1", 105_000, 1).order("O2", 300_000, 40)
	result = replay(rows.add("ratings", date=day(50), customer="C1", rating="A"))
	found = result.policies[0].figures
	assert found.roles == {"Credit Manager": 1, "CFO": 1}, "5 % over takes the one, 305 % over the other"
	assert found.by_rule["Limit Use"].count == 2
	segment = found.by_segment["B"]
	assert (segment.limit, segment.used, segment.unused, segment.over) == (
		D(100_000),
		D(100_000),
		D(0),
		D(305_000),
	)
	assert (segment.orders.count, segment.held.amount) == (2, D(405_000))


def test_fates_of_held_orders():
	rows = Rows().customer()
	rows.trade("late", 200_000, 0, paid=60).trade("good", 200_000, 100, paid=130).trade("lost", 200_000, 200)
	rows.pay(200_000, 300, "I-lost", kind="Write-off")
	rows.trade("disputed", 200_000, 320, paid=350)
	rows.add(
		"disputes",
		dispute="X",
		customer="C1",
		invoice="I-disputed",
		amount=10,
		opened_on=day(327),
		closed_on=day(328),
	)
	rows.order("unbilled", 200_000, 360)
	result = replay(rows)
	fates = {hold.name: hold.fate for hold in result.policies[0].held_orders}
	assert fates == {
		"late": "Paid late",
		"good": "Paid on time",
		"lost": "Lost",
		"disputed": "Disputed",
		"unbilled": "Not billed",
	}
	assert [hold.name for hold in result.policies[0].lost_after_hold] == ["lost"]


def test_a_cancelled_payment_is_owed_again():
	rows = Rows().customer().trade("O1", 90_000, 0).pay(90_000, 20, "I-O1", cancelled_on=day(22))
	rows.order("O2", 10_000, 21).order("O3", 10_000, 23, closed_on=day(24))
	assert outcomes(replay(rows)) == {"O1": "Clear", "O2": "Clear", "O3": "Held"}


def test_money_on_account_is_set_against_an_invoice_later():
	rows = (
		Rows()
		.customer()
		.trade("O1", 50_000, 0)
		.pay(50_000, 10)
		.pay(50_000, 12, "I-O1", taken_from="On Account")
	)
	books, part = world(rows)
	account = books.ledger.accounts["C1"]
	assert (account.receivables, account.credits, len(books.ledger.invoices)) == (0, 0, 0)
	assert part.past.totals.received == D(50_000), "once"


def test_an_advance_belongs_to_its_order():
	rows = (
		Rows()
		.customer()
		.trade("O0", 10_000, 0)
		.order("O1", 50_000, 52)
		.pay(50_000, 53, order="O1")
		.order("O2", 1_000, 54)
	)
	result = replay(rows)
	assert outcomes(result)["O2"] == "Held", "the advance does not pay the older item"
	assert not any(not_conserved(result.past.figures, result.policies[0].figures).values())


def test_first_profiles_may_hold_from_the_beginning():
	rows = Rows().add("customers", customer="C1", currency="DKK").order("O1", 200_000, 1)
	rows.add("groups", date=day(20), credit_group="G", currency="DKK", limit=1_000)
	rows.profile(limit=100_000, at=20, credit_group="G").add(
		"ratings", date=day(20), customer="C1", rating="Insolvent"
	)
	late = replay(rows, policy(without_profile="Not Checked"))
	assert outcomes(late) == {}, "nobody had judged the customer by then"
	result = replay(rows, policy(without_profile="Not Checked"), profiles_from_start=True)
	assert set(the_hold(result, "O1").rules) == {"Credit Stop: Rating", "Limit Use", "Group Limit"}
