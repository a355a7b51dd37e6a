"""The negative and the premium list: who comes onto them, what waits because of them, and how they end."""

import frappe
from frappe.utils import add_days, add_to_date, get_datetime, now_datetime, nowdate

from b2b_contracts import api
from b2b_contracts import limits_api as limits
from b2b_contracts.credit import clearing, credit_lists, holds, notices, policies
from b2b_contracts.exceptions import CreditHoldError, CreditListError, EvidenceError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	PRICE_LIST,
	SECOND_COMPANY,
	WIDGET,
	SiteTestCase,
	email_of,
	ensure_second_company,
)


class ListTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.tax_id = f"DK{frappe.generate_hash(length=8).upper()}"
		self.customer = make.make_customer(tax_id=self.tax_id)
		self.profile = make.make_profile(self.customer, manual_limit=10_000)

	def entry(self, list_type="Negative", user=None, days=30, **fields):
		user = user or ("controller" if list_type == "Negative" else "credit_manager")
		fields = {"customer": self.customer.name, **fields}
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Credit List Entry",
					"list_type": list_type,
					"valid_until": add_days(nowdate(), days),
					"reason": "Three cheques bounced",
					**fields,
				}
			).insert()

	def order(self, amount=1_000, customer=None, **fields):
		with as_user("seller1"):
			return make.make_order(customer or self.customer, amount, **fields)

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def look_again(self):
		clearing.clear_waiting(self.customer.name, COMPANY)

	def assertHeldByList(self, order):
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual([row.rule for row in hold.reasons], ["Negative List"])
		return hold


class TestNegative(ListTestCase):
	def test_new_orders_wait_and_say_until_when_and_why(self):
		self.entry()
		order = self.order()
		hold = self.assertHeldByList(order)
		self.assertEqual((self.status(order), hold.required_role), ("Held", "Credit Manager"))
		self.assertRegex(hold.reasons[0].message, "on the negative list until .*: Three cheques bounced")
		with as_user("credit_manager"):
			api.release(hold.name, "A small one, against a deposit")
		self.assertEqual(self.status(order), "Released")

	def test_a_prepaid_order_waits_too(self):
		self.entry()
		order = self.order()
		make.make_payment(order, amount=1_000)
		self.look_again()
		self.assertEqual(self.status(order), "Held")

	def test_what_was_granted_is_delivered(self):
		order = self.order()
		self.entry()
		self.look_again()
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_another_customer_of_the_same_tax_id_waits_and_is_warned_of(self):
		self.entry()
		frappe.clear_messages()
		twin = make.make_customer(tax_id=self.tax_id.lower().replace("dk", "dk "))
		self.assertIn("is on the negative list until", self.messages())
		make.make_profile(twin, manual_limit=10_000)
		self.assertHeldByList(self.order(customer=twin))

	def test_a_party_that_is_no_customer_yet(self):
		tax_id = f"DK{frappe.generate_hash(length=8).upper()}"
		entry = self.entry(customer=None, party_name="Quick Money ApS", tax_id=f"{tax_id[:4]} {tax_id[4:]}")
		self.assertEqual((entry.tax_id, entry.status), (tax_id, "Active"))
		frappe.clear_messages()
		newcomer = make.make_customer(tax_id=tax_id)
		self.assertIn("Quick Money ApS", self.messages())
		make.make_profile(newcomer, manual_limit=10_000)
		self.assertHeldByList(self.order(customer=newcomer))

	def test_a_tax_id_that_is_entered_later_is_no_way_around_it(self):
		self.entry()
		other = make.make_customer()
		make.make_profile(other, manual_limit=10_000)
		self.assertEqual(self.status(self.order(customer=other)), "Clear")
		other.tax_id = self.tax_id
		other.save()
		self.assertHeldByList(self.order(customer=other))

	def test_a_customer_without_profile_whom_the_policy_does_not_check(self):
		policy = make.active_policy()
		policy.without_profile = "Not Checked"
		policy.save()
		newcomer = make.make_customer(tax_id=self.tax_id)
		entry = self.entry()
		order = self.order(customer=newcomer)
		self.assertHeldByList(order)
		managed = {"parent": newcomer.name, "b2b_managed": 1}
		self.assertFalse(frappe.db.exists("Customer Credit Limit", managed), "ERPNext's check stays its own")
		with as_user("credit_manager"):
			limits.end_list_entry(entry.name, "Their accounts are in order")
		clearing.clear_waiting(newcomer.name, COMPANY)
		self.assertEqual(self.status(order), "Not Checked")

	def test_in_another_company_only(self):
		ensure_second_company()
		self.entry(company=SECOND_COMPANY)
		self.assertEqual(self.status(self.order()), "Clear")

	def test_an_entry_that_begins_later(self):
		entry = self.entry(valid_from=add_days(nowdate(), 5))
		self.assertEqual(entry.status, "Scheduled")
		self.assertEqual(self.status(self.order()), "Clear")

	def test_samples_wait_for_nobody(self):
		from b2b_contracts.tests.scaffold import WAREHOUSE

		self.entry()
		with self.assertRaisesRegex(CreditHoldError, "negative list"):
			make.make_stock_entry("Material Issue", source=WAREHOUSE, b2b_customer=self.customer.name)


