"""The monthly pack: who may ask for it, one of each period, what stands in it, that it never changes, and who gets it."""

import hashlib
import os
import shutil
import tempfile
import tracemalloc
import zipfile
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import frappe
import openpyxl
from frappe.desk import query_report
from frappe.utils import add_days, get_first_day, getdate, now_datetime, nowdate

from b2b_contracts import api, pack_api
from b2b_contracts.backtest.workbook.files import new_book
from b2b_contracts.engine import chain, kpi
from b2b_contracts.engine import packs as engine
from b2b_contracts.exceptions import EvidenceError, PackError
from b2b_contracts.reporting import (
	kpi_wording,
	kpis,
	pack_ageing,
	pack_files,
	pack_log,
	pack_mails,
	pack_workbook,
	packs,
	snapshots,
)
from b2b_contracts.reporting.pack_layout import Book
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import report_scenes
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SiteTestCase,
	email_of,
	ensure_second_company,
)

# The last day of the last month that is over.
LAST = engine.last_closed(engine.MONTH, getdate(nowdate())).last
# What is asked for of a hold: of an order, and of a whole customer.
DECIDED = ("Release", "Lift the stop")
DANGEROUS = ('=cmd|"/c calc"!A1', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", '=HYPERLINK("http://x")')


def in_last_month(days: int = 3) -> datetime:
	"""A moment in the last month that is over."""
	return datetime.combine(LAST - timedelta(days=days), datetime.min.time()) + timedelta(hours=12)


class PackCase(SiteTestCase):
	@contextmanager
	def in_a_job(self):
		"""A job commits and rolls back a transaction that is its own; here it is the test's."""
		with patch.object(frappe.db, "commit"), patch.object(frappe.db, "rollback"):
			yield

	def ask(self, user: str = "cfo", audience: str = engine.EVERYBODY, **fields) -> str:
		with as_user(user):
			return pack_api.make_pack(COMPANY, audience, **fields)["name"]

	def made(self, user: str = "cfo", audience: str = engine.EVERYBODY, **fields):
		"""Ask for a pack, and make it as the job does."""
		name = self.ask(user, audience, **fields)
		self.run_job(name, user)
		return frappe.get_doc(packs.DOCTYPE, name)

	def run_job(self, name: str, user: str = "cfo") -> None:
		with as_user(user), self.in_a_job():
			packs.run(name)

	def book(self, doc):
		self.assertEqual(doc.status, packs.COMPLETED, doc.error)
		path = pack_files.path_of(doc.file)
		self.addCleanup(path.unlink, missing_ok=True)
		return openpyxl.load_workbook(path)

	def texts(self, sheet) -> list[str]:
		return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


class TestAsked(PackCase):
	def test_one_pack_of_a_period_for_each_audience_and_anew_with_a_reason(self):
		first = self.ask()
		with self.assertRaisesRegex(PackError, first):
			self.ask()
		self.assertNotEqual(self.ask(audience=engine.AUDITOR), first)
		with as_user("cfo"):
			again = pack_api.make_anew(first, "A payment was booked late")
		self.assertEqual(again["version"], 2)
		self.assertEqual(
			frappe.get_all(
				packs.DOCTYPE,
				{"company": COMPANY, "audience": engine.EVERYBODY, "to_date": LAST},
				["version", "reason"],
				order_by="version",
				as_list=True,
			),
			((1, None), (2, "A payment was booked late")),
		)

	def test_the_database_refuses_the_second_of_two_who_ask_at_once(self):
		first = frappe.get_doc(packs.DOCTYPE, self.ask())
		with (
			patch.object(packs, "_versions", return_value=[]),
			self.assertRaises(frappe.UniqueValidationError),
		):
			self.ask()
		self.assertEqual(first.version, 1)

	def test_a_month_that_is_not_over_has_no_pack(self):
		with self.assertRaisesRegex(PackError, "not over yet"):
			self.ask(to_date=nowdate())

	def test_any_day_stands_for_its_month_or_quarter(self):
		doc = frappe.get_doc(packs.DOCTYPE, self.ask(to_date=str(add_days(LAST, -9))))
		self.assertEqual((getdate(doc.from_date), getdate(doc.to_date)), (get_first_day(LAST), LAST))
		quarter = engine.last_closed(engine.QUARTER, getdate(nowdate()))
		doc = frappe.get_doc(packs.DOCTYPE, self.ask(audience=engine.BOARD, period=engine.QUARTER))
		self.assertEqual((getdate(doc.from_date), getdate(doc.to_date)), (quarter.first, quarter.last))

	def test_who_may_ask_and_who_may_read(self):
		name = self.ask()
		for user in ("seller1", "collector", "auditor", "accounts_user", "contract_manager"):
			with self.subTest(user), as_user(user), self.assertRaises(frappe.PermissionError):
				pack_api.make_pack(COMPANY, engine.CFO)
		for user in ("auditor", "board", "finance_director", "credit_manager"):
			with self.subTest(user), as_user(user):
				self.assertEqual(pack_api.pack_state(name)["status"], packs.QUEUED)
				self.assertIn(name, frappe.get_list(packs.DOCTYPE, pluck="name"))
		for user in ("seller1", "sales_manager", "collector", "stock_user", "contract_manager"):
			with self.subTest(user), as_user(user), self.assertRaises(frappe.PermissionError):
				pack_api.pack_state(name)

	def test_who_does_not_see_every_customer_neither_asks_nor_reads(self):
		name = self.ask()
		customer, user = make.make_customer(), make.make_user("Credit Manager")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": customer.name,
			}
		).insert()
		with as_user(user):
			self.assertEqual(frappe.get_list(packs.DOCTYPE, pluck="name"), [])
			with self.assertRaises(frappe.PermissionError):
				pack_api.pack_state(name)
			with self.assertRaises(frappe.PermissionError):
				pack_api.make_pack(COMPANY, engine.CFO)

	def test_the_companies_of_others_are_not_to_be_had(self):
		ensure_second_company()
		name, user = self.ask(), make.make_user("Finance Director")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Company",
				"for_value": SECOND_COMPANY,
			}
		).insert()
		with as_user(user):
			with self.assertRaises(frappe.PermissionError):
				pack_api.make_pack(COMPANY, engine.CFO)
			with self.assertRaises(frappe.PermissionError):
				pack_api.pack_state(name)

	def test_what_a_client_sends_of_the_outcome_counts_for_nothing(self):
		with as_user("cfo"):
			doc = frappe.get_doc(
				{
					"doctype": packs.DOCTYPE,
					"company": COMPANY,
					"audience": engine.CFO,
					"period": engine.MONTH,
					"to_date": LAST,
					"status": packs.COMPLETED,
					"version": 7,
					"file": "/private/files/other.xlsx",
					"file_hash": "0" * 64,
					"made_by": email_of("board"),
					"mails": [{"user": email_of("seller1"), "status": "Planned"}],
				}
			).insert()
		self.assertEqual(
			(doc.status, doc.version, doc.file, doc.made_by, doc.mails),
			(packs.QUEUED, 1, None, email_of("cfo"), []),
		)


