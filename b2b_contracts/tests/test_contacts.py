"""Whom at a customer our messages go to: contacts with a role, who stands in for them, and in which language."""

import frappe
from frappe.utils import add_to_date, now_datetime

from b2b_contracts import api
from b2b_contracts.credit import contacts, notices
from b2b_contracts.credit.contacts import ACCOUNTS_PAYABLE, CFO, ORDERING
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase, ensure_second_company


class ContactTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(language="da")
		# Entered with the customer, ERPNext makes a primary contact of it.
		self.customer.db_set("email_id", "post@b2b-test.example.com")
		make.make_profile(self.customer, manual_limit=10_000)

	def contact(self, name, *roles, email=True, is_primary=0, customer=None):
		"""Make a contact; a role is its name, or a row."""
		rows = [{"role": role} if isinstance(role, str) else role for role in roles]
		return make.make_contact(
			customer or self.customer, name, rows, email=email, is_primary_contact=is_primary
		)

	def told(self, role, company=COMPANY):
		return [a.email.split("@")[0] for a in contacts.addresses_for(self.customer.name, role, company)]


class TestWhoHasARole(ContactTestCase):
	def test_each_role_has_its_own_people_and_one_may_have_several(self):
		self.contact("anna", ORDERING, ACCOUNTS_PAYABLE)
		self.contact("bo", CFO)
		self.assertEqual(self.told(ORDERING), ["anna"])
		self.assertEqual(self.told(ACCOUNTS_PAYABLE), ["anna"])
		self.assertEqual(self.told(CFO), ["bo"])

	def test_all_who_have_it_are_told(self):
		self.contact("anna", ORDERING)
		self.contact("bo", ORDERING)
		self.assertEqual(self.told(ORDERING), ["anna", "bo"])

	def test_whoever_is_named_for_a_company_stands_before_those_named_for_all(self):
		ensure_second_company()
		self.contact("anna", ORDERING)
		self.contact("bo", {"role": ORDERING, "for_company": SECOND_COMPANY})
		self.assertEqual(self.told(ORDERING), ["anna"])
		self.assertEqual(self.told(ORDERING, SECOND_COMPANY), ["bo"])

	def test_nobody_of_another_customer(self):
		self.contact("anna", ORDERING, customer=make.make_customer())
		self.assertEqual(self.told(ORDERING), ["post"])


class TestWhoStandsIn(ContactTestCase):
	def test_the_primary_contact_then_the_customers_own_address(self):
		self.contact("bo", CFO)
		self.assertEqual(self.told(ORDERING), ["post"])
		self.contact("carl", is_primary=1)
		self.assertEqual(self.told(ORDERING), ["carl"])
		(address,) = contacts.addresses_for(self.customer.name, ORDERING, COMPANY)
		self.assertEqual((address.has_role, address.language), (False, "da"))

	def test_a_contact_that_is_removed(self):
		anna = self.contact("anna", ORDERING)
		self.contact("carl", is_primary=1)
		frappe.delete_doc("Contact", anna.name)
		self.assertEqual(self.told(ORDERING), ["carl"])

	def test_a_contact_without_an_address_is_passed_over(self):
		self.contact("anna", ORDERING, email=False)
		self.assertEqual(self.told(ORDERING), ["post"])
		self.contact("bo", ORDERING)
		self.assertEqual(self.told(ORDERING), ["bo"])

	def test_nobody_can_be_reached(self):
		self.customer.db_set("email_id", None)
		self.assertEqual(self.told(ORDERING), [])


class TestNotices(ContactTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()

	def held_order(self, **fields):
		with as_user("seller1"):
			order = make.make_order(self.customer, 12_000, **fields)
		frappe.db.set_value(
			"Credit Hold",
			order.b2b_credit_hold,
			"customer_notice_due",
			add_to_date(now_datetime(), minutes=-1),
		)
		notices._tell_customer(order.b2b_credit_hold)
		return order

	def mails(self, doctype, name):
		"""Return the mails about a document by who got them, without the domain."""
		queued = frappe.get_all(
			"Email Queue",
			filters={"reference_doctype": doctype, "reference_name": name},
			fields=["name", "message"],
		)
		return {
			row.recipient.split("@")[0]: make.text_of(mail.message)
			for mail in queued
			for row in frappe.get_all("Email Queue Recipient", {"parent": mail.name}, ["recipient"])
		}

	def test_of_a_held_order_the_ordering_contacts_each_in_their_language(self):
		self.contact("anna", {"role": ORDERING, "message_language": "sv"})
		self.contact("bo", ORDERING)
		self.contact("carl", is_primary=1)
		mails = self.mails("Sales Order", self.held_order().name)
		self.assertEqual(set(mails), {"anna", "bo"})
		self.assertIn("Tack för er order", mails["anna"])
		self.assertIn("Tak for jeres ordre", mails["bo"])

	def test_of_a_held_order_the_contact_that_was_chosen_on_it(self):
		self.contact("anna", ORDERING)
		dora = self.contact("dora")
		order = self.held_order(contact_person=dora.name, contact_email=dora.email_id)
		self.assertEqual(set(self.mails("Sales Order", order.name)), {"dora"})

	def test_a_contact_that_was_filled_in_is_told_where_nobody_has_the_role(self):
		carl = self.contact("carl", is_primary=1)
		order = self.held_order()
		self.assertEqual(order.contact_person, carl.name)
		self.assertEqual(set(self.mails("Sales Order", order.name)), {"carl"})

	def test_of_a_stop_the_ordering_contact_and_nobody_twice(self):
		self.contact("anna", ORDERING)
		with as_user("seller1"):
			make.make_order(self.customer, 5_000)
		with as_user("credit_manager"):
			hold = api.force_hold(self.customer.name, COMPANY, "Unclear accounts", "Stop")["name"]
		self.assertEqual((notices._tell_customer(hold), notices._tell_customer(hold)), (1, 0))
		mails = self.mails("Customer", self.customer.name)
		self.assertEqual(set(mails), {"anna"})
		self.assertIn("Vi kan ikke levere jeres ordrer", mails["anna"])

	def test_a_language_without_a_text_of_its_own_reads_the_common_one(self):
		for language, template in (
			("da", "Order held: customer (da)"),
			("no", "Order held: customer (nb)"),
			("nb", "Order held: customer (nb)"),
			("de", "Order held: customer"),
			(None, "Order held: customer"),
		):
			self.assertEqual(notices.template_in("Order held: customer", language), template)


class TestDesk(ContactTestCase):
	def test_the_panel_says_whom_messages_go_to_to_those_who_see_the_customer(self):
		self.contact("anna", ORDERING)
		with as_user("seller1"):
			found = api.credit_status(self.customer.name, COMPANY)["contacts"]
		by_role = {row["role"]: (row["email"].split("@")[0], row["has_role"]) for row in found}
		self.assertEqual(by_role[ORDERING], ("anna", True))
		self.assertEqual(by_role[CFO], ("post", False))
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.credit_status(self.customer.name, COMPANY)
