"""A customer disputes an invoice by a link, without log-in: what it opens, what comes of it, and what it does not open."""

from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe import client
from frappe.handler import is_valid_http_method
from frappe.utils import add_days, add_to_date, flt, getdate, now_datetime, nowdate, set_request
from frappe.website.serve import get_response
from pypdf import PdfWriter

from b2b_contracts import collections_api as api
from b2b_contracts import customer_links_api, signed_links
from b2b_contracts.collections import dispute_links, disputes
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine.evidence import Upload
from b2b_contracts.exceptions import DisputeLinkError
from b2b_contracts.reporting import disputes as analysis
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, PRICE_LIST, SiteTestCase, email_of

PNG = b"\x89PNG\r\n\x1a\n not much of a picture"
MAIL = "accounts@customer.example.com"


def pdf(script: str = "") -> bytes:
	writer, content = PdfWriter(), BytesIO()
	writer.add_blank_page(100, 100)
	if script:
		writer.add_js(script)
	writer.write(content)
	return content.getvalue()


PDF = pdf()


def token_of(address: str) -> str:
	return address.split("token=")[1]


class LinkTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(customer_name=f"Kunde & Søn {frappe.generate_hash(length=6)}")
		make.make_profile(self.customer, manual_limit=100_000)
		self.invoice = make.make_invoice(self.customer, 4_000, selling_price_list=PRICE_LIST)
		self.token = self.link_of(self.invoice)

	def link_of(self, invoice) -> str:
		return token_of(dispute_links.b2b_dispute_link(invoice.name))

	def send(self, token: str | None = None, **values) -> str:
		"""Send the form of the page as somebody without log-in; returns what is answered."""
		values = {
			"amount": "1000",
			"root_cause": "Delivery",
			"description": "Two boxes were missing.",
			"email": MAIL,
			"uploads": (),
			**values,
		}
		with as_user("Guest"):
			return dispute_links.submit(token or self.token, **values)

	def shown(self, token: str | None = None) -> dict:
		with as_user("Guest"):
			return dispute_links.shown(token or self.token)

	def made(self):
		return frappe.get_last_doc("Dispute", {"customer": self.customer.name})

	def count(self) -> int:
		return frappe.db.count("Dispute", {"customer": self.customer.name})

	def assertGone(self, advice: str, token: str | None = None):
		for act in (self.shown, self.send):
			with self.assertRaisesRegex(DisputeLinkError, advice):
				act(token)
		self.assertEqual(self.count(), 0)

	def told(self, dispute) -> set[str]:
		about = {"document_type": "Dispute", "document_name": dispute.name}
		return set(frappe.get_all("Notification Log", filters=about, pluck="for_user"))


class TestLink(LinkTestCase):
	def test_who_may_read_the_invoice_gets_one(self):
		with as_user("controller"):
			self.assertIn("/dispute-invoice?token=", api.dispute_link(self.invoice.name))
		with as_user("stock_user"), self.assertRaises(frappe.PermissionError):
			api.dispute_link(self.invoice.name)

	def test_a_template_gives_none_to_whom_may_not_read_the_invoice(self):
		from frappe.email.doctype.email_template.email_template import get_email_template

		context = {**self.invoice.as_dict(), "po_no": "<b>4711</b>"}
		for user, is_there in (("controller", True), ("compliance_officer", False), ("Guest", False)):
			with as_user(user):
				mail = get_email_template(dispute_links.INVOICE_TEMPLATE, frappe.as_json(context))
			self.assertEqual("/dispute-invoice?token=" in mail["message"], is_there, user)
			self.assertEqual("Is something wrong" in mail["message"], is_there, user)
		self.assertIn(self.invoice.name, mail["subject"])
		self.assertNotIn("<b>4711", mail["message"])

	def test_the_template_speaks_four_languages(self):
		for language, words in (
			("da", "noget galt"),
			("nb", "noe galt"),
			("sv", "något fel"),
			("en", "wrong"),
		):
			name = (
				f"{dispute_links.INVOICE_TEMPLATE} ({language})"
				if language != "en"
				else (dispute_links.INVOICE_TEMPLATE)
			)
			mail = frappe.get_doc("Email Template", name).get_formatted_email(self.invoice.as_dict())
			self.assertIn(words, mail["message"])
			links = [part.split('"')[0] for part in mail["message"].split('href="')[1:]]
			pay, link = links
			self.assertIn("/pay-invoices?token=", pay)
			self.assertEqual(self.shown(token_of(link))["invoice"], self.invoice.name)

	def test_a_print_format_can_have_it(self):
		text = frappe.render_template("{{ b2b_dispute_link(doc.name) }}", {"doc": self.invoice})
		self.assertEqual(self.shown(token_of(text))["invoice"], self.invoice.name)

	def test_there_is_none_for_what_cannot_be_disputed(self):
		draft = make.make_invoice(self.customer, 100, submit=False)
		note = make.make_credit_note(self.invoice, 100)
		for name in (draft.name, note.name, "no such invoice"):
			self.assertEqual(dispute_links.b2b_dispute_link(name), "")

	def test_it_shows_the_invoice_and_nothing_else(self):
		make.make_payment(self.invoice, amount=500)
		seen = self.shown()
		self.assertEqual(
			{key: seen[key] for key in ("invoice", "company", "free", "dispute", "is_all_free")},
			{
				"invoice": self.invoice.name,
				"company": COMPANY,
				"free": 3_500,
				"dispute": None,
				"is_all_free": True,
			},
		)
		self.assertNotIn(self.customer.customer_name, str(seen))
		self.assertNotIn("100,000", str(seen))


