"""Who may answer a hold, and what an answer does: release, reject, split, force, lift, deputies, expiry."""

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing, log
from b2b_contracts.exceptions import CreditHoldError, NotYourMandateError, ReleaseError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class ReleaseTestCase(SiteTestCase):
	def held(self, amount=12_000, limit=10_000, risk_class="B", seller="seller1", profile=None, **fields):
		"""Return a held order of a new customer."""
		self.customer = make.make_customer()
		self.profile = make.make_profile(
			self.customer, manual_limit=limit, risk_class=risk_class, **(profile or {})
		)
		with as_user(seller):
			order = make.make_order(self.customer, amount, **fields)
		self.assertEqual(order.b2b_credit_status, "Held")
		return order

	def release(self, order, user, reason="Agreed with the customer"):
		with as_user(user):
			api.release(order.b2b_credit_hold, reason)
		order.reload()
		return frappe.get_doc("Credit Hold", order.b2b_credit_hold)


class TestMandate(ReleaseTestCase):
	def test_the_matrix_names_the_role(self):
		for risk_class, amount, role in (
			("A", 10_500, "Sales Manager"),
			("A", 12_000, "Credit Manager"),
			("A", 13_000, "Finance Director"),
			("B", 9_800, "Credit Controller"),
			("B", 10_500, "Credit Manager"),
			("B", 12_000, "Finance Director"),
			("B", 13_000, "CFO"),
			("C", 12_000, "CFO"),
			("C", 13_000, "Board"),
		):
			with self.subTest(risk_class=risk_class, amount=amount):
				order = self.held(amount, risk_class=risk_class)
				self.assertEqual(
					frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "required_role"), role
				)

	def test_a_lower_role_is_refused_and_a_higher_one_may(self):
		order = self.held(12_000)
		for user in ("seller2", "sales_manager", "controller", "credit_manager", "accounts_user"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.release(order.b2b_credit_hold, "Please")
		hold = self.release(order, "cfo")
		self.assertEqual((hold.released_by, hold.released_as), (email_of("cfo"), "CFO"))

	def test_more_than_two_millions_over_the_limit_need_the_cfo(self):
		order = self.held(102_000_001, limit=100_000_000, risk_class="A")
		self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "required_role"), "CFO")

	def test_nobody_releases_what_they_entered_sell_or_asked_for(self):
		order = self.held(9_800, risk_class="A", seller="sales_manager")
		with as_user("sales_manager"), self.assertRaises(NotYourMandateError):
			api.release(order.b2b_credit_hold, "My own")
		order = self.held(9_800, risk_class="A", sales_team=("sales_manager",))
		with as_user("sales_manager"), self.assertRaises(NotYourMandateError):
			api.release(order.b2b_credit_hold, "I sell on it")

	def test_the_role_is_computed_anew_at_the_release(self):
		order = self.held(10_500)
		self.assertEqual(
			frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "required_role"), "Credit Manager"
		)
		with make.policy_off():
			make.make_invoice(self.customer, 5_000)
		with as_user("credit_manager"), self.assertRaises(NotYourMandateError):
			api.release(order.b2b_credit_hold, "Was small when I looked")

	def test_a_deputy_acts_for_somebody_on_the_days_given(self):
		order = self.held(12_000)
		with as_user("controller"), self.assertRaises(NotYourMandateError):
			api.release(order.b2b_credit_hold, "On my own")
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of("finance_director"),
				"deputy": email_of("controller"),
				"from_date": nowdate(),
				"to_date": nowdate(),
			}
		).insert()
		hold = self.release(order, "controller")
		self.assertEqual(hold.released_as, "Finance Director")

	def test_class_c_also_needs_a_bank_guarantee_for_what_is_over(self):
		order = self.held(10_500, risk_class="C")
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual((hold.required_role, hold.security_required), ("Finance Director", 1))
		with as_user("cfo"), self.assertRaises(ReleaseError):
			api.release(hold.name, "Without a guarantee")
		make.make_security(self.customer, 499, credit_hold=hold.name)
		with as_user("cfo"), self.assertRaises(ReleaseError):
			api.release(hold.name, "Too small")
		make.make_security(self.customer, 1, credit_hold=hold.name)
		self.release(order, "finance_director")
		self.assertEqual(order.b2b_credit_status, "Released")


