"""Statements of account: they tie to the general ledger of the customer to the cent, whatever was booked and on whatever day."""

from decimal import Decimal
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate
from pypdf import PdfReader

from b2b_contracts import statements_api as api
from b2b_contracts.collections import statement_letters, statements
from b2b_contracts.engine.statements import MOVEMENTS, OPEN_ITEMS
from b2b_contracts.exceptions import StatementError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, ensure_second_company


def ago(days: int) -> str:
	return add_days(nowdate(), -days)


def text_of_pdf(content: bytes) -> str:
	return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


class StatementTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(language="da")
		make.make_profile(self.customer, manual_limit=1_000_000)

	def invoice(self, amount: float, days: int, terms: int = 14, **fields):
		"""An invoice of so many days ago."""
		with make.policy_off():
			due = add_days(ago(days), terms)
			return make.make_invoice(self.customer, amount, posting_date=ago(days), due_date=due, **fields)

	def in_instalments(self, amount: float, days: int, *dues: int):
		"""An invoice of so many days ago, due in equal parts so many days after it."""
		portion = 100 / len(dues)
		rows = [
			{
				"due_date": add_days(ago(days), after),
				"invoice_portion": portion,
				"payment_amount": amount / len(dues),
			}
			for after in dues
		]
		return self.invoice(amount, days, max(dues), payment_schedule=rows)

	def open_items(self, days: int = 0) -> statements.Statement:
		return statements.open_items(self.customer.name, COMPANY, getdate(ago(days)))

	def ledger(self, days: int = 0) -> dict[str, Decimal]:
		"""What the general ledger has of the customer at the end of a day, added up entry by entry."""
		entries = frappe.get_all(
			"GL Entry",
			filters={
				"party_type": "Customer",
				"party": self.customer.name,
				"company": COMPANY,
				"is_cancelled": 0,
				"posting_date": ["<=", ago(days)],
			},
			fields=["account_currency", "debit_in_account_currency", "credit_in_account_currency"],
		)
		found: dict[str, Decimal] = {}
		for row in entries:
			moved = Decimal(str(row.debit_in_account_currency)) - Decimal(str(row.credit_in_account_currency))
			found[row.account_currency] = found.get(row.account_currency, Decimal(0)) + moved
		return {currency: amount.quantize(Decimal("0.01")) for currency, amount in found.items()}

	def rows(self, statement) -> list[tuple]:
		return [
			(item.kind, item.name, item.amount, item.days_past_due)
			for part in statement.parts
			for item in part.items
		]


