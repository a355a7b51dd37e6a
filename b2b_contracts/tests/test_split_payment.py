"""What a reminder is about is split by the customer itself, by a link: what is offered, what is agreed, and who decides."""

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, flt, getdate, nowdate, set_request
from frappe.website.serve import get_response

from b2b_contracts import customer_links_api as api
from b2b_contracts import portal_api, signed_links
from b2b_contracts.collections import (
	dunning_templates,
	plans,
	portal_access,
	portal_account,
	split_links,
)
from b2b_contracts.credit import notices
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.exceptions import NotYourMandateError, PortalError, SplitLinkError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age

LINK = "/split-payment?token="
EMAIL = "bogholderi@example.com"


class SplitTestCase(DunningTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.cache.delete_keys, "rl:")
		for row in self.flow.steps:
			row.offers_split = int(row.step_code == "D7")
		self.flow.save()
		frappe.db.set_value("Company", COMPANY, {"b2b_split_instalments": 3, "b2b_split_amount": 50_000})
		self.invoice = self.owes(1_000)

	def remind(self):
		return self.notice(self.sent(self.planned()))

	def link(self, notice=None) -> str:
		notice = notice or self.remind()
		return dunning_templates.context_of(notice)["split_link"]

	def token(self, notice=None) -> str:
		link = self.link(notice)
		self.assertIn(LINK, link)
		return link.split("token=")[1]

	def preview(self, token: str, count: int = 3, first: str | None = None) -> dict:
		with as_user("Guest"):
			return api.split_preview(token, count, first or nowdate())

	def agree(self, token: str, count: int = 3, first: str | None = None, **fields) -> str:
		"""Agree as the page does: looked at first."""
		first = first or nowdate()
		values = {
			"total": self.preview(token, count, first)["total"],
			"name_given": "Kim Holm",
			"email": EMAIL,
			"acknowledged": 1,
			**fields,
		}
		with as_user("Guest"), patch.object(notices, "bell") as told:
			self.said = api.agree_split(token, count, first, **values)["message"]
		self.told = told.call_args
		return self.said

	def plan(self):
		return frappe.get_last_doc("Payment Plan", {"customer": self.customer.name})

	def assertGone(self, advice: str, token: str):
		with as_user("Guest"):
			for act in (
				lambda: split_links.shown(token),
				lambda: api.split_preview(token, 3, nowdate()),
				lambda: api.agree_split(token, 3, nowdate(), "1000.00", "Kim", EMAIL, 1),
			):
				with self.assertRaisesRegex(PortalError, advice):
					act()
		self.assertFalse(frappe.db.exists("Payment Plan", {"customer": self.customer.name}))


class TestOffered(SplitTestCase):
	def test_by_the_steps_that_offer_it(self):
		notice = self.remind()
		self.assertEqual(notice.offers_split, 1)
		self.assertIn(LINK, notice.message)
		self.assertIn("Pay in instalments", notice.message)
		age(self.customer.name, 14)
		later = self.notice(self.sent(self.planned()))
		self.assertEqual((later.step_code, later.offers_split), ("D21", 0))
		self.assertNotIn(LINK, later.message)
		self.assertEqual(self.link(later), "")

	def test_the_standard_flow_for_medium_risk_offers_it(self):
		offered = dict(
			frappe.get_all(
				"Dunning Flow Step",
				{"parent": "Medium risk", "parenttype": "Dunning Flow"},
				["step_code", "offers_split"],
				as_list=True,
			)
		)
		self.assertEqual(offered, {"D3": 1, "D10": 0, "D20": 1})

	def test_not_where_the_company_does_not(self):
		notice = self.remind()
		for values in (
			{"b2b_split_instalments": 0},
			{"b2b_split_instalments": 1},
			{"b2b_split_amount": 999.99},
		):
			with self.subTest(values):
				frappe.db.set_value(
					"Company", COMPANY, {"b2b_split_instalments": 3, "b2b_split_amount": 0, **values}
				)
				frappe.clear_document_cache("Company", COMPANY)
				self.assertEqual(self.link(notice), "")
		frappe.db.set_value("Company", COMPANY, {"b2b_split_amount": 1_000, "b2b_split_instalments": 2})
		frappe.clear_document_cache("Company", COMPANY)
		with as_user("Guest"):
			self.assertEqual(split_links.shown(self.token(notice))["counts"], (2,))

	def test_not_on_paper(self):
		from b2b_contracts.collections import dunning_letters

		notice = self.remind()
		notice.db_set("message", "")
		_subject, message = dunning_letters._words(notice, getdate())
		self.assertNotIn(LINK, message)

	def test_not_for_the_insolvent_nor_after_a_broken_plan_nor_with_an_agency(self):
		notice = self.remind()
		token = self.token(notice)
		with patch.object(split_links, "insolvency_of", return_value="IC-1"):
			self.assertEqual(self.link(notice), "")
			self.assertGone("cannot be split here", token)
		with patch.object(split_links.standings, "cases_of", return_value={self.invoice.name: "CC-1"}):
			self.assertGone("cannot be split here", token)
		with patch.object(
			split_links.plan_facts, "broken_plans_over", return_value={self.invoice.name: "PLAN-1"}
		):
			self.assertGone("cannot be split here", token)


