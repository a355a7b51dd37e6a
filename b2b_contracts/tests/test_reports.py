"""Every report as each of its roles, on an empty book and on a full one: it runs, and nobody learns of a customer that is not theirs
from rows, totals, chart, words or workbook; and it asks the database as often for three customers as for thirty."""

import json
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.utils import now_datetime, nowdate
from openpyxl import load_workbook

from b2b_contracts import reports_api
from b2b_contracts.b2b_contracts.report.order_holds import order_holds
from b2b_contracts.reporting import workbook
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import report_scenes as scenes
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, ensure_second_company
from b2b_contracts.tests.test_contract_pipeline import PipelineTestCase
from b2b_contracts.tests.test_query_count import counted

# The filters that each report is run with, beside the company: one set for each way to look at it.
VARIANTS: dict[str, list[dict]] = {
	"B2B Receivables Ageing": [
		*(
			{"by": by}
			for by in (
				*("Customer", "Credit Group", "Segment", "Salesperson"),
				*("Company", "Currency", "Document"),
			)
		),
		{"basis": "Posting Date", "credits": "Against the Oldest", "buckets": "15, 45"},
		{"by": "Document", "part_by": "Salesperson", "part": ""},
	],
	"Commission on Paid Invoices": [
		{"by": by, "from_date": "2020-01-01"} for by in ("Invoice", "Salesperson", "Customer", "Month")
	],
	"Customer Credit File": [{}],
	"Credit KPIs": [
		{},
		{"by": "Segment", "view": "Formula and Inputs"},
		{"by": "Salesperson", "figures": "From the Books Again"},
	],
	"Collections Pipeline": [
		{"view": view}
		for view in ("By Customer", "By Document", "By Collector", "By Week", "Provision Matrix")
	],
	"Credit Exposure": [
		*({"show": show} for show in ("Customers", "Credit groups", "Risk and revenue", "Without a profile")),
		*(
			{"show": "Concentration", "by": by}
			for by in ("Customer", "Credit group", "Industry", "Country", "Insurer")
		),
		{"show": "Risk and revenue", "measure": "Number of customers"},
	],
	"Contract Performance": [
		*({"by": by} for by in ("Contract", "Customer", "Contract type", "Account manager", "Cycle time")),
	],
	"Contract Register": [
		*({"view": view} for view in ("Contracts", "Every term", "Open items")),
		{"only": "Something is missing"},
		{"only": "In order"},
		{"only": "Overdue", "view": "Open items"},
	],
	"Contracted Revenue": [
		*({"by": by} for by in ("Month", "Contract", "Customer", "Contract type", "Account manager")),
		{"by": "Contract", "amount": "Committed", "months": 36},
	],
	"Delivery Stops": [{}],
	"Dispute Analysis": [
		{"by": by}
		for by in (
			"Root cause",
			"Customer",
			"Item",
			"Salesperson",
			"Warehouse",
			"Price list",
			"Month",
			"Dispute",
		)
	],
	"Dunning Effectiveness": [{"by": by} for by in ("Step", "Channel", "Template", "Month")],
	"Limitation Watch": [{}, {"within": 3650}],
	"Payment Plans and Promises": [
		{"view": view} for view in ("Due Next", "Plans", "Promises", "By Collector", "By Month")
	],
	"Order Holds": [
		{"by": by}
		for by in ("Hold", "Segment", "Reason", "Answered by", "Month", "What became of it", "Customer")
	],
	"Renewal Pipeline": [
		{},
		*({"within": 3650, "view": view} for view in ("Overview", "Margin and prices", "Reminders")),
	],
	"Security Coverage": [
		*({"show": show} for show in ("Customers", "Credit groups", "Securities", "Dates ahead")),
		{"assumption": "Paid as late as usual"},
		{"assumption": "As much open as today", "months": 24},
	],
}
# Reports that show nothing of what the scene is made of, whoever looks: their own tests prove what they show.
TELLS_NOTHING_OF_THE_SCENE: frozenset[str] = frozenset(("Customer Credit File",))
EMPTY_COMPANY = "B2B Empty ApS"
FEW, MANY = 3, 30


def runs() -> list[tuple[str, dict]]:
	return [(report, variant) for report, variants in VARIANTS.items() for variant in variants]


def run(report: str, user: str, **filters) -> dict:
	"""Run a report as the desk does."""
	with as_user(user):
		asked = json.dumps({"company": COMPANY, **filters}, default=str)
		return query_report.run(report, filters=asked, ignore_prepared_report=True)