class TestMayRelease(ReleaseTestCase):
	"""What the panel and the form are told before anybody presses a button is what the server then does."""

	def told(self, order, user):
		"""Return what a user is told of an order's hold: by the panel, and by the form of the hold the same."""
		with as_user(user):
			seen = api.evaluate("Sales Order", order.name)["hold"]
			form = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
			form.run_method("onload")
		told = {key: seen[key] for key in ("may_release", "why_not_release", "may_advise")}
		self.assertEqual({key: form.get("__onload")[key] for key in told}, told)
		return told

	def assert_may(self, order, user):
		self.assertEqual((self.told(order, user)["may_release"], self.released(order, user)), (True, None))

	def assert_may_not(self, order, user, words):
		told = self.told(order, user)
		self.assertFalse(told["may_release"])
		self.assertIn(words, told["why_not_release"])
		self.assertEqual(self.released(order, user), told["why_not_release"])

	def released(self, order, user):
		"""Return why a release is refused, None when it is not."""
		try:
			self.release(order, user)
		except NotYourMandateError as refused:
			return str(refused)

	def test_within_the_mandate(self):
		self.assert_may(self.held(9_800), "controller")

	def test_below_the_mandate(self):
		order = self.held(12_000)
		self.assert_may_not(order, "controller", "takes the role Finance Director or higher")
		self.assertTrue(self.told(order, "controller")["may_advise"])

	def test_the_role_is_that_of_today(self):
		order = self.held(10_500)
		self.assertTrue(self.told(order, "credit_manager")["may_release"])
		with make.policy_off():
			make.make_invoice(self.customer, 5_000)
		self.assert_may_not(order, "credit_manager", "or higher")

	def test_a_deputy_without_a_credit_role_of_their_own(self):
		order = self.held(12_000)
		self.assert_may_not(order, "accounts_user", "takes the role Finance Director or higher")
		self.assertFalse(self.told(order, "accounts_user")["may_advise"])
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of("finance_director"),
				"deputy": email_of("accounts_user"),
				"from_date": nowdate(),
				"to_date": nowdate(),
			}
		).insert()
		self.assertTrue(self.told(order, "accounts_user")["may_advise"])
		self.assertTrue(self.told(order, "accounts_user")["may_release"])

	def test_four_eyes(self):
		entered = self.held(10_500, risk_class="A", seller="sales_manager")
		self.assert_may_not(entered, "sales_manager", "is your own")
		sold = self.held(10_500, risk_class="A", sales_team=("sales_manager",))
		self.assert_may_not(sold, "sales_manager", "is your own")
		asked = self.held(9_800)
		with as_user("controller"):
			api.request_release(asked.b2b_credit_hold, "They called me")
		self.assert_may_not(asked, "controller", "is your own")
		self.assert_may(asked, "credit_manager")

	def test_a_seller(self):
		order = self.held(10_500)
		self.assert_may_not(order, "seller1", "takes the role Credit Manager or higher")
		self.assertFalse(self.told(order, "seller1")["may_advise"])

	def test_an_answered_hold(self):
		order = self.held(9_800)
		self.release(order, "cfo")
		with as_user("controller"):
			seen = api.evaluate("Sales Order", order.name)["hold"]
		self.assertEqual((seen["may_release"], seen["may_advise"]), (False, False))
		self.assertIn("Released already", seen["why_not_release"])

	def test_the_request_and_the_clock_are_shown(self):
		order = self.held(9_800)
		with as_user("seller1"):
			api.request_release(order.b2b_credit_hold, "They pay on Friday")
			seen = api.evaluate("Sales Order", order.name)["hold"]
		self.assertEqual(seen["request_reason"], "They pay on Friday")
		due = frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "response_due")
		self.assertEqual(seen["response_due"], str(due))

	def test_a_draft_that_names_a_hold_is_told_nothing_of_it(self):
		other = self.held(9_800)
		mine = make.make_customer(account_manager="seller2")
		make.make_profile(mine, manual_limit=10_000)
		with as_user("seller2"):
			draft = make.make_order(mine, 100, submit=False).as_dict()
			view = api.evaluate_draft(draft | {"b2b_credit_hold": other.b2b_credit_hold})
		self.assertTrue(view["checked"])
		self.assertIsNone(view["hold"])

	def test_the_hold_of_a_customer(self):
		self.held(9_800)
		with as_user("controller"):
			stop = api.force_hold(self.customer.name, COMPANY, "Rumours", "Stop")["name"]
		role = frappe.db.get_value("Credit Hold", stop, "required_role")
		for user, may in (("seller1", False), ("cfo", True)):
			with self.subTest(user), as_user(user):
				holds = api.credit_status(self.customer.name, COMPANY)["open_holds"]
				told = {hold["name"]: hold for hold in holds}[stop]
				form = frappe.get_doc("Credit Hold", stop)
				form.run_method("onload")
				self.assertEqual(told["may_release"], may, role)
				self.assertEqual(form.get("__onload").may_release, may)


