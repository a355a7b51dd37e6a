"""Payment references of invoices: what is set up, what each invoice gets at submit, and what those of before get."""

import html
import os
import re
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import frappe
from frappe import client
from frappe.utils.pdf import get_pdf
from pypdf import PdfReader

from b2b_contracts import payments_api as api
from b2b_contracts.collections import payment_references
from b2b_contracts.engine import references
from b2b_contracts.engine.references import Scheme
from b2b_contracts.exceptions import PaymentReferenceError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase, ensure_second_company

SETUP = payment_references.SETUP
IBAN = "DK5000400440116243"
PRINT_FORMAT = "Invoice with Payment Reference"


def set_up(kind: str = "FIK", **fields):
	"""Set up the references of the test company."""
	creditor = {"FIK": "12345678", "KID": "1234.56.78903", "OCR": "5050-1055", "RF": IBAN}[kind]
	return frappe.get_doc(
		{"doctype": SETUP, "company": COMPANY, "kind": kind, "creditor": creditor, **fields}
	).insert()


def bank_account(company: str = COMPANY, **fields) -> str:
	"""Make a bank account of a company."""
	if not frappe.db.exists("Bank", "B2B Payments Bank"):
		frappe.get_doc(
			{"doctype": "Bank", "bank_name": "B2B Payments Bank", "swift_number": "BBPBDK22"}
		).insert()
	return (
		frappe.get_doc(
			{
				"doctype": "Bank Account",
				"account_name": f"Payments {frappe.generate_hash(length=6)}",
				"bank": "B2B Payments Bank",
				"company": company,
				"is_company_account": 1,
				"iban": IBAN,
				"bank_account_no": "0440116243",
				**fields,
			}
		)
		.insert()
		.name
	)


def as_pdf(page: str) -> bytes:
	"""Print a page as the site would, with its styles read from the disk: nobody serves them in a test."""

	def style(found) -> str:
		path = Path(frappe.local.sites_path, found[1].lstrip("/"))
		return f"<style>{path.read_text()}</style>" if path.is_file() else ""

	return get_pdf(re.sub(r'<link[^>]+href="(/assets/[^"]+)"[^>]*>', style, page))


class ReferenceTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# What another module had to commit says nothing here.
		frappe.db.delete(SETUP, {"company": COMPANY})
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=1_000_000)

	def invoice(self, amount: float = 1_000, **fields):
		return make.make_invoice(self.customer, amount, **fields)

	def kept(self, invoice) -> tuple:
		return frappe.db.get_value(
			"Sales Invoice",
			invoice.name,
			["b2b_payment_reference_kind", "b2b_payment_reference", "b2b_payment_reference_printed"],
		)


