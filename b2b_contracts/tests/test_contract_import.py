"""A list of existing contracts from a workbook: the template, a dry run that names every bad cell, the import, and a job that
was killed."""

from datetime import datetime
from io import BytesIO
from unittest.mock import patch

import frappe
import openpyxl
from frappe.utils import add_days, add_months, flt, getdate, nowdate

from b2b_contracts import contract_import_api as api
from b2b_contracts.contracts import import_workbook, importing, watching
from b2b_contracts.exceptions import NotYourMandateError, TakeoverError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WIDGET, SiteTestCase, email_of


class ImportTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(tax_id=f"DK{frappe.generate_hash(length=8).upper()}")
		self.number = f"K-{frappe.generate_hash(length=8)}"
		self.addCleanup(self.remove)
		frappe.db.commit()

	def remove(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for name in frappe.get_all("B2B Contract", {"customer": self.customer.name}, pluck="name"):
			for doctype in ("Contract Event", "Contract Document", "Contract Search Text"):
				frappe.db.delete(doctype, {"contract": name})
			for table in frappe.get_meta("B2B Contract").get_table_fields():
				frappe.db.delete(table.options, {"parent": name})
			frappe.db.delete("B2B Contract", {"name": name})
		frappe.db.commit()

	# -------------------------------------------------------------- workbooks
	def row(self, **values):
		"""Return a contract that has run for two and a half years, in its second period."""
		return {
			"number": self.number,
			"customer": self.customer.name,
			"type": "Frame Agreement",
			"title": "Frame agreement 2022",
			"start_date": getdate(add_months(nowdate(), -30)),
			"duration": "Auto-renewing, second period",
			"initial_months": 24,
			"second_period_months": 18,
			"renewal_months": 12,
			"notice_period": 6,
			"notice_unit": "Months",
			"signed_on": getdate(add_months(nowdate(), -31)),
			"annual_value": 800_000,
			**values,
		}

	def workbook(self, contracts=None, **sheets) -> bytes:
		rows = {"Contracts": [self.row()] if contracts is None else contracts}
		rows |= {name.replace("_", " "): of for name, of in sheets.items()}
		book = openpyxl.load_workbook(BytesIO(import_workbook.template()))
		for name, of in rows.items():
			heading = [cell.value for cell in book[name][1]]
			for row in of:
				book[name].append([row.get(column) for column in heading])
		content = BytesIO()
		book.save(content)
		return content.getvalue()

	def imports(self, content=None, user="contract_manager", **sheets):
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
				{"doctype": "Contract Import", "company": COMPANY, "file": file.file_url}
			).insert()

	def checked(self, content=None, user="contract_manager", **sheets):
		doc = self.imports(content, user, **sheets)
		with as_user(user):
			api.check(doc.name)
		return doc.reload()

	def problems(self, content=None, **sheets):
		return [
			(row.sheet, row.row_number, row.column_name, row.message)
			for row in self.checked(content, **sheets).problems
		]

	def where(self, *contracts, **sheets):
		return [found[1:3] for found in self.problems(contracts=list(contracts), **sheets)]

	def imported(self, doc, user="contract_manager"):
		with as_user(user):
			api.start(doc.name)
		frappe.db.commit()  # as it is when the job begins
		importing.run(doc.name)
		return doc.reload()

	def contract(self, number=None):
		return frappe.get_doc(
			"B2B Contract", {"customer": self.customer.name, "external_reference": number or self.number}
		)

	def events(self, contract):
		return frappe.get_all(
			"Contract Event", {"contract": contract.name}, pluck="event", order_by="creation"
		)


