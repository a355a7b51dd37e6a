"""Contracts are found by every word of theirs and of their documents, by whoever may see them, and searches are kept."""

from io import BytesIO

import docx
import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import contract_search_api as api
from b2b_contracts.contracts import documents, search_texts
from b2b_contracts.credit import letter_pages
from b2b_contracts.exceptions import ContractError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WIDGET, email_of
from b2b_contracts.tests.test_contracts import ContractTestCase


class SearchTestCase(ContractTestCase):
	"""Full-text indexes show what is committed alone, so what is searched is committed, and taken away again."""

	def setUp(self):
		super().setUp()
		# A word that no other contract has.
		self.word = f"q{frappe.generate_hash(length=9)}"
		self.made: list[str] = []
		self.addCleanup(self.take_away)

	def contract(self, user="seller1", **fields):
		doc = super().contract(user, **fields)
		self.made.append(doc.name)
		return doc

	def committed(self):
		frappe.db.commit()

	def take_away(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for name in self.made:
			for doctype in ("Contract Event", "Contract Document", search_texts.TEXT):
				frappe.db.delete(doctype, {"contract": name})
			for table in frappe.get_meta("B2B Contract").get_table_fields():
				frappe.db.delete(table.options, {"parent": name})
			frappe.db.delete(
				"File", {"attached_to_doctype": "Contract Document", "attached_to_name": ["like", f"{name}%"]}
			)
			frappe.db.delete("Communication", {"reference_doctype": "B2B Contract", "reference_name": name})
			frappe.db.delete("B2B Contract", {"name": name})
		frappe.db.commit()

	def found(self, text="", user="seller1", filters=None, start=0):
		with as_user(user):
			return api.search(text, filters, start)

	def names(self, *arguments, **named):
		return [row["name"] for row in self.found(*arguments, **named)["rows"]]

	def paper(self, contract, text, name="draft.txt", kind="Other"):
		with as_user("contract_manager"):
			url = (
				frappe.get_doc(
					{
						"doctype": "File",
						"file_name": name,
						"is_private": 1,
						"content": f"{text} {frappe.generate_hash()}",
					}
				)
				.insert()
				.file_url
			)
			return documents.file_document(contract.name, kind, url, title=name, text=text)


class TestWords(SearchTestCase):
	def test_in_a_field_in_a_row_and_where_it_was(self):
		contract = self.contract(
			need=f"Cooling of {self.word} for Ærø and Århus",
			prices=[{"item_code": WIDGET, "rate": 1234.5}],
			obligations=[{"title": f"Konventionalbod {self.word}x", "due_date": nowdate()}],
			venue="Sø- og Handelsretten",
		)
		self.committed()
		for text in (
			self.word,
			self.word.upper(),
			self.word[:6],
			f"{self.word} ærø",
			f"{self.word} ARHUS",
			f"{self.word} {WIDGET}",
			f"{self.word} 1234.5",
			f'{self.word} "sø- og handelsretten"',
			f"{self.word} konventional",
			f"{self.word} {contract.name}",
			f"{self.word} of",
		):
			with self.subTest(text):
				self.assertEqual(self.names(text), [contract.name])
		for text in (f"{self.word} nowhere", f'{self.word} "handelsretten sø"', self.word[1:]):
			with self.subTest(text):
				self.assertEqual(self.names(text), [])
		((row,), seen) = self.found(f"{self.word} konventionalbod")["rows"], {}
		for one in row["found"]:
			seen[one["where"]] = "".join(part for part, is_hit in one["parts"] if is_hit)
		self.assertEqual(seen["Need and business case"], self.word)
		self.assertIn("Konventionalbod", seen["Obligations, row 1: Obligation"])

	def test_what_is_changed_is_found_as_it_is_now(self):
		contract = self.contract(title=f"Old {self.word}")
		self.committed()
		self.assertEqual(self.names(self.word), [contract.name])
		with as_user("seller1"):
			contract.title = "New"
			contract.append("risks", {"risk": f"Flood {self.word}new"})
			contract.save()
		self.committed()
		self.assertEqual(self.names(f"{self.word}new"), [contract.name])
		self.assertEqual(self.names(f"old {self.word}"), [])

	def test_in_the_text_of_a_document(self):
		contract = self.contract(title=f"Frame {self.word}")
		paper = self.paper(
			contract,
			f"Goods stay ours: retention\nof title {self.word}paper until paid, smørrebrød included.",
		)
		self.committed()
		for text in (
			f"{self.word}paper",
			f'{self.word}paper "retention of title"',
			f"{self.word}paper SMØRREBRØD frame",
		):
			with self.subTest(text):
				self.assertEqual(self.names(text), [contract.name])
		(row,) = self.found(f'{self.word}paper "retention of title"')["rows"]
		shown = [one for one in row["found"] if one.get("document") == paper.name]
		self.assertEqual(len(shown), 1)
		self.assertEqual((shown[0]["where"], shown[0]["file"]), ("Document: draft.txt", paper.file))
		self.assertIn(["retention of title", True], [part for one in shown for part in one["parts"]])

	def test_in_the_text_of_a_word_file_and_of_a_pdf(self):
		contract = self.contract(title=f"Frame {self.word}")
		written = docx.Document()
		written.add_paragraph(f"Konventionalbod ved forsinkelse: {self.word}word om ugen på Ærø.")
		table = written.add_table(1, 1)
		table.cell(0, 0).text = f"{self.word}cell"
		content = BytesIO()
		written.save(content)
		html = f"<p>Værneting er Sø- og Handelsretten, {self.word}pdf.</p>"
		printed = letter_pages.pdf(html, "", "x")
		for name, of in (("terms.docx", content.getvalue()), ("terms.pdf", printed)):
			with as_user("contract_manager"):
				file = {"doctype": "File", "file_name": f"{self.word}-{name}", "is_private": 1, "content": of}
				documents.file_document(
					contract.name, "Other", frappe.get_doc(file).insert().file_url, title=name
				)
		self.committed()
		for text, where in (
			(f"konventionalbod {self.word}word ærø", "Document: terms.docx"),
			(f"{self.word}cell", "Document: terms.docx"),
			(f'"værneting er sø" {self.word}pdf', "Document: terms.pdf"),
		):
			with self.subTest(text):
				(row,) = self.found(text)["rows"]
				self.assertEqual(row["name"], contract.name)
				self.assertIn(where, [one["where"] for one in row["found"]])

	def test_in_a_mail_about_it(self):
		contract = self.contract(title="Frame")
		frappe.get_doc(
			{
				"doctype": "Communication",
				"communication_type": "Communication",
				"communication_medium": "Email",
				"sent_or_received": "Received",
				"subject": "Your offer",
				"content": f"<div>We need <b>{self.word}mail</b> until Friday</div>",
				"sender": "buyer@example.com",
				"reference_doctype": "B2B Contract",
				"reference_name": contract.name,
			}
		).insert(ignore_permissions=True)
		self.committed()
		self.assertEqual(self.names(f'"{self.word}mail until friday"'), [contract.name])
		(row,) = self.found(f"{self.word}mail")["rows"]
		self.assertEqual([one["where"] for one in row["found"]], ["Mail: Your offer"])
		self.assertEqual(self.names(self.word, "seller2"), [])

	def test_nothing_that_is_typed_breaks_it(self):
		self.committed()
		for text in (
			"' or 1=1 --",
			'"',
			"+-><()~*@",
			"100%",
			"%",
			"_",
			"\\",
			"a",
			"the",
			"ærø*",
			"x" * 200,
			"'\"`;",
		):
			with self.subTest(text):
				self.found(f"{text} {self.word}")
				self.found(text)
		with self.assertRaises(ContractError):
			self.found("x" * 301)

	def test_the_patch_finds_those_that_have_no_words_yet(self):
		contract = self.contract(title=f"Frame {self.word}")
		frappe.db.delete(search_texts.TEXT, {"contract": contract.name})
		search_texts.keep_all()
		self.assertEqual(self.names(self.word), [contract.name])


class TestWhoFindsWhat(SearchTestCase):
	def test_a_seller_gets_their_twenty_of_a_thousand(self):
		mine = [self.contract(title=f"Mine {self.word}").name for _n in range(22)]
		other = make.make_customer("seller2")
		template = self.contract("seller2", customer=other.name, title=f"Theirs {self.word}")
		copies = [f"{self.word}-{n}" for n in range(1000)]
		self.made += copies
		self.copy(template.name, copies)
		self.committed()
		first = self.found(self.word)
		self.assertEqual((first["total"], len(first["rows"])), (22, 20))
		rest = self.names(self.word, start=20)
		self.assertEqual(sorted([row["name"] for row in first["rows"]] + rest), sorted(mine))
		self.assertEqual(self.found(self.word, "contract_manager")["total"], 1023)
		self.assertEqual(self.found(self.word, "seller2")["total"], 1001)

	def copy(self, name, names):
		"""Make rows like a contract and its words, straight in the database: a thousand saves take a minute."""
		for doctype in ("B2B Contract", search_texts.TEXT):
			row = frappe.db.get_value(doctype, name, "*", as_dict=True)
			fields = [field for field in row if field != "import_key"]
			values = [
				[new if field in ("name", "contract") else row[field] for field in fields] for new in names
			]
			frappe.db.bulk_insert(doctype, fields, values)

	def test_confidential_ones_and_types_kept_to_a_role(self):
		theirs = {"account_manager": email_of("contract_manager"), "duration_type": "No End"}
		secret = self.contract(
			"contract_manager", title=f"Secret {self.word}", confidentiality="Confidential", **theirs
		)
		kept = self.contract(
			"contract_manager", title=f"Kept {self.word}", contract_type=self.kept_type(), **theirs
		)
		self.committed()
		self.assertEqual(self.names(self.word), [])
		self.assertEqual(self.names(self.word, "controller"), [])
		self.assertEqual(sorted(self.names(self.word, "auditor")), sorted([secret.name, kept.name]))
		with as_user("stock_user"), self.assertRaises(frappe.PermissionError):
			api.search(self.word)

	def kept_type(self):
		name = f"Kept {self.word}"
		frappe.get_doc(
			{
				"doctype": "Contract Type",
				"type_name": name,
				"duration_type": "No End",
				"visible_to_role": "Contract Manager",
			}
		).insert()
		self.addCleanup(lambda: frappe.delete_doc("Contract Type", name, force=True))
		return name

	def test_user_permissions_on_companies_count(self):
		contract = self.contract(title=f"Here {self.word}")
		user = make.make_user("Contract Manager")
		self.committed()
		self.assertEqual(self.names(self.word, user), [contract.name])
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": make.make_customer().name,
			}
		).insert()
		self.assertEqual(self.names(self.word, user), [])
		frappe.db.rollback()


