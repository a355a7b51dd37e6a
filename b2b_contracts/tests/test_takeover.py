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

	def invoice(self, customer=None, amount=1000):
		"""Make an invoice, for which its customer gets a profile with a limit."""
		customer = customer or self.customer
		if not frappe.db.exists("Credit Profile", {"customer": customer.name}):
			make.make_profile(customer, manual_limit=100_000)
		return make.make_invoice(customer, amount)

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
		for doctype in ("Payment Plan", "Security Instrument"):
			for name in frappe.get_all(doctype, {"customer": self.customer.name}, pluck="name"):
				doc = frappe.get_doc(doctype, name)
				if doc.docstatus == 1:
					doc.cancel()
				frappe.delete_doc(doctype, name)
		mine = {"customer": self.customer.name}
		for name in frappe.get_all("Sales Invoice", {**mine, "docstatus": 1}, pluck="name"):
			frappe.get_doc("Sales Invoice", name).cancel()
		if not frappe.db.exists("Credit Decision", mine):  # evidence is kept, and its profile with it
			for name in frappe.get_all("Credit Profile", mine, pluck="name"):
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
		another = self.takeover(**self.whole(risk_class="A")).file
		with as_user("credit_manager"):
			with self.assertRaisesRegex(TakeoverError, "Completed already"):
				api.start(doc.name)
			doc.reload()
			doc.status = "Draft"
			doc.save()
			self.assertEqual(doc.reload().status, "Completed")
			doc.file = another
			with self.assertRaises(EvidenceError):
				doc.save()

	def test_the_template_is_handed_to_who_may_use_it(self):
		with as_user("credit_manager"):
			api.template()
		book = openpyxl.load_workbook(BytesIO(frappe.response.filecontent))
		self.assertEqual(book.sheetnames, [*takeover_workbook.SHEETS, "Read me"])
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			api.template()


