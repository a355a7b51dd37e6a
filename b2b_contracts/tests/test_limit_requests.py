"""A higher limit is asked for, granted within a mandate, sets the orders free that waited for it, and ends."""

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import limits_api as api
from b2b_contracts.credit import clearing, limit_requests, log
from b2b_contracts.exceptions import EvidenceError, LimitRequestError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class LimitRequestTestCase(SiteTestCase):
	"""A customer of segment C, class B: 100,000 by the segment, no ladder beyond."""

	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer)

	def order(self, amount, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def ask(self, limit=120_000, user="seller1", **fields):
		with as_user(user):
			made = api.request_limit(
				self.customer.name, COMPANY, limit, "A large project in spring", **fields
			)
		return frappe.get_doc("Limit Request", made["name"])

	def approve(self, request, user="finance_director", remark="Their accounts are good", **fields):
		with as_user(user):
			return api.approve_limit(request.name, remark, **fields)

	def limits(self):
		profile = self.profile.reload()
		return flt(profile.granted_limit), flt(profile.manual_limit), flt(profile.temporary_limit)

	def bells(self, name, user):
		return frappe.db.count("Notification Log", {"document_name": name, "for_user": email_of(user)})

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")


class TestAsking(LimitRequestTestCase):
	def test_who_decides_by_when_and_what_it_would_free(self):
		first, second = self.order(99_000), self.order(97_000)
		self.assertEqual([self.status(first), self.status(second)], ["Held", "Held"])
		request = self.ask(120_000)
		self.assertEqual((request.status, request.requested_by), ("Open", email_of("seller1")))
		self.assertEqual(request.required_role, "Finance Director")  # 20 % over, class B
		self.assertEqual(flt(request.current_limit), 100_000)
		self.assertEqual((request.waiting_orders, flt(request.waiting_amount)), (1, 99_000))
		self.assertTrue(request.response_due)
		self.assertEqual(self.bells(request.name, "finance_director"), 1)
		self.assertEqual(self.bells(request.name, "cfo"), 0)

	def test_the_dialog_starts_with_what_the_order_lacks(self):
		first, second = self.order(99_000), self.order(20_000, delivery_date=add_days(nowdate(), 30))
		with as_user("seller1"):
			of_order = api.limit_request_terms(self.customer.name, COMPANY, first.name)
			of_all = api.limit_request_terms(self.customer.name, COMPANY)
		self.assertEqual(self.status(second), "Clear")
		self.assertEqual([row["order"] for row in of_order["orders"]], [first.name])
		# 99,000 beside the 20,000 that are granted, within 95 %
		self.assertEqual(of_order["needed"], 125_264)
		self.assertEqual(of_all["needed"], 125_264)
		request = self.ask(of_order["needed"], sales_order=first.name)
		self.approve(request, "cfo")
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(self.status(first), "Clear")

	def test_what_is_needed_for_all_that_wait(self):
		self.order(99_000)
		self.order(98_000)
		with as_user("seller1"):
			terms = api.limit_request_terms(self.customer.name, COMPANY)
		self.assertEqual(terms["needed"], 207_369)
		self.assertEqual(len(terms["orders"]), 2)

	def test_what_cannot_be_asked_for(self):
		for advice, limit, fields in (
			("is 100,000.00 DKK already|already. Ask for more", 100_000, {}),
			("is past", 120_000, {"valid_until": add_days(nowdate(), -1)}),
		):
			with self.subTest(advice), self.assertRaisesRegex(LimitRequestError, advice):
				self.ask(limit, **fields)
		with as_user("seller1"), self.assertRaisesRegex(LimitRequestError, "Write down why"):
			api.request_limit(self.customer.name, COMPANY, 120_000, " ")
		other = make.make_order(make.make_profile().customer, 1_000)
		with self.assertRaisesRegex(LimitRequestError, "is not one of"):
			self.ask(sales_order=other.name)

	def test_once_at_a_time(self):
		request = self.ask()
		with self.assertRaisesRegex(LimitRequestError, f"already .{request.name}"):
			self.ask(130_000)

	def test_an_unlimited_customer_and_one_without_profile(self):
		self.profile.update({"limit_type": "Unlimited", "change_reason": "Public sector"})
		self.profile.save()
		with self.assertRaisesRegex(LimitRequestError, "is not limited"):
			self.ask()
		self.customer = make.make_customer()
		with self.assertRaisesRegex(LimitRequestError, "Ask credit control"):
			self.ask()

	def test_sellers_ask_for_their_own_customers_only(self):
		request = self.ask()
		with as_user("seller2"):
			self.assertNotIn(request.name, frappe.get_list("Limit Request", pluck="name"))
			for call in (
				lambda: api.request_limit(self.customer.name, COMPANY, 120_000, "Please"),
				lambda: api.limit_request_terms(self.customer.name, COMPANY),
				lambda: api.limit_request_state(request.name),
			):
				with self.assertRaises(frappe.PermissionError):
					call()
			with self.assertRaises(frappe.PermissionError):
				frappe.get_doc(
					{
						"doctype": "Limit Request",
						"customer": self.customer.name,
						"company": COMPANY,
						"requested_limit": 120_000,
						"reason": "Please",
					}
				).insert()

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		with as_user("seller1"):
			request = frappe.get_doc(
				{
					"doctype": "Limit Request",
					"customer": self.customer.name,
					"company": COMPANY,
					"requested_limit": 120_000,
					"reason": "Please",
					"status": "Approved",
					"granted_limit": 120_000,
					"required_role": "Account Manager",
					"decided_by": email_of("cfo"),
				}
			).insert()
		self.assertEqual((request.status, request.decided_by), ("Open", None))
		self.assertEqual((flt(request.granted_limit), request.required_role), (0, "Finance Director"))
		request.status = "Approved"
		request.save()
		self.assertEqual(request.reload().status, "Open")
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			request.save()


class TestDeciding(LimitRequestTestCase):
	def test_a_lasting_limit_is_set_logged_and_told_and_the_order_goes_on(self):
		order = self.order(110_000)
		request = self.ask()
		self.assertEqual(self.approve(request)["status"], "Approved")
		self.assertEqual(self.limits(), (120_000, 120_000, 0))
		self.assertIn(request.name, self.profile.limit_reason)
		row = next(r for r in self.profile.history if r.field_label == "Manual limit")
		self.assertEqual(row.changed_by, email_of("finance_director"))
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(self.status(order), "Clear")
		request.reload()
		self.assertEqual((request.decided_as, flt(request.granted_limit)), ("Finance Director", 120_000))
		decision = frappe.get_doc("Credit Decision", request.decision)
		self.assertEqual((decision.kind, decision.outcome), ("Approve", "Approved"))
		self.assertEqual(frappe.parse_json(decision.payload)["granted_limit"], "120000")
		self.assertEqual(log.verify(), [])
		self.assertEqual(self.bells(request.name, "seller1"), 1)

	def test_a_temporary_limit_leaves_the_other_one_as_it_is(self):
		until = add_days(nowdate(), 30)
		self.approve(self.ask(valid_until=until))
		self.assertEqual(self.limits(), (120_000, 0, 120_000))
		self.assertEqual(str(self.profile.temporary_limit_until), until)

	def test_a_lasting_limit_ends_a_lower_temporary_one(self):
		self.approve(self.ask(110_000, valid_until=add_days(nowdate(), 30)), "cfo")
		self.approve(self.ask(120_000), "cfo")
		self.assertEqual(self.limits(), (120_000, 120_000, 0))

	def test_a_part_is_less_money_or_fewer_days_and_takes_the_role_of_the_part(self):
		request = self.ask(140_000)
		self.assertEqual(request.required_role, "CFO")
		with self.assertRaisesRegex(NotYourMandateError, "CFO"):
			self.approve(request)
		part = {"granted_limit": 120_000.0, "valid_until": add_days(nowdate(), 10)}
		self.assertEqual(self.approve(request, **part)["status"], "Approved in Part")
		self.assertEqual(self.limits(), (120_000, 0, 120_000))

	def test_never_more_than_was_asked_for(self):
		request = self.ask(valid_until=add_days(nowdate(), 10))
		for part in (
			{"granted_limit": 120_001.0},
			{"valid_until": add_days(nowdate(), 11)},
		):
			with self.subTest(part), self.assertRaisesRegex(LimitRequestError, "Grant that, or less"):
				self.approve(request, "cfo", **part)
		with self.assertRaisesRegex(LimitRequestError, "nothing to grant"):
			self.approve(request, "cfo", granted_limit=100_000.0)

	def test_four_eyes_also_for_who_sells_to_the_customer(self):
		manager = make.make_user("Finance Director", "Accounts Manager")
		request = self.ask(user=manager)
		with self.assertRaisesRegex(NotYourMandateError, "somebody else"):
			self.approve(request, manager)
		request = self.withdrawn_and_asked_anew(request)
		self.customer.db_set("account_manager", manager)
		with self.assertRaisesRegex(NotYourMandateError, "somebody else"):
			self.approve(request, manager)
		self.approve(request)

	def withdrawn_and_asked_anew(self, request):
		with as_user("controller"):
			api.withdraw_limit(request.name, "Entered by the wrong person")
		return self.ask()

	def test_a_deputy_may(self):
		request = self.ask()
		deputy = make.make_user("Credit Controller", "Accounts User")
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy": deputy,
				"deputy_for": email_of("finance_director"),
				"from_date": nowdate(),
				"to_date": nowdate(),
			}
		).insert()
		self.approve(request, deputy)
		self.assertEqual(request.reload().decided_as, "Finance Director")

	def test_as_far_as_the_ladder_reaches_a_controller_may(self):
		self.customer = make.make_customer()
		self.profile = make.make_profile(
			self.customer, segment="B", expected_annual_revenue=1_200_000
		)  # 125,000, up to 187,500
		self.assertEqual(self.limits()[0], 125_000)
		request = self.ask(187_500)
		self.assertEqual(request.required_role, "Credit Controller")
		self.approve(request, "controller")
		self.assertEqual(self.limits()[0], 187_500)
		self.assertEqual(self.ask(187_501).required_role, "CFO")

	def test_the_policy_says_who_may(self):
		policy = make.active_policy()
		for row in policy.mandates:
			if row.action == "Limit beyond the Ladder":
				row.role = "CFO"
		policy.save()
		self.assertEqual(self.ask(101_000).required_role, "CFO")

	def test_rejecting_sets_nothing_and_says_why(self):
		request = self.ask()
		with as_user("seller1"), self.assertRaises(NotYourMandateError):
			api.reject_limit(request.name, "No")
		with as_user("controller"):
			with self.assertRaisesRegex(LimitRequestError, "Write down"):
				api.reject_limit(request.name, " ")
			api.reject_limit(request.name, "Their accounts are late")
		self.assertEqual(self.limits(), (100_000, 0, 0))
		request.reload()
		self.assertEqual((request.status, request.remark), ("Rejected", "Their accounts are late"))
		self.assertEqual(self.bells(request.name, "seller1"), 1)
		with self.assertRaisesRegex(LimitRequestError, "Rejected already"):
			self.approve(request)
		with self.assertRaises(EvidenceError):
			request.delete()

	def test_who_may_withdraw(self):
		request = self.ask()
		with as_user("collector"), self.assertRaises(NotYourMandateError):
			api.withdraw_limit(request.name, "Not needed")
		with as_user("seller1"):
			api.withdraw_limit(request.name, "Not needed")
		self.assertEqual(request.reload().status, "Withdrawn")

	def test_a_customer_without_credit_gets_some(self):
		self.profile.update({"limit_type": "No Credit", "change_reason": "Unknown to us"})
		self.profile.save()
		request = self.ask(10_000)
		self.assertEqual(request.required_role, "CFO")
		self.approve(request, "cfo")
		self.assertEqual((self.limits()[0], self.profile.limit_type), (10_000, "Limited"))

	def test_the_form_says_what_stands(self):
		first = self.order(99_000)
		self.order(98_000)
		request = self.ask(110_000)
		with as_user("controller"):
			state = api.limit_request_state(request.name)
		self.assertEqual((state["may_decide"], state["may_reject"]), (False, True))
		self.assertIn("Credit Manager", state["why_not"])
		self.assertEqual(
			[(row["order"] == first.name, row["goes_on"]) for row in state["orders"]],
			[(True, True), (False, False)],
		)
		self.assertIn("of the credit limit is used", state["orders"][1]["still"][0])
		with as_user("credit_manager"):
			state = api.limit_request_state(request.name)
		self.assertEqual((state["may_decide"], state["why_not"]), (True, None))
		self.assertEqual(state["over_percent"], 10)


