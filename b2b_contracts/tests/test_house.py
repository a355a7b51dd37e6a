"""The rules of the house that a machine can check: wiring, typing, patches, reports, documents (docs/architecture.md)."""

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import frappe
from frappe.desk import query_report
from frappe.modules.patch_handler import get_patches_from_app

import b2b_contracts
from b2b_contracts import hooks
from b2b_contracts.tests.factories import as_user, make_invoice, make_profile, make_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase

APP = "b2b_contracts"
ROOT = Path(b2b_contracts.__file__).parent
# What introduces the app at the top of hooks.py; everything after it is in alphabetical order.
HEAD = {
	*(
		"app_name",
		"app_title",
		"app_publisher",
		"app_description",
		"app_email",
		"app_license",
		"app_logo_url",
	),
	*("required_apps", "export_python_type_annotations", "require_type_annotated_api_methods"),
}
# Words of a label that keep their capital letter
PROPER_WORDS = {"ID", "DocType", "PO", "A", "B", "Board", "VAT"}
# The right to call them is a token: kept as a keyed hash and good for one answer, or signed for an invoice or an account.
OPEN_TO_GUESTS = {
	f"{APP}.balance_links_api.answer_balance",
	f"{APP}.board_api.decide",
	f"{APP}.customer_links_api.agree_split",
	f"{APP}.customer_links_api.dispute_invoice",
	f"{APP}.customer_links_api.pay_online",
	f"{APP}.customer_links_api.payment_link_opened",
	f"{APP}.customer_links_api.split_preview",
}
# Statements that end a transaction stand in use cases that own theirs, and nowhere else.
MAY_NOT_COMMIT = ("doc_events", "b2b_contracts/doctype", "engine", "permissions.py", "field_checks.py")


# The command's screens need the extra [cli], which a site never installs. tests/backtest runs them.
NOT_ON_A_SITE = (f"{APP}.backtest.terminal", f"{APP}.backtest.command")


def modules() -> list[str]:
	"""Return the dotted names of all modules that a site may load, without the tests."""
	return [
		found.name
		for found in pkgutil.walk_packages([str(ROOT)], prefix=f"{APP}.")
		if not found.name.startswith((f"{APP}.tests", f"{APP}.public", f"{APP}.templates", *NOT_ON_A_SITE))
	]


def sources(folder: str = "") -> Iterator[tuple[str, ast.Module]]:
	"""Return path and syntax tree of each source file of the app, tests left out."""
	start = ROOT / folder
	for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
		if "tests" not in path.relative_to(ROOT).parts:
			yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def documents() -> Iterator[dict]:
	"""Return the DocTypes of the app as they are shipped."""
	for path in sorted((ROOT / "b2b_contracts" / "doctype").glob("*/*.json")):
		yield json.loads(path.read_text())


