"""A procedure for accepting what was delivered puts the time to pay off: in reminders, in interest, in words (§3.1)."""

from datetime import date, timedelta

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.collections import (
	acceptance,
	dunning_letters,
	dunning_planning,
	interest_letters,
	interest_statements,
	jurisdictions,
)
from b2b_contracts.engine.dunning_law import Acceptance
from b2b_contracts.exceptions import NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY
from b2b_contracts.tests.test_dunning_law import LawTestCase
from b2b_contracts.tests.test_dunning_runs import DunningTestCase
from b2b_contracts.tests.test_query_count import counted


def signed_contract(customer, days: int, is_signed: int = 1, **fields):
	doc = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": customer.name,
			"contract_terms": "The goods are accepted first.",
			"is_signed": is_signed,
			"b2b_acceptance_days": days,
			**fields,
		}
	).insert()
	doc.submit()
	return doc


class TestReminders(DunningTestCase):
	def agreed(self, **fields) -> None:
		with as_user("finance_director"):
			doc = frappe.get_doc("Customer", self.customer.name)
			doc.update(fields)
			doc.save(ignore_permissions=True)
		jurisdictions.forget()

	def planned_on(self, ahead: int) -> dunning_planning.Notice:
		planner = dunning_planning.Planner(COMPANY, getdate() + timedelta(days=ahead))
		(notice,) = planner.plan([self.customer.name])
		return notice

	def test_a_reminder_waits_until_it_is_overdue_and_the_notice_says_by_which_rule(self):
		# Invoiced 21 days ago, due 7 days ago: payable by the third day from now.
		self.owes(1_000, 7)
		self.agreed(b2b_acceptance_days=10)
		run = self.sent(self.planned())
		self.assertEqual((run.sent, run.skipped, run.failed), (0, 1, 0))
		notice = self.notice(run)
		self.assertEqual((notice.status, notice.reason), ("Skipped", "The Law"))
		self.assertIn(frappe.utils.formatdate(add_days(nowdate(), 4)), notice.reason_text)
		(check,) = [row for row in notice.checks if row.rule == "Acceptance Procedure"]
		self.assertEqual(check.outcome, "Moved")
		self.assertIn("the end of the acceptance procedure of 10 days", check.explanation)
		self.assertTrue(check.source)
		for ahead in (1, 3):
			self.assertEqual(self.planned_on(ahead).reason, "The Law")
		notice = self.planned_on(4)
		self.assertEqual((notice.reason, notice.step.code, notice.fee), ("", "D7", 100))

	def test_more_than_30_days_count_as_30_unless_expressly_agreed_and_fair(self):
		self.owes(1_000, 7)
		for fields, days in (
			({"b2b_acceptance_days": 45}, 30),
			({"b2b_acceptance_agreed": 1}, 45),
			({"b2b_acceptance_unfair": 1}, 30),
		):
			self.agreed(**fields)
			judged = self.planned_on(0).judged
			self.assertEqual(judged.earliest_day, getdate() + timedelta(days=days - 7 + 1), fields)

	def test_what_has_run_already_charges_as_before(self):
		self.owes(1_000, 7)
		self.agreed(b2b_acceptance_days=6)
		notice = self.notice(self.sent(self.planned()))
		self.assertEqual((notice.status, notice.fee), ("Queued", 100))
		self.assertIn("Acceptance Procedure", [row.rule for row in notice.checks])

	def test_terms_of_more_than_60_days_are_said_to_need_an_express_agreement(self):
		with make.policy_off():
			make.make_invoice(
				self.customer, 1_000, posting_date=add_days(nowdate(), -97), due_date=add_days(nowdate(), -7)
			)
		rule = "Longest Terms without Agreement"
		self.assertIn(rule, [row.rule for row in self.notice(self.planned()).checks])
		self.agreed(b2b_due_date_agreed="Yes")
		self.assertNotIn(rule, [row.rule for row in self.notice(self.planned()).checks])

	def test_whoever_may_not_agree_on_it_does_not(self):
		with as_user("seller1"), self.assertRaises(NotYourMandateError):
			doc = frappe.get_doc("Customer", self.customer.name)
			doc.b2b_acceptance_days = 90
			doc.save()

	def test_what_was_agreed_is_read_by_as_many_queries_for_20_customers_as_for_1(self):
		# All alike: self.customer has a contact for dunning, for which the others are asked further.
		customers = [make.make_customer() for _n in range(20)]
		self.flow.set("scopes", [{"customer": customer.name} for customer in customers])
		self.flow.save()
		for customer in customers:
			self.owes(100, 7, customer=customer)
			signed_contract(customer, 5)
		names = sorted(customer.name for customer in customers)
		frappe.db.set_value("Company", COMPANY, "b2b_dunning_law_by_customer", 1)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		frappe.clear_document_cache("Company", COMPANY)

		def queries(some: list[str]) -> list[str]:
			planner = dunning_planning.Planner(COMPANY, getdate())
			# What the site caches is there before, what a transaction keeps is not.
			planner.plan(some)
			jurisdictions.forget()
			with counted() as asked:
				self.assertEqual(len(planner.plan(some)), len(some))
			return asked

		one, many = queries(names[:1]), queries(names)
		self.assertEqual(len(one), len(many), "\n".join(q[:150] for q in many))


