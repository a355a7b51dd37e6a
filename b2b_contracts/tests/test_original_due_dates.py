"""A debt does not get younger by being billed again, moved or re-dated (requirements §2.4)."""

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import api
from b2b_contracts.credit import account_facts
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import WIDGET, SiteTestCase

REBILL = {"update_billed_amount_in_sales_order": 1}


class ReAgeingTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=100_000)

	def overdue_order_of(self, customer=None):
		"""An order clear of limits: only what is overdue can park it."""
		with as_user("seller1"):
			return make.make_order(customer or self.customer, 1_000).b2b_credit_status

	def assert_still_due(self, invoice, old):
		invoice.reload()
		self.assertEqual(getdate(invoice.b2b_original_due_date), getdate(old.due_date))
		self.assertEqual(self.overdue_order_of(), "Held")


class TestBilledAgain(ReAgeingTestCase):
	def overdue_of_an_order(self, amount=4_000):
		order = make.make_order(self.customer, amount)
		due = add_days(nowdate(), -20)
		return order, make.make_invoice(order=order, posting_date=add_days(due, -5), due_date=due)

	def test_credit_and_rebill_of_an_order_keeps_the_due_date(self):
		order, old = self.overdue_of_an_order()
		self.assertEqual(self.overdue_order_of(), "Held")
		make.make_credit_note(old, **REBILL)
		self.assertEqual(self.overdue_order_of(), "Clear")
		new = make.make_invoice(order=order, due_date=add_days(nowdate(), 14))
		self.assertEqual(new.b2b_bills_again, old.name)
		self.assert_still_due(new, old)

	def test_it_keeps_it_the_second_time_too(self):
		order, old = self.overdue_of_an_order()
		new = old
		for _time in range(2):
			make.make_credit_note(new, **REBILL)
			new = make.make_invoice(order=order, due_date=add_days(nowdate(), 14))
		self.assert_still_due(new, old)

	def test_cancelled_and_made_anew_or_amended_keeps_the_due_date(self):
		order, old = self.overdue_of_an_order()
		old.reload()
		old.cancel()
		new = make.make_invoice(order=order, due_date=add_days(nowdate(), 14))
		self.assert_still_due(new, old)
		new.cancel()
		amended = frappe.copy_doc(new, ignore_no_copy=False)
		amended.update({"amended_from": new.name, "docstatus": 0, "b2b_original_due_date": None})
		amended.insert().submit()
		self.assert_still_due(amended, old)
		amended.reload()
		amended.save()

	def test_an_invoice_that_was_billed_again_can_still_be_cancelled(self):
		old = make.make_overdue_invoice(self.customer, 4_000)
		note = make.make_credit_note(old)
		make.make_invoice(self.customer, 4_000, due_date=add_days(nowdate(), 14))
		note.cancel()
		old.reload()
		old.cancel()
		self.assertEqual(old.docstatus, 2)

	def test_the_other_half_of_an_order_is_a_debt_of_its_own(self):
		order = make.make_order(self.customer, 4_000, qty=4)
		due = add_days(nowdate(), -20)
		old = make.make_invoice(order=order, posting_date=add_days(due, -5), due_date=due, submit=False)
		old.items[0].qty = 2
		old.save().submit()
		make.make_credit_note(old, **REBILL)
		again = make.make_invoice(order=order, due_date=add_days(nowdate(), 14), submit=False)
		again.items[0].qty = 2
		again.save().submit()
		self.assertEqual(again.b2b_bills_again, old.name)
		rest = make.make_invoice(order=order, due_date=add_days(nowdate(), 14))
		self.assertFalse(rest.b2b_bills_again or rest.b2b_original_due_date)

	def test_typed_in_again_without_an_order_it_keeps_the_due_date(self):
		old = make.make_overdue_invoice(self.customer, 4_000)
		make.make_credit_note(old)
		new = make.make_invoice(self.customer, 3_500, due_date=add_days(nowdate(), 14))
		self.assertEqual(new.b2b_bills_again, old.name)
		self.assert_still_due(new, old)

	def test_billed_first_and_credited_after_it_keeps_the_due_date(self):
		old = make.make_overdue_invoice(self.customer, 4_000, days=10)
		new = make.make_invoice(self.customer, 4_000, due_date=add_days(nowdate(), 14))
		self.assertFalse(new.b2b_original_due_date)
		make.make_credit_note(old)
		new.reload()
		self.assertEqual(
			(new.b2b_bills_again, getdate(new.b2b_original_due_date)), (old.name, getdate(old.due_date))
		)

	def test_a_new_sale_beside_a_credit_is_a_new_debt(self):
		make.make_credit_note(make.make_overdue_invoice(self.customer, 4_000))
		due = add_days(nowdate(), 14)
		for different in (
			{"amount": 20_000},
			{"amount": 1_000},
			{"amount": 4_000, "update_stock": 1},
			{"items": [{"item_code": WIDGET, "qty": 1, "rate": 4_000}]},
		):
			new = make.make_invoice(self.customer, due_date=due, **different)
			self.assertFalse(new.b2b_bills_again or new.b2b_original_due_date, different)
		other = make.make_customer()
		make.make_profile(other, manual_limit=100_000)
		self.assertFalse(make.make_invoice(other, 4_000, due_date=due).b2b_bills_again)

	def test_an_invoice_is_billed_again_once(self):
		old = make.make_overdue_invoice(self.customer, 4_000, days=10)
		make.make_credit_note(old)
		due = add_days(nowdate(), 14)
		first = make.make_invoice(self.customer, 4_000, due_date=due)
		second = make.make_invoice(self.customer, 4_000, due_date=due)
		self.assertEqual((first.b2b_bills_again, second.b2b_bills_again), (old.name, None))

	def test_a_credit_manager_accepts_a_new_debt_and_says_why(self):
		old = make.make_overdue_invoice(self.customer, 4_000)
		make.make_credit_note(old)
		new = make.make_invoice(self.customer, 4_000, due_date=add_days(nowdate(), 14))
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			api.accept_due_date(new.name, "A new sale")
		with as_user("cfo"):
			with self.assertRaises(frappe.ValidationError):
				api.accept_due_date(new.name, " ")
			api.accept_due_date(new.name, "A new <b>sale</b>")
		self.assertEqual(self.overdue_order_of(), "Clear")
		said = frappe.get_all(
			"Comment", {"reference_name": new.name, "comment_type": "Comment"}, pluck="content"
		)
		self.assertIn("A new &lt;b&gt;sale", said[0])
		with as_user("cfo"), self.assertRaises(frappe.ValidationError):
			api.accept_due_date(new.name, "Again")

	def test_with_the_policy_off_nothing_is_kept(self):
		old = make.make_overdue_invoice(self.customer, 4_000)
		with make.policy_off():
			make.make_credit_note(old)
			new = make.make_invoice(self.customer, 4_000, due_date=add_days(nowdate(), 14))
		self.assertFalse(new.b2b_original_due_date)