class TestHooks(SiteTestCase):
	def test_every_dotted_path_resolves(self):
		found = list(self.dotted(vars(hooks)))
		self.assertGreater(len(found), 10)
		for path in found:
			with self.subTest(path):
				self.assertTrue(callable(frappe.get_attr(path)))

	def test_every_file_that_is_named_is_there(self):
		for name in ("doctype_js", "doctype_list_js", "doctype_tree_js", "doctype_calendar_js", "page_js"):
			for entry in getattr(hooks, name, {}).values():
				for path in [entry] if isinstance(entry, str) else entry:
					self.assertTrue((ROOT / path).is_file(), path)
		for name in ("app_include_js", "app_include_css", "web_include_js", "web_include_css"):
			entry = getattr(hooks, name, [])
			for path in [entry] if isinstance(entry, str) else entry:
				if path.startswith(f"/assets/{APP}/"):
					file = path.removeprefix(f"/assets/{APP}/").split("?")[0]
					self.assertTrue((ROOT / "public" / file).is_file(), path)

	def test_every_document_that_is_named_exists(self):
		for name in ("doc_events", "has_permission", "permission_query_conditions"):
			for doctype in getattr(hooks, name, {}):
				self.assertNotEqual(doctype, "*")
				self.assertTrue(frappe.db.exists("DocType", doctype), f"{name}: {doctype}")
		for doctype in (*hooks.company_data_to_be_ignored, *hooks.ignore_links_on_delete):
			self.assertTrue(frappe.db.exists("DocType", doctype), doctype)

	def test_is_wiring_only_short_and_sorted(self):
		path = ROOT / "hooks.py"
		self.assertLess(len(path.read_text().splitlines()), 250)
		tree = ast.parse(path.read_text())
		self.assertFalse([node for node in tree.body if not isinstance(node, ast.Assign | ast.ImportFrom)])
		hooked = [node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)]
		names = [name for name in hooked if name not in HEAD]
		self.assertEqual(names, sorted(names))

	def test_no_class_of_anybody_else_is_replaced(self):
		for name in ("override_doctype_class", "override_whitelisted_methods", "extend_doctype_class"):
			self.assertFalse(hasattr(hooks, name), name)

	def test_what_a_seller_may_list_and_open_are_decided_side_by_side(self):
		listed = {d for d in hooks.permission_query_conditions if not frappe.get_meta(d).istable}
		self.assertEqual(listed, set(hooks.has_permission))

	def dotted(self, value) -> Iterator[str]:
		if isinstance(value, str):
			if value.startswith(f"{APP}.") and " " not in value:
				yield value
		elif isinstance(value, dict):
			for key, inner in value.items():
				if not str(key).startswith("__"):
					yield from self.dotted(inner)
		elif isinstance(value, list | tuple):
			for inner in value:
				yield from self.dotted(inner)


class TestCode(SiteTestCase):
	def test_every_module_imports(self):
		for name in modules():
			with self.subTest(name):
				importlib.import_module(name)

	def test_every_patch_imports(self):
		for patch in get_patches_from_app(APP):
			if not patch.startswith("execute:"):
				with self.subTest(patch):
					self.assertTrue(callable(frappe.get_attr(f"{patch.split(maxsplit=1)[0]}.execute")))

	def test_every_whitelisted_method_is_fully_typed(self):
		for function in self.whitelisted():
			name = f"{function.__module__}.{function.__qualname__}"
			signature = inspect.signature(function)
			for parameter in signature.parameters.values():
				if parameter.name == "self":
					continue
				with self.subTest(f"{name}({parameter.name})"):
					self.assertIsNot(parameter.annotation, inspect.Parameter.empty)
					# Text is a forward reference, which Frappe does not check at run time.
					self.assertNotIsInstance(parameter.annotation, str)
			with self.subTest(name):
				self.assertIsNot(signature.return_annotation, inspect.Signature.empty)
				self.assertNotIsInstance(signature.return_annotation, str)

	def test_no_whitelisted_method_is_open_to_guests_but_those_of_a_link(self):
		guests = {inspect.unwrap(function) for function in frappe.guest_methods}
		opened = [f for f in self.whitelisted() if inspect.unwrap(f) in guests]
		self.assertEqual({f"{f.__module__}.{f.__qualname__}" for f in opened}, OPEN_TO_GUESTS)

	def test_no_annotations_from_the_future(self):
		for path, tree in sources():
			imports = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
			self.assertNotIn("__future__", imports, path)

	def test_no_commit_where_somebody_elses_transaction_runs(self):
		for folder in MAY_NOT_COMMIT:
			for path, tree in sources(folder):
				calls = [
					node.lineno
					for node in ast.walk(tree)
					if isinstance(node, ast.Attribute) and node.attr == "commit"
				]
				self.assertFalse(calls, path)

	def test_translated_sentences_are_whole(self):
		for path, tree in sources():
			for node in ast.walk(tree):
				if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
					with self.subTest(f"{path}:{node.lineno}"):
						self.assertNotIsInstance(node.args[0], ast.JoinedStr | ast.BinOp)

	def test_every_controller_says_what_it_is(self):
		for path, tree in sources("b2b_contracts/doctype"):
			for node in tree.body:
				if isinstance(node, ast.ClassDef):
					self.assertTrue(ast.get_docstring(node), path)

	def whitelisted(self) -> list:
		for name in modules():
			importlib.import_module(name)
		return [function for function in frappe.whitelisted if function.__module__.split(".")[0] == APP]


