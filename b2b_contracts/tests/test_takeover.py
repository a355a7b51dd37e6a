"""A take-over from a workbook: the template, a dry run that names every bad cell, the import, and a job that was killed."""

from io import BytesIO
from unittest.mock import patch

import frappe
import openpyxl
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import takeover_api as api
from b2b_contracts.credit import takeover, takeover_workbook
from b2b_contracts.exceptions import EvidenceError, NotYourMandateError, TakeoverError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


class TakeoverTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(tax_id=f"DK{frappe.generate_hash(length=8).upper()}")

	def workbook(self, **sheets) -> bytes:
		"""Fill in the template: each sheet a list of rows, each row a dict by column."""
		book = openpyxl.load_workbook(BytesIO(takeover_workbook.template()))
		for name, rows in sheets.items():
			heading = [cell.value for cell in book[name][1]]
			for row in rows:
				book[name].append([row.get(column) for column in heading])
		content = BytesIO()
		book.save(content)
		return content.getvalue()

	def takeover(self, content: bytes | None = None, user="credit_manager", **sheets):
		with as_user(user):
			file = frappe.get_doc(
				{
					"doctype": "File",
					"file_name": f"{frappe.generate_hash(length=8)}.xlsx",
					"is_private": 1,
					"content": content or self.workbook(**sheets),
				}
			).insert()
			return frappe.get_doc(
				{"doctype": "Take-over Import", "company": COMPANY, "file": file.file_url}
			).insert()

	def checked(self, content: bytes | None = None, **sheets):
		doc = self.takeover(content, **sheets)
		with as_user("credit_manager"):
			api.check(doc.name)
		return doc.reload()

	def problems(self, content: bytes | None = None, **sheets):
		return [
			(row.sheet, row.row_number, row.column_name, row.message)
			for row in self.checked(content, **sheets).problems
		]

	def whole(self, **values):
		"""Return sheets that take over the customer without a fault."""
		return {
			"Profiles": [{"customer": self.customer.name, "segment": "C", "risk_class": "B", **values}],
			"Limits": [
				{
					"customer": self.customer.tax_id,
					"manual_limit": 80_000,
					"limit_reason": "As agreed in 2019",
				}
			],
			"Ratings": [{"customer": self.customer.name, "external_rating": "A", "rating_at_review": "A"}],
		}

	def profile(self, customer=None):
		name = (customer or self.customer).name
		return frappe.get_doc("Credit Profile", {"customer": name, "company": COMPANY})

	def imported(self, doc, user="credit_manager"):
		"""Import as the job does; it commits, so what it made goes again."""
		self.addCleanup(self.remove)
		with as_user(user):
			api.start(doc.name)
		frappe.db.commit()  # as it is when the job begins
		takeover.run(doc.name)
		return doc.reload()

	def remove(self):
		frappe.set_user("Administrator")
		for name in frappe.get_all("Credit Profile", {"customer": self.customer.name}, pluck="name"):
			frappe.delete_doc("Credit Profile", name)
		frappe.db.commit()


