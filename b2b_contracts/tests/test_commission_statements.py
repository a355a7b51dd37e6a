"""Commission statements: what was approved never changes, and together they pay what the books say, to the cent."""

from decimal import Decimal

import frappe
from frappe import client
from frappe.utils import add_days, add_months, flt, get_first_day, get_last_day, getdate, nowdate

from b2b_contracts import commission_api
from b2b_contracts.collections import crediting
from b2b_contracts.reporting import commission
from b2b_contracts.reporting.commission_statements import STATEMENT
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of
from b2b_contracts.tests.test_commission import ONE, TWO, CommissionTestCase


def in_month(months_ago: int, number: int = 5) -> str:
	return str(add_days(get_first_day(add_months(nowdate(), -months_ago)), number - 1))


class StatementTestCase(CommissionTestCase):
	def setUp(self):
		super().setUp()
		# Of all that other tests have left, only this customer's invoices earn anything.
		self.others = frappe.get_all(
			"Sales Team", {"parenttype": "Sales Invoice", "incentives": ["!=", 0]}, pluck="name"
		)
		for name in self.others:
			frappe.db.set_value("Sales Team", name, "incentives", 0, update_modified=False)

	def sold(self, months_ago: int, amount=10_000, first=60):
		day = in_month(months_ago)
		return make.make_invoice(
			self.customer,
			amount,
			posting_date=day,
			due_date=add_days(day, 300),
			sales_team=self.team(first),
		)

	def paid(self, invoice, months_ago: int, amount=None):
		return make.make_payment(invoice, amount, posting_date=in_month(months_ago, 9))

	def credited(self, invoice, amount: str, day: str) -> None:
		note = crediting.note_over(invoice.name, Decimal(amount), "Price", "Agreed")
		note.update({"set_posting_time": 1, "posting_date": day})
		note.insert()
		note.reload().submit()

	def made(self, months_ago: int, user="finance_director") -> dict:
		with as_user(user):
			names = commission_api.make_statements(COMPANY, in_month(months_ago))
		docs = [frappe.get_doc(STATEMENT, name) for name in names]
		return {doc.sales_person: doc for doc in docs}

	def approve(self, doc, user="finance_director"):
		with as_user(user):
			doc = frappe.get_doc(STATEMENT, doc.name)
			doc.submit()
		return doc

	def sums(self, doc) -> tuple:
		return tuple(
			doc.get(name)
			for name in ("at_invoicing", "on_payment", "reversed", "malus", "corrections", "total")
		)