class TestWhatItDoesNotOpen(LinkTestCase):
	def test_a_changed_token(self):
		said, signature = self.token.split(".")
		for other in (
			self.token[:-1] + ("A" if self.token[-1] != "A" else "B"),
			f"{said}.{signature[::-1]}",
			said,
			"",
			"' or 1=1 --",
			self.token + "=",
			"x" * 5_000,
		):
			with as_user("Guest"), self.assertRaisesRegex(DisputeLinkError, "not valid"):
				dispute_links.submit(other, "1", "Price", "x", MAIL)
			with as_user("Guest"), self.assertRaisesRegex(DisputeLinkError, "not valid"):
				dispute_links.shown(other)
		self.assertEqual(self.count(), 0)

	def test_the_signature_of_another_invoice(self):
		other = make.make_invoice(make.make_profile(manual_limit=1_000).customer, 900)
		mixed = f"{self.link_of(other).split('.')[0]}.{self.token.split('.')[1]}"
		self.assertGone("not valid", mixed)

	def test_a_token_for_something_else(self):
		address = signed_links.address("/x", "statement", self.invoice.name, timedelta(days=1))
		self.assertGone("not valid", token_of(address))

	def test_after_ninety_days(self):
		frappe.db.set_value(
			"Company", COMPANY, {"email": "ar@b2b.example.com", "phone_no": "+45 70 10 10 10"}
		)
		later = getdate(add_days(nowdate(), 90))
		with patch.object(dispute_links, "getdate", return_value=later):
			self.assertEqual(self.shown()["free"], 4_000)
		with patch.object(dispute_links, "getdate", return_value=later + timedelta(days=1)):
			self.assertGone(r"was good until .*write to .*ar@b2b\.example\.com, \+45 70")

	def test_an_invoice_that_is_paid_or_cancelled(self):
		frappe.db.set_value("Company", COMPANY, {"email": None, "phone_no": None})
		payment = make.make_payment(self.invoice)
		self.assertGone("Nothing of invoice .* is open any more.*answer the mail")
		payment.cancel()
		self.invoice.reload().cancel()
		self.assertGone("Nothing of invoice .* is open any more")

	def test_an_invoice_that_is_gone(self):
		address = signed_links.address("/x", dispute_links.PURPOSE, "no such invoice", timedelta(days=1))
		self.assertGone("not valid", token_of(address))

	def test_what_is_disputed_already(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 4_000))
		with as_user("Guest"), self.assertRaisesRegex(DisputeLinkError, "disputed or agreed on already"):
			dispute_links.shown(self.token)
		with self.assertRaisesRegex(DisputeLinkError, "disputed or agreed on already"):
			self.send()
		self.assertEqual(self.count(), 1)

	def test_a_guest_reads_nothing_else(self):
		self.send(uploads=[Upload("photo.png", PNG)])
		dispute = self.made()
		file = frappe.get_last_doc("File", {"attached_to_name": dispute.name})
		with as_user("Guest"):
			for doctype, name in (
				("Dispute", dispute.name),
				("Sales Invoice", self.invoice.name),
				("Customer", self.customer.name),
			):
				self.assertRaises(frappe.PermissionError, client.get, doctype, name)
				self.assertRaises(frappe.PermissionError, frappe.get_list, doctype)
			self.assertFalse(file.has_permission("read"))
			for function in (api.report_dispute, api.add_dispute_entry, api.dispute_link):
				with self.assertRaises(frappe.PermissionError):
					frappe.is_whitelisted(function)

	def test_it_is_posted_only(self):
		method = customer_links_api.dispute_invoice
		for verb, is_allowed in (("GET", False), ("PUT", False), ("POST", True)):
			set_request(method=verb, path="/")
			self.addCleanup(setattr, frappe.local, "request", None)
			if is_allowed:
				is_valid_http_method(method)
			else:
				self.assertRaises(frappe.PermissionError, is_valid_http_method, method)

	def test_somebody_who_is_logged_in_needs_the_token_of_the_form_too(self):
		set_request(method="POST", path="/")
		self.addCleanup(setattr, frappe.local, "request", None)
		with patch.dict(frappe.session.data, {"csrf_token": "of the session"}):
			check = frappe.auth.HTTPRequest.validate_csrf_token
			self.assertRaises(frappe.CSRFTokenError, check, None)

	def test_it_is_limited(self):
		with requests() as request:
			for number in range(10):
				with self.assertRaisesRegex(DisputeLinkError, "what is wrong"):
					request(f"10.1.1.{number}", self.token)
			with self.assertRaises(frappe.RateLimitExceededError):
				request("10.1.1.99", self.token)
			for number in range(20):
				with self.assertRaisesRegex(DisputeLinkError, "not valid"):
					request("10.1.2.1", f"t{number}")
			with self.assertRaises(frappe.RateLimitExceededError):
				request("10.1.2.1", "t99")
		self.assertEqual(self.count(), 0)


