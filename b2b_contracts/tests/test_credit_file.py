"""The credit file: everything of one customer, each part as its reader may see it, by the figures of the gate and the ledger."""

from unittest.mock import patch

import frappe
from frappe.desk import query_report

from b2b_contracts import api
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import report_scenes as scenes
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY
from b2b_contracts.tests.test_contract_pipeline import PipelineTestCase

REPORT = "Customer Credit File"
# What everybody who reads credit profiles sees, and what only some do.
FOR_ALL = {
	"Customer",
	"Credit profile",
	"Exposure and limit",
	"Ageing",
	"Open items",
	"Credit holds",
	"Disputes",
}
NOT_FOR_SELLERS = {"Changes of the profile", "Credit decisions", "Screening"}


class TestCreditFile(PipelineTestCase):
	def setUp(self):
		super().setUp()
		self.customer = scenes.everything_of_a_customer()
		make.make_contact(self.customer, "bo", [{"role": "Accounts Payable"}])
		self.contract = self.running(payment_terms_template="Net 14")
		frappe.local.request_cache.clear()

	def result(self, user="cfo", customer=None, **filters) -> dict:
		asked = {"company": COMPANY, "customer": customer or self.customer.name, **filters}
		with as_user(user):
			return query_report.run(REPORT, filters=asked, ignore_prepared_report=True)

	def parts(self, user="cfo", **filters) -> dict[str, list[dict]]:
		found: dict[str, list[dict]] = {}
		for row in self.result(user, **filters)["result"]:
			if row["kind"] == "Part":
				lines = found.setdefault(row["what"], [])
			else:
				lines.append(row)
		return found

	def test_every_part_has_what_is_known(self):
		parts = self.parts()
		empty = {title for title, lines in parts.items() if len(lines) == 1 and lines[0]["what"] == "Nothing"}
		self.assertLessEqual(FOR_ALL, set(parts))
		self.assertFalse(
			empty
			& {
				*FOR_ALL,
				*("Contacts", "Payments", "Credit decisions", "Payment plans", "Promises to pay"),
				*("Dunning notices", "Security and insurance", "Contracts", "Payment behaviour"),
			},
			empty,
		)
		self.assertIn(self.contract.name, [line["document"] for line in parts["Contracts"]])
		dispute = frappe.get_doc("Dispute", {"customer": self.customer.name})
		(line,) = parts["Disputes"]
		self.assertEqual((line["document"], line["amount"], line["open"]), (dispute.name, 1_019, 1_019))
		for lines in parts.values():
			for line in lines:
				if line["document"]:
					self.assertTrue(frappe.db.exists(line["doctype"], line["document"]), line)

	def test_the_figures_are_those_of_the_gate_and_of_the_ledger(self):
		result = self.result()
		lines = {row["what"]: row for row in self.parts()["Exposure and limit"]}
		with as_user("cfo"):
			standing = api.credit_status(self.customer.name, COMPANY)
		for label, name in (
			("Receivables", "receivables"),
			("Granted orders", "granted_orders"),
			("Net exposure", "net_exposure"),
			("Secured", "secured"),
			("Granted limit", "granted_limit"),
			("Headroom", "headroom"),
		):
			self.assertEqual(lines[label]["amount"], standing[name], label)
		entries = frappe.get_all(
			"GL Entry",
			{"party_type": "Customer", "party": self.customer.name, "company": COMPANY, "is_cancelled": 0},
			["debit", "credit"],
		)
		balance = sum(entry.debit - entry.credit for entry in entries)
		ageing = {row["what"]: row["amount"] for row in self.parts()["Ageing"]}
		buckets = [amount for label, amount in ageing.items() if label == "Not due" or "overdue" in label]
		self.assertAlmostEqual(ageing["Balance"], balance, 2)
		self.assertAlmostEqual(sum(buckets) + ageing["Credits and unallocated payments"], balance, 2)
		self.assertAlmostEqual(sum(row["open"] for row in self.parts()["Open items"]), balance, 2)
		cards = {card["label"]: card["value"] for card in result["report_summary"]}
		self.assertEqual((cards["Granted limit"], cards["Net exposure"]), (90_000, standing["net_exposure"]))
		self.assertAlmostEqual(cards["Owed"], balance, 2)
		self.assertEqual(result["chart"]["data"]["datasets"][0]["values"], buckets)

	def test_each_reader_sees_what_they_may_read(self):
		seller = self.parts("seller1")
		self.assertLessEqual(FOR_ALL, set(seller))
		self.assertFalse(NOT_FOR_SELLERS & set(seller))
		said = self.result("seller1")["message"]
		for title in NOT_FOR_SELLERS:
			self.assertIn(title, said)
		labels = {line["what"] for line in seller["Credit profile"]}
		self.assertFalse({"External rating", "Credit score", "Reason for the limit"} & labels)
		self.assertIn("Changes of the profile", self.parts("controller"))
		self.assertIn("Screening", self.parts("auditor"))
		# Who reads no customers reads what was decided about this one.
		board = self.parts(make.make_user("Board"))
		self.assertNotIn("Customer", board)
		self.assertIn("Credit decisions", board)

	def test_not_of_another_sellers_customer_nor_of_one_that_is_kept_from_somebody(self):
		with self.assertRaises(frappe.PermissionError):
			self.result("seller2")
		restricted = make.make_user("CFO", "Accounts Manager")
		other = make.make_customer()
		frappe.get_doc(
			{"doctype": "User Permission", "user": restricted, "allow": "Customer", "for_value": other.name}
		).insert()
		with self.assertRaises(frappe.PermissionError):
			self.result(restricted)
		self.assertIn("Customer", self.parts(restricted, customer=other.name))
		for user in ("stock_user", "contract_manager"):
			with self.assertRaises(frappe.PermissionError, msg=user):
				self.result(user)

	def test_confidential_contracts_stay_so(self):
		frappe.db.set_value("B2B Contract", self.contract.name, "confidentiality", "Confidential")
		frappe.local.request_cache.clear()
		names = [line["document"] for line in self.parts("controller")["Contracts"]]
		self.assertNotIn(self.contract.name, names)
		self.assertIn(self.contract.name, [line["document"] for line in self.parts("cfo")["Contracts"]])

	def test_as_many_lines_as_asked_for(self):
		for _number in range(4):
			make.make_payment(customer=self.customer, amount=10)
		lines = self.parts(lines=3)["Payments"]
		self.assertEqual(len(lines), 4)
		self.assertIn("newest 3", lines[-1]["what"])
		with self.assertRaisesRegex(frappe.ValidationError, "not between"):
			self.result(lines=0)

	def test_without_a_customer_there_is_nothing(self):
		with as_user("cfo"):
			found = query_report.run(REPORT, filters={"company": COMPANY}, ignore_prepared_report=True)
		self.assertEqual((found["result"], found["message"]), ([], "Choose a customer."))

	def test_files_of_what_one_may_read(self):
		secret = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": "minutes-of-a-contract.txt",
				"is_private": 1,
				"content": "Secret",
				"attached_to_doctype": "B2B Contract",
				"attached_to_name": self.contract.name,
			}
		).insert()
		frappe.db.set_value("B2B Contract", self.contract.name, "confidentiality", "Confidential")
		frappe.local.request_cache.clear()
		with as_user("cfo"):
			self.assertIn(secret.file_name, [line["what"] for line in self.parts("cfo")["Documents"]])
		self.assertNotIn(secret.file_name, frappe.as_json(self.result("controller")))

	def test_a_count_of_queries_that_does_not_grow(self):
		def queries() -> int:
			frappe.local.request_cache.clear()
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				self.result()
			return sql.call_count

		queries()
		before = queries()
		with make.policy_off():
			for number in range(5):
				invoice = make.make_overdue_invoice(self.customer, 100, days=90 + number)
				make.make_payment(invoice, 10)
				make.make_dispute((invoice, 20))
		frappe.local.request_cache.clear()
		self.assertEqual(queries(), before)