class TestQuotations(ListTestCase):
	def quotation(self, user="seller1"):
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Quotation",
					"quotation_to": "Customer",
					"party_name": self.customer.name,
					"company": COMPANY,
					"currency": "DKK",
					"selling_price_list": PRICE_LIST,
					"ignore_pricing_rule": 1,
					"items": [{"item_code": WIDGET, "qty": 1, "rate": 1_000}],
				}
			).insert()

	def submit(self, quotation, user):
		with as_user(user):
			frappe.get_doc("Quotation", quotation.name).submit()

	def test_the_draft_warns_and_the_submit_takes_a_credit_manager_other_than_its_author(self):
		self.entry()
		frappe.clear_messages()
		quotation = self.quotation()
		self.assertIn("on the negative list until", self.messages())
		with self.assertRaisesRegex(CreditHoldError, "takes the role Credit Manager"):
			self.submit(quotation, "seller1")
		manager = make.make_user("Credit Manager", "Sales User")
		self.submit(quotation, manager)
		self.assertEqual(quotation.reload().docstatus, 1)
		own = self.quotation(manager)
		with self.assertRaisesRegex(CreditHoldError, "not whoever made it"):
			self.submit(own, manager)

	def test_nobody_else_is_kept_from_an_offer(self):
		quotation = self.quotation()
		self.submit(quotation, "seller1")
		self.assertEqual(quotation.reload().docstatus, 1)

	def test_a_policy_that_only_observes_keeps_nobody(self):
		self.entry()
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		quotation = self.quotation()
		self.submit(quotation, "seller1")
		self.assertEqual(quotation.reload().docstatus, 1)


class TestEntering(ListTestCase):
	def test_who_may(self):
		for list_type, user in (("Negative", "collector"), ("Negative", "seller1"), ("Premium", "seller1")):
			with self.subTest(user), self.assertRaises(frappe.PermissionError):
				self.entry(list_type, user)
		with self.assertRaisesRegex(NotYourMandateError, "Credit Manager or higher"):
			self.entry("Premium", "controller")
		self.assertEqual(self.entry("Premium").status, "Active")

	def test_what_is_refused(self):
		for advice, fields in (
			("Choose the customer", {"customer": None, "party_name": "Somebody"}),
			("before it begins", {"days": -1}),
			("before it begins", {"days": 5, "valid_from": add_days(nowdate(), 6)}),
			("Write down why", {"reason": " "}),
		):
			with self.subTest(advice), self.assertRaisesRegex(CreditListError, advice):
				self.entry(**fields)
		first = self.entry()
		with self.assertRaisesRegex(CreditListError, f"already .{first.name}"):
			self.entry()
		self.entry(company=COMPANY)  # another matter: one company of its own

	def test_it_cannot_be_changed_or_deleted(self):
		entry = self.entry()
		with as_user("controller"), self.assertRaises(frappe.CannotChangeConstantError):
			entry.reason = "Another one"
			entry.save()
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			entry.reload().save()
		entry.reload()
		entry.valid_until = add_days(nowdate(), 300)
		with self.assertRaises(frappe.CannotChangeConstantError):
			entry.save()
		entry.reload()
		entry.status = "Ended"
		entry.save()
		self.assertEqual(entry.reload().status, "Active")
		with self.assertRaises(EvidenceError):
			entry.delete()

	def test_sellers_see_those_of_their_own_customers(self):
		entry = self.entry()
		stranger = self.entry(
			customer=None, party_name="Nobody's", tax_id=f"DK{frappe.generate_hash(length=8)}"
		)
		for user, seen in (("seller1", True), ("seller2", False)):
			with as_user(user):
				listed = frappe.get_list("Credit List Entry", pluck="name")
				self.assertEqual(entry.name in listed, seen)
				self.assertEqual(frappe.has_permission("Credit List Entry", "read", entry.name), seen)
				self.assertNotIn(stranger.name, listed)
				self.assertFalse(frappe.has_permission("Credit List Entry", "read", stranger.name))
		with as_user("auditor"):
			self.assertTrue(frappe.has_permission("Credit List Entry", "read", stranger.name))