@contextmanager
def requests():
	"""Let calls come in requests; counted apart from all others, and forgotten afterwards."""
	form, ip = frappe.local.form_dict, getattr(frappe.local, "request_ip", None)
	command = f"test-{frappe.generate_hash(length=8)}"

	def request(address: str, token: str):
		with as_user("Guest"):
			set_request(method="POST", path="/")
			frappe.local.request_ip = address
			frappe.local.form_dict = frappe._dict(cmd=command, token=token)
			customer_links_api.dispute_invoice(token, " ", MAIL)

	try:
		yield request
	finally:
		frappe.local.request, frappe.local.form_dict, frappe.local.request_ip = None, form, ip
		frappe.cache.delete_keys(f"rl:{command}")


class TestWhatComesOfIt(LinkTestCase):
	def test_a_draft_that_credit_control_takes_up(self):
		answer = self.send(uploads=[Upload("note.pdf", PDF), Upload("photo.png", PNG)])
		dispute = self.made()
		self.assertIn(dispute.name, answer)
		self.assertIn(MAIL, answer)
		self.assertEqual(
			(dispute.docstatus, dispute.raised_by, dispute.by_link, dispute.contact_email, dispute.company),
			(0, "Customer", 1, MAIL, COMPANY),
		)
		self.assertEqual((dispute.disputed_amount, dispute.root_cause), (1_000, "Delivery"))
		files = frappe.get_all(
			"File", filters={"attached_to_name": dispute.name}, fields=["file_name", "is_private", "file_url"]
		)
		self.assertEqual({(f.file_name, f.is_private) for f in files}, {("note.pdf", 1), ("photo.png", 1)})
		self.assertIn(dispute.evidence, [f.file_url for f in files])
		# Nothing is set aside before somebody has looked at it.
		self.assertFalse(flt(frappe.db.get_value("Sales Invoice", self.invoice.name, "b2b_disputed_amount")))
		with as_user("controller"):
			doc = frappe.get_doc("Dispute", dispute.name)
			doc.submit()
		self.assertEqual((doc.status, doc.open_amount), ("Open", 1_000))
		self.assertEqual((doc.by_link, doc.contact_email), (1, MAIL))
		self.assertEqual(
			frappe.db.get_value("Sales Invoice", self.invoice.name, "b2b_disputed_amount"), 1_000
		)

	def test_nobody_is_mailed_and_the_right_people_are_told(self):
		with patch.object(frappe, "sendmail") as mail:
			self.send()
		self.assertFalse([c for c in mail.call_args_list if MAIL in str(c)])
		told = self.told(self.made())
		self.assertLessEqual({email_of("controller"), email_of("seller1")}, told)
		self.assertNotIn("Guest", told)

	def test_no_amount_is_all_that_can_be_disputed(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 1_500))
		self.assertEqual(self.shown()["free"], 2_500)
		self.send(amount="")
		self.assertEqual(self.made().disputed_amount, 2_500)

	def test_an_amount_that_cannot_be(self):
		for amount in ("4000.01", "0", "-1", "0.001", "NaN", "Infinity", "1e999999", "1e-999999", "a lot"):
			with self.assertRaisesRegex(DisputeLinkError, "4,000.00 at most"):
				self.send(amount=amount)
		self.assertEqual(self.count(), 0)

	def test_what_is_left_out(self):
		for field, value, advice in (
			("root_cause", "", "what the complaint is about"),
			("root_cause", "Weather", "what the complaint is about"),
			("description", "  ", "what is wrong"),
			("description", "x" * 4_001, "at most 4000"),
			("email", "", "e-mail address"),
			("email", "not an address", "e-mail address"),
			("email", f"{MAIL}, other@example.com", "e-mail address"),
			("uploads", [Upload("a.pdf", PDF)] * 4, "3 files at most"),
			("uploads", [Upload("a.pdf", PDF + b"x" * 5 * 1024 * 1024)], "larger than 5 MB"),
			("uploads", [Upload("photo.png", b"<svg onload=alert(1)>")], "neither a PDF nor a picture"),
			("uploads", [Upload("bill.pdf", pdf("app.alert(1)"))], "carries a script"),
			("uploads", [Upload("bill.pdf", b"%PDF-1.4 and no more")], "damaged"),
		):
			with self.subTest(advice), self.assertRaisesRegex(DisputeLinkError, advice):
				self.send(**{field: value})
		self.assertEqual(self.count(), 0)

	def test_scripts_stay_outside(self):
		evil = '<img src=x onerror="alert(1)"><script>alert(2)</script> less than < 5'
		self.send(description=evil, uploads=[Upload("<img src=x onerror=alert(1)>.png", PNG)])
		dispute = self.made()
		self.send(description=evil)
		dispute.reload()
		file = frappe.db.get_value("File", {"attached_to_name": dispute.name}, "file_name")
		texts = (dispute.description, dispute.progress[0].text, file, dispute.evidence)
		for text in texts:
			for word in ("<script", "onerror=", "<img src=x o"):
				self.assertNotIn(word, text)
		comments = frappe.get_all("Comment", filters={"reference_name": dispute.name}, pluck="content")
		self.assertNotIn("onerror=", " ".join(comments))

	def test_a_second_one_is_added_to_the_first(self):
		self.send()
		first = self.made()
		self.assertEqual(self.shown()["dispute"], first.name)
		answer = self.send(description="The third box is missing too.", uploads=[Upload("photo.png", PNG)])
		self.assertIn(first.name, answer)
		self.assertEqual(self.count(), 1)
		first.reload()
		(entry,) = first.progress
		self.assertEqual(entry.entry, "Customer Answer")
		for words in ("The third box", MAIL, "photo"):
			self.assertIn(words, entry.text)
		# Whoever has the draft open and takes it up does not lose it.
		with as_user("controller"):
			first.progress = []
			first.submit()
		self.assertEqual(len(first.reload().progress), 1)

	def test_an_answer_moves_a_running_one_on(self):
		self.send(amount="")
		dispute = self.made()
		with as_user("controller"):
			dispute.submit()
			disputes.add_entry(dispute.name, "Note", "Asked for photos", "Customer")
		frappe.db.set_value("Dispute", dispute.name, "last_progress_on", add_days(nowdate(), -10))
		self.send(description="Here they are.", uploads=[Upload("photo.png", PNG)])
		dispute.reload()
		self.assertEqual((dispute.status, dispute.next_action_by), ("In Progress", "Us"))
		self.assertEqual(getdate(dispute.last_progress_on), getdate())
		self.assertEqual(self.count(), 1)
		self.assertIn(dispute.assigned_to, self.told(dispute))

	def test_a_settled_one_is_not_opened_again(self):
		self.send()
		first = self.made()
		with as_user("controller"):
			first.submit()
			api.settle_dispute(first.name, "Resolved: Rejected", "All was delivered")
		self.assertIsNone(self.shown()["dispute"])
		self.send(description="It was not.")
		self.assertEqual(self.count(), 2)
		self.assertNotIn("Guest", self.told(first))

	def test_two_at_the_same_moment_are_one(self):
		self.send()
		with patch.object(dispute_links, "_running_by_link", return_value=None):
			with self.assertRaisesRegex(DisputeLinkError, "sent twice"):
				self.send()
		self.assertEqual(self.count(), 1)

	def test_the_clock_runs_from_when_it_was_sent(self):
		self.send()
		dispute = self.made()
		sent = add_to_date(now_datetime(), hours=-5)
		frappe.db.set_value("Dispute", dispute.name, "creation", sent, update_modified=False)
		self.send(description="Hello?")
		with as_user("controller"):
			dispute.reload().submit()
		# Neither what the customer adds nor taking it up is an answer.
		self.assertIsNone(dispute.reload().first_response_on)
		with as_user("controller"):
			disputes.add_entry(dispute.name, "Note", "Rang them")
			found = analysis.analysed(COMPANY, getdate(), getdate(), analysis.CUSTOMER)
		(group,) = [group for group in found.groups if group.key == self.customer.name]
		self.assertAlmostEqual(group.response_hours, 5, delta=0.1)

	def test_nobody_else_says_that_it_came_by_link(self):
		with as_user("controller"):
			dispute = make.make_dispute(
				(self.invoice, 100), by_link=1, contact_email=MAIL, link_key=self.invoice.name, submit=False
			)
		dispute.reload()
		self.assertEqual((dispute.by_link, dispute.contact_email, dispute.link_key), (0, None, None))


