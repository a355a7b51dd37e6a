"""Every rule of an order on real documents: what fires, at which threshold, and what does not count."""

import frappe
from frappe.utils import add_days, flt, nowdate

from b2b_contracts import api
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase

LIMIT = 100_000


class OrderRuleTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()

	def profile(self, **fields):
		return make.make_profile(self.customer, **{"manual_limit": LIMIT, "risk_class": "B", **fields})

	def order(self, amount, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def assert_clear(self, order):
		self.assertEqual(
			(order.b2b_credit_status, order.b2b_credit_hold), ("Clear", None), self.reasons(order)
		)
		self.assertNotEqual(order.status, "On Hold")

	def assert_held(self, order, *rules, status="Held"):
		self.assertEqual(order.b2b_credit_status, status)
		self.assertEqual(order.status, "On Hold")
		self.assertEqual(self.reasons(order), sorted(rules))

	def reasons(self, order):
		if not order.b2b_credit_hold:
			return []
		return sorted(row.rule for row in frappe.get_doc("Credit Hold", order.b2b_credit_hold).reasons)

	def hold(self, order):
		return frappe.get_doc("Credit Hold", order.b2b_credit_hold)


class TestLimitUse(OrderRuleTestCase):
	def test_exactly_95_percent_is_clear_and_a_krone_more_is_held(self):
		self.profile()
		self.assert_clear(self.order(95_000))
		held = self.order(1)
		self.assert_held(held, "Limit Use")
		self.assertIn(
			"95.001 % of the credit limit is used; 95.0 % is allowed", self.hold(held).reasons[0].message
		)

	def test_open_invoices_deliveries_and_granted_orders_count_once_each(self):
		self.profile()
		make.make_invoice(self.customer, 20_000)
		first = self.order(30_000)
		make.make_delivery(first)
		self.assertEqual(self.status()["exposure_before"], 50_000)
		self.assertEqual(self.status()["delivered_not_billed"], 30_000)
		note = frappe.get_last_doc("Delivery Note", {"customer": self.customer.name})
		make.make_invoice(delivery=note)
		status = self.status()
		self.assertEqual((status["receivables"], status["delivered_not_billed"]), (50_000, 0))
		self.assertEqual(status["granted_orders"], 0)

	def test_a_partly_delivered_order_counts_its_rest_as_order_and_the_goods_as_balance(self):
		self.profile()
		order = self.order(40_000, qty=4)
		make.make_delivery(order, qty=1)
		status = self.status()
		self.assertEqual((status["granted_orders"], status["delivered_not_billed"]), (30_000, 10_000))

	def test_goods_returned_before_they_were_billed_are_not_owed(self):
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		self.profile()
		order = self.order(40_000, qty=4)
		note = make.make_delivery(order, qty=2)
		back = make_sales_return(note.name)
		back.items[0].qty = -1
		back.insert()
		frappe.get_doc("Delivery Note", back.name).submit()
		self.assertEqual(self.status()["delivered_not_billed"], 10_000)

	def test_gross_is_measured_with_gross(self):
		self.profile()
		self.assert_held(self.order(80_000, vat=True), "Limit Use")

	def test_parked_orders_do_not_use_up_the_limit_of_others(self):
		self.profile()
		self.assert_held(self.order(96_000), "Limit Use")
		self.assert_clear(self.order(95_000))
		self.assertEqual(self.status()["waiting_orders"], 96_000)

	def test_drafts_do_not_count(self):
		self.profile()
		self.order(90_000, submit=False)
		self.assert_clear(self.order(90_000))

	def test_payments_advances_credit_notes_and_journals_count_once(self):
		self.profile()
		invoice = make.make_invoice(self.customer, 50_000)
		make.make_payment(invoice, amount=10_000)
		make.make_payment(customer=self.customer, amount=5_000)
		make.make_journal(self.customer, 7_000)
		make.make_credit_note(make.make_invoice(self.customer, 3_000))
		self.assertEqual(self.status()["receivables"], 50_000 - 10_000 - 5_000 + 7_000)

	def test_an_advance_for_an_order_counts_once(self):
		self.profile()
		order = self.order(40_000)
		make.make_payment(order, amount=15_000)
		status = self.status()
		self.assertEqual((status["receivables"], status["granted_orders"]), (-15_000, 40_000))
		self.assertEqual(status["exposure_before"], 25_000)

	def test_a_journal_against_an_invoice_is_not_counted_twice(self):
		self.profile()
		invoice = make.make_invoice(self.customer, 50_000)
		make.make_journal(self.customer, -20_000, against=invoice)
		self.assertEqual(self.status()["receivables"], 30_000)

	def test_no_credit_holds_everything_and_unlimited_nothing(self):
		profile = self.profile(limit_type="No Credit", manual_limit=None)
		self.assert_held(self.order(1), "Limit Use")
		profile.update({"limit_type": "Unlimited", "change_reason": "Parent company"})
		profile.save()
		self.assert_clear(self.order(5_000_000))

	def test_a_temporary_limit_counts_until_its_day(self):
		self.profile(temporary_limit=200_000, temporary_limit_until=nowdate())
		self.assert_clear(self.order(190_000))

	def test_a_temporary_limit_that_ended_yesterday_does_not_count(self):
		self.profile(temporary_limit=200_000, temporary_limit_until=add_days(nowdate(), -1))
		self.assert_held(self.order(190_000), "Limit Use")

	def test_security_that_counts_reduces_what_is_measured(self):
		self.profile()
		make.make_security(self.customer, 50_000)
		self.assert_clear(self.order(145_000))
		self.assert_held(self.order(1), "Limit Use")

	def test_security_without_its_document_does_not_count(self):
		self.profile()
		make.make_security(self.customer, 50_000, document=None)
		self.assert_held(self.order(96_000), "Limit Use")
		self.assertEqual(len(self.status()["not_counted"]), 1)

	def test_what_lies_beyond_the_credit_horizon_does_not_count(self):
		self.profile()
		policy = make.active_policy()
		policy.credit_horizon_days = 30
		policy.save()
		self.order(90_000, delivery_date=add_days(nowdate(), 60))
		self.assertEqual(self.status()["granted_orders"], 0)
		self.assert_clear(self.order(90_000))

	def status(self):
		return api.credit_status(self.customer.name, COMPANY)


class TestCurrencies(OrderRuleTestCase):
	def test_a_foreign_order_is_measured_in_company_currency(self):
		self.profile()
		self.assert_held(
			self.order(20_000, currency="EUR", conversion_rate=7.46, plc_conversion_rate=1), "Limit Use"
		)
		self.assert_clear(self.order(12_000, currency="EUR", conversion_rate=7.46, plc_conversion_rate=1))


class TestGroupLimit(OrderRuleTestCase):
	def test_group_and_customer_are_both_checked(self):
		sister = make.make_customer()
		self.profile()
		make.make_profile(sister, manual_limit=LIMIT)
		make.make_group(self.customer, sister, group_limit=120_000)
		make.make_invoice(sister, 60_000)
		order = self.order(60_000)
		self.assert_held(order, "Group Limit")
		self.assertNotIn("60,000", self.hold(order).reasons[0].message)
		self.assert_clear(self.order(54_000))

	def test_an_unlimited_member_still_counts_in_the_group(self):
		sister = make.make_customer()
		self.profile()
		make.make_profile(sister, limit_type="Unlimited")
		make.make_group(self.customer, sister, group_limit=100_000)
		make.make_invoice(sister, 90_000)
		self.assert_held(self.order(10_000), "Group Limit")

	def test_a_sisters_guarantee_covers_nothing_of_mine(self):
		sister = make.make_customer()
		self.profile()
		make.make_profile(sister, manual_limit=LIMIT)
		make.make_group(self.customer, sister, group_limit=50_000)
		make.make_security(sister, 500_000)
		self.assert_held(self.order(50_000), "Group Limit")

	def test_a_group_counts_members_of_another_company_in_its_own_currency(self):
		from b2b_contracts.tests import scaffold

		other = scaffold.ensure_second_company()
		scaffold._policy_of(other)
		sister = make.make_customer()
		self.profile()
		make.make_profile(sister, company=other, manual_limit=1_000_000)
		make.make_group(self.customer, sister, group_limit=100_000, currency="DKK")
		rate = flt(
			frappe.db.get_value(
				"Currency Exchange", {"from_currency": "NOK", "to_currency": "DKK"}, "exchange_rate"
			)
		)
		make.make_invoice(sister, 100_000, company=other)
		status = api.credit_status(self.customer.name, COMPANY)
		self.assertAlmostEqual(status["group"]["utilisation_after"], rate * 100, places=2)


class TestOverdueItems(OrderRuleTestCase):
	def test_14_days_are_tolerated_and_15_are_not(self):
		self.profile()
		make.make_overdue_invoice(self.customer, 5_000, days=14)
		self.assert_clear(self.order(1_000))
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 5_000, days=15)
		self.assert_held(self.order(1_000), "Overdue Items")

	def test_a_sum_of_500_is_tolerated_and_an_ore_more_is_not(self):
		self.profile()
		make.make_overdue_invoice(self.customer, 500, days=25)
		self.assert_clear(self.order(1_000))
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 0.01, days=25)
		self.assert_held(self.order(1_000), "Overdue Items")

	def test_unallocated_money_and_credit_notes_go_to_the_oldest_items_first(self):
		self.profile()
		make.make_overdue_invoice(self.customer, 5_000, days=25)
		make.make_payment(customer=self.customer, amount=4_500)
		self.assert_clear(self.order(1_000))

	def test_an_advance_for_an_order_does_not_pay_overdue_invoices(self):
		self.profile()
		make.make_overdue_invoice(self.customer, 5_000, days=25)
		with as_user("seller1"):
			order = make.make_order(self.customer, 9_000)
		make.make_payment(order, amount=9_000)
		self.assert_held(self.order(1_000), "Overdue Items")

	def test_an_advance_for_the_order_in_hand_does_not_either(self):
		from b2b_contracts.credit import clearing

		self.profile()
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 5_000, days=25)
		order = self.order(9_000)
		make.make_payment(order, amount=8_000)
		clearing.clear_waiting(self.customer.name, COMPANY)
		order.reload()
		self.assert_held(order, "Overdue Items")

	def test_only_the_instalments_that_are_due_count(self):
		self.profile()
		invoice = make.make_invoice(
			self.customer, 10_000, posting_date=add_days(nowdate(), -60), submit=False
		)
		invoice.payment_terms_template = None
		invoice.payment_schedule = []
		for days, portion in ((-30, 40), (30, 60)):
			invoice.append(
				"payment_schedule", {"due_date": add_days(nowdate(), days), "invoice_portion": portion}
			)
		invoice.due_date = None
		with make.policy_off():
			invoice.save()
			invoice.submit()
		held = self.order(1_000)
		self.assert_held(held, "Overdue Items")
		self.assertIn("4,000", self.hold(held).reasons[0].message)
		make.make_payment(invoice, amount=4_000)
		self.assert_clear(self.order(1_000))

	def test_an_overdue_journal_entry_counts_too(self):
		self.profile()
		make.make_journal(self.customer, 5_000, posting_date=add_days(nowdate(), -25))
		self.assert_held(self.order(1_000), "Overdue Items")

	def test_the_decision_links_the_items_to_pay(self):
		self.profile()
		invoice = make.make_overdue_invoice(self.customer, 5_000, days=25)
		order = self.order(1_000)
		decision = frappe.get_doc("Credit Decision", self.hold(order).decision)
		self.assertEqual(frappe.parse_json(decision.links)["Sales Invoice"][0][0], invoice.name)
		ways = {w["kind"]: w for w in frappe.parse_json(self.hold(order).ways_out)}
		self.assertEqual(flt(ways["pay"]["amount"]), 4_500)


