"""The export of a book: what it says of every day is what the ledger says, in whatever way the money came."""

import csv
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import api, backtest_api
from b2b_contracts.backtest import book_format
from b2b_contracts.backtest.assumptions import Assumptions
from b2b_contracts.backtest.book import Book
from b2b_contracts.backtest.replay import Replay, Task, run_sorting
from b2b_contracts.collections import disputes, plans
from b2b_contracts.credit import book_export, policy_files, position_facts, securities
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.scaffold import COMPANY, WIDGET, SiteTestCase, email_of, ensure_second_company
from b2b_contracts.tests.test_query_count import counted

RECEIVABLE = "Payment Ledger Entry"
CENT = Decimal("0.01")
NAMES_OF_DOCUMENTS = (
	*("order", "delivery", "invoice", "credit_note", "payment", "security"),
	*("dispute", "plan"),
)


def days_ago(days: int) -> str:
	return str(add_days(nowdate(), -days))


def ledger(customer: str, day: str, company: str = COMPANY) -> Decimal:
	"""Return what the payment ledger says that a customer owes on a day."""
	entries = frappe.get_all(
		RECEIVABLE,
		filters={
			"party": customer,
			"company": company,
			"delinked": 0,
			"account_type": "Receivable",
			"posting_date": ["<=", day],
		},
		pluck="amount",
	)
	return sum((Decimal(str(amount)) for amount in entries), Decimal(0)).quantize(CENT)


def until(rows: list[dict], day: str) -> list[dict]:
	"""Return the rows that are known at the end of a day."""
	return [row for row in rows if row["date"][:10] <= day]


def gone(row: dict, day: str) -> bool:
	return bool(row.get("cancelled_on")) and row["cancelled_on"][:10] <= day


def total(rows: list[dict]) -> Decimal:
	return sum((Decimal(row["amount"]) for row in rows), Decimal(0))


def owed(book: dict[str, list[dict]], customer: str, day: str) -> Decimal:
	"""Return what a book says that a customer owes at the end of a day."""
	invoices, notes, payments = (
		[row for row in until(book[sheet], day) if row["customer"] == customer and not gone(row, day)]
		for sheet in ("invoices", "credit_notes", "payments")
	)
	notes = [row for row in notes if not row["delivery"]]
	payments = [row for row in payments if not row["taken_from"]]
	return (total(invoices) - total(notes) - total(payments)).quantize(CENT)


class BookTestCase(SiteTestCase):
	def export(
		self, from_days: int = 400, to_days: int = 0, companies: tuple[str, ...] = (COMPANY,), **options
	) -> dict[str, list[dict]]:
		"""Export a book and return its sheets."""
		temporary = tempfile.TemporaryDirectory(prefix="b2b-test-book-")
		self.addCleanup(temporary.cleanup)
		self.folder = Path(temporary.name)
		self.written = book_export.write_book(
			self.folder, list(companies), getdate(days_ago(from_days)), getdate(days_ago(to_days)), **options
		)
		# Nothing is taken from where nothing is, and nothing names what is not there by then.
		Replay(Book(self.folder), []).run()
		return read(self.folder)

	def assert_adds_up(self, book: dict, customer: str, from_days: int, to_days: int = 0):
		"""Assert that book and ledger agree on every day, the one before the period included."""
		for days in range(to_days, from_days + 2):
			day = days_ago(days)
			self.assertEqual(owed(book, customer, day), ledger(customer, day), f"{days} days ago")

	def assert_settled(self, book: dict, customer: str):
		"""Assert that nothing is paid twice, or taken from where nothing is."""
		left: dict[str, Decimal] = defaultdict(Decimal)
		events = [(row["date"], 0, row) for row in book["invoices"] if row["customer"] == customer]
		events += [(row["date"], 1, row) for row in book["credit_notes"] if row["customer"] == customer]
		events += [(row["date"], 2, row) for row in book["payments"] if row["customer"] == customer]
		for _at, kind, row in sorted(events, key=lambda event: event[:2]):
			amount = Decimal(row["amount"])
			if row.get("delivery") and kind == 1:
				continue
			if kind == 0:
				left["invoice", row["invoice"]] += amount
				continue
			against = (
				("invoice", row["invoice"]) if row["invoice"] else ("on account", row.get("order") or "")
			)
			if row.get("taken_from"):
				source = ("on account", row["order"])
				left[source] -= amount
				self.assertGreaterEqual(left[source], 0, row)
			if row["invoice"]:
				left[against] -= amount
				self.assertGreaterEqual(left[against], 0, row)
			elif not row.get("taken_from"):
				left[against] += amount

	def of(self, book: dict, sheet: str, customer: str, **cells) -> list[dict]:
		"""Return the rows of a customer in a sheet that have some cells."""
		return [
			row
			for row in book[sheet]
			if row["customer"] == customer and all(row[column] == value for column, value in cells.items())
		]


def read(folder: Path) -> dict[str, list[dict]]:
	sheets = {}
	for sheet in book_format.SHEETS:
		with (folder / f"{sheet.name}.csv").open(encoding="utf-8", newline="") as file:
			sheets[sheet.name] = list(csv.DictReader(file))
	return sheets


# ------------------------------------------------------------------ what may have been booked
def instalment_terms() -> str:
	"""Return a payment terms template of two halves, after 10 and 40 days."""
	name = "B2B Two Halves"
	if not frappe.db.exists("Payment Terms Template", name):
		frappe.get_doc(
			{
				"doctype": "Payment Terms Template",
				"template_name": name,
				"terms": [
					{
						"due_date_based_on": "Day(s) after invoice date",
						"invoice_portion": 50,
						"credit_days": days,
					}
					for days in (10, 40)
				],
			}
		).insert()
	return name


def reconcile(customer: str) -> None:
	"""Set everything on account against the open invoices, with ERPNext's own tool."""
	tool = frappe.get_doc("Payment Reconciliation")
	tool.update(
		{
			"company": COMPANY,
			"party_type": "Customer",
			"party": customer,
			"receivable_payable_account": frappe.get_cached_value(
				"Company", COMPANY, "default_receivable_account"
			),
		}
	)
	tool.get_unreconciled_entries()
	args = {
		"invoices": [row.as_dict() for row in tool.invoices],
		"payments": [row.as_dict() for row in tool.payments],
	}
	tool.allocate_entries(frappe._dict(args))
	tool.reconcile()


def entered(doc, days: int) -> None:
	"""Have a document and its ledger entered some days ago."""
	at = f"{days_ago(days)} 11:00:00"
	frappe.db.set_value(doc.doctype, doc.name, "creation", at, update_modified=False)
	for name in frappe.get_all(RECEIVABLE, filters={"voucher_no": doc.name}, pluck="name"):
		frappe.db.set_value(RECEIVABLE, name, "creation", at, update_modified=False)


def refund(customer: str, amount: float, days: int):
	"""Pay money back to a customer."""
	return make.make_payment(
		customer=customer,
		amount=amount,
		payment_type="Pay",
		paid_from=make.BANK,
		paid_to=frappe.get_cached_value("Company", COMPANY, "default_receivable_account"),
		posting_date=days_ago(days),
	)


def write_off(customer: str, invoice, amount: float, days: int):
	"""Write an invoice off by journal entry."""
	company = frappe.get_cached_doc("Company", COMPANY)
	return make.make_journal(
		customer,
		-amount,
		voucher_type="Write Off Entry",
		posting_date=days_ago(days),
		accounts=[
			{
				"account": company.default_receivable_account,
				"party_type": "Customer",
				"party": customer,
				"credit_in_account_currency": amount,
				"reference_type": "Sales Invoice",
				"reference_name": invoice.name,
			},
			{
				"account": company.write_off_account,
				"debit_in_account_currency": amount,
				"cost_center": company.cost_center,
			},
		],
	)


def transfer(customer: str, invoice, amount: float, days: int):
	"""Move what is owed for an invoice to an item of its own."""
	account = frappe.get_cached_value("Company", COMPANY, "default_receivable_account")
	row = {"account": account, "party_type": "Customer", "party": customer}
	reference = {"reference_type": "Sales Invoice", "reference_name": invoice.name}
	rows = [
		{**row, **reference, "credit_in_account_currency": amount},
		{**row, "debit_in_account_currency": amount},
	]
	return make.make_journal(customer, amount, posting_date=days_ago(days), accounts=rows)


def credit_note(invoice, days: int, **fields):
	return make.make_credit_note(invoice, posting_date=days_ago(days), set_posting_time=1, **fields)


def invoice(customer: str, amount: float, days: int, **fields):
	return make.make_invoice(customer, amount, posting_date=days_ago(days), **fields)