class TestDryRun(TakeoverTestCase):
	def test_nothing_wrong_and_nothing_written(self):
		doc = self.checked(**self.whole())
		self.assertEqual((doc.status, doc.problems), ("Checked", []))
		self.assertEqual(
			(doc.rows_read, doc.customers, doc.customers_new, doc.customers_changed), (3, 1, 1, 0)
		)
		self.assertFalse(frappe.db.exists("Credit Profile", {"customer": self.customer.name}))

	def test_every_bad_cell_is_named(self):
		name = self.customer.name
		found = self.problems(
			Profiles=[
				{"customer": name, "segment": "Z", "risk_class": "D", "last_review": "soon"},
				{"customer": name, "segment": "C", "level": 7},
				{"customer": "Nobody Ltd", "segment": "C"},
				{"segment": "C", "security_required_percent": 101, "expected_annual_revenue": -1},
			],
			Limits=[
				{"customer": name, "manual_limit": 5, "temporary_limit": 7},
				{"customer": name, "limit_type": "No Credit", "manual_limit": "many"},
			],
			Ratings=[{"customer": name, "external_rating": "AA+"}],
		)
		where = {(sheet, row, column) for sheet, row, column, _message in found}
		self.assertEqual(
			where,
			{
				("Profiles", 2, "risk_class"),
				("Profiles", 2, "last_review"),
				("Profiles", 3, "level"),
				("Profiles", 4, "customer"),
				("Profiles", 5, "customer"),
				("Profiles", 5, "security_required_percent"),
				("Profiles", 5, "expected_annual_revenue"),
				("Limits", 2, "limit_reason"),
				("Limits", 2, "temporary_limit_until"),
				("Limits", 3, "manual_limit"),
				("Ratings", 2, "external_rating"),
			},
		)
		messages = " ".join(message for *_where, message in found)
		for words in (
			"is not one of A, B, C",
			"is not a date",
			"There is no customer Nobody Ltd",
			"less than 0",
		):
			self.assertIn(words, messages)

	def test_what_only_the_site_knows(self):
		twin = make.make_customer(tax_id=self.customer.tax_id)
		found = self.problems(
			Profiles=[
				{"customer": self.customer.name, "segment": "Z"},
				{"customer": self.customer.tax_id, "segment": "C"},
			],
			Limits=[{"customer": twin.name, "limit_type": "No Credit"}],
		)
		self.assertEqual(
			[(sheet, row, column) for sheet, row, column, _message in found],
			[("Limits", 2, "customer"), ("Profiles", 2, "segment"), ("Profiles", 3, "customer")],
		)
		self.assertIn("no row in the sheet Profiles", found[0][3])
		self.assertIn("There is no credit segment Z", found[1][3])
		self.assertIn("Enter the customer's ID", found[2][3])

	def test_a_customer_twice(self):
		row = {"customer": self.customer.name, "segment": "C"}
		((sheet, number, column, message),) = self.problems(Profiles=[row, row])
		self.assertEqual((sheet, number, column), ("Profiles", 3, "customer"))
		self.assertIn("in row 2 already", message)

	def test_a_formula_is_refused_and_text_that_looks_like_one_is_text(self):
		sheets = self.whole()
		sheets["Limits"][0]["manual_limit"] = "=40000*2"
		((sheet, row, column, message),) = self.problems(**sheets)
		self.assertEqual((sheet, row, column), ("Limits", 2, "manual_limit"))
		self.assertIn("formula", message)
		sheets = self.whole()
		book = openpyxl.load_workbook(BytesIO(self.workbook(**sheets)))
		cell = book["Limits"]["D2"]
		cell.value, cell.data_type = "=HYPERLINK(1)", "s"
		content = BytesIO()
		book.save(content)
		doc = self.checked(content.getvalue())
		self.assertEqual(doc.problems, [])
		self.imported(doc)
		self.assertEqual(self.profile().limit_reason, "=HYPERLINK(1)")

	def test_sheets_and_columns_that_nobody_knows(self):
		book = openpyxl.Workbook()
		book.active.title = "Profils"
		book.create_sheet("Ratings").append(["customer", "rating"])
		content = BytesIO()
		book.save(content)
		found = self.problems(content.getvalue())
		self.assertEqual(
			[(sheet, row, column) for sheet, row, column, _message in found],
			[("Profils", 0, ""), ("Ratings", 1, "rating"), ("Ratings", 1, "external_rating")],
		)

	def test_no_workbook_and_an_empty_one(self):
		((_sheet, _row, _column, message),) = self.problems(b"customer;segment\nACME;A\n")
		self.assertIn("no XLSX workbook", message)
		((_sheet, _row, _column, message),) = self.problems()
		self.assertIn("is empty", message)

	def test_a_file_that_is_somebody_elses(self):
		with as_user("cfo"):
			file = frappe.get_doc(
				{"doctype": "File", "file_name": "secret.xlsx", "is_private": 1, "content": self.workbook()}
			).insert()
		with (
			as_user("credit_manager"),
			self.assertRaisesRegex(TakeoverError, "no such file that you may read"),
		):
			frappe.get_doc(
				{"doctype": "Take-over Import", "company": COMPANY, "file": file.file_url}
			).insert()