class TestOpenItems(StatementTestCase):
	def test_each_instalment_that_is_open_and_every_credit(self):
		old = self.in_instalments(900, 60, 10, 40, 90)
		make.make_payment(old, amount=400, posting_date=ago(20))
		young = self.invoice(250, 5)
		payment = make.make_payment(customer=self.customer, amount=75, posting_date=ago(3))
		journal = make.make_journal(self.customer, 60, posting_date=ago(2))
		credit = make.make_journal(self.customer, -20, posting_date=ago(1))
		found = self.open_items()
		self.assertEqual(
			self.rows(found),
			[
				("Invoice", old.name, 200, 20),
				("Entry", journal.name, 60, 2),
				("Invoice", young.name, 250, 0),
				("Invoice", old.name, 300, 0),
				("Payment", payment.name, -75, 0),
				("Credit", credit.name, -20, 0),
			],
		)
		self.assertEqual(found.totals, self.ledger())
		self.assertEqual(found.overdue, {"DKK": 260})
		self.assertEqual(sum(found.parts[0].ageing.values()), found.parts[0].closing)

	def test_a_credit_note_that_stands_for_itself_is_a_credit(self):
		invoice = self.invoice(500, 30)
		make.make_payment(invoice, posting_date=ago(20))
		note = make.make_credit_note(invoice, 120, update_outstanding_for_self=1)
		self.assertEqual(self.rows(self.open_items()), [("Credit Note", note.name, -120, 0)])
		self.assertEqual(self.open_items().totals, self.ledger())

	def test_it_is_as_the_books_were_on_the_day(self):
		invoice = self.invoice(1_000, 60, 30)
		make.make_payment(invoice, amount=400, posting_date=ago(20))
		make.make_credit_note(invoice.reload(), 100, posting_date=ago(10), set_posting_time=1)
		for days, amount, late in (
			(61, None, 0),
			(60, 1_000, 0),
			(21, 1_000, 9),
			(20, 600, 10),
			(10, 500, 20),
		):
			with self.subTest(days):
				found = self.open_items(days)
				self.assertEqual([row[2:] for row in self.rows(found)], [(amount, late)] if amount else [])
				if amount:
					self.assertEqual(found.totals, self.ledger(days))

	def test_an_advance_that_an_invoice_takes_up_later_ties_on_every_day(self):
		parent = frappe.db.get_value("Account", {"company": COMPANY, "root_type": "Liability", "is_group": 1})
		account = frappe.get_doc(
			{
				"doctype": "Account",
				"account_name": f"Advances {frappe.generate_hash(length=6)}",
				"company": COMPANY,
				"parent_account": parent,
				"account_type": "Receivable",
			}
		).insert()
		terms = {
			"book_advance_payments_in_separate_party_account": 1,
			"default_advance_received_account": account.name,
			"reconciliation_takes_effect_on": "Oldest Of Invoice Or Advance",
		}
		frappe.db.set_value("Company", COMPANY, terms)
		frappe.clear_document_cache("Company", COMPANY)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		with make.policy_off():
			order = make.make_order(self.customer, 500, transaction_date=ago(45))
			make.make_payment(order, 200, posting_date=ago(40))
			make.make_invoice(order=order, posting_date=ago(30), allocate_advances_automatically=1)
		for days in (46, 40, 35, 30, 0):
			with self.subTest(days):
				found = self.open_items(days)
				self.assertEqual(
					{c: a for c, a in found.totals.items() if a},
					{c: a for c, a in self.ledger(days).items() if a},
				)

	def test_it_is_in_the_currency_of_the_account(self):
		account = make.make_account(
			"Debtors EUR",
			frappe.get_cached_value("Company", COMPANY, "default_receivable_account"),
			account_type="Receivable",
			account_currency="EUR",
		)
		foreign = {"currency": "EUR", "conversion_rate": 7.5, "plc_conversion_rate": 1}
		owed = self.invoice(1_000, 30, debit_to=account, **foreign)
		found = self.open_items()
		self.assertEqual(found.totals, {"EUR": 1_000})
		self.assertEqual(found.totals, self.ledger())
		self.assertEqual(self.rows(found), [("Invoice", owed.name, 1_000, 16)])

	def test_an_invoice_in_another_currency_than_its_account_is_in_that_of_the_account(self):
		several = {"allow_multi_currency_invoices_against_single_party_account": 1}
		with change_settings("Accounts Settings", several):
			self.invoice(100, 30, currency="EUR", conversion_rate=7.4612, plc_conversion_rate=1)
		found = self.open_items()
		self.assertEqual(found.totals, self.ledger())
		self.assertEqual(found.totals, {"DKK": Decimal("746.12")})

	def test_what_is_disputed_planned_and_promised_is_marked_today_alone(self):
		disputed, planned, promised = (self.invoice(amount, 30) for amount in (100, 200, 300))
		make.make_dispute((disputed, 40))
		make.make_plan((planned, None))
		frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": self.customer.name,
				"company": COMPANY,
				"sales_invoice": promised.name,
				"amount": 250,
				"promised_date": add_days(nowdate(), 4),
			}
		).insert()
		frappe.db.set_value("Sales Invoice", planned.name, "b2b_planned_amount", 200)
		by_name = {item.name: item for item in self.open_items().parts[0].items}
		texts = {
			invoice.name: statement_letters.aside_texts(
				by_name[invoice.name].aside, by_name[invoice.name].amount, "DKK"
			)
			for invoice in (disputed, planned, promised)
		}
		self.assertRegex(texts[disputed.name][0], r"40.00 disputed$")
		self.assertEqual(texts[planned.name], ["In a payment plan"])
		self.assertRegex(texts[promised.name][0], r"250.00 promised until")
		self.assertFalse(any(item.aside.disputed for item in self.open_items(1).parts[0].items))

	def test_what_the_payment_ledger_lacks_is_a_line_of_its_own(self):
		kept, lost = self.invoice(100, 10), self.invoice(30, 10)
		frappe.db.delete("Payment Ledger Entry", {"voucher_no": lost.name})
		found = self.open_items()
		self.assertEqual(
			[row[:3] for row in self.rows(found)], [("Invoice", kept.name, 100), ("Not by Document", "", 30)]
		)
		self.assertEqual(found.totals, self.ledger())

	def test_nothing_open_is_a_statement_too(self):
		found = self.open_items()
		self.assertTrue(found.is_settled)
		self.assertEqual(found.totals, {"DKK": 0})

	def test_no_day_to_come(self):
		with self.assertRaisesRegex(StatementError, "still to come"):
			statements.open_items(self.customer.name, COMPANY, getdate(add_days(nowdate(), 1)))