def busy_customer() -> str:
	"""Return a customer with everything in the books that a ledger may hold."""
	customer = make.make_customer().name
	with make.policy_off():
		first = invoice(customer, 1000, 100, due_date=days_ago(70))
		make.make_payment(first, 400, posting_date=days_ago(60))
		credit_note(first, 50, amount=100)
		credited = invoice(customer, 70, 100)
		credit_note(credited, 48, update_outstanding_for_self=1)
		halves = invoice(
			customer, 333.33, 95, payment_terms_template=instalment_terms(), due_date=days_ago(55)
		)
		make.make_payment(halves, 33.33, posting_date=days_ago(80))
		order = make.make_order(customer, 500, transaction_date=days_ago(45))
		make.make_payment(order, 200, posting_date=days_ago(40))
		make.make_invoice(order=order, posting_date=days_ago(30), allocate_advances_automatically=1)
		waiting = make.make_order(customer, 800, transaction_date=days_ago(44))
		make.make_payment(waiting, 300, posting_date=days_ago(43))
		make.make_payment(customer=customer, amount=300, posting_date=days_ago(46))
		invoice(customer, 250, 35)
		make.make_journal(customer, 150, posting_date=days_ago(33))
		make.make_journal(customer, -50, posting_date=days_ago(20))
		make.make_journal(customer, -25, against=first, posting_date=days_ago(19))
		lost = invoice(customer, 90, 18)
		write_off(customer, lost, 90, 9)
		moved = invoice(customer, 60, 17)
		transfer(customer, moved, 60, 12)
		reconcile(customer)
		refund(customer, 10, 5)
		make.make_payment(customer=customer, amount=45, posting_date=days_ago(3))
		paid = invoice(customer, 500, 150)
		make.make_payment(paid, posting_date=days_ago(140))
	return customer


class TestReceivables(BookTestCase):
	def test_every_day_adds_up_to_the_ledger(self):
		customer = busy_customer()
		book = self.export()
		self.assertNotEqual(ledger(customer, nowdate()), 0)
		self.assert_adds_up(book, customer, 160)
		self.assert_settled(book, customer)

	def test_a_period_begins_with_what_was_open_and_ends_with_nothing_later(self):
		customer = busy_customer()
		for from_days, to_days in ((42, 0), (31, 4), (13, 0), (110, 25)):
			with self.subTest(from_days=from_days, to_days=to_days):
				book = self.export(from_days, to_days)
				self.assert_adds_up(book, customer, from_days, to_days)
				self.assert_settled(book, customer)
				last = days_ago(to_days)
				for sheet in book_format.SHEETS:
					moments = [c.name for c in sheet.columns if c.kind == book_format.MOMENT]
					for row in book[sheet.name]:
						self.assertFalse([row[name] for name in moments if row[name][:10] > last], row)

	def test_what_was_paid_before_the_period_is_not_in_it(self):
		customer = make.make_customer().name
		with make.policy_off():
			paid = invoice(customer, 500, 150)
			make.make_payment(paid, posting_date=days_ago(140))
			is_open = invoice(customer, 300, 150)
			make.make_payment(is_open, 100, posting_date=days_ago(145))
			make.make_payment(is_open, 50, posting_date=days_ago(20))
		book = self.export(100)
		self.assertEqual([row["invoice"] for row in self.of(book, "invoices", customer)], [is_open.name])
		self.assertEqual([row["amount"] for row in self.of(book, "payments", customer)], ["100.00", "50.00"])

	def test_an_invoice_is_due_in_instalments(self):
		customer = make.make_customer().name
		with make.policy_off():
			doc = invoice(
				customer, 333.33, 95, payment_terms_template=instalment_terms(), due_date=days_ago(55)
			)
		rows = self.of(self.export(), "invoices", customer)
		self.assertEqual([row["due_date"] for row in rows], [days_ago(85), days_ago(55)])
		self.assertEqual(total(rows), Decimal(str(doc.base_rounded_total)))
		self.assertEqual({row["invoice"] for row in rows}, {doc.name})

	def test_an_advance_waits_for_its_invoice(self):
		customer = make.make_customer().name
		with make.policy_off():
			order = make.make_order(customer, 500, transaction_date=days_ago(45))
			payment = make.make_payment(order, 200, posting_date=days_ago(40))
			bill = make.make_invoice(
				order=order, posting_date=days_ago(30), allocate_advances_automatically=1
			)
		advance, taken = self.of(self.export(), "payments", customer)
		self.assertEqual(
			(advance["date"], advance["order"], advance["invoice"], advance["taken_from"]),
			(days_ago(40), order.name, "", ""),
		)
		self.assertEqual(
			(taken["date"], taken["order"], taken["invoice"]), (days_ago(30), order.name, bill.name)
		)
		self.assertEqual((taken["taken_from"], taken["payment"]), ("Advance", payment.name))
		# Until then it is an advance and nothing else.
		(only,) = self.of(self.export(to_days=35), "payments", customer)
		self.assertEqual((only["order"], only["taken_from"]), (order.name, ""))

	def test_money_on_account_is_taken_by_the_invoice_it_is_set_against(self):
		customer = make.make_customer().name
		with make.policy_off():
			make.make_payment(customer=customer, amount=300, posting_date=days_ago(45))
			bill = invoice(customer, 250, 35)
			reconcile(customer)
		rows = self.of(self.export(), "payments", customer)
		self.assertEqual(
			sorted((row["date"], row["amount"], row["invoice"], row["taken_from"]) for row in rows),
			[
				(days_ago(45), "250.00", "", ""),
				(days_ago(45), "50.00", "", ""),
				(days_ago(35), "250.00", bill.name, "On Account"),
			],
		)

	def test_a_credit_note_on_account_is_taken_when_it_is_reconciled(self):
		customer = make.make_customer().name
		with make.policy_off():
			credited = invoice(customer, 70, 100)
			note = credit_note(credited, 48, update_outstanding_for_self=1)
			reconcile(customer)
		book = self.export()
		(row,) = self.of(book, "credit_notes", customer)
		self.assertEqual((row["credit_note"], row["invoice"], row["amount"]), (note.name, "", "70.00"))
		(row,) = self.of(book, "payments", customer)
		self.assertEqual((row["invoice"], row["taken_from"]), (credited.name, "On Account"))
		self.assertEqual(row["date"][:10], nowdate())
		self.assert_adds_up(book, customer, 120)
		self.assert_settled(book, customer)

	def test_what_was_reconciled_before_the_period_is_not_taken_from_anything(self):
		customer = make.make_customer().name
		with make.policy_off():
			credited = invoice(customer, 70, 100)
			credit_note(credited, 48, update_outstanding_for_self=1)
			invoice(customer, 500, 60)
			reconcile(customer)
			for name in frappe.get_all(
				RECEIVABLE, filters={"party": customer, "voucher_type": "Journal Entry"}
			):
				frappe.db.set_value(RECEIVABLE, name, "posting_date", days_ago(30))
		book = self.export(20)
		self.assert_adds_up(book, customer, 20)
		self.assert_settled(book, customer)
		self.assertFalse([row for row in self.of(book, "payments", customer) if row["taken_from"]])

	def test_a_loss_is_a_write_off(self):
		customer = make.make_customer().name
		company = frappe.get_cached_doc("Company", COMPANY)
		with make.policy_off():
			lost, part_lost = invoice(customer, 90, 40), invoice(customer, 100, 40)
			write_off(customer, lost, 90, 9)
			payment = make.make_payment(part_lost, posting_date=days_ago(8), submit=False)
			payment.update({"paid_amount": 95, "received_amount": 95})
			payment.append(
				"deductions",
				{"account": company.write_off_account, "cost_center": company.cost_center, "amount": 5},
			)
			payment.save()
			payment.submit()
		book = self.export()
		rows = {(row["invoice"], row["kind"]): row["amount"] for row in self.of(book, "payments", customer)}
		self.assertEqual(
			rows,
			{
				(lost.name, "Write-off"): "90.00",
				(part_lost.name, "Write-off"): "5.00",
				(part_lost.name, ""): "95.00",
			},
		)
		self.assert_adds_up(book, customer, 50)

	def test_more_than_an_invoice_goes_on_account(self):
		customer = make.make_customer().name
		with make.policy_off():
			paid = invoice(customer, 100, 50)
			make.make_payment(paid, posting_date=days_ago(40))
			credit_note(paid, 30)
			refund(customer, 100, 20)
		book = self.export()
		self.assert_adds_up(book, customer, 60)
		self.assert_settled(book, customer)
		(note,) = self.of(book, "credit_notes", customer)
		self.assertEqual((note["invoice"], note["amount"]), ("", "100.00"))
		(back,) = self.of(book, "invoices", customer, kind="Journal")
		self.assertEqual(back["amount"], "100.00")

	def test_a_journal_of_two_customers_is_two_debts(self):
		one, other = make.make_customer().name, make.make_customer().name
		account = frappe.get_cached_value("Company", COMPANY, "default_receivable_account")
		row = {"account": account, "party_type": "Customer"}
		rows = [
			{**row, "party": one, "debit_in_account_currency": 30},
			{**row, "party": other, "debit_in_account_currency": 20},
			{"account": make.BANK, "credit_in_account_currency": 50},
		]
		with make.policy_off():
			make.make_journal(one, 50, accounts=rows, posting_date=days_ago(10))
		book = self.export()
		(mine,), (theirs,) = (self.of(book, "invoices", name) for name in (one, other))
		self.assertNotEqual(mine["invoice"], theirs["invoice"])
		self.assertEqual((mine["amount"], mine["kind"], theirs["amount"]), ("30.00", "Journal", "20.00"))

	def test_a_debt_that_is_moved_is_a_credit_and_a_journal(self):
		customer = make.make_customer().name
		with make.policy_off():
			moved = invoice(customer, 60, 17)
			journal = transfer(customer, moved, 60, 12)
		book = self.export()
		(row,) = self.of(book, "credit_notes", customer)
		self.assertEqual((row["invoice"], row["credit_note"]), (moved.name, journal.name))
		self.assertEqual(self.of(book, "invoices", customer, kind="Journal")[0]["invoice"], journal.name)
		self.assert_adds_up(book, customer, 20)

	def test_a_cancelled_payment_counts_while_it_stood(self):
		customer = make.make_customer().name
		with make.policy_off():
			bill = invoice(customer, 100, 50)
			bounced = make.make_payment(bill, posting_date=days_ago(40))
			entered(bounced, 40)
			bounced.cancel()
			corrected = make.make_payment(bill, 60, posting_date=days_ago(30))
			corrected.cancel()
			again = make.make_payment(bill, 80, posting_date=days_ago(10))
		book = self.export()
		rows = self.of(book, "payments", customer)
		self.assertEqual([row["payment"] for row in rows], [bounced.name, again.name])
		self.assertEqual([row["invoice"] for row in rows], [bill.name, bill.name])
		self.assertEqual(rows[0]["cancelled_on"][:10], nowdate())
		self.assertEqual(owed(book, customer, days_ago(20)), 0)
		self.assertEqual(owed(book, customer, nowdate()), ledger(customer, nowdate()))
		# Before its cancellation nobody knew of it.
		self.assertEqual(self.of(self.export(to_days=20), "payments", customer)[0]["cancelled_on"], "")

	def test_a_cancelled_invoice_counts_while_it_stood(self):
		customer = make.make_customer().name
		with make.policy_off():
			bill = invoice(customer, 100, 50)
			entered(bill, 50)
			frappe.get_doc("Sales Invoice", bill.name).cancel()
		book = self.export()
		(row,) = self.of(book, "invoices", customer)
		self.assertEqual((row["amount"], row["cancelled_on"][:10]), ("100.00", nowdate()))
		self.assertEqual(owed(book, customer, days_ago(1)), 100)
		self.assertEqual(owed(book, customer, nowdate()), 0)

	def test_a_ledger_that_is_never_changed_tells_of_cancellations_itself(self):
		customer = make.make_customer().name
		with make.policy_off(), change_settings("Accounts Settings", {"enable_immutable_ledger": 1}):
			bill = invoice(customer, 100, 50)
			bounced = make.make_payment(bill, 70, posting_date=days_ago(40))
			for doc in (bill, bounced):
				entered(doc, 40)
			bounced.cancel()
			book = self.export()
		(row,) = self.of(book, "payments", customer)
		self.assertEqual(row["cancelled_on"][:10], nowdate())
		self.assert_adds_up(book, customer, 60)

	def test_an_advance_on_an_account_of_its_own_is_counted_once(self):
		customer = make.make_customer().name
		parent = frappe.db.get_value("Account", {"company": COMPANY, "root_type": "Liability", "is_group": 1})
		account = frappe.get_doc(
			{
				"doctype": "Account",
				"account_name": f"Advances {frappe.generate_hash(length=6)}",
				"company": COMPANY,
				"parent_account": parent,
				"account_type": "Receivable",
			}
		).insert()
		terms = {
			"book_advance_payments_in_separate_party_account": 1,
			"default_advance_received_account": account.name,
			"reconciliation_takes_effect_on": "Oldest Of Invoice Or Advance",
		}
		frappe.db.set_value("Company", COMPANY, terms)
		frappe.clear_document_cache("Company", COMPANY)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		with make.policy_off():
			order = make.make_order(customer, 500, transaction_date=days_ago(45))
			payment = make.make_payment(order, 200, posting_date=days_ago(40))
			self.assertEqual(payment.paid_from, account.name)
			make.make_invoice(order=order, posting_date=days_ago(30), allocate_advances_automatically=1)
			make.make_payment(customer=customer, amount=40, posting_date=days_ago(25))
			invoice(customer, 30, 20)
		for from_days in (60, 35, 22):
			with self.subTest(from_days):
				book = self.export(from_days)
				self.assert_adds_up(book, customer, from_days)
				self.assert_settled(book, customer)

	def test_a_sale_paid_on_the_spot_is_decided_by_nobody(self):
		customer = make.make_customer().name
		if not frappe.db.exists("Mode of Payment", "B2B Cash"):
			frappe.get_doc(
				{
					"doctype": "Mode of Payment",
					"mode_of_payment": "B2B Cash",
					"type": "Cash",
					"accounts": [{"company": COMPANY, "default_account": make.BANK}],
				}
			).insert()
		paid = {"mode_of_payment": "B2B Cash", "account": make.BANK, "amount": 100}
		with make.policy_off():
			doc = invoice(customer, 100, 10, is_pos=1, payments=[paid])
		self.assertEqual(doc.outstanding_amount, 0)
		book = self.export()
		(row,) = self.of(book, "invoices", customer)
		self.assertEqual((row["kind"], row["amount"]), ("Journal", "100.00"))
		(row,) = self.of(book, "payments", customer)
		self.assertEqual((row["invoice"], row["amount"]), (doc.name, "100.00"))

	def test_amounts_are_in_the_currency_of_the_company(self):
		customer = make.make_customer().name
		several = {"allow_multi_currency_invoices_against_single_party_account": 1}
		with make.policy_off(), change_settings("Accounts Settings", several):
			doc = invoice(customer, 100, 30, currency="EUR", conversion_rate=7.4612, plc_conversion_rate=1)
			make.make_payment(doc, posting_date=days_ago(20))
		book = self.export()
		self.assertEqual(total(self.of(book, "invoices", customer)), Decimal(str(doc.base_rounded_total)))
		self.assert_adds_up(book, customer, 40)

	def test_internal_customers_are_left_out(self):
		customer = make.make_customer().name
		with make.policy_off():
			invoice(customer, 100, 10)
		frappe.db.set_value("Customer", customer, "is_internal_customer", 1)
		self.assertFalse(self.of(self.export(), "customers", customer))


