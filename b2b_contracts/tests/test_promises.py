"""Promises to pay: noted by whoever talks to the customer, judged by the money that came in."""

import re

import frappe
from frappe.utils import add_days, flt, nowdate

from b2b_contracts import collections_api as api
from b2b_contracts.collections import following, promises
from b2b_contracts.exceptions import PromiseError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class PromiseTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=100_000)

	def promise(self, amount=1_000, user="collector", days=5, **fields):
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"amount": amount,
					"promised_date": add_days(nowdate(), days),
					**fields,
				}
			).insert()

	def grow_older(self, promise, days):
		"""Let a promise have been made, and run out, so many days earlier."""
		values = {field: add_days(promise.get(field), -days) for field in ("made_on", "promised_date")}
		frappe.db.set_value("Promise to Pay", promise.name, values)

	def judged(self, promise) -> tuple[str, float]:
		following.catch_up(self.customer.name, COMPANY)
		promise.reload()
		return promise.status, promise.paid_amount


class TestJudging(PromiseTestCase):
	def test_kept_as_soon_as_it_is_paid(self):
		invoice = make.make_invoice(self.customer, 4_000)
		promise = self.promise(1_000, sales_invoice=invoice.name)
		self.assertEqual(self.judged(promise), ("Open", 0))
		make.make_payment(invoice, amount=400)
		self.assertEqual(self.judged(promise), ("Open", 400))
		make.make_payment(invoice.reload(), amount=600)
		self.assertEqual(self.judged(promise), ("Kept", 1_000))

	def test_broken_on_the_day_after_and_told(self):
		promise = self.promise(days=0)
		self.assertEqual(self.judged(promise), ("Open", 0))
		self.grow_older(promise, 1)
		promises.daily()
		self.assertEqual(promise.reload().status, "Broken")
		told = {"document_name": promise.name, "for_user": email_of("collector")}
		self.assertEqual(frappe.db.count("Notification Log", told), 1)
		promises.daily()
		self.assertEqual(frappe.db.count("Notification Log", told), 1)

	def test_partly_kept(self):
		promise = self.promise(days=0)
		make.make_payment(customer=self.customer, amount=250)
		self.assertEqual(self.judged(promise), ("Open", 250))
		frappe.db.set_value("Promise to Pay", promise.name, "promised_date", add_days(nowdate(), -1))
		frappe.db.set_value("Promise to Pay", promise.name, "made_on", add_days(nowdate(), -5))
		payment = {"party": self.customer.name, "voucher_type": "Payment Entry"}
		frappe.db.set_value("Payment Ledger Entry", payment, "posting_date", add_days(nowdate(), -2))
		self.assertEqual(self.judged(promise), ("Partly Kept", 250))

	def test_money_for_another_invoice_does_not_count(self):
		one, other = (make.make_invoice(self.customer, 1_000) for _n in range(2))
		promise = self.promise(1_000, sales_invoice=one.name)
		make.make_payment(other)
		self.assertEqual(self.judged(promise), ("Open", 0))

	def test_no_money_keeps_two_promises(self):
		invoice = make.make_invoice(self.customer, 1_000)
		first = self.promise(1_000, sales_invoice=invoice.name)
		make.make_payment(invoice)
		self.assertEqual(self.judged(first), ("Kept", 1_000))
		second = self.promise(1_000)
		self.assertEqual(self.judged(second), ("Open", 0))

	def test_a_credit_note_or_a_correction_is_no_money(self):
		invoice = make.make_invoice(self.customer, 1_000)
		promise = self.promise(1_000, sales_invoice=invoice.name)
		make.make_credit_note(invoice, 500)
		make.make_journal(self.customer, -500, against=invoice)
		self.assertEqual(self.judged(promise), ("Open", 0))

	def test_a_payment_taken_back_while_it_is_open(self):
		invoice = make.make_invoice(self.customer, 1_000)
		promise = self.promise(1_000, sales_invoice=invoice.name)
		payment = make.make_payment(invoice, amount=400)
		self.assertEqual(self.judged(promise), ("Open", 400))
		payment.cancel()
		self.assertEqual(self.judged(promise), ("Open", 0))

	def test_judging_twice_changes_nothing(self):
		promise = self.promise()
		make.make_payment(customer=self.customer, amount=1_000)
		self.assertEqual(self.judged(promise), ("Kept", 1_000))
		first = promise.as_dict()
		self.judged(promise)
		self.assertEqual(promise.as_dict(), first)

	def test_the_share_that_was_kept(self):
		kept, broken = self.promise(100), self.promise(200, days=0)
		make.make_payment(customer=self.customer, amount=50)
		self.assertEqual(self.judged(kept)[0], "Open")
		self.grow_older(broken, 1)
		frappe.db.set_value("Promise to Pay", kept.name, {"status": "Kept", "judged_on": nowdate()})
		self.judged(broken)
		rate = promises.kept_rate(COMPANY, nowdate(), nowdate())
		self.assertTrue(0 < rate < 1)
		frappe.defaults.set_user_default("company", COMPANY, email_of("collector"))
		with as_user("collector"):
			shown = flt(re.search(r"[\d.]+", api.promises_kept().replace(",", "."))[0])
		self.assertAlmostEqual(shown, rate * 100, delta=1)


