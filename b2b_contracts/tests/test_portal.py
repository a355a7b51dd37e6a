"""The customer portal: what a customer sees and asks for, and that nobody ever gets anything of somebody else."""

import inspect
from contextlib import contextmanager
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe import client
from frappe.handler import is_valid_http_method
from frappe.utils import add_days, flt, getdate, nowdate, set_request
from frappe.website.serve import get_response
from pypdf import PdfReader

from b2b_contracts import portal_api as api
from b2b_contracts.collections import evidence_files, plans, portal_access, promises
from b2b_contracts.credit import notices
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine.evidence import Upload
from b2b_contracts.exceptions import DisputeLinkError, EvidenceError, PortalError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase, ensure_second_company
from b2b_contracts.tests.test_dispute_links import PDF, PNG

NO_ACCESS = "has no access to that"
PLAN = {"number_of_instalments": 3, "first_instalment_date": nowdate()}
REASON = "Our own customer pays late."
# What is written by a customer, by doctype.
WRITTEN = ("Dispute", "Payment Plan", "Promise to Pay", "File", "Notification Log", "Comment")


def in_days(days: int) -> str:
	return str(add_days(getdate(), days))


class PortalTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = self.make_customer("Kunde & Søn")
		self.user = make.make_portal_user(self.customer)
		self.invoice = self.owes(self.customer, 4_000)
		self.other = self.make_customer("Somebody Else")
		self.stranger = make.make_portal_user(self.other)
		self.theirs = self.owes(self.other, 9_100)

	def make_customer(self, name: str, **fields):
		customer = make.make_customer(customer_name=f"{name} {frappe.generate_hash(length=6)}", **fields)
		make.make_profile(customer, manual_limit=777_000, external_rating="B", rating_at_review="B")
		return customer

	def owes(self, customer, amount: float, days: int = 20, **fields):
		with make.policy_off():
			return make.make_overdue_invoice(customer, amount, days, **fields)

	def account(self, customer=None, company: str = COMPANY) -> dict:
		return {"customer": (customer or self.customer).name, "company": company}

	def shown(self, customer=None) -> dict:
		from b2b_contracts.collections import portal_account

		with as_user(self.user):
			return portal_account.shown(portal_access.need_account(*self.account(customer).values()))

	def ask(self, invoices=None, **values) -> str:
		"""Ask for a plan as the page does: looked at first, then sent."""
		names = [invoice.name for invoice in invoices or [self.invoice]]
		with as_user(self.user):
			shown = api.plan_preview(**self.account(), invoices=names, **{**PLAN, **values})
			values = {**self.account(), "invoices": names, **PLAN, **values, "reason": REASON}
			return api.ask_for_plan(**values, total=shown["total"])["message"]

	def plan(self):
		return frappe.get_last_doc("Payment Plan", {"customer": self.customer.name})

	def promise(self, amount: str = "", days: int = 10, invoice=None) -> str:
		with as_user(self.user):
			return api.promise_payment((invoice or self.invoice).name, in_days(days), amount)["message"]

	def promises(self, customer=None) -> list:
		fields = ["sales_invoice", "amount", "promised_date", "status", "channel", "owner"]
		filters = {"customer": (customer or self.customer).name}
		return frappe.get_all("Promise to Pay", filters, fields, order_by="creation, name")

	def dispute(self, invoice=None, uploads=(), **values) -> str:
		values = {
			"description": "Two boxes were missing.",
			"amount": "1000",
			"root_cause": "Delivery",
			**values,
		}
		with as_user(self.user), patch.object(evidence_files, "sent", return_value=list(uploads)):
			return api.dispute_invoice((invoice or self.invoice).name, **values)["message"]

	def told(self, doctype: str, name: str) -> dict[str, str]:
		about = {"document_type": doctype, "document_name": name}
		return dict(frappe.get_all("Notification Log", about, ["for_user", "subject"], as_list=True))

	@contextmanager
	def page(self, user: str, **query):
		"""Ask for the page as somebody; yields the answer."""
		with as_user(user), writing_in(frappe.local.lang):
			set_request(method="GET", path="/my-account")
			frappe.local.form_dict = frappe._dict(query)
			try:
				yield get_response()
			finally:
				frappe.local.request = None
				frappe.local.flags.redirect_location = None

	def text(self, user: str, **query) -> str:
		with self.page(user, **query) as answer:
			self.assertEqual(answer.status_code, 200)
			return frappe.safe_decode(answer.get_data())