class TestPage(SplitTestCase):
	def page(self, token: str) -> str:
		ip = getattr(frappe.local, "request_ip", None)
		with as_user("Guest"), writing_in(frappe.local.lang):
			set_request(method="GET", path="/split-payment")
			frappe.local.request_ip = "10.2.3.9"
			frappe.local.form_dict = frappe._dict(token=token)
			try:
				return frappe.safe_decode(get_response().get_data())
			finally:
				frappe.local.request, frappe.local.request_ip = None, ip

	def test_it_speaks_the_language_of_the_customer_and_shows_nothing_else(self):
		stranger = make.make_customer()
		foreign = self.owes(5_000, customer=stranger)
		token = self.token()
		for language, words in (
			("en", "Pay in instalments"),
			("da", "Betal i rater"),
			("nb", "Betal i avdrag"),
			("sv", "Betala i delbetalningar"),
		):
			frappe.db.set_value("Customer", self.customer.name, "language", language)
			html = self.page(token)
			for word in (words, self.invoice.name, "no-referrer", "noindex"):
				self.assertIn(word, html, language)
			self.assertNotIn(foreign.name, html)

	def test_what_is_wrong_with_a_link_is_said(self):
		html = self.page("nothing")
		self.assertTrue("This link is not valid" in html)
		self.assertFalse('<form class="b2b-split__form' in html)

	def test_a_look_changes_nothing(self):
		token = self.token()
		before = frappe.db.count("Payment Plan")
		self.page(token)
		self.preview(token)
		self.assertEqual(frappe.db.count("Payment Plan"), before)


class TestLink(SplitTestCase):
	def test_forged_and_expired_ones_open_nothing(self):
		notice = self.remind()
		token = self.token(notice)
		subject = split_links.Subject(self.customer.name, COMPANY, notice.name).written()
		address = signed_links.address
		old = address(split_links.PAGE, split_links.PURPOSE, subject, timedelta(days=-1))
		other = address(split_links.PAGE, "pay invoices", subject, timedelta(days=9))
		for bad, why in (
			("", "not valid"),
			("nothing", "not valid"),
			(token[:-2] + "xx", "not valid"),
			(other.split("token=")[1], "not valid"),
			(old.split("token=")[1], "was good until"),
		):
			self.assertGone(why, bad)

	def test_it_is_about_what_the_reminder_asked_for(self):
		token = self.token()
		later = self.owes(700, days=3)
		self.assertEqual(self.preview(token)["invoices"], [self.invoice.name])
		self.assertTrue(later)

	def test_paid_meanwhile(self):
		token = self.token()
		make.make_payment(self.invoice)
		self.assertGone("is paid or agreed on", token)