def make_terms(days):
	row = {"invoice_portion": 100, "due_date_based_on": "Day(s) after invoice date", "credit_days": days}
	template = frappe.get_doc(
		{
			"doctype": "Payment Terms Template",
			"template_name": f"Net {days} {frappe.generate_hash(length=6)}",
			"terms": [row],
		}
	)
	return template.insert().name


class TestEditedDueDates(ReAgeingTestCase):
	def invoice_over(self, days, **fields):
		posted = add_days(nowdate(), -90)
		return make.make_invoice(
			self.customer, 4_000, posting_date=posted, due_date=add_days(posted, days), submit=False, **fields
		)

	def agreed_days(self):
		segment = frappe.db.get_value("Credit Profile", {"customer": self.customer.name}, "segment")
		template = frappe.db.get_value("Credit Segment", segment, "payment_terms_template")
		return (account_facts.longest_terms(template, getdate()) - getdate()).days

	def test_a_due_date_beyond_the_agreed_terms_counts_from_the_agreed_one(self):
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		agreed = self.agreed_days()
		kept = self.invoice_over(agreed).submit()
		self.assertFalse(kept.b2b_original_due_date)
		stretched = self.invoice_over(agreed + 60).submit()
		self.assertEqual(getdate(stretched.b2b_original_due_date), getdate(kept.due_date))

	def test_longer_terms_that_were_agreed_on_the_order_are_agreed(self):
		template = make_terms(120)
		with make.policy_off():
			order = make.make_order(self.customer, 4_000, payment_terms_template=template)
		invoice = make.make_invoice(order=order, due_date=add_days(nowdate(), 120))
		self.assertFalse(invoice.b2b_original_due_date)
		with make.policy_off():
			order = make.make_order(self.customer, 4_000, payment_terms_template=template)
		# ERPNext refuses a date beyond the template's own; without the template it takes any.
		loose = {"payment_terms_template": None, "payment_schedule": []}
		invoice = make.make_invoice(order=order, due_date=add_days(nowdate(), 150), **loose)
		self.assertEqual(getdate(invoice.b2b_original_due_date), getdate(add_days(nowdate(), 120)))

	def test_longer_terms_that_were_released_on_the_invoice_are_agreed(self):
		invoice = self.invoice_over(self.agreed_days() + 60)
		frappe.db.commit()
		with self.assertRaises(CreditHoldError):
			invoice.submit()
		frappe.db.rollback()
		hold = frappe.db.get_value("Credit Hold", {"reference_name": invoice.name})
		with as_user("cfo"):
			api.release(hold, "Agreed with the customer")
		invoice.reload()
		invoice.submit()
		self.assertFalse(invoice.b2b_original_due_date)

	def test_a_sent_value_is_recomputed(self):
		invoice = make.make_invoice(self.customer, 1_000, submit=False)
		invoice.b2b_original_due_date = add_days(nowdate(), -400)
		invoice.submit()
		self.assertFalse(invoice.b2b_original_due_date)

	def test_where_a_site_lets_due_dates_be_edited_the_first_one_counts(self):
		from frappe.custom.doctype.property_setter.property_setter import make_property_setter

		for doctype in ("Sales Invoice", "Payment Schedule"):
			make_property_setter(doctype, "due_date", "allow_on_submit", 1, "Check")
		make_property_setter("Sales Invoice", "payment_schedule", "allow_on_submit", 1, "Check")
		old = make.make_overdue_invoice(self.customer, 4_000)
		first = old.due_date
		later = add_days(nowdate(), 30)
		old.reload()
		old.due_date = later
		for row in old.payment_schedule:
			row.due_date = later
		old.b2b_original_due_date = None
		old.save()
		old.reload()
		self.assertEqual(getdate(old.due_date), getdate(later))
		self.assertEqual(getdate(old.b2b_original_due_date), getdate(first))
		self.assertEqual(self.overdue_order_of(), "Held")