class TestKept(PackCase):
	def test_a_pack_never_changes(self):
		doc = self.made()
		self.book(doc)
		path = pack_files.path_of(doc.file)
		self.assertEqual(doc.file_hash, hashlib.sha256(path.read_bytes()).hexdigest())
		with as_user("auditor"):
			self.assertTrue(pack_api.is_unchanged(doc.name))
		with as_user("cfo"):
			doc.status, doc.file_hash, doc.version = packs.FAILED, "0" * 64, 9
			doc.save()
			doc.reload()
			self.assertEqual((doc.status, doc.version), (packs.COMPLETED, 1))
			doc.company = None
			with self.assertRaises(EvidenceError):
				doc.save()
		for name in frappe.get_all("File", {"file_url": doc.file}, pluck="name"):
			with self.assertRaises(EvidenceError):
				frappe.delete_doc("File", name)
			file = frappe.get_doc("File", name)
			file.is_private = 0
			with self.assertRaises(EvidenceError):
				file.save()
		with self.assertRaises(EvidenceError):
			frappe.delete_doc(packs.DOCTYPE, doc.name)
		self.assertTrue(path.is_file())
		with path.open("ab") as content:
			content.write(b" ")
		with as_user("auditor"):
			self.assertFalse(pack_api.is_unchanged(doc.name))

	def test_nobody_opens_the_file_to_themselves_by_naming_it(self):
		doc = self.made()
		self.book(doc)
		with as_user("seller1"), self.assertRaises((EvidenceError, frappe.PermissionError)):
			frappe.get_doc(
				{"doctype": "File", "file_url": doc.file, "file_name": "mine.xlsx", "is_private": 1}
			).insert()
		with as_user("seller1"):
			self.assertFalse(frappe.get_doc("File", {"file_url": doc.file}).has_permission("read"))

	def test_a_job_that_failed_says_why_and_can_be_tried_again(self):
		name = self.ask()
		with patch.object(packs.pack_workbook, "write", side_effect=RuntimeError("disk full")):
			self.run_job(name)
		doc = frappe.get_doc(packs.DOCTYPE, name)
		self.assertEqual((doc.status, doc.file), (packs.FAILED, None))
		self.assertIn("RuntimeError", doc.error)
		with as_user("cfo"):
			self.assertEqual(pack_api.try_again(name)["status"], packs.QUEUED)
		self.run_job(name)
		self.book(frappe.get_doc(packs.DOCTYPE, name))

	def test_a_killed_job_is_begun_again_and_given_up_after_three(self):
		name = self.ask()

		class Killed(BaseException):
			pass

		for attempt in (1, 2, 3):
			with patch.object(packs.pack_workbook, "write", side_effect=Killed), self.assertRaises(Killed):
				self.run_job(name)
			frappe.set_user("Administrator")
			doc = frappe.get_doc(packs.DOCTYPE, name)
			self.assertEqual((doc.status, doc.attempts), (packs.RUNNING, attempt))
			frappe.db.set_value(packs.DOCTYPE, name, "started_on", now_datetime() - timedelta(minutes=20))
			with self.in_a_job(), patch.object(packs, "is_job_enqueued", return_value=True):
				packs._go_on_with_lost_ones()  # its job is there still
			self.assertEqual(frappe.db.get_value(packs.DOCTYPE, name, "status"), packs.RUNNING)
			with self.in_a_job(), patch.object(packs, "is_job_enqueued", return_value=False):
				packs._go_on_with_lost_ones()
			expected = packs.QUEUED if attempt < 3 else packs.FAILED
			self.assertEqual(frappe.db.get_value(packs.DOCTYPE, name, "status"), expected)

	def test_what_an_old_job_makes_is_thrown_away_when_another_has_begun(self):
		name = self.ask()
		write = packs.pack_workbook.write

		def slow(*arguments):
			made = write(*arguments)
			frappe.db.set_value(packs.DOCTYPE, name, "attempts", 2)  # the sweep gave it to another
			return made

		with patch.object(packs.pack_workbook, "write", side_effect=slow):
			self.run_job(name)
		self.assertEqual(frappe.db.get_value(packs.DOCTYPE, name, ["status", "file"]), (packs.RUNNING, None))

	def test_a_company_that_sells_nothing_has_a_pack(self):
		ensure_second_company()
		for kind in engine.PERIODS:
			with as_user("cfo"):
				name = pack_api.make_pack(SECOND_COMPANY, period=kind)["name"]
			self.run_job(name)
			book = self.book(frappe.get_doc(packs.DOCTYPE, name))
			self.assertEqual(len(book.sheetnames), 12)
			self.assertIn("Equal", self.texts(book["Ageing"]))


