"""The report B2B Receivables Ageing on a random book: right to the cent beside the ledger, and to nobody more than theirs."""

from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.b2b_contracts.report.b2b_receivables_ageing import b2b_receivables_ageing as report
from b2b_contracts.exceptions import ReportSettingsError
from b2b_contracts.reporting import receivables
from b2b_contracts.reporting.receivables import Wanted
from b2b_contracts.tests import books, ledger
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase, email_of, sales_person_of

ZERO = Decimal(0)
GROUPINGS = ("Customer", "Credit Group", "Segment", "Salesperson", "Company", "Currency", "Document")
BUCKETS = [f"bucket_{place}" for place in range(5)]


class Shown:
	"""What the report says, as the user sees it."""

	def __init__(self, **filters):
		self.columns, self.all_rows, self.message, self.chart, self.cards = report.execute(filters)
		self.rows = [row for row in self.all_rows if not row.get("is_total")]

	def sum(self, *names: str, company: str | None = None) -> Decimal:
		return sum(
			(ledger.exact(row[n]) for row in self.rows for n in names if company in (None, row["company"])),
			ZERO,
		)

	def card(self, label: str):
		return next(card["value"] for card in self.cards if card["label"] == label)

	def labels(self) -> list[str]:
		return [column["label"] for column in self.columns if not column.get("hidden")]


class AgainstTheLedger:
	def test_every_grouping_is_the_general_ledger_on_any_day(self):
		for day in self.book.days(2):
			expected = {company: ledger.balance(company, day) for company in self.book.companies}
			for by in GROUPINGS:
				for credits in ("Own Column", *(("Against the Oldest",) if by == "Segment" else ())):
					shown = Shown(company=[*self.book.companies], as_of=str(day), by=by, credits=credits)
					for company, balance in expected.items():
						with self.subTest(day=day, by=by, credits=credits, company=company):
							total = "total_in_company" if by == "Currency" else "total"
							self.assertAlmostEqual(shown.sum(total, company=company), balance, 2)
							self.assertAlmostEqual(
								ledger.exact(shown.card(f"{company}: General ledger")), balance, 2
							)
							self.assertEqual(shown.card(f"{company}: Ties to the ledger"), "✓")
							if by != "Currency":
								parts = shown.sum(*BUCKETS, "credits", "unexplained", company=company)
								self.assertAlmostEqual(parts, balance, 2)

	def test_each_customer_is_what_the_ledger_says(self):
		day = self.book.days(2)[1]
		shown = Shown(company=COMPANY, as_of=str(day))
		self.assertEqual(
			{row["customer"]: ledger.exact(row["total"]) for row in shown.rows if row["total"]},
			ledger.balances(COMPANY, day),
		)

	def test_each_document_is_what_erpnext_reports(self):
		shown = Shown(company=SECOND_COMPANY, by="Document")
		ours: dict = {}
		for row in shown.rows:
			ours[row["voucher"], row["customer"]] = ledger.exact(row["total"])
		theirs: dict = {}
		for row in ledger.erpnext_receivables(SECOND_COMPANY, nowdate()):
			# ERPNext shows a payment against a credit note with the invoice that was credited.
			key = (row.voucher_no, row.party)
			theirs[key] = theirs.get(key, ZERO) + ledger.exact(row.outstanding)
		self.assertEqual(sum(ours.values(), ZERO), sum(theirs.values(), ZERO))
		same = [key for key in ours if theirs.get(key) == ours[key]]
		self.assertGreater(len(same), len(ours) / 2)

	def test_buckets_are_what_a_person_counts(self):
		for day in self.book.days(2):
			for basis in ("Due Date", "Posting Date"):
				shown = Shown(company=SECOND_COMPANY, as_of=str(day), basis=basis, by="Company")
				expected = self.counted_by_hand(SECOND_COMPANY, day, basis)
				with self.subTest(day=day, basis=basis):
					found = [shown.sum(name) for name in BUCKETS]
					self.assertEqual([round(amount, 2) for amount in found], expected)

	def counted_by_hand(self, company, day, basis) -> list[Decimal]:
		"""Return the buckets, document by document: what is paid goes to the earliest instalment."""
		buckets = [ZERO] * 5
		for (_customer, doctype, name), amount in ledger.open_documents(company, day).items():
			if amount <= 0:
				continue
			doc = frappe.get_doc(doctype, name)
			dues = [(doc.get("due_date") or doc.posting_date, amount)]
			if basis == "Posting Date":
				dues = [(doc.posting_date, amount)]
			elif doc.get("payment_schedule"):
				dues, left = [], amount
				for row in reversed(doc.payment_schedule):
					part = left if row.idx == 1 else min(left, ledger.exact(row.base_payment_amount))
					dues.append((row.due_date, part))
					left -= part
			for due, part in dues:
				age = (getdate(day) - getdate(due)).days
				first = 0 if basis == "Due Date" and age <= 0 else 1
				place = (
					first
					if not first
					else next(p for p, most in ((1, 30), (2, 60), (3, 90), (4, 10**6)) if age <= most)
				)
				buckets[place] += part
		return [round(amount, 2) for amount in buckets]

	def test_transaction_currencies_are_shown_beside_the_companys(self):
		shown = Shown(company=COMPANY, by="Currency")
		expected = ledger.balances_by_currency(COMPANY, nowdate())
		for row in shown.rows:
			mine, in_company = expected[row["account_currency"]]
			self.assertAlmostEqual(ledger.exact(row["total"]), mine, 2)
			self.assertAlmostEqual(ledger.exact(row["total_in_company"]), in_company, 2)
		self.assertIn("EUR", [row["account_currency"] for row in shown.rows])

	def test_what_the_documents_do_not_explain_is_a_row_of_its_own_and_red(self):
		entry = frappe.get_all(
			"Payment Ledger Entry",
			filters={"company": COMPANY, "delinked": 0, "voucher_type": "Sales Invoice"},
			fields=["name", "party", "amount", "amount_in_account_currency"],
			order_by="amount desc",
		)[0]
		frappe.db.delete("Payment Ledger Entry", {"name": entry.name})
		for by in GROUPINGS:
			shown = Shown(company=COMPANY, by=by)
			(row,) = [row for row in shown.rows if row["unexplained"]]
			with self.subTest(by):
				lost = entry.amount_in_account_currency if by == "Currency" else entry.amount
				self.assertEqual((row["customer"], row["unexplained"]), (entry.party, lost))
				self.assertEqual(row["unexplained_light"], "Red")
				self.assertIn("Not explained", shown.labels())
				total = "total_in_company" if by == "Currency" else "total"
				self.assertAlmostEqual(shown.sum(total), ledger.balance(COMPANY, nowdate()), 2)
				card = next(card for card in shown.cards if card["label"] == "Not explained")
				self.assertEqual((card["value"], card["indicator"]), (entry.amount, "Red"))
				self.assertIn("general ledger has", shown.message)