class TestPage(LinkTestCase):
	def page(self, token: str) -> str:
		ip = getattr(frappe.local, "request_ip", None)
		with as_user("Guest"), writing_in(frappe.local.lang):
			set_request(method="GET", path="/dispute-invoice")
			frappe.local.request_ip = "10.1.3.1"
			frappe.local.form_dict = frappe._dict(token=token)
			try:
				return frappe.safe_decode(get_response().get_data())
			finally:
				frappe.local.request, frappe.local.request_ip = None, ip

	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.cache.delete_keys, "rl:None")

	def test_it_asks_in_the_language_of_the_customer(self):
		for language, words in (
			("en", "Is something wrong with our invoice?"),
			("da", "Er der noget galt med vores faktura?"),
			("sv", "Är något fel med vår faktura?"),
		):
			frappe.db.set_value("Customer", self.customer.name, "language", language)
			html = self.page(self.token)
			self.assertIn(words, html)
			self.assertIn(self.invoice.name, html)
			self.assertNotIn(self.customer.name, html)
			self.assertIn("no-referrer", html)

	def test_what_is_wrong_with_a_link_is_said(self):
		html = self.page("nothing")
		self.assertIn("This link is not valid", html)
		self.assertNotIn("<form class=", html)

	def test_the_answer_is_in_the_language_of_the_customer_and_the_notice_in_the_houses(self):
		frappe.db.set_value("Customer", self.customer.name, "language", "da")
		# The demo company, where its tests ran before, has made the house Danish.
		frappe.db.set_default("lang", "en")
		frappe.db.set_single_value("System Settings", "language", "en")
		with as_user("Guest"):
			answer = customer_links_api.dispute_invoice(
				self.token, "To kasser mangler", MAIL, "10", "Delivery"
			)
		self.assertIn("Tak", answer["message"])
		about = {"document_name": self.made().name, "for_user": email_of("controller")}
		self.assertIn("by the link in our mail", frappe.db.get_value("Notification Log", about, "subject"))


class TestPriceListAndContract(LinkTestCase):
	def contract(self, **fields):
		doc = frappe.get_doc(
			{
				"doctype": "Contract",
				"party_type": "Customer",
				"party_name": self.customer.name,
				"contract_terms": "Ten per cent off.",
				"is_signed": 1,
				"signee": "K. Holm",
				"start_date": add_days(nowdate(), -100),
				**fields,
			}
		).insert()
		doc.submit()
		return doc

	def row(self):
		with as_user("controller"):
			return make.make_dispute((self.invoice, 10), root_cause="Price", submit=False).invoices[0]

	def test_a_row_names_the_price_list_of_its_invoice(self):
		row = self.row()
		self.assertEqual((row.price_list, row.contract), (PRICE_LIST, None))

	def test_and_the_contract_of_the_day_of_the_invoice(self):
		self.contract(end_date=add_days(nowdate(), -1))
		self.contract(start_date=add_days(nowdate(), 1))
		self.assertIsNone(self.row().contract)
		self.contract()
		newer = self.contract(start_date=add_days(nowdate(), -10))
		self.assertEqual(self.row().contract, newer.name)
