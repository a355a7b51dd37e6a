"""What may leave for a stopped customer, what a refusal leaves behind, and what never needs a decision."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, now_datetime, nowdate

from b2b_contracts import api
from b2b_contracts.credit import cases, clearing, deliveries, gates, notices, policies, subjects
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class DeliveryTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def order(self, amount, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def stop(self):
		with as_user("controller"):
			return api.force_hold(self.customer.name, COMPANY, "Rumours", "Stop")["name"]

	def grow(self, order, qty=20):
		"""Raise an order of one row beyond the limit, so that it waits."""
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		order.reload()
		row = order.items[0]
		rows = [
			{"docname": row.name, "name": row.name, "item_code": row.item_code, "qty": qty, "rate": row.rate}
		]
		rows[0] |= {"uom": row.uom, "conversion_factor": 1, "delivery_date": str(row.delivery_date)}
		with as_user("seller1"):
			update_child_qty_rate("Sales Order", frappe.as_json(rows), order.name)
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Held")

	def stop_by_balance(self):
		with make.policy_off():
			make.make_invoice(self.customer, 50_000)


class TestStoppedCustomer(DeliveryTestCase):
	def test_an_order_released_after_the_stop_is_delivered(self):
		self.stop_by_balance()
		order = self.order(1_000)
		self.assertEqual(order.b2b_credit_status, "Stopped")
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Needed for their biggest job")
		order.reload()
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_an_order_released_before_the_stop_is_not(self):
		order = self.order(12_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Fine")
		order.reload()
		self.stop()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)

	def test_a_fully_prepaid_order_is_delivered_in_spite_of_a_stop_by_balance(self):
		order = self.order(1_000)
		make.make_payment(order, amount=1_000)
		self.stop_by_balance()
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_a_stop_is_measured_with_the_goods_that_are_about_to_leave(self):
		order = self.order(9_000)
		with make.policy_off():
			make.make_invoice(self.customer, 3_001)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)

	def test_a_part_paid_order_is_not(self):
		order = self.order(1_000)
		make.make_payment(order, amount=999)
		self.stop_by_balance()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)

	def test_nothing_is_picked(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list

		order = self.order(1_000)
		self.stop()
		with as_user("stock_user"):
			pick_list = create_pick_list(order.name)
			pick_list.company = COMPANY
			pick_list.insert()
			for row in pick_list.locations:
				row.picked_qty = row.stock_qty
			with self.assertRaises(CreditHoldError):
				pick_list.submit()

	def test_an_invoice_that_ships_is_refused_and_one_for_delivered_goods_is_not(self):
		order = self.order(1_000)
		note = make.make_delivery(self.order(1_000))
		self.stop()
		shipping = make.make_invoice(order=order, update_stock=1, submit=False)
		with self.assertRaises(CreditHoldError):
			shipping.submit()
		self.assertEqual(make.make_invoice(delivery=note).docstatus, 1)

	def test_lifting_the_stop_lets_it_go(self):
		order = self.order(1_000)
		hold = self.stop()
		with as_user("credit_manager"):
			api.lift_hold(hold, "Rumours were wrong")
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)


class TestDrafts(DeliveryTestCase):
	"""A draft says what its submit would say."""

	def refusals(self, draft):
		return api.evaluate(draft.doctype, draft.name)["refusals"]

	def refused(self, draft):
		"""Return the sentence with which a submit is refused, None when it is not."""
		try:
			frappe.get_doc(draft.doctype, draft.name).submit()
		except CreditHoldError as refused:
			return str(refused)

	def assert_says_what_submit_says(self, draft, words):
		said = self.refusals(draft)
		self.assertEqual(len(said), 1)
		self.assertIn(words, said[0])
		self.assertEqual(self.refused(draft), said[0])

	def test_a_delivery_and_an_invoice_of_a_held_order(self):
		order = self.order(9_000, qty=9)
		make.make_delivery(order, qty=4)
		drafts = [make.make_delivery(order, submit=False), make.make_invoice(order=order, submit=False)]
		self.grow(order)
		for draft in drafts:
			with self.subTest(draft.doctype):
				self.assert_says_what_submit_says(draft, f"order {order.name} is on hold for credit (Held)")

	def test_a_delivery_to_a_stopped_customer(self):
		order = self.order(1_000)
		with as_user("stock_user"):
			draft = make.make_delivery(order, submit=False)
		self.assertEqual(self.refusals(draft), [])
		self.stop()
		with as_user("stock_user"):
			self.assert_says_what_submit_says(draft, "are stopped. The customer was stopped by hand.")

	def test_every_order_that_waits_is_named(self):
		orders = [self.order(1_000), self.order(2_000)]
		draft = make.make_delivery(orders[0], submit=False)
		draft.extend("items", make.make_delivery(orders[1], submit=False).items)
		draft.save()
		self.grow(orders[0])
		self.grow(orders[1])
		said = self.refusals(draft)
		self.assertEqual([order.name in said[n] for n, order in enumerate(orders)], [True, True])

	def test_a_release_after_the_stop_and_one_before_it(self):
		before = self.order(12_000)
		with as_user("cfo"):
			api.release(before.b2b_credit_hold, "Fine")
		self.stop()
		after = self.order(1_000)
		with as_user("cfo"):
			api.release(after.b2b_credit_hold, "Needed for their biggest job")
		self.assert_says_what_submit_says(make.make_delivery(before, submit=False), "are stopped")
		draft = make.make_delivery(after, submit=False)
		self.assertEqual(self.refusals(draft), [])
		self.assertIsNone(self.refused(draft))

	def test_a_release_that_has_ended(self):
		order = self.order(12_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Fine")
		draft = make.make_delivery(order, submit=False)
		self.assertEqual(self.refusals(draft), [])
		frappe.db.set_value("Credit Hold", order.b2b_credit_hold, "valid_until", add_days(nowdate(), -1))
		said = self.refusals(draft)
		self.assertEqual(
			frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "status"), "Released", "reads only"
		)
		self.assertIn("has ended", said[0])
		self.assertEqual(self.refused(draft), said[0])

	def test_an_invoice_for_what_is_delivered(self):
		note = make.make_delivery(self.order(1_000))
		self.stop()
		self.assertEqual(self.refusals(make.make_invoice(delivery=note, submit=False)), [])

	def test_a_policy_that_only_observes_refuses_nothing(self):
		order = self.order(1_000)
		draft = make.make_delivery(order, submit=False)
		self.grow(order)
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		self.assertEqual(self.refusals(draft), [])


class TestPartlyDelivered(DeliveryTestCase):
	def test_an_order_held_after_a_part_delivery_still_bills_what_was_delivered(self):
		order = self.order(9_000, qty=9)
		note = make.make_delivery(order, qty=4)
		self.grow(order)
		self.assertEqual((order.b2b_credit_status, order.status), ("Held", "To Deliver and Bill"))
		self.assertEqual(make.make_invoice(delivery=note).docstatus, 1)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)
		ahead = make.make_invoice(order=order, submit=False)
		with self.assertRaises(CreditHoldError):
			ahead.submit()


class TestRefusals(DeliveryTestCase):
	def test_a_refusal_inside_a_savepoint_is_kept_too(self):
		note = make.make_delivery(customer=self.customer, amount=12_000, submit=False)
		frappe.db.commit()
		frappe.db.savepoint("caller")
		with self.assertRaises(CreditHoldError):
			note.submit()
		frappe.db.rollback(save_point="caller")
		self.assertFalse(frappe.db.exists("Credit Hold", {"reference_name": note.name}))
		frappe.db.commit()
		self.assertEqual(frappe.db.count("Credit Hold", {"reference_name": note.name}), 1)
		self.assertEqual(frappe.db.get_value("Delivery Note", note.name, "docstatus"), 0)

	def test_trying_again_brings_the_same_hold_up_to_date(self):
		note = make.make_delivery(customer=self.customer, amount=12_000, submit=False)
		frappe.db.commit()
		for _n in range(2):
			with self.assertRaises(CreditHoldError):
				frappe.get_doc("Delivery Note", note.name).submit()
			frappe.db.rollback()
		self.assertEqual(frappe.db.count("Credit Hold", {"reference_name": note.name}), 1)
		self.assertEqual(
			frappe.db.count("Credit Decision", {"reference_name": note.name, "kind": "Refuse"}), 2
		)

	def test_goods_of_an_order_on_hold_that_were_refused_are_logged(self):
		order = self.order(9_000, qty=9)
		make.make_delivery(order, qty=1)
		draft = make.make_delivery(order, qty=1, submit=False)
		self.grow(order)
		frappe.db.commit()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			draft.submit()
		frappe.db.rollback()
		(found,) = frappe.get_all(
			"Credit Decision",
			{"reference_name": draft.name, "kind": "Refuse"},
			["outcome", "reference_doctype", "credit_hold", "payload"],
		)
		expected = ("Held", "Delivery Note", order.b2b_credit_hold)
		self.assertEqual((found.outcome, found.reference_doctype, found.credit_hold), expected)
		self.assertEqual([r["rule"] for r in frappe.parse_json(found.payload)["rules"]], ["Limit Use"])

	def test_a_refusal_that_cannot_be_logged_is_no_second_error(self):
		note = make.make_delivery(customer=self.customer, amount=12_000, submit=False)
		frappe.db.commit()
		with patch.object(deliveries, "_keep_refusal", side_effect=ValueError("disk full")):
			with self.assertRaises(CreditHoldError):
				note.submit()
			frappe.db.rollback()
		self.assertFalse(frappe.db.exists("Credit Hold", {"reference_name": note.name}))

	def test_a_subscriptions_refused_invoice_tells_somebody(self):
		frappe.db.commit()
		with self.assertRaises(CreditHoldError):
			# Made and submitted in one go, as a subscription does: the rollback takes the draft with it.
			make.make_invoice(self.customer, 12_000)
		with patch.object(notices, "bell") as bell:
			frappe.db.rollback()
		(doctype, name, users, _text), _kwargs = bell.call_args
		self.assertEqual((doctype, name), ("Customer", self.customer.name))
		self.assertIn(email_of("seller1"), users)

	def test_a_release_of_a_draft_covers_no_more_than_was_released(self):
		note = make.make_delivery(customer=self.customer, amount=12_000, submit=False)
		frappe.db.commit()
		with self.assertRaises(CreditHoldError):
			note.submit()
		frappe.db.rollback()
		hold = frappe.get_last_doc("Credit Hold", {"reference_name": note.name})
		with as_user("cfo"):
			api.release(hold.name, "Once")
		note = frappe.get_doc("Delivery Note", note.name)
		note.items[0].qty = 2
		note.save()
		with self.assertRaises(CreditHoldError):
			note.submit()


class TestHoldsOfDrafts(DeliveryTestCase):
	def refused(self):
		note = make.make_delivery(customer=self.customer, amount=12_000, submit=False)
		frappe.db.commit()
		with self.assertRaises(CreditHoldError):
			note.submit()
		frappe.db.rollback()
		return note, frappe.get_last_doc("Credit Hold", {"reference_name": note.name})

	def raise_limit(self):
		self.profile.reload()
		self.profile.update({"manual_limit": 20_000, "change_reason": "New accounts"})
		self.profile.save()

	def test_a_draft_that_is_thrown_away_takes_its_hold_with_it(self):
		note, hold = self.refused()
		frappe.delete_doc("Delivery Note", note.name)
		hold.reload()
		self.assertEqual(hold.status, "Cancelled")

	def test_a_draft_that_would_pass_now_waits_for_nobody(self):
		_note, hold = self.refused()
		self.raise_limit()
		clearing.clear_waiting(self.customer.name, COMPANY)
		hold.reload()
		self.assertEqual(hold.status, "Cleared")

	def test_a_draft_that_is_submitted_meanwhile_ends_its_hold(self):
		note, hold = self.refused()
		self.raise_limit()
		frappe.get_doc("Delivery Note", note.name).submit()
		hold.reload()
		self.assertEqual(hold.status, "Cleared")


class TestUnseenGrants(DeliveryTestCase):
	def test_a_grant_whose_decision_is_not_seen_counts_once_at_what_was_granted(self):
		"""Another transaction raised an order from 1,000 to 8,000: the snapshot still shows 1,000, the gate 8,000."""
		order = self.order(1_000)
		gate = gates.lock(gates.PROFILE, self.profile.name)
		self.assertEqual(gates.unseen(gate), [])
		gate.sequence += 1
		gate.remember("Sales Order", order.name, self.customer.name, COMPANY, 8_000, now_datetime())
		self.assertEqual([grant.name for grant in gates.unseen(gate)], [order.name])
		draft = make.make_order(self.customer, 1_000, submit=False)
		standing = cases.standing_of(policies.active(COMPANY), self.customer.name, COMPANY)
		case = cases.load(standing, subjects.of(draft), gate).case
		self.assertEqual(case.position.granted_orders, 8_000)


class TestDigest(DeliveryTestCase):
	def test_the_digest_lists_holds_and_customers_without_a_profile(self):
		order = self.order(12_000)
		unassessed = make.make_customer()
		with as_user("seller1"):
			make.make_order(unassessed, 100)
		with patch.object(frappe, "sendmail") as sendmail:
			notices.daily_digest()
		mail = sendmail.call_args.kwargs
		self.assertIn(email_of("controller"), mail["recipients"])
		self.assertIn(order.name, mail["message"])
		self.assertIn(unassessed.name, mail["message"])

	def test_a_customer_with_a_profile_or_long_quiet_is_not_in_it(self):
		self.order(100)
		quiet = make.make_customer()
		with make.policy_off():
			make.make_order(
				quiet, 100, transaction_date=add_days(nowdate(), -40), delivery_date=add_days(nowdate(), -30)
			)
		listed = {row.customer for row in notices.trading_without_profile()}
		self.assertTrue(listed.isdisjoint({self.customer.name, quiet.name}))