class TestJournals(ReAgeingTestCase):
	def transfer(self, old, to, referenced=True, **fields):
		journal = make.make_journal(to, 4_000, submit=False, **fields)
		account = journal.accounts[0].account
		journal.accounts[1].update(
			{
				"account": account,
				"party_type": "Customer",
				"party": old.customer,
				"reference_type": "Sales Invoice" if referenced else None,
				"reference_name": old.name if referenced else None,
			}
		)
		journal.save()
		journal.submit()
		return journal

	def test_a_debt_moved_by_journal_stays_as_old_as_it_is(self):
		for referenced in (True, False):
			with self.subTest(referenced=referenced):
				customer = make.make_customer()
				make.make_profile(customer, manual_limit=100_000)
				old = make.make_overdue_invoice(customer, 4_000)
				journal = self.transfer(old, customer, referenced, due_date=add_days(nowdate(), 30))
				self.assertEqual(getdate(journal.due_date), getdate(old.due_date))
				self.assertEqual(self.overdue_order_of(customer), "Held")

	def test_a_debt_moved_to_a_sister_is_overdue_there(self):
		sister = make.make_customer()
		make.make_profile(sister, manual_limit=100_000)
		old = make.make_overdue_invoice(sister, 4_000)
		self.assertEqual(self.overdue_order_of(), "Clear")
		self.transfer(old, self.customer)
		self.assertEqual(self.overdue_order_of(), "Held")

	def test_a_new_debt_by_journal_has_the_date_it_was_given(self):
		due = add_days(nowdate(), 30)
		journal = make.make_journal(self.customer, 4_000, due_date=due)
		self.assertEqual(getdate(journal.due_date), getdate(due))
		self.assertEqual(self.overdue_order_of(), "Clear")