class TestSetUp(ReferenceTestCase):
	def test_a_national_slip_is_for_its_own_currency(self):
		for kind, currency in (("FIK", "DKK"), ("KID", "NOK"), ("OCR", "SEK"), ("RF", None)):
			doc = set_up(kind)
			self.assertEqual(doc.for_currency, currency)
			self.assertIn(kind, doc.name)
			self.assertTrue(doc.example)

	def test_it_keeps_what_is_of_its_kind(self):
		doc = set_up(
			"KID", card_type="75", has_length_digit=1, method="MOD11", reference_length=12, prefix=" 7 "
		)
		self.assertEqual(
			(doc.card_type, doc.has_length_digit, doc.method, doc.reference_length, doc.prefix),
			(None, None, "MOD11", 12, "7"),
		)

	def test_the_example(self):
		self.assertEqual(
			set_up("FIK").example, "+71<" + references.make(Scheme("FIK"), "202600012") + "+12345678<"
		)
		self.assertEqual(set_up("RF").example.replace(" ", "")[4:], "ACCSINV202600012")

	def test_what_cannot_be(self):
		for kind, fields, advice in (
			("FIK", {"creditor": "1234567"}, "no creditor number.*8 digits"),
			("FIK", {"creditor": "123456789", "card_type": "04"}, "no giro account"),
			("KID", {"creditor": "1234.56.78913"}, "no Norwegian account"),
			("OCR", {"creditor": "5050-1054"}, "neither a Bankgiro nor a Plusgiro"),
			("RF", {"creditor": "DK5000400440116244"}, "no IBAN"),
			("KID", {"reference_length": 26}, "length is 26.*2 to 25"),
			("KID", {"reference_length": 1}, "length is 1"),
			("KID", {"reference_length": -5}, "Enter 0 or more"),
			("KID", {"reference_length": 4}, "3 digits are left.*it takes 4"),
			("FIK", {"prefix": "123456789012345"}, "0 digits are left"),
			("FIK", {"prefix": "A1"}, "other signs than digits"),
			("RF", {"prefix": "Ø"}, "other signs than digits"),
			("RF", {"prefix": "A-1"}, "other signs than digits"),
			("FIK", {"bank_account": bank_account(ensure_second_company())}, "not one of B2B Test A/S"),
		):
			with self.subTest(advice), self.assertRaisesRegex(PaymentReferenceError, advice):
				set_up(kind, **fields)

	def test_one_for_a_currency(self):
		first = set_up("FIK")
		with self.assertRaisesRegex(PaymentReferenceError, "already. Disable it first"):
			set_up("RF", for_currency="DKK")
		first.disabled = 1
		first.save()
		set_up("RF", for_currency="DKK")
		second = set_up("FIK", disabled=1)
		self.assertNotEqual(second.name, first.name)
		for doc in (first, second):
			with self.assertRaisesRegex(PaymentReferenceError, "already. Disable it first"):
				doc.update({"disabled": 0}).save()

	def test_who_may_set_it_up(self):
		doc = set_up("FIK")
		with as_user("controller"):
			self.assertEqual(client.get(SETUP, doc.name)["creditor"], "12345678")
			self.assertRaises(
				frappe.PermissionError, client.set_value, SETUP, doc.name, "creditor", "87654321"
			)
			self.assertRaises(frappe.PermissionError, api.make_payment_references, COMPANY)
		with as_user("seller1"):
			self.assertRaises(frappe.PermissionError, client.get, SETUP, doc.name)
		with as_user(make.make_user("Accounts Manager")):
			client.set_value(SETUP, doc.name, "creditor", "87654321")


