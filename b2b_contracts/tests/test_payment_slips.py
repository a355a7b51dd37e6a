"""“We paid yesterday”: a payment slip lets orders wait for the money, and parks them again when it does not come."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import api
from b2b_contracts import collections_api as collections
from b2b_contracts.collections import following, payment_slips
from b2b_contracts.credit import clearing
from b2b_contracts.exceptions import NotYourMandateError, PaymentSlipError, ReleaseError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of


class SlipTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=50_000, risk_class="B")

	def order(self, amount=5_000, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def overdue(self, amount=2_000, days=20):
		"""An overdue invoice: with another one open the policy would not let it be entered."""
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days=days)

	def slip(self, amount=2_000, *invoices, user="seller1", **fields):
		"""Report a slip of some invoices, (invoice, amount) each."""
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Payment Slip",
					"customer": self.customer.name,
					"company": COMPANY,
					"amount": amount,
					"value_date": nowdate(),
					"slip_file": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
					"invoices": [{"sales_invoice": i.name, "amount": part} for i, part in invoices],
					**fields,
				}
			).insert()

	def accept(self, slip, user="controller"):
		with as_user(user):
			collections.accept_payment_slip(slip.name)
		return slip.reload()

	def catch_up(self):
		"""Do what the jobs after a payment do."""
		following.catch_up(self.customer.name, COMPANY)
		return clearing.clear_waiting(self.customer.name, COMPANY)

	def time_runs_out(self, slip):
		"""Let the last day of a slip have been yesterday, and the night pass."""
		frappe.db.set_value("Payment Slip", slip.name, "wait_until", add_days(nowdate(), -1))
		payment_slips.daily()
		clearing.clear_waiting(self.customer.name, COMPANY)
		return slip.reload()

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def rests_on(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_payment_slip")

	def awaited(self, invoice):
		return flt(frappe.db.get_value("Sales Invoice", invoice.name, "b2b_awaited_amount"))

	def told(self, slip, user):
		return frappe.db.count("Notification Log", {"document_name": slip.name, "for_user": email_of(user)})


class TestWaiting(SlipTestCase):
	def test_an_order_goes_on_and_nothing_else_changes(self):
		invoice = self.overdue(2_000)
		order = self.order()
		self.assertEqual(self.status(order), "Held")
		owed = api.credit_status(self.customer.name, COMPANY)["exposure_before"]
		slip = self.slip(2_000)
		self.assertEqual(self.catch_up(), [], "a slip that nobody has accepted lets nothing go")
		self.accept(slip)
		self.assertEqual(self.awaited(invoice), 2_000)
		self.assertEqual(self.catch_up(), [order.name])
		self.assertEqual((self.status(order), self.rests_on(order)), ("Clear", slip.name))
		self.assertEqual(
			api.credit_status(self.customer.name, COMPANY)["exposure_before"],
			owed + 5_000,
			"the money is not there yet, so the exposure is what it was",
		)

	def test_a_new_order_names_the_slip_it_rests_on(self):
		self.overdue(2_000)
		slip = self.accept(self.slip(2_000))
		order = self.order()
		self.assertEqual((self.status(order), self.rests_on(order)), ("Clear", slip.name))
		links = frappe.parse_json(
			frappe.get_last_doc("Credit Decision", {"reference_name": order.name}).links
		)
		self.assertEqual(links["Payment Slip"], slip.name)

	def test_an_order_that_would_have_passed_anyway_names_none(self):
		make.make_invoice(self.customer, 2_000)
		self.accept(self.slip(2_000))
		self.assertIsNone(self.rests_on(self.order()))

	def test_only_what_it_pays_is_left_out(self):
		first = self.overdue(2_000, days=40)
		second = self.overdue(3_000, days=20)
		self.accept(self.slip(2_500))
		self.assertEqual((self.awaited(first), self.awaited(second)), (2_000, 500))
		order = self.order()
		self.assertEqual(self.status(order), "Held")
		hold = frappe.get_doc("Credit Hold", {"reference_name": order.name})
		self.assertIn("2,500", hold.reasons[0].message)

	def test_a_named_invoice_goes_before_the_oldest(self):
		old = self.overdue(2_000, days=40)
		named = self.overdue(2_000, days=20)
		self.accept(self.slip(2_000, (named, None)))
		self.assertEqual((self.awaited(old), self.awaited(named)), (0, 2_000))

	def test_two_slips_share_an_invoice(self):
		invoice = self.overdue(2_000)
		one = self.accept(self.slip(1_500, (invoice, None)))
		other = self.accept(self.slip(1_500, (invoice, None)))
		self.assertEqual(self.awaited(invoice), 2_000)
		with as_user("controller"):
			collections.cancel_payment_slip(one.name, "The customer's mistake")
		self.assertEqual(self.awaited(invoice), 500)
		self.catch_up()
		self.assertEqual(self.awaited(invoice), 1_500)
		self.time_runs_out(other)
		self.assertEqual(self.awaited(invoice), 0)

	def test_a_delivery_stop_by_age_waits_too(self):
		frappe.db.set_value("Credit Profile", self.profile.name, {"risk_class": "C"})
		self.overdue(2_000, days=16)
		clearing.clear_waiting(self.customer.name, COMPANY)
		status = lambda: frappe.db.get_value("Credit Profile", self.profile.name, "status")  # noqa: E731
		self.assertEqual(status(), "Delivery Stop")
		slip = self.accept(self.slip(2_000))
		self.catch_up()
		self.assertEqual(status(), "Open")
		self.time_runs_out(slip)
		self.assertEqual(status(), "Delivery Stop")

	def test_reminders_wait_until_the_value_date(self):
		invoice = self.overdue(2_000)
		slip = self.slip(2_000, (invoice, None), value_date=add_days(nowdate(), 2))
		on = getdate(nowdate())
		self.assertEqual(payment_slips.slips_pausing(self.customer.name, COMPANY, on), [])
		self.accept(slip)
		(found,) = payment_slips.slips_pausing(self.customer.name, COMPANY, getdate(add_days(on, 2)))
		self.assertEqual((found["name"], found["invoices"]), (slip.name, {invoice.name: 2_000}))
		self.assertEqual(
			payment_slips.slips_pausing(self.customer.name, COMPANY, getdate(add_days(on, 3))), []
		)


class TestMoney(SlipTestCase):
	def setUp(self):
		super().setUp()
		self.invoice = self.overdue(2_000)

	def test_arrives(self):
		slip = self.accept(self.slip(2_000))
		order = self.order()
		make.make_payment(self.invoice)
		self.catch_up()
		slip.reload()
		self.assertEqual(
			(slip.status, slip.arrived_amount, str(slip.ended_on)), ("Arrived", 2_000, nowdate())
		)
		self.assertEqual((self.status(order), self.rests_on(order)), ("Clear", None))
		self.assertEqual(self.awaited(self.invoice), 0)

	def test_arrives_unallocated_or_by_bank_journal(self):
		for pay in (
			lambda: make.make_payment(customer=self.customer, amount=2_000),
			lambda: make.make_journal(self.customer, -2_000, voucher_type="Bank Entry"),
		):
			slip = self.accept(self.slip(2_000))
			pay()
			self.catch_up()
			self.assertEqual(slip.reload().status, "Arrived")

	def test_money_for_other_invoices_is_not_its_money_unless_the_reference_says_so(self):
		slip = self.accept(self.slip(2_000, payment_reference="RF96 TU06 FX"))
		other = make.make_invoice(self.customer, 2_000)
		third = make.make_invoice(self.customer, 2_000)
		make.make_payment(other)
		self.catch_up()
		self.assertEqual(slip.reload().status, "Accepted")
		make.make_payment(third, reference_no="RF96TU06FX")
		self.catch_up()
		self.assertEqual(slip.reload().status, "Arrived")

	def test_a_part_lowers_what_is_awaited(self):
		slip = self.accept(self.slip(1_500, (self.invoice, None)))
		make.make_payment(self.invoice, amount=500)
		self.catch_up()
		slip.reload()
		self.assertEqual((slip.status, slip.arrived_amount), ("Accepted", 500))
		self.assertEqual(self.awaited(self.invoice), 1_000)

	def test_money_that_is_taken_back_is_awaited_again(self):
		slip = self.accept(self.slip(2_000))
		payment = make.make_payment(self.invoice, amount=500)
		self.catch_up()
		payment.reload().cancel()
		self.catch_up()
		self.assertEqual((slip.reload().arrived_amount, self.awaited(self.invoice)), (0, 2_000))

	def test_a_slip_that_nobody_answered_ends_with_its_money(self):
		slip = self.slip(2_000)
		make.make_payment(self.invoice)
		self.catch_up()
		self.assertEqual(slip.reload().status, "Arrived")

	def test_does_not_come(self):
		slip = self.accept(self.slip(2_000))
		order, untouched = self.order(), self.order(amount=100)
		frappe.db.set_value("Sales Order", untouched.name, "b2b_payment_slip", None)
		before = self.told(slip, "controller")
		self.time_runs_out(slip)
		self.assertEqual(slip.status, "Not Arrived")
		self.assertEqual((self.status(order), self.rests_on(order)), ("Held", None))
		self.assertEqual(frappe.db.get_value("Sales Order", order.name, "status"), "On Hold")
		self.assertEqual(self.status(untouched), "Clear", "it did not rest on the slip")
		hold = frappe.get_doc("Credit Hold", {"reference_name": order.name})
		self.assertEqual([row.rule for row in hold.reasons], ["Overdue Items"])
		self.assertEqual(self.told(slip, "controller"), before + 1)
		for user in ("seller1",):
			self.assertEqual(self.told(slip, user), 1)
		decisions = frappe.db.count("Credit Decision", {"reference_name": order.name})
		payment_slips.daily()
		self.assertEqual(self.told(slip, "controller"), before + 1)
		self.assertEqual(frappe.db.count("Credit Decision", {"reference_name": order.name}), decisions)

	def test_what_is_delivered_is_let_be(self):
		slip = self.accept(self.slip(2_000))
		order = self.order()
		make.make_delivery(order)
		self.time_runs_out(slip)
		self.assertEqual(self.status(order), "Clear")

	def test_killed_midway_and_run_again(self):
		slip = self.accept(self.slip(2_000))
		order = self.order()
		frappe.db.set_value("Payment Slip", slip.name, "wait_until", add_days(nowdate(), -1))
		with patch.object(payment_slips, "_look_at_orders", side_effect=KeyboardInterrupt):
			with self.assertRaises(KeyboardInterrupt):
				payment_slips.judge_customer(self.customer.name, COMPANY)
		self.assertEqual((slip.reload().status, self.status(order)), ("Not Arrived", "Clear"))
		payment_slips.daily()
		self.assertEqual(self.status(order), "Held")


class TestRelease(SlipTestCase):
	"""An order that is held for the limit is released on the slip: until its day, and parked again after it."""

	def setUp(self):
		super().setUp()
		self.invoice = make.make_invoice(self.customer, 47_000)
		self.held = self.order(5_000)
		self.hold = frappe.get_doc("Credit Hold", {"reference_name": self.held.name})

	def release(self, slip):
		with as_user("credit_manager"):
			return api.release(self.hold.name, "The money is on its way", slip.name)

	def test_until_the_money_must_be_here(self):
		slip = self.accept(self.slip(20_000))
		self.assertEqual(self.catch_up(), [], "a slip lowers no exposure")
		answer = self.release(slip)
		self.assertEqual((answer["status"], answer["valid_until"]), ("Released", str(slip.wait_until)))
		self.assertEqual((self.status(self.held), self.rests_on(self.held)), ("Released", slip.name))
		self.time_runs_out(slip)
		self.assertEqual(self.status(self.held), "Held")
		self.assertEqual(frappe.db.get_value("Credit Hold", self.hold.name, "status"), "Expired")

	def test_it_stays_released_when_the_money_comes(self):
		slip = self.accept(self.slip(20_000))
		self.release(slip)
		make.make_payment(self.invoice, amount=20_000)
		self.catch_up()
		self.assertEqual((self.status(self.held), self.rests_on(self.held)), ("Released", None))

	def test_not_on_a_slip_that_nobody_accepted_or_of_somebody_else(self):
		slip = self.slip(20_000)
		with self.assertRaisesRegex(ReleaseError, "is Reported"):
			self.release(slip)
		self.customer = make.make_profile(manual_limit=1_000)
		self.customer.name = self.customer.customer
		make.make_invoice(self.customer.name, 100)
		with self.assertRaisesRegex(ReleaseError, "is not of the customer"):
			self.release(self.slip(20_000))


class TestAnswers(SlipTestCase):
	def setUp(self):
		super().setUp()
		self.invoice = self.overdue(2_000)

	def assertRefused(self, advice, *args, **fields):
		with self.assertRaisesRegex(PaymentSlipError, advice):
			self.slip(*args, **fields)

	def test_four_eyes_and_the_mandate(self):
		slip = self.slip(2_000, user="controller")
		self.assertRegex(self.why_not(slip, "controller"), "is your own")
		self.assertRegex(self.why_not(slip, "collector"), "takes the role Credit Controller or higher")
		self.assertRegex(self.why_not(slip, "seller1"), "takes the role Credit Controller or higher")
		self.assertIsNone(self.why_not(slip, "credit_manager"))
		for user in ("controller", "collector", "seller1"):
			with as_user(user), self.assertRaises(NotYourMandateError):
				collections.accept_payment_slip(slip.name)

	def why_not(self, slip, user):
		with as_user(user):
			return collections.why_not_accept_slip(slip.name)

	def test_the_second_time_takes_a_credit_manager(self):
		first = self.accept(self.slip(2_000))
		self.time_runs_out(first)
		second = self.slip(2_000)
		self.assertEqual(second.required_role, "Credit Manager")
		self.assertRegex(self.why_not(second, "controller"), "did not come in the last 90 days")
		self.assertEqual(self.accept(second, "credit_manager").status, "Accepted")
		frappe.db.set_value("Payment Slip", first.name, "ended_on", add_days(nowdate(), -91))
		self.assertEqual(self.slip(100).required_role, "Credit Controller")

	def test_who_may_is_told(self):
		slip = self.slip(2_000)
		self.assertEqual(self.told(slip, "controller"), 1)

	def test_what_cannot_be_reported(self):
		self.assertRefused("Enter the amount", 0)
		self.assertRefused("more than 7 days ahead", value_date=add_days(nowdate(), 8))
		self.assertRefused("should have been here by", value_date=add_days(nowdate(), -20))
		self.assertRefused("only .*2,000.00 is open", 3_000, (self.invoice, 2_500))
		self.assertRefused("add up to .*1,500.00, the slip is over .*1,000.00", 1_000, (self.invoice, 1_500))
		self.assertRefused("a second time", 2_000, (self.invoice, 500), (self.invoice, 500))
		other = make.make_invoice(make.make_profile(manual_limit=5_000).customer, 1_000)
		self.assertRefused("is not one of", 1_000, (other, None))
		with self.assertRaises(frappe.MandatoryError):
			self.slip(2_000, slip_file=None)

	def test_the_same_payment_twice(self):
		first = self.slip(1_000, payment_reference="71 0000-4242")
		self.assertRefused(f"is on payment slip {first.name} already", 1_000, payment_reference="7100004242")
		with as_user("controller"):
			collections.reject_payment_slip(first.name, "Not legible")
		self.assertEqual(self.slip(1_000, payment_reference="7100004242").status, "Reported")

	def test_rejected_and_cancelled_take_a_reason_that_the_reporter_is_told(self):
		slip = self.slip(2_000)
		with as_user("controller"):
			with self.assertRaisesRegex(PaymentSlipError, "Write down a reason"):
				collections.reject_payment_slip(slip.name, " ")
			collections.reject_payment_slip(slip.name, "Not legible")
			with self.assertRaisesRegex(PaymentSlipError, "is Rejected"):
				collections.accept_payment_slip(slip.name)
		slip.reload()
		self.assertEqual((slip.status, slip.reason), ("Rejected", "Not legible"))
		self.assertEqual(self.told(slip, "seller1"), 1)
		with as_user("seller1"), self.assertRaises(NotYourMandateError):
			collections.reject_payment_slip(self.slip(100).name, "No")

	def test_a_seller_cancels_a_reported_one_and_not_an_accepted_one(self):
		order = self.order()
		slip = self.slip(2_000)
		with as_user("seller1"):
			collections.cancel_payment_slip(slip.name, "Wrong customer")
		slip = self.accept(self.slip(2_000))
		self.catch_up()
		self.assertEqual(self.status(order), "Clear")
		with as_user("seller1"), self.assertRaises(NotYourMandateError):
			collections.cancel_payment_slip(slip.name, "Wrong customer")
		with as_user("controller"):
			collections.cancel_payment_slip(slip.name, "The bank knows nothing of it")
		payment_slips.judge_customer(self.customer.name, COMPANY)
		self.assertEqual((self.awaited(self.invoice), self.status(order)), (0, "Held"))

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		slip = self.slip(2_000, status="Accepted", arrived_amount=2_000, required_role="Account Manager")
		self.assertEqual(
			(slip.status, flt(slip.arrived_amount), slip.required_role), ("Reported", 0, "Credit Controller")
		)
		self.accept(slip)
		for field, value in (("amount", 1), ("value_date", add_days(nowdate(), 5))):
			with as_user("controller"), self.assertRaisesRegex(PaymentSlipError, "cannot be changed"):
				frappe.get_doc("Payment Slip", slip.name).update({field: value}).save()
		slip.update({"note": "Their bookkeeper rang", "status": "Arrived", "invoices": []})
		with as_user("controller"):
			slip.save()
		slip.reload()
		self.assertEqual(
			(slip.status, len(slip.invoices), self.awaited(self.invoice)), ("Accepted", 1, 2_000)
		)

	def test_what_is_sent_in_on_an_order_or_invoice_is_ignored(self):
		slip = self.accept(self.slip(2_000))
		order = self.order(b2b_payment_slip=slip.name, amount=100)
		frappe.db.set_value("Sales Order", order.name, "b2b_payment_slip", None)
		order.reload().update({"b2b_payment_slip": slip.name, "po_no": "4711"})
		order.save()
		self.assertIsNone(self.rests_on(order))
		invoice = make.make_invoice(self.customer, 1_000, b2b_awaited_amount=1_000)
		self.assertEqual(self.awaited(invoice), 0)

	def test_a_seller_sees_and_reports_those_of_the_own_customers(self):
		slip = self.slip(2_000)
		with as_user("seller1"):
			(found,) = collections.live_payment_slips(self.customer.name, COMPANY)
		self.assertEqual((found["name"], found["status"]), (slip.name, "Reported"))
		with as_user("seller2"):
			self.assertNotIn(slip.name, frappe.get_list("Payment Slip", pluck="name"))
			with self.assertRaises(frappe.PermissionError):
				collections.live_payment_slips(self.customer.name, COMPANY)
		with self.assertRaises(frappe.PermissionError):
			self.slip(2_000, user="seller2")