class TestPapers(OrderRuleTestCase):
	def test_terms_longer_than_the_segments_are_held(self):
		self.profile()
		order = self.order(
			1_000, payment_schedule=[{"due_date": add_days(nowdate(), 15), "invoice_portion": 100}]
		)
		self.assert_held(order, "Payment Terms")
		self.assertEqual(self.hold(order).required_role, "Account Manager")
		self.assert_clear(
			self.order(
				1_000, payment_schedule=[{"due_date": add_days(nowdate(), 14), "invoice_portion": 100}]
			)
		)

	def test_a_missing_po_is_held_and_a_po_passes(self):
		self.profile(require_po="Yes")
		self.assert_held(self.order(1_000), "Missing PO")
		self.assert_clear(self.order(1_000, po_no="PO-1"))

	def test_blanks_are_not_a_po(self):
		self.profile(require_po="Yes")
		self.assert_held(self.order(1_000, po_no="   "), "Missing PO")

	def test_a_review_that_is_overdue_parks_only_where_the_policy_says_so(self):
		self.profile(next_review=add_days(nowdate(), -1))
		self.assert_clear(self.order(1_000))
		policy = make.active_policy()
		policy.review_overdue_action = "Park"
		policy.save()
		self.assert_held(self.order(1_000), "Limit Review")

	def test_required_security(self):
		self.profile(security_required_percent=50)
		self.assert_held(self.order(10_000), "Security")
		make.make_security(self.customer, 5_000)
		self.assert_clear(self.order(10_000))