class TestAtSubmit(ReferenceTestCase):
	def test_without_a_set_up_there_is_none(self):
		self.assertEqual(self.kept(self.invoice()), (None, None, None))
		self.assertEqual(self.messages(), "")

	def test_each_kind(self):
		for kind, fields in (
			("FIK", {}),
			("FIK", {"card_type": "75", "prefix": "4"}),
			("KID", {"method": "MOD10", "reference_length": 12}),
			("KID", {"method": "MOD11"}),
			("OCR", {"has_length_digit": 1}),
			("OCR", {}),
			("RF", {}),
			("RF", {"prefix": "B2B"}),
		):
			with self.subTest(f"{kind} {fields}"):
				frappe.db.delete(SETUP, {"company": COMPANY})
				setup = set_up(kind, for_currency="DKK", **fields)
				invoice = self.invoice()
				found_kind, text, printed = self.kept(invoice)
				self.assertEqual(found_kind, kind)
				scheme = payment_references.scheme_of(setup)
				self.assertTrue(references.is_valid(scheme, text))
				self.assertEqual(printed, references.printed(scheme, text, setup.creditor))
				# The document at hand has it too: what is printed or mailed next shows it.
				self.assertEqual(invoice.b2b_payment_reference_printed, printed)
				digits = "".join(sign for sign in invoice.name if sign.isdigit())
				self.assertIn(digits, text)
				self.assertEqual(payment_references.reference_of(invoice.name).printed, printed)

	def test_the_set_up_of_the_currency_wins(self):
		set_up("FIK")
		set_up("RF")
		self.assertEqual(self.kept(self.invoice())[0], "FIK")
		in_euro = {"currency": "EUR", "conversion_rate": 7.46, "plc_conversion_rate": 1}
		with make.no_exchange_rates():
			self.assertEqual(self.kept(self.invoice(**in_euro))[0], "RF")

	def test_a_disabled_one_makes_none(self):
		set_up("FIK", disabled=1)
		self.assertIsNone(self.kept(self.invoice())[1])

	def test_a_credit_note_and_a_draft_have_none(self):
		set_up("FIK")
		invoice = self.invoice()
		self.assertIsNone(self.kept(make.make_credit_note(invoice, 100))[1])
		self.assertIsNone(self.kept(self.invoice(submit=False))[1])

	def test_what_a_client_sends_is_not_kept(self):
		set_up("FIK")
		first = self.invoice()
		sent = {
			"b2b_payment_reference": "1",
			"b2b_payment_reference_printed": "pay me",
			"b2b_payment_reference_key": first.b2b_payment_reference_key,
		}
		draft = self.invoice(submit=False, **sent)
		self.assertIsNone(draft.b2b_payment_reference_printed)
		draft.b2b_payment_reference = "2"
		draft.submit()
		self.assertTrue(references.is_valid(Scheme("FIK"), self.kept(draft)[1]))
		before = self.kept(first)
		doc = frappe.get_doc("Sales Invoice", first.name)
		doc.update({"b2b_payment_reference": "3", "b2b_payment_reference_printed": "pay me"})
		doc.save()
		self.assertEqual(self.kept(first), before)

	def test_two_series_with_the_same_digits(self):
		set_up("FIK")
		one, other = (self.invoice(naming_series=f"{letters}-.#####") for letters in ("B2BTP", "B2BTQ"))
		self.assertEqual(one.name[-5:], other.name[-5:])
		(_kind, text, _printed), (_kind, second, _printed) = self.kept(one), self.kept(other)
		self.assertNotEqual(text, second)
		self.assertTrue(references.is_valid(Scheme("FIK"), second))
		self.assertIn(one.name[-5:], text)

	def test_it_is_unique_within_the_company_and_not_between_companies(self):
		ensure_second_company()
		set_up("RF")
		set_up("RF", company=SECOND_COMPANY)
		name = f"B2BT-{frappe.generate_hash(length=6).upper()}"
		ours = self.invoice(naming_series=f"{name}-.#####")
		key = ours.b2b_payment_reference_key
		self.assertTrue(key.endswith(f"|{ours.b2b_payment_reference}"))
		facts = frappe._dict(name=ours.name, company=SECOND_COMPANY, currency="NOK", docstatus=1, is_return=0)
		with patch.object(payment_references, "_written", return_value=True) as written:
			made = payment_references.give(facts)
		self.assertEqual(made["b2b_payment_reference"], ours.b2b_payment_reference)
		self.assertNotEqual(made["b2b_payment_reference_key"], key)
		written.assert_called_once()

	def test_two_at_the_same_moment_get_two(self):
		set_up("FIK")
		one = self.invoice(naming_series="B2BTC-.#####")
		# The other transaction does not see the first one's reference yet; the database does.
		with patch.object(payment_references, "_is_taken", return_value=False):
			other = self.invoice(naming_series="B2BTD-.#####")
		self.assertEqual(one.name[-5:], other.name[-5:])
		self.assertEqual(other.docstatus, 1)
		self.assertNotEqual(self.kept(one)[1], self.kept(other)[1])

	def test_an_amended_one_gets_its_own(self):
		set_up("FIK")
		first = self.invoice()
		first.cancel()
		again = frappe.copy_doc(first, ignore_no_copy=False)
		again.amended_from = first.name
		again.docstatus = 0
		again.insert()
		self.assertIsNone(again.b2b_payment_reference)
		again.submit()
		# Money may still come in by the old one.
		self.assertTrue(self.kept(first)[1])
		self.assertNotEqual(self.kept(first)[1], self.kept(again)[1])

	def test_what_cannot_be_made_is_said_and_stops_nothing(self):
		set_up("FIK")
		with patch.object(payment_references, "_is_taken", return_value=True):
			invoice = self.invoice()
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "docstatus"), 1)
		self.assertIn("No payment reference could be made", self.messages())
		self.assertIn(f"Make the references of {frappe.get_last_doc(SETUP).name} longer", self.messages())
		with as_user(make.make_user("Accounts User")):
			made = api.make_payment_reference(invoice.name)
		self.assertEqual(made["text"], self.kept(invoice)[1])

	def test_an_error_of_another_kind_is_not_hidden(self):
		set_up("FIK")
		with patch.object(frappe.db, "set_value", side_effect=frappe.QueryDeadlockError):
			self.assertRaises(
				frappe.QueryDeadlockError, payment_references._written, "x", {"b2b_payment_reference": "1"}
			)