class TestSecurities(TakeoverTestCase):
	def security(self, **values):
		return {
			"customer": self.customer.name,
			"type": "Bank Guarantee",
			"number": f"BG-{self.customer.tax_id}",
			"issuer": "B2B Test Bank",
			"issuer_rating": "AA-",
			"amount": 50_000,
			"valid_from": getdate(add_days(nowdate(), -100)),
			"expiry_date": getdate(add_days(nowdate(), 300)),
			"unconditional": "Yes",
			"on_demand": "Yes",
			"status": "In Force",
			**values,
		}

	def instruments(self):
		names = frappe.get_all(
			"Security Instrument",
			{"customer": self.customer.name},
			pluck="name",
			order_by="instrument_number",
		)
		return [frappe.get_doc("Security Instrument", name) for name in names]

	def where(self, *rows):
		return {(row, column) for _sheet, row, column, _message in self.problems(Securities=list(rows))}

	def test_one_in_force_and_one_requested_that_names_an_invoice(self):
		invoice = self.invoice()
		number = self.security()["number"]
		doc = self.checked(
			Securities=[
				self.security(),
				self.security(number=f"{number}-2", status="Requested", covers=invoice.name, company=COMPANY),
			]
		)
		self.assertEqual((doc.problems, doc.securities_new, doc.customers_new), ([], 2, 0))
		self.assertIn(number, doc.to_do)
		self.assertNotIn(f"{number}-2", doc.to_do)
		self.assertEqual(self.instruments(), [])
		self.imported(doc)
		in_force, requested = self.instruments()
		self.assertEqual((in_force.docstatus, in_force.status), (1, "In Force"))
		self.assertEqual(
			(in_force.scope, in_force.currency, flt(in_force.amount), in_force.on_demand),
			("Customer", "DKK", 50_000, 1),
		)
		self.assertEqual(in_force.owner, email_of("credit_manager"))
		self.assertEqual((requested.docstatus, requested.status), (0, "Requested"))
		self.assertEqual(
			[(row.reference_doctype, row.reference_name) for row in requested.documents],
			[("Sales Invoice", invoice.name)],
		)
		self.assertIn(in_force.name, doc.to_do)
		self.assertIn("does not count", doc.to_do)

	def test_a_dry_run_leaves_no_trace(self):
		series = frappe.db.sql("select name, current from tabSeries where name like 'SEC-%%'")
		with patch.object(frappe, "enqueue") as enqueue:
			self.checked(Securities=[self.security()])
		self.assertEqual(
			series, frappe.db.sql("select name, current from tabSeries where name like 'SEC-%%'")
		)
		self.assertFalse(frappe.db.exists("Security Instrument", "Take-over trial"))
		self.assertFalse(enqueue.called)
		self.assertEqual(self.instruments(), [])

	def test_every_bad_cell_is_named(self):
		disabled = frappe.get_doc(
			{"doctype": "Security Type", "type_name": f"Old {self.customer.tax_id}", "disabled": 1}
		).insert()
		stranger = make.make_customer()
		foreign = self.invoice(stranger)
		group = make.make_group(stranger)
		rows = [
			self.security(number="1", type="Handshake"),
			self.security(number="2", type=disabled.name),
			self.security(number="3", company="Another company"),
			self.security(number="4", currency="XYZ"),
			self.security(number="5", amount=0),
			self.security(number="6", covers="SINV-NONE"),
			self.security(number="7", covers=foreign.name),
			self.security(number="8", covers=group.name),
			self.security(number="9", expiry_date=getdate(add_days(nowdate(), -200))),
			self.security(number="10", expiry_date=getdate(add_days(nowdate(), -1))),
			self.security(number="11", type="Factoring"),
			self.security(number="12", issuer_rating="Good", status="Expired", cover_percent=120),
			self.security(number="12", customer="Nobody"),
			self.security(number="1", type="Handshake"),
			self.security(number="Ab", amount=0),
			self.security(number="aB"),
		]
		self.assertEqual(
			self.where(*rows),
			{
				(2, "type"),
				(3, "type"),
				(4, "company"),
				(5, "currency"),
				(6, "amount"),
				(7, "covers"),
				(8, "covers"),
				(9, "covers"),
				(10, "expiry_date"),
				(11, "expiry_date"),
				(12, "recourse"),
				*((13, column) for column in ("issuer_rating", "status", "cover_percent")),
				(14, "customer"),
				(15, "number"),
				(16, "amount"),
				(17, "number"),
			},
		)

	def test_a_credit_group_is_covered_as_a_whole(self):
		group = make.make_group(self.customer)
		make.make_profile(self.customer)
		doc = self.checked(Securities=[self.security(covers=group.name, status="Requested")])
		self.assertEqual(doc.problems, [])
		self.imported(doc)
		found = frappe.get_doc("Security Instrument", {"credit_group": group.name})
		self.assertEqual((found.scope, found.customer), ("Credit Group", None))
		found.delete()

	def test_the_same_paper_is_not_made_twice_and_another_amount_is_a_problem(self):
		self.imported(self.checked(Securities=[self.security()]))
		again = self.checked(Securities=[self.security()])
		self.assertEqual((again.problems, again.securities_new), ([], 0))
		self.imported(again)
		self.assertEqual(len(self.instruments()), 1)
		((_sheet, row, column, message),) = self.problems(Securities=[self.security(amount=60_000)])
		self.assertEqual((row, column), (2, "number"))
		self.assertIn(self.instruments()[0].name, message)

	def test_what_the_type_says_is_taken_where_the_row_says_nothing(self):
		kind = frappe.get_doc(
			{
				"doctype": "Security Type",
				"type_name": f"Pledge {self.customer.tax_id}",
				"cover_percent": 80,
				"haircut_percent": 20,
				"claim_period_days": 45,
			}
		).insert()
		rows = [
			self.security(number="1", type=kind.name),
			self.security(number="2", type=kind.name, haircut_percent=0, cover_percent=50),
		]
		self.imported(self.checked(Securities=rows))
		self.assertEqual(
			[
				(flt(doc.cover_percent), flt(doc.haircut_percent), doc.claim_period_days)
				for doc in self.instruments()
			],
			[(80, 20, 45), (50, 0, 45)],
		)
		self.assertFalse(frappe.db.exists("Credit Profile", {"customer": self.customer.name}))