class TestFilters(SearchTestCase):
	def test_fields_and_rows_with_words_and_without(self):
		one = self.contract(
			title=f"One {self.word}", discounts=[{"item_group": "Products", "discount_percent": 12}]
		)
		two = self.contract(title=f"Two {self.word}", annual_value=5)
		self.committed()
		title = ["B2B Contract", "title", "like", f"%{self.word}%"]
		for filters, names in (
			([title], [one.name, two.name]),
			([title, ["B2B Contract", "annual_value", "<", 10]], [two.name]),
			([title, ["Contract Discount", "discount_percent", ">", 10]], [one.name]),
			([title, ["Contract Party", "party_name", "like", f"%{COMPANY}%"]], [one.name, two.name]),
			([title, ["B2B Contract", "status", "in", ["Active"]]], []),
		):
			with self.subTest(filters[-1]):
				self.assertEqual(sorted(self.names("", filters=filters)), sorted(names))
				self.assertEqual(sorted(self.names(self.word, filters=filters)), sorted(names))

	def test_what_is_no_filter_is_refused(self):
		for filters in (
			[["User", "name", "=", "Administrator"]],
			[["B2B Contract", "1=1 or name", "=", "x"]],
			["status"],
			[["B2B Contract", "title", "=", "x"]] * 21,
		):
			with self.subTest(str(filters)[:40]), self.assertRaises((ContractError, frappe.DataError)):
				self.found("", filters=filters)


