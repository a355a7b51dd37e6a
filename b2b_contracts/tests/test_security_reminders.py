"""Reminders of securities that end: at each step once, only the tightest, anew after an extension."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.credit import security_reminders
from b2b_contracts.credit.security_reminders import REMINDER
from b2b_contracts.exceptions import CreditPolicyError, WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import SiteTestCase, email_of


class ReminderTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(account_manager="seller1")

	def security(self, days: int, user: str = "controller", **fields):
		with as_user(user):
			return make.make_security(
				fields.pop("customer", self.customer), 5_000, expiry_date=add_days(nowdate(), days), **fields
			)

	def run_daily(self, on: int = 0) -> None:
		"""Run the job as on a day so many days from now, within the test's transaction."""
		day = getdate(add_days(nowdate(), on))
		with (
			patch.object(frappe.local.db, "commit"),
			patch.object(security_reminders, "getdate", lambda value=None: getdate(value) if value else day),
		):
			security_reminders.daily()

	def sent(self, security) -> list[int]:
		filters = {"security": security.name}
		return frappe.get_all(REMINDER, filters=filters, pluck="days_before", order_by="creation, name")

	def bells(self, security, user: str) -> list[str]:
		filters = {"document_name": security.name, "for_user": email_of(user)}
		return frappe.get_all("Notification Log", filters=filters, pluck="subject")


class TestWhen(ReminderTestCase):
	def test_at_each_step_once(self):
		security = self.security(100)
		for day, sent in (
			(0, []),
			(9, []),
			(10, [90]),
			(11, [90]),
			(39, [90]),
			(40, [90, 60]),
			(70, [90, 60, 30]),
		):
			self.run_daily(day)
			self.assertEqual(self.sent(security), sent, day)
		for day in (93, 93, 99, 100, 101):
			self.run_daily(day)
			self.assertEqual(self.sent(security), [90, 60, 30, 7], day)
		self.assertEqual(len(self.bells(security, "seller1")), 4)

	def test_days_that_were_missed_bring_the_tightest_step_alone(self):
		security = self.security(100)
		self.run_daily(72)
		self.assertEqual(self.sent(security), [30])
		self.run_daily(94)
		self.assertEqual(self.sent(security), [30, 7])

	def test_the_last_day_is_the_last_to_be_reminded_of(self):
		for days, sent in ((0, [7]), (1, [7])):
			security = self.security(days)
			self.run_daily()
			self.assertEqual(self.sent(security), sent)
		security = self.security(20)
		self.run_daily(21)
		self.assertEqual(self.sent(security), [])

	def test_an_extension_starts_anew(self):
		security = self.security(20)
		self.run_daily()
		frappe.db.set_value("Security Instrument", security.name, "expiry_date", add_days(nowdate(), 55))
		self.run_daily()
		self.run_daily()
		self.assertEqual(self.sent(security), [30, 60])
		dates = frappe.get_all(
			REMINDER, filters={"security": security.name}, pluck="expiry_date", order_by="expiry_date"
		)
		self.assertEqual(dates, [getdate(add_days(nowdate(), days)) for days in (20, 55)])

	def test_what_is_not_in_force_is_not_reminded_of(self):
		draft = self.security(20, submit=False)
		released = self.security(20)
		frappe.db.set_value("Security Instrument", released.name, "status", "Released")
		endless = make.make_security(self.customer, 1_000, expiry_date=None)
		self.run_daily()
		for security in (draft, released, endless):
			self.assertEqual(self.sent(security), [], security.name)

	def test_the_steps_are_the_policys(self):
		security = self.security(20)
		policy = make.active_policy()
		version = policy.version
		policy.security_reminder_days = ""
		policy.save()
		self.run_daily()
		self.assertEqual(self.sent(security), [])
		policy.security_reminder_days = "14;21 , 14"
		policy.save()
		self.assertEqual((policy.security_reminder_days, policy.version), ("21, 14", version + 2))
		self.run_daily()
		self.run_daily(6)
		self.assertEqual(self.sent(security), [21, 14])
		policy.security_reminder_days = "90, soon"
		with self.assertRaisesRegex(CreditPolicyError, "soon.*whole numbers with commas"):
			policy.save()

	def test_a_company_without_a_policy_has_the_standard_steps(self):
		security = self.security(20)
		policy = make.active_policy()
		policy.is_active = 0
		policy.save()
		self.run_daily()
		self.assertEqual(self.sent(security), [30])