# ------------------------------------------------------------------ goods
def position(book: dict, customer: str) -> dict[str, Decimal]:
	"""Return what a book says of a customer in the end: owed, delivered and not billed, ordered and neither."""
	unbilled: dict[str, Decimal] = defaultdict(Decimal)
	ordered: dict[str, Decimal] = {}
	closed: set[str] = set()
	for row in book["orders"]:
		if row["customer"] == customer:
			ordered[row["order"]] = Decimal(row["amount"])
			closed |= {row["order"]} if row["closed_on"] else set()
	for row in book["deliveries"]:
		if row["customer"] == customer and not row["billed_before"]:
			unbilled[row["delivery"]] += Decimal(row["amount"])
			if row["order"]:
				ordered[row["order"]] -= Decimal(row["amount"])
		if row["customer"] == customer and row["closed_on"]:
			closed.add(row["delivery"])
	for row in book["invoices"]:
		if row["customer"] != customer:
			continue
		if row["delivery"]:
			unbilled[row["delivery"]] -= Decimal(row["amount"])
		elif row["order"]:
			ordered[row["order"]] -= Decimal(row["amount"])
	for row in book["credit_notes"]:
		if row["customer"] == customer and row["delivery"]:
			unbilled[row["delivery"]] -= Decimal(row["amount"])
	return {
		"receivables": owed(book, customer, nowdate()),
		"delivered_not_billed": sum(
			(v for k, v in unbilled.items() if k not in closed and v > 0), Decimal(0)
		),
		"granted_orders": sum((v for k, v in ordered.items() if k not in closed and v > 0), Decimal(0)),
	}