class TestEnding(ListTestCase):
	def test_a_credit_manager_ends_it_early_with_a_reason_and_the_orders_go_on(self):
		entry = self.entry()
		order = self.order()
		with as_user("controller"), self.assertRaisesRegex(NotYourMandateError, "Credit Manager"):
			limits.end_list_entry(entry.name, "All paid")
		with as_user("credit_manager"):
			with self.assertRaisesRegex(CreditListError, "Write down"):
				limits.end_list_entry(entry.name, " ")
			limits.end_list_entry(entry.name, "All paid")
			with self.assertRaisesRegex(CreditListError, "ended already"):
				limits.end_list_entry(entry.name, "Again")
		self.look_again()
		self.assertEqual(self.status(order), "Clear")
		self.assertEqual(entry.reload().ended_by, email_of("credit_manager"))

	def test_it_begins_and_ends_by_itself(self):
		entry = self.entry(valid_from=add_days(nowdate(), 2))
		self.addCleanup(self.over_and_done, entry)
		frappe.db.set_value("Credit List Entry", entry.name, "valid_from", nowdate())
		order = self.order()
		self.assertEqual(self.status(order), "Held", "it looks at the dates, not at the status")
		credit_lists.daily()
		self.assertEqual(entry.reload().status, "Active")
		frappe.db.set_value("Credit List Entry", entry.name, "valid_until", add_days(nowdate(), -1))
		for _n in range(2):
			credit_lists.daily()
			self.assertEqual(entry.reload().status, "Ended")
		self.look_again()
		self.assertEqual(self.status(order), "Clear")

	def over_and_done(self, entry):
		"""The daily job commits: nothing of it is left open."""
		frappe.set_user("Administrator")
		frappe.db.set_value("Credit List Entry", entry.name, "status", "Ended")
		for name in frappe.get_all(
			"Sales Order", {"customer": self.customer.name, "docstatus": 1}, pluck="name"
		):
			frappe.get_doc("Sales Order", name).cancel()
		frappe.db.commit()


class TestPremium(ListTestCase):
	def test_its_holds_are_answered_first(self):
		policy = policies.active(COMPANY)
		self.assertLess(policy.premium_response_hours, policy.response_hours)
		start = get_datetime("2026-03-03 09:00:00")
		self.assertEqual(str(holds.response_due(policy, start, is_premium=True)), "2026-03-03 11:00:00")
		self.entry("Premium")
		hold = frappe.get_doc("Credit Hold", self.order(12_000).b2b_credit_hold)
		other = make.make_profile(manual_limit=10_000).customer
		ordinary = frappe.get_doc("Credit Hold", self.order(12_000, other).b2b_credit_hold)
		self.assertEqual((hold.is_premium, ordinary.is_premium), (1, 0))
		self.assertLess(hold.response_due, ordinary.response_due)

	def test_it_eases_no_rule(self):
		self.entry("Premium")
		self.assertEqual(self.status(self.order(9_501)), "Held")

	def test_the_customer_hears_of_it_from_the_account_manager_alone(self):
		make.make_outgoing_account()
		self.customer.db_set("email_id", "buyer@b2b-test.example.com")
		self.entry("Premium")
		order = self.order(12_000)
		due = {"customer_notice_due": add_to_date(now_datetime(), minutes=-1)}
		frappe.db.set_value("Credit Hold", order.b2b_credit_hold, due)
		for _n in range(2):
			self.assertEqual(notices._tell_customer(order.b2b_credit_hold), 0)
		self.assertFalse(frappe.db.exists("Email Queue", {"reference_name": order.name}))
		told = {"document_name": order.b2b_credit_hold, "for_user": email_of("seller1")}
		self.assertEqual(
			frappe.get_all("Notification Log", told, pluck="subject")[0].count("premium customer"), 1
		)
		self.assertEqual(frappe.db.count("Notification Log", told), 1)

	def test_negative_and_premium_at_once_waits(self):
		self.entry("Premium")
		self.entry("Negative")
		self.assertHeldByList(self.order())

	def test_the_panel_says_so(self):
		self.entry("Premium")
		with as_user("seller1"):
			self.assertTrue(api.credit_status(self.customer.name, COMPANY)["is_premium"])