class TestStatements(StatementTestCase):
	def test_a_month_of_each_person(self):
		invoice = self.sold(3)
		self.paid(invoice, 3, 5_000)
		made = self.made(3)
		self.assertEqual(set(made), {ONE, TWO})
		self.assertEqual(self.sums(made[ONE]), (210, 45, 0, 0, 0, 255))
		self.assertEqual(self.sums(made[TWO]), (70, 15, 0, 0, 0, 85))
		self.assertEqual(made[ONE].month_end, getdate(get_last_day(in_month(3))))
		# Made again, there is nothing to make.
		self.assertEqual(self.made(3), {})

	def test_a_draft_follows_the_books_and_an_approved_one_does_not(self):
		invoice = self.sold(3)
		doc = self.made(3)[ONE]
		payment = self.paid(invoice, 3)
		with self.assertRaisesRegex(frappe.ValidationError, "have changed since"):
			self.approve(doc)
		with as_user("finance_director"):
			doc.reload().save()
		self.assertEqual(self.sums(doc), (210, 90, 0, 0, 0, 300))
		doc = self.approve(doc)
		self.assertEqual((doc.approved_by, doc.total), (email_of("finance_director"), 300))
		payment.cancel()
		make.make_credit_note(invoice, 4_000, posting_date=in_month(3, 20), set_posting_time=1)
		kept = frappe.get_doc(STATEMENT, doc.name)
		self.assertEqual((self.sums(kept), len(kept.rows)), ((210, 90, 0, 0, 0, 300), 2))
		with as_user("finance_director"), self.assertRaises(frappe.ValidationError):
			kept.total = 0
			kept.save()
		for user in ("finance_director", "Administrator"):
			with as_user(user), self.assertRaises((frappe.PermissionError, frappe.ValidationError)):
				frappe.get_doc(STATEMENT, doc.name).cancel()

	def test_what_changed_since_comes_in_the_next_one(self):
		invoice = self.sold(4)
		payment = self.paid(invoice, 4)
		self.approve(self.made(4)[ONE])
		payment.cancel()
		make.make_credit_note(invoice, 4_000, posting_date=in_month(4, 20), set_posting_time=1)
		later = self.sold(3, 1_000, first=100)
		doc = self.made(3)[ONE]
		self.assertEqual(self.sums(doc), (35, -90, -84, 0, -174, -139))
		corrections = {(row.sales_invoice, row.kind): row.amount for row in doc.rows if row.is_correction}
		self.assertEqual(corrections, {(invoice.name, "On Payment"): -90, (invoice.name, "Reversed"): -84})
		self.assertIn(later.name, [row.sales_invoice for row in doc.rows if not row.is_correction])
		self.assertEqual(doc.total_before, 300)

	def test_a_cancelled_invoice_is_taken_back_whole(self):
		invoice = self.sold(4)
		self.approve(self.made(4)[ONE])
		invoice.reload().cancel()
		doc = self.made(3)[ONE]
		self.assertEqual(self.sums(doc), (-210, 0, 0, 0, -210, -210))

	def test_approved_statements_together_are_what_the_books_say(self):
		first, second = self.sold(5, 3_333.33), self.sold(5, 7_777.77)
		self.paid(first, 5, 1_111.11)
		for months_ago, happens in (
			(5, lambda: None),
			(
				4,
				lambda: (
					self.paid(second, 5, 2_500.01),
					make.make_credit_note(first, 333.33, posting_date=in_month(4, 3), set_posting_time=1),
				),
			),
			(3, lambda: (self.paid(first, 3), self.sold(4, 999.99))),
			(
				2,
				lambda: self.credited(first, "1000", in_month(2, 3)),
			),
		):
			happens()
			for doc in self.made(months_ago).values():
				self.approve(doc)
			for person in (ONE, TWO):
				paid_out = sum(
					flt(total)
					for total in frappe.get_all(
						STATEMENT, {"sales_person": person, "docstatus": 1, "company": COMPANY}, pluck="total"
					)
				)
				end = getdate(get_last_day(in_month(months_ago)))
				wanted = commission.Wanted(COMPANY, getdate(in_month(5, 1)), end, [person])
				earned = sum((one.total() for one in commission.read(wanted)), 0)
				self.assertEqual(round(paid_out, 2), float(earned), (person, months_ago))

	def test_months_go_in_their_order(self):
		self.sold(4)
		self.sold(3)
		self.made(4)
		later = self.made(3)[ONE]
		with self.assertRaisesRegex(frappe.ValidationError, "still a draft"):
			self.approve(later)
		self.approve(frappe.get_doc(STATEMENT, {"sales_person": ONE, "month_end": get_last_day(in_month(4))}))
		self.approve(later)
		self.sold(5)
		doc = frappe.get_doc(
			{"doctype": STATEMENT, "sales_person": ONE, "company": COMPANY, "month_end": in_month(5)}
		)
		with self.assertRaisesRegex(frappe.ValidationError, "comes in the next one"):
			doc.insert()

	def test_a_month_that_is_not_over_waits(self):
		make.make_invoice(self.customer, 1_000, sales_team=self.team(100))
		doc = self.made(0)[ONE]
		with self.assertRaisesRegex(frappe.ValidationError, "not over"):
			self.approve(doc)


class TestWhoSees(StatementTestCase):
	def test_sellers_their_own_and_leaders_their_teams(self):
		self.sold(3)
		made = self.made(3)
		for user, seen in (
			("seller1", {ONE}),
			("seller2", {TWO}),
			("sales_manager", {ONE, TWO}),
			("cfo", {ONE, TWO}),
			("auditor", {ONE, TWO}),
		):
			with as_user(user):
				rows = client.get_list(STATEMENT, fields=["sales_person"], limit_page_length=0)
				self.assertEqual({row["sales_person"] for row in rows}, seen, user)
				parts = frappe.get_list(
					"Commission Statement Row", fields=["parent"], limit=0, parent_doctype=STATEMENT
				)
				self.assertEqual({row.parent for row in parts}, {made[person].name for person in seen}, user)
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			client.get(STATEMENT, made[TWO].name)
		for user in ("controller", "collector", "accounts_user"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				client.get_list(STATEMENT)

	def test_nobody_approves_their_own(self):
		self.sold(3)
		doc = self.made(3)[ONE]
		for user in ("seller1", "sales_manager"):
			with self.assertRaises(frappe.PermissionError, msg=user):
				self.approve(doc, user)
			with as_user(user), self.assertRaises(frappe.PermissionError):
				commission_api.make_statements(COMPANY, in_month(2))
		# What roles somebody has is kept beyond the transaction.
		self.addCleanup(frappe.clear_cache, user=email_of("seller1"))
		frappe.get_doc("User", email_of("seller1")).add_roles("Finance Director")
		with self.assertRaisesRegex(frappe.PermissionError, "their own commission"):
			self.approve(doc, "seller1")
		self.approve(doc)