class TestViews(SearchTestCase):
	def view(self, name, user="seller1"):
		with as_user(user):
			return next((one for one in api.views()["views"] if one["name"] == name), None)

	def test_own_ones_are_ones_own(self):
		filters = [["B2B Contract", "status", "=", "Active"]]
		with as_user("seller1"):
			api.save_view("Mine", "cooling", filters)
			api.save_view("Mine", "heating", filters)
			own = [one for one in api.views()["views"] if one["kind"] == "Own"]
		self.assertEqual([(one["text"], one["filters"]) for one in own], [("heating", filters)])
		self.assertFalse([one for one in self.kinds("seller2") if one == "Own"])
		with as_user("seller2"), self.assertRaises(ContractError):
			api.remove_view("Mine")
		with as_user("seller1"):
			api.remove_view("Mine")
		self.assertNotIn("Own", self.kinds("seller1"))

	def kinds(self, user):
		with as_user(user):
			return [one["kind"] for one in api.views()["views"]]

	def test_everybodys_are_saved_by_legal_alone(self):
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.save_view("For all", "", [], True)
		with as_user("contract_manager"):
			self.assertTrue(api.views()["may_share"])
			api.save_view("For all", "", [["B2B Contract", "status", "=", "Active"]], True)
		shared = self.view("For all")
		self.assertEqual((shared["kind"], shared["may_remove"]), ("Shared", False))
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.remove_view("For all", True)
		with as_user("compliance_officer"):
			api.remove_view("For all", True)
		self.assertIsNone(self.view("For all"))

	def test_a_view_is_no_way_to_other_documents(self):
		with as_user("seller1"), self.assertRaises(ContractError):
			api.save_view("Bad", "", [["User", "name", "=", "x"]])
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			frappe.get_list("Contract Search View")
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			frappe.get_list(search_texts.TEXT)

	def test_every_ready_made_one_runs_and_finds_what_it_says(self):
		soon = self.contract(title=f"Soon {self.word}")
		frappe.db.set_value(
			"B2B Contract",
			soon.name,
			{"status": "Active", "last_date_to_act": add_days(nowdate(), 10), "liability_cap_amount": 0},
		)
		late = self.contract(
			title=f"Late {self.word}", obligations=[{"title": "x", "due_date": add_days(nowdate(), -3)}]
		)
		frappe.db.set_value(
			"B2B Contract",
			late.name,
			{"status": "Active", "last_date_to_act": add_days(nowdate(), -10), "liability_cap_amount": 5},
		)
		self.committed()
		found = {}
		with as_user("seller1"):
			for view in api.views()["views"]:
				if view["kind"] == "Ready-made":
					rows = api.search(f"{self.word} {view['text']}", view["filters"])["rows"]
					found[view["name"]] = [row["name"] for row in rows]
		self.assertGreaterEqual(len(found), 8)
		self.assertEqual(found["To act on within 30 days"], [soon.name])
		self.assertEqual(found["Too late to act"], [late.name])
		self.assertEqual(found["Running without a cap on liability"], [soon.name])
		self.assertEqual(found["Obligations overdue"], [late.name])
		self.assertEqual(sorted(found["Mine"]), sorted([soon.name, late.name]))

	def test_a_name_is_short(self):
		with as_user("seller1"), self.assertRaises(ContractError):
			api.save_view("n" * 61, "", [])