def said(found: dict) -> str:
	"""Return all that the desk gets of a report, as text."""
	shown = ("columns", "result", "message", "chart", "report_summary")
	return frappe.as_json({key: found[key] for key in shown})


def exported(report: str, user: str, **filters) -> dict[str, list[tuple]]:
	"""Return the sheets of a report's workbook as lists of rows."""
	with as_user(user):
		asked = json.dumps({"company": COMPANY, **filters}, default=str)
		reports_api.export(report, asked, json.dumps({"company": "Company"}))
	book = load_workbook(BytesIO(frappe.response.pop("filecontent")))
	return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


class ReportTestCase(PipelineTestCase):
	def setUp(self):
		super().setUp()
		self.customer = scenes.everything_of_a_customer()
		self.running(payment_terms_template="Net 14")
		frappe.local.request_cache.clear()


class TestEveryReport(SiteTestCase):
	def test_each_report_of_the_app_is_tested_here(self):
		ours = frappe.get_all("Report", {"module": "B2B Contracts", "is_standard": "Yes"}, pluck="name")
		self.assertEqual(sorted(VARIANTS), sorted(ours))

	def test_each_is_a_script_report_with_roles_and_a_document_to_ask_for(self):
		for name in VARIANTS:
			report = frappe.get_doc("Report", name)
			with self.subTest(name):
				self.assertEqual(report.report_type, "Script Report")
				self.assertTrue(report.roles)
				self.assertFalse(report.disabled)

	def test_nobody_else_runs_one(self):
		for report in VARIANTS:
			for user in (make.make_user("Stock User"), "Guest"):
				with self.subTest(report), self.assertRaises(frappe.PermissionError):
					run(report, user)
				with self.subTest(report), self.assertRaises(frappe.PermissionError):
					exported(report, user)

	def test_a_company_that_is_kept_from_somebody_is_refused(self):
		user = make.make_user("Accounts Manager", "Credit Manager", "CFO", "Finance Director")
		permission = {"doctype": "User Permission", "user": user, "allow": "Company", "for_value": COMPANY}
		frappe.get_doc(permission).insert()
		other = ensure_second_company()
		for report, variant in runs():
			with self.subTest(report, **variant), self.assertRaises(frappe.PermissionError):
				run(report, user, **{**variant, "company": other})


class TestRoles(ReportTestCase):
	def test_each_report_runs_as_each_of_its_roles_on_a_full_book_and_on_an_empty_one(self):
		"""Each role sees the first view of a report, and one of its others by turns: together they see all of them."""
		company = frappe.copy_doc(frappe.get_doc("Company", COMPANY))
		company.update({"name": EMPTY_COMPANY, "company_name": EMPTY_COMPANY, "abbr": "B2BE"})
		company.db_insert()
		users: dict[str, str] = {}
		for report, variants in VARIANTS.items():
			roles = frappe.get_all("Has Role", {"parent": report, "parenttype": "Report"}, pluck="role")
			self.assertGreaterEqual(len(roles) + 1, len(variants), "more views than roles to see them")
			for turn, role in enumerate(sorted(roles)):
				user = users.setdefault(role, make.make_user(role) if role not in users else "")
				for variant in {
					0: variants[0],
					turn % len(variants): variants[turn % len(variants)],
				}.values():
					for company in (COMPANY, EMPTY_COMPANY):
						with self.subTest(report=report, role=role, company=company, **variant):
							self.assert_runs(report, user, company=company, **variant)

	def assert_runs(self, report, user, **filters):
		found = run(report, user, **filters)
		self.assertTrue(found["columns"])
		for column in found["columns"]:
			self.assertTrue(column.get("label") and column.get("fieldname"), column)
			if column["fieldtype"] == "Currency":
				self.assertTrue(column.get("options"), column)
		if filters["company"] == EMPTY_COMPANY:
			self.assertNotIn(self.customer.customer_name, said(found))


