"""The payment link: what it opens, for whom, until when, and what is counted of it."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe import client
from frappe.handler import is_valid_http_method
from frappe.utils import add_days, flt, getdate, nowdate, set_request
from frappe.website.serve import get_response

from b2b_contracts import customer_links_api, signed_links
from b2b_contracts import payments_api as api
from b2b_contracts.collections import dispute_links, online_payments, payment_links
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.exceptions import DisputeLinkError, PaymentLinkError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import BANK, COMPANY, SECOND_COMPANY, SiteTestCase, ensure_second_company
from b2b_contracts.tests.test_payment_references import IBAN, SETUP, bank_account, set_up

GATEWAY_ACCOUNT = "B2B Provider - DKK"


def token_of(address: str) -> str:
	return address.split("token=")[1]


class LinkTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.delete(SETUP, {"company": COMPANY})
		set_up("FIK", bank_account=bank_account())
		self.customer = make.make_customer(customer_name=f"Kunde & Søn {frappe.generate_hash(length=6)}")
		make.make_profile(self.customer, manual_limit=1_000_000)
		self.invoice = make.make_invoice(self.customer, 4_000)
		self.token = self.link(self.invoice.name)

	def link(self, invoice: str | None = None, **of) -> str:
		address = payment_links.link_for(invoice, **of)
		self.assertIn("/pay-invoices?token=", address)
		return token_of(address)

	def account(self, **of) -> str:
		return self.link(customer=self.customer.name, company=COMPANY, **of)

	def shown(self, token: str | None = None) -> dict:
		with as_user("Guest"):
			return payment_links.shown(token or self.token)

	def names(self, token: str) -> list[str]:
		return [row["name"] for row in self.shown(token)["invoices"]]

	def assertGone(self, advice: str, token: str | None = None):
		token = self.token if token is None else token
		with as_user("Guest"):
			for act in (
				lambda: payment_links.shown(token),
				lambda: payment_links.count_click(token),
				lambda: payment_links.pay_online(token, self.invoice.name),
			):
				with self.assertRaisesRegex(PaymentLinkError, advice):
					act()
		self.assertEqual(self.clicks(), [])

	def clicks(self) -> list[tuple]:
		fields = ["reference_doctype", "reference_name", "company", "clicked_on"]
		names = (self.invoice.name, self.customer.name, "DN-1", "DN-2")
		filters = {"reference_name": ["in", names]}
		return list(frappe.get_all("Payment Link Click", filters=filters, fields=fields, as_list=True))


class TestWhatItShows(LinkTestCase):
	def test_an_invoice_with_its_reference_and_where_to_pay(self):
		make.make_payment(self.invoice, amount=500)
		seen = self.shown()
		(row,), (group,) = seen["invoices"], seen["groups"]
		self.assertEqual(
			(row["name"], row["to_pay"], row["reference"], row["printed"]),
			(
				self.invoice.name,
				3_500,
				self.invoice.b2b_payment_reference,
				self.invoice.b2b_payment_reference_printed,
			),
		)
		self.assertFalse(row["pays_online"])
		self.assertIn("3,500.00", group["total_text"])
		self.assertIn({"label": "IBAN", "value": IBAN}, group["lines"])
		self.assertIn({"label": "Creditor number", "value": "12345678"}, group["lines"])

	def test_an_account_shows_all_that_was_billed_the_first_due_first(self):
		make.make_credit_note(make.make_invoice(self.customer, 900))
		make.make_invoice(self.customer, 50, submit=False)
		older = make.make_invoice(self.customer, 700, posting_date=add_days(nowdate(), -40))
		seen = self.shown(self.account())
		self.assertEqual([row["name"] for row in seen["invoices"]], [older.name, self.invoice.name])
		self.assertTrue(seen["invoices"][0]["is_overdue"])
		self.assertIn("4,700.00", seen["groups"][0]["total_text"])
		self.assertEqual(seen["customer"], self.customer.customer_name)

	def test_what_is_disputed_is_not_asked_for(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 1_500))
		(row,) = self.shown()["invoices"]
		self.assertEqual(row["to_pay"], 2_500)
		self.assertIn("1,500.00", row["aside_text"])

	def test_what_is_billed_later_is_not_shown(self):
		token = self.account()
		later = make.make_invoice(self.customer, 900, posting_date=nowdate())
		self.assertEqual(len(self.names(token)), 2)
		frappe.db.set_value("Sales Invoice", later.name, "posting_date", add_days(nowdate(), 1))
		self.assertEqual(self.names(token), [self.invoice.name])

	def test_each_currency_by_itself(self):
		set_up("RF")
		in_euro = {"currency": "EUR", "conversion_rate": 7.46, "plc_conversion_rate": 1}
		with make.no_exchange_rates():
			foreign = make.make_invoice(self.customer, 100, **in_euro)
		self.assertEqual(foreign.party_account_currency, "DKK")
		seen = self.shown(self.account())
		self.assertEqual({group["currency"] for group in seen["groups"]}, {"DKK", "EUR"})
		(row,) = [row for row in seen["invoices"] if row["currency"] == "EUR"]
		# Open in crowns, and asked for as it was billed.
		self.assertEqual(row["to_pay"], 100)
		self.assertTrue(row["reference"].startswith("RF"))

	def test_many_are_cut_off_and_said(self):
		for _number in range(2):
			make.make_invoice(self.customer, 10)
		with patch.object(payment_links, "SHOWN", 2):
			seen = self.shown(self.account())
		self.assertEqual((len(seen["invoices"]), seen["more"]), (2, 1))

	def test_without_a_set_up_the_invoice_is_named(self):
		frappe.db.delete(SETUP, {"company": COMPANY})
		plain = make.make_invoice(self.customer, 10)
		(row,) = self.shown(self.link(plain.name))["invoices"]
		self.assertEqual((row["reference"], row["printed"]), (plain.name, plain.name))


class TestWhatItDoesNotShow(LinkTestCase):
	def setUp(self):
		super().setUp()
		self.other = make.make_customer()
		make.make_profile(self.other, manual_limit=1_000_000)
		self.theirs = make.make_invoice(self.other, 900)

	def test_nothing_of_another_customer(self):
		for token in (self.token, self.account()):
			text = str(self.shown(token))
			for word in (self.theirs.name, self.other.name, self.theirs.b2b_payment_reference):
				self.assertNotIn(word, text)
			with as_user("Guest"), self.assertRaisesRegex(PaymentLinkError, "cannot be paid here"):
				payment_links.pay_online(token, self.theirs.name)

	def test_an_account_is_of_one_company(self):
		ensure_second_company()
		make.make_profile(self.customer, manual_limit=1_000_000, company=SECOND_COMPANY)
		theirs = make.make_invoice(self.customer, 300, company=SECOND_COMPANY)
		self.assertNotIn(theirs.name, self.names(self.account()))
		token = self.link(customer=self.customer.name, company=SECOND_COMPANY)
		self.assertEqual(self.names(token), [theirs.name])

	def test_the_signature_of_another_link(self):
		other = self.link(customer=self.other.name, company=COMPANY)
		self.assertGone("not valid", f"{other.split('.')[0]}.{self.token.split('.')[1]}")

	def test_a_changed_token(self):
		said, signature = self.token.split(".")
		last = "A" if self.token[-1] != "A" else "B"
		for token in (
			*(self.token[:-1] + last, f"{said}.{signature[::-1]}", said, "", "' or 1=1 --"),
			*(self.token + "=", "x" * 5_000),
		):
			self.assertGone("not valid", token)

	def test_a_link_for_something_else(self):
		self.assertGone("not valid", token_of(dispute_links.b2b_dispute_link(self.invoice.name)))
		with as_user("Guest"), self.assertRaisesRegex(DisputeLinkError, "not valid"):
			dispute_links.shown(self.token)

	def test_after_ninety_days(self):
		later = getdate(add_days(nowdate(), 90))
		with patch.object(payment_links, "getdate", lambda day=None: getdate(day) if day else later):
			self.assertEqual(len(self.shown()["invoices"]), 1)
		after = later + timedelta(days=1)
		with patch.object(payment_links, "getdate", lambda day=None: getdate(day) if day else after):
			self.assertGone("was good until")

	def test_once_it_is_paid(self):
		token = self.account()
		payment = make.make_payment(self.invoice)
		for each in (self.token, token):
			self.assertGone("Nothing is open any more", each)
		self.assertIsNone(payment_links.link_for(self.invoice.name))
		self.assertIsNone(payment_links.link_for(customer=self.customer.name, company=COMPANY))
		payment.cancel()
		self.invoice.reload().cancel()
		self.assertGone("Nothing is open any more")

	def test_an_invoice_or_a_company_that_is_gone(self):
		for subject in (
			payment_links.Subject(invoice="no such invoice"),
			payment_links.Subject(customer=self.customer.name, company="no such company"),
		):
			address = signed_links.address("/x", payment_links.PURPOSE, subject.written(), timedelta(days=1))
			self.assertGone("not valid", token_of(address))

	def test_a_guest_reads_nothing_else(self):
		with as_user("Guest"):
			payment_links.count_click(self.token)
			for doctype in ("Payment Link Click", SETUP, "Sales Invoice", "Customer"):
				self.assertRaises(frappe.PermissionError, frappe.get_list, doctype)
				self.assertRaises(frappe.PermissionError, client.get_list, doctype)


class TestWhoGetsOne(LinkTestCase):
	def test_who_may_read_the_invoice(self):
		with as_user("controller"):
			self.assertIn("/pay-invoices?token=", api.payment_link(self.invoice.name))
		with as_user("stock_user"):
			self.assertRaises(frappe.PermissionError, api.payment_link, self.invoice.name)

	def test_a_template_gives_none_to_whom_may_not(self):
		for user, is_there in (("controller", True), ("compliance_officer", False), ("Guest", False)):
			with as_user(user):
				text = frappe.render_template("{{ b2b_payment_link(name) }}", {"name": self.invoice.name})
			self.assertEqual("/pay-invoices?token=" in text, is_there, user)

	def test_there_is_none_for_what_is_not_open(self):
		draft = make.make_invoice(self.customer, 100, submit=False)
		note = make.make_credit_note(self.invoice, 100)
		for name in (draft.name, note.name, "no such invoice"):
			self.assertEqual(payment_links.b2b_payment_link(name), "")


class TestClicks(LinkTestCase):
	def click(self, token: str):
		with as_user("Guest"):
			payment_links.count_click(token)

	def test_once_a_day_for_what_it_was_sent_with(self):
		tokens = [self.account(about=("Dunning Notice", name)) for name in ("DN-1", "DN-2")]
		for token in (tokens[0], tokens[0], tokens[1], self.token, self.account()):
			self.click(token)
		self.assertEqual(
			{(doctype, name) for doctype, name, _company, _day in self.clicks()},
			{
				("Dunning Notice", "DN-1"),
				("Dunning Notice", "DN-2"),
				("Sales Invoice", self.invoice.name),
				("Customer", self.customer.name),
			},
		)
		self.assertEqual(len(self.clicks()), 4)
		self.assertEqual(self.messages(), "")
		tomorrow = getdate(add_days(nowdate(), 1))
		with patch.object(payment_links, "getdate", lambda day=None: getdate(day) if day else tomorrow):
			self.click(tokens[0])
		self.assertEqual(len(self.clicks()), 5)
		self.assertEqual(payment_links.clicked("Dunning Notice", ["DN-1", "DN-2", "DN-3"]), {"DN-1", "DN-2"})
		self.assertEqual(payment_links.clicked("Dunning Notice", []), set())

	def test_nothing_is_kept_of_who_it_was(self):
		self.click(self.token)
		doc = frappe.get_last_doc("Payment Link Click", {"reference_name": self.invoice.name})
		kept = {
			field
			for field, value in doc.as_dict().items()
			if value and field not in frappe.model.default_fields
		}
		self.assertEqual(
			kept - {"doctype"}, {"reference_doctype", "reference_name", "company", "clicked_on", "click_key"}
		)
		self.assertEqual(doc.owner, "Guest")

	def test_looking_at_the_page_counts_nothing(self):
		self.shown()
		self.assertEqual(self.clicks(), [])

	def test_nobody_writes_one(self):
		self.click(self.token)
		name = frappe.get_last_doc("Payment Link Click").name
		with as_user("credit_manager"):
			self.assertEqual(client.get("Payment Link Click", name)["reference_name"], self.invoice.name)
			self.assertRaises(frappe.PermissionError, client.delete, "Payment Link Click", name)
		with as_user("seller1"):
			self.assertRaises(frappe.PermissionError, client.get, "Payment Link Click", name)
		doc = frappe.get_doc("Payment Link Click", name)
		self.assertRaises(frappe.PermissionError, doc.save)

	def test_it_keeps_nothing_from_being_deleted(self):
		note = frappe.get_doc({"doctype": "ToDo", "description": "A reminder of a kind"}).insert()
		self.click(self.account(about=("ToDo", note.name)))
		self.assertEqual(payment_links.clicked("ToDo", [note.name]), {note.name})
		frappe.delete_doc("ToDo", note.name)


class TestRequests(LinkTestCase):
	def test_only_a_post_does_anything(self):
		for method in ("payment_link_opened", "pay_online"):
			function = frappe.get_attr(f"b2b_contracts.customer_links_api.{method}")
			for http, is_allowed in (("POST", True), ("GET", False)):
				set_request(method=http, path="/")
				self.addCleanup(setattr, frappe.local, "request", None)
				frappe.local.form_dict = frappe._dict()
				self.assertEqual(
					http in frappe.allowed_http_methods_for_whitelisted_func[function], is_allowed
				)
				if is_allowed:
					is_valid_http_method(function)
				else:
					self.assertRaises(frappe.PermissionError, is_valid_http_method, function)

	def test_it_is_limited(self):
		with self.requests() as request:
			for number in range(50):
				request(f"10.2.1.{number}", self.token)
			with self.assertRaises(frappe.RateLimitExceededError):
				request("10.2.1.99", self.token)
			for number in range(60):
				with self.assertRaisesRegex(PaymentLinkError, "not valid"):
					request("10.2.2.1", f"t{number}")
			with self.assertRaises(frappe.RateLimitExceededError):
				request("10.2.2.1", "t99")
		self.assertEqual(len(self.clicks()), 1)

	@contextmanager
	def requests(self):
		form, ip = frappe.local.form_dict, getattr(frappe.local, "request_ip", None)
		command = f"test-{frappe.generate_hash(length=8)}"

		def request(address: str, token: str):
			with as_user("Guest"):
				set_request(method="POST", path="/")
				frappe.local.request_ip = address
				frappe.local.form_dict = frappe._dict(cmd=command, token=token)
				customer_links_api.payment_link_opened(token)

		try:
			yield request
		finally:
			frappe.local.request, frappe.local.form_dict, frappe.local.request_ip = None, form, ip
			frappe.cache.delete_keys(f"rl:{command}")


class TestKept(LinkTestCase):
	def test_clicks_are_deleted_after_so_many_days_as_log_settings_say(self):
		for days in (0, 399, 400, 401):
			doc = frappe.get_doc(
				{
					"doctype": "Payment Link Click",
					"reference_doctype": "Sales Invoice",
					"reference_name": self.invoice.name,
					"company": COMPANY,
					"clicked_on": add_days(nowdate(), -days),
					"click_key": frappe.generate_hash(length=12),
				}
			)
			doc.flags.credit_service = True
			doc.insert(ignore_permissions=True)
		settings = frappe.get_doc("Log Settings")
		settings.set("logs_to_clear", [])
		settings.save()
		(kept,) = [row.days for row in settings.logs_to_clear if row.ref_doctype == "Payment Link Click"]
		self.assertEqual(kept, 400)
		settings.set(
			"logs_to_clear",
			[row for row in settings.logs_to_clear if row.ref_doctype == "Payment Link Click"],
		)
		with patch.object(frappe.db, "commit"):
			settings.clear_logs()
		left = sorted((getdate() - row[3]).days for row in self.clicks())
		self.assertEqual(left, [0, 399, 400])


class TestPage(LinkTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.cache.delete_keys, "rl:None")

	def page(self, token: str) -> str:
		ip = getattr(frappe.local, "request_ip", None)
		with as_user("Guest"), writing_in(frappe.local.lang):
			set_request(method="GET", path="/pay-invoices")
			frappe.local.request_ip = "10.2.3.1"
			frappe.local.form_dict = frappe._dict(token=token)
			try:
				return frappe.safe_decode(get_response().get_data())
			finally:
				frappe.local.request, frappe.local.request_ip = None, ip

	def test_it_speaks_the_language_of_the_customer(self):
		for language, words in (
			("en", "Pay your invoices"),
			("da", "Betal jeres fakturaer"),
			("nb", "Betal fakturaene deres"),
			("sv", "Betala era fakturor"),
		):
			frappe.db.set_value("Customer", self.customer.name, "language", language)
			html = self.page(self.token)
			for word in (
				*(
					words,
					self.invoice.name,
					self.invoice.b2b_payment_reference,
					IBAN,
					"no-referrer",
					"noindex",
				),
				frappe.utils.escape_html(self.customer.customer_name),
			):
				self.assertIn(word, html, language)

	def test_what_is_wrong_with_a_link_is_said(self):
		html = self.page("nothing")
		self.assertIn("This link is not valid", html)
		self.assertNotIn('<div class="card mb-4 b2b-pay__group', html)

	def test_scripts_stay_outside(self):
		evil = "<script>alert(1)</script>"
		self.invoice.db_set({"customer_name": evil, "b2b_payment_reference_printed": evil})
		self.assertNotIn(evil, self.page(self.token))
		self.assertNotIn("</script><b>", self.page('x"</script><b>'))


class Controller:
	"""What the app of the payment providers gives ERPNext, as far as it is asked."""

	asked: list[dict]

	def __init__(self):
		self.asked = []

	def validate_transaction_currency(self, currency):
		assert currency == "DKK"

	def get_payment_url(self, **values):
		self.asked.append(values)
		return f"https://provider.example.com/{values['reference_docname']}"


class TestOnline(LinkTestCase):
	def setUp(self):
		super().setUp()
		self.provider = Controller()
		for target, value in (
			("b2b_contracts.collections.online_payments._has_providers", lambda: True),
			(
				"erpnext.accounts.doctype.payment_request.payment_request._get_payment_gateway_controller",
				lambda gateway: self.provider,
			),
		):
			patched = patch(target, value)
			patched.start()
			self.addCleanup(patched.stop)
		# The provider itself is a document of an app that is not here.
		frappe.get_doc(
			{
				"doctype": "Payment Gateway Account",
				"name": GATEWAY_ACCOUNT,
				"payment_gateway": "B2B Provider",
				"payment_account": BANK,
				"currency": "DKK",
				"company": COMPANY,
				"is_default": 1,
				"payment_channel": "Email",
			}
		).db_insert()

	def pay(self, token: str | None = None, invoice: str | None = None) -> str:
		with as_user("Guest"):
			return payment_links.pay_online(token or self.token, invoice or self.invoice.name)

	def requests_of(self, invoice) -> list:
		return frappe.get_all(
			"Payment Request",
			filters={"reference_name": invoice.name, "docstatus": 1},
			fields=["name", "grand_total", "payment_gateway_account", "email_to"],
		)

	def test_an_invoice_is_paid_at_the_provider(self):
		make.make_payment(self.invoice, amount=500)
		self.assertTrue(self.shown()["invoices"][0]["pays_online"])
		with patch.object(frappe, "sendmail") as mail:
			address = self.pay()
		mail.assert_not_called()
		(request,) = self.requests_of(self.invoice)
		self.assertEqual(address, f"https://provider.example.com/{request.name}")
		self.assertEqual((request.grand_total, request.payment_gateway_account), (3_500, GATEWAY_ACCOUNT))
		self.assertEqual(flt(self.provider.asked[0]["amount"]), 3_500)

	def test_twice_is_one_request(self):
		self.assertEqual(self.pay(), self.pay(self.account()))
		self.assertEqual(len(self.requests_of(self.invoice)), 1)

	def test_what_is_disputed_is_not_paid_online(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 1_500))
		self.assertFalse(self.shown()["invoices"][0]["pays_online"])
		with self.assertRaisesRegex(PaymentLinkError, "cannot be paid here"):
			self.pay()

	def test_a_provider_for_another_currency_or_company_is_none(self):
		for values in (
			{"currency": "EUR"},
			{"company": "another", "currency": "DKK"},
			{"payment_channel": "Phone"},
		):
			frappe.db.set_value("Payment Gateway Account", GATEWAY_ACCOUNT, values)
			self.assertIsNone(online_payments.account_for(COMPANY, "DKK"), values)

	def test_without_the_providers_app_there_is_none(self):
		with patch.object(online_payments, "_has_providers", return_value=False):
			self.assertIsNone(online_payments.account_for(COMPANY, "DKK"))

	def test_a_provider_without_an_address_sends_back_to_a_transfer(self):
		with patch.object(Controller, "get_payment_url", return_value=None):
			with self.assertRaisesRegex(PaymentLinkError, "pay it by transfer"):
				self.pay()
