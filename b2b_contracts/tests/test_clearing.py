"""Parked orders go on when their cause has gone: which causes, in which order, and never inside the payment."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_to_date, flt, now_datetime, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing, notices
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class ClearingTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def order(self, amount, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def clear(self):
		return clearing.clear_waiting(self.customer.name, COMPANY)


class TestCauses(ClearingTestCase):
	def test_a_credit_note(self):
		invoice = make.make_invoice(self.customer, 8_000)
		order = self.order(5_000)
		make.make_credit_note(invoice)
		self.assertEqual(self.clear(), [order.name])
		self.assertEqual(self.status(order), "Clear")

	def test_a_journal_entry(self):
		invoice = make.make_invoice(self.customer, 8_000)
		order = self.order(5_000)
		make.make_journal(self.customer, -8_000, against=invoice)
		self.assertEqual(self.clear(), [order.name])

	def test_a_raised_limit(self):
		order = self.order(12_000)
		self.profile.update({"manual_limit": 20_000, "change_reason": "New accounts"})
		self.profile.save()
		self.assertEqual(self.clear(), [order.name])

	def test_security_that_counts(self):
		order = self.order(12_000)
		make.make_security(self.customer, 5_000)
		self.assertEqual(self.clear(), [order.name])

	def test_a_profile_for_a_customer_that_had_none(self):
		customer = make.make_customer()
		with as_user("seller1"):
			order = make.make_order(customer, 5_000)
		self.assertEqual(self.status(order), "Held")
		make.make_profile(customer, manual_limit=10_000)
		self.assertEqual(clearing.clear_waiting(customer.name, COMPANY), [order.name])

	def test_the_prepayment_of_segment_d(self):
		customer = make.make_customer()
		make.make_profile(customer, segment="D", risk_class="C")
		with as_user("seller1"):
			order = make.make_order(customer, 10_000)
		make.make_payment(order, amount=9_999)
		self.assertEqual(clearing.clear_waiting(customer.name, COMPANY), [])
		make.make_payment(order, amount=1)
		self.assertEqual(clearing.clear_waiting(customer.name, COMPANY), [order.name])
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Clear", "To Deliver and Bill"))
		self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_another_order_that_is_cancelled(self):
		first = self.order(9_000)
		second = self.order(5_000)
		first.reload()
		first.cancel()
		self.assertEqual(self.clear(), [second.name])

	def test_a_payment_of_a_sister_frees_the_groups_orders(self):
		sister = make.make_customer()
		make.make_profile(sister, manual_limit=10_000)
		make.make_group(self.customer, sister, group_limit=10_000)
		invoice = make.make_invoice(sister, 9_000)
		order = self.order(9_000)
		self.assertEqual(self.status(order), "Held")
		make.make_payment(invoice)
		self.assertEqual(clearing.clear_waiting(sister.name, COMPANY), [order.name])

	def test_a_policy_that_is_switched_off_lets_everything_go(self):
		order = self.order(12_000)
		with make.policy_off():
			clearing.recheck_company(COMPANY)
			order.reload()
			self.assertEqual((order.b2b_credit_status, order.status), ("Not Checked", "To Deliver and Bill"))

	def test_a_stop_ends_when_its_cause_has_gone(self):
		with make.policy_off():
			invoice = make.make_invoice(self.customer, 13_000)
		self.clear()
		self.profile.reload()
		self.assertEqual(self.profile.status, "Stop")
		make.make_payment(invoice)
		self.clear()
		self.profile.reload()
		self.assertEqual(self.profile.status, "Open")


class TestOrderAndSafety(ClearingTestCase):
	def test_the_oldest_promise_first_and_each_sees_the_one_before(self):
		invoice = make.make_invoice(self.customer, 9_000)
		late = self.order(6_000, delivery_date=add_days(nowdate(), 30))
		early = self.order(6_000, delivery_date=add_days(nowdate(), 3))
		make.make_payment(invoice)
		self.assertEqual(self.clear(), [early.name])
		self.assertEqual((self.status(early), self.status(late)), ("Clear", "Held"))

	def test_the_payment_only_enqueues_and_does_not_clear_itself(self):
		invoice = make.make_invoice(self.customer, 8_000)
		order = self.order(5_000)
		# A request of its own: within one transaction the same job is asked for once.
		frappe.db.commit()
		with patch.object(frappe, "enqueue") as enqueue:
			make.make_payment(invoice)
			self.assertEqual(self.jobs(enqueue), [])
			frappe.db.commit()
		self.assertEqual(self.jobs(enqueue), ["b2b_contracts.credit.clearing.clear_waiting"])
		self.assertEqual(self.status(order), "Held")

	def jobs(self, enqueue) -> list[str]:
		return [
			call.args[0]
			for call in enqueue.call_args_list
			if call.args[0].startswith("b2b_contracts.credit.clearing")
		]

	def test_a_queue_that_is_down_does_not_hinder_the_payment(self):
		invoice = make.make_invoice(self.customer, 8_000)
		order = self.order(5_000)
		frappe.db.commit()
		with patch.object(frappe, "enqueue", side_effect=ConnectionError("Redis is down")):
			payment = make.make_payment(invoice)
			frappe.db.commit()
		self.assertEqual(frappe.db.get_value("Payment Entry", payment.name, "docstatus"), 1)
		self.assertTrue(
			frappe.db.exists("Error Log", {"method": ["like", "%clear_waiting could not be started"]})
		)
		clearing.sweep()
		self.assertEqual(self.status(order), "Clear")

	def test_a_payment_of_a_customer_without_holds_enqueues_nothing(self):
		invoice = make.make_invoice(self.customer, 8_000)
		frappe.db.commit()
		with patch.object(frappe, "enqueue") as enqueue:
			make.make_payment(invoice)
			frappe.db.commit()
		self.assertEqual(self.jobs(enqueue), [])

	def test_one_order_that_fails_keeps_none_of_the_others_waiting(self):
		invoice = make.make_invoice(self.customer, 9_000)
		broken = self.order(4_000, delivery_date=add_days(nowdate(), 1))
		fine = self.order(4_000, delivery_date=add_days(nowdate(), 2))
		make.make_payment(invoice)
		frappe.db.commit()
		clear_one = clearing.clear_one

		def fails_for_one(hold, order):
			if order == broken.name:
				raise ValueError("broken on purpose")
			return clear_one(hold, order)

		fails_for_one.__name__ = "clear_one"
		with patch.object(clearing, "clear_one", fails_for_one):
			self.assertEqual(self.clear(), [fine.name])
		self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%{broken.name}%"]}))
		self.assertEqual(self.clear(), [broken.name])

	def test_the_sweep_finds_what_a_lost_job_left_and_does_nothing_the_second_time(self):
		invoice = make.make_invoice(self.customer, 8_000)
		order = self.order(5_000)
		make.make_payment(invoice)
		frappe.db.commit()
		clearing.sweep()
		self.assertEqual(self.status(order), "Clear")
		before = frappe.db.count("Credit Decision")
		clearing.sweep()
		self.assertEqual(frappe.db.count("Credit Decision"), before)

	def test_an_order_that_stays_parked_is_not_logged_again(self):
		order = self.order(12_000)
		decisions = {"reference_name": order.name}
		self.assertEqual(frappe.db.count("Credit Decision", decisions), 1)
		self.clear()
		self.assertEqual(frappe.db.count("Credit Decision", decisions), 1)

	def test_an_open_hold_says_what_is_true_now(self):
		order = self.order(12_000)
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 3_000, days=25)
		self.clear()
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual(sorted(row.rule for row in hold.reasons), ["Limit Use", "Overdue Items"])

	def test_a_job_that_a_guest_has_caused_does_its_work(self):
		"""A customer's answer on a page of ours queues it under no log-in."""
		order = self.order(12_000)
		profile = frappe.get_doc("Credit Profile", {"customer": self.customer.name})
		frappe.db.set_value("Credit Profile", profile.name, {"manual_limit": 50_000, "limit_reason": "More"})
		with as_user("Guest"):
			self.clear()
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def test_an_approved_excess_ends_when_the_goods_are_paid(self):
		order = self.order(12_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Once")
		order.reload()
		note = make.make_delivery(order)
		invoice = make.make_invoice(delivery=note)
		self.clear()
		self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "excess_active"), 1)
		make.make_payment(invoice)
		self.clear()
		self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "excess_active"), 0)

	def test_a_released_order_that_went_over_the_stop_does_not_stop_itself(self):
		order = self.order(13_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Once")
		order.reload()
		make.make_delivery(order)
		self.clear()
		self.profile.reload()
		self.assertEqual(self.profile.status, "Open")

	def test_releases_run_out_by_date(self):
		order = self.order(12_000)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Once")
		frappe.db.set_value("Credit Hold", order.b2b_credit_hold, "valid_until", add_days(nowdate(), -1))
		frappe.db.commit()
		clearing.daily()
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Held", "On Hold"))


class TestNotices(ClearingTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()

	def test_the_seller_and_the_controllers_are_told_once(self):
		order = self.order(12_000)
		for _n in range(2):
			notices.tell_of_hold(order.b2b_credit_hold)
		told = frappe.get_all(
			"Notification Log", filters={"document_name": order.b2b_credit_hold}, pluck="for_user"
		)
		self.assertEqual(sorted(told), sorted({email_of("seller1"), *told}))
		self.assertIn(email_of("controller"), told)
		self.assertEqual(len(told), len(set(told)))

	def test_the_customer_is_told_after_the_delay_and_only_while_it_is_held(self):
		customer = make.make_customer(email_id="buyer@example.com")
		make.make_profile(customer, manual_limit=10_000)
		with as_user("seller1"):
			told, freed = (
				make.make_order(customer, 12_000, contact_email="buyer@example.com") for _n in range(2)
			)
		self.assertEqual(self.mails(told), [])
		with as_user("cfo"):
			api.release(freed.b2b_credit_hold, "Fine")
		for order in (told, freed):
			frappe.db.set_value(
				"Credit Hold",
				order.b2b_credit_hold,
				"customer_notice_due",
				add_to_date(now_datetime(), minutes=-1),
			)
		for _n in range(2):
			notices.tell_customers()
		self.assertEqual((len(self.mails(told)), len(self.mails(freed))), (1, 0))

	def test_the_customer_reads_nothing_of_limits_or_ratings(self):
		customer = make.make_customer(email_id="buyer@example.com", customer_name="Buyer of Widgets")
		make.make_profile(customer, manual_limit=10_000, external_rating="B", rating_at_review="B")
		with as_user("seller1"):
			order = make.make_order(customer, 12_000, contact_email="buyer@example.com")
		frappe.db.set_value(
			"Credit Hold",
			order.b2b_credit_hold,
			"customer_notice_due",
			add_to_date(now_datetime(), minutes=-1),
		)
		notices.tell_customers()
		(mail,) = self.mails(order)
		# The headers hold random numbers, so only words are looked for there.
		for secret in ("10,000", "10.000", "120.0", "120 %", "120,0", "limit", "rating"):
			self.assertNotIn(secret, self.text_of(mail).lower())
		for secret in ("limit", "rating"):
			self.assertNotIn(secret, mail.lower().split("content-transfer-encoding")[0])

	def mails(self, order) -> list[str]:
		return frappe.get_all(
			"Email Queue",
			filters={"reference_name": order.name, "reference_doctype": "Sales Order"},
			pluck="message",
		)

	def text_of(self, mail: str) -> str:
		import email

		message = email.message_from_string(mail)
		parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
		return " ".join(part.get_payload(decode=True).decode() for part in parts).lower()

	def test_a_missed_notice_is_found_by_the_sweep(self):
		order = self.order(12_000)
		frappe.db.set_value(
			"Credit Hold", order.b2b_credit_hold, "creation", add_to_date(now_datetime(), minutes=-11)
		)
		frappe.db.commit()
		notices.resend_missed()
		self.assertTrue(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "seller_notified_on"))

	def test_the_clock_runs_in_working_hours(self):
		from frappe.utils import get_datetime

		from b2b_contracts.credit import holds, policies

		holidays = ("2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06")
		holiday_list = frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": f"Easter {frappe.generate_hash(length=6)}",
				"from_date": "2026-01-01",
				"to_date": "2026-12-31",
				"holidays": [{"holiday_date": day, "description": "Easter"} for day in holidays],
			}
		).insert()
		policy = make.active_policy()
		policy.holiday_list = holiday_list.name
		policy.save()
		due = holds.response_due(policies.active(COMPANY), get_datetime("2026-04-01 14:30:00"))
		self.assertEqual(str(due), "2026-04-07 10:30:00")


class TestBulkProfiles(SiteTestCase):
	def test_profiles_take_over_native_limits_after_a_preview(self):
		with make.policy_off():
			customer = make.make_customer(credit_limits=[{"company": COMPANY, "credit_limit": 4_321}])
		with as_user("credit_manager"):
			preview = {row["customer"]: row for row in api.customers_without_profile(COMPANY)}
			self.assertEqual(flt(preview[customer.name]["native_limit"]), 4_321)
			(name,) = api.create_profiles(COMPANY, "C", [customer.name])
		profile = frappe.get_doc("Credit Profile", name)
		self.assertEqual((flt(profile.manual_limit), profile.segment), (4_321, "C"))
		self.assertTrue(profile.limit_reason)