class TestNobodyElsesCustomers(ReportTestCase):
	"""What is said to somebody with one permitted customer is the same, word for word and number for number, whether there is another
	customer of which as much is known or not."""

	def readers(self) -> list[str]:
		"""A seller with a portfolio, and somebody of finance whom a User Permission leaves one customer."""
		restricted = make.make_user(*(role for role in ("CFO", "Finance Director", "Accounts Manager")))
		permission = {"doctype": "User Permission", "user": restricted, "allow": "Customer"}
		frappe.get_doc({**permission, "for_value": self.customer.name}).insert()
		return ["seller1", restricted]

	def all_said(self, user: str) -> dict[tuple, str]:
		found = {}
		for report, variant in runs():
			if user == "seller1" and not self.may_run(report, user):
				continue
			sheets = exported(report, user, **variant)
			sheets.pop(next(title for title in sheets if title.startswith("About")))
			found[report, json.dumps(variant)] = said(run(report, user, **variant)) + frappe.as_json(sheets)
		return found

	@staticmethod
	def may_run(report: str, user: str) -> bool:
		with as_user(user):
			return frappe.get_doc("Report", report).is_permitted()

	def test_another_sellers_customer_changes_nothing(self):
		# What waits has waited as long at the second reading as at the first.
		held = patch.object(order_holds, "now_datetime", return_value=now_datetime())
		held.start()
		self.addCleanup(held.stop)
		readers = [*self.readers(), "cfo"]
		before = {user: self.all_said(user) for user in readers}
		other = scenes.copy(self.customer, 1, of_another_seller=True)
		after = {user: self.all_said(user) for user in readers}
		for user in readers[:2]:
			self.assertTrue(any(self.customer.customer_name in text for text in before[user].values()), user)
			for key, text in before[user].items():
				with self.subTest(user=user, report=key):
					self.assertNotIn(scenes.MARK, after[user][key])
					self.assertEqual(after[user][key], text)
			self.assert_kept_from(user, other)
		# Whoever sees everything is told of it: otherwise this proved nothing.
		told = {report for (report, key), text in after["cfo"].items() if text != before["cfo"][report, key]}
		self.assertEqual(set(VARIANTS) - told, TELLS_NOTHING_OF_THE_SCENE)
		self.assertTrue(any(other in text for text in after["cfo"].values()))

	def assert_kept_from(self, user: str, customer: str):
		"""Whoever asks for the customer learns nothing either."""
		for report in VARIANTS:
			if not self.may_run(report, user):
				continue
			with self.subTest(user=user, report=report, asked_for=customer):
				try:
					found = run(report, user, customer=customer)
				except frappe.PermissionError:
					continue
				self.assertNotIn(scenes.MARK, frappe.as_json(found["result"]) + str(found["message"]))


class TestQueries(ReportTestCase):
	def queries(self) -> dict[tuple, list[str]]:
		found = {}
		for report, variant in runs():
			for _turn in range(2):  # the second time, what is kept is there
				with counted() as queries:
					run(report, "cfo", **variant)
			found[report, json.dumps(variant)] = [query for query in queries if query != "None"]
		return found

	def test_as_many_for_three_customers_as_for_thirty(self):
		for number in range(1, FEW):
			scenes.copy(self.customer, number)
		few = self.queries()
		for number in range(FEW, MANY):
			scenes.copy(self.customer, number)
		many = self.queries()
		for key, queries in few.items():
			with self.subTest(report=key):
				more = "\n".join(query[:300] for query in many[key] if query not in queries)
				self.assertEqual(len(queries), len(many[key]), more)


