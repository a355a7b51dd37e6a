"""The workspaces: each for its roles, every link, card and chart works for whoever sees it, and a seller's figures are of the own
portfolio."""

import json
import re
from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.desk.desktop import Workspace, get_desktop_page, get_workspace_sidebar_items
from frappe.utils import flt

from b2b_contracts import reports_api
from b2b_contracts.permissions import SELLER_ROLES
from b2b_contracts.reporting import desk_figures, shared
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase

DESKS = ("Credit", "Finance Desk", "Legal Desk", "Sales Desk")
ONLY_FOR_FINANCE = {"Finance Desk": "seller1", "Legal Desk": "seller1", "Sales Desk": "collector"}


def roles_of(desk: str) -> list[str]:
	return frappe.get_all("Has Role", {"parent": desk, "parenttype": "Workspace"}, pluck="role")


def page_of(desk: str) -> dict:
	"""Return what the browser gets of a workspace."""
	doc = frappe.get_doc("Workspace", desk)
	return get_desktop_page(json.dumps({"name": doc.name, "title": doc.title, "public": 1}))


def figure(user: str, name: str, **more) -> str:
	"""Return the text of a figure, without its link."""
	with as_user(user):
		frappe.defaults.set_user_default("company", COMPANY)
		return re.sub(r"<[^>]+>", "", reports_api.desk_figure(json.dumps({"figure": name, **more})))


def number(text: str) -> float:
	return flt(re.sub(r"[^\d,.-]", "", text))


class TestWorkspaces(SiteTestCase):
	def test_each_is_for_its_roles_and_for_nobody_else(self):
		for desk, stranger in ONLY_FOR_FINANCE.items():
			self.assertTrue(roles_of(desk), desk)
			with self.subTest(desk), as_user(stranger):
				titles = {page["title"] for page in get_workspace_sidebar_items()["pages"]}
				self.assertNotIn(desk, titles)
		with as_user("seller1"):
			titles = {page["title"] for page in get_workspace_sidebar_items()["pages"]}
			self.assertLessEqual({"Sales Desk", "Credit"}, titles)

	def test_what_they_link_to_is_there(self):
		for desk in DESKS:
			doc = frappe.get_doc("Workspace", desk)
			for row in (*doc.links, *doc.shortcuts):
				kind = row.get("link_type") if row.doctype == "Workspace Link" else row.type
				if kind in ("DocType", "Report", "Page"):
					with self.subTest(desk=desk, label=row.label):
						self.assertTrue(frappe.db.exists(kind, row.link_to), row.link_to)
			for row in doc.charts:
				self.assertTrue(frappe.db.exists("Dashboard Chart", row.chart_name), row.chart_name)
			for row in doc.number_cards:
				self.assertTrue(frappe.db.exists("Number Card", row.number_card_name), row.number_card_name)
			shown = {next(iter(block["data"].items())) for block in json.loads(doc.content)}
			for table, key in (("charts", "chart_name"), ("number_cards", "number_card_name")):
				for row in doc.get(table):
					self.assertIn((key, row.get(key)), shown)

	def test_every_card_and_chart_works_for_every_role_that_sees_it(self):
		for desk in DESKS:
			for role in roles_of(desk):
				with self.subTest(desk=desk, role=role), as_user(make.make_user(role)):
					frappe.defaults.set_user_default("company", COMPANY)
					page = page_of(desk)
					self.assertTrue(page["shortcuts"]["items"])
					for row in page["number_cards"]["items"]:
						self.assert_card(row.number_card_name)
					for row in page["charts"]["items"]:
						self.assert_chart(row.chart_name)

	def assert_card(self, name: str):
		card = frappe.get_doc("Number Card", name)
		if card.type == "Custom":
			filters = json.loads(card.filters_json or "{}")
			frappe.call(frappe.get_attr(card.method), filters=filters)

	def assert_chart(self, name: str):
		chart = frappe.get_doc("Dashboard Chart", name)
		self.assertEqual((chart.chart_type, chart.use_report_chart), ("Report", 1))
		filters = json.loads(chart.filters_json)
		filters["company"] = COMPANY
		found = query_report.run(chart.report_name, filters=filters, ignore_prepared_report=True)
		self.assertIn(type(found["chart"]), (dict, type(None)), name)

	def test_nobody_else_gets_a_figure(self):
		for name in desk_figures.FIGURES:
			with self.subTest(name):
				self.assertEqual(figure(make.make_user("Stock User"), name, code="dso"), desk_figures.UNKNOWN)
		with self.assertRaisesRegex(frappe.ValidationError, "not offered"):
			figure("cfo", "<b>")