class TestMovements(StatementTestCase):
	def movements(self, first: int, last: int = 0) -> statements.Statement:
		days = (getdate(ago(first)), getdate(ago(last)))
		return statements.statement_of_account(self.customer.name, COMPANY, *days)

	def test_from_the_opening_to_the_closing_balance(self):
		before = self.invoice(1_000, 90)
		make.make_payment(before, amount=300, posting_date=ago(70))
		invoice = self.invoice(250, 40)
		payment = make.make_payment(before.reload(), amount=700, posting_date=ago(20))
		note = make.make_credit_note(invoice, 50, posting_date=ago(10), set_posting_time=1)
		(part,) = self.movements(60, 5).parts
		self.assertEqual(part.opening, self.ledger(61)["DKK"])
		self.assertEqual(
			[(line.entry.name, line.entry.debit, line.entry.credit, line.balance) for line in part.lines],
			[
				(invoice.name, 250, 0, 950),
				(payment.name, 0, 700, 250),
				(note.name, 0, 50, 200),
			],
		)
		self.assertEqual((part.closing, {"DKK": part.closing}), (200, self.ledger(5)))
		kinds = [statements.kind_of(self.movements(60, 5), line.entry) for line in part.lines]
		self.assertEqual(kinds, ["Invoice", "Payment", "Credit Note"])

	def test_the_closing_balance_is_what_is_open(self):
		invoice = self.invoice(777.77, 50, disable_rounded_total=1)
		make.make_payment(invoice, amount=77.07, posting_date=ago(30))
		make.make_journal(self.customer, 12.34, posting_date=ago(10))
		for days in (49, 30, 9, 0):
			self.assertEqual(self.movements(60, days).totals, self.open_items(days).totals)

	def test_what_was_cancelled_has_not_moved(self):
		self.invoice(40, 20)
		self.invoice(100, 20).cancel()
		self.assertEqual(self.movements(60).totals, {"DKK": 40})
		self.assertEqual(len(self.movements(60).parts[0].lines), 1)

	def test_it_needs_two_days_in_order(self):
		with self.assertRaisesRegex(StatementError, "before the last"):
			self.movements(5, 6)
		with self.assertRaisesRegex(StatementError, "first day"):
			statements.of_kind(MOVEMENTS, self.customer.name, COMPANY, None, getdate())


class TestOnPaper(StatementTestCase):
	def test_it_speaks_the_language_of_the_customer(self):
		invoice = self.invoice(1_234.5, 30, disable_rounded_total=1, po_no="<b>4711</b>")
		pdf = statement_letters.pdf_of(self.open_items(), "da")
		said = text_of_pdf(pdf)
		for words in (
			invoice.name,
			"Åbne poster",
			"Saldo",
			"Forfaldsdato",
			"<b>4711</b>",
			self.customer.customer_name,
		):
			self.assertIn(words, said)
		self.assertIn("1,234.50", said)
		for language, words in (("en", "Open items as of"), ("nb", "Åpne poster"), ("sv", "Öppna poster")):
			self.assertIn(words, statement_letters.html_of(self.open_items(), language))

	def test_movements_and_the_page_to_confirm(self):
		self.invoice(500, 30)
		found = statements.statement_of_account(
			self.customer.name, COMPANY, getdate(ago(60)), getdate(nowdate())
		)
		said = text_of_pdf(statement_letters.pdf_of(found, "en"))
		for words in ("Opening balance", "Closing balance", "500.00"):
			self.assertIn(words, said)
		said = text_of_pdf(statement_letters.pdf_of(self.open_items(), "en", {"name": "BAC-1"}))
		for words in (
			"Confirmation of balance",
			"BAC-1",
			"no demand for payment",
			"We acknowledge to owe it",
		):
			self.assertIn(words, said)

	def test_the_payment_reference_of_an_invoice_is_printed(self):
		invoice = self.invoice(500, 30)
		frappe.db.set_value(
			"Sales Invoice", invoice.name, "b2b_payment_reference_printed", "+71<00000000000123<89"
		)
		said = statement_letters.html_of(self.open_items(), "en")
		self.assertIn("+71&lt;00000000000123&lt;89", said)
		self.assertIn("Payment reference", said)

	def test_several_are_joined_in_order(self):
		pages = [statement_letters.pdf_of(self.open_items(), "en", {"name": name}) for name in ("ONE", "TWO")]
		joined = PdfReader(BytesIO(statement_letters.joined(pages)))
		self.assertEqual(len(joined.pages), 2)
		self.assertIn("TWO", joined.pages[1].extract_text())