class TestWhoseItIs(PortalTestCase):
	"""Nobody gets anything of anybody else, whatever they name."""

	def setUp(self):
		super().setUp()
		self.notice = make.make_letter_notice(self.theirs, status="Sent", printed_on=None)
		self.unsent = make.make_letter_notice(self.invoice)
		self.draft = make.make_invoice(self.customer, 50, submit=False)

	def calls(self, account: dict, invoice: str, notice: str) -> dict:
		"""Return every call that a customer can make, about what is named."""
		of_plan = {**account, "invoices": [invoice], **PLAN}
		return {
			"statement_pdf": [
				lambda: api.statement_pdf(**account),
				lambda: api.statement_pdf(**account, from_date="2020-01-01"),
			],
			"reminder_pdf": [lambda: api.reminder_pdf(notice)],
			"plan_preview": [lambda: api.plan_preview(**of_plan)],
			"ask_for_plan": [lambda: api.ask_for_plan(**of_plan, reason=REASON, total="9100.00")],
			"promise_payment": [lambda: api.promise_payment(invoice, in_days(3))],
			"promise_all_overdue": [lambda: api.promise_all_overdue(**account, promised_date=in_days(3))],
			"dispute_invoice": [lambda: api.dispute_invoice(invoice, "Broken", "10", "Quality")],
		}

	def counts(self) -> dict[str, int]:
		return {doctype: frappe.db.count(doctype) for doctype in WRITTEN}

	def assertNothingFor(self, user: str, account: dict, invoice: str, notice: str):
		before = self.counts()
		for name, calls in self.calls(account, invoice, notice).items():
			for call in calls:
				with self.subTest(f"{name} as {user}"), as_user(user):
					with self.assertRaisesRegex(frappe.PermissionError, NO_ACCESS):
						call()
		self.assertEqual(self.counts(), before)

	def test_every_method_of_a_customer_is_tried(self):
		methods = {
			name
			for name, function in inspect.getmembers(api, inspect.isfunction)
			if function in frappe.whitelisted
		}
		self.assertEqual(methods - {"turn_down_plan"}, set(self.calls({}, "", "")))

	def test_somebody_elses_account_invoice_and_reminder(self):
		self.assertNothingFor(self.user, self.account(self.other), self.theirs.name, self.notice.name)

	def test_names_that_there_are_not_are_refused_in_the_same_words(self):
		for name in ("", "%", "SINV-0000", "' or 1=1 -- "):
			account = {"customer": name, "company": COMPANY}
			self.assertNothingFor(self.user, account, name, name)

	def test_ones_own_customer_with_a_company_that_has_billed_nothing(self):
		ensure_second_company()
		account = self.account(self.customer, SECOND_COMPANY)
		self.assertNothingFor(self.user, account, self.theirs.name, self.notice.name)

	def test_drafts_and_what_was_not_sent(self):
		with as_user(self.user):
			for call in (
				lambda: api.promise_payment(self.draft.name, in_days(3)),
				lambda: api.dispute_invoice(self.draft.name, "Broken"),
				lambda: api.reminder_pdf(self.unsent.name),
			):
				with self.assertRaisesRegex(frappe.PermissionError, NO_ACCESS):
					call()

	def test_a_plan_over_ones_own_account_takes_no_invoice_of_others(self):
		values = {**self.account(), **PLAN}
		with as_user(self.user):
			for names in ([self.theirs.name], [self.invoice.name, self.theirs.name], ["SINV-0000"], []):
				with self.assertRaisesRegex(PortalError, "overdue invoices of this account"):
					api.plan_preview(**values, invoices=names)
				with self.assertRaises(PortalError):
					api.ask_for_plan(**values, invoices=names, reason=REASON, total="13100.00")
		self.assertEqual(frappe.db.count("Payment Plan", {"customer": self.customer.name}), 0)

	def test_who_stands_for_nobody(self):
		of_own = self.account(), self.invoice.name, self.notice.name
		nobody = make.make_user("Customer")
		no_role = make.make_portal_user(self.customer)
		frappe.get_doc("User", no_role).remove_roles("Customer")
		for user in (nobody, no_role, "Guest", make.email_of("controller"), make.email_of("seller1")):
			self.assertNothingFor(user, *of_own)

	def test_the_address_of_a_contact_opens_nothing(self):
		user = make.make_user("Customer")
		contact = make.make_contact(self.customer, user.split("@")[0])
		self.assertEqual((contact.email_id, contact.links[0].link_name), (user, self.customer.name))
		self.assertNothingFor(user, self.account(), self.invoice.name, self.notice.name)

	def test_a_disabled_customer_has_no_portal(self):
		self.assertIn(self.invoice.name, self.text(self.user))
		frappe.db.set_value("Customer", self.customer.name, "disabled", 1)
		self.assertNothingFor(self.user, self.account(), self.invoice.name, self.notice.name)
		self.assertIn("not connected to a customer", self.text(self.user))

	def test_who_was_taken_out_of_the_portal_users_sees_nothing_any_more(self):
		customer = frappe.get_doc("Customer", self.customer.name)
		customer.set("portal_users", [])
		customer.save()
		self.assertNothingFor(self.user, self.account(), self.invoice.name, self.notice.name)

	def test_the_row_of_a_supplier_makes_no_customer(self):
		user = make.make_user("Customer")
		row = {"parenttype": "Supplier", "parent": self.customer.name, "parentfield": "portal_users"}
		frappe.get_doc({"doctype": "Portal User", "user": user, **row}).db_insert()
		self.assertNothingFor(user, self.account(), self.invoice.name, self.notice.name)

	def test_the_page_shows_nothing_of_others_and_refuses_their_account(self):
		text = self.text(self.user)
		self.assertIn(self.invoice.name, text)
		for words in (self.theirs.name, self.other.name, self.other.customer_name, "9,100", self.notice.name):
			self.assertNotIn(words, text)
		with self.page(self.user, **self.account(self.other)) as answer:
			self.assertEqual(answer.status_code, 403)
			self.assertNotIn(self.theirs.name, frappe.safe_decode(answer.get_data()))

	def test_a_guest_is_sent_to_log_in(self):
		with self.page("Guest", **self.account()) as answer:
			self.assertEqual(answer.status_code, 301)
			self.assertIn("/login?redirect-to=%2Fmy-account", answer.headers["Location"])

	def test_our_documents_cannot_be_reached_past_the_portal(self):
		self.promise()
		self.dispute()
		self.ask()
		made = {
			"Dispute": frappe.get_last_doc("Dispute", {"customer": self.customer.name}),
			"Payment Plan": self.plan(),
			"Promise to Pay": frappe.get_last_doc("Promise to Pay", {"customer": self.customer.name}),
			"Dunning Notice": self.notice,
			"Credit Profile": frappe.get_last_doc("Credit Profile", {"customer": self.customer.name}),
		}
		with as_user(self.user):
			for doctype, doc in made.items():
				with self.subTest(doctype):
					self.assertRaises(frappe.PermissionError, client.get_list, doctype)
					self.assertRaises(frappe.PermissionError, client.get, doctype, doc.name)
					with self.assertRaises(frappe.PermissionError):
						client.set_value(doctype, doc.name, "customer", self.other.name)
			with self.assertRaises(frappe.PermissionError):
				api.turn_down_plan(made["Payment Plan"].name, "No")