class TestSegmentD(OrderRuleTestCase):
	def test_an_order_waits_for_its_prepayment(self):
		make.make_profile(self.customer, segment="D", risk_class="C")
		order = self.order(10_000)
		self.assert_held(order, "Prepayment")
		ways = {w["kind"]: w for w in frappe.parse_json(self.hold(order).ways_out)}
		self.assertEqual(flt(ways["prepay"]["amount"]), 10_000)

	def test_the_top_level_gives_a_quarter_of_the_order_on_credit(self):
		make.make_profile(self.customer, segment="D", risk_class="C", level=2)
		order = self.order(10_000)
		ways = [w for w in frappe.parse_json(self.hold(order).ways_out) if w["kind"] == "prepay"]
		self.assertEqual(sorted(flt(w["amount"]) for w in ways), [7_500, 10_000])


class TestStops(OrderRuleTestCase):
	def test_a_balance_over_120_percent_stops_and_an_order_in_hand_never_does(self):
		profile = self.profile()
		with make.policy_off():
			make.make_invoice(self.customer, 120_000)
		self.assert_held(self.order(1_000), "Limit Use")
		with make.policy_off():
			make.make_invoice(self.customer, 0.01)
		self.assert_held(self.order(1_000), "Credit Stop: Balance", "Limit Use", status="Stopped")
		profile.reload()
		self.assertEqual(profile.status, "Stop")
		self.assertTrue(profile.stop_reason)
		stop = frappe.get_last_doc("Credit Hold", {"reference_name": profile.name})
		self.assertEqual((stop.status, stop.action), ("Open", "Stop"))

	def test_two_notches_down_stop_and_one_does_not(self):
		profile = self.profile(external_rating="AA", rating_at_review="AA")
		profile.update({"external_rating": "A", "change_reason": "Bureau"})
		profile.save()
		self.assert_clear(self.order(1_000))
		profile.reload()
		profile.update({"external_rating": "B", "change_reason": "Bureau"})
		profile.save()
		self.assert_held(self.order(1_000), "Credit Stop: Rating", status="Stopped")

	def test_insolvent_stops(self):
		profile = self.profile()
		profile.update({"external_rating": "Insolvent", "change_reason": "Gazette"})
		profile.save()
		self.assert_held(self.order(1_000), "Credit Stop: Rating", status="Stopped")