class TestNoting(PromiseTestCase):
	def assertRefused(self, advice, **fields):
		with self.assertRaisesRegex(PromiseError, advice):
			self.promise(**fields)

	def test_more_than_is_open(self):
		invoice = make.make_invoice(self.customer, 1_000)
		self.assertRefused("only .*1,000.00 of invoice .* is open", amount=1_001, sales_invoice=invoice.name)

	def test_an_invoice_of_somebody_else(self):
		other = make.make_invoice(make.make_profile(manual_limit=5_000).customer, 1_000)
		self.assertRefused("is not one of", sales_invoice=other.name)

	def test_dates(self):
		self.assertRefused("is past", days=-1)
		self.assertRefused("still to come", made_on=add_days(nowdate(), 1))

	def test_it_is_in_the_currency_of_the_receivable_account_whatever_is_sent(self):
		self.assertEqual(self.promise(currency="EUR").currency, "DKK")

	def test_nothing_promised(self):
		self.assertRefused("Enter the amount", amount=0)

	def test_the_same_invoice_twice(self):
		invoice = make.make_invoice(self.customer, 1_000)
		first = self.promise(500, sales_invoice=invoice.name)
		self.assertRefused("promised already", amount=500, sales_invoice=invoice.name)
		with as_user("collector"):
			api.withdraw_promise(first.name, "They rang again")
		self.assertEqual(self.promise(500, sales_invoice=invoice.name).status, "Open")

	def test_what_was_promised_cannot_be_changed(self):
		promise = self.promise()
		for field, value in (("amount", 1), ("promised_date", add_days(nowdate(), 30))):
			promise.reload()
			promise.set(field, value)
			with as_user("collector"), self.assertRaises(frappe.CannotChangeConstantError):
				promise.save()

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		promise = self.promise(status="Kept", paid_amount=1_000)
		self.assertEqual((promise.status, promise.paid_amount), ("Open", 0))
		promise.update({"status": "Kept", "note": "They sounded sincere"})
		with as_user("collector"):
			promise.save()
		self.assertEqual((promise.reload().status, promise.note), ("Open", "They sounded sincere"))

	def test_only_an_open_one_is_withdrawn_and_with_a_reason(self):
		promise = self.promise()
		with as_user("collector"):
			with self.assertRaisesRegex(PromiseError, "Write down"):
				api.withdraw_promise(promise.name, " ")
			api.withdraw_promise(promise.name, "A mistake")
			with self.assertRaisesRegex(PromiseError, "only an open one"):
				api.withdraw_promise(promise.name, "Again")

	def test_a_seller_sees_and_notes_those_of_the_own_customers(self):
		promise = self.promise(user="seller1")
		with as_user("seller1"):
			found = api.open_promises(self.customer.name, COMPANY)
		self.assertEqual([(row["name"], row["amount"]) for row in found], [(promise.name, 1_000)])
		with as_user("seller2"):
			self.assertNotIn(promise.name, frappe.get_list("Promise to Pay", pluck="name"))
			with self.assertRaises(frappe.PermissionError):
				api.open_promises(self.customer.name, COMPANY)
		with self.assertRaises(frappe.PermissionError):
			self.promise(user="seller2")