class TestHowItIsCalled(PortalTestCase):
	def test_writes_are_posted_only_and_no_guest_may_call_anything(self):
		writes = (api.plan_preview, api.ask_for_plan, api.promise_payment, api.promise_all_overdue)
		for method in (*writes, api.dispute_invoice, api.turn_down_plan):
			for verb in ("GET", "PUT", "DELETE"):
				set_request(method=verb, path="/")
				self.addCleanup(setattr, frappe.local, "request", None)
				self.assertRaises(frappe.PermissionError, is_valid_http_method, method)
			set_request(method="POST", path="/")
			is_valid_http_method(method)
		with as_user("Guest"):
			for method in (*writes, api.dispute_invoice, api.statement_pdf, api.reminder_pdf):
				self.assertRaises(frappe.PermissionError, frappe.is_whitelisted, method)

	def test_a_write_needs_the_token_of_the_session(self):
		set_request(method="POST", path="/")
		self.addCleanup(setattr, frappe.local, "request", None)
		with patch.dict(frappe.session.data, {"csrf_token": "of the session"}):
			check = frappe.auth.HTTPRequest.validate_csrf_token
			self.assertRaises(frappe.CSRFTokenError, check, None)

	def test_writes_are_limited_for_each_user_and_refused_ones_count(self):
		with as_user(self.user):
			for _turn in range(20):
				with self.assertRaisesRegex(frappe.PermissionError, NO_ACCESS):
					api.promise_payment(self.theirs.name, in_days(3))
			with self.assertRaises(frappe.RateLimitExceededError):
				api.promise_payment(self.invoice.name, in_days(3))
		self.assertEqual(self.promises(), [])
		with as_user(self.stranger):
			api.promise_payment(self.theirs.name, in_days(3))
		self.assertEqual(len(self.promises(self.other)), 1)

	def test_the_limit_ends(self):
		with as_user(self.user):
			for _turn in range(21):
				with self.assertRaises((frappe.PermissionError, frappe.RateLimitExceededError)):
					api.promise_payment(self.theirs.name, in_days(3))
			key = frappe.cache.make_key(f"b2b_portal:promise_payment:{self.user}")
			self.assertTrue(0 < frappe.cache.ttl(key) <= 3600)
			frappe.cache.delete(key)
		self.promise()