class TestThePanelOfACustomer(OrderRuleTestCase):
	def test_it_says_what_holds_the_customer_and_nothing_of_papers(self):
		self.profile(require_po="Yes")
		with make.policy_off():
			make.make_invoice(self.customer, 130_000)
		status = api.credit_status(self.customer.name, COMPANY)
		self.assertEqual(status["outcome"], "Stopped")
		self.assertEqual(
			sorted(reason["rule"] for reason in status["reasons"]), ["Credit Stop: Balance", "Limit Use"]
		)

	def test_other_sellers_do_not_read_it_through_an_order(self):
		self.profile()
		order = self.order(1_000)
		with as_user("seller1"):
			self.assertTrue(api.evaluate("Sales Order", order.name)["checked"])
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.evaluate("Sales Order", order.name)


class TestNoProfile(OrderRuleTestCase):
	def policy(self, **fields):
		policy = make.active_policy()
		policy.update(fields)
		policy.save()

	def test_park_for_assessment(self):
		order = self.order(1_000)
		self.assert_held(order, "No Profile")
		kinds = {w["kind"] for w in frappe.parse_json(self.hold(order).ways_out)}
		self.assertIn("assess", kinds)

	def test_not_checked(self):
		self.policy(without_profile="Not Checked")
		order = self.order(1_000_000)
		self.assertEqual((order.b2b_credit_status, order.status), ("Not Checked", "To Deliver and Bill"))
		self.assertFalse(frappe.db.exists("Credit Decision", {"reference_name": order.name}))

	def test_default_segment(self):
		self.policy(without_profile="Default Segment", default_segment="C")
		self.assert_clear(self.order(95_000))
		self.assert_held(self.order(1), "Limit Use")