class TestInvoicesOfBefore(ReferenceTestCase):
	def setUp(self):
		super().setUp()
		self.before = [self.invoice(amount) for amount in (100, 200, 300)]
		self.paid = self.invoice(400)
		make.make_payment(self.paid)
		self.note = make.make_credit_note(self.invoice(500), 100)
		self.setup = set_up("FIK")
		# A job commits; what a test makes is rolled back.
		commit = patch.object(frappe.db, "commit")
		commit.start()
		self.addCleanup(commit.stop)

	def test_the_open_ones_get_one_and_nobody_two(self):
		with patch.object(payment_references, "BATCH", 2):
			result = payment_references.make_missing(COMPANY)
		self.assertEqual(result["failed"], [])
		for invoice in self.before:
			self.assertTrue(references.is_valid(Scheme("FIK"), self.kept(invoice)[1]), invoice.name)
		for other in (self.paid, self.note):
			self.assertIsNone(self.kept(other)[1])
		first = [self.kept(invoice) for invoice in self.before]
		self.assertEqual(payment_references.make_missing(COMPANY)["made"], 0)
		self.assertEqual([self.kept(invoice) for invoice in self.before], first)

	def test_it_goes_on_where_it_was_killed(self):
		with patch.object(payment_references, "BATCH", 1):
			gone = patch.object(payment_references, "_keep_result", side_effect=SystemExit)
			lacking = patch.object(
				payment_references,
				"_lacking",
				lambda company, real=payment_references._lacking: [next(real(company))],
			)
			with gone, lacking, self.assertRaises(SystemExit):
				payment_references.make_missing(COMPANY)
			done = [self.kept(invoice) for invoice in self.before if self.kept(invoice)[1]]
			payment_references.make_missing(COMPANY)
		after = [self.kept(invoice) for invoice in self.before]
		self.assertTrue(all(text for _kind, text, _printed in after))
		self.assertLessEqual(set(done), set(after))

	def test_what_came_of_it_stands_on_the_set_up(self):
		taken = payment_references._is_taken
		bad = self.before[1].name

		def is_taken(company, text):
			return self.trying == bad or taken(company, text)

		give = payment_references.give

		def keep_name(invoice):
			self.trying = invoice.name
			return give(invoice)

		with (
			patch.object(payment_references, "give", keep_name),
			patch.object(payment_references, "_is_taken", is_taken),
		):
			result = payment_references.make_missing(COMPANY)
		self.assertEqual(len(result["failed"]), 1)
		self.setup.reload()
		self.assertIn("1 not", self.setup.last_run_result)
		self.assertIn(bad, self.setup.last_run_result)
		self.assertTrue(self.setup.last_run_on)
		self.assertEqual(self.messages(), "")

	def test_the_button_starts_the_job(self):
		with patch.object(frappe, "enqueue") as enqueue, as_user(make.make_user("Accounts Manager")):
			frappe.db.after_commit.reset()
			api.make_payment_references(COMPANY)
			frappe.db.after_commit.run()
		self.assertEqual(enqueue.call_args.kwargs["company"], COMPANY)
		self.setup.db_set("disabled", 1)
		with self.assertRaisesRegex(PaymentReferenceError, "Nothing is set up"):
			api.make_payment_references(COMPANY)

	def test_one_invoice_by_hand(self):
		for invoice in (self.note, self.invoice(submit=False)):
			with self.assertRaisesRegex(PaymentReferenceError, "gets no payment reference"):
				api.make_payment_reference(invoice.name)
		made = api.make_payment_reference(self.paid.name)
		self.assertEqual(made["kind"], "FIK")
		self.assertEqual(api.make_payment_reference(self.paid.name), made)
		with as_user("seller1"):
			self.assertRaises(frappe.PermissionError, api.make_payment_reference, self.paid.name)