class TestWhatItShows(PortalTestCase):
	def test_each_item_with_its_days_reference_and_what_is_set_aside(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 1_500))
		with make.policy_off():
			not_due = make.make_invoice(self.customer, 700, due_date=in_days(5))
		make.make_payment(None, party=self.customer.name, amount=300)
		(part,) = self.shown()["parts"]
		late, later, credit = part["items"]
		self.assertEqual((late["name"], late["days"]), (self.invoice.name, 20))
		self.assertIn("4,000.00", late["amount"])
		self.assertIn("1,500.00 disputed", late["aside"][0])
		self.assertEqual((later["name"], later["days"], later["interest"]), (not_due.name, 0, None))
		self.assertEqual((credit["is_open_invoice"], credit["due"]), (False, ""))
		self.assertIn("4,400.00", part["balance"])

	def test_interest_is_explained_and_adds_up_for_what_is_not_disputed(self):
		frappe.db.set_value("Customer", self.customer.name, "b2b_due_date_agreed", "Yes")
		whole = self.interest()
		self.assertGreater(whole, 0)
		told = self.shown()["parts"][0]["items"][0]["interest"]
		self.assertIn("% p.a.", told["basis"])
		self.assertIn("as agreed beforehand", told["from_when"])
		self.assertIn("Simple interest", " ".join(told["notes"]))
		self.assertTrue(told["per_day"])
		self.assertEqual(sum(row["days"] for row in told["rows"]), 20)
		with as_user("controller"):
			make.make_dispute((self.invoice, 2_000))
		self.assertAlmostEqual(self.interest(), whole / 2, delta=0.02)

	def interest(self) -> float:
		return float(self.shown()["parts"][0]["items"][0]["interest_amount"])

	def test_what_we_know_of_them_is_not_shown(self):
		self.promise()
		self.ask()
		text = self.text(self.user).split('<div class="b2b-portal"')[1].split("</main>")[0]
		for words in ("777", "Credit limit", "Rated", "on average", "Credit Manager", "security"):
			self.assertNotIn(words, text)

	def test_a_draft_of_ours_is_not_shown_and_an_agreed_plan_is(self):
		with as_user("collector"):
			draft = make.make_plan((self.invoice, None), approved_by=None)
		self.assertEqual(self.shown()["requests"], [])
		with as_user("credit_manager"):
			draft.submit()
		(request,) = self.shown()["requests"]
		self.assertEqual((request["name"], len(request["instalments"])), (draft.name, 3))
		self.assertEqual(request["about"], self.invoice.name)
		make.make_payment(self.invoice, amount=draft.instalments[0].amount)
		plans.refresh(draft.name)
		(request,) = self.shown()["requests"]
		self.assertEqual([row["state"] for row in request["instalments"]], ["Paid", "", ""])

	def test_reminders_that_were_sent_with_their_letters(self):
		template = "Standard: reminder 3, registered letter"
		mailed = make.make_letter_notice(
			self.invoice,
			template=template,
			channel="E-mail",
			status="Sent",
			subject="You owe us",
			message="<p>As it went out.</p>",
			days_ago=3,
		)
		make.make_letter_notice(self.invoice)
		make.make_letter_notice(self.invoice, status="Failed")
		make.make_letter_notice(self.invoice, status="Unclear")
		(reminder,) = self.shown()["reminders"]
		self.assertEqual((reminder["name"], reminder["subject"]), (mailed.name, "You owe us"))
		with as_user(self.user):
			api.reminder_pdf(mailed.name)
		self.assertEqual(frappe.local.response.type, "pdf")
		words = self.words(frappe.local.response.filecontent)
		self.assertIn("As it went out.", words)

	def test_statements_as_pdf(self):
		with as_user(self.user):
			api.statement_pdf(**self.account())
			self.assertIn(self.invoice.name, self.words(frappe.local.response.filecontent))
			api.statement_pdf(**self.account(), from_date=in_days(-10), to_date="nonsense")
			words = self.words(frappe.local.response.filecontent)
		self.assertNotIn(self.invoice.name, words)
		self.assertIn("4,000.00", words)

	def words(self, pdf: bytes) -> str:
		text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
		return " ".join(text.split())

	def test_movements_of_the_days_that_are_asked_for(self):
		text = self.text(self.user, from_date=in_days(-10), to_date=in_days(0))
		self.assertIn("Balance before: 4,000.00 DKK", text)
		for days in ({"from_date": "x' or 1"}, {"from_date": in_days(400), "to_date": "2999-01-01"}):
			self.assertIn("Statement of account", self.text(self.user, **days))

	def test_charges_that_are_claimed_and_open(self):
		charge = {
			"doctype": "Dunning Charge",
			"customer": self.customer.name,
			"company": COMPANY,
			"kind": "Reminder Fee",
			"currency": "DKK",
			"amount": 100,
			"open_amount": 100,
			"claimed_on": nowdate(),
			"stated_on": nowdate(),
		}
		for state in ("Claimed", "Threatened"):
			doc = frappe.get_doc({**charge, "state": state, "charge_key": frappe.generate_hash(length=10)})
			doc.db_insert()
		(shown,) = self.shown()["charges"]
		self.assertIn("100.00", shown["amount"])

	def test_the_customers_language_and_the_users_own_before_it(self):
		for language, words in (
			("da", "Konto og betalinger"),
			("nb", "Konto og betalinger"),
			("sv", "Konto och betalningar"),
			("en", "Account and payments"),
		):
			frappe.db.set_value("Customer", self.customer.name, "language", language)
			frappe.db.set_value("User", self.user, "language", None)
			self.assertIn(words, self.text(self.user), language)
		frappe.db.set_value("User", self.user, "language", "da")
		self.assertIn("Konto og betalinger", self.text(self.user))
		with self.assertRaisesRegex(PortalError, "Vælg en dag fra i dag"):
			self.promise(days=400)

	def test_several_customers_and_companies_are_chosen_between(self):
		second = self.make_customer("Sister")
		user = make.make_portal_user(self.customer, second)
		owed = self.owes(second, 1_234)
		text = self.text(user)
		self.assertIn("Which account do you want to see?", text)
		self.assertNotIn(owed.name, text)
		text = self.text(user, **self.account(second))
		self.assertIn(owed.name, text)
		self.assertNotIn(self.invoice.name, text)
		self.assertIn(self.invoice.name, self.text(user, **self.account()))

	def test_who_was_billed_nothing_is_told_so(self):
		user = make.make_portal_user(make.make_customer())
		self.assertIn("Nothing has been billed to you yet", self.text(user))
		self.assertIn("not connected to a customer", self.text(make.make_user("Customer")))

	def test_names_are_escaped(self):
		self.owes(self.customer, 10, po_no="<i>4711</i>")
		text = self.text(self.user)
		self.assertIn("&lt;i&gt;4711", text)
		self.assertNotIn("<i>4711", text)
		self.assertIn("Kunde &amp; Søn", text)