class TestOnce(ReminderTestCase):
	def test_one_of_the_same_name_fails_in_the_database(self):
		security = self.security(20)
		expiry = getdate(security.expiry_date)
		security_reminders._write_down(security, expiry, 30, [])
		with self.assertRaises(frappe.DuplicateEntryError):
			security_reminders._write_down(security, expiry, 30, [])

	def test_a_job_that_is_killed_sends_nothing_twice_and_misses_nothing(self):
		securities = [self.security(days) for days in (20, 21, 22)]
		self.addCleanup(self.clean_up, securities)
		bell, told = security_reminders.notices.bell, []

		def killed(doctype, name, users, subject):
			bell(doctype, name, users, subject)
			told.append(name)
			if len(told) == 2:
				raise KeyboardInterrupt

		with patch.object(security_reminders.notices, "bell", killed), self.assertRaises(KeyboardInterrupt):
			security_reminders.daily()
		frappe.db.rollback()  # what a killed process leaves to the database
		self.assertEqual([self.sent(s) for s in securities], [[30], [], []])
		for _twice in range(2):
			security_reminders.daily()
		self.assertEqual([self.sent(s) for s in securities], [[30]] * 3)
		self.assertEqual([len(self.bells(s, "seller1")) for s in securities], [1, 1, 1])

	def clean_up(self, securities):
		"""Take away what the job has committed."""
		frappe.set_user("Administrator")
		names = [security.name for security in securities]
		frappe.db.delete("Notification Log", {"document_name": ["in", names]})
		frappe.db.delete(REMINDER, {"security": ["in", names]})
		frappe.db.delete("Security Instrument", {"name": ["in", names]})
		frappe.db.commit()

	def test_nobody_writes_one_by_hand(self):
		doc = {"doctype": REMINDER, "name": "By hand", "security": self.security(20).name}
		with self.assertRaises(WrittenByAppOnlyError):
			frappe.get_doc(doc).insert()


class TestWhom(ReminderTestCase):
	def test_owner_account_manager_and_credit_managers(self):
		security = self.security(20)
		self.run_daily()
		for user in ("controller", "seller1", "credit_manager"):
			(said,) = self.bells(security, user)
			self.assertIn(f"of {self.customer.customer_name} over", said)
			self.assertIn("in 20 days. Have it extended or replaced.", said)
		for user in ("seller2", "cfo", "collector"):
			self.assertEqual(self.bells(security, user), [])
		sent_to = frappe.db.get_value(REMINDER, {"security": security.name}, "sent_to").split(", ")
		self.assertEqual(sent_to[:2], [email_of("controller"), email_of("seller1")])
		self.assertIn(email_of("credit_manager"), sent_to)

	def test_a_group_is_not_told_to_sellers(self):
		make.make_profile(self.customer, manual_limit=10_000)
		group = make.make_group(self.customer)
		security = self.security(
			20, customer="", user="credit_manager", scope="Credit Group", credit_group=group.name
		)
		self.run_daily()
		self.assertEqual(self.bells(security, "seller1"), [])
		(said,) = self.bells(security, "credit_manager")
		self.assertIn(group.name, said)
		with as_user("seller1"):
			self.assertEqual(frappe.get_list(REMINDER, filters={"security": security.name}), [])

	def test_a_given_guarantee_is_to_be_had_back(self):
		security = self.security(5, instrument_type="Performance Guarantee")
		self.assertEqual(security.direction, "Given")
		self.run_daily()
		(said,) = self.bells(security, "credit_manager")
		self.assertIn(f"given to {self.customer.customer_name}", said)
		self.assertIn("in 5 days. Get it back", said)

	def test_the_mail_says_what_ends_when_and_what_to_do(self):
		make.make_outgoing_account()
		frappe.db.set_value("User", email_of("seller1"), "language", "da")
		received, given = self.security(20), self.security(5, instrument_type="Performance Guarantee")
		self.run_daily()
		for security, words in ((received, "covers nothing"), (given, "Ask for the original back")):
			mails = frappe.get_all("Email Queue", filters={"reference_name": security.name}, pluck="message")
			self.assertGreaterEqual(len(mails), 2, "one in each language")
			for mail in mails:
				text = make.text_of(mail)
				self.assertIn(words, text)
				self.assertIn(self.customer.customer_name, text)
				self.assertIn(security.instrument_number, text)

	def test_a_seller_reads_those_of_the_own_customers(self):
		security = self.security(20)
		self.run_daily()
		for user, seen in (("seller1", 1), ("seller2", 0), ("auditor", 1)):
			with self.subTest(user), as_user(user):
				found = frappe.get_list(REMINDER, filters={"security": security.name}, pluck="name")
				self.assertEqual(len(found), seen)
				name = f"{security.name} {security.expiry_date} 30"
				self.assertEqual(frappe.has_permission(REMINDER, "read", name), bool(seen))