class Groups:
	def test_salespersons_have_their_share_and_nobody_the_rest(self):
		shown = Shown(company=COMPANY, by="Salesperson")
		expected: dict[str, Decimal] = {}
		for (customer, doctype, name), amount in ledger.open_documents(COMPANY, nowdate()).items():
			doc = frappe.get_doc(doctype, name)
			team = doc.get("sales_team") or frappe.get_doc("Customer", customer).sales_team
			left = amount
			for row in team:
				share = amount * ledger.exact(row.allocated_percentage) / 100
				expected[row.sales_person] = expected.get(row.sales_person, ZERO) + share
				left -= share
			expected["No salesperson"] = expected.get("No salesperson", ZERO) + left
		found = {row["group"]: ledger.exact(row["total"]) for row in shown.rows}
		for person in {*expected, *found}:
			self.assertAlmostEqual(found.get(person, ZERO), expected.get(person, ZERO), delta=Decimal("0.2"))
		self.assertIn(sales_person_of("seller1"), found)

	def test_behind_a_line_are_its_documents_and_nothing_else(self):
		customer = self.book.customers[COMPANY][1]
		make.make_profile(customer, segment="C")
		for by in ("Customer", "Credit Group", "Segment", "Salesperson", "Currency"):
			whole = Shown(company=COMPANY, by=by)
			for row in whole.rows:
				behind = Shown(**{"company": COMPANY, **row["inside"], "by": "Document"})
				total = "total_in_company" if by == "Currency" else "total"
				with self.subTest(by=by, group=row.get("group") or row["customer"]):
					self.assertAlmostEqual(behind.sum("total"), ledger.exact(row[total]), 2)
					self.assertTrue(all(one["voucher"] for one in behind.rows))
		self.assertIn("C", [row["group"] for row in Shown(company=COMPANY, by="Segment").rows])

	def test_filters_that_say_nothing_are_refused(self):
		for filters in (
			{"company": "Nobody Ltd"},
			{"by": "Colour"},
			{"buckets": "90, 30"},
			{"basis": "Birthday"},
			{"as_of": "not a day"},
			{"part_by": "Customer"},
		):
			with self.subTest(filters), self.assertRaises(frappe.ValidationError):
				Shown(**{"company": COMPANY, **filters})

	def test_buckets_and_basis_come_from_the_settings(self):
		settings = frappe.get_doc("Report Settings")
		settings.update({"ageing_buckets": "10, 20, 40", "ageing_basis": "Posting Date"})
		settings.save()
		labels = Shown(company=COMPANY).labels()
		self.assertIn("0–10 days", labels)
		self.assertNotIn("Not due", labels)
		settings.ageing_buckets = "20, 10"
		with self.assertRaisesRegex(ReportSettingsError, "20, 10"):
			settings.save()

	def test_an_empty_book_has_columns_and_no_rows(self):
		shown = Shown(company=COMPANY, as_of="2001-01-01")
		self.assertEqual((shown.all_rows, shown.chart), ([], None))
		self.assertTrue(shown.columns)
		self.assertEqual(shown.card("Ties to the ledger"), "✓")