class TestGoods(BookTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer().name

	def assert_live(self, book: dict):
		"""Assert that a book says of today what decisions read."""
		member = (self.customer, COMPANY)
		live = position_facts.books_of([member], position_facts.Since(*[date(2000, 1, 1)] * 3))[
			member
		].position
		expected = {
			field: Decimal(str(getattr(live, field))).quantize(CENT)
			for field in position(book, self.customer)
		}
		self.assertEqual(position(book, self.customer), expected)

	def test_an_order_is_delivered_and_billed_in_part(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, vat=True, transaction_date=days_ago(3))
			note = make.make_delivery(order, qty=6)
			bill = make.make_invoice(delivery=note, submit=False)
			bill.items[0].qty = 4
			bill.save()
			bill.submit()
		book = self.export()
		(row,) = self.of(book, "orders", self.customer)
		self.assertEqual((row["amount"], row["closed_on"]), ("1250.00", ""))
		(row,) = self.of(book, "deliveries", self.customer)
		self.assertEqual((row["amount"], row["order"], row["billed_before"]), ("750.00", order.name, ""))
		(row,) = self.of(book, "invoices", self.customer)
		self.assertEqual((row["amount"], row["order"], row["delivery"]), ("500.00", order.name, note.name))
		self.assert_live(book)

	def test_an_order_billed_without_naming_its_delivery_bills_the_oldest(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3))
			first, second = make.make_delivery(order, qty=4), make.make_delivery(order, qty=3)
			bill = make.make_invoice(order=order, submit=False)
			bill.items[0].qty = 5
			bill.save()
			bill.submit()
		book = self.export()
		rows = self.of(book, "invoices", self.customer)
		self.assertEqual(
			[(row["delivery"], row["amount"]) for row in rows],
			[(first.name, "400.00"), (second.name, "100.00")],
		)
		self.assert_live(book)

	def test_goods_billed_ahead_are_delivered_billed(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3))
			bill = make.make_invoice(order=order, submit=False, posting_date=days_ago(1))
			bill.items[0].qty = 4
			bill.save()
			bill.submit()
			note = make.make_delivery(order, qty=6)
		book = self.export()
		rows = self.of(book, "deliveries", self.customer, delivery=note.name)
		self.assertEqual(
			[(row["amount"], row["billed_before"]) for row in rows], [("400.00", "yes"), ("200.00", "")]
		)
		self.assert_live(book)

	def test_goods_delivered_from_an_invoice_were_billed_before(self):
		from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_delivery_note

		with make.policy_off():
			rows = [{"item_code": WIDGET, "qty": 2, "rate": 50}]
			bill = make.make_invoice(self.customer, items=rows)
			make_delivery_note(bill.name).insert().submit()
		book = self.export()
		(row,) = self.of(book, "deliveries", self.customer)
		self.assertEqual((row["amount"], row["billed_before"]), ("100.00", "yes"))
		self.assert_live(book)

	def bring_back(self, note):
		"""Return three pieces of a delivery."""
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		back = make_sales_return(note.name)
		back.items[0].qty = -3
		back.insert()
		# ERPNext looks at `is_return` when a document is loaded.
		frappe.get_doc("Delivery Note", back.name).submit()

	def test_unbilled_goods_come_back(self):
		with make.policy_off():
			note = make.make_delivery(customer=self.customer, amount=1000, qty=10)
			self.bring_back(note)
		book = self.export()
		(row,) = self.of(book, "credit_notes", self.customer)
		self.assertEqual((row["delivery"], row["amount"], row["invoice"]), (note.name, "300.00", ""))
		self.assertEqual(owed(book, self.customer, nowdate()), 0)
		self.assert_live(book)

	def test_billed_goods_that_come_back_are_credited_once(self):
		with make.policy_off():
			note = make.make_delivery(customer=self.customer, amount=1000, qty=10)
			make.make_invoice(delivery=note)
			self.bring_back(note)
		self.assertFalse(self.of(self.export(), "credit_notes", self.customer))

	def test_a_closed_order_ends_when_it_was_closed(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3))
			make.make_delivery(order, qty=2)
			order.reload()
			order.update_status("Closed")
		book = self.export()
		(row,) = self.of(book, "orders", self.customer)
		self.assertEqual(row["closed_on"][:10], nowdate())
		self.assert_live(book)

	def test_an_order_that_was_finished_before_the_period_is_not_in_it(self):
		with make.policy_off():
			done = make.make_order(self.customer, 100, transaction_date=days_ago(90))
			paid = make.make_invoice(order=done, posting_date=days_ago(80), update_stock=1)
			make.make_payment(paid, posting_date=days_ago(70))
			is_open = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(90))
			bill = make.make_invoice(order=is_open, submit=False, posting_date=days_ago(80), update_stock=1)
			bill.items[0].qty = 4
			bill.save()
			bill.submit()
			make.make_payment(bill, posting_date=days_ago(70))
		book = self.export(50)
		self.assertEqual([row["order"] for row in self.of(book, "orders", self.customer)], [is_open.name])
		# Its invoice is there, though it is paid: else more of the order would be open.
		self.assertEqual([row["invoice"] for row in self.of(book, "invoices", self.customer)], [bill.name])
		self.assertEqual(owed(book, self.customer, nowdate()), 0)
		self.assert_live(book)

	def test_an_open_invoice_of_an_order_that_is_finished_brings_the_order_along(self):
		with make.policy_off():
			order = make.make_order(self.customer, 100, transaction_date=days_ago(90))
			make.make_invoice(order=order, posting_date=days_ago(80), update_stock=1)
		book = self.export(50)
		(row,) = self.of(book, "orders", self.customer)
		self.assertEqual((row["order"], row["closed_on"][:10]), (order.name, days_ago(50)))
		self.assert_live(book)

	def test_an_order_delivered_at_another_price_is_finished_all_the_same(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3))
			note = make.make_delivery(order, submit=False)
			note.items[0].rate = 90
			note.save()
			note.submit()
		book = self.export()
		self.assertTrue(self.of(book, "orders", self.customer)[0]["closed_on"])
		self.assert_live(book)

	def test_a_cancelled_order_counts_while_it_stood(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, transaction_date=days_ago(30))
			entered(order, 30)
			frappe.get_doc("Sales Order", order.name).cancel()
			corrected = make.make_order(self.customer, 700, transaction_date=days_ago(20))
			corrected.cancel()
		(row,) = self.of(self.export(), "orders", self.customer)
		self.assertEqual((row["order"], row["closed_on"][:10]), (order.name, nowdate()))

	def test_an_order_comes_in_when_it_was_decided_about(self):
		make.make_profile(self.customer, manual_limit=900, risk_class="B")
		with make.as_user("seller1"):
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3), po_no="PO 17")
		with make.as_user("cfo"):
			api.release(order.b2b_credit_hold, "Needed")
		(row,) = self.of(self.export(), "orders", self.customer)
		decision = {"reference_name": order.name, "kind": "Submit"}
		decided_on = frappe.db.get_value("Credit Decision", decision, "decided_on")
		self.assertEqual(row["date"], f"{decided_on:%Y-%m-%d %H:%M:%S}")
		self.assertEqual((row["po_number"], row["rejected_on"]), ("PO 17", ""))
		released_on = frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "released_on")
		self.assertEqual(row["released_on"], f"{released_on:%Y-%m-%d %H:%M:%S}")
		self.assertEqual(row["promised_date"], str(order.items[0].delivery_date))

	def test_an_order_that_was_changed_is_two_rows(self):
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		make.make_profile(self.customer, manual_limit=50_000)
		order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(2))
		row = order.items[0]
		values = {
			"docname": row.name,
			"name": row.name,
			"item_code": row.item_code,
			"qty": 15,
			"rate": row.rate,
		}
		values |= {"uom": row.uom, "conversion_factor": 1, "delivery_date": str(row.delivery_date)}
		frappe.db.set_value(
			"Credit Decision", {"reference_name": order.name}, "decided_on", f"{days_ago(2)} 09:00:00"
		)
		update_child_qty_rate("Sales Order", frappe.as_json([values]), order.name)
		rows = self.of(self.export(), "orders", self.customer)
		self.assertEqual(
			[(row["date"][:10], row["amount"]) for row in rows],
			[(days_ago(2), "1000.00"), (nowdate(), "1500.00")],
		)
		self.assertEqual(
			[row["amount"] for row in self.of(self.export(to_days=1), "orders", self.customer)], ["1000.00"]
		)

	def test_an_order_is_there_before_what_is_dated_back(self):
		make.make_profile(self.customer, manual_limit=50_000)
		order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(3))
		make.make_delivery(order, qty=4, posting_date=days_ago(2), set_posting_time=1)
		(row,) = self.of(self.export(), "orders", self.customer)
		self.assertEqual(row["date"], days_ago(2))

	def test_what_is_billed_anew_was_billed_all_the_time(self):
		with make.policy_off():
			note = make.make_delivery(customer=self.customer, amount=1000)
			wrong = make.make_invoice(delivery=note)
			entered(wrong, 5)
			wrong.reload()
			wrong.cancel()
			(row,) = self.of(self.export(), "invoices", self.customer)
			self.assertEqual(row["delivery"], "")
			again = make.make_invoice(delivery=note)
		book = self.export()
		rows = {
			row["invoice"]: (row["delivery"], row["kind"]) for row in self.of(book, "invoices", self.customer)
		}
		self.assertEqual(rows, {wrong.name: (note.name, "Journal"), again.name: (note.name, "")})

	def test_two_invoices_do_not_bill_one_delivery(self):
		with make.policy_off():
			order = make.make_order(self.customer, 1000, qty=10, transaction_date=days_ago(9))
			first = make.make_delivery(order, qty=4, posting_date=days_ago(8), set_posting_time=1)
			second = make.make_delivery(order, qty=4, posting_date=days_ago(7), set_posting_time=1)
			part = make.make_invoice(order=order, submit=False, posting_date=days_ago(6))
			part.items[0].qty = 4
			part.save()
			part.submit()
			named = make.make_invoice(delivery=first, posting_date=days_ago(5))
		book = self.export()
		rows = {row["invoice"]: row["delivery"] for row in self.of(book, "invoices", self.customer)}
		self.assertEqual(rows, {part.name: first.name, named.name: second.name})
		self.assertEqual(position(book, self.customer)["delivered_not_billed"], 0)

	def test_what_is_rounded_leaves_nothing_unbilled(self):
		with make.policy_off():
			order = make.make_order(self.customer, 99.99, qty=3, vat=True, transaction_date=days_ago(3))
			for _part in range(3):
				note = make.make_delivery(order, qty=1)
				make.make_invoice(delivery=note, payment_terms_template=instalment_terms())
		book = self.export()
		self.assert_live(book)
		self.assertEqual(position(book, self.customer)["delivered_not_billed"], 0)