class TestPlans(TakeoverTestCase):
	def setUp(self):
		super().setUp()
		self.invoices = [self.invoice(amount=amount) for amount in (3000, 1500)]

	def sheets(self, **values):
		first, second = self.invoices
		of_plan = {"plan": "P1", "customer": self.customer.name, **values}
		return {
			"Plans": [
				{**of_plan, "invoice": first.name, "amount": 2500, "reason": "A late harvest"},
				{**of_plan, "invoice": second.name},
			],
			"Instalments": [
				{"plan": "P1", "due_date": getdate(add_days(nowdate(), days)), "amount": amount}
				for days, amount in ((10, 1000), (45, 3000))
			],
		}

	def plans(self):
		names = frappe.get_all("Payment Plan", {"customer": self.customer.name}, pluck="name")
		return [frappe.get_doc("Payment Plan", name) for name in names]

	def test_a_draft_with_its_invoices_and_instalments(self):
		sheets = self.sheets()
		doc = self.checked(**sheets)
		self.assertEqual((doc.problems, doc.plans_new, doc.customers_new), ([], 1, 0))
		self.assertIn("P1", doc.to_do)
		self.assertEqual(self.plans(), [])
		self.imported(doc)
		(plan,) = self.plans()
		self.assertEqual((plan.docstatus, plan.status, plan.reason), (0, "Draft", "A late harvest"))
		self.assertEqual(
			[(row.sales_invoice, flt(row.amount)) for row in plan.invoices],
			[(self.invoices[0].name, 2500), (self.invoices[1].name, 1500)],
		)
		self.assertEqual(
			[(getdate(row.due_date), flt(row.amount)) for row in plan.instalments],
			[(row["due_date"], row["amount"]) for row in sheets["Instalments"]],
		)
		self.assertIn(plan.name, doc.to_do)
		again = self.checked(**sheets)
		self.assertEqual((again.problems, again.plans_new), ([], 0))
		self.imported(again)
		self.assertEqual(len(self.plans()), 1)
		sheets["Instalments"][0]["amount"] = 500
		sheets["Instalments"][1]["amount"] = 3500
		((sheet, row, column, message),) = self.problems(**sheets)
		self.assertEqual((sheet, row, column), ("Plans", 2, "plan"))
		self.assertIn(plan.name, message)

	def test_every_bad_cell_is_named(self):
		other = make.make_customer()
		foreign = self.invoice(other)
		first, second = (invoice.name for invoice in self.invoices)
		mine = {"customer": self.customer.name}
		day = getdate(add_days(nowdate(), 10))
		found = self.problems(
			Plans=[
				{**mine, "plan": "A", "invoice": first, "amount": 3001, "company": "Another company"},
				{**mine, "plan": "A", "invoice": foreign.name},
				{**mine, "plan": "B", "invoice": first},
				{"customer": other.name, "plan": "A", "invoice": "SINV-NONE"},
				{**mine, "plan": "C", "invoice": second, "frequency": "Weekly"},
				{**mine, "plan": "D", "invoice": second},
			],
			Instalments=[
				{"plan": "A", "due_date": getdate(add_days(nowdate(), -1)), "amount": 0},
				{"plan": "B", "due_date": day, "amount": "all"},
				{"plan": "E", "due_date": day, "amount": 5},
			],
		)
		self.assertEqual(
			{(sheet, row, column) for sheet, row, column, _message in found},
			{
				("Plans", 2, "company"),
				("Plans", 2, "amount"),
				("Plans", 3, "invoice"),
				("Plans", 4, "invoice"),
				("Plans", 5, "customer"),
				("Plans", 5, "invoice"),
				("Plans", 6, "frequency"),
				("Plans", 7, "plan"),
				("Instalments", 2, "due_date"),
				("Instalments", 2, "amount"),
				("Instalments", 3, "amount"),
				("Instalments", 4, "plan"),
			},
		)

	def test_what_the_plan_itself_refuses(self):
		sheets = self.sheets()
		sheets["Instalments"][0]["amount"] = 999
		((sheet, row, column, message),) = self.problems(**sheets)
		self.assertEqual((sheet, row, column), ("Plans", 2, "plan"))
		self.assertIn("add up to", message)
		sheets = self.sheets()
		sheets["Instalments"][1]["due_date"] = getdate(add_days(nowdate(), 10 + 100))
		((_sheet, _row, _column, message),) = self.problems(**sheets)
		self.assertIn("force majeure", message)
		for row in sheets["Plans"]:
			row["force_majeure"] = "Yes"
		self.assertEqual(self.problems(**sheets), [])
		make.make_plan((self.invoices[1], None))
		((sheet, row, column, message),) = self.problems(**self.sheets())
		self.assertEqual((sheet, row, column), ("Plans", 3, "invoice"))
		self.assertIn("in payment plan", message)

	def test_a_job_that_was_killed_makes_nothing_twice(self):
		"""Killed within a customer nothing of it stays; killed after it, all of it does."""
		other = make.make_customer()
		security = {
			"type": "Bank Guarantee",
			"number": f"BG-{self.customer.tax_id}",
			"amount": 5,
			"status": "In Force",
		}
		doc = self.checked(
			**self.sheets(),
			Securities=[{**security, "customer": self.customer.name}],
			Profiles=[{"customer": other.name, "segment": "C"}],
		)
		self.assertEqual(doc.problems, [])
		self.addCleanup(self.remove)
		with as_user("credit_manager"):
			api.start(doc.name)
		frappe.db.commit()
		made = takeover.takeover_documents.make

		def killed(paper, whence):
			if paper.doctype == "Payment Plan":
				raise KeyboardInterrupt
			made(paper, whence)

		with (
			patch.object(takeover.takeover_documents, "make", killed),
			self.assertRaises(KeyboardInterrupt),
		):
			takeover.run(doc.name)
		frappe.db.rollback()
		mine = {"customer": self.customer.name, "docstatus": ["<", 2]}
		self.assertEqual(frappe.db.count("Security Instrument", mine), 0)
		frappe.db.commit()
		with (
			patch.object(takeover.imports.WorkbookImport, "_end", side_effect=KeyboardInterrupt),
			self.assertRaises(KeyboardInterrupt),
		):
			takeover.run(doc.name)
		frappe.db.rollback()
		self.assertEqual(doc.reload().status, "Importing")
		takeover.run(doc.name)
		self.assertEqual((doc.reload().status, doc.problems), ("Completed", []))
		self.assertEqual((frappe.db.count("Security Instrument", mine), len(self.plans())), (1, 1))
		frappe.delete_doc("Credit Profile", self.profile(other).name)

	def test_a_refusal_while_importing_names_the_row_and_keeps_no_other_out(self):
		other = make.make_customer()
		doc = self.checked(**self.sheets(), Profiles=[{"customer": other.name, "segment": "C"}])
		made = takeover.takeover_documents.make

		def refused(paper, whence):
			made(paper, whence)
			frappe.throw("Not this one")

		with patch.object(takeover.takeover_documents, "make", refused):
			self.imported(doc)
		self.assertEqual(
			[(row.sheet, row.row_number, row.message) for row in doc.problems],
			[("Plans", 2, f"{self.customer.name}: Not this one")],
		)
		self.assertEqual((self.plans(), doc.to_do), ([], ""))
		self.assertTrue(self.profile(other))
		frappe.delete_doc("Credit Profile", self.profile(other).name)
