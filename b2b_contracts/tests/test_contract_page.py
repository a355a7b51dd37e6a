"""Everything agreed with one customer on one screen: what is on it, on which day, and who sees which part."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import contract_page_api as api
from b2b_contracts import contracts_api
from b2b_contracts.contracts import customer_page
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WIDGET, email_of
from b2b_contracts.tests.test_contracts import ContractTestCase

TABLES = {
	"prices": [
		{"item_code": WIDGET, "rate": 95, "from_quantity": 100},
		{"item_code": WIDGET, "rate": 80, "valid_from": add_days(nowdate(), 100)},
	],
	"discounts": [
		{"item_group": "Products", "discount_percent": 7, "valid_to": add_days(nowdate(), 20)},
	],
	"bonuses": [{"from_turnover": 1_000_000, "bonus_percent": 2}],
	"service_levels": [{"service": "Delivery on time", "target": "98 %", "credit_percent": 5}],
	"obligations": [{"title": "Forecast", "due_date": add_days(nowdate(), 15)}],
}


class PageTestCase(ContractTestCase):
	def page(self, user="seller1", customer=None, on=None):
		with as_user(user):
			return api.customer_contracts((customer or self.customer).name, on)

	def names(self, page):
		return [row["name"] for row in page["contracts"]]


class TestWhatIsOnIt(PageTestCase):
	def test_what_is_agreed_and_on_which_day(self):
		contract = self.signed(**TABLES, late_interest_percent=9)
		draft = self.contract(title="The next one")
		page = self.page()
		self.assertEqual(
			{row["name"]: row["stage"] for row in page["contracts"]},
			{contract.name: "running", draft.name: "coming"},
		)
		self.assertEqual(page["in_force"], [contract.name])
		self.assertEqual([(row["item_code"], row["rate"]) for row in page["prices"]], [(WIDGET, 95)])
		self.assertEqual([row["discount_percent"] for row in page["discounts"]], [7])
		self.assertEqual([row["bonus_percent"] for row in page["bonuses"]], [2])
		self.assertEqual([row["target"] for row in page["service_levels"]], ["98 %"])
		(terms,) = page["terms"]
		said = {row["field"]: row["value"] for row in terms["said"]}
		self.assertEqual((said["payment_terms_template"], said["governing_law"]), ("Net 30", "Denmark"))
		self.assertIn("9", said["late_interest_percent"])
		self.assertNotIn("incoterm", said)
		dates = [(row["kind"], row["about"]) for row in page["dates"]]
		self.assertIn(("Obligation", "Forecast"), dates)
		self.assertIn("Auto-renewal", [kind for kind, _about in dates])
		self.assertEqual([row["day"] for row in page["dates"]], sorted(row["day"] for row in page["dates"]))

	def test_on_another_day_other_prices_are_in_force(self):
		self.signed(**TABLES)
		later = self.page(on=add_days(nowdate(), 100))
		self.assertEqual([row["rate"] for row in later["prices"]], [95, 80])
		self.assertEqual(later["discounts"], [])
		self.assertEqual(self.page(on=add_days(nowdate(), 20))["discounts"][0]["discount_percent"], 7)
		before = self.page(on=add_days(nowdate(), -1))
		self.assertEqual((before["in_force"], before["prices"], before["terms"]), ([], [], []))

	def test_what_is_not_signed_is_not_in_force(self):
		self.out_for_signature(**TABLES)
		page = self.page()
		self.assertEqual((page["in_force"], page["prices"]), ([], []))
		self.assertEqual([row["stage"] for row in page["contracts"]], ["coming"])

	def test_files_history_contacts_and_who_signed(self):
		make.make_contact(self.customer, "karen", [{"role": "Legal Notices"}])
		contract = self.signed()
		page = self.page()
		self.assertIn(contract.signed_file, [row["file"] for row in page["documents"]])
		self.assertEqual({row["contract"] for row in page["history"]}, {contract.name})
		self.assertIn("Signed", [row["event"] for row in page["history"]])
		(contact,) = page["contacts"]["of_customer"]
		self.assertEqual((contact["first_name"], contact["roles"]), ("Karen", ["Legal Notices"]))
		self.assertLessEqual({"Ours", "Theirs"}, {row["name"] for row in page["contacts"]["named"]})

	def test_holds_and_disputes_that_are_open(self):
		make.make_profile(self.customer, manual_limit=2000)
		disputed = make.make_invoice(self.customer, 1000)
		order = make.make_order(self.customer, 5000)
		other = make.make_customer()
		make.make_profile(other, manual_limit=100_000)
		invoice = make.make_invoice(other, 100)
		make.make_dispute((invoice, None))
		dispute = make.make_dispute((disputed, 400))
		page = self.page()
		self.assertEqual([row["reference_name"] for row in page["holds"]], [order.name])
		self.assertEqual([row["name"] for row in page["disputes"]], [dispute.name])

	def test_a_frame_contract_of_the_group_covers_its_companies(self):
		parent = self.customer
		daughter = make.make_customer("seller2")
		frame = self.signed(
			**TABLES,
			parties=[
				{"party_name": COMPANY, "party_role": "Us"},
				{"party_name": "Parent", "party_role": "Customer", "customer": parent.name},
				{"party_name": "Daughter", "party_role": "Group Company", "customer": daughter.name},
			],
		)
		page = self.page("seller2", daughter)
		self.assertEqual(self.names(page), [frame.name])
		self.assertTrue(page["contracts"][0]["of_group"])
		self.assertEqual([row["rate"] for row in page["prices"]], [95])
		with as_user("seller2"):
			self.assertTrue(frappe.has_permission("B2B Contract", "read", frame.name))
			self.assertFalse(frappe.has_permission("B2B Contract", "write", frame.name))
			self.assertEqual(
				frappe.get_list("B2B Contract", {"name": frame.name}, pluck="name"), [frame.name]
			)
			with self.assertRaises(frappe.PermissionError):
				api.customer_contracts(make.make_customer("seller1").name)

	def test_who_only_guarantees_is_not_covered(self):
		guarantor = make.make_customer("seller2")
		frame = self.signed(
			parties=[{"party_name": "G", "party_role": "Guarantor", "customer": guarantor.name}]
		)
		self.assertEqual(self.names(self.page("seller2", guarantor)), [])
		with as_user("seller2"):
			self.assertFalse(frappe.has_permission("B2B Contract", "read", frame.name))

	def test_as_many_queries_for_many_contracts_as_for_one(self):
		def asked():
			with as_user("contract_manager"):
				api.customer_contracts(self.customer.name)
				before = frappe.db.sql("show session status like 'Com_select'")[0][1]
				api.customer_contracts(self.customer.name)
				return int(frappe.db.sql("show session status like 'Com_select'")[0][1]) - int(before)

		self.running()
		one = asked()
		for _n in range(4):
			self.running()
		self.assertEqual(len(self.page("contract_manager")["in_force"]), 5)
		self.assertLessEqual(asked(), one + 2)

	def running(self):
		"""A contract that runs, as rows: how it got there is tested elsewhere."""
		contract = self.contract(**TABLES)
		signed = {"status": "Active", "signed_on": nowdate(), "docstatus": 1, "in_force_from": nowdate()}
		frappe.db.set_value("B2B Contract", contract.name, signed)
		return contract


class TestWhoSeesWhat(PageTestCase):
	def test_the_seller_of_another_customer_sees_nothing(self):
		self.signed()
		with as_user("seller2"):
			with self.assertRaisesRegex(frappe.PermissionError, "not in your portfolio"):
				api.customer_contracts(self.customer.name)
			self.assertEqual(api.customers(self.customer.name), [])
		with as_user("stock_user"):
			for method, arguments in ((api.customer_contracts, (self.customer.name,)), (api.customers, ())):
				with self.assertRaises(frappe.PermissionError):
					method(*arguments)

	def test_confidential_ones_are_for_who_answers_for_them(self):
		secret = self.signed(**TABLES)
		frappe.db.set_value("B2B Contract", secret.name, "confidentiality", "Confidential")
		self.assertEqual(self.names(self.page()), [secret.name])
		for user, sees in (
			("contract_manager", True),
			("auditor", True),
			("sales_manager", False),
			("credit_manager", False),
		):
			with self.subTest(user):
				page = self.page(user)
				self.assertEqual(self.names(page), [secret.name] if sees else [])
				self.assertEqual(len(page["prices"]), 1 if sees else 0)
				self.assertEqual(bool(page["documents"] or page["history"]), sees)

	def test_a_part_without_a_right_to_it_is_none(self):
		self.signed()
		page = self.page("compliance_officer")
		self.assertIsNone(page["disputes"])
		self.assertEqual(page["holds"], [])
		self.assertTrue(self.page("contract_manager")["contacts"]["named"])

	def test_who_owns_a_contract_of_a_customer_that_is_not_theirs_sees_that_one(self):
		self.signed()
		own = self.contract(contract_owner=email_of("seller2"))
		page = self.page("seller2")
		self.assertEqual(self.names(page), [own.name])
		self.assertIsNone(page["contacts"]["of_customer"])

	def test_user_permissions_count(self):
		self.signed()
		user = make.make_user("Sales User", "Account Manager", "Finance Director")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": make.make_customer().name,
			}
		).insert()
		with as_user(user), self.assertRaises(frappe.PermissionError):
			api.customer_contracts(self.customer.name)

	def test_the_customers_that_there_are_contracts_with(self):
		self.signed()
		self.contract()
		with as_user("seller1"):
			(row,) = api.customers(self.customer.customer_name)
		self.assertEqual((row["customer"], row["contracts"], row["running"]), (self.customer.name, 2, 1))
		self.assertEqual(
			getdate(row["last_date_to_act"]),
			frappe.db.get_value(
				"B2B Contract", {"customer": self.customer.name, "docstatus": 1}, "last_date_to_act"
			),
		)
		with as_user("seller1"):
			self.assertEqual(api.customers("50% off_"), [])

	def test_what_is_too_much_for_one_screen_is_said(self):
		for _n in range(2):
			self.contract()
		self.assertFalse(self.page()["is_cut_off"])
		with patch.object(customer_page, "MOST_CONTRACTS", 1):
			page = self.page()
		self.assertEqual((len(page["contracts"]), page["is_cut_off"]), (1, True))

	def test_a_notice_is_said(self):
		contract = self.signed()
		with as_user("contract_manager"):
			contracts_api.terminate_contract(contract.name, "For Convenience", nowdate(), "No margin")
		(row,) = self.page()["contracts"]
		self.assertTrue(row["terminated_on"])
