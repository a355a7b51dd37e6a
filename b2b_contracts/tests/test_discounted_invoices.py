"""Invoices discounted with a bank: owed and counted once in every state, covered only where the bank cannot come back."""

from unittest.mock import patch

import frappe
from erpnext.accounts.doctype.journal_entry.journal_entry import get_payment_entry_against_invoice
from frappe.permissions import add_permission
from frappe.utils import add_days, nowdate

from b2b_contracts import api, securities_api
from b2b_contracts.credit import cases, discounted_invoices, policies
from b2b_contracts.exceptions import SecurityInstrumentError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import BANK, COMPANY, SECURITY_FILE, SiteTestCase


class DiscountingTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000)
		with make.policy_off():
			self.overdue = make.make_overdue_invoice(self.customer, 2_000)
			self.young = make.make_invoice(self.customer, 3_000, due_date=add_days(nowdate(), 7))
			self.own = make.make_invoice(self.customer, 500, due_date=add_days(nowdate(), 7))

	def book(self, entry):
		entry.update({"posting_date": nowdate(), "cheque_no": "1", "cheque_date": nowdate()})
		entry.insert()
		entry.submit()

	def pay(self, invoice):
		"""Book a payment by journal: ERPNext's Payment Entry takes a discounted invoice for paid."""
		values = get_payment_entry_against_invoice("Sales Invoice", invoice.name, bank_account=BANK)
		entry = frappe.get_doc(values)
		self.book(entry)
		return entry

	def disburse(self, discounting):
		self.book(discounting.create_disbursement_entry())
		self.assertEqual(discounting.reload().status, "Disbursed")

	def settle(self, discounting):
		self.book(discounting.close_loan())
		self.assertEqual(discounting.reload().status, "Settled")

	def status(self) -> dict:
		return api.credit_status(self.customer.name, COMPANY)

	def overdue_amount(self) -> float:
		standing = cases.standing_of(policies.active(COMPANY), self.customer.name, COMPANY)
		case = cases.load(standing, cases.subject_of_customer(self.customer.name, COMPANY), None).case
		return float(case.overdue.amount - case.overdue.credits)

	def assertOwed(self, exposure: float, overdue: float, secured: float = 0):
		status = self.status()
		self.assertEqual((status["exposure_before"], self.overdue_amount()), (exposure, overdue))
		self.assertEqual(status["secured"], secured)

	def security(self, discounting, recourse: str, user: str = "Administrator", **fields):
		"""Register the security of a discounting as somebody does it on the form."""
		with as_user(user):
			made = securities_api.security_from_discounting(discounting.name, self.customer.name)
			doc = frappe.get_doc(made)
			file = frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")
			doc.update({"recourse": recourse, "document": file, **fields})
			doc.insert()
			doc.submit()
		return doc


class TestWithRecourse(DiscountingTestCase):
	def test_what_is_discounted_is_owed_once_in_every_state(self):
		self.assertOwed(5_500, 2_000)
		discounting = make.make_discounting(self.overdue, self.young)
		self.assertEqual(discounting.status, "Sanctioned")
		self.assertOwed(5_500, 2_000)
		self.disburse(discounting)
		self.assertOwed(5_500, 2_000)
		self.settle(discounting)
		self.assertOwed(5_500, 2_000)

	def test_what_is_paid_while_the_bank_has_it_is_paid(self):
		discounting = make.make_discounting(self.overdue, self.young)
		self.disburse(discounting)
		payment = self.pay(self.overdue)
		self.assertEqual(payment.accounts[0].account, discounting.accounts_receivable_discounted)
		self.assertOwed(3_500, 0)
		self.settle(discounting)
		self.assertOwed(3_500, 0)

	def test_what_is_paid_after_the_settlement_is_paid(self):
		discounting = make.make_discounting(self.overdue, self.young)
		self.disburse(discounting)
		self.settle(discounting)
		self.pay(self.overdue)
		self.assertOwed(3_500, 0)

	def test_it_makes_no_invoice_younger(self):
		self.disburse(make.make_discounting(self.overdue))
		self.assertIsNone(self.overdue.reload().b2b_original_due_date)

	def test_a_security_with_recourse_secures_nothing(self):
		discounting = make.make_discounting(self.overdue, self.young)
		self.disburse(discounting)
		self.security(discounting, "With recourse")
		self.assertOwed(5_500, 2_000, secured=0)
		(why,) = self.status()["not_counted"]
		self.assertIn("can come back to us", why["message"])


