"""What the install brought, and that it may run again. Taking it away again is tested by `install_roundtrip.py`."""

import json
from pathlib import Path
from unittest.mock import patch

import frappe

from b2b_contracts import api, hooks
from b2b_contracts.setup import (
	core_permissions,
	custom_fields,
	defaults,
	indexes,
	install,
	marks,
	roles,
	uninstall,
)
from b2b_contracts.setup.custom_fields import CUSTOM_FIELDS, MODULE
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user, make_customer
from b2b_contracts.tests.install_roundtrip import differences
from b2b_contracts.tests.scaffold import COMPANY, WAREHOUSE, WIDGET, SiteTestCase


class TestInstalled(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		install.after_migrate()

	def test_roles(self):
		found = dict(
			frappe.get_all(
				"Role", filters={"name": ("in", roles.ROLES)}, fields=["name", "desk_access"], as_list=True
			)
		)
		self.assertEqual(found, {role: int(role != "Board") for role in roles.ROLES})

	def test_role_fixture_is_filtered_and_complete(self):
		(fixture,) = [fixture for fixture in hooks.fixtures if fixture["dt"] == "Role"]
		((_field, _in, names),) = fixture["filters"]
		shipped = json.loads((Path(hooks.__file__).parent / "fixtures" / "role.json").read_text())
		self.assertEqual(tuple(names), roles.ROLES)
		self.assertEqual(tuple(row["name"] for row in shipped), roles.ROLES)

	def test_nothing_that_users_edit_is_a_fixture(self):
		editable = {"Role", "Workflow State", "Workflow"}
		self.assertLessEqual({fixture["dt"] for fixture in hooks.fixtures}, editable)
		self.assertTrue(all(fixture.get("filters") for fixture in hooks.fixtures))

	def test_custom_fields_with_their_columns(self):
		for doctype, fields in CUSTOM_FIELDS.items():
			for field in fields:
				name = f"{doctype}-{field['fieldname']}"
				self.assertEqual(frappe.db.get_value("Custom Field", name, "module"), MODULE, name)
				self.assertTrue(field["fieldname"].startswith("b2b_"), name)
				has_column = field["fieldtype"] not in ("Section Break", "Column Break", "Table")
				self.assertEqual(frappe.db.has_column(doctype, field["fieldname"]), has_column, name)

	def test_what_a_document_says_of_credit_is_not_copied(self):
		for doctype in ("Sales Order", "Delivery Note", "Sales Invoice"):
			meta = frappe.get_meta(doctype)
			for fieldname in ("b2b_credit_status", "b2b_credit_hold"):
				field = meta.get_field(fieldname)
				if field:
					self.assertTrue(field.no_copy and field.read_only, f"{doctype} {fieldname}")

	def test_indexes(self):
		for doctype, name, columns in indexes.INDEXES:
			self.assertEqual(indexes.columns_of(doctype, name), columns, name)

	def test_payment_terms(self):
		for name, days in defaults.PAYMENT_TERMS:
			(row,) = frappe.get_doc("Payment Terms Template", name).terms
			self.assertEqual((row.invoice_portion, row.credit_days), (100, days), name)

	def test_unique_keys(self):
		for doctype, name in (
			("Credit Profile", "unique_customer_company"),
			("Credit Policy Version", "unique_policy_version"),
			("Credit Decision", "unique_gate_sequence"),
			("Credit Policy", "active_key"),
		):
			unique = frappe.db.sql(
				"""select 1 from information_schema.statistics
				where table_schema = database() and table_name = %s and index_name = %s and non_unique = 0""",
				(f"tab{doctype}", name),
			)
			self.assertTrue(unique, f"{doctype}: {name}")


class TestSecondRun(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		# A change of the schema ends the transaction: what is not up to date is brought up now, not in a test.
		install.after_migrate()

	def test_install_and_migrate_again_change_nothing(self):
		before = self.counts()
		install.after_install()
		install.after_migrate()
		self.assertEqual(self.counts(), before)

	def test_what_a_user_edited_stays(self):
		frappe.db.set_value("Credit Segment", "C", "limit_amount", 55_555)
		frappe.db.set_value("Payment Terms Template", "Net 30", "allocate_payment_based_on_payment_terms", 1)
		install.after_install()
		install.after_migrate()
		self.assertEqual(frappe.db.get_value("Credit Segment", "C", "limit_amount"), 55_555)
		template = frappe.get_doc("Payment Terms Template", "Net 30")
		self.assertEqual(template.allocate_payment_based_on_payment_terms, 1)

	def test_a_segment_that_a_user_deleted_does_not_come_back_with_a_migrate(self):
		frappe.delete_doc("Credit Segment", "B", force=True)
		install.after_migrate()
		self.assertFalse(frappe.db.exists("Credit Segment", "B"))

	def test_a_field_that_was_changed_is_put_right(self):
		frappe.db.set_value("Custom Field", "Sales Order-b2b_credit_status", "no_copy", 0)
		custom_fields.create()
		self.assertEqual(frappe.db.get_value("Custom Field", "Sales Order-b2b_credit_status", "no_copy"), 1)

	def counts(self) -> dict[str, int]:
		doctypes = (
			"Custom DocPerm",
			"Custom Field",
			"Role",
			"Credit Segment",
			"Payment Term",
			"Payment Terms Template",
			"Property Setter",
		)
		return {doctype: frappe.db.count(doctype) for doctype in doctypes}


class TestOnASiteThatIsSetUp(SiteTestCase):
	"""Frappe fills empty fields of new documents from the site's defaults: what we make must not take them."""

	MADE = (
		"Security Type",
		"Milestone Template",
		"Sanctions List",
		"Dunning Jurisdiction",
		"Reference Rate",
		"Dunning Template",
		"Dunning Flow",
		"Call Script",
		"Contract Type",
	)
	OF_THE_SITE = (("country", "Denmark"), ("currency", "DKK"), ("company", COMPANY))

	def setUp(self):
		super().setUp()
		self.clear()

	def tearDown(self):
		super().tearDown()
		self.clear()

	def clear(self) -> None:
		frappe.clear_cache()
		frappe.local.new_doc_templates = {}

	def made(self) -> dict[str, list[dict]]:
		"""What there is, without when and by whom it was made."""
		own = {"name", "owner", "creation", "modified", "modified_by", "parent", "idx"}

		def plain(row) -> dict:
			return {
				key: [plain(child) for child in value] if isinstance(value, list) else value
				for key, value in row.items()
				if key not in own
			}

		return {
			doctype: [
				{"name": name, **plain(frappe.get_doc(doctype, name).as_dict(no_default_fields=True))}
				for name in frappe.get_all(doctype, pluck="name", order_by="name")
			]
			for doctype in self.MADE
		}

	def remake(self) -> dict[str, list[dict]]:
		for doctype in self.MADE:
			frappe.db.delete(doctype)
			for field in frappe.get_meta(doctype).get_table_fields():
				frappe.db.delete(field.options, {"parenttype": doctype})
		defaults.create()
		return self.made()

	def test_the_records_are_the_same_where_the_site_has_a_country_a_currency_and_a_company(self):
		for key, _value in self.OF_THE_SITE:
			frappe.db.set_default(key, None)
		self.clear()
		bare = self.remake()
		for key, value in self.OF_THE_SITE:
			frappe.db.set_default(key, value)
		self.clear()
		self.assertEqual(frappe.new_doc("Dunning Jurisdiction").country, "Denmark")
		found = self.remake()
		for doctype in self.MADE:
			self.assertTrue(found[doctype], doctype)
			self.assertEqual(found[doctype], bare[doctype], doctype)


class TestWhatUninstallKeeps(SiteTestCase):
	def test_only_roles_that_were_missing_are_ours_to_remove(self):
		marks.forget(roles.CREATED)
		roles.remember_existing()
		self.assertEqual(marks.listed(roles.CREATED), [])
		frappe.db.delete("Role", {"name": "Board"})
		roles.remember_existing()
		self.assertEqual(marks.listed(roles.CREATED), ["Board"])

	def test_a_repeated_install_does_not_forget_what_the_first_one_made(self):
		made = {key: marks.listed(key) for key in (roles.CREATED, defaults.CREATED_TERMS)}
		self.assertTrue(all(made.values()))
		install.before_install()
		install.after_install()
		self.assertEqual({key: marks.listed(key) for key in made}, made)

	def test_payment_terms_in_use_stay(self):
		marks.store(
			defaults.CREATED_TERMS,
			json.dumps([["Payment Terms Template", "Net 45"], ["Payment Term", "Net 45"]]),
		)
		make_customer(payment_terms="Net 45")
		defaults.remove_payment_terms()
		self.assertTrue(frappe.db.exists("Payment Terms Template", "Net 45"))
		self.assertTrue(frappe.db.exists("Payment Term", "Net 45"))
		self.assertEqual(self.messages(), "")

	def test_payment_terms_out_of_use_go(self):
		for doctype, field in (
			("Payment Term", "payment_term_name"),
			("Payment Terms Template", "template_name"),
		):
			row = {
				"invoice_portion": 100,
				"due_date_based_on": "Day(s) after invoice date",
				"credit_days": 99,
			}
			terms = {"terms": [{"payment_term": "B2B 99", **row}]} if field == "template_name" else row
			frappe.get_doc({"doctype": doctype, field: "B2B 99", **terms}).insert()
		made = [["Payment Term", "B2B 99"], ["Payment Terms Template", "B2B 99"]]
		marks.store(defaults.CREATED_TERMS, json.dumps(made))
		defaults.remove_payment_terms()
		for doctype, name in made:
			self.assertFalse(frappe.db.exists(doctype, name), doctype)

	def test_marks_are_neither_a_users_nor_a_sites_default(self):
		marks.store("a_key", "a value")
		self.assertEqual(marks.read("a_key"), "a value")
		self.assertNotIn("a_key", frappe.defaults.get_defaults())
		marks.store("a_key", "another")
		self.assertEqual(marks.read("a_key"), "another")
		marks.forget("a_key")
		self.assertIsNone(marks.read("a_key"))


class TestCorePermissions(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.clear_cache)

	def roles(self, doctype: str) -> set[str]:
		return set(frappe.get_all("Custom DocPerm", {"parent": doctype}, pluck="role"))

	def test_what_was_given_goes_with_the_copies_it_brought(self):
		for doctype in core_permissions.RIGHTS["Collector"]:
			self.assertIn("Collector", self.roles(doctype), doctype)
		core_permissions.remove()
		for doctype in core_permissions.RIGHTS["Collector"]:
			self.assertEqual(self.roles(doctype), set(), doctype)

	def test_rights_that_a_site_has_changed_stay(self):
		frappe.permissions.add_permission("Customer", "Stock Manager", 1)
		frappe.db.set_value("Custom DocPerm", {"parent": "Contact", "role": "Collector"}, "write", 1)
		core_permissions.remove()
		self.assertEqual(
			self.roles("Customer") - {"Stock Manager"}, self.standard("Customer") - {"Stock Manager"}
		)
		self.assertIn("Collector", self.roles("Contact"))
		self.assertEqual(self.roles("Sales Invoice"), set())

	def standard(self, doctype: str) -> set[str]:
		return set(frappe.get_all("DocPerm", {"parent": doctype}, pluck="role"))

	def test_a_right_that_was_taken_away_does_not_come_back(self):
		frappe.db.delete("Custom DocPerm", {"parent": "Customer", "role": "Collector"})
		install.after_install()
		self.assertNotIn("Collector", self.roles("Customer"))
		marks.forget(core_permissions.GRANTED)
		install.after_install()
		self.assertIn("Collector", self.roles("Customer"))


class TestParkedOrdersAtUninstall(SiteTestCase):
	def setUp(self):
		super().setUp()
		# What other tests had to commit goes on first.
		uninstall.let_orders_go_on()
		self.customer = make_customer()
		make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def order(self, amount=12_000, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def let_go(self):
		frappe.db.after_commit.reset()
		with patch.object(frappe, "enqueue") as enqueue:
			uninstall.let_orders_go_on()
			frappe.db.after_commit.run()
		return enqueue

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, ["b2b_credit_status", "status"])

	def reserved(self):
		return frappe.db.get_value("Bin", {"item_code": WIDGET, "warehouse": WAREHOUSE}, "reserved_qty") or 0

	def test_they_go_on_as_without_the_app(self):
		before = self.reserved()
		held, rejected, stopped = self.order(), self.order(), self.order()
		with as_user("controller"):
			api.reject(rejected.b2b_credit_hold, "No")
		frappe.db.set_value("Sales Order", stopped.name, "b2b_credit_status", "Stopped")
		self.assertEqual(self.reserved(), before)
		self.let_go()
		for order in (held, rejected, stopped):
			self.assertEqual(self.status(order), ("Not Checked", "To Deliver and Bill"))
		self.assertEqual(self.reserved(), before + 3)

	def test_what_was_put_on_hold_by_hand_or_needs_no_status_stays(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		by_hand = self.order(1_000)
		update_status("On Hold", by_hand.name)
		delivered = self.order(1_000, qty=2)
		make.make_delivery(delivered, qty=1)
		delivered_status = self.status(delivered)[1]
		frappe.db.set_value("Sales Order", delivered.name, "b2b_credit_status", "Held")
		self.let_go()
		self.assertEqual(self.status(by_hand), ("Clear", "On Hold"))
		self.assertEqual(self.status(delivered), ("Not Checked", delivered_status))

	def test_the_wish_for_stock_is_given_back_and_no_job_is_left(self):
		with change_settings("Stock Settings", enable_stock_reservation=1):
			order = self.order(reserve_stock=1)
			self.assertEqual(order.reserve_stock, 0)
			enqueue = self.let_go()
		self.assertEqual(frappe.db.get_value("Sales Order", order.name, "reserve_stock"), 1)
		self.assertNotIn("b2b_contracts", str(enqueue.call_args_list))

	def test_one_that_fails_keeps_no_other_on_hold(self):
		bad, good = self.order(), self.order()
		go_on = uninstall.parking.go_on_without_us

		def fail(order):
			if order.name == bad.name:
				raise ValueError("broken")
			go_on(order)

		with patch.object(uninstall.parking, "go_on_without_us", fail), patch("builtins.print") as said:
			uninstall.let_orders_go_on()
		self.assertEqual(self.status(bad), ("Held", "On Hold"))
		self.assertEqual(self.status(good), ("Not Checked", "To Deliver and Bill"))
		self.assertIn(bad.name, str(said.call_args))


class TestComparison(SiteTestCase):
	def test_finds_what_came_and_what_went(self):
		before = {"Role": [["CFO"], ["Board"]], "indexes": []}
		after = {"Role": [["CFO"]], "indexes": [["tabSales Order", "b2b_open_orders"]]}
		self.assertEqual(
			differences(before, after),
			["lost: Role: Board", "left behind: indexes: tabSales Order | b2b_open_orders"],
		)
		self.assertEqual(differences(before, before), [])