class TestPrinted(ReferenceTestCase):
	def setUp(self):
		super().setUp()
		self.setup = set_up("FIK", bank_account=bank_account())
		self.made = self.invoice(1_000, vat=True)

	def keep(self, name: str, pdf: bytes):
		"""Keep a PDF to look at, where the run keeps pictures."""
		if os.environ.get("B2B_ARTIFACTS"):
			Path(os.environ["B2B_ARTIFACTS"], f"{name}.pdf").write_bytes(pdf)

	def html(self, invoice, print_format: str, language: str = "en") -> str:
		former = frappe.local.lang
		frappe.local.lang = language
		try:
			return frappe.get_print("Sales Invoice", invoice.name, print_format=print_format)
		finally:
			frappe.local.lang = former

	def test_erpnexts_own_print_shows_it(self):
		printed = self.html(self.made, "Standard")
		self.assertIn("Payment reference", printed)
		self.assertIn(self.made.b2b_payment_reference_printed, html.unescape(printed))
		self.assertNotIn("Payment reference number", printed)
		self.assertNotIn(f"|{self.made.b2b_payment_reference}", printed)
		self.keep("invoice-standard", as_pdf(printed))

	def test_ours_says_how_to_pay_in_each_language(self):
		for language, words in (
			("en", ("How to pay", "Payment reference", "IBAN")),
			("da", ("Sådan betaler I", "Betalingsreference", "IBAN")),
			("nb", ("Slik betaler dere", "Betalingsreferanse", "IBAN")),
			("sv", ("Så betalar ni", "Betalningsreferens", "IBAN")),
		):
			printed = self.html(self.made, PRINT_FORMAT, language)
			for word in (*words, IBAN, "BBPBDK22", "12345678", self.made.name, "/pay-invoices?token="):
				self.assertIn(word, printed, language)
			self.assertIn(html.escape(self.made.b2b_payment_reference_printed), printed)

	def test_a_draft_and_a_credit_note_do_not(self):
		draft = self.invoice(submit=False)
		note = make.make_credit_note(self.made, 100)
		for invoice, title in ((draft, "Draft"), (note, "Credit note")):
			printed = self.html(invoice, PRINT_FORMAT)
			self.assertIn(title, printed)
			self.assertNotIn("How to pay", printed)

	def test_a_paid_one_has_no_link(self):
		make.make_payment(self.made)
		printed = self.html(self.made, PRINT_FORMAT)
		self.assertIn("How to pay", printed)
		self.assertNotIn("/pay-invoices", printed)

	def test_scripts_stay_outside(self):
		evil = "<script>alert(1)</script>"
		self.made.db_set({"po_no": evil, "customer_name": evil})
		self.assertNotIn("<script>alert(1)", self.html(self.made, PRINT_FORMAT))

	def test_the_mail_of_an_invoice_says_it_in_each_language(self):
		from b2b_contracts.collections.dispute_links import INVOICE_TEMPLATE

		for language, words in (
			("", "Payment reference: "),
			(" (da)", "Betalingsreference: "),
			(" (nb)", "Betalingsreferanse: "),
			(" (sv)", "Betalningsreferens: "),
		):
			template = frappe.get_doc("Email Template", INVOICE_TEMPLATE + language)
			message = template.get_formatted_email(self.made.as_dict())["message"]
			self.assertIn(words + html.escape(self.made.b2b_payment_reference_printed), message)
			self.assertIn("/pay-invoices?token=", message)

	def test_it_is_a_pdf(self):
		for language in ("en", "da"):
			pdf = as_pdf(self.html(self.made, PRINT_FORMAT, language))
			self.keep(f"invoice-payment-reference-{language}", pdf)
			text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
			self.assertIn(self.made.b2b_payment_reference_printed, text)
			self.assertIn(IBAN, text)

	def test_any_print_format_can_have_it_for_who_may_read_the_invoice(self):
		template = "{% set p = b2b_payment_details(doc.name) %}{{ p.printed }}/{{ p.lines | length }}"
		for user, is_there in (("controller", True), ("compliance_officer", False), ("Guest", False)):
			with as_user(user):
				text = frappe.render_template(template, {"doc": frappe._dict(name=self.made.name)})
			self.assertEqual(self.made.b2b_payment_reference_printed in html.unescape(text), is_there, user)
		for name in (self.invoice(submit=False).name, "no such invoice"):
			self.assertEqual(payment_references.b2b_payment_details(name), {})

	def test_without_a_set_up_the_account_is_named(self):
		self.setup.db_set("disabled", 1)
		bank_account(is_default=1)
		invoice = self.invoice()
		found = payment_references.b2b_payment_details(invoice.name)
		self.assertEqual((found["kind"], found["text"]), ("", ""))
		self.assertIn({"label": "IBAN", "value": IBAN}, found["lines"])

	def test_to_whom_is_paid_for_each_kind(self):
		for kind, label, value in (
			("KID", "Account number", "1234.56.78903"),
			("OCR", "Bankgiro or Plusgiro", "5050-1055"),
			("RF", "IBAN", IBAN),
		):
			frappe.db.delete(SETUP, {"company": COMPANY})
			set_up(kind, for_currency="DKK")
			lines = payment_references.payment_lines(COMPANY, "DKK", None)
			self.assertIn({"label": label, "value": value}, lines)

	def test_the_api_wants_the_right_to_read(self):
		with as_user("controller"):
			self.assertEqual(api.payment_reference(self.made.name)["text"], self.made.b2b_payment_reference)
		with as_user("stock_user"):
			self.assertRaises(frappe.PermissionError, api.payment_reference, self.made.name)