class TestAnswers(ReleaseTestCase):
	def test_a_release_is_logged_with_its_reason_and_lasts_until_the_promise_plus_a_week(self):
		order = self.held(delivery_date=add_days(nowdate(), 10))
		hold = self.release(order, "cfo", "Paid in other company")
		self.assertEqual(getdate(hold.valid_until), getdate(add_days(nowdate(), 17)))
		decision = frappe.get_doc("Credit Decision", hold.decision)
		self.assertEqual((decision.kind, decision.outcome), ("Release", "Released"))
		self.assertEqual(frappe.parse_json(decision.links)["reason"], "Paid in other company")
		self.assertEqual(flt(hold.approved_excess), 2_000)

	def test_each_release_approves_what_it_adds(self):
		first = self.held(11_000)
		self.assertEqual(flt(self.release(first, "cfo").approved_excess), 1_000)
		with as_user("seller1"):
			second = make.make_order(self.customer, 1_500)
		self.assertEqual(flt(self.release(second, "cfo").approved_excess), 1_500)

	def test_a_hold_is_answered_once(self):
		order = self.held()
		self.release(order, "cfo")
		with as_user("cfo"), self.assertRaises(ReleaseError):
			api.reject(order.b2b_credit_hold, "Changed my mind")

	def test_advice_is_kept_and_going_against_it_is_marked(self):
		order = self.held()
		with as_user("controller"):
			with self.assertRaisesRegex(ReleaseError, "Write down a reason"):
				api.advise(order.b2b_credit_hold, "Reject", " ")
			api.advise(order.b2b_credit_hold, "Reject", "Slow payer")
		hold = self.release(order, "cfo")
		self.assertEqual((hold.credit_advice, hold.against_advice), ("Reject", 1))
		self.assertEqual((hold.advised_by, hold.advice_reason), (email_of("controller"), "Slow payer"))

	def test_a_seller_asks_for_a_release(self):
		order = self.held()
		with as_user("seller1"):
			api.request_release(order.b2b_credit_hold, "They pay on Friday")
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual(
			(hold.requested_by, hold.request_reason), (email_of("seller1"), "They pay on Friday")
		)

	def test_a_rejected_order_stays_on_hold_and_never_clears_by_itself(self):
		order = self.held()
		with as_user("controller"):
			api.reject(order.b2b_credit_hold, "No more credit")
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Rejected", "On Hold"))
		self.profile.reload()
		self.profile.update({"manual_limit": 100_000, "change_reason": "New accounts"})
		self.profile.save()
		clearing.clear_waiting(self.customer.name, COMPANY)
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Rejected")

	def test_several_holds_are_answered_at_once_and_one_failure_keeps_none_of_the_others(self):
		small, large = self.held(10_500), self.held(12_000)
		with as_user("credit_manager"):
			answer = api.answer_many(
				[small.b2b_credit_hold, large.b2b_credit_hold], "release", "Friday round"
			)
		self.assertEqual(answer["done"], [small.b2b_credit_hold])
		self.assertEqual([f["name"] for f in answer["failed"]], [large.b2b_credit_hold])
		self.assertEqual(frappe.db.get_value("Sales Order", small.name, "b2b_credit_status"), "Released")
		self.assertEqual(frappe.db.get_value("Sales Order", large.name, "b2b_credit_status"), "Held")

	def test_a_refused_delivery_draft_is_released_and_then_passes(self):
		make_customer = make.make_customer()
		make.make_profile(make_customer, manual_limit=10_000, risk_class="B")
		note = make.make_delivery(customer=make_customer, amount=12_000, submit=False)
		frappe.db.commit()
		with self.assertRaises(CreditHoldError):
			note.submit()
		frappe.db.rollback()
		hold = frappe.get_last_doc("Credit Hold", {"reference_name": note.name})
		self.assertEqual((hold.status, hold.reference_doctype), ("Open", "Delivery Note"))
		refused = frappe.get_last_doc("Credit Decision", {"reference_name": note.name})
		self.assertEqual((refused.kind, refused.outcome), ("Refuse", "Held"))
		with as_user("cfo"):
			api.release(hold.name, "Once")
		note = frappe.get_doc("Delivery Note", note.name)
		note.submit()
		self.assertEqual(note.docstatus, 1)