class TestDryRun(ImportTestCase):
	def test_nothing_wrong_and_nothing_written(self):
		tables = ("B2B Contract", "Contract Event", "Contract Price", "Email Queue", "Notification Log")
		before = [frappe.db.count(doctype) for doctype in tables]
		with patch.object(frappe, "enqueue") as enqueue:
			doc = self.checked(Prices=[{"number": self.number, "item": WIDGET, "rate": 90}])
		enqueue.assert_not_called()
		self.assertEqual((doc.status, doc.problems), ("Checked", []))
		self.assertEqual(
			(doc.rows_read, doc.contracts, doc.contracts_signed, doc.contracts_over), (2, 1, 1, 0)
		)
		self.assertEqual(doc.needs_role, "Contract Manager")
		self.assertIn(self.number, doc.to_do)
		self.assertEqual(before, [frappe.db.count(doctype) for doctype in tables])

	def test_every_bad_row_and_column_is_named_at_once(self):
		start = getdate("2024-03-01")
		rows = [
			self.row(customer="Nobody Ltd", type="No such type", currency="XXX"),
			self.row(number="B", start_date=start, first_end_date=getdate("2024-02-01"), initial_months=None),
			self.row(number="C", title="C", annual_value="1.250.000,00", signed_on=add_days(nowdate(), 9)),
			self.row(
				number="D", title="D", owner="nobody@example.com", price_list="None such", late_interest=130
			),
			self.row(number="E", title="E", annual_value="=2*400000", start_date="first of May"),
			self.row(number="b", title="F"),
			self.row(number="G", title="G", initial_months=None, renewal_months=None, second_period_months=0),
			self.row(number="H", title="H", signed_on=None, signed_by_us="Me", company="Another A/S"),
			self.row(
				number="I",
				title="I",
				notice_given_on=getdate("2024-05-01"),
				ends_on=getdate("2024-04-01"),
				start_date=start,
			),
			self.row(
				number="J", title="J", duration="For ever", confidentiality="Secret", customer="Nobody Ltd"
			),
			{"title": "K"},
		]
		found = self.problems(
			contracts=rows,
			Prices=[
				{"number": "Z", "item": WIDGET, "rate": 1},
				{"number": "E", "rate": 1},
				{
					"number": "E",
					"item": "No such item",
					"rate": "9,50",
					"valid_from": start,
					"valid_to": getdate("2024-02-01"),
				},
			],
			Obligations=[
				{"number": "B", "title": "x", "due_date": "soon", "responsible": "nobody@example.com"}
			],
			Parties=[{"number": "B", "name": "Q", "role": "Group Company", "customer": "Nobody Ltd"}],
		)
		self.assertEqual(
			{(sheet, row, column) for sheet, row, column, _message in found},
			{
				*(("Contracts", 2, column) for column in ("customer", "type", "currency")),
				("Contracts", 3, "first_end_date"),
				*(("Contracts", 4, column) for column in ("annual_value", "signed_on")),
				*(("Contracts", 5, column) for column in ("owner", "price_list", "late_interest")),
				*(("Contracts", 6, column) for column in ("annual_value", "start_date")),
				("Contracts", 7, "number"),
				*(
					("Contracts", 8, column)
					for column in ("initial_months", "renewal_months", "second_period_months")
				),
				*(("Contracts", 9, column) for column in ("signed_on", "company")),
				("Contracts", 10, "ends_on"),
				*(("Contracts", 11, column) for column in ("duration", "confidentiality", "customer")),
				*(
					("Contracts", 12, column)
					for column in ("number", "customer", "type", "start_date", "duration")
				),
				("Prices", 2, "number"),
				("Prices", 3, "item"),
				*(("Prices", 4, column) for column in ("item", "rate", "valid_to")),
				*(("Obligations", 2, column) for column in ("due_date", "responsible")),
				("Parties", 2, "customer"),
			},
		)
		said = " ".join(message for *_where, message in found)
		for words in (
			"There is no customer Nobody Ltd",
			"There is no Contract Type called No such type",
			"before its start on",
			"is text: enter",
			"is still to come",
			"is no user with a desk",
			"more than 100 %",
			"holds a formula",
			"is not a date such as",
			"stands in row 3 already",
			"needs at least one month",
			"not of Another A/S",
			"before notice was given",
			"is not one of No End",
			"neither an item nor a group",
			"no contract Z on the sheet",
		):
			self.assertIn(words, said)

	def test_dates_that_a_spreadsheet_counts_as_numbers(self):
		start = getdate(add_months(nowdate(), -30))
		serial = (datetime(start.year, start.month, start.day) - datetime(1899, 12, 30)).days
		doc = self.checked(contracts=[self.row(start_date=serial)])
		self.assertEqual(doc.problems, [])
		self.imported(doc)
		self.assertEqual(self.contract().start_date, start)
		((_sheet, row, column, message),) = self.problems(
			contracts=[self.row(number="other", title="x", start_date=20240301)]
		)
		self.assertEqual((row, column), (2, "start_date"))
		self.assertIn("is a number and no date", message)

	def test_a_cell_that_shows_per_cent_holds_a_fraction(self):
		content = self.workbook([self.row(late_interest=0.085)])
		book = openpyxl.load_workbook(BytesIO(content))
		heading = [cell.value for cell in book["Contracts"][1]]
		book["Contracts"].cell(2, heading.index("late_interest") + 1).number_format = "0.0%"
		changed = BytesIO()
		book.save(changed)
		self.imported(self.checked(changed.getvalue()))
		self.assertEqual(flt(self.contract().late_interest_percent), 8.5)

	def test_the_same_contract_twice(self):
		found = self.problems(contracts=[self.row(), self.row(), self.row(number="another")])
		self.assertEqual([one[1:3] for one in found], [(3, "number"), (4, "title")])
		self.assertIn("in row 2 already", found[0][3])
		self.assertIn("Row 2 is the same contract", found[1][3])

	def test_one_that_is_here_already(self):
		self.imported(self.checked())
		name = self.contract().name
		for row in (
			self.row(title="Otherwise"),
			self.row(number="another"),
			self.row(number=self.number.upper(), title="x"),
		):
			((_sheet, number, column, message),) = self.problems(contracts=[row])
			self.assertEqual((number, column), (2, "number"))
			self.assertIn(f"here already as {name}", message)

	def test_what_the_contract_itself_would_refuse_is_named_at_its_row(self):
		with patch.object(
			importing.imports, "tried", side_effect=lambda doc: "Refused" if doc.title == "Bad" else None
		):
			found = self.problems(contracts=[self.row(), self.row(number="bad", title="Bad")])
		self.assertEqual(found, [("Contracts", 3, "", "Refused")])

	def test_sheets_columns_and_files_that_are_none(self):
		book = openpyxl.Workbook()
		book.active.title = "Contract"
		book.create_sheet("Contracts").append(["number", "kunde"])
		content = BytesIO()
		book.save(content)
		found = {one[:3] for one in self.problems(content.getvalue())}
		self.assertLessEqual(
			{("Contract", 0, ""), ("Contracts", 1, "kunde"), ("Contracts", 1, "customer")}, found
		)
		((*_where, message),) = self.problems(b"number;customer")
		self.assertIn("no XLSX workbook", message)

	def test_customers_by_tax_id_and_name(self):
		for called in (self.customer.tax_id, self.customer.customer_name):
			self.assertEqual(self.where(self.row(customer=called)), [])
		twin = make.make_customer(tax_id=self.customer.tax_id)
		self.assertEqual(self.where(self.row(customer=twin.tax_id)), [(2, "customer")])

	def test_the_template_opens_and_explains_itself(self):
		with as_user("contract_manager"):
			api.template()
		book = openpyxl.load_workbook(BytesIO(frappe.response.filecontent))
		self.assertEqual(book.sheetnames, [*import_workbook.SHEETS, "Read me"])
		explained = {
			(row[0].value, row[1].value): row[3].value for row in book["Read me"].iter_rows() if row[1].value
		}
		for sheet, columns in import_workbook.SHEETS.items():
			self.assertEqual([cell.value for cell in book[sheet][1]], [column.name for column in columns])
			for column in columns:
				self.assertTrue(explained[sheet, column.name])
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.template()