class TestAgreed(SplitTestCase):
	def test_the_instalments_are_those_that_were_shown(self):
		token = self.token()
		first = add_days(nowdate(), 5)
		seen = self.preview(token, 3, first)
		self.assertEqual(seen["total"], "1000.00")
		said = self.agree(token, 3, first)
		plan = self.plan()
		self.assertIn(plan.name, said)
		self.assertEqual([flt(row.amount, 2) for row in plan.instalments], [333.33, 333.33, 333.34])
		self.assertEqual(
			[row["due"] for row in seen["instalments"]],
			[frappe.utils.formatdate(row.due_date) for row in plan.instalments],
		)
		days = (getdate(plan.instalments[-1].due_date) - getdate(first)).days
		self.assertLessEqual(days, 60)
		self.assertEqual(
			(plan.docstatus, plan.asked_for_by, plan.acknowledged_by, plan.frequency, plan.owner),
			(0, EMAIL, "Kim Holm", "Monthly", "Guest"),
		)
		self.assertTrue(plan.acknowledged_on and plan.asked_with and plan.required_role)
		self.assertIn(email_of("controller"), self.told.args[2])
		self.assertIn("by the link of a reminder", self.told.args[3])

	def test_nothing_is_agreed_by_halves(self):
		token = self.token()
		for fields, why in (
			({"acknowledged": 0}, "Confirm that you owe"),
			({"name_given": " "}, "Enter your name"),
			({"email": "no address"}, "e-mail address"),
			({"total": "999.00"}, "has changed meanwhile"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, why):
				self.agree(token, **fields)
		for count, first, why in (
			(1, nowdate(), "between 2 and 3"),
			(4, nowdate(), "between 2 and 3"),
			(3, add_days(nowdate(), 15), "Choose a day"),
			(3, add_days(nowdate(), -1), "Choose a day"),
			(3, "soon", "Choose a day"),
		):
			with self.assertRaisesRegex(SplitLinkError, why):
				self.preview(token, count, first)
		self.assertFalse(frappe.db.exists("Payment Plan", {"customer": self.customer.name}))

	def test_once_only(self):
		token = self.token()
		self.agree(token)
		with self.assertRaisesRegex(SplitLinkError, "used already"):
			self.agree(token)
		plan = self.plan()
		with as_user("controller"):
			portal_api.turn_down_plan(plan.name, "Please call us first.")
		with self.assertRaisesRegex(SplitLinkError, "used already"):
			self.preview(token)
		with as_user("Guest"):
			asked = split_links.shown(token)["asked"]
		self.assertEqual(asked["name"], plan.name)
		self.assertIn("Please call us first.", asked["state"])

	def test_one_request_at_a_time_whatever_way_it_came(self):
		first = self.remind()
		self.agree(self.token(first))
		age(self.customer.name, 1)
		token = split_links._link(
			split_links.Subject(self.customer.name, COMPANY, made_on="2026-01-01"), [self.invoice.name]
		).split("token=")[1]
		with self.assertRaisesRegex(PortalError, "asked for a payment plan already"):
			self.preview(token)

	def test_it_takes_the_mandate_of_any_plan(self):
		self.agree(self.token())
		plan = self.plan()
		plan.security = make.make_security(self.customer, 1).name
		plan.save()
		self.assertEqual(plan.link_key and plan.acknowledged_by, "Kim Holm")
		with as_user("collector"), self.assertRaises((NotYourMandateError, frappe.PermissionError)):
			frappe.get_doc("Payment Plan", plan.name).submit()
		with as_user("credit_manager"):
			frappe.get_doc("Payment Plan", plan.name).submit()
		plan.reload()
		self.assertEqual((plan.status, plan.approved_by), ("Approved", email_of("credit_manager")))
		self.assertEqual(plan.acknowledged_by, "Kim Holm")

	def test_nobody_enters_an_acknowledgement_by_hand(self):
		with as_user("controller"):
			plan = make.make_plan((self.invoice, None), approved_by=None, security=None)
			plan.update({"acknowledged_by": "Me", "link_key": "x"})
			plan.save()
		self.assertFalse(plan.acknowledged_by or plan.link_key)

	def test_later_reminders_leave_out_what_a_plan_in_force_holds(self):
		self.agree(self.token())
		plan = self.plan()
		plan.security = make.make_security(self.customer, 1).name
		plan.save()
		with as_user("credit_manager"):
			frappe.get_doc("Payment Plan", plan.name).submit()
		make.make_payment(self.invoice, amount=333.33)
		plans.refresh(plan.name)
		self.assertEqual(plan.reload().status, "Active")
		self.assertFalse(frappe.db.exists("Notification Log", {"for_user": "Guest"}))
		age(self.customer.name, 14)
		other = self.owes(2_000, days=21)
		notice = self.notice(self.planned())
		asked = {row.sales_invoice for row in notice.items if row.chased_amount > 0}
		self.assertEqual(asked, {other.name})


class TestPortal(SplitTestCase):
	def setUp(self):
		super().setUp()
		self.user = make.make_portal_user(self.customer)

	def offer(self) -> dict | None:
		with as_user(self.user):
			return portal_account.shown(portal_access.need_account(self.customer.name, COMPANY))["plan"]

	def test_all_that_is_overdue_can_be_split_from_there(self):
		second = self.owes(500, days=2)
		token = self.offer()["split_link"].split("token=")[1]
		self.assertEqual(self.preview(token)["total"], "1500.00")
		self.agree(token, 2)
		plan = self.plan()
		self.assertEqual({row.sales_invoice for row in plan.invoices}, {self.invoice.name, second.name})
		self.assertFalse(plan.asked_with)
		# One at a time; and the link of today is used.
		self.assertIsNone(self.offer())
		with as_user("controller"):
			portal_api.turn_down_plan(plan.name, "No.")
		self.assertEqual(self.offer()["split_link"], "")
