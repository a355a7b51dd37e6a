"""Delivery stops: what brings them, what they keep back, how they lift themselves, and who is told."""

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, add_to_date, getdate, now_datetime, nowdate

from b2b_contracts import api, collections_api
from b2b_contracts.credit import clearing, notices, stopped_customers
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WAREHOUSE, WIDGET, SiteTestCase, email_of
from b2b_contracts.tests.test_query_count import counted


class StopTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(email_id="buyer@b2b-test.example.com")
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def order(self, amount, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def look_again(self):
		return clearing.clear_waiting(self.customer.name, COMPANY)

	def rate(self, rating):
		values = {"external_rating": rating, "rating_at_review": rating}
		frappe.db.set_value("Credit Profile", self.profile.name, values)

	def stop(self):
		"""Return the open hold of the customer, None when there is none."""
		name = frappe.db.get_value(
			"Credit Hold", {"reference_name": self.profile.name, "status": "Open"}, "name"
		)
		return frappe.get_doc("Credit Hold", name) if name else None

	def waiting_order(self, amount):
		"""An order that was entered before the policy looked, so that overdue items have not parked it."""
		with make.policy_off(), as_user("seller1"):
			return make.make_order(self.customer, amount)

	def stopped_by_dispute(self):
		"""Stop deliveries by a dispute that has waited too long for the customer; returns the dispute."""
		invoice = make.make_invoice(self.customer, 2_000)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, 500), next_action_by="Customer")
		frappe.db.set_value("Dispute", dispute.name, "last_progress_on", add_days(nowdate(), -15))
		self.look_again()
		return dispute

	def assertRefused(self, order, advice="deliveries to .* are stopped"):
		with as_user("stock_user"), self.assertRaisesRegex(CreditHoldError, advice):
			make.make_delivery(order)

	def assertDelivered(self, order):
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)


class TestWhatStops(StopTestCase):
	def test_goods_that_would_go_beyond_the_limit(self):
		order = self.order(9_000)
		with make.policy_off():
			make.make_invoice(self.customer, 1_001)
		self.assertRefused(order, "would owe more than its credit allows")
		self.assertIsNone(self.stop(), "without the goods the customer is within the limit")

	def test_within_the_limit_they_leave(self):
		order = self.order(9_000)
		with make.policy_off():
			make.make_invoice(self.customer, 1_000)
		self.assertDelivered(order)

	def test_what_a_release_approved_leaves(self):
		order = self.order(12_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "A good customer")
		self.assertDelivered(order.reload())

	def test_an_old_item_of_a_customer_rated_c(self):
		order = self.waiting_order(1_000)
		invoice = make.make_overdue_invoice(self.customer, 2_000, days=31)
		self.rate("C")
		self.look_again()
		stop = self.stop()
		self.assertEqual(
			(stop.action, [row.rule for row in stop.reasons]), ("Delivery Stop", ["Delivery: Age"])
		)
		self.assertEqual(self.profile.reload().status, "Delivery Stop")
		self.assertRefused(order)
		make.make_payment(invoice)
		self.look_again()
		self.assertIsNone(self.stop())
		self.assertEqual(frappe.db.get_value("Credit Hold", stop.name, "status"), "Cleared")
		self.assertEqual(self.profile.reload().status, "Open")
		self.assertDelivered(order)

	def test_30_days_or_a_better_rating_do_not_stop(self):
		make.make_overdue_invoice(self.customer, 2_000, days=30)
		self.rate("C")
		self.look_again()
		self.assertIsNone(self.stop())
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 2_000, days=60)
		self.rate("B")
		self.look_again()
		self.assertIsNone(self.stop())

	def test_class_c_is_stopped_on_the_fifteenth_day(self):
		frappe.db.set_value("Credit Profile", self.profile.name, "risk_class", "C")
		invoice = make.make_overdue_invoice(self.customer, 2_000, days=14)
		self.look_again()
		self.assertIsNone(self.stop())
		frappe.db.set_value("Sales Invoice", invoice.name, "due_date", add_days(nowdate(), -15))
		self.look_again()
		self.assertEqual([row.rule for row in self.stop().reasons], ["Delivery: Dunning"])

	def test_a_dispute_that_waits_too_long_for_the_customer(self):
		order = self.waiting_order(1_000)
		invoice = make.make_invoice(self.customer, 2_000)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, 500), next_action_by="Customer")
		frappe.db.set_value("Dispute", dispute.name, "last_progress_on", add_days(nowdate(), -15))
		self.look_again()
		stop = self.stop()
		self.assertEqual([row.rule for row in stop.reasons], ["Delivery: Dispute"])
		self.assertIn(dispute.name, stop.reasons[0].message)
		self.assertRefused(order)
		with as_user("controller"):
			collections_api.add_dispute_entry(dispute.name, "Customer Answer", "They sent the papers")
		self.look_again()
		self.assertIsNone(self.stop())
		self.assertDelivered(order)

	def test_our_own_standstill_stops_nothing(self):
		invoice = make.make_invoice(self.customer, 2_000)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, 500))
		frappe.db.set_value("Dispute", dispute.name, "last_progress_on", add_days(nowdate(), -40))
		self.look_again()
		self.assertIsNone(self.stop())

	def test_new_orders_are_entered_while_deliveries_are_stopped(self):
		self.stopped_by_dispute()
		self.assertEqual(self.order(1_000).b2b_credit_status, "Clear")

	def test_another_reason_is_added_to_the_same_stop(self):
		self.stopped_by_dispute()
		first = self.stop()
		make.make_overdue_invoice(self.customer, 2_000, days=40)
		self.rate("C")
		self.look_again()
		stop = self.stop()
		self.assertEqual(stop.name, first.name)
		self.assertEqual({row.rule for row in stop.reasons}, {"Delivery: Dispute", "Delivery: Age"})

	def test_looking_again_changes_and_logs_nothing_new(self):
		self.stopped_by_dispute()
		before = frappe.db.count("Credit Decision", {"customer": self.customer.name})
		self.look_again()
		self.assertEqual(frappe.db.count("Credit Decision", {"customer": self.customer.name}), before)

	def test_a_policy_that_only_observes_stops_nothing(self):
		order = self.waiting_order(1_000)
		self.stopped_by_dispute()
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		self.assertDelivered(order)

	def test_a_prepaid_order_leaves(self):
		order = self.order(1_000)
		make.make_payment(order, amount=1_000)
		self.stopped_by_dispute()
		self.assertDelivered(order)

	def test_returns_and_the_invoice_of_what_is_delivered_pass(self):
		from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return as return_sold
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return as return_delivered

		order = self.waiting_order(1_000)
		self.assertDelivered(order)
		with make.policy_off():
			sold = make.make_invoice(self.customer, 100, update_stock=1, set_warehouse=WAREHOUSE)
			other = make.make_delivery(customer=self.customer, amount=100)
		self.stopped_by_dispute()
		note = frappe.get_last_doc(
			"Delivery Note", {"customer": self.customer.name, "name": ["!=", other.name]}
		)
		self.assertEqual(make.make_invoice(delivery=note).docstatus, 1)
		for back in (return_delivered(other.name), return_sold(sold.name)):
			self.assertEqual(back.insert().submit().docstatus, 1)