class TestImport(TakeoverTestCase):
	def test_a_new_profile_with_limit_rating_and_history(self):
		until = getdate(add_days(nowdate(), 40))
		sheets = self.whole(require_po="Yes", last_review=getdate(add_days(nowdate(), -30)))
		sheets["Limits"][0] |= {"temporary_limit": 90_000, "temporary_limit_until": until}
		doc = self.imported(self.checked(**sheets))
		self.assertEqual((doc.status, doc.customers_done, doc.problems), ("Completed", 1, []))
		profile = self.profile()
		self.assertEqual(
			(profile.segment, profile.external_rating, profile.require_po, flt(profile.granted_limit)),
			("C", "A", "Yes", 90_000),
		)
		self.assertEqual((flt(profile.manual_limit), profile.temporary_limit_until), (80_000, until))
		self.assertEqual(profile.owner, email_of("credit_manager"))
		self.assertIn(doc.name, {row.reason.split()[-1] for row in profile.history})

	def test_an_existing_profile_is_changed_where_it_differs_and_says_why(self):
		make.make_profile(self.customer, manual_limit=10_000)
		doc = self.checked(
			Ratings=[{"customer": self.customer.name, "external_rating": "B", "rating_at_review": "B"}]
		)
		self.assertEqual((doc.customers_new, doc.customers_changed), (0, 1))
		self.imported(doc)
		profile = self.profile()
		self.assertEqual((profile.external_rating, flt(profile.manual_limit)), ("B", 10_000))
		self.assertIn(doc.name, profile.history[-1].reason)
		rows = len(profile.history)
		again = self.checked(
			Ratings=[{"customer": self.customer.name, "external_rating": "B", "rating_at_review": "B"}]
		)
		self.assertEqual((again.customers_new, again.customers_changed), (0, 0))
		self.imported(again)
		self.assertEqual(len(self.profile().history), rows)

	def test_not_before_it_is_checked_without_a_problem_and_as_it_is(self):
		unchecked = self.takeover(**self.whole())
		faulty = self.checked(Profiles=[{"customer": self.customer.name, "segment": "Z"}])
		for doc, advice in ((unchecked, "Check the workbook first"), (faulty, "has problems")):
			with as_user("credit_manager"), self.assertRaisesRegex(TakeoverError, advice):
				api.start(doc.name)

	def test_who_may(self):
		doc = self.checked(**self.whole())
		for user in ("controller", "seller1", "auditor"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.start(doc.name)
			with as_user(user), self.assertRaises(frappe.PermissionError):
				self.takeover(**self.whole(), user=user)
		writer = make.make_user("Credit Auditor", "Credit Controller")
		frappe.share.add("Take-over Import", doc.name, writer, read=1, write=1)
		with as_user(writer), self.assertRaises(NotYourMandateError):
			api.start(doc.name)

	def test_a_job_that_was_killed_goes_on_where_it_stopped(self):
		other = make.make_customer()
		rows = [{"customer": c.name, "segment": "C"} for c in (self.customer, other)]
		doc = self.checked(Profiles=rows)
		self.addCleanup(self.remove)
		with as_user("credit_manager"):
			api.start(doc.name)
		frappe.db.commit()
		saved = takeover._save

		def killed(one, of):
			if one.customer == other.name:
				raise KeyboardInterrupt
			saved(one, of)

		with patch.object(takeover, "_save", killed), self.assertRaises(KeyboardInterrupt):
			takeover.run(doc.name)
		frappe.db.rollback()
		self.assertEqual(doc.reload().status, "Importing")
		first = self.profile()
		takeover.run(doc.name)
		self.assertEqual(doc.reload().status, "Completed")
		self.assertTrue(self.profile(other))
		self.assertEqual(self.profile().modified, first.modified)
		takeover.run(doc.name)
		self.assertEqual(doc.reload().status, "Completed")
		frappe.delete_doc("Credit Profile", self.profile(other).name)

	def test_a_customer_that_cannot_be_saved_keeps_no_other_out(self):
		other = make.make_customer()
		rows = [{"customer": c.name, "segment": "C"} for c in (other, self.customer)]
		doc = self.checked(Profiles=rows)
		saved = takeover._save

		def refused(one, of):
			if one.customer == other.name:
				frappe.throw("Not this one")
			saved(one, of)

		with patch.object(takeover, "_save", refused):
			self.imported(doc)
		doc.reload()
		self.assertEqual(doc.status, "Completed")
		self.assertEqual(
			[(row.row_number, row.message) for row in doc.problems], [(2, f"{other.name}: Not this one")]
		)
		self.assertTrue(self.profile())

	def test_what_was_imported_is_kept_as_it_was(self):
		doc = self.imported(self.checked(**self.whole()))
		with as_user("credit_manager"):
			with self.assertRaisesRegex(TakeoverError, "Completed already"):
				api.start(doc.name)
			doc.reload()
			doc.status = "Draft"
			doc.save()
			self.assertEqual(doc.reload().status, "Completed")
			doc.file = "/private/files/another.xlsx"
			with self.assertRaises(EvidenceError):
				doc.save()

	def test_the_template_is_handed_to_who_may_use_it(self):
		with as_user("credit_manager"):
			api.template()
		book = openpyxl.load_workbook(BytesIO(frappe.response.filecontent))
		self.assertEqual(book.sheetnames, ["Profiles", "Limits", "Ratings", "Read me"])
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			api.template()