class OnTheDay:
	"""What is disputed, planned, promised and secured is as of the day, not as it is now."""

	@cached_property
	def customer(self):
		return make.make_customer()

	@cached_property
	def invoice(self):
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, 1000, 70)

	def row(self, days_ago: int = 0) -> dict:
		shown = Shown(company=COMPANY, customer=self.customer.name, as_of=add_days(nowdate(), -days_ago))
		return shown.rows[0]

	def test_a_dispute_counts_from_its_opening_to_its_end(self):
		dispute = make.make_dispute((self.invoice, 300))
		frappe.db.set_value("Dispute", dispute.name, {"opened_on": add_days(nowdate(), -20)})
		self.assertEqual([self.row(days)["disputed"] for days in (21, 20, 0)], [0, 300, 300])
		frappe.db.set_value(
			"Dispute", dispute.name, {"resolved_on": add_days(nowdate(), -5), "status": "Resolved: Rejected"}
		)
		self.assertEqual([self.row(days)["disputed"] for days in (21, 6, 5, 0)], [0, 300, 0, 0])

	def test_a_dispute_is_not_old_debt_for_the_alarm(self):
		self.assertEqual(self.invoice.docstatus, 1)
		self.assertEqual((self.row()["old"], self.row()["light"]), (100, "Red"))
		with make.policy_off():
			make.make_invoice(self.customer, 3000, due_date=add_days(nowdate(), 10))
		dispute = make.make_dispute((self.invoice, 600))
		self.assertTrue(dispute.name)
		row = self.row()
		self.assertEqual((row["old"], row["light"]), (round(400 / 3400 * 100, 1), "Green"))
		alone = Shown(company=COMPANY, customer=self.customer.name)
		self.assertNotIn("The alarm is at", alone.message)
		frappe.db.set_single_value("Report Settings", "alarm_percent", 11)
		frappe.clear_document_cache("Report Settings", "Report Settings")
		alone = Shown(company=COMPANY, customer=self.customer.name)
		self.assertIn("11.8 % of what is not disputed is more than 60 days old", alone.message)
		self.assertEqual(alone.rows[0]["light"], "Red")

	def test_a_promise_counts_from_its_making_to_its_day_less_what_came(self):
		promise = frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": self.customer.name,
				"company": COMPANY,
				"sales_invoice": self.invoice.name,
				"amount": 400,
				"made_on": add_days(nowdate(), -10),
				"promised_date": nowdate(),
			}
		).insert()
		self.assertTrue(promise.name)
		self.assertEqual([self.row(days)["promised"] for days in (11, 10, 0)], [0, 400, 400])
		make.make_payment(self.invoice, 150, posting_date=add_days(nowdate(), -3))
		self.assertEqual([self.row(days)["promised"] for days in (4, 3, 0)], [400, 250, 250])

	def test_a_promise_in_general_is_set_against_the_oldest(self):
		self.assertEqual(self.invoice.outstanding_amount, 1000)
		frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": self.customer.name,
				"company": COMPANY,
				"amount": 100,
				"made_on": nowdate(),
				"promised_date": nowdate(),
			}
		).insert()
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 500, 10)
		shown = Shown(company=COMPANY, customer=self.customer.name, by="Document")
		self.assertEqual(
			{row["voucher"]: row["promised"] for row in shown.rows if row["promised"]},
			{self.invoice.name: 100},
		)

	def test_a_plan_counts_while_it_is_kept(self):
		plan = make.make_plan((self.invoice.name, None))
		values = {"status": "Broken", "docstatus": 1, "activated_on": add_days(nowdate(), -20)}
		values |= {"broken_on": add_days(nowdate(), -5), "approved_on": add_days(nowdate(), -25)}
		frappe.db.set_value("Payment Plan", plan.name, values)
		self.assertEqual([self.row(days)["planned"] for days in (21, 20, 6, 5)], [0, 1000, 1000, 0])

	def test_a_security_counts_while_it_is_in_force(self):
		self.assertEqual(self.invoice.outstanding_amount, 1000)
		security = make.make_security(self.customer, 600)
		frappe.db.set_value(
			"Security Instrument",
			security.name,
			{"in_force_on": add_days(nowdate(), -20), "valid_from": None},
		)
		self.assertEqual([self.row(days)["secured"] for days in (21, 20, 0)], [0, 600, 600])
		frappe.db.set_value(
			"Security Instrument",
			security.name,
			{"status": "Released", "ended_on": add_days(nowdate(), -5)},
		)
		self.assertEqual([self.row(days)["secured"] for days in (6, 5, 0)], [600, 0, 0])

	def test_the_original_due_date_counts(self):
		frappe.db.set_value(
			"Sales Invoice", self.invoice.name, "b2b_original_due_date", add_days(nowdate(), -95)
		)
		self.assertEqual(self.row()["bucket_4"], 1000)

	def test_more_is_never_set_aside_than_is_open(self):
		make.make_dispute((self.invoice, 800))
		frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": self.customer.name,
				"company": COMPANY,
				"sales_invoice": self.invoice.name,
				"amount": 1000,
				"promised_date": nowdate(),
			}
		).insert()
		row = self.row()
		self.assertEqual((row["disputed"], row["promised"]), (800, 200))