# ------------------------------------------------------------------ whatever happens
class Trade:
	"""Trade with one customer, drawn by chance. What ERPNext refuses does not happen."""

	def __init__(self, seed: int):
		self.random = Random(seed)
		self.customer = make.make_customer().name
		self.orders, self.notes, self.invoices, self.payments = [], [], [], []

	def happen(self, times: int) -> None:
		days = sorted((self.random.randint(0, 60) for _n in range(times)), reverse=True)
		deeds = [getattr(self, name) for name in dir(type(self)) if name.startswith("do_")]
		for day in days:
			deed = self.random.choice(deeds)
			frappe.db.savepoint("deed")
			try:
				deed(day)
			except (frappe.ValidationError, IndexError):
				frappe.db.rollback(save_point="deed")
				frappe.clear_messages()

	def amount(self) -> float:
		return self.random.choice([100, 250, 333.33, 99.99, 1000])

	def one_of(self, doctype: str, names: list[str]):
		return frappe.get_doc(doctype, self.random.choice(names))

	def in_part(self, doc, names: list[str]) -> None:
		"""Submit a draft, for some of its first row only."""
		doc.items[0].qty = max(1, int(doc.items[0].qty * self.random.random()))
		doc.save()
		doc.submit()
		names.append(doc.name)

	def do_order(self, day: int) -> None:
		fields = {"qty": self.random.choice([3, 10]), "vat": self.random.random() < 0.5}
		order = make.make_order(self.customer, self.amount(), transaction_date=days_ago(day), **fields)
		self.orders.append(order.name)

	def do_deliver(self, day: int) -> None:
		order = self.random.choice(self.orders)
		self.in_part(make.make_delivery(order, submit=False, **posted(day)), self.notes)

	def do_bill_an_order(self, day: int) -> None:
		fields = {"allocate_advances_automatically": 1, "update_stock": self.random.randint(0, 1)}
		order = self.random.choice(self.orders)
		bill = make.make_invoice(order=order, submit=False, posting_date=days_ago(day), **fields)
		self.in_part(bill, self.invoices)

	def do_bill_a_delivery(self, day: int) -> None:
		note = self.random.choice(self.notes)
		self.in_part(
			make.make_invoice(delivery=note, submit=False, posting_date=days_ago(day)), self.invoices
		)

	def do_sell(self, day: int) -> None:
		terms = {"payment_terms_template": instalment_terms(), "due_date": days_ago(day - 40)}
		self.invoices.append(invoice(self.customer, self.amount(), day, **terms).name)

	def do_pay(self, day: int) -> None:
		bill = self.one_of("Sales Invoice", self.invoices)
		amount = round(bill.outstanding_amount / self.random.randint(1, 3), 2)
		earlier = self.random.choice([0, 0, 5])
		self.payments.append(make.make_payment(bill, amount, posting_date=days_ago(day + earlier)).name)

	def do_pay_ahead(self, day: int) -> None:
		order = self.one_of("Sales Order", self.orders)
		self.payments.append(make.make_payment(order, 30, posting_date=days_ago(day)).name)

	def do_pay_on_account(self, day: int) -> None:
		payment = make.make_payment(customer=self.customer, amount=self.amount(), posting_date=days_ago(day))
		self.payments.append(payment.name)

	def do_credit(self, day: int) -> None:
		bill = self.one_of("Sales Invoice", self.invoices)
		credit_note(bill, day, update_outstanding_for_self=self.random.randint(0, 1))

	def do_journal(self, day: int) -> None:
		kind = self.random.choice(["Journal Entry", "Bank Entry"])
		amount = self.random.choice([80, -40, 25.5])
		make.make_journal(self.customer, amount, posting_date=days_ago(day), voucher_type=kind)

	def do_reconcile(self, day: int) -> None:
		reconcile(self.customer)

	def do_refund(self, day: int) -> None:
		refund(self.customer, 10, day)

	def do_bring_back(self, day: int) -> None:
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		back = make_sales_return(self.random.choice(self.notes))
		back.update(posted(day))
		back.items[0].qty = -1
		back.insert()
		frappe.get_doc("Delivery Note", back.name).submit()

	def do_close(self, day: int) -> None:
		self.one_of("Sales Order", self.orders).update_status("Closed")

	def do_cancel(self, day: int) -> None:
		doctype, names = self.random.choice(
			[("Sales Invoice", self.invoices), ("Payment Entry", self.payments)]
		)
		doc = self.one_of(doctype, names)
		if doc.docstatus == 1:
			entered(doc, day + 1)
			frappe.get_doc(doctype, doc.name).cancel()


def posted(day: int) -> dict:
	return {"posting_date": days_ago(day), "set_posting_time": 1}


def as_it_was(customer: str, day: str) -> Decimal:
	"""Return what the ledger said on a day: with what was cancelled since."""
	total = ledger(customer, day)
	filters = {"party": customer, "delinked": 1, "posting_date": ["<=", day]}
	fields = ["voucher_type", "voucher_no", "amount", "creation"]
	for entry in frappe.get_all(RECEIVABLE, filters=filters, fields=fields):
		cancelled = frappe.db.get_value(entry.voucher_type, entry.voucher_no, "modified").date()
		if entry.creation.date() < cancelled and str(cancelled) > day:
			total += Decimal(str(entry.amount))
	return total.quantize(CENT)


class TestWhateverHappens(BookTestCase):
	def test_every_day_adds_up(self):
		for seed in (4, 9):
			trade = Trade(seed)
			with make.policy_off():
				trade.happen(45)
			self.assertGreater(len(trade.invoices), 3)
			for from_days, to_days in ((70, 0), (30, 0), (45, 10)):
				book = self.export(from_days, to_days)
				for days in range(to_days, from_days + 2):
					day = days_ago(days)
					with self.subTest(seed=seed, from_days=from_days, days=days):
						self.assertEqual(owed(book, trade.customer, day), as_it_was(trade.customer, day))


# ------------------------------------------------------------------ who the customers are
def dated_back(profile, days: int) -> None:
	"""Have a profile made some days ago, its first history with it."""
	at = f"{days_ago(days)} 08:00:00"
	frappe.db.set_value("Credit Profile", profile.name, "creation", at, update_modified=False)
	change_dated_back(profile, days, "First entry")


def change_dated_back(profile, days: int, reason: str) -> None:
	filters = {"parent": profile.name, "reason": reason}
	frappe.db.set_value("Credit Profile Change", filters, "changed_on", f"{days_ago(days)} 08:00:01")


def change(profile, days: int, reason: str, **values):
	"""Change a profile some days ago."""
	profile = frappe.get_doc("Credit Profile", profile.name)
	profile.update({**values, "change_reason": reason})
	profile.save()
	change_dated_back(profile, days, reason)
	return profile