class TestEnding(LimitRequestTestCase):
	def grant(self, days):
		"""Grant a temporary limit and let it have so many days left."""
		request = self.ask(valid_until=add_days(nowdate(), 30))
		self.approve(request)
		until = add_days(nowdate(), days)
		frappe.db.set_value("Credit Profile", self.profile.name, "temporary_limit_until", until)
		frappe.db.set_value("Limit Request", request.name, "granted_until", until)

	def told(self, user="seller1"):
		limit_requests.daily()
		return frappe.get_all(
			"Notification Log",
			filters={"document_name": self.profile.name, "for_user": email_of(user)},
			pluck="subject",
			order_by="creation",
		)

	def tearDown(self):
		# The daily job commits: what it found must not be found again.
		frappe.set_user("Administrator")
		frappe.db.set_value("Credit Profile", self.profile.name, "temporary_limit_until", None)
		frappe.db.commit()
		super().tearDown()

	def test_who_asked_is_told_a_week_before_and_when_it_has_ended_once_each(self):
		self.grant(8)
		self.assertEqual(self.told(), [])
		self.grant_again(7)
		self.assertEqual(len(self.told()), 1)
		self.assertRegex(self.told()[0], "120,000.* ends on")
		self.grant_again(-1)
		self.assertEqual(len(self.told()), 2)
		self.assertRegex(self.told()[1], "ended on")
		self.assertEqual(len(self.told("controller")), 2)

	def paid(self, invoice):
		"""Clearing commits: no stop of this customer is left behind."""
		frappe.set_user("Administrator")
		invoice.reload().cancel()
		clearing.clear_waiting(self.customer.name, COMPANY)

	def grant_again(self, days):
		frappe.db.set_value(
			"Credit Profile", self.profile.name, "temporary_limit_until", add_days(nowdate(), days)
		)

	def test_another_seller_who_asked_is_told_beside_the_account_manager(self):
		self.customer.append("sales_team", make.team(("seller2",))[0])
		self.customer.save()
		request = self.ask(user="seller2", valid_until=add_days(nowdate(), 5))
		self.approve(request)
		self.assertEqual((len(self.told("seller1")), len(self.told("seller2"))), (1, 1))

	def test_the_limit_falls_back_and_what_follows_is_looked_at(self):
		from b2b_contracts.b2b_contracts.doctype.credit_profile import credit_profile

		self.grant(-1)
		with make.policy_off():
			invoice = make.make_invoice(self.customer, 121_000)  # 121 % of the segment's limit
		self.addCleanup(self.paid, invoice)
		credit_profile.end_temporary_limits()
		self.assertEqual(self.limits()[0], 100_000)
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(self.profile.reload().status, "Stop")
		self.assertEqual(getdate(self.profile.temporary_limit_until), getdate(add_days(nowdate(), -1)))
