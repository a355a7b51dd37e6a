"""A customer confirms a balance, or says what differs, by a link without log-in: what it opens, what comes of it, who decides."""

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe import client
from frappe.handler import is_valid_http_method
from frappe.utils import add_days, getdate, nowdate, set_request
from frappe.website.serve import get_response

from b2b_contracts import balance_links_api, signed_links
from b2b_contracts import statements_api as api
from b2b_contracts.collections import balance_confirmations as confirmations
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.exceptions import (
	BalanceConfirmationError,
	EvidenceError,
	NotYourMandateError,
	WrittenByAppOnlyError,
)
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of

DOCTYPE = "Balance Confirmation"


class ConfirmationTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()
		self.customer = make.make_customer(
			customer_name=f"Kunde & Søn {frappe.generate_hash(length=6)}", language="da"
		)
		make.make_contact(self.customer, frappe.generate_hash(length=8), [{"role": "Accounts Payable"}])
		with make.policy_off():
			self.invoice = make.make_overdue_invoice(self.customer, 4_000, 20)

	def ask(self, user: str = "collector", **fields):
		with as_user(user):
			name = api.ask_to_confirm_balance(self.customer.name, COMPANY, **fields)["name"]
		return frappe.get_doc(DOCTYPE, name)

	def token(self, doc) -> str:
		return confirmations.link_of(doc.name).split("token=")[1]

	def answer(self, doc, answer: str = "Confirmed", **values) -> str:
		with as_user("Guest"):
			sent = {"name_given": "Anna Holm", "comment": "", "amounts": "", **values}
			message = confirmations.submit(self.token(doc), answer, **sent)
		doc.reload()
		return message

	def run_daily(self, on: int) -> None:
		"""Run the job as on a day so many days from now, within the test's transaction."""
		day = getdate(add_days(nowdate(), on))
		with (
			patch.object(frappe.local.db, "commit"),
			patch.object(confirmations, "getdate", lambda value=None: getdate(value) if value else day),
			patch.object(confirmations, "now_datetime", lambda: f"{day} 06:00:00"),
		):
			confirmations.daily()

	def mails(self, doc) -> list[str]:
		names = frappe.get_all(
			"Email Queue", {"reference_name": doc.name}, pluck="message", order_by="creation"
		)
		return [make.text_of(message) for message in names]


class TestAsked(ConfirmationTestCase):
	def test_it_is_the_balance_and_what_it_is_made_of(self):
		make.make_payment(customer=self.customer, amount=150)
		doc = self.ask()
		self.assertEqual(
			(doc.status, doc.acknowledges_debt, doc.owner), ("Sent", "Undecided", email_of("collector"))
		)
		self.assertEqual([(row.currency, row.our_amount) for row in doc.amounts], [("DKK", 3_850)])
		self.assertEqual(
			{(row.voucher_no, row.amount) for row in doc.get("items")} & {(self.invoice.name, 4_000)},
			{(self.invoice.name, 4_000)},
		)
		self.assertEqual(sum(row.amount for row in doc.get("items")), 3_850)
		(mail,) = self.mails(doc)
		self.assertIn("bekræfte", mail)
		self.assertIn(f"/confirm-balance?token={self.token(doc)}", mail)
		self.assertTrue(doc.pdf and doc.sent_to)

	def test_the_templates_speak_four_languages(self):
		doc = self.ask()
		for template in (confirmations.CONFIRMATION_TEMPLATE, confirmations.REMINDER_TEMPLATE):
			for language, words in (
				("en", "Confirm it"),
				("da", "Bekræft"),
				("nb", "Bekreft"),
				("sv", "Bekräfta"),
			):
				name = template if language == "en" else f"{template} ({language})"
				context = confirmations.mail_context(doc, language)
				mail = frappe.get_doc("Email Template", name).get_formatted_email(context)
				self.assertIn(words, mail["message"])
				self.assertIn(context["link"], mail["message"])

	def test_days_must_be_in_order(self):
		with self.assertRaisesRegex(BalanceConfirmationError, "more days"):
			self.ask(remind_after=10, give_up_after=10)


