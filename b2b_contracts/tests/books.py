"""A random book of receivables on the site, made by the documents' own methods from a seed: what reports are checked on.

Two companies, customers in two currencies, instalments, part payments, credit notes, exchange differences, journal entries (of one
and of several customers), unallocated money that is allocated later, unreconciled payments, advances on an account of their own,
cancellations; every date is drawn, so much of it is back-dated. Nothing is committed.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts.tests import factories as make
from b2b_contracts.tests import scaffold
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, sales_person_of

DAYS = 400
EURO = "EUR"
SELLERS = ("seller1", "seller2")


@dataclass
class Book:
	"""What was made: customers by company, all documents, and how often each kind of thing was done."""

	seed: int
	customers: dict[str, list[str]] = field(default_factory=dict)
	euro_customers: list[str] = field(default_factory=list)
	documents: list = field(default_factory=list)
	done: Counter = field(default_factory=Counter)
	euro_account: str = ""

	@property
	def companies(self) -> tuple[str, ...]:
		return (COMPANY, SECOND_COMPANY)

	@property
	def all_customers(self) -> list[str]:
		return sorted({name for names in self.customers.values() for name in names})

	def days(self, count: int = 6) -> list[date]:
		"""Return days to look at the book on: today, and others drawn from its time."""
		draw = random.Random(self.seed)
		return [
			getdate(),
			*(getdate(add_days(nowdate(), -draw.randrange(DAYS))) for _day in range(count - 1)),
		]


def make_book(seed: int = 1, events: int = 70, customers: int = 4) -> Book:
	"""Make a random book: the same one for the same seed, but for names and the day of today."""
	scaffold.ensure_second_company()
	writer = _Writer(Book(seed), random.Random(seed))
	with ExitStack() as stack:
		for company in writer.book.companies:
			stack.enter_context(make.policy_off(company))
		writer.begin(customers)
		writer.write(events)
	return writer.book


class _Writer:
	def __init__(self, book: Book, draw: random.Random):
		self.book, self.draw = book, draw

	# -------------------------------------------------------------- who
	def begin(self, customers: int) -> None:
		"""Make customers in each company, one in three of the first company's in euros; the last of it buys in both."""
		receivable = frappe.get_cached_value("Company", COMPANY, "default_receivable_account")
		self.book.euro_account = make.make_account(
			"Debtors EUR", receivable, account_type="Receivable", account_currency=EURO
		)
		for company in self.book.companies:
			names = [self._customer(place) for place in range(customers)]
			self.book.customers[company] = names
		self.book.euro_customers = self.book.customers[COMPANY][::3]
		for name in self.book.euro_customers:
			doc = frappe.get_doc("Customer", name)
			doc.default_currency = EURO
			doc.append("accounts", {"company": COMPANY, "account": self.book.euro_account})
			doc.save()
		self.book.customers[SECOND_COMPANY].append(self.book.customers[COMPANY][-1])

	def _customer(self, place: int) -> str:
		seller = SELLERS[place % 2]
		team = (seller,) if place % 2 else ()
		return make.make_customer(account_manager=seller, sales_team=team).name

	# -------------------------------------------------------------- what happens
	def write(self, events: int) -> None:
		"""Do each kind of thing once, then draw."""
		kinds: dict[Callable[[], None], int] = {
			self.invoice: 22,
			self.payment: 16,
			self.credit_note: 6,
			self.unallocated: 6,
			self.journal: 5,
			self.journal_of_two: 4,
			self.journal_payment: 3,
			self.reconcile: 6,
			self.unreconcile: 2,
			self.advance: 3,
			self.cancel: 6,
		}
		for _first in range(6):
			self.invoice()
		drawn = self.draw.choices(list(kinds), list(kinds.values()), k=events)
		for kind in (*kinds, *drawn):
			self._try(kind)

	def _try(self, kind: Callable[[], None]) -> None:
		"""Do a thing; what ERPNext refuses (a payment before its invoice) has not happened."""
		frappe.db.savepoint("book")
		try:
			kind()
		except frappe.ValidationError:
			frappe.db.rollback(save_point="book")
			frappe.clear_messages()
			self.book.done[f"refused {kind.__name__}"] += 1
		else:
			self.book.done[kind.__name__] += 1

	def _day(self, after: date | str | None = None) -> str:
		first = getdate(after or add_days(nowdate(), -DAYS))
		return str(add_days(first, self.draw.randrange((getdate() - first).days + 1)))

	def _amount(self, most: int = 2_000_000) -> float:
		return self.draw.randrange(1_000, most) / 100

	def _rate(self) -> float:
		return self.draw.randrange(74_000, 75_500) / 10_000

	def _company(self) -> str:
		return self.draw.choice((COMPANY, COMPANY, SECOND_COMPANY))

	def _bank(self, company: str) -> str:
		if company == COMPANY:
			return scaffold.BANK
		return frappe.get_cached_value("Company", company, "default_cash_account")

	def _receivable(self, company: str, customer: str) -> tuple[str, str, float]:
		"""Return the receivable account of a customer, its currency and a rate for it."""
		if company == COMPANY and customer in self.book.euro_customers:
			return self.book.euro_account, EURO, self._rate()
		account = frappe.get_cached_value("Company", company, "default_receivable_account")
		return account, frappe.get_cached_value("Company", company, "default_currency"), 1

	def _keep(self, doc):
		self.book.documents.append(doc)
		return doc

	def invoice(self) -> None:
		company = self._company()
		customer = self.draw.choice(self.book.customers[company])
		account, currency, rate = self._receivable(company, customer)
		posted = self._day()
		dues = sorted(
			{
				str(add_days(posted, self.draw.randrange(0, 90)))
				for _row in range(self.draw.choice((1, 1, 2, 3)))
			}
		)
		fields = {
			"currency": currency,
			"conversion_rate": rate,
			"debit_to": account,
			"disable_rounded_total": 1,
		}
		if len(dues) > 1:
			portions = [100 // len(dues)] * (len(dues) - 1)
			portions.append(100 - sum(portions))
			fields["payment_schedule"] = [
				{"due_date": due, "invoice_portion": portion}
				for due, portion in zip(dues, portions, strict=True)
			]
		if self.draw.random() < 0.5:
			fields["sales_team"] = [
				{"sales_person": sales_person_of(seller), "allocated_percentage": share}
				for seller, share in zip(SELLERS, self.draw.choice(((60, 40), (33, 67))), strict=True)
			]
		self._keep(
			make.make_invoice(
				customer, self._amount(), company=company, posting_date=posted, due_date=dues[-1], **fields
			)
		)

	def _open_invoice(self):
		names = frappe.get_all(
			"Sales Invoice",
			filters={
				"customer": ["in", self.book.all_customers],
				"docstatus": 1,
				"is_return": 0,
				"outstanding_amount": [">", 1],
			},
			pluck="name",
			order_by="posting_date, name",
		)
		if not names:
			raise frappe.ValidationError
		return frappe.get_doc("Sales Invoice", self.draw.choice(names))

	def _part(self, amount: float) -> float:
		return amount if self.draw.random() < 0.4 else flt(amount * self.draw.uniform(0.1, 0.9), 2)

	def payment(self) -> None:
		"""Pay an invoice, in part or in full, in euros at the rate of another day."""
		from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

		invoice = self._open_invoice()
		posted = self._day(invoice.posting_date)
		amount = self._part(flt(invoice.outstanding_amount))
		with make.no_exchange_rates():
			doc = get_payment_entry(
				"Sales Invoice", invoice.name, party_amount=amount, bank_account=self._bank(invoice.company)
			)
		if invoice.party_account_currency == EURO:
			rate = self._rate()
			doc.update(
				{
					"paid_amount": amount,
					"source_exchange_rate": rate,
					"received_amount": flt(amount * rate, 2),
				}
			)
		self._submit(doc, posted)

	def _submit(self, doc, posted: str):
		doc.update(
			{"posting_date": posted, "reference_no": frappe.generate_hash(length=8), "reference_date": posted}
		)
		doc.insert()
		doc.submit()
		return self._keep(doc)

	def credit_note(self) -> None:
		invoice = self._open_invoice()
		amount = flt(self._part(flt(invoice.outstanding_amount)), 2)
		self._keep(
			make.make_credit_note(
				invoice,
				amount,
				set_posting_time=1,
				posting_date=self._day(invoice.posting_date),
				update_outstanding_for_self=self.draw.choice((0, 1)),
			)
		)

	def _on_account(self, customer: str, company: str, amount: float, posted: str):
		account, currency, rate = self._receivable(company, customer)
		doc = frappe.get_doc(
			{
				"doctype": "Payment Entry",
				"payment_type": "Receive",
				"company": company,
				"party_type": "Customer",
				"party": customer,
				"paid_from": account,
				"paid_from_account_currency": currency,
				"paid_to": self._bank(company),
				"paid_amount": amount,
				"received_amount": flt(amount * rate, 2),
				"source_exchange_rate": rate,
				"target_exchange_rate": 1,
			}
		)
		return self._submit(doc, posted)

	def unallocated(self) -> None:
		company = self._company()
		customer = self.draw.choice(self.book.customers[company])
		self._on_account(customer, company, self._amount(500_000), self._day())

	def _journal(self, company: str, rows: list[dict], posted: str) -> None:
		journal = frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"voucher_type": "Journal Entry",
				"company": company,
				"posting_date": posted,
				"cheque_no": frappe.generate_hash(length=8),
				"cheque_date": posted,
				"accounts": rows,
			}
		)
		journal.insert()
		journal.submit()
		self._keep(journal)

	def _row(self, company: str, customer: str, amount: float, **more) -> dict:
		side = "debit" if amount > 0 else "credit"
		account = frappe.get_cached_value("Company", company, "default_receivable_account")
		return {
			"account": account,
			"party_type": "Customer",
			"party": customer,
			f"{side}_in_account_currency": abs(amount),
			**more,
		}

	def _crowns(self, company: str) -> list[str]:
		return [name for name in self.book.customers[company] if name not in self.book.euro_customers]

	def journal(self) -> None:
		"""Book a debt or a credit of one customer."""
		company = self._company()
		amount = self._amount(300_000) * self.draw.choice((1, 1, -1))
		side = "credit" if amount > 0 else "debit"
		rows = [
			self._row(company, self.draw.choice(self._crowns(company)), amount),
			{"account": self._bank(company), f"{side}_in_account_currency": abs(amount)},
		]
		self._journal(company, rows, self._day())

	def journal_of_two(self) -> None:
		"""Move a debt from one customer to another: the entry as a whole comes to nothing."""
		company = self._company()
		one, other = self.draw.sample(self._crowns(company), 2)
		amount = self._amount(300_000)
		self._journal(
			company, [self._row(company, one, amount), self._row(company, other, -amount)], self._day()
		)

	def journal_payment(self) -> None:
		"""Pay an invoice by journal entry."""
		invoice = self._open_invoice()
		if invoice.party_account_currency == EURO:
			raise frappe.ValidationError
		amount = self._part(flt(invoice.outstanding_amount))
		reference = {"reference_type": "Sales Invoice", "reference_name": invoice.name}
		rows = [
			self._row(invoice.company, invoice.customer, -amount, account=invoice.debit_to, **reference),
			{"account": self._bank(invoice.company), "debit_in_account_currency": amount},
		]
		self._journal(invoice.company, rows, self._day(invoice.posting_date))

	def advance(self) -> None:
		"""Take an advance on an account of its own."""
		company = frappe.get_doc("Company", COMPANY)
		if not company.default_advance_received_account:
			payable = frappe.db.get_value("Account", company.default_payable_account, "parent_account")
			account = frappe.get_doc(
				{
					"doctype": "Account",
					"account_name": f"Advances {frappe.generate_hash(length=6)}",
					"company": COMPANY,
					"parent_account": payable,
					"account_type": "Receivable",
				}
			).insert()
			company.db_set("default_advance_received_account", account.name)
		company.db_set("book_advance_payments_in_separate_party_account", 1)
		frappe.clear_document_cache("Company", COMPANY)
		try:
			customer = self.draw.choice(self._crowns(COMPANY))
			doc = self._on_account(customer, COMPANY, self._amount(300_000), self._day())
			if doc.paid_from != company.default_advance_received_account:
				raise RuntimeError("The advance is not on an account of its own")
		finally:
			company.db_set("book_advance_payments_in_separate_party_account", 0)
			frappe.clear_document_cache("Company", COMPANY)

	def reconcile(self) -> None:
		"""Allocate money or a credit that was allocated to nothing, as a person does in Payment Reconciliation."""
		company = self._company()
		customer = self.draw.choice(self.book.customers[company])
		account, _currency, _rate = self._receivable(company, customer)
		tool = frappe.get_doc(
			{
				"doctype": "Payment Reconciliation",
				"company": company,
				"party_type": "Customer",
				"party": customer,
				"receivable_payable_account": account,
				"default_advance_account": frappe.db.get_value(
					"Company", company, "default_advance_received_account"
				),
			}
		)
		tool.get_unreconciled_entries()
		if not tool.invoices or not tool.payments:
			raise frappe.ValidationError
		tool.allocate_entries(
			frappe._dict(
				invoices=[tool.invoices[0].as_dict()],
				payments=[self.draw.choice(tool.payments).as_dict()],
			)
		)
		tool.reconcile()

	def unreconcile(self) -> None:
		"""Take back what a payment was allocated to, as a person does on the payment."""
		rows = frappe.get_all(
			"Payment Entry Reference",
			filters={"reference_doctype": "Sales Invoice", "docstatus": 1, "allocated_amount": [">", 0]},
			fields=["parent", "reference_name", "allocated_amount", "account"],
			order_by="parent, idx",
		)
		mine = {doc.name for doc in self.book.documents if doc.doctype == "Payment Entry"}
		rows = [row for row in rows if row.parent in mine]
		if not rows:
			raise frappe.ValidationError
		payment = frappe.get_doc("Payment Entry", self.draw.choice(rows).parent)
		doc = frappe.get_doc(
			{
				"doctype": "Unreconcile Payment",
				"company": payment.company,
				"voucher_type": "Payment Entry",
				"voucher_no": payment.name,
			}
		)
		doc.add_references()
		doc.insert()
		doc.submit()

	def cancel(self) -> None:
		"""Cancel a payment, a journal entry or a credit note, or an invoice that nothing hangs on."""
		kinds = self.draw.choice((("Payment Entry",), ("Journal Entry",), ("Sales Invoice",)))
		names = [(doc.doctype, doc.name) for doc in self.book.documents if doc.doctype in kinds]
		if not names:
			raise frappe.ValidationError
		doc = frappe.get_doc(*self.draw.choice(names))
		if doc.docstatus != 1:
			raise frappe.ValidationError
		doc.cancel()