class TestEverywhereGoodsLeave(StopTestCase):
	def setUp(self):
		super().setUp()
		self.held_back = self.waiting_order(1_000)
		self.stopped_by_dispute()

	def test_pick_list(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list

		pick_list = create_pick_list(self.held_back.name)
		pick_list.insert()
		self.assertIn("are stopped", api.evaluate_goods("Pick List", pick_list.name)["refusals"][0])
		with self.assertRaises(CreditHoldError):
			pick_list.submit()

	def test_drop_shipping(self):
		from erpnext.selling.doctype.sales_order.sales_order import make_purchase_order

		supplier = make.make_supplier()
		row = {"item_code": WIDGET, "rate": 500, "delivered_by_supplier": 1, "supplier": supplier}
		with make.policy_off():
			order = make.make_order(self.customer, items=[row])
		purchase = make_purchase_order(
			order.name, selected_items=[{"item_code": WIDGET, "sales_order_item": order.items[0].name}]
		)
		purchase.supplier = supplier
		purchase.schedule_date = nowdate()
		purchase.insert()
		self.assertIn("are stopped", api.evaluate_goods("Purchase Order", purchase.name)["refusals"][0])
		with self.assertRaises(CreditHoldError):
			purchase.submit()

	def test_an_invoice_that_ships(self):
		with as_user("accounts_user"), self.assertRaises(CreditHoldError):
			make.make_invoice(order=self.held_back, update_stock=1)

	def test_a_reservation_is_refused_and_fails_no_order(self):
		with change_settings("Stock Settings", enable_stock_reservation=1):
			order = self.order(1_000, reserve_stock=1)
			self.assertEqual((order.docstatus, order.b2b_credit_status, order.reserve_stock), (1, "Clear", 0))
			self.assertIn("No stock is reserved", self.messages())
			with self.assertRaisesRegex(CreditHoldError, "Stock cannot be reserved"):
				order.create_stock_reservation_entries(notify=False)

	def test_the_draft_says_so_before_it_is_submitted(self):
		with as_user("stock_user"):
			draft = make.make_delivery(self.held_back, submit=False)
		with as_user("controller"):
			refusals = api.evaluate("Delivery Note", draft.name)["refusals"]
		self.assertIn("are stopped", refusals[0])

	def test_whoever_ships_a_draft_of_somebody_else_is_told_and_reads_nothing_of_the_credit(self):
		draft = make.make_delivery(self.held_back, submit=False)
		with as_user("stock_user"):
			seen = api.evaluate("Delivery Note", draft.name)
		self.assertEqual((set(seen), seen["checked"]), ({"checked", "mode", "refusals"}, False))
		self.assertIn("are stopped", seen["refusals"][0])
		with as_user("stock_user"), self.assertRaises(frappe.PermissionError):
			api.evaluate("Sales Order", self.held_back.name)


class TestWhoIsTold(StopTestCase):
	def refused(self):
		return frappe.get_all(
			"Credit Decision",
			filters={"customer": self.customer.name, "kind": "Refuse"},
			fields=["outcome", "reference_doctype"],
		)

	def test_a_refused_delivery_is_logged_though_it_was_rolled_back(self):
		order = self.waiting_order(1_000)
		self.stopped_by_dispute()
		frappe.db.commit()
		self.addCleanup(self.clean_up)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)
		frappe.db.rollback()
		self.assertEqual(self.refused(), [{"outcome": "Stopped", "reference_doctype": "Delivery Note"}])

	def clean_up(self):
		"""What had to be committed is out of the way of other tests: nothing of it is open."""
		frappe.set_user("Administrator")
		for doctype in ("Dispute", "Sales Order", "Sales Invoice"):
			for name in frappe.get_all(
				doctype, {"customer": self.customer.name, "docstatus": 1}, pluck="name"
			):
				frappe.get_doc(doctype, name).cancel()
		self.look_again()
		frappe.db.commit()

	def test_the_account_manager_and_the_customer_are_told_once(self):
		self.waiting_order(1_000)
		self.stopped_by_dispute()
		stop = self.stop()
		bells = {"document_name": stop.name, "for_user": email_of("seller1")}
		notices.tell_of_stop(stop.name)
		notices.tell_of_stop(stop.name)
		self.assertEqual(frappe.db.count("Notification Log", bells), 1)
		frappe.db.set_value("Credit Hold", stop.name, "customer_notice_due", add_days(nowdate(), -1))
		self.assertEqual(notices._tell_customer(stop.name), 1)
		self.assertEqual(notices._tell_customer(stop.name), 0)

	def bells_of(self, hold):
		return frappe.get_all(
			"Notification Log",
			filters={"document_name": hold, "for_user": email_of("seller1")},
			pluck="subject",
		)

	def lost(self, hold):
		"""Let the notice of a hold have been lost, and the sweep look for it."""
		self.assertEqual(self.bells_of(hold), [])
		frappe.db.set_value("Credit Hold", hold, "creation", add_to_date(now_datetime(), minutes=-11))
		notices.resend_missed()
		(subject,) = self.bells_of(hold)
		return subject

	def test_a_stop_whose_notice_was_lost_is_told_as_a_stop(self):
		self.addCleanup(self.clean_up)
		self.stopped_by_dispute()
		said = self.lost(self.stop().name)
		self.assertRegex(said, f"Deliveries to {self.customer.customer_name} are stopped: .*dispute")

	def test_a_customer_put_on_hold_by_hand_is_told_in_other_words(self):
		self.addCleanup(self.clean_up)
		for action, words in (
			("Hold", "New orders of .* wait: "),
			("Stop", "Deliveries to .* are stopped: "),
		):
			with as_user("credit_manager"):
				hold = api.force_hold(self.customer.name, COMPANY, "Waiting for their accounts", action)[
					"name"
				]
			with self.subTest(action):
				self.assertRegex(self.lost(hold), f"{words}.*Waiting for their accounts")
			with as_user("finance_director"):
				api.lift_hold(hold, "Accounts received")

	def test_the_mail_of_a_hold_by_hand_does_not_promise_that_it_lifts_itself(self):
		make.make_outgoing_account()
		with as_user("credit_manager"):
			hold = api.force_hold(self.customer.name, COMPANY, "Waiting for their accounts")["name"]
		notices.tell_of_stop(hold)
		(mail,) = frappe.get_all("Email Queue", filters={"reference_name": hold}, pluck="message")
		text = make.text_of(mail)
		self.assertIn("until a person lifts it", text)
		self.assertNotIn("lifts itself", text)

	def test_goods_that_go_too_far_without_a_stop_are_told_of_once_a_day(self):
		order = self.order(9_000)
		with make.policy_off():
			make.make_invoice(self.customer, 1_001)
		frappe.db.commit()
		self.addCleanup(self.clean_up)
		for _attempt in range(2):
			with as_user("stock_user"), self.assertRaises(CreditHoldError):
				make.make_delivery(order)
			frappe.db.rollback()
		self.assertIsNone(self.stop())
		self.assertEqual([row.outcome for row in self.refused()], ["Stopped", "Stopped"])
		for user in ("seller1", "controller"):
			bells = {"document_name": self.customer.name, "for_user": email_of(user)}
			(said,) = frappe.get_all("Notification Log", bells, pluck="subject")
			self.assertIn("would owe more than its credit allows", said)

	def test_a_customer_who_waits_for_nothing_is_not_told(self):
		self.stopped_by_dispute()
		self.assertEqual(notices._tell_customer(self.stop().name), 0)