class TestAgreed(LawTestCase):
	def of(self, customer, on: date = date(2023, 11, 1)) -> Acceptance | None:
		jurisdictions.forget()
		found = acceptance.of_invoices({"X": (COMPANY, customer.name, on)})
		return found["X"].acceptance if found else None

	def test_a_contract_goes_before_the_customer_and_that_before_the_company(self):
		customer = make.make_customer()
		self.assertIsNone(self.of(customer))
		frappe.db.set_value("Company", COMPANY, "b2b_acceptance_days", 7)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		frappe.clear_document_cache("Company", COMPANY)
		self.assertEqual(self.of(customer), Acceptance(7))
		self.set_terms(customer, b2b_acceptance_days=14, b2b_late_terms_since="2023-10-01")
		self.assertEqual(self.of(customer), Acceptance(14))
		self.assertIsNone(self.of(customer, date(2023, 9, 30)))
		signed_contract(customer, 40, is_signed=0)
		signed_contract(customer, 35, start_date="2024-01-01")
		self.assertEqual(self.of(customer), Acceptance(14))
		signed_contract(customer, 45, start_date="2023-01-01", end_date="2023-12-31", b2b_acceptance_agreed=1)
		self.assertEqual(self.of(customer), Acceptance(45, is_expressly_agreed=True))
		self.assertEqual(self.of(customer, date(2024, 2, 1)), Acceptance(35))


class TestInterest(LawTestCase):
	def test_it_runs_from_the_due_date_that_the_procedure_puts_off(self):
		customer = self.agreed_customer()
		invoice = self.late_invoice(customer)
		self.set_terms(customer, b2b_acceptance_days=10)
		(found,) = interest_statements.explained([invoice.name], date(2023, 12, 10))
		self.assertEqual((found.statement.first, found.accepted_on), (date(2023, 11, 25), date(2023, 11, 11)))
		self.assertEqual([row.days for row in found.statement.segments], [15])
		self.assertEqual([check.rule for check in found.checks], ["Acceptance Procedure"])
		for text in (interest_letters.told(found)["from_when"], dunning_letters._basis(found)):
			self.assertIn("the procedure for accepting the goods was over", text)

	def test_without_an_agreed_due_date_from_30_days_after_its_end(self):
		customer = make.make_customer()
		invoice = self.late_invoice(customer)
		self.set_terms(customer, b2b_acceptance_days=45)
		found = interest_statements.statement_of(invoice.name, None, date(2024, 2, 1))
		# 30 of the 45 days count: until 1 December, and 30 days from then.
		self.assertEqual(found.first, date(2023, 12, 31))

	def test_goods_that_came_before_the_invoice_have_used_up_some_of_it(self):
		customer = self.agreed_customer()
		with make.policy_off():
			order = make.make_order(customer, 1_000)
			note = make.make_delivery(order)
		frappe.db.set_value("Delivery Note", note.name, "posting_date", "2023-10-26")
		invoice = self.late_invoice(customer)
		frappe.db.set_value("Sales Invoice Item", {"parent": invoice.name}, "delivery_note", note.name)
		self.set_terms(customer, b2b_acceptance_days=10)
		(found,) = interest_statements.explained([invoice.name], date(2023, 12, 10))
		self.assertEqual((found.accepted_on, found.statement.first), (date(2023, 11, 5), date(2023, 11, 19)))
		frappe.db.set_value("Delivery Note", note.name, "posting_date", "2023-10-01")
		(found,) = interest_statements.explained([invoice.name], date(2023, 12, 10))
		self.assertEqual((found.accepted_on, found.statement.first), (None, date(2023, 11, 15)))


# Their own tests run where they stand.
del DunningTestCase, LawTestCase