class WhoSeesWhat:
	def mine(self) -> list[str]:
		return frappe.get_all(
			"Customer",
			filters={"account_manager": email_of("seller1"), "name": ["in", self.book.all_customers]},
			pluck="name",
		)

	def test_a_seller_sees_the_own_portfolio_in_rows_totals_chart_and_words(self):
		expected = ledger.balances(COMPANY, nowdate())
		mine = set(self.mine())
		for by in GROUPINGS:
			with as_user("seller1"):
				shown = Shown(company=COMPANY, by=by)
				whole = frappe.as_json([shown.all_rows, shown.message, shown.chart, shown.cards])
			for customer in set(self.book.all_customers) - mine:
				name = frappe.db.get_value("Customer", customer, "customer_name")
				self.assertNotIn(name, whole)
				self.assertNotIn(customer, whole)
			with as_user("seller1"):
				from b2b_contracts import permissions

				seen = set(permissions.customers_seen())
			total = sum((amount for name, amount in expected.items() if name in seen), ZERO)
			self.assertAlmostEqual(ledger.exact(shown.card("Receivables")), total, 2)
			self.assertAlmostEqual(ledger.exact(shown.card("General ledger")), total, 2)

	def test_a_user_permission_leaves_one_customer(self):
		customer = self.book.customers[COMPANY][1]
		user = make.make_user("Accounts Manager", "CFO")
		permission = {"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": customer}
		frappe.get_doc(permission).insert()
		with as_user(user):
			shown = Shown(company=COMPANY)
			self.assertLessEqual({row["customer"] for row in shown.rows}, {customer})
			self.assertAlmostEqual(
				ledger.exact(shown.card("Receivables")), ledger.balance(COMPANY, nowdate(), customer), 2
			)
			with self.assertRaises(frappe.PermissionError):
				Shown(company=COMPANY, customer=self.book.customers[COMPANY][2])

	def test_a_company_that_is_kept_from_somebody_is_in_no_total(self):
		user = make.make_user("Accounts Manager", "CFO")
		permission = {"doctype": "User Permission", "user": user, "allow": "Company", "for_value": COMPANY}
		frappe.get_doc(permission).insert()
		with as_user(user):
			shown = Shown()
			self.assertEqual({row["company"] for row in shown.rows}, {COMPANY})
			with self.assertRaises(frappe.PermissionError):
				Shown(company=[COMPANY, SECOND_COMPANY])

	def test_as_many_queries_for_one_customer_as_for_all(self):
		counts = []
		for filters in ({"customer": self.book.customers[COMPANY][0]}, {}):
			asked = {"company": COMPANY, "by": "Document", **filters}
			Shown(**asked)
			with counted() as queries:
				receivables.read(Wanted((COMPANY,), getdate(), with_secured=True, with_teams=True))
			counts.append(len(queries))
		self.assertEqual(counts[0], counts[1])


class TestAgeing(AgainstTheLedger, Groups, OnTheDay, WhoSeesWhat, SiteTestCase):
	"""One book for all: it takes longer to make than to look at."""

	book: books.Book

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.book = books.make_book(seed=11, events=55)

	@classmethod
	def tearDownClass(cls):
		frappe.db.rollback()
		super().tearDownClass()

	def setUp(self):
		super().setUp()
		frappe.db.savepoint("ageing")

	def tearDown(self):
		"""The book is shared: what a test adds to it is taken back, and the book with the class."""
		frappe.set_user("Administrator")
		frappe.db.rollback(save_point="ageing")
		frappe.clear_document_cache("Report Settings", "Report Settings")


@contextmanager
def counted():
	queries, sql = [], frappe.db.sql

	def counting(*args, **kwargs):
		queries.append(args)
		return sql(*args, **kwargs)

	with patch.object(frappe.db, "sql", counting):
		yield queries