class TestWithoutRecourse(DiscountingTestCase):
	def setUp(self):
		super().setUp()
		self.discounting = make.make_discounting(self.overdue, self.young)
		self.disburse(self.discounting)

	def test_the_invoices_it_names_are_covered_until_they_are_paid(self):
		security = self.security(self.discounting, "Without recourse")
		self.assertEqual(
			(security.scope, security.amount, security.currency, security.instrument_type),
			("Named Documents", 5_000, "DKK", "Invoice Discounting"),
		)
		self.assertEqual(
			[row.reference_name for row in security.documents], [self.overdue.name, self.young.name]
		)
		self.assertOwed(5_500, 2_000, secured=5_000)
		self.pay(self.overdue)
		self.assertOwed(3_500, 0, secured=3_000)

	def test_it_covers_up_to_its_amount_and_no_other_invoice(self):
		self.security(self.discounting, "Without recourse", amount=4_000)
		self.assertOwed(5_500, 2_000, secured=4_000)
		self.pay(self.young)
		self.assertOwed(2_500, 2_000, secured=2_000)

	def test_recourse_must_be_said(self):
		with self.assertRaisesRegex(SecurityInstrumentError, "come back to us"):
			self.security(self.discounting, "")

	def end_settled(self):
		"""Do what the job does, within the test's transaction."""
		with patch.object(frappe.local.db, "commit"):
			discounted_invoices.end_settled()

	def test_it_ends_when_the_loan_is_settled(self):
		security = self.security(self.discounting, "Without recourse")
		self.settle(self.discounting)
		for _twice in range(2):
			self.end_settled()
		self.assertEqual(security.reload().status, "Expired")
		self.assertIn("is Settled", security.end_reason)
		self.assertOwed(5_500, 2_000, secured=0)

	def test_it_is_registered_once(self):
		self.security(self.discounting, "Without recourse")
		with self.assertRaisesRegex(SecurityInstrumentError, "registered already"):
			securities_api.security_from_discounting(self.discounting.name, self.customer.name)

	def test_each_customer_has_one_of_its_own(self):
		other = make.make_customer()
		make.make_profile(other, manual_limit=10_000)
		invoice = make.make_invoice(other, 700, due_date=add_days(nowdate(), 7))
		discounting = make.make_discounting(self.own, invoice)
		first = self.security(discounting, "Without recourse")
		self.assertEqual(first.amount, 500)
		made = frappe.get_doc(securities_api.security_from_discounting(discounting.name, other.name))
		self.assertEqual((made.amount, [row.reference_name for row in made.documents]), (700, [invoice.name]))
		self.assertNotEqual(made.instrument_number, first.instrument_number)

	def test_what_is_settled_or_of_somebody_else_is_refused(self):
		with self.assertRaisesRegex(SecurityInstrumentError, "no open invoice of"):
			securities_api.security_from_discounting(self.discounting.name, make.make_customer().name)
		self.settle(self.discounting)
		with self.assertRaisesRegex(SecurityInstrumentError, "the bank has none of its invoices"):
			securities_api.security_from_discounting(self.discounting.name, self.customer.name)

	def test_it_takes_the_right_to_read_the_discounting_and_to_register_securities(self):
		"""ERPNext lets nobody but a System Manager see an Invoice Discounting; a site gives it to its accountants."""
		with self.assertRaises(frappe.PermissionError):
			self.security(self.discounting, "Without recourse", user="finance_director")
		add_permission("Invoice Discounting", "Accounts Manager")
		self.addCleanup(frappe.clear_cache, doctype="Invoice Discounting")
		accountant = make.make_user("Accounts Manager")
		with as_user(accountant), self.assertRaises(frappe.PermissionError):
			securities_api.security_from_discounting(self.discounting.name, self.customer.name)
		security = self.security(self.discounting, "Without recourse", user="finance_director")
		self.assertEqual(self.status()["secured"], 5_000)
		with as_user("seller1"):
			self.assertTrue(frappe.has_permission("Security Instrument", "read", security.name))
		with as_user("seller2"):
			self.assertFalse(frappe.has_permission("Security Instrument", "read", security.name))