class TestSplit(ReleaseTestCase):
	def test_what_fits_goes_and_the_rest_waits(self):
		order = self.held(12_000, qty=12, po_no="PO-4711")
		with as_user("seller1"):
			result = api.split(order.b2b_credit_hold)
		order.reload()
		rest = frappe.get_doc("Sales Order", result["rest"])
		self.assertEqual((order.b2b_credit_status, flt(order.items[0].qty)), ("Clear", 9))
		self.assertEqual((rest.b2b_credit_status, flt(rest.items[0].qty)), ("Held", 3))
		self.assertEqual((rest.b2b_split_from, rest.b2b_credit_hold), (order.name, result["hold"]))
		self.assertEqual((order.po_no, rest.po_no), ("PO-4711", "PO-4711-2"))
		self.assertEqual(flt(order.base_grand_total) + flt(rest.base_grand_total), 12_000)

	def test_an_order_that_is_not_held_for_its_size_is_not_split(self):
		order = self.held(1_000, profile={"require_po": "Yes"})
		with as_user("seller1"), self.assertRaises(ReleaseError):
			api.split(order.b2b_credit_hold)

	def test_nothing_is_split_when_not_one_piece_fits(self):
		order = self.held(12_000, qty=1)
		with as_user("seller1"), self.assertRaises(ReleaseError):
			api.split(order.b2b_credit_hold)
		frappe.db.rollback()


class TestCustomerHolds(ReleaseTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def force(self, action="Hold", user="controller"):
		with as_user(user):
			return api.force_hold(self.customer.name, COMPANY, "Rumours", action)["name"]

	def test_a_forced_hold_parks_new_orders_until_a_person_lifts_it(self):
		hold = self.force()
		self.profile.reload()
		self.assertEqual((self.profile.status, self.profile.forced_hold), ("Hold", 1))
		with as_user("seller1"):
			order = make.make_order(self.customer, 100)
		self.assertEqual(order.b2b_credit_status, "Held")
		clearing.clear_waiting(self.customer.name, COMPANY)
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Held")
		with as_user("credit_manager"):
			api.lift_hold(hold, "Rumours were wrong")
		clearing.clear_waiting(self.customer.name, COMPANY)
		order.reload()
		self.profile.reload()
		self.assertEqual((order.b2b_credit_status, self.profile.status), ("Clear", "Open"))

	def test_sellers_neither_force_nor_lift(self):
		with as_user("seller1"), self.assertRaises(NotYourMandateError):
			api.force_hold(self.customer.name, COMPANY, "Not paid my bonus")
		hold = self.force()
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.lift_hold(hold, "Please")

	def test_one_hold_by_hand_at_a_time(self):
		self.force()
		with self.assertRaises(ReleaseError):
			self.force()

	def test_lifting_a_stop_by_rating_reviews_the_rating(self):
		self.profile.update({"external_rating": "AA", "rating_at_review": "AA", "change_reason": "Bureau"})
		self.profile.save()
		self.profile.update({"external_rating": "C", "change_reason": "Bureau"})
		self.profile.save()
		clearing.clear_waiting(self.customer.name, COMPANY)
		stop = frappe.get_last_doc("Credit Hold", {"reference_name": self.profile.name})
		self.assertEqual((stop.status, stop.action), ("Open", "Stop"))
		with as_user("cfo"):
			api.lift_hold(stop.name, "Looked at the accounts")
		self.profile.reload()
		self.assertEqual((self.profile.rating_at_review, self.profile.status), ("C", "Open"))
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 100).b2b_credit_status, "Clear")

	def test_lifting_a_stop_by_balance_approves_the_excess(self):
		with make.policy_off():
			make.make_invoice(self.customer, 13_000)
		clearing.clear_waiting(self.customer.name, COMPANY)
		stop = frappe.get_last_doc("Credit Hold", {"reference_name": self.profile.name})
		with as_user("cfo"):
			api.lift_hold(stop.name, "Pays tomorrow")
		stop.reload()
		self.assertEqual((flt(stop.approved_excess), stop.excess_active), (3_000, 1))
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.profile.reload()
		self.assertEqual(self.profile.status, "Open")


class TestExpiry(ReleaseTestCase):
	def test_an_expired_release_is_decided_again_before_the_next_delivery(self):
		order = self.held()
		hold = self.release(order, "cfo")
		frappe.db.set_value("Credit Hold", hold.name, "valid_until", add_days(nowdate(), -1))
		frappe.db.commit()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)
		frappe.db.rollback()
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Held")
		self.assertEqual(frappe.db.get_value("Credit Hold", hold.name, "status"), "Expired")
		self.assertNotEqual(order.b2b_credit_hold, hold.name)

	def test_a_part_delivery_keeps_the_release(self):
		order = self.held(12_000, qty=12)
		self.release(order, "cfo")
		make.make_delivery(order, qty=4)
		order.reload()
		self.assertEqual(order.b2b_credit_status, "Released")
		make.make_delivery(order, qty=8)
		self.assertEqual(log.verify(), [])

	def test_a_fallen_rating_ends_a_release(self):
		order = self.held(profile={"external_rating": "A", "rating_at_review": "A"})
		self.release(order, "cfo")
		self.profile.reload()
		self.profile.update({"external_rating": "B", "change_reason": "Bureau"})
		self.profile.save()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)