class TestImport(ImportTestCase):
	def test_one_that_runs_in_its_second_period(self):
		doc = self.checked(
			Prices=[{"number": self.number, "item": WIDGET, "rate": 90, "from_quantity": 2.5}],
			Discounts=[{"number": self.number, "item_group": "Products", "discount": 5}],
			Bonuses=[{"number": self.number, "from_turnover": 100, "bonus": 1}],
			Service_levels=[{"number": self.number, "service": "On time", "target": "98 %"}],
			Obligations=[
				{
					"number": self.number,
					"title": "Done long ago",
					"due_date": getdate(add_days(nowdate(), -20)),
					"done": "Yes",
				}
			],
			Key_dates=[{"number": self.number, "title": "Audit", "date": getdate(add_days(nowdate(), 40))}],
			Parties=[{"number": self.number, "name": "Daughter", "role": "Group Company"}],
		)
		self.assertEqual(doc.problems, [])
		doc = self.imported(doc)
		self.assertEqual((doc.status, doc.contracts_done, doc.problems), ("Completed", 1, []))
		contract = self.contract()
		self.assertEqual((contract.status, contract.docstatus, contract.period_number), ("Active", 1, 2))
		self.assertEqual(contract.end_date, getdate(add_days(add_months(contract.start_date, 42), -1)))
		self.assertEqual(contract.signed_on, getdate(add_months(nowdate(), -31)))
		self.assertEqual((contract.in_force_from, contract.in_force_until), (contract.start_date, None))
		self.assertEqual((contract.contract_import, contract.taken_over_on), (doc.name, getdate()))
		self.assertEqual(
			(contract.contract_owner, contract.account_manager),
			(email_of("contract_manager"), email_of("seller1")),
		)
		self.assertEqual((contract.prices[0].item_code, flt(contract.prices[0].from_quantity)), (WIDGET, 2.5))
		self.assertEqual(contract.discounts[0].discount_percent, 5)
		self.assertEqual([row.party_role for row in contract.parties], ["Us", "Customer", "Group Company"])
		self.assertEqual(self.events(contract), ["Created", "Signed"])
		self.assertTrue(frappe.db.exists("Contract Search Text", contract.name))

	def test_nobody_is_reminded_of_what_is_past(self):
		late = getdate(add_days(nowdate(), -5))
		doc = self.checked(
			contracts=[self.row(first_end_date=None)],
			Obligations=[
				{"number": self.number, "title": "Past", "due_date": late},
				{"number": self.number, "title": "To come", "due_date": getdate(add_days(nowdate(), 5))},
			],
		)
		self.imported(doc)
		contract = self.contract()
		watching.watch(contract.name)
		told = frappe.get_all(
			"Contract Event", {"contract": contract.name, "event": "Reminder"}, ["key_date", "description"]
		)
		self.assertTrue(told)
		self.assertTrue(all(row.key_date >= getdate() for row in told), told)
		self.assertIn("To come", " ".join(row.description for row in told))
		self.assertNotIn("Renewed", self.events(contract))
		watching.watch(contract.name)
		self.assertEqual(
			len(told), frappe.db.count("Contract Event", {"contract": contract.name, "event": "Reminder"})
		)

	def test_each_stands_where_it_stands(self):
		past, coming = getdate(add_months(nowdate(), -30)), getdate(add_days(nowdate(), 30))
		term = {"second_period_months": None, "renewal_months": None, "duration": "Fixed"}
		rows = [
			self.row(number=f"{self.number}-1", title="1", initial_months=12, **term),
			self.row(number=f"{self.number}-2", title="2", start_date=coming, signed_on=past),
			self.row(
				number=f"{self.number}-3", title="3", signed_on=None, notice_period=None, notice_unit=None
			),
			self.row(
				number=f"{self.number}-4",
				title="4",
				notice_given_on=getdate(add_days(nowdate(), -9)),
				ends_on=coming,
				notice_by="Customer",
			),
			self.row(
				number=f"{self.number}-5",
				title="5",
				notice_given_on=getdate(add_days(nowdate(), -99)),
				ends_on=getdate(add_days(nowdate(), -1)),
			),
		]
		doc = self.checked(contracts=rows)
		self.assertEqual(doc.problems, [])
		self.assertEqual((doc.contracts_signed, doc.contracts_over), (4, 2))
		self.imported(doc)
		states = [(c.status, c.docstatus) for c in (self.contract(f"{self.number}-{n}") for n in range(1, 6))]
		self.assertEqual(
			states,
			[("Expired", 1), ("Out for Signature", 1), ("Draft", 0), ("Active", 1), ("Terminated", 1)],
		)
		draft, ending = self.contract(f"{self.number}-3"), self.contract(f"{self.number}-4")
		self.assertEqual((draft.notice_period, draft.signed_on, draft.initial_months), (0, None, 24))
		self.assertEqual((ending.terminated_on, ending.termination_kind), (coming, "Received from Customer"))
		self.assertEqual(ending.in_force_until, coming)
		watching.daily()
		self.assertEqual(self.contract(f"{self.number}-2").status, "Out for Signature")

	def test_with_its_signed_file(self):
		doc = self.imports(
			contracts=[self.row(signed_file="signed.txt", signed_by_us="Karen", signed_by_customer="Ole")]
		)
		with as_user("contract_manager"):
			api.check(doc.name)
			self.assertEqual([row.column_name for row in doc.reload().problems], ["signed_file"])
			frappe.get_doc(
				{
					"doctype": "File",
					"file_name": "signed.txt",
					"is_private": 1,
					"content": f"Signed {self.number}",
					"attached_to_doctype": "Contract Import",
					"attached_to_name": doc.name,
				}
			).insert()
			api.check(doc.name)
		doc.reload()
		self.assertEqual((doc.problems, doc.to_do or ""), ([], ""))
		self.imported(doc)
		contract = self.contract()
		self.assertEqual(len(contract.signed_file_hash), 64)
		self.assertEqual([row.signatory_name for row in contract.signatories], ["Karen", "Ole"])
		(paper,) = frappe.get_all("Contract Document", {"contract": contract.name}, ["kind", "file"])
		self.assertEqual((paper.kind, paper.file), ("Signed", contract.signed_file))

	def test_killed_midway_it_goes_on_and_makes_nothing_twice(self):
		rows = [self.row(number=f"{self.number}-{n}", title=str(n)) for n in range(4)]
		doc = self.checked(contracts=rows)
		with as_user("contract_manager"):
			api.start(doc.name)
		frappe.db.commit()
		written = importing.events.write

		def killed(contract, event, *arguments, **named):
			if event == "Signed" and contract.title == "2":
				raise KeyboardInterrupt
			written(contract, event, *arguments, **named)

		with patch.object(importing.events, "write", killed), self.assertRaises(KeyboardInterrupt):
			importing.run(doc.name)
		frappe.db.rollback()
		mine = {"customer": self.customer.name}
		self.assertEqual(doc.reload().status, "Importing")
		self.assertEqual(sorted(frappe.get_all("B2B Contract", mine, pluck="title")), ["0", "1"])
		frappe.db.set_value(
			"Contract Import", doc.name, "modified", add_days(nowdate(), -1), update_modified=False
		)
		with patch.object(importing.imports.jobs, "after_commit") as asked:
			importing.sweep()
		asked.assert_called_once_with("b2b_contracts.contracts.importing.run", queue="long", name=doc.name)
		importing.run(doc.name)
		importing.run(doc.name)
		self.assertEqual((doc.reload().status, doc.problems), ("Completed", []))
		self.assertEqual(sorted(frappe.get_all("B2B Contract", mine, pluck="title")), ["0", "1", "2", "3"])
		self.assertEqual(frappe.db.count("Contract Event", {**mine, "event": "Signed"}), 4)

	def test_two_jobs_at_once_make_no_second_one(self):
		doc = self.checked()
		entry = importing._looked_at(doc, False)[0][0]
		importing._save(entry, doc)
		with (
			patch.object(importing.frappe.db, "exists", return_value=None),
			self.assertRaises(frappe.UniqueValidationError),
		):
			importing._save(entry, doc)

	def test_a_contract_that_cannot_be_saved_keeps_no_other_out(self):
		rows = [self.row(number=f"{self.number}-{n}", title=str(n)) for n in range(2)]
		doc = self.checked(contracts=rows)
		saved = importing._save

		def refused(entry, of):
			saved(entry, of)
			if entry.number.endswith("-0"):
				frappe.throw("Not this one")

		with patch.object(importing, "_save", refused):
			self.imported(doc)
		self.assertEqual(
			[(row.row_number, row.message) for row in doc.problems], [(2, f"{self.number}-0: Not this one")]
		)
		self.assertEqual(
			frappe.get_all("B2B Contract", {"customer": self.customer.name}, pluck="title"), ["1"]
		)


