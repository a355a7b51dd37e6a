"""The statement of a customer's account: open items as of a day, or the movements between two (requirements §1, §3).

What it adds up to is what the general ledger has on the customer's receivable accounts, to the cent, currency by currency.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import statements as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.statements import MOVEMENTS, OPEN_ITEMS, Entry, Item, Line
from b2b_contracts.exceptions import StatementError

from . import statement_facts
from .invoices import INVOICE

KINDS = (OPEN_ITEMS, MOVEMENTS)


@dataclass(frozen=True, slots=True)
class Part:
	"""A statement in one currency. `opening` and `lines` are of movements, `items` of open items; `closing` is the balance."""

	currency: str
	closing: Decimal
	opening: Decimal = ZERO
	items: tuple[Item, ...] = ()
	lines: tuple[Line, ...] = ()

	@property
	def overdue(self) -> Decimal:
		return engine.overdue_of(self.items)

	@property
	def ageing(self) -> dict[str, Decimal]:
		return engine.ageing(self.items)


@dataclass(frozen=True, slots=True)
class Statement:
	"""A statement of account. `first` is None for open items; `known_by` is what the customer knows a document by, `references`
	with which reference an invoice is paid."""

	kind: str
	customer: str
	customer_name: str
	company: str
	first: date | None
	last: date
	parts: tuple[Part, ...]
	known_by: dict[tuple[str, str], str]
	references: dict[str, str]
	credit_notes: frozenset[str]

	@property
	def is_settled(self) -> bool:
		"""Whether nothing is open, in no currency."""
		return not any(part.closing or part.items for part in self.parts)

	@property
	def overdue(self) -> dict[str, Decimal]:
		return {part.currency: part.overdue for part in self.parts if part.overdue}

	@property
	def totals(self) -> dict[str, Decimal]:
		return {part.currency: part.closing for part in self.parts}


# ------------------------------------------------------------------ made
def open_items(customer: str, company: str, as_of: date) -> Statement:
	"""Return what is open of a customer's account at the end of a day, line by line, by currency."""
	_refuse_to_come(as_of)
	parts = []
	for currency, vouchers in statement_facts.open_vouchers(customer, company, as_of).items():
		items = engine.open_items(vouchers, as_of)
		parts.append(Part(currency, engine.total_of(items), items=tuple(items)))
	of_documents = [(item.doctype, item.name) for part in parts for item in part.items]
	return _statement(OPEN_ITEMS, customer, company, None, as_of, parts, of_documents)


def statement_of_account(customer: str, company: str, from_date: date, to_date: date) -> Statement:
	"""Return what moved a customer's account from one day to another, with the balance before, after, and after each."""
	_refuse_to_come(to_date)
	if from_date > to_date:
		_refuse(
			_("The statement would begin on {0} and end on {1}. Enter a first day before the last.").format(
				frappe.utils.formatdate(from_date), frappe.utils.formatdate(to_date)
			)
		)
	parts = []
	moved = statement_facts.movements(customer, company, from_date, to_date)
	for currency, (opening, entries) in moved.items():
		lines = engine.running(opening, entries)
		parts.append(Part(currency, engine.closing(opening, entries), opening, lines=tuple(lines)))
	of_documents = [(line.entry.doctype, line.entry.name) for part in parts for line in part.lines]
	return _statement(MOVEMENTS, customer, company, from_date, to_date, parts, of_documents)


def of_kind(kind: str, customer: str, company: str, from_date: date | None, to_date: date) -> Statement:
	"""Return a statement of one of KINDS; one of movements needs a first day."""
	if kind == OPEN_ITEMS:
		return open_items(customer, company, to_date)
	if kind != MOVEMENTS:
		_refuse(_("{0} is no kind of statement. Use one of {1}.").format(kind, ", ".join(KINDS)))
	if from_date is None:
		_refuse(_("Enter the first day of the movements."))
	return statement_of_account(customer, company, from_date, to_date)


def _statement(kind, customer, company, first, last, parts, of_documents) -> Statement:
	invoices = [name for doctype, name in of_documents if doctype == INVOICE]
	return Statement(
		kind,
		customer,
		frappe.db.get_value("Customer", customer, "customer_name") or customer,
		company,
		first,
		last,
		tuple(parts) or (Part(company_currency(company), ZERO),),
		statement_facts.known_by(of_documents),
		statement_facts.references_of(invoices),
		frozenset(statement_facts.returns_among(invoices)),
	)


def _refuse_to_come(day: date) -> None:
	if day > getdate():
		_refuse(
			_("{0} is still to come. A statement goes until today at the latest.").format(
				frappe.utils.formatdate(day)
			)
		)


# ------------------------------------------------------------------ told
def as_dict(statement: Statement) -> dict:
	"""Return a statement for other software: `{kind, customer, customer_name, company, from_date, to_date, parts: [{currency,
	opening, closing, overdue, ageing, items, lines}]}`, amounts as numbers."""
	return {
		"kind": statement.kind,
		"customer": statement.customer,
		"customer_name": statement.customer_name,
		"company": statement.company,
		"from_date": statement.first and str(statement.first),
		"to_date": str(statement.last),
		"parts": [
			{
				"currency": part.currency,
				"opening": number(part.opening),
				"closing": number(part.closing),
				"overdue": number(part.overdue),
				"ageing": {bucket: number(amount) for bucket, amount in part.ageing.items()}
				if statement.kind == OPEN_ITEMS
				else {},
				"items": [_item(statement, item) for item in part.items],
				"lines": [_line(statement, line) for line in part.lines],
			}
			for part in statement.parts
		],
	}


def _item(statement: Statement, item: Item) -> dict:
	aside = item.aside
	return {
		"kind": item.kind,
		"voucher_type": item.doctype,
		"voucher_no": item.name,
		"known_by": statement.known_by.get((item.doctype, item.name), ""),
		"payment_reference": statement.references.get(item.name, "") if item.amount > 0 else "",
		"posting_date": str(item.posted),
		"due_date": str(item.due),
		"days_past_due": item.days_past_due,
		"amount": number(item.amount),
		"disputed": number(aside.disputed),
		"planned": number(aside.planned),
		"awaited": number(aside.awaited),
		"promised": number(aside.promised),
		"promised_until": aside.promised_until and str(aside.promised_until),
	}


def _line(statement: Statement, line: Line) -> dict:
	entry = line.entry
	return {
		"kind": kind_of(statement, entry),
		"voucher_type": entry.doctype,
		"voucher_no": entry.name,
		"known_by": statement.known_by.get((entry.doctype, entry.name), ""),
		"posting_date": str(entry.day),
		"debit": number(entry.debit),
		"credit": number(entry.credit),
		"balance": number(line.balance),
	}


def kind_of(statement: Statement, entry: Entry) -> str:
	"""Return what an entry of a statement is to the customer: an invoice, a credit note, a payment, an entry."""
	if entry.doctype == INVOICE:
		return engine.CREDIT_NOTE if entry.name in statement.credit_notes else engine.INVOICE
	return engine.PAYMENT if entry.doctype == statement_facts.PAYMENT else engine.ENTRY


def _refuse(message: str) -> None:
	frappe.throw(message, StatementError, title=_("Statement of account"))