class TestLifting(StopTestCase):
	def test_a_manager_lifts_it_for_a_while(self):
		order = self.waiting_order(1_000)
		self.stopped_by_dispute()
		stop = self.stop()
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			api.lift_hold(stop.name, "They are good for it")
		with as_user("credit_manager"):
			api.lift_hold(stop.name, "They are good for it")
		self.look_again()
		self.assertIsNone(self.stop(), "it does not come back at once")
		self.assertDelivered(order)
		frappe.db.set_value("Credit Hold", stop.name, "valid_until", add_days(nowdate(), -1))
		self.look_again()
		self.assertIsNotNone(self.stop())


class TestTheList(StopTestCase):
	def rows(self, user, **filters):
		with as_user(user):
			result = query_report.run(
				"Delivery Stops",
				filters={"company": COMPANY, "customer": self.customer.name, **filters},
				ignore_prepared_report=True,
			)
		return [row for row in result["result"] if isinstance(row, dict)]

	def test_who_why_since_when_what_lifts_it_and_what_waits(self):
		order = self.waiting_order(1_000)
		self.waiting_order(500)
		dispute = self.stopped_by_dispute()
		(row,) = self.rows("controller")
		self.assertEqual((row["action"], row["since"], row["days"]), ("Delivery Stop", getdate(), 0))
		self.assertIn("has waited for the customer's answer for 15 days", row["reasons"])
		self.assertEqual(row["lifted_by"], f"The customer answers in dispute {dispute.name}.")
		self.assertEqual((row["waiting_orders"], row["waiting_amount"]), (2, 1_500))
		self.assertEqual(row["promised"], getdate(order.delivery_date))
		self.assertEqual(row["account_manager"], email_of("seller1"))

	def test_money_that_lifts_it(self):
		with make.policy_off():
			make.make_invoice(self.customer, 11_000)
		self.look_again()
		(row,) = self.rows("controller")
		self.assertIn("The customer pays", row["lifted_by"])
		self.assertIn("1,000.00", row["lifted_by"])

	def test_what_waits_is_counted_once_behind_two_stops(self):
		self.waiting_order(1_000)
		self.stopped_by_dispute()
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours", "Stop")
			filters = {"company": COMPANY, "customer": self.customer.name}
			result = query_report.run("Delivery Stops", filters=filters, ignore_prepared_report=True)
		self.assertEqual(len(self.rows("controller")), 2)
		self.assertEqual([card["value"] for card in result["report_summary"]], [1, 1, 1_000])

	def test_a_stop_by_hand_takes_a_person(self):
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours", "Stop")
		(row,) = self.rows("controller")
		self.assertEqual((row["action"], row["lifted_by"]), ("Stop", "A person lifts it."))

	def test_a_hold_that_lets_goods_leave_is_not_in_it(self):
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours", "Hold")
		self.assertEqual(self.rows("controller"), [])

	def test_a_seller_sees_the_own_customers(self):
		self.stopped_by_dispute()
		self.assertEqual(len(self.rows("seller1")), 1)
		with self.assertRaises(frappe.PermissionError):
			self.rows("seller2")
		self.assertNotIn(self.customer.name, [row["customer"] for row in self.rows("seller2", customer="")])

	def test_it_asks_as_often_for_many_as_for_one(self):
		def asked() -> int:
			with as_user("controller"), counted() as queries:
				stopped_customers.listed([COMPANY])
			return len(queries)

		self.stopped_by_dispute()
		asked()
		before = asked()
		for _one in range(3):
			other = make.make_customer()
			make.make_profile(other, manual_limit=1_000)
			with as_user("controller"):
				api.force_hold(other.name, COMPANY, "Rumours", "Stop")
		self.assertEqual(asked(), before)