class TestMailed(StatementTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()
		self.invoice(500, 30)

	def mails(self, name: str) -> list[frappe._dict]:
		fields = ["name", "message", "attachments"]
		return frappe.get_all(
			"Email Queue", filters={"reference_name": name}, fields=fields, order_by="creation"
		)

	def test_each_contact_in_its_language_with_the_pdf_in_it(self):
		make.make_contact(self.customer, "anna", [{"role": "Accounts Payable"}])
		make.make_contact(self.customer, "sven", [{"role": "Accounts Payable", "message_language": "sv"}])
		make.make_contact(self.customer, "orla", [{"role": "Ordering"}])
		with as_user("collector"):
			sent = api.mail_statement(self.customer.name, COMPANY)
		row = frappe.get_doc("Account Statement", sent["name"])
		self.assertEqual((row.status, row.owner), ("Sent", "collector@b2b-test.example.com"))
		self.assertEqual(
			set(row.sent_to.split(", ")), {"anna@b2b-test.example.com", "sven@b2b-test.example.com"}
		)
		mails = self.mails(row.name)
		self.assertEqual(len(mails), 2)
		texts = " ".join(make.text_of(mail.message) for mail in mails)
		for words in ("Vedhæftet er", "Bifogat finns"):
			self.assertIn(words, texts)
		files = [frappe.get_doc("File", frappe.parse_json(mail.attachments)[0]["fid"]) for mail in mails]
		said = {text_of_pdf(file.get_content()) for file in files}
		self.assertEqual(len(said), 2)
		self.assertTrue(all(file.is_private and file.attached_to_name == row.name for file in files))
		self.assertTrue(any("Öppna poster" in text for text in said))

	def test_without_an_address_it_says_whom_to_name(self):
		with as_user("collector"), self.assertRaisesRegex(StatementError, "no e-mail address"):
			api.mail_statement(self.customer.name, COMPANY)

	def test_without_an_account_to_send_from_nothing_is_said_to_be_sent(self):
		make.make_contact(self.customer, "anna", [{"role": "Accounts Payable"}])
		with patch.object(frappe, "sendmail", side_effect=frappe.OutgoingEmailError):
			with as_user("collector"), self.assertRaisesRegex(StatementError, "could be queued"):
				api.mail_statement(self.customer.name, COMPANY)

	def test_whoever_is_unsubscribed_is_not_said_to_have_it(self):
		make.make_contact(self.customer, "anna", [{"role": "Accounts Payable"}])
		frappe.get_doc(
			{"doctype": "Email Unsubscribe", "email": "anna@b2b-test.example.com", "global_unsubscribe": 1}
		).insert()
		with as_user("collector"), self.assertRaisesRegex(StatementError, "could be queued"):
			api.mail_statement(self.customer.name, COMPANY)


class TestRights(StatementTestCase):
	def setUp(self):
		super().setUp()
		self.invoice(500, 30)

	def test_sellers_see_their_own_customers(self):
		for user, is_allowed in (
			("seller1", True),
			("sales_manager", True),
			("seller2", False),
			("stock_user", False),
		):
			with self.subTest(user), as_user(user):
				for call in (api.statement, api.statement_pdf, api.expiring_claims):
					if is_allowed:
						call(self.customer.name, COMPANY)
					else:
						self.assertRaises(frappe.PermissionError, call, self.customer.name, COMPANY)

	def test_who_may_not_send_may_look(self):
		with as_user("auditor"):
			self.assertEqual(api.statement(self.customer.name, COMPANY)["parts"][0]["closing"], 500)
			self.assertRaises(frappe.PermissionError, api.mail_statement, self.customer.name, COMPANY)
			self.assertRaises(frappe.PermissionError, api.ask_to_confirm_balance, self.customer.name, COMPANY)

	def test_a_user_permission_on_a_company_counts(self):
		other = ensure_second_company()
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": "collector@b2b-test.example.com",
				"allow": "Company",
				"for_value": COMPANY,
			}
		).insert()
		with as_user("collector"):
			api.statement(self.customer.name, COMPANY)
			self.assertRaises(frappe.PermissionError, api.statement, self.customer.name, other)

	def test_it_answers_with_a_pdf(self):
		with as_user("controller"):
			api.statement_pdf(self.customer.name, COMPANY, OPEN_ITEMS, "", "", "en", 1)
		response = frappe.local.response
		self.assertEqual(response.type, "download")
		self.assertTrue(response.filename.endswith(f"{nowdate()}.pdf"))
		self.assertIn("Open items as of", text_of_pdf(response.filecontent))

	def test_what_other_software_gets(self):
		with as_user("controller"):
			found = api.statement(self.customer.name, COMPANY, MOVEMENTS, ago(60), nowdate())
			self.assertEqual(found["parts"][0]["lines"][0]["balance"], 500)
			found = api.statement(self.customer.name, COMPANY)
		part = found["parts"][0]
		self.assertEqual((part["closing"], part["overdue"]), (500, 500))
		self.assertEqual(part["ageing"]["1–30"], 500)

	def test_nobody_writes_one_by_hand(self):
		row = {
			"doctype": "Account Statement",
			"customer": self.customer.name,
			"company": COMPANY,
			"status": "Sent",
		}
		with as_user("credit_manager"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc(row).insert()
