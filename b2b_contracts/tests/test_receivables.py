"""Open items as of any day, on a random book: they add up to the general ledger to the cent, read entry by entry here."""

from decimal import Decimal
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate

from b2b_contracts.engine import ageing
from b2b_contracts.reporting import receivables
from b2b_contracts.reporting.receivables import Wanted
from b2b_contracts.tests import books, ledger
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase

ZERO = Decimal(0)
# All is looked up; few invoices have instalments, or many, and nothing else is.
LEAN = (
	(receivables.FEW, {}),
	(receivables.FEW, {"with_posted": False}),
	(0, {"with_posted": False}),
)


class TestReceivables(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.book = books.make_book(seed=7)

	@classmethod
	def tearDownClass(cls):
		frappe.db.rollback()
		super().tearDownClass()

	def tearDown(self):
		"""The book is shared: what the class made is rolled back with the class."""
		frappe.set_user("Administrator")

	def test_the_book_has_all_that_it_should_have(self):
		for kind in (
			"invoice",
			"payment",
			"credit_note",
			"unallocated",
			"journal",
			"journal_of_two",
		):
			self.assertGreater(self.book.done[kind], 1, self.book.done)
		for kind in ("journal_payment", "advance", "reconcile", "unreconcile", "cancel"):
			self.assertGreater(self.book.done[kind], 0, self.book.done)

	def test_items_add_up_to_the_general_ledger_on_any_day(self):
		for day in self.book.days(10):
			found = receivables.read(Wanted(self.book.companies, day))
			for company in self.book.companies:
				items = [item for item in found.items if item.company == company]
				with self.subTest(day=day, company=company):
					self.assertEqual(sum((item.open for item in items), ZERO), ledger.balance(company, day))
					self.assertEqual(found.ledger[company], ledger.balance(company, day))
					self.assertEqual(found.total[company] + found.unexplained[company], found.ledger[company])
					by_customer: dict = {}
					for item in items:
						by_customer[item.customer] = by_customer.get(item.customer, ZERO) + item.open
					self.assertEqual(
						{name: amount for name, amount in by_customer.items() if amount},
						ledger.balances(company, day),
					)

	def test_every_open_document_is_there_once_and_nothing_else(self):
		for day in self.book.days(4):
			found = receivables.read(Wanted(self.book.companies, day))
			for company in self.book.companies:
				open_by: dict = {}
				for item in found.items:
					if item.company == company and item.voucher:
						key = (item.customer, item.doctype, item.voucher)
						open_by[key] = open_by.get(key, ZERO) + item.open
				with self.subTest(day=day, company=company):
					self.assertEqual(
						{key: amount for key, amount in open_by.items() if amount},
						ledger.open_documents(company, day),
					)

	def test_currencies_add_up_to_the_general_ledger(self):
		day = self.book.days(1)[0]
		found = receivables.read(Wanted((COMPANY,), day))
		for currency, (mine, in_company) in ledger.balances_by_currency(COMPANY, day).items():
			items = [item for item in found.items if item.currency == currency]
			# Exchange differences leave fractions of a cent in the general ledger.
			total = sum((item.open_in_account for item in items), ZERO)
			self.assertAlmostEqual(total, mine, 2, currency)
			self.assertEqual(sum((item.open for item in items), ZERO), in_company, currency)

	def test_the_whole_is_what_erpnext_reports(self):
		day = self.book.days(1)[0]
		for company in self.book.companies:
			theirs = sum(
				(Decimal(str(row.outstanding)) for row in ledger.erpnext_receivables(company, day)), ZERO
			)
			found = receivables.read(Wanted((company,), day))
			# ERPNext's report drops what is open in the company's currency alone.
			without = sum((item.open for item in found.items if not item.open_in_account), ZERO)
			self.assertEqual(found.ledger[company] - found.unexplained[company] - without, theirs, company)

	def test_what_the_payment_ledger_does_not_explain_is_an_item_of_its_own(self):
		name, customer, amount = frappe.get_all(
			"Payment Ledger Entry",
			filters={"company": COMPANY, "party": ["in", self.book.customers[COMPANY]], "delinked": 0},
			fields=["name", "party", "amount"],
			order_by="amount desc",
			as_list=True,
		)[0]
		day = self.book.days(1)[0]
		before = receivables.read(Wanted((COMPANY,), day))
		frappe.db.savepoint("lost")
		frappe.db.delete("Payment Ledger Entry", {"name": name})
		found = receivables.read(Wanted((COMPANY,), day))
		frappe.db.rollback(save_point="lost")
		self.assertEqual(before.unexplained[COMPANY], ZERO)
		self.assertEqual(found.unexplained[COMPANY], Decimal(str(amount)))
		self.assertEqual(
			[(item.customer, item.open) for item in found.items if item.is_unexplained],
			[(customer, Decimal(str(amount)))],
		)
		self.assertEqual(found.ledger[COMPANY], before.ledger[COMPANY])

	def test_of_some_customers_only_theirs_is_read(self):
		some = self.book.customers[SECOND_COMPANY][:2]
		found = receivables.read(Wanted(self.book.companies, self.book.days(1)[0], customers=some))
		self.assertLessEqual({item.customer for item in found.items}, set(some))
		self.assertEqual(
			found.ledger[SECOND_COMPANY],
			sum((ledger.balance(SECOND_COMPANY, self.book.days(1)[0], name) for name in some), ZERO),
		)
		nobody = receivables.read(Wanted(self.book.companies, self.book.days(1)[0], customers=[]))
		self.assertEqual((nobody.items, nobody.ledger[COMPANY]), ([], ZERO))

	def test_instalments_are_those_of_the_invoice(self):
		found = receivables.read(Wanted(self.book.companies, self.book.days(1)[0]))
		several = [item for item in found.items if item.schedule]
		self.assertTrue(several)
		for item in several:
			rows = frappe.get_all(
				"Payment Schedule",
				filters={"parent": item.voucher, "parenttype": "Sales Invoice"},
				fields=["due_date", "base_payment_amount"],
				order_by="due_date, idx",
			)
			self.assertEqual(
				[(row.due_date, Decimal(str(row.base_payment_amount))) for row in rows],
				[(due, amount.normalize()) for due, amount in item.schedule],
			)
			parts = ageing.parts_of(item)
			self.assertEqual(sum((part.open for part in parts), ZERO), item.open)

	def told(self, day, few: int, **less) -> list[tuple]:
		"""Return what is open on a day: of debts since when, of credits how much alone."""
		with patch.object(receivables, "FEW", few):
			found = receivables.read(Wanted(self.book.companies, day, **less))
		return sorted(
			(
				*(item.company, item.customer, item.account, item.doctype, item.voucher, item.currency),
				*(item.open, item.open_in_account, item.schedule, item.open > 0 and item.due),
			)
			for item in found.items
		)

	def test_what_is_not_asked_for_changes_nothing_else(self):
		for day in self.book.days(6):
			whole = self.told(day, receivables.FEW)
			with self.subTest(day=day):
				# Invoices with instalments are few, and then they are many.
				self.assertEqual(self.told(day, receivables.FEW, with_posted=False), whole)
				self.assertEqual(self.told(day, 0, with_posted=False), whole)
		self.assertTrue(any(row[-2] for row in whole))

	def give_back_the_book(self):
		"""Undo afterwards what this test does to the book that all share."""
		frappe.db.savepoint("book")
		self.addCleanup(frappe.db.rollback, save_point="book")

	def test_an_invoice_whose_entries_say_no_due_date_is_due_by_its_instalment(self):
		self.give_back_the_book()
		day = self.book.days(1)[0]
		item = next(
			item
			for item in receivables.read(Wanted((COMPANY,), day)).items
			if item.doctype == "Sales Invoice" and item.open > 0 and not item.schedule
		)
		frappe.db.set_value("Payment Ledger Entry", {"against_voucher_no": item.voucher}, "due_date", None)
		(term,) = frappe.get_all("Payment Schedule", {"parent": item.voucher}, ["name", "due_date"])
		later = getdate(add_days(term.due_date, 3))
		frappe.db.set_value("Payment Schedule", term.name, "due_date", later)
		for few, less in LEAN:
			with self.subTest(few=few, **less), patch.object(receivables, "FEW", few):
				found = receivables.read(Wanted((COMPANY,), day, **less))
				self.assertEqual([one.due for one in found.items if one.voucher == item.voucher], [later])

	def test_a_due_date_that_another_document_has_is_not_that_of_the_invoice(self):
		"""As journal entries about an invoice have, such as those for rates of exchange."""
		self.give_back_the_book()
		day, tried = self.book.days(1)[0], set()
		for item in receivables.read(Wanted(self.book.companies, day)).items:
			about = {"against_voucher_no": item.voucher, "voucher_no": ["!=", item.voucher], "delinked": 0}
			others = frappe.get_all("Payment Ledger Entry", about, pluck="name")
			if item.doctype != "Sales Invoice" or item.open <= 0 or not others:
				continue
			tried.add(bool(item.schedule))
			frappe.db.set_value("Payment Ledger Entry", others[0], "due_date", add_days(item.due, -9))
			for few, less in LEAN:
				with self.subTest(item.voucher, few=few, **less), patch.object(receivables, "FEW", few):
					found = receivables.read(Wanted((item.company,), day, **less))
					self.assertEqual(
						{one.due for one in found.items if one.voucher == item.voucher}, {item.due}
					)
		self.assertEqual(tried, {True, False})

	def test_the_count_of_queries_is_the_same_whatever_is_found(self):
		day = self.book.days(1)[0]
		few = self.book.customers[COMPANY][:1]
		counts = []
		for customers in (few, None):
			wanted = Wanted(self.book.companies, day, customers=customers, with_teams=True)
			receivables.read(wanted)  # what it caches is no query of its own
			with self.counted() as queries:
				receivables.read(wanted)
			counts.append(len(queries))
		self.assertEqual(counts[0], counts[1])

	def counted(self):
		from contextlib import contextmanager

		@contextmanager
		def counting():
			queries, sql = [], frappe.db.sql

			def counted(*args, **kwargs):
				queries.append(args[0])
				return sql(*args, **kwargs)

			frappe.db.sql = counted
			try:
				yield queries
			finally:
				frappe.db.sql = sql

		return counting()