class TestPromises(PortalTestCase):
	def test_it_counts_at_once_and_whoever_collects_is_told(self):
		collector = make.make_user("Collector")
		frappe.db.set_value("Customer", self.customer.name, "b2b_collector", collector)
		self.assertIn("1,500.00", self.promise("1500"))
		(made,) = self.promises()
		self.assertEqual(
			(made.sales_invoice, made.amount, str(made.promised_date), made.status, made.channel, made.owner),
			(self.invoice.name, 1_500, in_days(10), "Open", "Portal", self.user),
		)
		name = frappe.get_last_doc("Promise to Pay", {"customer": self.customer.name}).name
		told = self.told("Promise to Pay", name)
		self.assertLessEqual({collector, make.email_of("controller"), make.email_of("seller1")}, set(told))
		self.assertIn("promises in the portal", told[collector])
		(item,) = self.shown()["parts"][0]["items"]
		self.assertIn("promised until", item["aside"][0])

	def test_it_is_for_no_longer_than_the_company_allows(self):
		for days in (-1, 15, 400):
			with self.assertRaisesRegex(PortalError, "Choose a day from today until"):
				self.promise(days=days)
		for day in ("", "soon", "9999-99-99", "2026-06-08'"):
			with as_user(self.user), self.assertRaisesRegex(PortalError, "Choose a day"):
				api.promise_payment(self.invoice.name, day)
		frappe.db.set_value("Company", COMPANY, "b2b_portal_days_ahead", 20)
		self.promise(days=20)

	def test_a_company_can_switch_it_off(self):
		frappe.db.set_value("Company", COMPANY, "b2b_portal_days_ahead", 0)
		with self.assertRaisesRegex(PortalError, "not offered"):
			self.promise()
		with self.assertRaisesRegex(PortalError, "not offered"):
			self.ask()
		seen = self.shown()
		self.assertEqual((seen["promise"], seen["plan"]), (None, None))
		self.dispute()

	def test_no_more_than_is_open_and_free(self):
		with as_user("controller"):
			make.make_dispute((self.invoice, 1_000))
		for amount in ("3000.01", "0", "-5", "1.005", "NaN", "Infinity", "all"):
			with self.assertRaisesRegex(PortalError, "of 3,000.00|of kr 3,000.00|3,000.00 at most"):
				self.promise(amount)
		self.promise()
		self.assertEqual([row.amount for row in self.promises()], [3_000])

	def test_not_twice_and_not_after_a_broken_one(self):
		self.promise()
		with self.assertRaisesRegex(PortalError, "promised already"):
			self.promise()
		(made,) = frappe.get_all("Promise to Pay", {"customer": self.customer.name}, pluck="name")
		frappe.db.set_value("Promise to Pay", made, "promised_date", in_days(-1))
		promises.judge_all(self.customer.name, COMPANY)
		self.assertEqual(frappe.db.get_value("Promise to Pay", made, "status"), "Broken")
		with self.assertRaisesRegex(PortalError, "did not come in full"):
			self.promise()
		self.assertEqual(self.told("Promise to Pay", made).get(self.user), None)

	def test_all_that_is_overdue_at_once(self):
		second = self.owes(self.customer, 600, days=5)
		with make.policy_off():
			make.make_invoice(self.customer, 50, due_date=in_days(5))
		with as_user(self.user):
			said = api.promise_all_overdue(**self.account(), promised_date=in_days(7))["message"]
		self.assertIn("4,600.00", said)
		made = {row.sales_invoice: row.amount for row in self.promises()}
		self.assertEqual(made, {self.invoice.name: 4_000, second.name: 600})
		with as_user(self.user), self.assertRaisesRegex(PortalError, "nothing that could be promised"):
			api.promise_all_overdue(**self.account(), promised_date=in_days(7))
		self.assertEqual(self.promises(self.other), [])

	def test_nothing_is_promised_by_who_is_insolvent(self):
		with patch("b2b_contracts.collections.portal_actions.insolvency_of", return_value="INS-1"):
			with self.assertRaisesRegex(PortalError, "not offered"):
				self.promise()
			self.assertEqual((self.shown()["promise"], self.shown()["plan"]), (None, None))