class TestProfiles(BookTestCase):
	def setUp(self):
		super().setUp()
		self.profile = make.make_profile(manual_limit=250_000, external_rating="AA", rating_at_review="AA")
		self.customer = self.profile.customer
		dated_back(self.profile, 200)

	def rows(self, sheet: str = "profiles", **options) -> list[dict]:
		return self.of(self.export(**options), sheet, self.customer)

	def test_todays_profile_stands_since_it_was_made(self):
		(row,) = self.rows()
		self.assertEqual(row["date"], f"{days_ago(200)} 08:00:00")
		self.assertEqual((row["segment"], row["level"], row["manual_limit"]), ("C", "1", "250000.00"))
		self.assertEqual((row["terms_days"], row["risk_class"], row["gross_net_ratio"]), ("14", "B", "1.25"))
		self.assertEqual(row["limit_type"], "Limited")

	def test_changes_are_walked_back(self):
		change(self.profile, 100, "Audited accounts", manual_limit=1_400_000.5, next_review=days_ago(-90))
		change(
			self.profile,
			50,
			"Christmas",
			segment="A",
			level=2,
			risk_class="A",
			expected_annual_revenue=12_000_000,
			temporary_limit=2_000_000,
			temporary_limit_until=days_ago(20),
			security_required_percent=12.5,
		)
		rows = self.rows()
		self.assertEqual([row["date"][:10] for row in rows], [days_ago(200), days_ago(100), days_ago(50)])
		self.assertEqual([row["manual_limit"] for row in rows], ["250000.00", "1400000.50", "1400000.50"])
		self.assertEqual([row["segment"] for row in rows], ["C", "C", "A"])
		self.assertEqual([row["level"] for row in rows], ["1", "1", "2"])
		self.assertEqual([row["terms_days"] for row in rows], ["14", "14", "45"])
		self.assertEqual([row["temporary_limit_until"] for row in rows], ["", "", days_ago(20)])
		self.assertEqual([row["next_review"] for row in rows][1:], [days_ago(-90)] * 2)
		self.assertEqual([row["security_required_percent"] for row in rows], ["", "", "12.5"])
		# A period begins with what held then.
		self.assertEqual([row["date"][:10] for row in self.rows(from_days=70)], [days_ago(100), days_ago(50)])
		self.assertEqual([row["date"][:10] for row in self.rows(to_days=70)], [days_ago(200), days_ago(100)])

	def test_where_the_history_is_in_doubt_the_walk_ends(self):
		change(self.profile, 100, "Audited accounts", manual_limit=300_000)
		change(self.profile, 50, "More accounts", manual_limit=350_000)
		filters = {"parent": self.profile.name, "reason": "Audited accounts", "field_label": "Manual limit"}
		frappe.db.set_value("Credit Profile Change", filters, "before", "about a quarter of a million")
		rows = self.rows()
		self.assertEqual(
			[(row["date"][:10], row["manual_limit"]) for row in rows],
			[(days_ago(200), "300000.00"), (days_ago(50), "350000.00")],
		)

	def test_a_limit_of_nothing_is_one_where_it_has_a_reason(self):
		change(self.profile, 100, "No more", manual_limit=0)
		self.assertEqual([row["manual_limit"] for row in self.rows()], ["250000.00", "0.00"])
		without = make.make_profile(limit_reason=None)
		book = self.export()
		self.assertEqual(self.of(book, "profiles", without.customer)[0]["manual_limit"], "")

	def test_a_forced_hold_stands_until_it_is_lifted(self):
		with make.as_user("controller"):
			hold = api.force_hold(self.customer, COMPANY, "Rumours of Mr Jensen", "Stop")["name"]
		frappe.db.set_value("Credit Hold", hold, "creation", f"{days_ago(30)} 10:00:00")
		rows = self.rows()
		self.assertEqual([row["forced_hold"] for row in rows], ["", "Stop"])
		self.assertEqual(rows[1]["date"], f"{days_ago(30)} 10:00:00")
		self.assertEqual(rows[1]["forced_hold_reason"], "Rumours of Mr Jensen")
		with make.as_user("credit_manager"):
			api.lift_hold(hold, "All is well")
		self.assertEqual([row["forced_hold"] for row in self.rows()], ["", "Stop", ""])

	def test_ratings_arrive_and_are_reviewed(self):
		change(self.profile, 100, "Worse", external_rating="B")
		change(self.profile, 60, "Seen", rating_at_review="B")
		change(self.profile, 30, "Better", external_rating="A")
		rows = self.rows("ratings")
		self.assertEqual(
			[(row["date"][:10], row["rating"], row["reviewed"]) for row in rows],
			[
				(days_ago(200), "AA", "yes"),
				(days_ago(100), "B", ""),
				(days_ago(60), "B", "yes"),
				(days_ago(30), "A", ""),
			],
		)
		later = [(row["rating"], row["reviewed"]) for row in self.rows("ratings", from_days=20)]
		self.assertEqual(later, [("B", "yes"), ("A", "")])

	def test_lifting_a_stop_by_rating_is_a_review(self):
		change(self.profile, 100, "Much worse", external_rating="C")
		with make.as_user("seller1"):
			make.make_order(self.customer, 1000)
		hold = frappe.db.get_value("Credit Hold", {"reference_name": self.profile.name, "status": "Open"})
		with make.as_user("cfo"):
			api.lift_hold(hold, "We know them")
		rows = [(row["rating"], row["reviewed"]) for row in self.rows("ratings")]
		self.assertEqual(rows, [("AA", "yes"), ("C", ""), ("C", "yes")])

	def test_groups_and_their_limits(self):
		group = make.make_group(self.customer, group_limit=400_000)
		frappe.db.set_value("Credit Group", group.name, "creation", f"{days_ago(90)} 09:00:00")
		group.reload()
		group.group_limit = 500_000
		group.save(ignore_version=False)
		book = self.export()
		rows = [row for row in book["groups"] if row["credit_group"] == group.name]
		self.assertEqual([row["limit"] for row in rows], ["400000.00", "500000.00"])
		self.assertEqual(self.of(book, "profiles", self.customer)[-1]["credit_group"], group.name)

	def test_securities_as_long_as_they_are_in_force(self):
		with make.as_user("credit_manager"):
			kept = make.make_security(self.customer, 10_000, haircut_percent=5)
			released = make.make_security(self.customer, 20_000, "Parent Guarantee")
			make.make_security(self.customer, 30_000, submit=False)
		securities.release(released.name, "Paid")
		rows = {row["security"]: row for row in self.rows("securities")}
		self.assertEqual(set(rows), {kept.name, released.name})
		row = rows[kept.name]
		self.assertEqual(
			(row["amount"], row["haircut_percent"], row["cover_percent"]), ("10000.00", "5", "100")
		)
		self.assertEqual((row["in_force_until"], row["has_document"], row["on_demand"]), ("", "yes", "yes"))
		self.assertEqual(rows[released.name]["in_force_until"][:10], nowdate())
		self.assertEqual(rows[released.name]["cover_percent"], "50")

	def test_buyer_limits_count_by_the_terms_of_their_policy(self):
		policy, ended, draft = (
			make.make_insurance_policy(status=s) for s in ("In Force", "In Force", "Draft")
		)
		limits = {
			of.name: make.make_security(
				self.customer,
				5_000,
				"Credit Insurance",
				insurance_policy=of.name,
				expiry_date=add_days(nowdate(), 900),
			).name
			for of in (policy, ended, draft)
		}
		ended.reload().status = "Ended"
		ended.save()
		rows = {row["security"]: row for row in self.rows("securities")}
		self.assertEqual(set(rows), {limits[policy.name], limits[ended.name]}, "a draft has covered nothing")
		row = rows[limits[policy.name]]
		self.assertEqual((row["max_extension_days"], row["expiry"]), ("60", policy.period_to))
		self.assertEqual((row["in_force_until"], row["cover_percent"]), ("", "90"))
		self.assertEqual(rows[limits[ended.name]]["in_force_until"][:10], nowdate())

	def test_a_customer_of_two_companies_is_two_customers(self):
		second = ensure_second_company()
		make.make_profile(self.customer, company=second)
		with make.policy_off():
			invoice(self.customer, 100, 10)
		book = self.export(companies=(COMPANY, second))
		rows = [row for row in book["customers"] if row["customer"].startswith(self.customer)]
		self.assertEqual(
			{(row["customer"], row["company"], row["currency"]) for row in rows},
			{
				(f"{self.customer} @ {COMPANY}", COMPANY, "DKK"),
				(f"{self.customer} @ {second}", second, "NOK"),
			},
		)
		rates = {(row["currency"], row["rate"]) for row in book["rates"]}
		self.assertEqual(rates, {("DKK", "1"), ("NOK", "0.64")})
		self.assertEqual(len(self.of(book, "invoices", f"{self.customer} @ {COMPANY}")), 1)


# ------------------------------------------------------------------ the whole book
# ------------------------------------------------------------------ disputes and plans
def active_plan(customer: str, days: int, amount: float = 900):
	"""Agree on a plan in three instalments over an invoice, and have the first paid some days ago."""
	owed = invoice(customer, amount, days + 40, due_date=days_ago(days + 10))
	plan = make.make_plan((owed, None))
	make.make_payment(owed, amount / 3, posting_date=days_ago(days))
	plans.refresh(plan.name)
	dated_plan(plan, days)
	return plan.reload()


def dated_plan(plan, days: int) -> None:
	"""Let a plan have become active some days ago."""
	frappe.db.set_value("Payment Plan", plan.name, "activated_on", days_ago(days), update_modified=False)
	for name in frappe.get_all("Comment", filters={"reference_name": plan.name}, pluck="name"):
		frappe.db.set_value("Comment", name, "creation", f"{days_ago(days)} 11:00:00", update_modified=False)