class TestWhoMay(ImportTestCase):
	def test_sellers_and_readers_may_not(self):
		doc = self.checked()
		for user in ("seller1", "sales_manager", "auditor", "compliance_officer"):
			with self.subTest(user), as_user(user), self.assertRaises(frappe.PermissionError):
				api.start(doc.name)
			with self.subTest(user), as_user(user), self.assertRaises(frappe.PermissionError):
				api.check(doc.name)

	def test_whoever_imports_must_be_allowed_to_approve_the_largest(self):
		doc = self.checked(contracts=[self.row(annual_value=3_000_000)])
		self.assertEqual(doc.needs_role, "Finance Director")
		over = {
			"duration": "Fixed",
			"initial_months": 12,
			"second_period_months": None,
			"renewal_months": None,
		}
		self.assertEqual(
			self.checked(contracts=[self.row(annual_value=3_000_000, **over)]).needs_role, "Contract Manager"
		)
		with as_user("contract_manager"), self.assertRaisesRegex(NotYourMandateError, "Finance Director"):
			api.start(doc.name)
		self.assertEqual(self.imported(doc, "finance_director").problems, [])
		self.assertEqual(self.contract().status, "Active")

	def test_not_before_it_is_checked_without_a_problem_and_as_it_is(self):
		unchecked, faulty = self.imports(), self.checked(contracts=[self.row(type="Nothing")])
		for doc, advice in ((unchecked, "Check the workbook first"), (faulty, "has problems")):
			with as_user("contract_manager"), self.assertRaisesRegex(TakeoverError, advice):
				api.start(doc.name)

	def test_nobody_writes_what_the_import_writes(self):
		contract = {
			"customer": self.customer.name,
			"company": COMPANY,
			"title": "x",
			"contract_type": "Frame Agreement",
		}
		with as_user("contract_manager"):
			doc = frappe.get_doc(
				{
					"doctype": "B2B Contract",
					**contract,
					"currency": "DKK",
					"start_date": nowdate(),
					"duration_type": "No End",
					"contract_import": self.imports().name,
					"taken_over_on": add_days(nowdate(), 900),
					"import_key": "mine",
				}
			).insert()
		self.assertFalse(doc.contract_import or doc.taken_over_on or doc.import_key)
