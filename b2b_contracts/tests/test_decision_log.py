"""The decision log cannot be changed unseen, and outlives renames, merges and ERPNext's own data deletion."""

import frappe
from frappe.utils import cstr

from b2b_contracts import api
from b2b_contracts.credit import gates, log
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase


class LogTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")
		self.gate = gates.name_of(gates.PROFILE, self.profile.name)
		with as_user("seller1"):
			self.orders = [make.make_order(self.customer, 3_000) for _n in range(4)]

	def decisions(self):
		return frappe.get_all(
			"Credit Decision", filters={"gate": self.gate}, fields=["*"], order_by="sequence"
		)

	def problems(self, exported=None):
		return [
			(problem.kind, problem.sequence)
			for report in log.verify(exported)
			if report.gate == self.gate
			for problem in report.problems
		]


class TestChain(LogTestCase):
	def test_an_honest_log_is_whole(self):
		self.assertEqual([row.sequence for row in self.decisions()], [1, 2, 3, 4])
		self.assertEqual(self.problems(), [])
		with as_user("auditor"):
			self.assertEqual([row for row in api.verify_log() if row["gate"] == self.gate], [])

	def test_sellers_do_not_verify_the_log(self):
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.verify_log()

	def test_a_changed_payload_is_found(self):
		second = self.decisions()[1]
		changed = second.payload.replace('"outcome":"Clear"', '"outcome":"Held"')
		self.assertNotEqual(changed, second.payload)
		frappe.db.set_value("Credit Decision", second.name, "payload", changed)
		self.assertEqual(self.problems(), [("changed", 2)])

	def test_a_changed_column_is_found_although_the_payload_is_whole(self):
		frappe.db.set_value("Credit Decision", self.decisions()[1].name, "outcome", "Held")
		self.assertEqual(self.problems(), [("changed", 2)])

	def test_a_missing_row_is_found(self):
		frappe.db.delete("Credit Decision", {"name": self.decisions()[1].name})
		self.assertEqual(self.problems(), [("missing", 2)])

	def test_a_cut_off_end_is_found(self):
		frappe.db.delete("Credit Decision", {"gate": self.gate, "sequence": [">", 2]})
		self.assertEqual(self.problems(), [("cut_off", 3), ("cut_off", 4)])

	def test_an_inserted_row_is_found(self):
		last = frappe.get_doc("Credit Decision", self.decisions()[3].name)
		extra = frappe.copy_doc(last)
		extra.update({"sequence": 5, "previous_hash": last.hash})
		extra.set_new_name()
		extra.db_insert()
		self.assertIn(("inserted", 5), self.problems())

	def test_an_end_cut_off_together_with_its_gate_is_found_against_an_export(self):
		exported = log.heads()
		third = self.decisions()[2]
		frappe.db.delete("Credit Decision", {"gate": self.gate, "sequence": [">", 3]})
		frappe.db.set_value("Credit Gate", self.gate, {"sequence": 3, "head_hash": third.hash})
		self.assertEqual(self.problems(), [])
		self.assertEqual(self.problems(exported), [("cut_off", 4)])

	def test_people_and_documents_are_not_in_what_is_hashed(self):
		order = self.orders[0]
		payload = frappe.get_last_doc("Credit Decision", {"reference_name": order.name}).payload
		for personal in (self.customer.name, order.name, "seller1@", self.profile.name):
			self.assertNotIn(personal, payload)


class TestWhatOutlivesWhat(LogTestCase):
	def test_a_renamed_customer_keeps_log_profile_and_hold(self):
		with as_user("seller1"):
			held = make.make_order(self.customer, 5_000)
		new = f"{self.customer.name} renamed"
		frappe.rename_doc("Customer", self.customer.name, new, force=True)
		self.assertEqual({row.customer for row in self.decisions()}, {new})
		self.assertEqual(frappe.db.get_value("Credit Hold", held.b2b_credit_hold, "customer"), new)
		self.assertEqual(self.problems(), [])
		with as_user("seller1"):
			self.assertEqual(make.make_order(new, 5_000).b2b_credit_status, "Held")

	def test_a_merged_customer_is_decided_about_with_what_both_owe(self):
		other = make.make_customer()
		with make.policy_off():
			make.make_invoice(other, 5_000)
		before = len(self.decisions())
		frappe.rename_doc("Customer", other.name, self.customer.name, merge=True, force=True)
		self.assertEqual(len(self.decisions()), before)
		self.assertEqual(self.problems(), [])
		status = api.credit_status(self.customer.name, COMPANY)
		self.assertEqual(status["receivables"], 5_000)

	def test_two_customers_with_a_profile_each_are_merged_into_one_profile(self):
		other = make.make_customer()
		second = make.make_profile(other, manual_limit=50_000)
		with as_user("seller1"):
			make.make_order(other, 1_000)
		frappe.rename_doc("Customer", other.name, self.customer.name, merge=True, force=True)
		left = frappe.get_all(
			"Credit Profile", filters={"customer": self.customer.name, "company": COMPANY}, pluck="name"
		)
		self.assertEqual(left, [self.profile.name])
		self.assertTrue(
			frappe.db.exists("Credit Decision", {"gate": gates.name_of(gates.PROFILE, second.name)})
		)
		self.assertEqual(log.verify(), [])

	def test_a_merge_frees_nobody(self):
		other = make.make_customer()
		make.make_profile(other, manual_limit=50_000)
		with as_user("controller"):
			api.force_hold(other.name, COMPANY, "Bankruptcy filed", "Stop")
		frappe.rename_doc("Customer", other.name, self.customer.name, merge=True, force=True)
		self.profile.reload()
		self.assertEqual((self.profile.forced_hold, self.profile.status), (1, "Stop"))
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 1).b2b_credit_status, "Stopped")

	def test_erpnexts_deletion_of_a_companys_transactions_leaves_the_log_alone(self):
		ignored = {name for names in [frappe.get_hooks("company_data_to_be_ignored")] for name in names}
		for doctype in (
			"Credit Decision",
			"Credit Hold",
			"Credit Policy",
			"Credit Policy Version",
			"Credit Profile",
		):
			self.assertIn(doctype, ignored)
		record = frappe.get_doc({"doctype": "Transaction Deletion Record", "company": COMPANY})
		record.populate_doctypes_to_be_ignored_table()
		listed = {row.doctype_name for row in record.doctypes_to_be_ignored}
		self.assertIn("Credit Decision", listed)

	def test_a_renamed_gate_keeps_a_chain_that_can_be_verified(self):
		sister = make.make_customer()
		make.make_profile(sister)
		group = make.make_group(self.customer, sister, group_limit=50_000)
		with as_user("seller1"):
			make.make_order(sister, 100)
		frappe.rename_doc("Credit Group", group.name, f"{group.name} renamed")
		with as_user("seller1"):
			make.make_order(sister, 100)
		chain = frappe.get_all("Credit Decision", filters={"customer": sister.name}, pluck="gate")
		self.assertEqual(set(chain), {gates.name_of(gates.GROUP, f"{group.name} renamed")})
		self.assertEqual(log.verify(), [])

	def test_an_order_can_be_deleted_and_its_decisions_stay(self):
		order = self.orders[-1]
		order.reload()
		order.cancel()
		frappe.delete_doc("Sales Order", order.name)
		self.assertTrue(frappe.db.exists("Credit Decision", {"reference_name": order.name}))
		self.assertEqual(cstr(self.problems()), "[]")