class TestPlans(PortalTestCase):
	def test_the_instalments_are_shown_before_anything_is_sent(self):
		with as_user(self.user):
			shown = api.plan_preview(**self.account(), invoices=f'["{self.invoice.name}"]', **PLAN)
		self.assertEqual((shown["total"], len(shown["instalments"])), ("4000.00", 3))
		self.assertIn("1,333.33", shown["instalments"][0]["amount"])
		self.assertIn("1,333.34", shown["instalments"][2]["amount"])
		self.assertEqual(frappe.db.count("Payment Plan", {"customer": self.customer.name}), 0)

	def test_a_draft_that_somebody_else_approves(self):
		self.assertIn("received your request", self.ask())
		plan = self.plan()
		self.assertEqual(
			(plan.docstatus, plan.status, plan.asked_for_by, plan.reason, plan.total_amount),
			(0, "Draft", self.user, REASON, 4_000),
		)
		self.assertEqual(
			flt(frappe.db.get_value("Sales Invoice", self.invoice.name, "b2b_planned_amount")), 0
		)
		told = self.told("Payment Plan", plan.name)
		self.assertIn("asks in the portal", told[make.email_of("controller")])
		self.assertNotIn(self.user, told)
		(request,) = self.shown()["requests"]
		self.assertEqual((request["name"], request["state"]), (plan.name, "We have received it"))
		self.assertIsNone(self.shown()["plan"])
		with as_user("credit_manager"):
			plan.security = make.make_security(self.customer, 1).name
			plan.save()
			plan.submit()
		self.assertEqual((plan.asked_for_by, plan.request_key), (self.user, None))
		self.assertIn("begins with the first instalment", self.shown()["requests"][0]["state"])

	def test_one_request_waits_at_a_time(self):
		self.ask()
		with self.assertRaisesRegex(PortalError, "asked for a payment plan already"):
			self.ask()
		with patch("b2b_contracts.collections.portal_actions.open_request", return_value=None):
			with self.assertRaisesRegex(PortalError, "asked for a payment plan already"):
				self.ask()

	def test_it_is_turned_down_with_an_answer(self):
		self.ask()
		plan = self.plan()
		with as_user("controller"):
			with self.assertRaisesRegex(PortalError, "what the customer is to read"):
				api.turn_down_plan(plan.name, " ")
			api.turn_down_plan(plan.name, "Please pay half of it at once.")
			with self.assertRaisesRegex(PortalError, "waits for an answer"):
				api.turn_down_plan(plan.name, "Again")
		(request,) = self.shown()["requests"]
		self.assertIn("Please pay half of it at once.", request["state"])
		self.ask()
		self.assertEqual(len(self.shown()["requests"]), 2)

	def test_who_may_not_write_plans_turns_none_down(self):
		self.ask()
		for user in ("seller1", "auditor", "accounts_user"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.turn_down_plan(self.plan().name, "No")

	def test_only_within_the_usual_terms(self):
		for values, words in (
			({"number_of_instalments": 4}, "between 1 and 3"),
			({"number_of_instalments": 0}, "between 1 and 3"),
			({"number_of_instalments": -1}, "between 1 and 3"),
			({"first_instalment_date": in_days(-1)}, "Choose a day from today"),
			({"first_instalment_date": in_days(15)}, "Choose a day from today"),
		):
			with self.assertRaisesRegex(PortalError, words):
				self.ask(**values)

	def test_what_insurers_have_to_do_with_it_is_not_told(self):
		with patch("b2b_contracts.collections.plan_drafting.last_insured", return_value=getdate()):
			with self.assertRaises(PortalError) as refused:
				self.ask()
		self.assertIn("cannot be offered here", str(refused.exception))
		self.assertNotIn("insur", str(refused.exception))
		self.assertNotIn("insur", self.messages())

	def test_what_has_changed_meanwhile_is_looked_at_again(self):
		values = {**self.account(), "invoices": [self.invoice.name], **PLAN}
		with as_user(self.user):
			total = api.plan_preview(**values)["total"]
		make.make_payment(self.invoice, amount=500)
		with as_user(self.user), self.assertRaisesRegex(PortalError, "changed meanwhile"):
			api.ask_for_plan(**values, reason=REASON, total=total)
		with as_user(self.user), self.assertRaisesRegex(PortalError, "changed meanwhile"):
			api.ask_for_plan(**values, reason=REASON, total="NaN")

	def test_a_reason_is_needed_and_is_text(self):
		values = {**self.account(), "invoices": [self.invoice.name], **PLAN, "total": "4000.00"}
		with as_user(self.user):
			for reason, words in ((" ", "why you cannot pay"), ("x" * 1001, "1001 letters")):
				with self.assertRaisesRegex(PortalError, words):
					api.ask_for_plan(**values, reason=reason)
			api.ask_for_plan(**values, reason="<script>alert(1)</script>Late payer")
		self.assertNotIn("<", self.plan().reason)

	def test_who_asked_is_written_by_the_portal_alone(self):
		self.ask()
		plan = self.plan()
		with as_user("controller"):
			plan.update({"asked_for_by": "x@example.com", "turned_down": "No", "request_key": None})
			plan.save()
		plan.reload()
		self.assertEqual((plan.asked_for_by, plan.turned_down), (self.user, None))
		self.assertTrue(plan.request_key)


class TestDisputes(PortalTestCase):
	def made(self):
		return frappe.get_last_doc("Dispute", {"customer": self.customer.name})

	def test_a_draft_with_its_evidence(self):
		said = self.dispute(uploads=[Upload("note.pdf", PDF), Upload("photo.png", PNG)])
		self.assertIn(self.user, said)
		dispute = self.made()
		self.assertEqual(
			(dispute.docstatus, dispute.by_link, dispute.contact_email, dispute.disputed_amount),
			(0, 1, self.user, 1_000),
		)
		files = frappe.get_all(
			"File", {"attached_to_doctype": "Dispute", "attached_to_name": dispute.name}, ["is_private"]
		)
		self.assertEqual([file.is_private for file in files], [1, 1])
		told = self.told("Dispute", dispute.name)
		self.assertIn("in the portal", told[make.email_of("controller")])
		(request,) = self.shown()["requests"]
		self.assertEqual((request["name"], request["state"]), (dispute.name, "We have received it"))

	def test_what_comes_after_it_is_added(self):
		self.dispute()
		first = self.made()
		self.assertEqual(self.shown()["disputable"][0]["dispute"], first.name)
		self.assertIn("added this", self.dispute(description="And one was broken."))
		self.assertEqual(frappe.db.count("Dispute", {"customer": self.customer.name}), 1)
		self.assertIn("And one was broken.", first.reload().progress[-1].text)
		self.assertEqual(first.progress[-1].noted_by, self.user)
		self.assertIn("in the portal", " ".join(self.told("Dispute", first.name).values()))

	def test_no_more_than_is_open_and_nothing_that_is_no_evidence(self):
		for values, words in (
			({"amount": "4000.01"}, "at most"),
			({"root_cause": "Weather"}, "what the complaint is about"),
			({"description": " "}, "what is wrong"),
			({"uploads": [Upload("run.exe", b"MZ")]}, "neither a PDF nor a picture"),
		):
			with self.assertRaisesRegex(DisputeLinkError, words):
				self.dispute(**values)
		self.assertEqual(frappe.db.count("Dispute", {"customer": self.customer.name}), 0)

	def test_taken_up_it_is_worked_on_and_shown(self):
		self.dispute()
		with as_user("controller"):
			self.made().submit()
		seen = self.shown()
		self.assertEqual(seen["requests"][0]["state"], "We are looking into it")
		self.assertIn("1,000.00 disputed", seen["parts"][0]["items"][0]["aside"][0])


class TestWhoIsTold(PortalTestCase):
	def test_what_we_tell_each_other_is_not_told_a_customer_with_a_log_in(self):
		self.ask()
		plan = self.plan()
		with as_user("controller"):
			notices.bell("Payment Plan", plan.name, [plan.owner, make.email_of("collector")], "Between us")
		told = self.told("Payment Plan", plan.name)
		self.assertEqual(told.get(self.user), None)
		self.assertEqual(told[make.email_of("collector")], "Between us")

	def test_an_approved_plan_that_was_asked_for_stays_as_evidence(self):
		before = plans.success_rate(COMPANY, getdate(), getdate())
		self.ask()
		plan = self.plan()
		with as_user("credit_manager"):
			plan.security = make.make_security(self.customer, 1).name
			plan.save()
			plan.submit()
			plan.cancel()
		with self.assertRaises(EvidenceError):
			plan.delete()
		# Withdrawn, and neither kept nor broken.
		self.assertEqual(plans.success_rate(COMPANY, getdate(), getdate()), before)


class TestMenu(PortalTestCase):
	def test_customers_have_it_in_the_menu_of_the_portal_and_nobody_else(self):
		from frappe.website.utils import get_portal_sidebar_items

		def routes(user: str) -> set[str]:
			frappe.cache.hdel("portal_menu_items", user)
			with as_user(user):
				return {item["route"] for item in get_portal_sidebar_items()}

		self.assertIn("/my-account", routes(self.user))
		self.assertNotIn("/my-account", routes(make.make_user("Supplier")))