class TestModes(OrderRuleTestCase):
	def test_observe_logs_what_it_would_have_done_and_holds_nothing(self):
		self.profile(manual_limit=1_000)
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		order = self.order(50_000)
		self.assertEqual((order.b2b_credit_status, order.status), ("Not Checked", "To Deliver and Bill"))
		decision = frappe.get_last_doc("Credit Decision", {"reference_name": order.name})
		self.assertEqual((decision.kind, decision.outcome, decision.mode), ("Observe", "Held", "Observe"))
		self.assertFalse(frappe.db.exists("Credit Hold", {"reference_name": order.name}))

	def test_off_is_as_without_the_app(self):
		self.profile(manual_limit=1_000)
		policy = make.active_policy()
		policy.mode = "Off"
		policy.save()
		order = self.order(50_000)
		self.assertEqual((order.b2b_credit_status, order.status), ("Not Checked", "To Deliver and Bill"))
		self.assertFalse(frappe.db.exists("Credit Decision", {"reference_name": order.name}))

	def test_switching_to_enforce_lists_open_orders_and_parks_them_only_when_asked(self):
		from b2b_contracts.credit import enforcement

		policy = make.active_policy()
		policy.mode = "Off"
		policy.save()
		self.profile(manual_limit=1_000)
		order = self.order(50_000)
		policy.mode = "Enforce"
		policy.save()
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Not Checked")
		listed = {row["order"]: row for row in api.open_orders(policy.name)}
		self.assertEqual(listed[order.name]["outcome"], "Held")
		enforcement.park_open_orders(COMPANY)
		order.reload()
		self.assert_held(order, "Limit Use")


class TestExemptions(OrderRuleTestCase):
	def test_fully_prepaid_orders_pass_credit_rules_but_not_paperwork(self):
		self.profile(manual_limit=1_000, require_po="Yes")
		order = self.order(50_000, po_no="PO-7")
		make.make_payment(order, amount=50_000)
		from b2b_contracts.credit import clearing

		clearing.clear_waiting(self.customer.name, COMPANY)
		order.reload()
		self.assert_clear(order)

	def test_a_zero_order_owes_nothing(self):
		self.profile(limit_type="No Credit", manual_limit=None)
		self.assert_clear(self.order(0))