class TestSheets(PackCase):
	"""What stands in a pack, against the books and the documents themselves. One scene for all: it takes long to make."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.customer = report_scenes.everything_of_a_customer()

	def setUp(self):
		frappe.db.savepoint("scene")

	def tearDown(self):
		frappe.set_user("Administrator")
		frappe.db.rollback(save_point="scene")

	def rows_below(self, sheet, heading: str) -> list[tuple]:
		"""Return the rows of a table, from the line after its heading to the empty one that ends it."""
		rows = list(sheet.iter_rows(values_only=True))
		at = next(place for place, row in enumerate(rows) if row and row[0] == heading)
		found = []
		for row in rows[at + 2 :]:
			if all(value is None for value in row):
				break
			found.append(row)
		return found

	def test_each_audience_has_its_sheets(self):
		expected = {
			engine.EVERYBODY: 12,
			engine.CFO: 11,
			engine.COMMITTEE: 9,
			engine.AUDITOR: 10,
			engine.BOARD: 10,
		}
		for audience, count in expected.items():
			book = self.book(self.made(audience=audience))
			with self.subTest(audience):
				self.assertEqual(len(book.sheetnames), count)
				self.assertEqual(book.sheetnames[0], "Credit and collections")
				self.assertEqual(book.sheetnames[-1], "Sources")
				self.assertEqual(
					"Decision log" in book.sheetnames, audience in (engine.EVERYBODY, engine.AUDITOR)
				)

	def test_ageing_is_the_general_ledger_to_the_cent(self):
		book = self.book(self.made())
		sheet = book["Ageing"]
		tie = dict(row[:2] for row in self.rows_below(sheet, "Tied to the general ledger"))
		ledger = frappe.db.sql(
			"""select sum(debit - credit) from `tabGL Entry` entry join tabAccount account on account.name = entry.account
			where entry.company = %s and account.account_type = 'Receivable' and party_type = 'Customer'
			and is_cancelled = 0 and posting_date <= %s""",
			(COMPANY, LAST),
		)[0][0]
		self.assertEqual(cents(tie["General ledger"]), cents(ledger))
		self.assertEqual(cents(tie["What is shown below"]) + cents(tie["Difference"]), cents(ledger))
		by_age = self.rows_below(sheet, "By age")
		*buckets, owed = by_age
		self.assertEqual(sum(cents(row[1]) for row in buckets), cents(owed[1]))
		*customers, total = self.rows_below(sheet, "By customer, the largest first")
		for column in range(1, 9):
			self.assertEqual(sum(cents(row[column]) for row in customers), cents(total[column]))
		self.assertEqual(cents(total[7]), cents(tie["What is shown below"]))
		# The customer itself, from its own ledger.
		mine = next(row for row in customers if row[0] == self.customer.customer_name)
		owed = frappe.db.sql(
			"""select sum(debit - credit) from `tabGL Entry` where company = %s and party = %s and is_cancelled = 0
			and posting_date <= %s""",
			(COMPANY, self.customer.name, LAST),
		)[0][0]
		self.assertEqual(cents(mine[7]), cents(owed))

	def test_ageing_equals_the_report(self):
		report = query_report.run(
			"B2B Receivables Ageing",
			filters={"company": [COMPANY], "as_of": str(LAST), "by": "Customer"},
			ignore_prepared_report=True,
		)["result"]
		expected = {
			row["customer_name"]: [
				*(cents(row[f"bucket_{place}"]) for place in range(5)),
				*(cents(row[field]) for field in ("credits", "total", "disputed")),
			]
			for row in report
			if row.get("customer")
		}
		# Whatever other tests have left: every customer by name.
		with patch.object(pack_ageing, "LISTED", len(expected)):
			ageing = self.book(self.made())["Ageing"]
		*customers, _total = self.rows_below(ageing, "By customer, the largest first")
		self.assertEqual({row[0]: [cents(value) for value in row[1:9]] for row in customers}, expected)

	def test_key_figures_are_those_of_the_report(self):
		found = kpis.figures(COMPANY, LAST, LAST)
		book = self.book(self.made())
		shown = {
			row[0].removesuffix(" (at least)"): row
			for row in self.rows_below(book["Key figures"], "At the end of the period")
		}
		self.assertEqual(len(shown), len(found.records))
		for record in found.records:
			figure, row = found.of(record.code), shown[kpi_wording.label_of(record.kpi, record.months)]
			share = 100 if record.kpi.unit == kpi.PERCENT else 1
			with self.subTest(record.code):
				for at, value in (
					(1, figure.value if figure else None),
					(4, record.target),
					(5, record.limits.red),
				):
					if value is None:
						self.assertIsNone(row[at])
					else:
						self.assertAlmostEqual(float(value) / share, row[at], 6)
				self.assertEqual(
					row[3], {"Grey": "Unknown"}.get(figure.light, figure.light) if figure else "Unknown"
				)
		months = [row for row in book["Months"].iter_rows(min_row=5, values_only=True) if row[0]]
		self.assertEqual(getdate(months[-1][0]), get_first_day(LAST))
		self.assertTrue(12 <= len(months) <= 24)

	def test_a_closed_month_is_shown_as_it_was_closed(self):
		snapshots.take(COMPANY, LAST)
		owed = frappe.db.sql(
			"select sum(receivables) from `tabMonth Snapshot Customer` where company = %s and month_end = %s",
			(COMPANY, LAST),
		)[0][0]
		with make.policy_off():
			make.make_invoice(self.customer, 777, posting_date=LAST, due_date=add_days(nowdate(), 20))
		doc = self.made()
		book = self.book(doc)
		rows = {row[0]: row for row in self.rows_below(book["Ageing"], "Tied to the general ledger")}
		self.assertEqual(cents(rows["What is shown below"][1]), cents(owed))
		self.assertEqual(
			(cents(rows["Difference"][1]), rows["Difference"][2]), (Decimal(777), "Booked since")
		)
		self.assertIn("Snapshot", doc.taken_from)
		dso = kpis.figures(COMPANY, LAST, LAST).of("dso")
		self.assertEqual(dso.source, kpis.SNAPSHOT)
		shown = {row[0]: row for row in self.rows_below(book["Key figures"], "At the end of the period")}
		label = kpi_wording.label_of(dso.record.kpi, dso.record.months)
		self.assertAlmostEqual(shown[label][1], float(dso.value), 6)

	def test_the_customers_most_at_risk_by_brute_force(self):
		sheet = self.book(self.made())["Customers at risk"]
		rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
		self.assertLessEqual(len(rows), 10)
		self.assertEqual([row[8] for row in rows], sorted((row[8] for row in rows), reverse=True))
		mine = next(row for row in rows if row[1] == self.customer.customer_name)
		owed = frappe.db.sql(
			"""select sum(debit - credit) from `tabGL Entry` where company = %s and party = %s and is_cancelled = 0
			and posting_date <= %s""",
			(COMPANY, self.customer.name, LAST),
		)[0][0]
		self.assertEqual(cents(mine[5]), cents(owed))
		self.assertEqual(cents(mine[7]) + cents(mine[8]), cents(owed))
		self.assertIn("Long overdue", mine[11])

	def test_expected_cash_and_provisions_are_those_of_the_report(self):
		weeks, matrix = (
			query_report.run(
				"Collections Pipeline",
				filters={"company": COMPANY, "view": view},
				ignore_prepared_report=True,
			)["result"]
			for view in ("By Week", "Provision Matrix")
		)
		sheet = self.book(self.made())["Expected cash"]
		shown = self.rows_below(sheet, "By week")
		self.assertEqual(
			[cents(row[1]) for row in shown[:13]],
			[cents(row["amount"]) for row in weeks if row.get("monday")],
		)
		self.assertEqual(cents(shown[-1][1]), cents(weeks[-1]["amount"]))
		provided = self.rows_below(sheet, "Provision matrix")
		self.assertEqual(cents(provided[-1][5]), cents(matrix[-1]["provision"]))
		self.assertTrue(cents(provided[-1][5]))

	def test_a_long_log_takes_no_more_memory_than_a_short_one(self):
		row = frappe._dict(
			gate="P:X",
			sequence=1,
			kind="Submit",
			outcome="Clear",
			mode="Enforce",
			customer="C",
			reference_name="SO-1",
			amount=1,
			policy="P",
			policy_version=1,
			decided_by="Administrator",
			decided_on=now_datetime(),
			previous_hash="0" * 64,
			hash="0" * 64,
			payload="{}",
		)

		doc = self.made(audience=engine.AUDITOR)
		asked = pack_workbook.Asked(
			doc.name,
			COMPANY,
			doc.audience,
			engine.period_of(engine.MONTH, LAST),
			1,
			"",
			now_datetime(),
			"October",
		)
		log = pack_log.DecisionLog(asked)
		log.read()
		self.book(doc)

		def peak(count: int) -> int:
			log.decisions = lambda: (row for _number in range(count))
			with tempfile.TemporaryDirectory() as folder:
				path = Path(folder) / "log.xlsx"
				tracemalloc.start()
				with new_book() as made:
					log.write(Book(made))
					made.save(path)
				found = tracemalloc.get_traced_memory()[1]
				tracemalloc.stop()
				with zipfile.ZipFile(path) as parts:
					rows = parts.read("xl/worksheets/sheet1.xml").count(b"<row ")
			self.assertGreater(rows, count)
			return found

		peak(10)
		self.assertLess(peak(1500), peak(200) * 1.2)

	def test_releases_beyond_the_limit_concessions_and_deputies_are_exceptions(self):
		make.make_profile(customer := make.make_customer(), manual_limit=10_000, risk_class="A")
		order = make.make_order(customer, 10_500)
		hold = frappe.get_doc("Credit Hold", {"reference_name": order.name, "status": "Open"})
		with as_user("cfo"):
			api.release(hold.name, '=HYPERLINK("http://evil") long-standing customer')
		frappe.db.set_value("Credit Decision", {"kind": "Release"}, "decided_on", in_last_month())
		deputy = {
			"doctype": "Credit Deputy",
			"deputy_for": email_of("cfo"),
			"deputy": email_of("finance_director"),
		}
		frappe.get_doc(
			deputy | {"from_date": nowdate(), "to_date": nowdate(), "reason": "@away"}
		).insert().db_set({"from_date": LAST, "to_date": LAST})
		book = self.book(self.made())
		sheet = book["Exceptions"]
		(release,) = (
			row
			for row in self.rows_below(
				sheet, "Releases beyond the limit, against advice, or below the matrix"
			)
			if row[2] == order.name
		)
		self.assertEqual(release[1], customer.customer_name)
		self.assertAlmostEqual(release[4], 0.05)
		self.assertEqual(release[7], "Within the mandate")
		self.assertIn("=HYPERLINK", release[8])
		self.assertIn("@away", [row[8] for row in self.rows_below(sheet, "Deputies")])

	def test_what_waits_is_to_be_decided(self):
		book = self.book(self.made())
		waiting = self.rows_below(book["Decisions to take"], "Waiting for a decision")
		mine = [row for row in waiting if row[3] == self.customer.customer_name]
		holds = frappe.get_all(
			"Credit Hold", {"customer": self.customer.name, "status": "Open"}, pluck="order_amount"
		)
		self.assertTrue(holds)
		self.assertEqual(
			sorted(cents(row[4]) for row in mine if row[1] in DECIDED), sorted(cents(one) for one in holds)
		)
		held = frappe.db.count("Credit Hold", {"company": COMPANY, "status": "Open"})
		self.assertEqual(sum(row[1] in DECIDED for row in waiting), held)

	def test_text_is_never_a_formula_on_any_sheet(self):
		for number, text in enumerate(DANGEROUS):
			customer = make.make_customer()
			frappe.db.set_value("Customer", customer.name, "customer_name", f"{text} {number}")
			with make.policy_off():
				make.make_overdue_invoice(customer, 50_000 + number, 75)
			if number:
				continue
			# One of them with all that decisions are about.
			make.make_profile(customer, manual_limit=100)
			make.make_order(customer, 900)
			for doctype in ("Credit Profile", "Credit Hold"):
				frappe.db.set_value(doctype, {"customer": customer.name}, "customer_name", f"{text} {number}")
		doc = self.made()
		book = self.book(doc)
		found = set()
		for sheet in book:
			for row in sheet.iter_rows():
				for cell in row:
					self.assertNotEqual(cell.data_type, "f", (sheet.title, cell.coordinate, cell.value))
					if isinstance(cell.value, str):
						found |= {text for text in DANGEROUS if cell.value.startswith(text)}
		self.assertEqual(found, set(DANGEROUS))
		with zipfile.ZipFile(pack_files.path_of(doc.file)) as parts:
			for name in parts.namelist():
				if name.startswith("xl/worksheets/") and name.endswith(".xml"):
					self.assertNotIn(b"<f>", parts.read(name))

	def test_the_log_is_whole_and_a_changed_decision_is_found(self):
		frappe.db.set_value(
			"Credit Decision", {"customer": self.customer.name}, "decided_on", in_last_month()
		)
		doc = self.made(audience=engine.AUDITOR)
		book = self.book(doc)
		sheet = book["Decision log"]
		rows = self.rows_below(sheet, "Decisions of the period")
		mine = [row for row in rows if row[6] == self.customer.name]
		decisions = frappe.get_all(
			"Credit Decision",
			{"customer": self.customer.name, "decided_on": ["between", [get_first_day(LAST), LAST]]},
			["hash", "sequence"],
		)
		self.assertTrue(decisions)
		self.assertEqual(
			sorted((row[2], row[13]) for row in mine), sorted((row.sequence, row.hash) for row in decisions)
		)
		self.assertEqual({row[12] for row in mine}, {"Matches"})
		self.assertIn("Whole", self.texts(sheet))
		heads = frappe.parse_json(frappe.db.get_value(packs.DOCTYPE, doc.name, "chain_heads"))
		gate = frappe.db.get_value("Credit Decision", {"customer": self.customer.name}, "gate")
		self.assertIn(gate, heads)
		# Somebody rewrites a decision together with its hash, and the end of the chain with it.
		name = frappe.get_all(
			"Credit Decision", {"gate": gate}, pluck="name", order_by="sequence desc", limit=1
		)[0]
		decision = frappe.get_doc("Credit Decision", name)
		payload = decision.payload.replace('"amount":"', '"amount":"1')
		digest = chain.link_hash(decision.sequence, decision.previous_hash, payload)
		frappe.db.set_value("Credit Decision", name, {"payload": payload, "hash": digest})
		frappe.db.set_value("Credit Gate", gate, "head_hash", digest)
		with as_user("cfo"):
			again = pack_api.make_anew(doc.name, "The auditor asked")["name"]
		self.run_job(again)
		sheet = self.book(frappe.get_doc(packs.DOCTYPE, again))["Decision log"]
		self.assertIn("Broken", self.texts(sheet))
		self.assertIn(
			(gate, decision.sequence, "Changed"),
			[row[1:4] for row in self.rows_below(sheet, "What is wrong")],
		)

	def test_confidential_contracts_are_counted_and_not_named(self):
		for title, confidentiality in (("Open frame", "Internal"), ("Secret frame", "Confidential")):
			contract = frappe.new_doc("B2B Contract")
			contract.update(
				{
					"title": title,
					"company": COMPANY,
					"customer": self.customer.name,
					"customer_name": self.customer.customer_name,
					"contract_type": frappe.get_all("Contract Type", pluck="name", limit=1)[0],
					"status": "Active",
					"confidentiality": confidentiality,
					"last_date_to_act": add_days(nowdate(), 20),
					"annual_value": 120_000,
				}
			)
			contract.set_new_name()
			contract.db_insert()
		texts = self.texts(self.book(self.made())["Contracts"])
		self.assertIn("Open frame", texts)
		self.assertNotIn("Secret frame", texts)
		self.assertTrue(any("left out because" in text for text in texts))

	def test_the_sheets_speak_the_language_that_was_asked_for(self):
		book = self.book(self.made(language="da"))
		self.assertIn("Kilder", book.sheetnames)
		self.assertNotIn("Sources", book.sheetnames)

	def test_every_sheet_prints_on_pages_with_its_title_and_stays_in_sight(self):
		book = self.book(self.made())
		charts = 0
		for sheet in book:
			with self.subTest(sheet.title):
				self.assertTrue(sheet.sheet_properties.pageSetUpPr.fitToPage)
				self.assertEqual(
					(sheet.page_setup.fitToWidth, sheet.page_setup.orientation), (1, "landscape")
				)
				self.assertEqual(sheet.freeze_panes, "A3")
				self.assertTrue(sheet.print_title_rows)
			charts += len(sheet._charts)
		self.assertGreaterEqual(charts, 3)
		keep_copy(self)


class TestSent(PackCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()

	def schedule(self, audience: str = engine.EVERYBODY, users=("cfo", "auditor"), **fields):
		values = {
			"doctype": packs.SCHEDULE,
			"company": COMPANY,
			"audience": audience,
			"period": engine.MONTH,
			"since": LAST,
			"days_after": 0,
			"recipients": [{"user": email_of(user)} for user in users],
			**fields,
		}
		with as_user("cfo"):
			return frappe.get_doc(values).insert()

	def mails(self, pack: str) -> dict:
		rows = frappe.get_all(pack_mails.MAIL, {"parent": pack}, ["user", "status"], order_by="idx")
		return {row.user.partition("@")[0]: row.status for row in rows}

	def run_sweep(self):
		with self.in_a_job():
			packs.sweep()

	def pack_of(self, schedule) -> str:
		(name,) = frappe.get_all(packs.DOCTYPE, {"schedule": schedule.name}, pluck="name")
		return name

	def test_a_schedule_makes_its_pack_once_and_sends_it_to_who_may_see_it(self):
		schedule = self.schedule(users=("cfo", "auditor", "seller1"))
		self.run_sweep()
		self.run_sweep()
		name = self.pack_of(schedule)
		self.run_job(name, "Administrator")
		doc = frappe.get_doc(packs.DOCTYPE, name)
		self.book(doc)
		self.assertEqual(self.mails(name), {"cfo": "Queued", "auditor": "Queued", "seller1": "Not Allowed"})
		sent = frappe.get_all(
			"Email Queue", {"reference_doctype": packs.DOCTYPE, "reference_name": name}, pluck="name"
		)
		self.assertEqual(len(sent), 2)
		attached = frappe.parse_json(frappe.db.get_value("Email Queue", sent[0], "attachments"))
		self.assertEqual(
			{one["fid"] for one in attached},
			set(
				frappe.get_all(
					"File", {"attached_to_doctype": packs.DOCTYPE, "attached_to_name": name}, pluck="name"
				)
			),
		)
		# Killed after the pack was made, and gone on with: nobody gets it twice.
		self.run_sweep()
		self.assertEqual(
			frappe.db.count("Email Queue", {"reference_doctype": packs.DOCTYPE, "reference_name": name}), 2
		)

	def test_a_mail_that_was_not_reached_is_sent_by_the_sweep(self):
		schedule = self.schedule()
		self.run_sweep()
		name = self.pack_of(schedule)
		with patch.object(packs.pack_mails, "send_planned", side_effect=KeyboardInterrupt):
			with self.assertRaises(KeyboardInterrupt):
				self.run_job(name, "Administrator")
		frappe.set_user("Administrator")
		self.book(frappe.get_doc(packs.DOCTYPE, name))
		self.assertEqual(set(self.mails(name).values()), {"Planned"})
		self.run_sweep()
		self.assertEqual(set(self.mails(name).values()), {"Queued"})

	def test_what_is_made_by_hand_is_not_made_again_by_schedule(self):
		self.ask()
		schedule = self.schedule()
		self.run_sweep()
		self.assertEqual(frappe.get_all(packs.DOCTYPE, {"schedule": schedule.name}), [])

	def test_a_schedule_that_is_off_or_not_due_makes_nothing(self):
		off = self.schedule(enabled=0)
		later = self.schedule(audience=engine.CFO, days_after=60)
		self.run_sweep()
		self.assertEqual(frappe.get_all(packs.DOCTYPE, {"schedule": ["in", (off.name, later.name)]}), [])

	def test_one_schedule_of_a_pack(self):
		first = self.schedule()
		with self.assertRaisesRegex(PackError, first.name):
			self.schedule()
		with self.assertRaisesRegex(PackError, "twice"):
			self.schedule(audience=engine.CFO, users=("cfo", "cfo"))

	def test_sent_by_hand(self):
		doc = self.made()
		self.book(doc)
		with as_user("cfo"), self.in_a_job():
			self.assertEqual(pack_api.send_pack(doc.name, [email_of("auditor"), email_of("seller2")]), 2)
			pack_mails.send_planned(doc.name)
			self.assertEqual(pack_api.send_pack(doc.name, [email_of("auditor")]), 0)
		self.assertEqual(self.mails(doc.name), {"auditor": "Queued", "seller2": "Not Allowed"})
		with as_user("auditor"), self.assertRaises(frappe.PermissionError):
			pack_api.send_pack(doc.name, [email_of("auditor")])

	def test_a_deleted_template_switches_the_mail_off(self):
		doc = self.made()
		self.book(doc)
		frappe.delete_doc("Email Template", pack_mails.TEMPLATE)
		with as_user("cfo"), self.in_a_job():
			pack_api.send_pack(doc.name, [email_of("auditor")])
			pack_mails.send_planned(doc.name)
		self.assertEqual(self.mails(doc.name), {"auditor": "Failed"})

	def test_the_mail_speaks_the_reader_s_language(self):
		user = make.make_user("CFO")
		frappe.db.set_value("User", user, "language", "da")
		doc = self.made()
		self.book(doc)
		with as_user("cfo"), self.in_a_job():
			pack_api.send_pack(doc.name, [user])
			pack_mails.send_planned(doc.name)
		(mail,) = frappe.get_all("Email Queue", {"reference_name": doc.name}, ["message"])
		self.assertIn("kreditpakken", make.text_of(mail.message))


def cents(value) -> Decimal:
	return Decimal(str(round(float(value or 0), 2)))


def keep_copy(case) -> None:
	"""Keep what was made in the folder B2B_SCREENS, for who wants to look at it."""
	folder = os.environ.get("B2B_SCREENS")
	if folder:
		Path(folder).mkdir(parents=True, exist_ok=True)
		newest = frappe.get_all(packs.DOCTYPE, pluck="file", order_by="creation desc", limit=1)[0]
		shutil.copy(pack_files.path_of(newest), Path(folder) / "pack.xlsx")