class TestWorkbook(SiteTestCase):
	COLUMNS = (
		{"fieldname": "customer_name", "label": "Customer", "fieldtype": "Data", "width": 190},
		{"fieldname": "amount", "label": "Amount", "fieldtype": "Currency", "options": "currency"},
		{"fieldname": "share", "label": "Share", "fieldtype": "Percent"},
		{"fieldname": "count", "label": "Count", "fieldtype": "Int"},
		{"fieldname": "due", "label": "Due", "fieldtype": "Date", "pill": "light"},
		{"fieldname": "light", "label": "", "fieldtype": "Data", "hidden": 1},
		{"fieldname": "currency", "label": "Currency", "fieldtype": "Data", "hidden": 1},
	)

	def write(self, rows, about=None, **more):
		about = about or workbook.About("Test of reports")
		with workbook.write(self.COLUMNS, rows, about, **more) as file:
			return load_workbook(BytesIO(file.read()))

	def row(self, **values):
		row = {"customer_name": "Alfa", "amount": 1234.5, "share": 12.5, "count": 3, "due": nowdate()}
		return {**row, "currency": "DKK", "light": "Red", **values}

	def test_numbers_stay_numbers_with_their_format(self):
		frappe.db.set_value("Currency", "JPY", "number_format", "#,###")
		frappe.clear_document_cache("Currency", "JPY")
		sheet = self.write([self.row(), self.row(amount=7, currency="JPY", share=None)]).worksheets[0]
		cells = {(cell.row, cell.column_letter): cell for row in sheet.iter_rows() for cell in row}
		self.assertEqual(
			[cell.value for cell in sheet[1]], ["Customer", "Amount", "Share", "Count", "Due", "Currency"]
		)
		self.assertEqual((cells[2, "B"].value, cells[2, "B"].data_type), (1234.5, "n"))
		self.assertEqual(cells[2, "B"].number_format, "#,##0.00 [$DKK];[Red]-#,##0.00 [$DKK]")
		self.assertEqual(cells[3, "B"].number_format, "#,##0 [$JPY];[Red]-#,##0 [$JPY]")
		self.assertEqual((cells[2, "C"].value, cells[2, "C"].number_format[:4]), (0.125, "0.0%"))
		self.assertIsNone(cells[3, "C"].value)
		self.assertEqual(str(cells[2, "E"].value.date()), nowdate())
		self.assertTrue(cells[2, "E"].is_date)
		self.assertEqual(cells[2, "E"].fill.fgColor.rgb, "00FFC7CE")
		self.assertEqual((sheet.freeze_panes, sheet.auto_filter.ref), ("A2", "A1:F3"))

	def test_text_is_never_a_formula(self):
		words = ("=1+1", "+45 12", "-x", "@SUM(A1)", "\t=1", '=HYPERLINK("http://example.com")')
		about = workbook.About("=cmd|' /C calc'!A0", [("=1", "=2")], "=3", [{"label": "=4", "value": "=5"}])
		book = self.write([self.row(customer_name=word) for word in words], about)
		for sheet in book.worksheets:
			for row in sheet.iter_rows():
				self.assertNotIn("f", [cell.data_type for cell in row])
		self.assertEqual([row[0].value for row in book.worksheets[0].iter_rows(min_row=2)], list(words))

	def test_sums_are_of_one_currency(self):
		about = workbook.About("Test of reports", has_total=True)
		rows = [self.row(amount=0.1), self.row(amount=0.2)]
		*_rest, last = self.write(rows, about).worksheets[0].iter_rows(values_only=True)
		self.assertEqual(last[:4], ("Total", 0.3, None, 6))
		*_rest, last = (
			self.write([*rows, self.row(currency="EUR")], about).worksheets[0].iter_rows(values_only=True)
		)
		self.assertEqual(last[:4], ("Total", None, None, 9))

	def test_what_does_not_go_on_a_sheet_goes_on_in_the_next(self):
		book = self.write((self.row(count=number) for number in range(25)), most_rows=12)
		self.assertEqual(
			book.sheetnames,
			["Test of reports", "Test of reports 2", "Test of reports 3", "About this report"],
		)
		counts = [
			row[3] for sheet in book.worksheets[:3] for row in sheet.iter_rows(min_row=2, values_only=True)
		]
		self.assertEqual(counts, list(range(25)))

	def test_an_empty_book_is_a_workbook_all_the_same(self):
		rows = exported(
			"Dunning Effectiveness", "cfo", from_date="2001-01-01", to_date="2001-01-02", by="Step"
		)
		self.assertEqual(len(rows["Dunning Effectiveness"]), 1)
		self.assertIn(("Company", COMPANY), [row[:2] for row in rows["About this report"]])

	def test_another_apps_report_is_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "Export"):
			exported("Accounts Receivable", "cfo")
		with self.assertRaisesRegex(frappe.ValidationError, "JSON"):
			with as_user("cfo"):
				reports_api.export("Dunning Effectiveness", "[1]")


class TestReplica(SiteTestCase):
	"""With a replica in the site's configuration, reports and their workbooks are read there."""

	def test_reports_and_workbooks_are_read_from_the_replica(self):
		conf = {"read_from_replica": 1, "replica_host": frappe.conf.db_host or "127.0.0.1"}
		for read in (
			lambda: run("Dunning Effectiveness", "cfo", by="Step"),
			lambda: exported("Dunning Effectiveness", "cfo", by="Step"),
		):
			asked: list[object] = []
			primary = frappe.local.db
			database = primary.__class__
			original = database.sql

			def sql(db, query, *args, asked=asked, original=original, **kwargs):
				if "tabDunning Notice`" in str(query):
					asked.append(db)
				return original(db, query, *args, **kwargs)

			with patch.object(database, "sql", sql), patch.dict(frappe.local.conf, conf):
				try:
					read()
				finally:
					for name in ("replica_db", "primary_db"):
						if hasattr(frappe.local, name):
							delattr(frappe.local, name)
			self.assertIs(frappe.local.db, primary)
			self.assertTrue(asked)
			self.assertNotIn(primary, asked)