class TestLink(ConfirmationTestCase):
	def test_it_shows_the_balance_and_nothing_else(self):
		make.make_profile(self.customer, manual_limit=77_000)
		doc = self.ask()
		with as_user("Guest"):
			seen = confirmations.shown(self.token(doc))
		self.assertEqual(seen["customer_name"], self.customer.customer_name)
		self.assertEqual([row["amount"] for row in seen["amounts"]], [4_000])
		self.assertEqual([row["name"] for row in seen["items"]], [self.invoice.name])
		self.assertNotIn("77,000", str(seen))

	def test_a_confirmed_balance(self):
		doc = self.ask()
		said = self.answer(doc)
		self.assertIn("is right", said)
		self.assertEqual((doc.status, doc.answered_by, doc.answered_how), ("Confirmed", "Anna Holm", "Link"))
		self.assertEqual((doc.amounts[0].their_amount, doc.amounts[0].difference), (4_000, 0))
		told = frappe.get_all("Notification Log", {"document_name": doc.name}, pluck="for_user")
		self.assertEqual(told, [email_of("collector")])

	def test_what_differs(self):
		doc = self.ask()
		self.answer(doc, "Differs", comment="We paid 1,000 in June.", amounts='{"DKK": "3000.50"}')
		self.assertEqual((doc.status, doc.comment), ("Differs", "We paid 1,000 in June."))
		self.assertEqual((doc.amounts[0].their_amount, doc.amounts[0].difference), (3_000.5, 999.5))
		told = frappe.get_all("Notification Log", {"document_name": doc.name}, pluck="for_user")
		self.assertLessEqual({email_of("collector"), email_of("controller")}, set(told))

	def test_nothing_that_is_sent_runs_on_the_desk(self):
		doc = self.ask()
		evil = "<script>alert(1)</script><img src=x onerror=alert(1)>Anna"
		self.answer(doc, "Differs", name_given=evil, comment=evil, amounts='{"DKK": "1"}')
		for text in (doc.answered_by, doc.comment):
			self.assertIn("Anna", text)
			for word in ("<script", "onerror"):
				self.assertNotIn(word, text)

	def test_it_is_good_for_one_answer(self):
		doc = self.ask()
		self.answer(doc)
		for answer in ("Confirmed", "Differs"):
			with self.assertRaisesRegex(BalanceConfirmationError, "answered on"):
				self.answer(doc, answer, comment="Another thought", amounts='{"DKK": "1"}')
		with as_user("Guest"), self.assertRaisesRegex(BalanceConfirmationError, "answered on"):
			confirmations.shown(self.token(doc))

	def test_what_cannot_be_an_answer(self):
		doc = self.ask()
		for values, words in (
			({"answer": "Sent"}, "whether the balance is right"),
			({"answer": "No Answer"}, "whether the balance is right"),
			({"name_given": " "}, "your name"),
			({"name_given": "x" * 141}, "your name"),
			({"answer": "Differs", "amounts": '{"DKK": "1"}'}, "what differs"),
			({"answer": "Differs", "comment": "No"}, "by your books in DKK"),
			({"answer": "Differs", "comment": "No", "amounts": '{"EUR": "1"}'}, "by your books in DKK"),
			({"answer": "Differs", "comment": "No", "amounts": '{"DKK": "4000.00"}'}, "is our balance"),
			({"answer": "Differs", "comment": "x" * 4_001, "amounts": '{"DKK": "1"}'}, "characters at most"),
			*(
				({"answer": "Differs", "comment": "No", "amounts": amounts}, "as a number")
				for amounts in (
					'{"DKK": "a lot"}',
					'{"DKK": "NaN"}',
					'{"DKK": "1e99"}',
					'{"DKK": "0.001"}',
					"[1]",
					"{",
				)
			),
		):
			with self.subTest(values):
				frappe.db.savepoint("answer")
				with self.assertRaisesRegex(BalanceConfirmationError, words):
					self.answer(doc, values.pop("answer", "Confirmed"), **values)
				frappe.db.rollback(save_point="answer")
		self.assertEqual(doc.reload().status, "Sent")

	def test_what_it_does_not_open(self):
		doc = self.ask()
		token = self.token(doc)
		elsewhere = signed_links.address("/x", "dispute an invoice", doc.name, timedelta(days=1)).split(
			"token="
		)[1]
		gone = signed_links.address("/x", confirmations.PURPOSE, "BAC-none", timedelta(days=1)).split(
			"token="
		)[1]
		for other in (
			token[:-2] + "xx",
			token.split(".")[0],
			"",
			"' or 1=1 --",
			"x" * 5_000,
			elsewhere,
			gone,
		):
			with as_user("Guest"), self.assertRaisesRegex(BalanceConfirmationError, "not valid"):
				confirmations.submit(other, "Confirmed", "Anna Holm")
			with as_user("Guest"), self.assertRaisesRegex(BalanceConfirmationError, "not valid"):
				confirmations.shown(other)
		self.assertEqual(doc.reload().status, "Sent")

	def test_after_half_a_year(self):
		doc = self.ask()
		token = self.token(doc)
		later = getdate(add_days(nowdate(), 181))
		with patch.object(confirmations, "getdate", lambda value=None: getdate(value) if value else later):
			with as_user("Guest"), self.assertRaisesRegex(BalanceConfirmationError, "was good until"):
				confirmations.submit(token, "Confirmed", "Anna Holm")

	def test_a_guest_reads_nothing_else(self):
		doc = self.ask()
		with as_user("Guest"):
			self.assertRaises(frappe.PermissionError, client.get, DOCTYPE, doc.name)
			self.assertRaises(frappe.PermissionError, frappe.get_list, DOCTYPE)
			for function in (api.record_balance_answer, api.decide_acknowledgement, api.statement_pdf):
				self.assertRaises(frappe.PermissionError, frappe.is_whitelisted, function)

	def test_it_is_posted_only(self):
		for verb, is_allowed in (("GET", False), ("PUT", False), ("POST", True)):
			set_request(method=verb, path="/")
			self.addCleanup(setattr, frappe.local, "request", None)
			if is_allowed:
				is_valid_http_method(balance_links_api.answer_balance)
			else:
				self.assertRaises(
					frappe.PermissionError, is_valid_http_method, balance_links_api.answer_balance
				)

	def test_the_page_speaks_the_language_of_the_customer(self):
		page = self.page(self.token(self.ask()))
		self.assertIn("Er denne saldo rigtig?", page)
		self.assertIn("Kunde &amp; Søn", page)

	def test_the_page_of_a_link_that_is_not_good(self):
		page = self.page("nothing of ours")
		self.assertIn("This link is not valid", page)
		self.assertNotIn("b2b-balance__form", page.split("<script")[0])

	def page(self, token: str) -> str:
		ip = getattr(frappe.local, "request_ip", None)
		self.addCleanup(frappe.cache.delete_keys, "rl:None")
		with as_user("Guest"), writing_in(frappe.local.lang):
			set_request(method="GET", path="/confirm-balance")
			frappe.local.request_ip = "10.1.3.1"
			frappe.local.form_dict = frappe._dict(token=token)
			try:
				return frappe.safe_decode(get_response().get_data())
			finally:
				frappe.local.request, frappe.local.request_ip = None, ip