class TestSetAside(BookTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer().name
		make.make_profile(self.customer, manual_limit=1_000_000, risk_class="B")

	def invoice(self, amount: float = 1000, days: int = 60):
		with make.policy_off():
			return invoice(self.customer, amount, days, due_date=days_ago(days - 14))

	def dispute(self, *rows, days: int = 30, **fields):
		return make.make_dispute(*rows, opened_on=days_ago(days), **fields)

	def rows(self, sheet: str, *columns: str, **options) -> list[tuple]:
		return [
			tuple(row[column] for column in columns)
			for row in self.of(self.export(**options), sheet, self.customer)
		]

	def closed(self, dispute) -> str:
		"""Return the moment of the last word in a dispute."""
		return f"{max(row.noted_on for row in dispute.reload().progress):%Y-%m-%d %H:%M:%S}"

	def test_a_dispute_counts_since_it_was_opened(self):
		one, other = self.invoice(), self.invoice(300)
		dispute = self.dispute((one, 400), (other, None))
		columns = ("dispute", "invoice", "amount", "opened_on", "closed_on", "outcome")
		self.assertEqual(
			self.rows("disputes", *columns),
			[
				(dispute.name, one.name, "400.00", days_ago(30), "", ""),
				(dispute.name, other.name, "300.00", days_ago(30), "", ""),
			],
		)
		self.assertEqual(self.rows("disputes", "dispute", to_days=31), [])

	def test_one_of_today_has_its_time(self):
		dispute = self.dispute((self.invoice(), 400), days=0)
		self.assertEqual(self.rows("disputes", "opened_on"), [(str(dispute.creation)[:19],)])

	def test_a_draft_is_not_in_the_book(self):
		self.dispute((self.invoice(), 400), submit=False)
		self.assertEqual(self.rows("disputes", "dispute"), [])

	def test_one_that_was_opened_before_its_invoice_counts_from_then(self):
		self.dispute((self.invoice(days=20), 400))
		self.assertEqual(self.rows("disputes", "opened_on"), [(days_ago(20),)])

	def test_it_ends_with_its_last_word(self):
		dispute = self.dispute((self.invoice(), 400))
		disputes.settle(dispute.name, "Resolved: Rejected", "The goods were complete.")
		self.assertEqual(self.rows("disputes", "closed_on", "outcome"), [(self.closed(dispute), "Rejected")])
		# Before its end nobody knew of it.
		self.assertEqual(self.rows("disputes", "closed_on", "outcome", to_days=1), [("", "")])

	def test_one_that_ended_another_day_ends_with_that_day(self):
		dispute = self.dispute((self.invoice(), 400))
		disputes.settle(dispute.name, "Resolved: Accepted", "The goods were sent again.")
		frappe.db.set_value("Dispute", dispute.name, "resolved_on", days_ago(9))
		self.assertEqual(self.rows("disputes", "closed_on", "outcome"), [(days_ago(9), "Accepted")])
		self.assertEqual(self.rows("disputes", "closed_on", from_days=8), [])
		self.assertEqual(self.rows("disputes", "closed_on", from_days=9), [(days_ago(9),)])

	def test_what_a_credit_note_settles_ends_with_it(self):
		owed = self.invoice()
		dispute = self.dispute((owed, 400))
		note = disputes.credit_note_for(dispute.name)
		for item in note.items:
			item.rate = item.rate / 4
		note.insert()
		note.submit()
		at = str(note.creation)[:19]
		self.assertEqual(
			self.rows("disputes", "amount", "closed_on", "outcome"),
			[("100.00", at, "Accepted"), ("300.00", "", "")],
		)
		disputes.settle(dispute.name, "Resolved: Accepted", "The rest was sent again.")
		self.assertEqual(
			self.rows("disputes", "amount", "closed_on", "outcome"),
			[("100.00", at, "Accepted"), ("300.00", self.closed(dispute), "Accepted")],
		)
		note.reload().cancel()
		self.assertEqual(self.rows("disputes", "amount", "closed_on"), [("400.00", "")])

	def test_one_that_was_cancelled_the_same_day_was_a_mistake(self):
		dispute = self.dispute((self.invoice(), 400))
		dispute.reload().cancel()
		self.assertEqual(self.rows("disputes", "dispute"), [])
		entered_on = f"{days_ago(3)} 11:00:00"
		frappe.db.set_value("Dispute", dispute.name, "creation", entered_on, update_modified=False)
		((closed_on, outcome),) = self.rows("disputes", "closed_on", "outcome")
		self.assertEqual((closed_on[:10], outcome), (nowdate(), "Withdrawn"))

	def test_amounts_are_in_the_currency_of_the_company(self):
		account = frappe.get_doc(
			{
				"doctype": "Account",
				"account_name": f"Debtors EUR {frappe.generate_hash(length=6)}",
				"company": COMPANY,
				"parent_account": frappe.db.get_value(
					"Account",
					frappe.get_cached_value("Company", COMPANY, "default_receivable_account"),
					"parent_account",
				),
				"account_type": "Receivable",
				"account_currency": "EUR",
			}
		).insert()
		customer = make.make_customer().name
		foreign = {"currency": "EUR", "conversion_rate": 7.5, "plc_conversion_rate": 1}
		with make.policy_off():
			owed = invoice(customer, 1000, 30, debit_to=account.name, **foreign)
		make.make_dispute((owed, 40), opened_on=days_ago(10))
		(row,) = self.of(self.export(), "disputes", customer)
		self.assertEqual(row["amount"], "300.00")

	def test_a_plan_counts_since_its_first_instalment_was_paid(self):
		waiting = make.make_plan((self.invoice(), None))
		with make.policy_off():
			plan = active_plan(self.customer, 25)
		columns = ("plan", "invoice", "amount", "agreed_on", "ended_on", "outcome")
		owed = plan.invoices[0].sales_invoice
		self.assertEqual(
			self.rows("plans", *columns), [(plan.name, owed, "900.00", f"{days_ago(25)} 11:00:00", "", "")]
		)
		self.assertEqual(waiting.status, "Approved")
		self.assertEqual(self.rows("plans", "plan", to_days=26), [])

	def test_a_plan_ends_kept_broken_or_without_outcome(self):
		with make.policy_off():
			kept, broken, cancelled = (active_plan(self.customer, days) for days in (25, 24, 23))
			make.make_payment(frappe.get_doc("Sales Invoice", kept.invoices[0].sales_invoice))
		plans.refresh(kept.name)
		for row in broken.instalments:
			frappe.db.set_value(row.doctype, row.name, "due_date", add_days(row.due_date, -60))
		plans.refresh(broken.name)
		cancelled.cancel()
		found = self.rows("plans", "plan", "ended_on", "outcome")
		self.assertEqual(
			[(plan, outcome) for plan, _ended, outcome in found],
			[(kept.name, "Kept"), (broken.name, "Broken"), (cancelled.name, "")],
		)
		for _plan, ended_on, _outcome in found:
			self.assertGreater(ended_on, nowdate(), "with the time of day")
		self.assertEqual(self.rows("plans", "ended_on", "outcome", to_days=1), [("", ""), ("", ""), ("", "")])
		frappe.db.set_value("Payment Plan", broken.name, "broken_on", days_ago(9))
		self.assertIn((broken.name, days_ago(9), "Broken"), self.rows("plans", "plan", "ended_on", "outcome"))
		self.assertNotIn((broken.name,), self.rows("plans", "plan", from_days=8))

	def test_one_whose_first_payment_was_taken_back_is_left_out(self):
		with make.policy_off():
			plan = active_plan(self.customer, 25)
		payment = frappe.get_all("Payment Entry", filters={"party": self.customer}, pluck="name")[-1]
		frappe.get_doc("Payment Entry", payment).cancel()
		plans.refresh(plan.name)
		self.assertEqual(plan.reload().status, "Approved")
		self.assertEqual(self.rows("plans", "plan"), [])

	def test_the_book_chases_what_the_site_chases(self):
		"""What is overdue and not set aside at the end of the book, as the rules see it on both sides."""
		disputed, planned, plain = self.invoice(1000), self.invoice(600), self.invoice(70)
		dispute = self.dispute((disputed, 400))
		note = disputes.credit_note_for(dispute.name)
		for item in note.items:
			item.rate = item.rate / 4
		note.insert()
		note.submit()
		rejected = self.dispute((plain, None))
		disputes.settle(rejected.name, "Resolved: Rejected", "They were there.")
		plan = make.make_plan((planned, None))
		make.make_payment(planned, 200)
		plans.refresh(plan.name)
		books = position_facts.books_of(
			[(self.customer, COMPANY)], position_facts.Since(*(getdate(nowdate()),) * 3)
		)
		self.export()
		account = accounts_of(self.folder)[self.customer]
		self.assertEqual(account.overdue, books[self.customer, COMPANY].overdue.amount)
		self.assertEqual(account.overdue, 670)


def accounts_of(folder: Path) -> dict:
	"""Return what a book's customers owe at its end, in a world that decides about nothing but today's orders."""
	policy = frappe.db.get_value("Credit Policy", {"company": COMPANY, "is_active": 1})
	worlds = []
	task = Task(folder, (policy_files.terms_of_policy(policy),), Assumptions(), getdate(nowdate()), None)
	run_sorting(Book(folder), task, lambda share: None, watch=worlds.append)
	return worlds[0].ledger.accounts


class TestBook(BookTestCase):
	def test_it_reads_as_a_book(self):
		customer = busy_customer()
		make.make_profile(customer, manual_limit=250_000, external_rating="AA")
		make.make_group(customer)
		make.make_security(customer, 10_000)
		make.make_security(customer, 5_000, direction="Given")
		with make.policy_off():
			order = make.make_order(customer, 1000, qty=10)
			make.make_invoice(delivery=make.make_delivery(order, qty=6))
			make.make_dispute((invoice(customer, 400, 40), 100), opened_on=days_ago(20))
			active_plan(customer, 25)
		self.export()
		self.assert_is_book()
		self.export(30, 3, anonymise=True)
		self.assert_is_book()

	def assert_is_book(self):
		"""Assert that the reader of books finds nothing wrong: columns, choices, order."""
		book = Book(self.folder)
		rows = {sheet.name: len(list(book.rows(sheet.name))) for sheet in book_format.SHEETS if sheet.when}
		book.check()
		self.assertEqual(self.written, {"customers": len(book.customers), **rows})
		for sheet in book_format.SHEETS:
			heading = (self.folder / f"{sheet.name}.csv").read_text(encoding="utf-8").splitlines()[0]
			self.assertEqual(heading.split(","), [column.name for column in sheet.columns])
		for name in ("orders", "invoices", "payments", "customers", "disputes", "plans"):
			self.assertTrue(self.written[name], name)

	def test_an_anonymous_book_says_of_nobody_who_they_are(self):
		customer = busy_customer()
		profile = make.make_profile(customer, manual_limit=250_000)
		group = make.make_group(customer)
		security = make.make_security(customer, 10_000)
		with make.as_user("controller"):
			api.force_hold(customer, COMPANY, "Rumours of Mr Jensen")
		with make.policy_off():
			order = make.make_order(customer, 1000, qty=10, po_no="PO-SECRET-1")
			make.make_invoice(delivery=make.make_delivery(order, qty=6))
			make.make_dispute((invoice(customer, 400, 40), 100), opened_on=days_ago(20))
			active_plan(customer, 25)
		plain, second = self.export(), ensure_second_company()
		named = {
			sheet: [row["amount"] for row in rows]
			for sheet, rows in plain.items()
			if rows and "amount" in rows[0]
		}
		make.make_profile(customer, company=second)
		hidden = self.export(anonymise=True)
		# The same amounts, of the same dates.
		for sheet, amounts in named.items():
			self.assertEqual(sorted(row["amount"] for row in hidden[sheet]), sorted(amounts))
		everything = b"".join(file.read_bytes() for file in self.folder.iterdir())
		names = {customer, group.name, security.name, COMPANY, second, "SECRET", "Jensen", "@"}
		names |= {row["customer"] for row in plain["customers"]} | {row["name"] for row in plain["customers"]}
		for sheet in book_format.SHEETS:
			for column in sheet.columns:
				if column.name in NAMES_OF_DOCUMENTS:
					names |= {row[column.name] for row in plain[sheet.name]}
		for name in names - {""}:
			self.assertNotIn(name.encode(), everything)
		self.assertNotIn(profile.name.encode(), everything)
		self.assertEqual({row["po_number"] for row in hidden["orders"]}, {"yes", ""})
		# What belonged together still does.
		invoices = {row["invoice"] for row in hidden["invoices"]}
		for sheet in ("payments", "disputes", "plans"):
			self.assertTrue(hidden[sheet], sheet)
			self.assertLessEqual({row["invoice"] for row in hidden[sheet] if row["invoice"]}, invoices)
		self.assertEqual(
			len(invoices), len({row["invoice"] for row in plain["invoices"]}), "two were given one name"
		)
		orders = {row["order"] for row in hidden["orders"]}
		self.assertLessEqual({row["order"] for row in hidden["payments"] if row["order"]}, orders)
		self.assertTrue(all(row["customer"].startswith("K") for row in hidden["customers"]))

	def test_as_many_queries_for_five_invoices_as_for_fifty(self):
		def trade(number: int) -> str:
			customer = make.make_customer().name
			with make.policy_off():
				for _n in range(number):
					order = make.make_order(customer, 100, transaction_date=days_ago(12))
					bill = make.make_invoice(order=order, posting_date=days_ago(10))
					make.make_payment(bill, 40, posting_date=days_ago(5))
			return customer

		trade(5)
		self.export(14)
		with counted() as few:
			self.export(14)
		customer = trade(45)
		with counted() as many:
			book = self.export(14)
		self.assertEqual(len(self.of(book, "invoices", customer)), 45)
		self.assertEqual(len(few), len(many))

	def test_batches_make_the_same_book(self):
		busy_customer()
		whole = self.export(42)
		with patch.object(book_export.Scope, "__init__", small_batches(book_export.Scope.__init__)):
			pieces = self.export(42)
		for sheet in book_format.SHEETS:
			self.assertEqual(
				sorted(str(row) for row in pieces[sheet.name]), sorted(str(row) for row in whole[sheet.name])
			)

	def test_progress_may_end_it_and_leaves_nothing(self):
		class Enough(Exception):
			pass

		told = []

		def progress(done: float, what: str) -> None:
			told.append(done)
			if done > 0.9:
				raise Enough

		folder = Path(tempfile.mkdtemp()) / "book"
		self.addCleanup(folder.parent.rmdir)
		day = getdate(nowdate())
		with self.assertRaises(Enough):
			book_export.write_book(folder, [COMPANY], day - timedelta(30), day, progress=progress)
		self.assertFalse(folder.exists())
		self.assertEqual(told, sorted(told))
		# The database can be asked again.
		self.assertTrue(frappe.db.count("Company"))


def small_batches(init):
	def with_small_batches(self, *args, **kwargs):
		init(self, *args, **{**kwargs, "batch": 2})

	return with_small_batches


# ------------------------------------------------------------------ who may, and how
@contextmanager
def permitted(user: str, doctype: str, value: str):
	"""Restrict a user to one document of a kind."""
	frappe.get_doc(
		{"doctype": "User Permission", "user": email_of(user), "allow": doctype, "for_value": value}
	).insert()
	frappe.clear_cache(user=email_of(user))
	try:
		yield
	finally:
		frappe.clear_cache(user=email_of(user))


class TestPermission(BookTestCase):
	def assert_refused(self, user: str, *companies: str, of: str = ""):
		with make.as_user(user), self.assertRaises(frappe.PermissionError) as refused:
			book_export.check_may_export(list(companies or (COMPANY,)))
		self.assertIn(of, str(refused.exception))

	def test_by_role(self):
		for user in (
			"seller1",
			"sales_manager",
			"controller",
			"collector",
			"accounts_user",
			"stock_user",
			"board",
		):
			with self.subTest(user):
				self.assert_refused(user, of="roles")
		for user in ("cfo", "finance_director", "credit_manager"):
			with self.subTest(user), make.as_user(user):
				book_export.check_may_export([COMPANY])
		with make.as_user(make.make_user("Credit Auditor", "Accounts User")):
			book_export.check_may_export([COMPANY])

	def test_the_companies_must_be_readable(self):
		second = ensure_second_company()
		with permitted("cfo", "Company", COMPANY):
			with make.as_user("cfo"):
				book_export.check_may_export([COMPANY])
			self.assert_refused("cfo", COMPANY, second, of=second)
		# An auditor without a right to companies.
		self.assert_refused("auditor", of=COMPANY)

	def test_who_sees_some_customers_only_exports_none(self):
		with permitted("cfo", "Customer", make.make_customer().name):
			self.assert_refused("cfo", of="Customer")

	def test_the_method_checks_first(self):
		for user in ("seller1", "controller"):
			with make.as_user(user), patch("frappe.enqueue") as enqueue:
				with self.assertRaises(frappe.PermissionError):
					backtest_api.export_book([COMPANY], days_ago(30), nowdate())
				enqueue.assert_not_called()

	def test_the_method_says_what_is_wrong(self):
		for companies, first, last, words in (
			([], days_ago(30), nowdate(), "at least one company"),
			([COMPANY], nowdate(), days_ago(30), "before it begins"),
		):
			with make.as_user("cfo"), self.assertRaises(frappe.ValidationError) as refused:
				backtest_api.export_book(companies, first, last)
			self.assertIn(words, str(refused.exception))


class TestJob(BookTestCase):
	def start(self, **options) -> dict:
		"""Start an export as the desk does and return what the job is given."""
		with patch("frappe.enqueue") as enqueue:
			self.job = backtest_api.export_book(
				frappe.as_json([COMPANY]), days_ago(30), nowdate(), **options
			)["job"]
		(method,), arguments = enqueue.call_args
		self.assertEqual((method, arguments["queue"]), (book_export.export_in_background, "long"))
		names = ("companies", "from_date", "to_date", "anonymise", "job")
		return {name: arguments[name] for name in names}

	def run_job(self, arguments: dict) -> list[dict]:
		"""Run the job; returns what the desk is told."""
		with patch("frappe.publish_realtime") as told:
			book_export.export_in_background(**arguments)
		return [call.args[1] for call in told.call_args_list if call.args[0] == book_export.EVENT]

	def test_a_book_is_a_private_file_of_its_user(self):
		customer = busy_customer()
		with make.as_user("cfo"):
			told = self.run_job(self.start(anonymise="1"))
		self.assertEqual({event["job"] for event in told}, {self.job})
		self.assertEqual([event["progress"] for event in told[:-1]], sorted(e["progress"] for e in told[:-1]))
		done = told[-1]
		file = frappe.get_doc("File", {"file_url": done["file_url"]})
		path = Path(file.get_full_path())
		self.addCleanup(path.unlink, missing_ok=True)
		self.assertEqual((file.is_private, file.owner), (1, email_of("cfo")))
		with zipfile.ZipFile(path) as archive:
			self.assertEqual(set(archive.namelist()), {f"{sheet.name}.csv" for sheet in book_format.SHEETS})
			self.assertNotIn(customer.encode(), archive.read("customers.csv"))
			lines = archive.read("invoices.csv").decode().splitlines()
		self.assertEqual(len(lines) - 1, done["rows"]["invoices"])
		for user in ("finance_director", "auditor", make.make_user("System Manager")):
			self.assertFalse(file.has_permission("read", user=email_of(user)))
		self.assertTrue(file.has_permission("read", user=email_of("cfo")))
		bell = {"for_user": email_of("cfo"), "link": file.file_url}
		self.assertIn("ready", frappe.db.get_value("Notification Log", bell, "subject"))
		self.assert_nothing_left()

	def test_an_error_is_told_and_logged(self):
		with make.as_user("cfo"):
			arguments = self.start()
			with (
				patch.object(book_export, "write_book", side_effect=frappe.ValidationError("no rate")),
				patch.object(frappe.db, "rollback"),
			):
				told = self.run_job(arguments)
		self.assertEqual(told, [{"job": self.job, "error": "no rate"}])
		self.assertTrue(frappe.db.exists("Error Log", {"method": "A book could not be exported"}))
		bell = frappe.get_last_doc("Notification Log", {"for_user": email_of("cfo")})
		self.assertIn("no rate", bell.subject)
		self.assert_nothing_left()

	def test_who_has_lost_the_right_meanwhile_gets_nothing(self):
		with make.as_user("cfo"):
			arguments = self.start()
		with make.as_user("controller"), patch.object(frappe.db, "rollback"):
			(told,) = self.run_job(arguments)
		self.assertIn("roles", told["error"])

	def assert_nothing_left(self):
		self.assertFalse(list(Path(tempfile.gettempdir()).glob("b2b-book-*")))

	def test_one_at_a_time(self):
		with make.as_user("cfo"), patch("frappe.enqueue", return_value=None):
			with self.assertRaises(frappe.ValidationError) as refused:
				backtest_api.export_book([COMPANY], days_ago(30), nowdate())
		self.assertIn("already", str(refused.exception))


class TestCommand(BookTestCase):
	def run_command(self, folder: Path, *options: str) -> subprocess.CompletedProcess:
		command = (sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", frappe.local.site)
		period = ("--from", days_ago(30), "--to", nowdate(), "--out", str(folder), *options)
		return subprocess.run(
			(*command, "export-credit-book", *period),
			cwd=frappe.local.sites_path,
			capture_output=True,
			text=True,
			timeout=120,
		)

	def test_it_writes_a_book_into_a_new_folder(self):
		with tempfile.TemporaryDirectory() as temporary:
			folder = Path(temporary) / "book"
			done = self.run_command(folder, "--company", COMPANY, "--anonymise")
			self.assertEqual(done.returncode, 0, done.stderr)
			self.assertRegex(done.stdout, r"customers +\d+")
			Book(folder).check()
			again = self.run_command(folder, "--company", COMPANY)
			self.assertNotEqual(again.returncode, 0)
			self.assertIn("not empty", again.stderr)
			wrong = self.run_command(Path(temporary) / "other", "--company", "No Such Company")
			self.assertNotEqual(wrong.returncode, 0)
			self.assertIn("There is no company No Such Company.", wrong.stderr)