class TestDocuments(SiteTestCase):
	def test_each_is_sorted_described_and_of_our_module(self):
		for doc in documents():
			name = doc["name"]
			self.assertEqual(doc["module"], "B2B Contracts", name)
			self.assertTrue(doc.get("sort_field") and doc.get("sort_order"), name)
			self.assertTrue(doc.get("istable") or doc.get("description"), name)

	def test_deleting_a_companys_transactions_leaves_them_alone(self):
		of_a_company = {
			doc["name"]
			for doc in documents()
			if not doc.get("istable") and any(field.get("options") == "Company" for field in doc["fields"])
		}
		self.assertEqual(of_a_company, set(hooks.company_data_to_be_ignored))

	def test_evidence_is_not_deleted(self):
		for name in (
			"Credit Decision",
			"Credit Hold",
			"Credit Policy",
			"Credit Policy Version",
			"Credit Gate",
		):
			(doc,) = [doc for doc in documents() if doc["name"] == name]
			self.assertFalse([row["role"] for row in doc["permissions"] if row.get("delete")], name)

	def test_no_right_for_everybody(self):
		for doc in documents():
			self.assertFalse({"All", "Guest"} & {row["role"] for row in doc["permissions"]}, doc["name"])

	def test_labels_are_sentences(self):
		for doc in documents():
			for field in doc["fields"]:
				words = (field.get("label") or "").replace("(", "").split()[1:]
				odd = [word for word in words if word[0].isupper() and word.rstrip(")") not in PROPER_WORDS]
				self.assertFalse(odd, f"{doc['name']}: {field.get('label')}")

	def test_a_list_does_not_say_the_customer_twice(self):
		for doc in documents():
			if doc.get("title_field") == "customer_name":
				listed = [field["fieldname"] for field in doc["fields"] if field.get("in_list_view")]
				self.assertNotIn("customer", listed, doc["name"])

	def test_links_lead_somewhere(self):
		for doc in documents():
			for field in doc["fields"]:
				if field["fieldtype"] in ("Link", "Table"):
					self.assertTrue(
						frappe.db.exists("DocType", field["options"]), f"{doc['name']}.{field['fieldname']}"
					)

	def test_amounts_name_their_currency(self):
		# A segment counts in every company, each in its own currency.
		for doc in documents():
			for field in doc["fields"]:
				if field["fieldtype"] == "Currency" and doc["name"] != "Credit Segment":
					self.assertTrue(field.get("options"), f"{doc['name']}.{field['fieldname']}")

	def test_files_and_database_agree_on_fields(self):
		for doc in documents():
			shipped = {f["fieldname"] for f in doc["fields"]}
			on_site = {
				f.fieldname for f in frappe.get_meta(doc["name"]).fields if not f.get("is_custom_field")
			}
			self.assertEqual(shipped, on_site, doc["name"])


class TestReports(SiteTestCase):
	def reports(self) -> list[str]:
		return frappe.get_all("Report", filters={"module": "B2B Contracts"}, pluck="name")

	def test_each_runs_without_and_with_data_as_each_of_its_roles(self):
		for name in self.reports():
			roles = frappe.get_all("Has Role", filters={"parenttype": "Report", "parent": name}, pluck="role")
			self.assertTrue(roles, f"{name} is open to everybody who may read its document")
			profile = make_profile()
			for _turn in ("empty", "with data"):
				for role in roles:
					with self.subTest(f"{name} as {role}"), as_user(make_user(role)):
						result = query_report.run(
							name, filters={"company": COMPANY}, ignore_prepared_report=True
						)
						self.assertTrue(result["columns"])
				make_invoice(profile.customer, 1000)