class TestFigures(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.mine, self.other = make.make_customer("seller1"), make.make_customer("seller2")

	def owe(self, customer, amount: float, days: int):
		with make.policy_off():
			return make.make_overdue_invoice(customer, amount, days)

	def seen_by(self, customer) -> str:
		"""Return somebody of finance who may see one customer."""
		user = make.make_user("Accounts User", "Credit Controller")
		permission = {"doctype": "User Permission", "user": user, "allow": "Customer"}
		frappe.get_doc({**permission, "for_value": customer.name}).insert()
		return user

	def test_a_sellers_figures_are_of_the_own_portfolio(self):
		mine, controller = self.seen_by(self.mine), "controller"
		before = {user: number(figure(user, "owed")) for user in ("seller1", mine, controller)}
		overdue = number(figure("seller1", "overdue"))
		self.owe(self.mine, 1_000, 20)
		self.owe(self.other, 50_000, 20)
		added = {user: number(figure(user, "owed")) - before[user] for user in before}
		self.assertEqual(added, {"seller1": 1_000, mine: 1_000, controller: 51_000})
		self.assertEqual(number(figure("seller1", "overdue")) - overdue, 1_000)

	def test_cards_of_one_page_read_the_ageing_once_and_anew_after_a_booking(self):
		mine, other = self.seen_by(self.mine), self.seen_by(self.other)
		cards = (desk_figures.OWED, desk_figures.OVERDUE, desk_figures.OLD)

		def readings(user: str) -> int:
			with patch.object(desk_figures.receivables, "read", wraps=desk_figures.receivables.read) as read:
				for card in cards:
					figure(user, card)
			return read.call_count

		self.owe(self.mine, 1_000, 20)
		self.assertEqual([readings(mine), readings(mine), readings(other)], [1, 0, 1])
		invoice = self.owe(self.mine, 500, 70)
		self.assertEqual(number(figure(mine, "owed")), 1_500)
		self.assertEqual([readings(mine), readings(other)], [0, 1])
		invoice.cancel()
		self.assertEqual(number(figure(mine, "owed")), 1_000)

	def test_who_waits_too_long_for_a_reading_reads_alone(self):
		about = frappe.generate_hash()
		key = shared._key("a test", about, ())
		lock = frappe.cache.lock(frappe.cache.make_key(f"{key}:lock"), timeout=60)
		self.assertTrue(lock.acquire(blocking=False))
		self.addCleanup(lock.release)
		with patch.object(shared, "PATIENCE", 0.2):
			self.assertEqual(shared.reading("a test", about, (), lambda: "read"), "read")
		self.assertEqual(shared.reading("a test", about, (), lambda: self.fail("read again")), "read")

	def test_the_light_of_what_is_old_is_that_of_the_alarm(self):
		"""Red above 15 % (Report Settings), yellow from 90 % of it on, grey of nothing."""
		user = self.seen_by(self.mine)

		def light() -> str:
			with as_user(user):
				frappe.defaults.set_user_default("company", COMPANY)
				html = reports_api.desk_figure({"figure": "old"})
			return re.search(r"b2b-light--(\w+)", html).group(1)

		self.assertEqual(light(), "grey")
		self.owe(self.mine, 8_600, 10)
		self.owe(self.mine, 1_300, 61)  # 13.1 %
		self.assertEqual(light(), "green")
		self.owe(self.mine, 100, 61)  # 14.0 %
		self.assertEqual(light(), "yellow")
		self.owe(self.mine, 200, 61)  # 15.7 %
		self.assertEqual(light(), "red")
		self.owe(self.other, 90_000, 1)
		self.assertEqual(light(), "red")

	def test_a_key_figure_is_that_of_the_last_month(self):
		text = figure("cfo", "kpi", code="dso")
		self.assertTrue(text)
		found = query_report.run("Credit KPIs", filters={"company": COMPANY}, ignore_prepared_report=True)
		self.assertTrue(found["result"])

	def test_whom_no_company_is_kept_from_gets_the_own_one(self):
		user = make.make_user("Accounts User", "Credit Controller")
		with as_user(user):
			frappe.defaults.set_user_default("company", COMPANY)
			self.assertEqual(desk_figures.company_of_user(), COMPANY)

	def test_sellers_see_no_desk_of_finance(self):
		self.assertTrue(SELLER_ROLES.isdisjoint(roles_of("Finance Desk")))
		with as_user("seller1"):
			doc = frappe.get_doc("Workspace", "Finance Desk")
			self.assertFalse(
				Workspace({"name": doc.name, "title": doc.title, "public": 1}, True).is_permitted()
			)