class TestWithoutAnswer(ConfirmationTestCase):
	def test_it_is_reminded_once_and_given_up(self):
		doc = self.ask()
		for day, mails, status in (
			(0, 1, "Sent"),
			(13, 1, "Sent"),
			(14, 2, "Sent"),
			(14, 2, "Sent"),
			(20, 2, "Sent"),
			(27, 2, "Sent"),
			(28, 2, "No Answer"),
			(60, 2, "No Answer"),
		):
			with self.subTest(day):
				self.run_daily(day)
				self.assertEqual((len(self.mails(doc)), doc.reload().status), (mails, status))
		self.assertIn("endnu ikke", self.mails(doc)[1])
		self.assertIn("is right", self.answer(doc))

	def test_days_that_were_missed(self):
		doc = self.ask(remind_after=5, give_up_after=10)
		self.run_daily(40)
		self.assertEqual((len(self.mails(doc)), doc.reload().status), (2, "Sent"))
		self.run_daily(44)
		self.assertEqual(doc.reload().status, "Sent")
		self.run_daily(45)
		self.assertEqual(doc.reload().status, "No Answer")

	def test_who_has_answered_is_left_alone(self):
		doc = self.ask()
		self.answer(doc)
		self.run_daily(14)
		self.run_daily(60)
		self.assertEqual((len(self.mails(doc)), doc.reload().status), (1, "Confirmed"))


class TestPaper(ConfirmationTestCase):
	def file(self) -> str:
		return frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")

	def test_an_answer_on_paper(self):
		doc = self.ask()
		with as_user("credit_manager"):
			self.assertRaisesRegex(
				BalanceConfirmationError,
				"Attach the answer",
				api.record_balance_answer,
				doc.name,
				"Confirmed",
				"Anna Holm",
				"",
			)
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": "signed.txt",
				"is_private": 1,
				"content": "signed",
				"attached_to_doctype": DOCTYPE,
				"attached_to_name": doc.name,
			}
		).insert()
		with as_user("collector"):
			answer = api.record_balance_answer(
				doc.name, "Differs", "Anna Holm", file.file_url, "One invoice is unknown to us.", {"DKK": 0}
			)
		self.assertEqual(answer["status"], "Differs")
		doc.reload()
		self.assertEqual((doc.answered_how, doc.amounts[0].their_amount), ("Paper", 0))
		self.assertEqual((doc.evidence, doc.amounts[0].difference), (file.file_url, 4_000))
		with as_user("collector"), self.assertRaisesRegex(BalanceConfirmationError, "second answer"):
			api.record_balance_answer(doc.name, "Confirmed", "Anna Holm", file.file_url)

	def test_who_may_only_read_enters_nothing(self):
		doc = self.ask()
		for user in ("auditor", "board", "seller1"):
			with as_user(user):
				self.assertRaises(
					frappe.PermissionError, api.record_balance_answer, doc.name, "Confirmed", "Anna", "/x"
				)


class TestAcknowledgement(ConfirmationTestCase):
	def test_a_person_within_the_mandate_decides_once(self):
		doc = self.ask()
		self.answer(doc)
		with as_user("collector"), self.assertRaisesRegex(NotYourMandateError, "Credit Manager"):
			api.decide_acknowledgement(doc.name, 1, "Signed by the managing director.")
		with as_user("credit_manager"):
			self.assertIsNone(api.why_not_decide_acknowledgement(doc.name))
			with self.assertRaisesRegex(BalanceConfirmationError, "why"):
				api.decide_acknowledgement(doc.name, 1, " ")
			api.decide_acknowledgement(doc.name, 1, "Signed by the managing director.")
		doc.reload()
		self.assertEqual(
			(doc.acknowledges_debt, doc.decided_by, doc.decision_reason),
			("Yes", email_of("credit_manager"), "Signed by the managing director."),
		)
		self.assertEqual(
			confirmations.acknowledged([self.invoice.name]), {self.invoice.name: {getdate(doc.answered_on)}}
		)
		with as_user("credit_manager"), self.assertRaisesRegex(BalanceConfirmationError, "decided already"):
			api.decide_acknowledgement(doc.name, 0, "On second thoughts")

	def test_nothing_counts_that_nobody_decided_or_that_was_not_confirmed(self):
		doc = self.ask()
		with as_user("credit_manager"), self.assertRaisesRegex(BalanceConfirmationError, "Only a confirmed"):
			api.decide_acknowledgement(doc.name, 1, "They will")
		self.answer(doc)
		self.assertEqual(confirmations.acknowledged([self.invoice.name]), {})
		with as_user("cfo"):
			api.decide_acknowledgement(doc.name, 0, "Confirmed by a trainee.")
		self.assertEqual(confirmations.acknowledged([self.invoice.name]), {})


class TestKept(ConfirmationTestCase):
	def test_it_is_evidence(self):
		doc = self.ask()
		with self.assertRaises(EvidenceError):
			doc.delete()
		with as_user("credit_manager"):
			doc = frappe.get_doc(DOCTYPE, doc.name)
			doc.status = "Confirmed"
			self.assertRaises(WrittenByAppOnlyError, doc.save)
			self.assertRaises(
				WrittenByAppOnlyError, client.set_value, DOCTYPE, doc.name, "acknowledges_debt", "Yes"
			)

	def test_who_reads_it(self):
		doc = self.ask()
		for user, count in (("auditor", 1), ("accounts_user", 1), ("seller1", 1), ("seller2", 0)):
			with as_user(user):
				self.assertEqual(len(frappe.get_list(DOCTYPE, {"name": doc.name})), count, user)
				rows = frappe.get_list(
					"Balance Confirmation Item", {"parent": doc.name}, parent_doctype=DOCTYPE
				)
				self.assertEqual(len(rows), count, user)
		with as_user("stock_user"):
			self.assertRaises(frappe.PermissionError, frappe.get_list, DOCTYPE)
